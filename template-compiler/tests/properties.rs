//! What holds of the compiler for every template.

use hotplate_template_compiler::{
    CompiledSet, Options, Source, Style, compile, compile_set, print,
};

fn compile_text(text: &str) -> CompiledSet {
    let sources = [Source::new("t.html", text)];
    compile_set(&sources, &Options::default()).expect("the template is right")
}

/// The names of the units whose hash differs between two templates.
fn changed(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (compile_text(before), compile_text(after));
    let differs = |unit: &&hotplate_template_compiler::CompiledUnit| {
        !before
            .units
            .iter()
            .any(|old| old.name == unit.name && old.hash == unit.hash)
    };
    after
        .units
        .iter()
        .filter(differs)
        .map(|unit| unit.name.clone())
        .collect()
}

#[test]
fn a_hash_changes_exactly_when_its_unit_does() {
    let base = "<{% block a %}{{ x|upper }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}>";
    let cases: [(&str, &[&str]); 9] = [
        (base, &[]),
        (
            "<{# note #}{% block a %}{{ x|upper }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}>",
            &[],
        ),
        (
            "<{% comment %}\n\n{% endcomment %}{% block a %}{{x|upper}}{% endblock a %}|{% block b %}{% if  y  %}1{% endif %}{% endblock %}>",
            &[],
        ),
        (
            "\n<{% block a %}{{ x|upper }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}>",
            &["t.html"],
        ),
        (
            "<{% block a %}{{ x|lower }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}>",
            &["t.html/a"],
        ),
        (
            "<{% block a %}{{ x|upper }}{% endblock %}|{% block b %}{% if y %}2{% endif %}{% endblock %}>",
            &["t.html/b"],
        ),
        (
            "<{% block a %}{{ x|upper }}{% endblock %}|{% block b %}{% if not y %}1{% endif %}{% endblock %}>",
            &["t.html/b"],
        ),
        (
            "<{% block c %}{{ x|upper }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}>",
            &["t.html", "t.html/c"],
        ),
        (
            "<{% block a %}{{ x.upper }}{% endblock %}|{% block b %}{% if y %}1{% endif %}{% endblock %}!",
            &["t.html", "t.html/a"],
        ),
    ];
    for (after, expected) in cases {
        assert_eq!(changed(base, after), expected, "{after}");
    }
}

#[test]
fn a_hash_changes_with_all_that_a_tag_does() {
    let tags = [
        "{% now 'Y' %}",
        "{% now 'm' %}",
        "{% now 'Y' as y %}",
        "{% firstof a b %}",
        "{% firstof a b as y %}",
        "{% firstof a b as z %}",
        "{% cycle 1 2 %}",
        "{% cycle 1 2 as y %}",
        "{% cycle 1 2 as y silent %}",
        "{% cycle 1 2 %}{% resetcycle %}",
        "{% cycle 1 2 as y %}{% cycle y %}",
        "{% cycle 1 3 as y %}{% cycle y %}",
        "{% ifchanged %}a{% endifchanged %}",
        "{% ifchanged a %}a{% endifchanged %}",
        "{% ifchanged a %}a{% else %}b{% endifchanged %}",
        "{% regroup a by b as c %}",
        "{% regroup a by c as c %}",
        "{% regroup a by b as d %}",
        "{% filter upper %}{{ a }}{% endfilter %}",
        "{% filter lower %}{{ a }}{% endfilter %}",
        "{% spaceless %}{{ a }}{% endspaceless %}",
        "{% partial p %}",
        "{% partial q %}",
        "{% url 'a' %}",
        "{% url 'a' b=1 %}",
        "{% url 'a' c=1 %}",
        "{{ 'a' }}",
        "{{ _('a') }}",
        "{{ _('b') }}",
    ];
    let hash = |tag: &str| {
        let text = format!(
            "{{% block x %}}{tag}{{% endblock %}}{{% partialdef p %}}{{% endpartialdef %}}"
        );
        let set = compile_text(&text);
        let block = set.units.iter().find(|unit| unit.kind == "block");
        block.expect("there is a block").hash
    };
    for (place, tag) in tags.iter().enumerate() {
        assert_eq!(hash(tag), hash(tag), "{tag}");
        for other in &tags[..place] {
            assert_ne!(hash(tag), hash(other), "{tag} and {other}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_in_any_order() {
    let mut sources: Vec<Source> = (0..20)
        .map(|number| {
            let text = format!(
                "{{% extends 't{}' %}}{{% block b{number} %}}x{{% endblock %}}",
                number + 1
            );
            Source::new(format!("t{number}"), text)
        })
        .collect();
    let forwards = compile_set(&sources, &Options::default()).expect("the templates are right");
    sources.reverse();
    let backwards = compile_set(&sources, &Options::default()).expect("the templates are right");
    assert_eq!(forwards, backwards);
}

#[test]
fn a_part_of_a_set_prints_as_it_would_alone() {
    let sources = [
        Source::new("a", "{{ x }}"),
        Source::new("b", "{{ y }}{% block c %}{% endblock %}"),
    ];
    let compiled = sources
        .each_ref()
        .map(|source| compile(source, &Options::default()).expect("the template is right"));
    let part = print(&[&compiled[1]]);
    let alone = compile_set(&sources[1..], &Options::default()).expect("the template is right");
    assert_eq!(part, alone);
}

#[test]
fn two_templates_of_one_name_are_refused() {
    let sources = [Source::new("a", "1"), Source::new("a", "2")];
    let mistakes = compile_set(&sources, &Options::default()).expect_err("the name is repeated");
    assert_eq!(
        mistakes[0].message,
        "Two templates of the set are named 'a'"
    );
}

#[test]
fn a_template_without_a_name_has_no_place_in_the_set() {
    let cases = [
        (
            "{% extends './a.html' %}",
            "The relative path './a.html' cannot be evaluated due to an unknown template origin.",
        ),
        (
            "{{ a }}{% extends 'a.html' %}",
            "{% extends 'a.html' %} must be the first tag in the template.",
        ),
    ];
    for (text, expected) in cases {
        let mistakes = compile(&Source::new("", text), &Options::default()).expect_err(expected);
        assert_eq!(mistakes[0].message, expected);
    }
}

#[test]
fn mistakes_of_all_templates_are_reported_together() {
    let sources = [
        Source::new("b", "{{ x|nope }}"),
        Source::new("a", "{% if %}"),
        Source::new("c", ""),
    ];
    let mistakes = compile_set(&sources, &Options::default()).expect_err("two are wrong");
    let templates: Vec<&str> = mistakes
        .iter()
        .map(|mistake| mistake.template.as_str())
        .collect();
    assert_eq!(templates, ["a", "a", "b"]);
}

#[test]
fn what_is_too_deep_or_too_long_is_a_mistake() {
    let many = 100_000;
    let cases = [
        (
            "{% if a %}".repeat(many),
            "Tags are nested more than 200 levels deep",
        ),
        (
            "{% extends 'a' %}".repeat(many),
            "Tags are nested more than 200 levels deep",
        ),
        (
            format!("{{% if {}a %}}{{% endif %}}", "not ".repeat(many)),
            "More than 200 operators in one expression",
        ),
        (
            format!("{{% if a{} %}}{{% endif %}}", " or a".repeat(many)),
            "More than 200 operators in one expression",
        ),
        (
            format!("{{{{ a{} }}}}", "|lower".repeat(many)),
            "More than 100 filters in one expression",
        ),
    ];
    for (text, expected) in cases {
        let mistakes = compile(&Source::new("t", text), &Options::default()).expect_err(expected);
        assert_eq!(mistakes[0].message, expected);
    }
    for tag in ["cycle", "firstof", "ifchanged"] {
        let text = format!("{{% {tag}{} %}}{{% end{tag} %}}", " a".repeat(many));
        let mistakes = compile(&Source::new("t", text), &Options::default()).expect_err(tag);
        assert_eq!(mistakes[0].message, "More than 500 values in one tag");
    }
    for (opening, closing) in [
        ("{% ifchanged %}", "{% endifchanged %}"),
        ("{% spaceless %}{{ a }}", "{% endspaceless %}"),
        ("{% filter upper %}", "{% endfilter %}"),
        ("{% for x in xs %}{% firstof x as y %}", "{% endfor %}"),
    ] {
        let nested = format!("{}x{}", opening.repeat(199), closing.repeat(199));
        assert_eq!(compile_text(&nested).units.len(), 1);
    }
    let inline = (0..199).map(|number| format!("{{% partialdef p{number} inline %}}"));
    let nested = format!(
        "{}x{}",
        inline.collect::<String>(),
        "{% endpartialdef %}".repeat(199)
    );
    assert_eq!(compile_text(&nested).units.len(), 200);
    let calls = (0..10_000).map(|number| {
        let next = number + 1;
        format!("{{% partialdef p{number} %}}{{% firstof 1 as n{number} %}}{{% partial p{next} %}}{{% endpartialdef %}}")
    });
    assert_eq!(compile_text(&calls.collect::<String>()).units.len(), 10_001);
    let nested = format!("{}x{}", "{% if a %}".repeat(200), "{% endif %}".repeat(200));
    assert!(compile_text(&nested).rust.contains("\"x "));
    let branches = format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}".repeat(10_000));
    assert_eq!(compile_text(&branches).units.len(), 1);
    assert_eq!(
        compile_text(&format!("{{{{ a{} }}}}", ".b".repeat(many)))
            .units
            .len(),
        1
    );
}

#[test]
fn the_rust_of_many_tags_grows_with_their_number() {
    let values = " a".repeat(400);
    let cases = [
        ("{% firstof a b as c %}{{ c }}".to_owned(), String::new()),
        (
            "{% ifchanged a %}{{ a }}{% else %}-{% endifchanged %}".to_owned(),
            String::new(),
        ),
        (
            "{% regroup a by b as c %}{% spaceless %}{{ c }}{% endspaceless %}".to_owned(),
            String::new(),
        ),
        (
            "{% filter upper %}{{ a }}{% endfilter %}{% now 'Y' %}".to_owned(),
            String::new(),
        ),
        (
            "{% cycle c %}{% resetcycle c %}".to_owned(),
            format!("{{% cycle{values} as c %}}"),
        ),
        (
            "{% partial p %}".to_owned(),
            "{% partialdef p %}{% firstof a as b %}{% endpartialdef %}".to_owned(),
        ),
    ];
    for (text, start) in cases {
        let size = |count: usize| {
            let text = format!(
                "{start}{{% for x in xs %}}{}{{% endfor %}}",
                text.repeat(count)
            );
            compile_text(&text).rust.len()
        };
        let (few, many) = (size(500), size(5_000));
        assert!(many < few * 12, "{text}: {few} bytes become {many}");
    }
}

#[test]
fn long_bodies_are_split_into_short_functions() {
    let item = "<li>{{ x.a }}{% if x.b %}{{ x.c|upper }}{% else %}-{% endif %}{{ y }}{{ forloop.counter }}</li>";
    let text = format!(
        "{}{{% for x in xs %}}{}{{% endfor %}}",
        item.repeat(60),
        format!("{item}{{% now 'Y' %}}").repeat(60)
    );
    let rust = compile_text(&text).rust;
    let mut length = 0;
    let mut longest = 0;
    // What is in tables is no code.
    let code = rust.lines().filter(|line| !line.contains("rt::Spot::"));
    for line in code {
        length = if line.trim_start().starts_with("fn ") {
            0
        } else {
            length + 1
        };
        longest = longest.max(length);
    }
    assert!(longest < 200, "a function has {longest} lines");
    assert!(rust.contains("fn part0("));
    // A part of the loop's body takes what it uses as parameters.
    assert!(rust.contains(
        ", value0: rt::View<'_>, row0: &rt::Row<'_>, loop0: &rt::LoopState<'_>) -> rt::Done {"
    ));
}

#[test]
fn a_template_of_many_nodes_becomes_short_functions() {
    let items = [
        "{{ a|upper }}-",
        "{% cycle 'a' 'b' %}{% ifchanged %}{{ a }}{% endifchanged %}",
        "{% if a == 1 and b or not c %}{{ a }}{% else %}-{% endif %}",
        "{% for x in xs %}{{ x }}{{ forloop.counter }}{% cycle x 2 %}{% endfor %}",
        "{% with y=a %}{{ y }}{% firstof y b as z %}{{ z }}{% endwith %}{% now 'Y' %}",
    ];
    let text = |count: usize| {
        let nodes = items.iter().cycle().take(count).copied();
        nodes.collect::<String>()
    };
    // What rustc takes for a function grows faster than the function: its lines, and the
    // variables that have to be dropped.
    let (few, many) = (compile_text(&text(2_500)), compile_text(&text(25_000)));
    assert!(many.rust.len() < few.rust.len() * 12);
    for set in [few, many] {
        let (mut lines, mut longest) = (0, 0);
        for line in set.rust.lines() {
            lines = if line.trim_start().starts_with("fn ") {
                0
            } else {
                lines + 1
            };
            longest = longest.max(lines);
            assert!(
                line.len() < 1_000 || line.contains("static SITES"),
                "{line}"
            );
        }
        assert!(longest < 300, "a function has {longest} lines");
    }
}

#[test]
fn lines_of_rust_lead_back_to_the_template() {
    let set = compile_text("<p>\n{{ a }}\n  {% for x in b %}\n{{ x.y }}{% endfor %}\n");
    let cases = [("\"a\"", (2, 4)), ("\"b\"", (3, 15)), ("\"y\"", (4, 4))];
    for (text, expected) in cases {
        let line = set
            .rust
            .lines()
            .position(|line| line.contains(text))
            .expect(text)
            + 1;
        let line = u32::try_from(line).expect("a small number");
        let origin = set.source_map.find(line).expect("the line has an origin");
        assert_eq!(origin.template, "t.html");
        assert_eq!(
            (origin.position.line, origin.position.column),
            expected,
            "{text}"
        );
    }
    assert_eq!(set.source_map.find(1), None);
    let last = u32::try_from(set.rust.lines().count()).expect("a small number");
    assert_eq!(set.source_map.find(last), None);
}

/// A small generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[test]
fn no_input_makes_it_panic_and_every_span_can_be_shown() {
    const PIECES: [&str; 66] = [
        "{%",
        "%}",
        "{{",
        "}}",
        "{#",
        "#}",
        "{",
        "}",
        " ",
        "\n",
        "\r",
        "\u{a0}",
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "in",
        "empty",
        "endfor",
        "with",
        "as",
        "endwith",
        "block",
        "endblock",
        "extends",
        "include",
        "only",
        "comment",
        "endcomment",
        "verbatim",
        "endverbatim",
        "load",
        "autoescape",
        "cycle",
        "resetcycle",
        "silent",
        "firstof",
        "ifchanged",
        "endifchanged",
        "regroup",
        "by",
        "filter",
        "endfilter",
        "spaceless",
        "endspaceless",
        "partialdef",
        "inline",
        "endpartialdef",
        "partial",
        "from",
        "i18n",
        "upper",
        "b",
        "a",
        "ß",
        "|",
        ":",
        "lower",
        "'",
        "\"",
        "\\",
        "_(",
        ")",
        "=",
        "1.5e3",
    ];
    let mut numbers = Numbers(1);
    for _ in 0..20_000 {
        let length = numbers.below(30);
        let pieces = (0..length).map(|_| PIECES[numbers.below(PIECES.len())]);
        let source = Source::new("dir/t.html", pieces.collect::<String>());
        let Err(mistakes) = compile(&source, &Options::default()) else {
            continue;
        };
        assert!(!mistakes.is_empty());
        for mistake in mistakes {
            assert!(
                source.text.get(mistake.span.range()).is_some(),
                "{mistake:?}"
            );
            assert!(
                !mistake
                    .render("t.html", &source.text, Style::Plain)
                    .is_empty()
            );
        }
    }
}

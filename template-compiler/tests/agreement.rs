//! The types that templates without a struct get from those that include or extend them.

mod structs;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hotplate_template_compiler::contexts::{MOST_NAMES, Type};
use hotplate_template_compiler::ir::{NameType, TypedContext};
use hotplate_template_compiler::{CompiledTemplate, Options, Source, agree, compile, print};
use structs::{options, record_of};

/// The templates of a set after they have agreed.
fn agreed(set: &[(&str, &str)]) -> BTreeMap<String, CompiledTemplate> {
    let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
    let options = options(&names);
    let compiled = set.iter().map(|(name, text)| {
        let template = compile(&Source::new(*name, *text), &options);
        (
            (*name).to_owned(),
            template.unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}")),
        )
    });
    let mut templates: BTreeMap<String, CompiledTemplate> = compiled.collect();
    let mut changed = agree(templates.values(), &options);
    templates.append(&mut changed);
    templates
}

/// The names of known types of all units that have such, as text.
fn shown(templates: &BTreeMap<String, CompiledTemplate>) -> String {
    let mut out = String::new();
    for unit in templates.values().flat_map(|template| &template.ir.units) {
        let typed = unit.typed.as_deref();
        let Some(TypedContext::Names(names)) = typed.map(|typed| &typed.context) else {
            continue;
        };
        let names = names.iter().map(|known| {
            let ty = match &known.ty {
                NameType::Record(record) => record.name.replace("site::", ""),
                NameType::Records(record) => format!("[{}]", record.name.replace("site::", "")),
                scalar => format!("{scalar:?}"),
            };
            format!("{}: {ty}", known.name)
        });
        let names: Vec<String> = names.collect();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}({})", unit.name, names.join(", "));
    }
    out.trim_end().replace('\n', " ")
}

#[track_caller]
fn check(set: &[(&str, &str)], expected: &str) {
    assert_eq!(shown(&agreed(set)), expected, "{set:?}");
}

#[test]
fn users_say_what_the_names_of_a_template_are() {
    let row = "{{ card.title }}";
    let include = "{% include 'row.html' %}";
    // The fields of the struct itself, in all forms that can be handed over.
    check(
        &[("row.html", row), ("page.html", include)],
        "row.html(card: Card)",
    );
    let all = "{{ lead.title }}{{ title }}{{ views }}{{ count }}{{ weight }}{{ is_new }}\
               {% for c in cards %}{{ c.title }}{% endfor %}";
    check(
        &[("row.html", all), ("page.html", include)],
        "row.html(cards: [Card], count: Int, is_new: Bool, lead: Card, title: Text, \
         views: Int, weight: Float)",
    );
    let others = "{{ maybe.title }}{{ day }}{{ extra.x }}{{ tags|length }}{{ pairs.0.1 }}{{ no }}";
    check(&[("row.html", others), ("page.html", include)], "");
    // What is in scope where it is included.
    check(
        &[
            ("row.html", row),
            (
                "page.html",
                "{% for card in cards %}{% include 'row.html' %}{% endfor %}",
            ),
        ],
        "row.html(card: Card)",
    );
    check(
        &[
            ("row.html", "{{ c.title }}{{ a.name }}"),
            (
                "page.html",
                "{% with a=card.author %}{% include 'row.html' with c=lead %}{% endwith %}",
            ),
        ],
        "row.html(a: Author, c: Card)",
    );
    check(
        &[
            ("row.html", "{{ card.title }}{{ title }}"),
            ("page.html", "{% include 'row.html' with card=lead only %}"),
        ],
        "row.html(card: Card)",
    );
    // A parent and all blocks have the child's context.
    check(
        &[
            (
                "base.html",
                "<title>{{ title }}</title>{% block a %}{{ views }}{% endblock %}\
                 {% block b %}{% endblock %}",
            ),
            (
                "page.html",
                "{% extends 'base.html' %}{% block b %}x{% endblock %}",
            ),
        ],
        "base.html(title: Text) base.html/a(views: Int)",
    );
    // Nobody who knows uses it.
    check(
        &[
            ("row.html", row),
            ("list.html", include),
            ("page.html", "{{ title }}"),
        ],
        "",
    );
    check(&[("row.html", row), ("list.html", include)], "");
}

#[test]
fn users_of_users_count() {
    check(
        &[
            ("c.html", "{{ card.author.name }}{{ title }}"),
            ("b.html", "<{% include 'c.html' %}>"),
            ("page.html", "{% include 'b.html' %}"),
        ],
        // A text is not offered any further.
        "b.html(card: Card, title: Text) c.html(card: Card)",
    );
    check(
        &[
            ("c.html", "{{ a.name }}"),
            ("b.html", "{% include 'c.html' with a=card.author %}"),
            (
                "page.html",
                "{% for card in cards %}{% include 'b.html' %}{% endfor %}",
            ),
        ],
        "b.html(card: Card) c.html(a: Author)",
    );
    check(
        &[
            ("c.html", "{{ c.title }}"),
            (
                "b.html",
                "{% for c in cards %}{% include 'c.html' %}{% endfor %}",
            ),
            ("page.html", "{% include 'b.html' %}"),
        ],
        "b.html(cards: [Card]) c.html(c: Card)",
    );
    check(
        &[
            ("sub/row.html", "{{ card.title }}"),
            ("sub/b.html", "{% include './row.html' %}"),
            ("page.html", "{% include 'sub/b.html' %}"),
        ],
        "sub/b.html(card: Card) sub/row.html(card: Card)",
    );
    // What a parent of a parent includes.
    check(
        &[
            ("nav.html", "{{ lead.title }}"),
            (
                "root.html",
                "{% include 'nav.html' %}{% block a %}{% endblock %}",
            ),
            (
                "base.html",
                "{% extends 'root.html' %}{% block a %}{{ block.super }}{{ count }}{% endblock %}",
            ),
            (
                "page.html",
                "{% extends 'base.html' %}{% block a %}{{ block.super }}{{ title }}{% endblock %}",
            ),
        ],
        "base.html/a(count: Int) nav.html(lead: Card) root.html(lead: Card)",
    );
}

#[test]
fn a_dispute_leaves_a_name_without_a_type() {
    let include = "{% include 'row.html' %}";
    let row = "{{ card.name }}{{ title }}{{ count }}{{ views }}";
    check(
        &[
            ("row.html", row),
            ("page.html", include),
            ("shop.html", include),
        ],
        "row.html(title: Text, views: Int)",
    );
    // Integers of both kinds are handed over alike.
    check(
        &[
            ("row.html", row),
            ("page.html", include),
            ("blog.html", include),
        ],
        "row.html(card: Card, count: Int, title: Text, views: Int)",
    );
    // One template can disagree with itself.
    check(
        &[
            ("row.html", "{{ x.title }}{{ title }}"),
            (
                "page.html",
                "{% include 'row.html' with x=card %}{% include 'row.html' with x=card.author %}",
            ),
        ],
        "row.html(title: Text)",
    );
    // A name without a type makes no claim further on.
    check(
        &[
            ("c.html", "{{ card.title }}"),
            ("b.html", "{% include 'c.html' %}"),
            ("page.html", "{% include 'b.html' %}"),
            ("shop.html", "{% include 'b.html' %}"),
        ],
        "",
    );
}

#[test]
fn what_hides_a_field_hides_its_type() {
    let row = ("row.html", "{{ card.title }}{{ title }}");
    for (page, expected) in [
        (
            "{% for card in tags %}{% include 'row.html' %}{% endfor %}",
            "row.html(title: Text)",
        ),
        (
            "{% for card, n in pairs %}{% include 'row.html' %}{% endfor %}",
            "row.html(card: Card, title: Text)",
        ),
        (
            "{% with card=title|upper %}{% include 'row.html' %}{% endwith %}",
            "row.html(title: Text)",
        ),
        (
            "{% include 'row.html' with card=maybe %}",
            "row.html(title: Text)",
        ),
        ("{% include 'row.html' with card=lead|first %}", ""),
        (
            "{% cycle 'a' 'b' as card silent %}{% include 'row.html' %}",
            "row.html(title: Text)",
        ),
        (
            "{% firstof title as card %}{% include 'row.html' %}",
            "row.html(title: Text)",
        ),
        (
            "{% regroup cards by price as title %}{% include 'row.html' %}",
            "row.html(card: Card)",
        ),
        (
            "{% with card=lead %}{% with card=extra %}{% include 'row.html' %}{% endwith %}\
             {% endwith %}",
            "row.html(title: Text)",
        ),
        (
            "{% with card=extra %}{% with card=lead %}{% include 'row.html' %}{% endwith %}\
             {% endwith %}",
            "row.html(card: Card, title: Text)",
        ),
        (
            "{% autoescape off %}{% include 'row.html' %}{% endautoescape %}",
            "",
        ),
        ("{% include 'row.html#part' %}", ""),
        ("{% include title %}", ""),
    ] {
        check(&[row, ("page.html", page)], expected);
    }
    // `forloop` of the one who includes is no field, and the template's own names are not
    // looked for.
    check(
        &[
            (
                "row.html",
                "{{ forloop.counter }}{% for card in cards %}{{ card.title }}{% endfor %}",
            ),
            (
                "page.html",
                "{% for c in cards %}{% include 'row.html' %}{% endfor %}",
            ),
        ],
        "row.html(cards: [Card])",
    );
    check(
        &[
            ("c.html", "{{ card.title }}"),
            (
                "b.html",
                "{% with card=lead %}{% include 'c.html' %}{% endwith %}",
            ),
            ("page.html", "{% include 'b.html' %}"),
        ],
        "b.html(lead: Card) c.html(card: Card)",
    );
}

#[test]
fn a_template_with_a_struct_of_its_own_is_left_alone() {
    let set = [
        ("blog.html", "{{ title }}"),
        ("page.html", "{% include 'blog.html' %}"),
        (
            "page_base.html",
            "{{ title }}{% block a %}{{ views }}{% endblock %}",
        ),
        ("page_child.html", "{% extends 'page_base.html' %}"),
    ];
    check(&set, "");
    let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
    let options = options(&names);
    let compiled = set.map(|(name, text)| {
        compile(&Source::new(name, text), &options).expect("the template is right")
    });
    assert_eq!(agree(compiled.iter(), &options), BTreeMap::new());
}

#[test]
fn templates_may_include_themselves() {
    // The child is an option: no claim.
    check(
        &[
            (
                "tree.html",
                "{{ card.title }}{% if card.child %}{% include 'tree.html' with card=card.child %}\
                 {% endif %}",
            ),
            ("page.html", "{% include 'tree.html' %}"),
        ],
        "tree.html(card: Card)",
    );
    check(
        &[
            ("a.html", "{{ card.title }}{% include 'b.html' %}"),
            ("b.html", "{{ lead.title }}{% include 'a.html' %}"),
            ("page.html", "{% include 'a.html' %}"),
        ],
        "a.html(card: Card, lead: Card) b.html(card: Card, lead: Card)",
    );
    // Who claims another type for itself than others do has none, however often one asks.
    check(
        &[
            (
                "tree.html",
                "{{ card.title }}{{ title }}{% include 'tree.html' with card=card.author %}",
            ),
            ("page.html", "{% include 'tree.html' %}"),
        ],
        "tree.html(title: Text)",
    );
}

#[test]
fn not_more_names_than_can_be_handed_over_have_types() {
    let names: Vec<String> = (10..10 + MOST_NAMES + 3)
        .map(|number| format!("n{number}"))
        .collect();
    let fields = names.iter().map(|name| (name.as_str(), Type::Int));
    let mut options = Options::default();
    options
        .contexts
        .records
        .insert("site::Wide".to_owned(), record_of(fields));
    let wide = ("page.html".to_owned(), "site::Wide".to_owned());
    options.contexts.templates.extend([wide]);
    let text: String = names
        .iter()
        .map(|name| format!("{{{{ {name} }}}}"))
        .collect();
    let sources = [
        Source::new("page.html", "{% include 'row.html' %}"),
        Source::new("row.html", text),
    ];
    let compiled: Vec<CompiledTemplate> = sources
        .iter()
        .map(|source| compile(source, &options).expect("the template is right"))
        .collect();
    let changed = agree(compiled.iter(), &options);
    let typed = changed["row.html"].ir.units[0].typed.as_deref();
    let Some(TypedContext::Names(known)) = typed.map(|typed| &typed.context) else {
        panic!("there are names");
    };
    let known: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
    assert_eq!(known, names[..MOST_NAMES]);
    let rust = print(&[&changed["row.html"]]).rust;
    assert!(rust.contains("const USES_SCOPE: bool = true;"), "{rust}");
}

#[test]
fn a_unit_changes_exactly_when_its_names_do() {
    let row = "{{ card.title }}{% block a %}{{ title }}{% endblock %}";
    let include = "{% include 'row.html' %}";
    let hashes = |set: &[(&str, &str)]| -> Vec<u64> {
        let units = &agreed(set)["row.html"].ir.units;
        units.iter().map(|unit| unit.hash()).collect()
    };
    let alone = hashes(&[("row.html", row)]);
    let known = hashes(&[("row.html", row), ("page.html", include)]);
    assert!(alone[0] != known[0] && alone[1] != known[1]);
    // Another user of the same opinion, or one who has none, changes nothing.
    for other in [
        ("page2.html", include),
        ("page2.html", "<{% include 'row.html' with card=lead %}>"),
        ("blog.html", include),
        ("list.html", include),
    ] {
        let found = hashes(&[("row.html", row), ("page.html", include), other]);
        assert_eq!(found, known, "{other:?}");
    }
    // A dispute about one name changes the unit that reads it.
    let set = [
        ("row.html", row),
        ("page.html", include),
        ("shop.html", include),
    ];
    let disputed = hashes(&set);
    assert!(disputed[0] != known[0] && disputed[0] == alone[0]);
    assert_eq!(disputed[1], known[1]);
    // So does another struct of the same name.
    let names = ["page.html"];
    let mut options = options(&names);
    let card = options.contexts.records.get_mut("site::Card");
    card.expect("it is there").fields.pop();
    let templates = [("row.html", row), ("page.html", include)].map(|(name, text)| {
        compile(&Source::new(name, text), &options).expect("the template is right")
    });
    let changed = agree(templates.iter(), &options);
    let units = &changed["row.html"].ir.units;
    assert_ne!(units[0].hash(), known[0]);
    assert_eq!(units[1].hash(), known[1]);
}

#[test]
fn what_was_agreed_before_counts_for_nothing() {
    let set = [
        ("row.html", "{{ card.title }}"),
        ("page.html", "{% include 'row.html' %}"),
    ];
    let templates = agreed(&set);
    let options = options(&["page.html"]);
    // The same again.
    assert_eq!(agree(templates.values(), &options), BTreeMap::new());
    // The user is gone.
    let alone = templates.values().filter(|one| one.ir.name == "row.html");
    let changed = agree(alone, &options);
    let before = compile(&Source::new("row.html", "{{ card.title }}"), &options);
    assert_eq!(changed["row.html"], before.expect("the template is right"));
}

//! Templates that have code for what those agree on who include or extend them: whatever is
//! swapped, a typed page renders what its dynamic form renders.

use hotplate::{Error, Host, RenderOptions, TypedTemplate, Value};
use hotplate_tests::{Bench, manual};

#[expect(
    unreachable_pub,
    reason = "the plugins' copy of it is reached from outside"
)]
mod shapes;

use shapes::{Author, Card, Page, Shop};

const SHAPES: &str = include_str!("bound/shapes.rs");

const ROOT: &str = "
mod site_tags;

mod templates {
    include!(concat!(env!(\"OUT_DIR\"), \"/templates.rs\"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS);
";

const TAGS: &str = r#"
use hotplate_template_runtime::custom::{Exception, TagContext, simple_tag, tag};

/// What its body renders, or that it failed.
#[tag(end)]
fn safely(context: &mut TagContext<'_, '_>) -> Result<String, Exception> {
    Ok(context.render_body(0).unwrap_or_else(|_| "caught".to_owned()))
}

#[simple_tag]
fn explode(text: &str) -> Result<String, Exception> {
    assert!(text != "Hot", "not this one");
    Ok(text.to_owned())
}
"#;

const CARD: &str = "({{ card.title }}{% if card.note %} {{ card.note }}{% endif %}\
                    {% for tag in card.tags %} {{ forloop.counter }}{{ tag }}{% endfor %}\
                    {% if card.is_new and card.stock > 2 %}!{% endif %}\
                    {% include '_badge.html' with badge=card %})";
const BADGE: &str = "*{{ badge.title|upper }} {{ badge.price }} {{ badge.author.name }}*";

const TEMPLATES: &[(&str, &str)] = &[
    (
        "root.html",
        "<{% block title %}{{ title }}{% endblock %}|{% include '_nav.html' %}|\
         {% block body %}root {{ card.title }}{% endblock %}>",
    ),
    (
        "base.html",
        "{% extends 'root.html' %}{% block body %}[{{ block.super }} {{ count }} \
         {% include '_badge.html' with badge=card %}]{% endblock %}",
    ),
    (
        "page.html",
        "{% extends 'base.html' %}{% block title %}{{ block.super }}!{% endblock %}\
         {% block body %}{{ block.super }}\n{% for card in cards %}{% include '_card.html' %}\
         {% endfor %}\n{% with card=lead %}{% include '_card.html' %}{% endwith %}\
         {% include '_card.html' with card=lead only %}\n{% endblock %}",
    ),
    ("shop.html", "{{ title }}"),
    ("_card.html", CARD),
    ("_badge.html", BADGE),
    ("_nav.html", "{{ title }}/{{ count }}/{{ extra }}"),
];

/// Makes the plugin and the crate with the structs; gives the plugin's folder.
fn plugin(bench: &Bench) -> String {
    let types = bench.structs("bound", SHAPES);
    let folder = bench.template_crate("site", TEMPLATES);
    bench.write(&format!("{folder}/src/lib.rs"), ROOT);
    bench.write(&format!("{folder}/src/site_tags.rs"), TAGS);
    bench.name_structs(&folder, &types);
    folder
}

fn card<'a>(title: &'a str, stock: u64) -> Card<'a> {
    Card {
        title,
        price: 2.5,
        stock,
        is_new: true,
        note: stock.is_multiple_of(2).then(|| format!("<{stock}>")),
        author: Author {
            name: "Ada & Co".to_owned(),
            age: 36,
        },
        tags: vec!["a", "<b>"],
    }
}

fn page<'a>(lead: &'a Card<'a>) -> Page<'a> {
    Page {
        title: "<T>".to_owned(),
        count: 1234,
        card: card("own", 7),
        cards: vec![card("one", 1), card("two", 4), card("huge", u64::MAX)],
        lead,
        extra: Value::from("x&y"),
    }
}

/// What a rendering gives, or how it fails and where.
fn shown(rendered: Result<String, Error>) -> String {
    rendered.unwrap_or_else(|error| {
        let trace = error.trace().iter();
        // Code for known types writes several things at once, and cannot tell which of them
        // was too much.
        let trace = trace.map(|line| match error.is_limit() {
            true => format!(" {}", line.unit),
            false => format!(" {}@{line}", line.unit),
        });
        format!(
            "{error}{}{}{}",
            if error.is_panic() { " (panic)" } else { "" },
            if error.is_limit() { " (limit)" } else { "" },
            trace.collect::<String>()
        )
    })
}

/// Circumstances, in some of which code for known types does not stand for the other.
fn circumstances(host: &Host) -> Vec<RenderOptions> {
    let ordinary = RenderOptions::default;
    let mut settings = host.render_options().settings.unwrap();
    settings.use_thousand_separator = true;
    vec![
        ordinary(),
        RenderOptions {
            string_if_invalid: "no %s<".to_owned(),
            ..ordinary()
        },
        RenderOptions {
            autoescape: false,
            ..ordinary()
        },
        RenderOptions {
            settings: Some(settings),
            ..ordinary()
        },
    ]
}

/// What a page gives in ordinary circumstances; the error says where its two forms differ in
/// any.
fn both(
    host: &Host,
    typed: &TypedTemplate<Page<'static>>,
    page: &Page<'_>,
) -> Result<String, String> {
    let text = |rendered: Result<hotplate::Rendered, Error>| shown(rendered.map(|it| it.text));
    let mut first = None;
    for options in circumstances(host) {
        // Twice: the second time, all is known that a snapshot keeps.
        for _ in 0..2 {
            let found = text(typed.render_with(page, &options));
            let dynamic = text(typed.template().render_with(page, &options));
            if found != dynamic {
                return Err(format!("{options:?}\n typed: {found}\n other: {dynamic}"));
            }
            first.get_or_insert(found);
        }
    }
    Ok(first.unwrap_or_default())
}

/// Edits of templates; one without a text is removed.
type Edits<'e> = &'e [(&'e str, Option<&'e str>)];

fn save(bench: &Bench, folder: &str, edits: Edits<'_>) {
    for (name, text) in edits {
        let path = format!("{folder}/templates/{name}");
        match text {
            Some(text) => bench.write(&path, text),
            None => std::fs::remove_file(bench.path(&path)).unwrap(),
        }
    }
}

#[test]
fn both_forms_of_a_page_give_the_same_through_all_swaps() {
    let bench = Bench::new("bound_swaps");
    let folder = plugin(&bench);
    let host = manual(&bench, &folder);
    let typed = host.typed::<Page<'_>>(&folder).unwrap();
    let hot = card("Hot", 9);
    let page = page(&hot);
    let before = both(&host, &typed, &page).unwrap();
    let lead = "(Hot 1a 2&lt;b&gt;!*HOT 2.5 Ada &amp; Co*)";
    let nav = "&lt;T&gt;/1234/x&amp;y";
    let own = "[root own 1234 *OWN 2.5 Ada &amp; Co*]";
    let two = "(two &lt;4&gt; 1a 2&lt;b&gt;!*TWO 2.5 Ada &amp; Co*)";
    let one = "(one 1a 2&lt;b&gt;*ONE 2.5 Ada &amp; Co*)";
    let huge = "(huge 1a 2&lt;b&gt;!*HUGE 2.5 Ada &amp; Co*)";
    assert_eq!(
        before,
        format!("<&lt;T&gt;!|{nav}|{own}\n{one}{two}{huge}\n{lead}{lead}\n>")
    );

    // Each step begins with what was there at first; it says a part of what comes out.
    let steps: &[(Edits<'_>, &str)] = &[
        (
            &[("_badge.html", Some("+{{ badge.title|lower }}+"))],
            "+hot+",
        ),
        // Names that those who include it do not offer, or not as a struct.
        (
            &[(
                "_badge.html",
                Some(
                    "{{ badge.title }}:{{ count }}:{{ nothing }}:{{ forloop.counter }}:{{ card.stock }};",
                ),
            )],
            "one:1234::1:1;",
        ),
        (
            &[(
                "_card.html",
                Some(
                    "{% for t in card.tags %}{{ forloop.parentloop.counter }}.{{ forloop.counter }} {% endfor %}",
                ),
            )],
            "2.1 2.2 ",
        ),
        (
            &[(
                "_card.html",
                Some(
                    "{% cycle 'a' 'b' %}{{ card.title }}{% ifchanged %}{{ card.price }}{% endifchanged %};",
                ),
            )],
            "aone2.5;atwo;",
        ),
        // Blocks, and a parent of its own.
        (
            &[(
                "_card.html",
                Some("{% block body %}block {{ card.title }}{% endblock %}"),
            )],
            "block oneblock two",
        ),
        (
            &[
                (
                    "_card.html",
                    Some("{% extends '_frame.html' %}{% block c %}{{ card.title }}{% endblock %}"),
                ),
                (
                    "_frame.html",
                    Some("<i>{% block c %}{% endblock %}{{ card.price }}</i>"),
                ),
            ],
            "<i>one2.5</i><i>two2.5</i>",
        ),
        (
            &[(
                "_card.html",
                Some(
                    "{% partialdef p %}p{{ card.title }}{% endpartialdef %}{% partial p %}{{ card.title|default:'-' }}",
                ),
            )],
            "poneone",
        ),
        // Set from inside of it, and not seen outside.
        (
            &[(
                "_card.html",
                Some(
                    "{% firstof card.note 'no note' as card %}{{ card }}{% include '_badge.html' %}",
                ),
            )],
            "no note",
        ),
        // A template that is not there any more, and one that fails.
        (
            &[("_badge.html", None)],
            "TemplateDoesNotExist: _badge.html",
        ),
        (
            &[(
                "_badge.html",
                Some("{{ badge.title }}\n  {{ badge.title|ljust:nowhere }}"),
            )],
            "Failed lookup for key [nowhere]",
        ),
        (
            &[(
                "root.html",
                Some("{{ title }}\n{% block body %}{% endblock %}{{ card.title|ljust:nowhere }}"),
            )],
            "Failed lookup for key [nowhere]",
        ),
        (
            &[(
                "_badge.html",
                Some("{% load site_tags %}{{ badge.title }}\n{% explode badge.title %}"),
            )],
            "not this one",
        ),
        // A failure that is caught, and what is called after it.
        (
            &[
                ("_badge.html", Some("{{ badge.title|ljust:nowhere }}")),
                (
                    "_card.html",
                    Some(
                        "{% load site_tags %}{% safely %}{% include '_badge.html' with badge=card %}{% endsafely %} \
                         {% include '_nav.html' %};",
                    ),
                ),
                (
                    "base.html",
                    Some("{% extends 'root.html' %}{% block body %}{% endblock %}"),
                ),
            ],
            "caught &lt;T&gt;/1234/x&amp;y;",
        ),
        // Users do not agree any more.
        (
            &[(
                "shop.html",
                Some("{% include '_badge.html' with badge=card %}"),
            )],
            lead,
        ),
        (
            &[(
                "shop.html",
                Some("{% include '_nav.html' %}{% include '_card.html' %}"),
            )],
            lead,
        ),
        (
            &[(
                "shop.html",
                Some("{% extends 'root.html' %}{% block body %}{{ card.age }}{% endblock %}"),
            )],
            lead,
        ),
        // It includes itself.
        (
            &[(
                "_badge.html",
                Some("{{ badge.title }}{% include '_badge.html' %}"),
            )],
            "(limit)",
        ),
        (
            &[
                (
                    "_badge.html",
                    Some("{{ badge.title }}{% include '_badge2.html' %}"),
                ),
                (
                    "_badge2.html",
                    Some("{% if badge.stock == 9 %}{% include '_badge.html' %}{% endif %}"),
                ),
            ],
            "(limit)",
        ),
        // Inside of what changes the circumstances.
        (
            &[(
                "_card.html",
                Some(
                    "{% autoescape off %}{% include '_badge.html' with badge=card %}{% endautoescape %}",
                ),
            )],
            "*ONE 2.5 Ada & Co*",
        ),
        (
            &[(
                "_card.html",
                Some(
                    "{% load l10n i18n %}{% language 'de' %}{% include '_badge.html' with badge=card %}{% endlanguage %}",
                ),
            )],
            "*ONE 2",
        ),
        (
            &[(
                "_card.html",
                Some(
                    "{% filter lower %}{% include '_badge.html' with badge=card %}{% endfilter %}{% spaceless %}<a> <b>{% include '_badge.html' with badge=card %}{% endspaceless %}",
                ),
            )],
            "*one 2.5 ada &amp; co*<a><b>*ONE",
        ),
    ];
    let mut wrong = Vec::new();
    for (edits, expected) in steps {
        save(&bench, &folder, edits);
        host.refresh().expect("it is published");
        match both(&host, &typed, &page) {
            Ok(found) if found.contains(expected) => {}
            Ok(found) | Err(found) => wrong.push(format!("{edits:?}: {found}")),
        }
        for (name, _) in *edits {
            let text = TEMPLATES.iter().find(|(known, _)| known == name);
            save(&bench, &folder, &[(name, text.map(|(_, text)| *text))]);
        }
    }
    host.refresh().expect("it is published");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(both(&host, &typed, &page), Ok(before));
    let shop = Shop {
        title: 3,
        card: Author {
            name: "Eve".to_owned(),
            age: 44,
        },
    };
    let typed = host.typed::<Shop>(&folder).unwrap();
    assert_eq!(typed.render(&shop).unwrap(), "3");
}

#[test]
fn limits_are_met_at_the_same_place() {
    let bench = Bench::new("bound_limits");
    let folder = plugin(&bench);
    let hot = card("Hot", 9);
    let page = page(&hot);
    let fits = {
        let host = manual(&bench, &folder);
        let typed = host.typed::<Page<'_>>(&folder).unwrap();
        both(&host, &typed, &page).unwrap().len()
    };
    let mut wrong = Vec::new();
    for (output, depth) in [
        (fits, 100),
        (fits - 1, 100),
        (fits - 30, 100),
        (fits / 2, 100),
        (fits, 2),
        (fits, 3),
        (fits, 4),
        (fits, 5),
        (fits, 6),
        (fits, 7),
    ] {
        let builder = bench.builder().manual().plugin(bench.path(&folder));
        let builder = builder.output_limit(output).include_depth(depth);
        let host = builder.start().expect("the first build succeeds");
        let typed = host.typed::<Page<'_>>(&folder).unwrap();
        let is_fit = output == fits && depth > 5;
        match both(&host, &typed, &page) {
            Ok(found) if found.contains("(limit)") != is_fit => {}
            Ok(found) | Err(found) => wrong.push(format!("{output} {depth}: {found}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

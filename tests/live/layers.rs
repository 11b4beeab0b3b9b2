//! Layers of plugins, partials, and templates as values.

use hotplate::value::{Exception, Lookup, Object};
use hotplate::{Host, Value, context};
use hotplate_tests::{Bench, next_publish};

/// A host of plain folders in layers, and the plugins' names.
fn layered(bench: &Bench, layers: &[(&str, &[(&str, &str)])]) -> (Host, Vec<String>) {
    let mut builder = bench.builder();
    let mut plugins = Vec::new();
    for (name, templates) in layers {
        builder = builder.plugin(bench.path(&bench.templates(name, templates)));
        plugins.push(bench.plugin(name));
    }
    let host = builder.layers(plugins.clone()).start();
    (host.expect("the first build succeeds"), plugins)
}

#[test]
fn the_first_layer_that_has_a_template_gives_it() {
    let bench = Bench::new("layers");
    let (host, plugins) = layered(
        &bench,
        &[
            (
                // Searched first, though the other's name comes first.
                "z_site",
                &[
                    (
                        "page.html",
                        "{% extends 'base.html' %}{% block main %}site {{ block.super }}{% endblock %}",
                    ),
                    (
                        "base.html",
                        "{% extends 'base.html' %}{% block head %}own{% endblock %}",
                    ),
                    ("ring.html", "{% extends 'ring.html' %}"),
                    ("_a.html", "site a"),
                ],
            ),
            (
                "a_theme",
                &[
                    (
                        "base.html",
                        "[{% block head %}{% endblock %}|{% block main %}theme{% include '_a.html' %}{% endblock %}]",
                    ),
                    ("_a.html", "theme a"),
                    (
                        "only.html",
                        "{% include '_a.html' %}{% partialdef p %}part{% endpartialdef %}",
                    ),
                ],
            ),
        ],
    );
    let nothing = context! {};
    let check = |name: &str, expected: &str| {
        let template = host.find_template(name).expect("there is one");
        assert_eq!(template.render(&nothing).unwrap(), expected, "{name}");
    };
    check("page.html", "[own|site themesite a]");
    check("base.html", "[own|themesite a]");
    check("only.html", "site a");
    check("only.html#p", "part");
    let theirs = host.template(&plugins[1], "only.html").unwrap();
    assert_eq!(theirs.render(&nothing).unwrap(), "site a");

    let ring = host.find_template("ring.html").unwrap();
    let error = ring.render(&nothing).expect_err("it has no parent");
    assert_eq!(error.exception(), Some("TemplateDoesNotExist"));
    assert_eq!(error.message(), Some("ring.html"));
    for missing in ["nowhere.html", "only.html#q"] {
        let error = host.find_template(missing).expect_err("there is none");
        assert!(error.is_unknown(), "{error}");
    }
}

#[test]
fn a_template_that_appears_in_an_earlier_layer_takes_over_at_once() {
    let bench = Bench::new("layers_live");
    let (host, _) = layered(
        &bench,
        &[
            ("site", &[("other.html", "other")]),
            ("theme", &[("page.html", "theme")]),
        ],
    );
    let events = host.events();
    let page = host.find_template("page.html").unwrap();
    assert_eq!(page.render(&context! {}).unwrap(), "theme");
    bench.templates(
        "site",
        &[("page.html", "site on {% include 'other.html' %}")],
    );
    let receipt = next_publish(&events);
    assert_eq!(receipt.changes.len(), 1);
    assert_eq!(page.render(&context! {}).unwrap(), "site on other");
    let rendered = page
        .render_with(&context! {}, &host.render_options())
        .unwrap();
    assert_eq!(rendered.receipt.plugin, bench.plugin("site"));
}

#[test]
fn a_plugin_belongs_to_one_group_of_layers() {
    let bench = Bench::new("layers_twice");
    let folder = bench.path(&bench.templates("site", &[("a.html", "a")]));
    let builder = bench.builder().plugin(folder);
    let error = builder
        .layers(["site", "theme"])
        .layers(["theme"])
        .start()
        .expect_err("the theme is in two groups");
    assert_eq!(error.to_string(), "plugin theme is named twice in layers");
    let folder = bench.path(&bench.templates("site", &[]));
    let builder = bench.builder().plugin(folder);
    let error = builder.layers(["layers_twice_sits"]).start();
    let error = error.expect_err("there is no such plugin");
    assert_eq!(
        error.to_string(),
        "no plugin layers_twice_sits, which layers name; did you mean layers_twice_site?"
    );
}

#[test]
fn partials_are_units_of_their_own() {
    /// Raises when it is looked at.
    struct Keyless;

    impl Object for Keyless {
        fn type_name(&self) -> &str {
            "Keyless"
        }

        fn attribute(&self, _name: &str) -> Lookup {
            Lookup::Raised(Exception::new("KeyError", "'key'"))
        }
    }

    let bench = Bench::new("partials");
    let folder = bench.templates(
        "site",
        &[
            (
                "list.html",
                "{% partialdef item %}<{{ x }}{% cycle 'a' 'b' %}>{% endpartialdef %}\
                 {% for x in xs %}{% partial item %}{% endfor %}",
            ),
            ("user.html", "{% include 'list.html#item' with x=7 %}"),
            (
                "raises.html",
                "{% partialdef part %}{{ object.key }}{% endpartialdef %}{% partial part %}",
            ),
            ("lost.html", "{% include 'list.html#nope' %}"),
            ("undefined.html", "{% partial nope %}"),
        ],
    );
    let host = bench.host(&[&folder]);
    let events = host.events();
    let plugin = bench.plugin("site");
    let render =
        |name: &str, context: &Value| host.template(&plugin, name).unwrap().render(context);
    let xs = context! { xs: [1, 2], x: 9 };
    assert_eq!(render("list.html", &xs).unwrap(), "<1a><2a>");
    assert_eq!(render("list.html#item", &xs).unwrap(), "<9a>");
    assert_eq!(render("user.html", &xs).unwrap(), "<7a>");
    for (name, exception, message) in [
        ("lost.html", "TemplateDoesNotExist", "nope"),
        (
            "undefined.html",
            "TemplateSyntaxError",
            "Partial 'nope' is not defined in the current template.",
        ),
    ] {
        let error = render(name, &xs).expect_err("there is no such partial");
        assert_eq!(error.exception(), Some(exception), "{error}");
        assert_eq!(error.message(), Some(message));
    }
    // Django takes any `KeyError` inside for a missing partial.
    let keyless = context! { object: Value::object(Keyless) };
    let error = render("raises.html", &keyless).expect_err("the object raises");
    let expected = "Partial 'part' is not defined in the current template.";
    assert_eq!(error.message(), Some(expected));
    assert_eq!(error.exception(), Some("TemplateSyntaxError"));
    let kinds = host.units().into_iter().map(|unit| (unit.name, unit.kind));
    let partials: Vec<_> = kinds.filter(|(_, kind)| *kind == "partial").collect();
    assert_eq!(partials[0].0, "list.html#item");
    assert_eq!(partials.len(), 2);

    bench.templates(
        "site",
        &[(
            "list.html",
            "{% partialdef item %}({{ x }}){% endpartialdef %}\
             {% for x in xs %}{% partial item %}{% endfor %}",
        )],
    );
    let changes = next_publish(&events).changes;
    let changed: Vec<&str> = changes.iter().map(|change| change.unit.as_str()).collect();
    assert_eq!(changed, ["list.html#item"]);
    assert_eq!(render("user.html", &xs).unwrap(), "(7)");
}

#[test]
fn handles_stand_for_their_templates_in_a_context() {
    let bench = Bench::new("template_values");
    let folder = bench.templates(
        "site",
        &[
            ("base.html", "[{% block main %}base{% endblock %}]"),
            ("part.html", "part of {{ name }}"),
            ("include.html", "{% include part %}"),
            (
                "extend.html",
                "{% extends parent %}{% block main %}child{% endblock %}",
            ),
            ("print.html", "{{ part }}"),
        ],
    );
    let host = bench.host(&[&folder]);
    let plugin = bench.plugin("site");
    let template = |name: &str| host.template(&plugin, name).unwrap();
    let context = context! {
        part: &template("part.html"),
        parent: &host.find_template("base.html").unwrap(),
        name: "plates",
    };
    for (name, expected) in [
        ("include.html", "part of plates"),
        ("extend.html", "[child]"),
        ("print.html", "&lt;Template part.html&gt;"),
    ] {
        assert_eq!(template(name).render(&context).unwrap(), expected);
    }
}

#[test]
fn errors_show_the_way_through_the_templates() {
    let bench = Bench::new("template_traceback");
    let folder = bench.templates(
        "site",
        &[
            ("base.html", "\n{% block main %}{% endblock %}"),
            (
                "page.html",
                "{% extends 'base.html' %}{% block main %}\n\n{% include '_part.html' %}{% endblock %}",
            ),
            ("_part.html", "\n\n\n{% include 'nowhere.html' %}"),
        ],
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let error = page
        .render(&context! {})
        .expect_err("a template is missing");
    let shown = error.to_string();
    let expected = "TemplateDoesNotExist: nowhere.html\n\
                    template traceback: page.html:1 → base.html:2 → page.html:3 → _part.html:4";
    assert!(shown.ends_with(expected), "{shown}");
}

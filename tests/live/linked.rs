//! Plugins that are linked into the program, alone and beside loaded ones.

use std::fs;

use hotplate::{Cause, Event, Host, Receipt, context};
use hotplate_tests::{Bench, alone, next_publish};

/// What a host has of a plugin: names and kinds.
fn units(host: &Host, plugin: &str) -> Vec<(String, &'static str)> {
    let units = host.units().into_iter();
    let units = units.filter(|unit| unit.plugin == plugin);
    units.map(|unit| (unit.name, unit.kind)).collect()
}

/// What the project's two plugins make of some data.
fn outputs(host: &Host, site: &str, text: &str) -> Vec<String> {
    let article = context! {
        title: "Hot & plates", summary: "On <plates>", body: "<p>one</p>", tags: ["a", "b"],
        url: "/hot/", older: context! { url: "/old/", title: "Older" }
    };
    let page = context! {
        site: context! { title: "Site", tagline: "tag" }, article: article.clone(), articles: [article]
    };
    let names = ["index.html", "article.html", "about.html", "404.html"];
    let mut outputs: Vec<String> = names
        .iter()
        .map(|name| {
            let template = host.template(site, name).expect("the site has it");
            template.render(&page).expect("it renders")
        })
        .collect();
    let called = |name: &str, argument: &str| {
        let function = host.function::<(&str,), String>(text, name);
        let function = function.expect("the plugin has it");
        function.call((argument,)).expect("it does not fail")
    };
    outputs.push(called("slugify", "Hot Plates"));
    outputs.push(called("markdown", "*one* <b>two</b>"));
    outputs
}

/// The plugins of a receipt's artifacts that are linked, and the others.
fn kinds(receipt: &Receipt) -> (Vec<&str>, Vec<&str>) {
    let names = |is_linked: bool| {
        let artifacts = receipt.artifacts.iter();
        let artifacts = artifacts.filter(|(_, artifact)| artifact.is_linked() == is_linked);
        artifacts.map(|(name, _)| name.as_str()).collect()
    };
    (names(true), names(false))
}

#[test]
fn linked_plugins_do_what_loaded_ones_do() {
    let bench = Bench::new("linked");
    let (site, text) = (bench.copy_of("site"), bench.copy_of("text"));
    let loaded = bench.host(&[&site, &text]);
    let builder = Host::builder().linked(site::PLUGIN).linked(text::PLUGIN);
    let linked = builder.start().expect("both are there");
    assert_eq!(units(&linked, "site"), units(&loaded, &site));
    assert_eq!(units(&linked, "text"), units(&loaded, &text));
    assert!(!units(&linked, "text").is_empty());
    assert_eq!(
        outputs(&linked, "site", "text"),
        outputs(&loaded, &site, &text)
    );
    assert!(
        linked.find_template("about.html").is_ok(),
        "it is found in any plugin"
    );
}

#[test]
fn a_host_of_linked_plugins_needs_nothing_else() {
    alone(
        "linked::a_host_of_linked_plugins_needs_nothing_else",
        || {
            let threads = || fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
            let before = threads();
            let mut builder = Host::builder().cargo("/no/cargo").linked(site::PLUGIN);
            let events = builder.subscribe();
            let host = builder.linked(text::PLUGIN).start().expect("it starts");
            assert_eq!(threads(), before);
            let Some(Event::Published(receipt)) = events.try_recv() else {
                panic!("the plugins are published");
            };
            assert_eq!((receipt.generation, receipt.cause), (1, Cause::Start));
            assert_eq!(kinds(&receipt), (vec!["site", "text"], vec![]));
            assert_eq!(receipt.artifacts[0].1.to_string(), "linked");
            assert!(receipt.changes.len() > 4);

            assert!(host.refresh().expect("all is well").is_none());
            assert!(host.tick().expect("all is well").is_none());
            assert!(host.rollback().is_err());
            assert_eq!(host.stats().native_libraries, 0);
            let slugify = host.function::<(&str,), String>("text", "slugify");
            let slugify = slugify.expect("the plugin has it");
            let (_, receipt) = slugify.call_with_receipt(("a b",)).expect("it is fine");
            assert!(receipt.artifact.is_linked());

            // Another host of the same plugins lives on when the first is gone.
            let other = Host::builder().linked(text::PLUGIN).start();
            let other = other.expect("it starts");
            drop(host);
            assert!(slugify.call(("a b",)).expect_err("it is gone").is_closed());
            let slugify = other.function::<(&str,), String>("text", "slugify");
            let slugify = slugify.expect("the plugin has it");
            assert_eq!(slugify.call(("a b",)).expect("it is fine"), "a-b");
        },
    );
}

#[test]
fn linked_and_watched_plugins_serve_together() {
    let bench = Bench::new("linked_beside");
    let page = "{% extends 'base.html' %}{% block content %}one{% endblock %}";
    let folder = bench.templates("pages", &[("page.html", page)]);
    let plugin = bench.plugin("pages");
    let mut builder = bench.builder().linked(site::PLUGIN);
    let events = builder.subscribe();
    let host = builder.plugin(bench.path(&folder)).start();
    let host = host.expect("the first build succeeds");
    let first = next_publish(&events);
    assert_eq!(kinds(&first), (vec!["site"], vec![]));
    let second = next_publish(&events);
    assert_eq!((second.generation, second.cause), (2, Cause::Start));
    assert_eq!(kinds(&second), (vec![], vec![plugin.as_str()]));
    assert!(host.rollback().is_err(), "there was nothing before");

    // A watched template extends a linked one, before and after an edit.
    let shown = || {
        let page = host.template(&plugin, "page.html").expect("it is there");
        page.render(&context! {}).expect("it renders")
    };
    assert!(shown().contains("one") && shown().contains("</html>"));
    bench.write(&format!("{folder}/page.html"), &page.replace("one", "two"));
    assert_eq!(next_publish(&events).changes.len(), 1);
    assert!(shown().contains("two"));
    host.rollback().expect("one is kept");
    assert!(shown().contains("one"));
    assert!(!units(&host, "site").is_empty());
}

#[test]
fn two_plugins_of_one_name_are_refused() {
    let bench = Bench::new("linked_twice");
    let check = |result: Result<Host, hotplate::Error>, expected: &str| {
        let error = result.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    };
    let twice = Host::builder().linked(text::PLUGIN).linked(text::PLUGIN);
    check(twice.start(), "linked plugins: two plugins are named text");
    bench.write("templates-x/text/a.html", "a");
    let builder = bench.builder().linked(text::PLUGIN);
    check(
        builder.plugin(bench.path("templates-x/text")).start(),
        "one that is linked into the program",
    );
    let layers = Host::builder().linked(text::PLUGIN).layers(["texd"]);
    check(layers.start(), "did you mean text?");
}

#[test]
fn a_plugin_that_links_another_ones_crate_offers_its_own_functions_alone() {
    let bench = Bench::new("linked_inside");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n/// Makes a slug.\n#[plugin_fn]\n\
                  pub fn shout(text: &str) -> String {\n    text::slugify(text).to_uppercase()\n}\n\n\
                  hotplate_plugin_api::plugin!();\n";
    let folder = bench.native("outer", source);
    let inner = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/text");
    let inner = fs::canonicalize(inner).expect("the plugin is there");
    bench.depend(&folder, &format!("text = {{ path = {inner:?} }}"));
    let host = bench.host(&[&folder]);
    assert_eq!(units(&host, &folder), [("shout".to_owned(), "function")]);
    let shout = host.function::<(&str,), String>(&folder, "shout");
    let shout = shout.expect("the plugin has it");
    assert_eq!(shout.call(("a b",)).expect("it is fine"), "A-B");
}

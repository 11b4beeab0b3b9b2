//! Edits of templates alone: patches that compile what changed and nothing else.

use hotplate::{Event, Events, Host, Receipt, context};
use hotplate_tests::{Bench, next_publish};

/// The changes of a receipt, as the terminal shows them, without the plugin's name.
fn changes(receipt: &Receipt, plugin: &str) -> Vec<String> {
    let changes = receipt.changes.iter().map(ToString::to_string);
    changes
        .map(|line| line.replace(&format!("{plugin}::"), ""))
        .collect()
}

/// The next publish, and whether cargo had a part in it.
fn publish_without_cargo(events: &Events) -> Receipt {
    hotplate_tests::Waiting::on(events).find(|event| match event {
        Event::Published(receipt) => Some(receipt.clone()),
        Event::BuildProgress { message } => panic!("cargo was started: {message}"),
        Event::Rejected(rejection) => panic!("rejected: {rejection}"),
        _ => None,
    })
}

fn render(host: &Host, plugin: &str, name: &str) -> String {
    host.template(plugin, name)
        .unwrap()
        .render(&context! {})
        .unwrap()
}

#[test]
fn an_edit_compiles_its_units_alone_and_an_undo_compiles_nothing() {
    let bench = Bench::new("lane");
    let base = "a{% block one %}1{% endblock %}{% block two %}2{% endblock %}";
    let folder = bench.templates(
        "site",
        &[
            ("base.html", base),
            ("page.html", "{% extends 'base.html' %}"),
            ("other.html", "o"),
        ],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let file = format!("{folder}/base.html");
    let libraries = |receipt: &Receipt| receipt.artifacts.clone();

    bench.write(&file, &base.replace('2', "22"));
    let edit = publish_without_cargo(&events);
    assert_eq!(changes(&edit, &plugin), ["Update base.html/two @L1"]);
    assert_eq!(render(&host, &plugin, "page.html"), "a122");
    assert_eq!(render(&host, &plugin, "other.html"), "o");

    bench.write(&file, base);
    let undo = publish_without_cargo(&events);
    assert_eq!(changes(&undo, &plugin), ["Update base.html/two @L1"]);
    assert_eq!(render(&host, &plugin, "page.html"), "a12");
    assert_ne!(libraries(&undo), libraries(&edit));

    bench.write(&file, &base.replace('2', "22"));
    let again = publish_without_cargo(&events);
    assert_eq!(
        libraries(&again),
        libraries(&edit),
        "the same library serves again"
    );
}

#[test]
fn templates_and_blocks_come_and_go_in_patches() {
    let bench = Bench::new("patches");
    let folder = bench.templates(
        "site",
        &[("a.html", "a"), ("b.html", "b{% block x %}{% endblock %}")],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();

    bench.write(&format!("{folder}/sub/new.html"), "{% include 'a.html' %}!");
    let receipt = publish_without_cargo(&events);
    assert_eq!(changes(&receipt, &plugin), ["Add sub/new.html @L1"]);
    assert_eq!(render(&host, &plugin, "sub/new.html"), "a!");

    bench.write(&format!("{folder}/b.html"), "b{% block y %}y{% endblock %}");
    let receipt = publish_without_cargo(&events);
    assert_eq!(
        changes(&receipt, &plugin),
        ["Update b.html @L1", "Delete b.html/x", "Add b.html/y @L1"]
    );
    assert_eq!(render(&host, &plugin, "b.html"), "by");

    std::fs::remove_file(bench.path(&format!("{folder}/a.html"))).unwrap();
    let receipt = publish_without_cargo(&events);
    assert_eq!(changes(&receipt, &plugin), ["Delete a.html"]);
    let page = host.template(&plugin, "sub/new.html").unwrap();
    let error = page
        .render(&context! {})
        .expect_err("what it includes is gone");
    assert_eq!(error.exception(), Some("TemplateDoesNotExist"));
}

#[test]
fn after_a_rollback_an_edit_brings_all_of_the_sources_back() {
    let bench = Bench::new("after_rollback");
    let folder = bench.templates("site", &[("a.html", "1"), ("b.html", "1")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    bench.write(&format!("{folder}/a.html"), "2");
    host.refresh().expect("the edit is good");
    host.rollback().expect("one is kept");
    assert_eq!(render(&host, &plugin, "a.html"), "1");

    bench.write(&format!("{folder}/b.html"), "2");
    host.refresh().expect("the edit is good");
    assert_eq!(render(&host, &plugin, "b.html"), "2");
    assert_eq!(render(&host, &plugin, "a.html"), "2", "the file says so");
}

#[test]
fn a_rollback_names_every_library_that_takes_over() {
    let bench = Bench::new("rollback_names");
    let names = ["a.html", "b.html"];
    let folder = bench.templates("site", &names.map(|name| (name, "1")));
    let builder = bench.builder().manual();
    let host = builder
        .plugin(bench.path(&folder))
        .start()
        .expect("it builds");
    let edit = |name: &str, text: &str| {
        bench.write(&format!("{folder}/{name}"), text);
        let receipt = host.refresh().expect("the edit is good");
        receipt.expect("there is news").artifacts
    };
    // Two patches live, then one edit takes over from both.
    let patches: Vec<_> = names.iter().flat_map(|name| edit(name, name)).collect();
    bench.write(&format!("{folder}/a.html"), "3");
    edit("b.html", "3");
    let mut expected = patches;
    let mut named = host.rollback().expect("it is kept").artifacts;
    expected.sort_by_key(|(_, hash)| hash.to_string());
    named.sort_by_key(|(_, hash)| hash.to_string());
    assert_eq!(named, expected);
}

#[test]
fn a_crate_of_templates_is_patched_too() {
    let bench = Bench::new("crate_lane");
    let folder = bench.template_crate("site", &[("page.html", "1"), ("other.html", "o")]);
    let host = bench.host(&[&folder]);
    let events = host.events();
    bench.write(&format!("{folder}/templates/page.html"), "2");
    let receipt = publish_without_cargo(&events);
    assert_eq!(changes(&receipt, &folder), ["Update page.html @L1"]);
    assert_eq!(render(&host, &folder, "page.html"), "2");

    // A change of the crate itself is cargo's, and takes the patches in.
    let root = format!("{folder}/src/lib.rs");
    let text = std::fs::read_to_string(bench.path(&root)).unwrap();
    bench.write(&root, &format!("{text}\npub const UNUSED: u8 = 0;\n"));
    bench.write(&format!("{folder}/templates/other.html"), "p");
    let receipt = next_publish(&events);
    assert!(
        receipt
            .changes
            .iter()
            .any(|change| change.unit == "other.html")
    );
    assert_eq!(render(&host, &folder, "page.html"), "2");
    assert_eq!(render(&host, &folder, "other.html"), "p");
}

#[test]
fn many_patches_are_folded_into_one_library() {
    let bench = Bench::new("fold");
    let names: Vec<String> = (0..6).map(|number| format!("t{number}.html")).collect();
    let templates: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "old")).collect();
    let folder = bench.templates("site", &templates);
    let plugin = bench.plugin("site");
    let builder = bench.builder().consolidate_after(Some(4)).keep_snapshots(0);
    let host = builder
        .plugin(bench.path(&folder))
        .start()
        .expect("it builds");
    let events = host.events();
    for name in &names {
        bench.write(&format!("{folder}/{name}"), &format!("new {name}"));
        host.refresh().expect("the edit is good");
    }
    let generation = host.generation();
    let folded = hotplate_tests::Waiting::on(&events).find(|event| match event {
        Event::Consolidated { plugins } => Some(plugins.clone()),
        _ => None,
    });
    assert_eq!(folded, std::slice::from_ref(&plugin));
    assert_eq!(host.generation(), generation, "nothing changed its meaning");
    for name in &names {
        assert_eq!(render(&host, &plugin, name), format!("new {name}"));
    }
    bench.write(&format!("{folder}/t0.html"), "newest");
    host.refresh().expect("the edit is good");
    assert_eq!(render(&host, &plugin, "t0.html"), "newest");
}

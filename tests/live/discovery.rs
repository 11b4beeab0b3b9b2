//! Plugins that appear and go while the host runs.

use std::fs;

use hotplate::{Event, context};
use hotplate_tests::{Bench, Waiting, next_publish};

#[test]
fn a_new_directory_becomes_a_plugin_and_a_deleted_one_goes() {
    let bench = Bench::new("discovered");
    bench.write("templates-all/one/page.html", "one");
    bench.write("templates-all/notes/.keep", "");
    let host = bench
        .builder()
        .discover(bench.path("templates-all/*"))
        .start()
        .unwrap();
    let events = host.events();
    let one = host.template("one", "page.html").unwrap();
    assert_eq!(one.render(&context! {}).unwrap(), "one");

    bench.write("templates-all/two/page.html", "two");
    let plugin = Waiting::on(&events).find(|event| match event {
        Event::Discovered { plugin, .. } => Some(plugin.clone()),
        _ => None,
    });
    assert_eq!(plugin, "two");
    next_publish(&events);
    let two = host.template("two", "page.html").unwrap();
    assert_eq!(two.render(&context! {}).unwrap(), "two");
    bench.write("templates-all/two/page.html", "two!");
    next_publish(&events);
    assert_eq!(two.render(&context! {}).unwrap(), "two!");

    fs::remove_dir_all(bench.path("templates-all/two")).expect("it can be deleted");
    next_publish(&events);
    assert!(two.render(&context! {}).unwrap_err().is_removed());
    assert_eq!(one.render(&context! {}).unwrap(), "one");

    bench.write("templates-all/two/page.html", "back");
    next_publish(&events);
    assert_eq!(two.render(&context! {}).unwrap(), "back");
}

#[test]
fn a_refresh_waits_for_new_directories_and_a_half_copied_one_is_no_mistake() {
    let bench = Bench::new("half_copied");
    bench.write("plugins/README", "");
    let host = bench
        .builder()
        .discover(bench.path("plugins"))
        .start()
        .unwrap();
    assert!(host.units().is_empty());
    let events = host.events();
    // A crate whose library is still to come.
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("late", source);
    let workspace = fs::read_to_string(bench.path("Cargo.toml")).unwrap();
    bench.write(
        "Cargo.toml",
        &workspace.replace("[\"*\"]", "[\"plugins/*\"]"),
    );
    let from = bench.path(&folder);
    fs::create_dir_all(bench.path(&format!("plugins/{folder}/src"))).unwrap();
    for file in ["Cargo.toml", "src/lib.rs"] {
        fs::copy(
            from.join(file),
            bench.path(&format!("plugins/{folder}/{file}")),
        )
        .unwrap();
    }
    fs::remove_dir_all(from).unwrap();
    host.refresh().expect("it is whole by now");
    let one = host.function::<(), i64>(&folder, "one").unwrap();
    assert_eq!(one.call(()).unwrap(), 1);
    let rejected =
        std::iter::from_fn(|| events.try_recv()).find(|event| matches!(event, Event::Rejected(_)));
    assert!(rejected.is_none(), "{rejected:?}");
}

#[test]
fn files_that_are_left_out_change_nothing() {
    let bench = Bench::new("left_out");
    let folder = bench.templates("site", &[("page.html", "1"), ("draft.md", "1")]);
    let builder = bench.builder().plugin(bench.path(&folder)).ignore("*.md");
    let host = builder
        .filter(|path| !path.ends_with("secret.html"))
        .start()
        .unwrap();
    bench.write(&format!("{folder}/draft.md"), "2");
    bench.write(&format!("{folder}/secret.html"), "2");
    assert!(host.refresh().expect("nothing changed").is_none());
    bench.write(&format!("{folder}/page.html"), "2");
    assert!(host.refresh().expect("the edit is good").is_some());
}

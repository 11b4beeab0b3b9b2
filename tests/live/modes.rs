//! Synchronisation points, going back, and extra paths.

use hotplate::{Cause, Event, context};
use hotplate_tests::{Bench, Waiting, next_publish};

#[test]
fn in_manual_mode_only_ticks_publish() {
    let bench = Bench::new("manual");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let builder = bench.builder().manual();
    let host = builder.plugin(bench.path(&folder)).start().unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let events = host.events();
    assert!(host.tick().expect("nothing is ready").is_none());

    bench.write(&format!("{folder}/page.html"), "2");
    Waiting::on(&events).find(|event| matches!(event, Event::BuildStarted { .. }).then_some(()));
    assert_eq!(page.render(&context! {}).unwrap(), "1");
    let receipt = loop {
        if let Some(receipt) = host.tick().expect("the edit is good") {
            break receipt;
        }
        std::thread::yield_now();
    };
    assert_eq!(receipt.generation, 2);
    assert_eq!(page.render(&context! {}).unwrap(), "2");

    bench.write(&format!("{folder}/page.html"), "3");
    let receipt = host
        .refresh()
        .expect("the edit is good")
        .expect("there is news");
    assert_eq!(receipt.cause, Cause::Edit);
    assert_eq!(page.render(&context! {}).unwrap(), "3");
    assert!(host.refresh().expect("nothing is wrong").is_none());
}

#[test]
fn rolling_back_runs_the_earlier_code_without_a_build() {
    let bench = Bench::new("rollback");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let error = host.rollback().expect_err("there is nothing to go back to");
    assert!(error.to_string().contains("no earlier snapshot"), "{error}");
    for text in ["2", "3"] {
        bench.write(&format!("{folder}/page.html"), text);
        host.refresh().expect("the edit is good");
        assert_eq!(page.render(&context! {}).unwrap(), text);
    }

    let events = host.events();
    let receipt = host.rollback().expect("two are kept");
    assert_eq!(receipt.cause, Cause::Rollback);
    assert_eq!(receipt.generation, 4);
    assert_eq!(receipt.changes.len(), 1);
    assert_eq!(page.render(&context! {}).unwrap(), "2");
    host.rollback().expect("one is kept");
    assert_eq!(page.render(&context! {}).unwrap(), "1");
    assert!(
        std::iter::from_fn(|| events.try_recv())
            .all(|event| !matches!(event, Event::BuildStarted { .. }))
    );

    bench.write(&format!("{folder}/page.html"), "4");
    host.refresh().expect("the edit is good");
    assert_eq!(page.render(&context! {}).unwrap(), "4");
    assert_eq!(host.generation(), 6);
}

#[test]
fn a_pin_keeps_its_snapshot() {
    let bench = Bench::new("pin");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let pin = host.pin();
    bench.write(&format!("{folder}/page.html"), "2");
    host.refresh().expect("the edit is good");
    let pinned = page.render_in(&pin, &context! {}).unwrap();
    assert_eq!(pinned.text, "1");
    assert_eq!(pinned.receipt.generation, 1);
    assert_eq!(page.render(&context! {}).unwrap(), "2");
}

#[test]
fn polling_finds_edits_too() {
    let bench = Bench::new("polling");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let mut builder = bench.builder().poll(std::time::Duration::from_millis(20));
    let events = builder.subscribe();
    let host = builder.plugin(bench.path(&folder)).start().unwrap();
    Waiting::on(&events).find(|event| matches!(event, Event::Polling { .. }).then_some(()));
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let events = host.events();
    bench.write(&format!("{folder}/page.html"), "2");
    next_publish(&events);
    assert_eq!(page.render(&context! {}).unwrap(), "2");
}

#[test]
fn a_shared_crate_that_is_watched_rebuilds_what_uses_it() {
    let bench = Bench::new("shared_crate");
    bench.write(
        "common/Cargo.toml",
        "[package]\nname = \"shared_crate_common\"\nversion.workspace = true\nedition.workspace = true\n",
    );
    bench.write("common/src/lib.rs", "pub fn number() -> i64 {\n    1\n}\n");
    let folder = bench.native(
        "user",
        "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn number() -> i64 {\n    shared_crate_common::number()\n}\n\nhotplate_plugin_api::plugin!();\n",
    );
    bench.depend(&folder, "shared_crate_common = { path = \"../common\" }");
    let host = bench
        .builder()
        .plugin(bench.path(&folder))
        .watch(bench.path("common"))
        .start()
        .expect("the first build succeeds");
    let events = host.events();
    let number = host.function::<(), i64>(&folder, "number").unwrap();
    assert_eq!(number.call(()).unwrap(), 1);
    bench.write("common/src/lib.rs", "pub fn number() -> i64 {\n    2\n}\n");
    let receipt = next_publish(&events);
    assert_eq!(number.call(()).unwrap(), 2);
    assert_eq!(receipt.changes.len(), 1);
}

//! Overrides that end with a guard.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotplate::{Event, RecoderStatus};
use hotplate_tests::{Bench, Waiting};

use super::{next_status, nothing_was_built, number, numbers, render};

#[test]
fn guards_nest_and_unwind_in_any_order() {
    let bench = Bench::new("guards");
    let folder = bench.templates("site", &[("page.html", "file")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    let page = || render(&host, &plugin, "page.html");

    let outer = recoder.override_with("outer").unwrap();
    let inner = recoder.override_with("inner").unwrap();
    assert_eq!(page(), "inner");
    let events = host.events();
    drop(inner);
    assert_eq!(page(), "outer");
    drop(outer);
    assert_eq!(page(), "file");
    nothing_was_built(&events);

    let first = recoder.override_with("first").unwrap();
    let second = recoder.override_with("second").unwrap();
    drop(first);
    assert_eq!(page(), "second");
    drop(second);
    assert_eq!(page(), "file");

    // A patch below a guard comes back; a revert ends guards, too.
    recoder.patch("patch").unwrap();
    let guard = recoder.override_with("guarded").unwrap();
    let error = recoder.commit().unwrap_err();
    assert!(
        error.to_string().contains("an override is in force"),
        "{error}"
    );
    drop(guard);
    assert_eq!(page(), "patch");
    let guard = recoder.override_with("guarded").unwrap();
    recoder.revert().unwrap();
    assert_eq!(page(), "file");
    drop(guard);
    assert_eq!(page(), "file");
}

#[test]
fn a_panic_ends_an_override() {
    let bench = Bench::new("guard_panic");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "one").unwrap();
    let mocked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = recoder
            .override_with("#[plugin_fn]\npub fn one() -> i64 {\n    100\n}")
            .unwrap();
        assert_eq!(number(&host, &plugin, "two"), 101);
        panic!("the test fails");
    }));
    assert!(mocked.is_err());
    assert_eq!(number(&host, &plugin, "two"), 2);
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);
}

#[test]
fn a_guard_that_cannot_put_back_says_so() {
    let bench = Bench::new("guard_fails");
    let folder = bench.templates("site", &[("page.html", "file")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    let guard = recoder.override_with("override").unwrap();
    let events = host.events();
    bench.write(&format!("{folder}/page.html"), "{% broken");
    bench.write(&format!("{folder}/page.html"), "{% nope %}");
    assert_eq!(next_status(&events), RecoderStatus::OutOfSync);
    drop(guard);
    let message = Waiting::on(&events).find(|event| match event {
        Event::RevertFailed { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("nope"), "{message}");
    assert_eq!(render(&host, &plugin, "page.html"), "override");

    // With the host everything is gone, and nothing panics.
    let guard = recoder.override_with("another").unwrap();
    drop(host);
    drop(guard);
    assert!(recoder.status().unwrap_err().is_closed());
}

//! Going back to any generation that is kept, and who holds which.

use std::fs;
use std::time::Duration;

use hotplate::{Cause, Event, context};
use hotplate_tests::{Bench, manual};

#[test]
fn one_can_go_to_any_kept_generation_and_forward_again() {
    let bench = Bench::new("rollback_to");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = manual(&bench, &folder);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    for text in ["2", "3", "4"] {
        bench.write(&format!("{folder}/page.html"), text);
        host.refresh().expect("the edit is good");
    }
    let events = host.events();
    let check = |to, generation, text: &str| {
        let receipt = host.rollback_to(to).expect("it is kept");
        assert_eq!(receipt.cause, Cause::Rollback);
        assert_eq!(receipt.generation, generation);
        assert_eq!(page.render(&context! {}).unwrap(), text);
    };
    check(2, 5, "2");
    check(4, 6, "4");
    check(1, 7, "1");
    let error = host.rollback_to(1).expect_err("it serves");
    assert!(error.to_string().contains("serves already"), "{error}");
    let error = host.rollback_to(99).expect_err("it never was");
    assert!(error.is_unknown(), "{error}");

    let history = host.history();
    let shown = history
        .iter()
        .map(|entry| (entry.generation, entry.restores));
    let expected = [(1, None), (2, None), (3, None), (4, None), (7, Some(1))];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let last = history.last().expect("there is a current one");
    assert!(last.is_current && history.iter().filter(|entry| entry.is_current).count() == 1);
    assert_eq!(last.cause, Cause::Rollback);
    assert_eq!(last.changes.len(), 1);
    assert_eq!(history[0].cause, Cause::Start);
    assert_eq!(history[1].cause, Cause::Edit);
    assert!(!history[1].artifacts.is_empty());
    let times: Vec<_> = history.iter().map(|entry| entry.published).collect();
    assert!(times.is_sorted());
    assert!(
        std::iter::from_fn(|| events.try_recv())
            .all(|event| !matches!(event, Event::BuildStarted { .. }))
    );

    // The next edit goes on top, and an undo of it to what was served before.
    bench.write(&format!("{folder}/page.html"), "5");
    host.refresh().expect("the edit is good");
    assert_eq!(page.render(&context! {}).unwrap(), "5");
    host.rollback().expect("what served is kept");
    assert_eq!(page.render(&context! {}).unwrap(), "1");
}

#[test]
fn a_rollback_that_would_break_a_handle_is_refused() {
    let bench = Bench::new("rollback_signature");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let host = manual(&bench, &folder);
    let changed = source
        .replace("i64", "String")
        .replace("    1\n", "    \"1\".to_owned()\n");
    bench.write(&format!("{folder}/src/lib.rs"), &changed);
    host.refresh()
        .expect("no handle needs a number")
        .expect("it is new");
    let one = host.function::<(), String>(&folder, "one").unwrap();
    let error = host.rollback_to(1).expect_err("the handle needs a text");
    assert!(error.is_incompatible(), "{error}");
    assert_eq!(one.call(()).unwrap(), "1");
    drop(one);
    host.rollback_to(1).expect("no handle is left");
}

#[test]
fn a_rollback_of_two_thousand_units_takes_less_than_a_millisecond() {
    const UNITS: usize = 2000;
    const CHANGED: usize = 20;
    let bench = Bench::new("rollback_fast");
    let files: Vec<String> = (0..UNITS).map(|number| format!("t{number}.html")).collect();
    let templates: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "old")).collect();
    let folder = bench.templates("site", &templates);
    let plugin = bench.plugin("site");
    let host = manual(&bench, &folder);
    assert_eq!(host.units().len(), UNITS);
    let handles: Vec<_> = files
        .iter()
        .take(CHANGED)
        .map(|file| host.template(&plugin, file).unwrap())
        .collect();
    for file in &files[..CHANGED] {
        fs::write(bench.path(&folder).join(file), "new").unwrap();
    }
    host.refresh()
        .expect("the edits are good")
        .expect("there is news");
    let changed = host.generation();

    // What else runs on this machine may take the processor away, but not each time.
    let mut best = Duration::MAX;
    for round in 0..20 {
        let (to, text) = [(1, "old"), (changed, "new")][round % 2];
        let receipt = host.rollback_to(to).expect("it is kept");
        assert_eq!(receipt.changes.len(), CHANGED);
        assert_eq!(receipt.timings.build, Duration::ZERO);
        best = best.min(receipt.timings.total);
        for handle in &handles {
            assert_eq!(handle.render(&context! {}).unwrap(), text);
        }
    }
    assert!(best < Duration::from_millis(1), "{best:?}");
}

#[test]
fn the_host_says_who_holds_which_generation() {
    let bench = Bench::new("holders");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let builder = bench.builder().manual().keep_snapshots(1);
    let host = builder.plugin(bench.path(&folder)).start().unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    assert_eq!(host.holders(), []);
    let pin = host.pin();
    let copy = pin.clone();
    let mut local = page.local();
    for text in ["2", "3"] {
        bench.write(&format!("{folder}/page.html"), text);
        host.refresh().expect("the edit is good");
    }
    let shown = || {
        let holders = host.holders().into_iter();
        let shown = holders.map(|holder| {
            let flags = [holder.is_current, holder.is_kept];
            (holder.generation, holder.pins, holder.local_handles, flags)
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown(), [(1, 2, 1, [false, false])]);
    let late = host.pin();
    assert_eq!(
        shown(),
        [(1, 2, 1, [false, false]), (3, 1, 0, [true, false])]
    );
    drop(copy);
    assert_eq!(local.render(&context! {}).unwrap(), "3");
    assert_eq!(
        shown(),
        [(1, 1, 0, [false, false]), (3, 1, 1, [true, false])]
    );
    assert_eq!(page.render_in(&pin, &context! {}).unwrap().text, "1");
    drop((pin, late));
    assert_eq!(shown(), [(3, 0, 1, [true, false])]);
    host.rollback().expect("one is kept");
    assert_eq!(shown(), [(3, 0, 1, [false, true])]);
    let held = host
        .history()
        .into_iter()
        .map(|entry| (entry.generation, entry.local_handles));
    assert_eq!(held.collect::<Vec<_>>(), [(3, 1), (4, 0)]);
    drop(local);
    assert_eq!(shown(), []);
}

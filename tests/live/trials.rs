//! Going back by itself, when too many of the first calls of a generation fail.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hotplate::{Cause, Error, Event, Events, Host, Receipt, RollbackPolicy, Stage, context};
use hotplate_tests::{Bench, Waiting};

/// Raises when it is rendered.
const BROKEN: &str = "{% include nothing %}";

fn host(bench: &Bench, folder: &str, policy: RollbackPolicy) -> Host {
    let builder = bench.builder().manual().plugin(bench.path(folder));
    let builder = builder.rollback_on_failures(policy);
    builder.start().expect("the first build succeeds")
}

/// Why the host went back, and the receipt of it.
fn went_back(events: &Events) -> (String, Receipt) {
    let mut reason = None;
    let receipt = Waiting::on(events).find(|event| match event {
        Event::TrialFailed { example, .. } => {
            reason = Some(example.clone());
            None
        }
        Event::Published(receipt) if receipt.cause.is_rollback() => Some(receipt.clone()),
        _ => None,
    });
    (reason.expect("the reason comes first"), receipt)
}

#[test]
fn a_generation_whose_calls_fail_is_left_and_does_not_come_back() {
    let bench = Bench::new("trial_fails");
    let folder = bench.templates("site", &[("page.html", "1"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = host(&bench, &folder, RollbackPolicy::new(10, 0.2));
    let page = host.template(&plugin, "page.html").unwrap();
    let other = host.template(&plugin, "other.html").unwrap();
    let events = host.events();
    let file = format!("{folder}/page.html");
    bench.write(&file, BROKEN);
    host.refresh().expect("it compiles");
    for _ in 0..2 {
        page.render(&context! {}).expect_err("it raises");
        other.render(&context! {}).unwrap();
    }
    assert_eq!(host.generation(), 2, "two failures are good enough");
    page.render(&context! {}).expect_err("it raises");
    let (reason, receipt) = went_back(&events);
    assert!(reason.contains("page.html"), "{reason}");
    assert_eq!(receipt.generation, 3);
    let cause = Cause::Automatic {
        left: 2,
        calls: 5,
        failures: 3,
    };
    assert_eq!(receipt.cause, cause);
    assert_eq!(
        cause.to_string(),
        "automatic rollback: 3 of the first 5 calls of generation 2 failed"
    );
    assert_eq!(page.render(&context! {}).unwrap(), "1");
    let failed = host.history().into_iter().filter(|entry| entry.has_failed);
    assert_eq!(
        failed.map(|entry| entry.generation).collect::<Vec<_>>(),
        [2]
    );

    // Another edit of the plugin does not bring it back by the way.
    bench.write(&format!("{folder}/other.html"), "p");
    let error = host.refresh().expect_err("the page is as it was");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Trial);
    assert_eq!(rejection.plugin.as_deref(), Some(plugin.as_str()));
    let message = &rejection.diagnostics[0].message;
    assert!(
        message.contains("page.html would be again as in generation 2"),
        "{message}"
    );
    assert_eq!(other.render(&context! {}).unwrap(), "o");

    bench.write(&file, "2");
    host.refresh().expect("it is right now").expect("it is new");
    assert_eq!(page.render(&context! {}).unwrap(), "2");
    assert_eq!(other.render(&context! {}).unwrap(), "p");
    bench.write(&file, BROKEN);
    let error = host.refresh().expect_err("it is the same again");
    assert_eq!(
        error.rejection().map(|found| found.stage),
        Some(Stage::Trial)
    );
    host.rollback_to(2).expect("who asks for it gets it");
    page.render(&context! {}).expect_err("it raises");
}

#[test]
fn a_generation_that_is_good_enough_stays() {
    let bench = Bench::new("trial_passes");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let plugin = bench.plugin("site");
    let host = host(&bench, &folder, RollbackPolicy::new(10, 0.2));
    let page = host.template(&plugin, "page.html").unwrap();
    let mut local = page.local();
    let events = host.events();
    let source = "{% if fails %}{% include nothing %}{% endif %}2";
    bench.write(&format!("{folder}/page.html"), source);
    host.refresh().expect("it compiles");
    for number in 0..10 {
        let fails = number == 3 || number == 9;
        let context = context! { fails: fails };
        let result = match number % 2 {
            0 => page.render(&context),
            _ => local.render(&context),
        };
        assert_eq!(result.is_err(), fails);
    }
    Waiting::on(&events).find(|event| match event {
        Event::TrialPassed {
            generation,
            calls,
            failures,
        } => {
            assert_eq!((*generation, *calls, *failures), (2, 10, 2));
            Some(())
        }
        _ => None,
    });
    // It is over, so nothing is counted.
    for _ in 0..100 {
        page.render(&context! { fails: true })
            .expect_err("it raises");
        local
            .render(&context! { fails: true })
            .expect_err("it raises");
    }
    host.refresh().expect("nothing is wrong");
    assert_eq!(host.generation(), 2);
}

#[test]
fn what_counts_is_the_fault_of_the_code() {
    let bench = Bench::new("trial_counts");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn check(number: i64) -> Result<i64, String> {\n    assert!(number != 7, \"seven\");\n    if number < 0 { Err(format!(\"{number} is too small\")) } else { Ok(number) }\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let host = host(&bench, &folder, RollbackPolicy::new(20, 0.0));
    let check = host.function::<(i64,), i64>(&folder, "check").unwrap();
    let mut local = check.local();
    let events = host.events();
    let edited = source.replace("Ok(number)", "Ok(number + 1)");
    bench.write(&format!("{folder}/src/lib.rs"), &edited);
    host.refresh().expect("it compiles").expect("it is new");
    for _ in 0..5 {
        assert!(
            check
                .call((-1,))
                .expect_err("too small")
                .is_function_error()
        );
        assert_eq!(local.call((1,)).unwrap(), 2);
    }
    assert_eq!(host.generation(), 2, "an answer is no failure");
    assert!(local.call((7,)).expect_err("it panics").is_panic());
    let (reason, receipt) = went_back(&events);
    assert!(reason.contains("seven"), "{reason}");
    let cause = Cause::Automatic {
        left: 2,
        calls: 11,
        failures: 1,
    };
    assert_eq!(receipt.cause, cause);
    assert_eq!(check.call((1,)).unwrap(), 1);
    assert_eq!(local.call((1,)).unwrap(), 1);
    // What was gone back to is not on trial.
    check.call((7,)).expect_err("it panics");
    assert!(host.refresh().expect("nothing is wrong").is_none());
    assert_eq!(host.generation(), 3);
}

#[test]
fn four_threads_are_taken_back_together() {
    const THREADS: u64 = 4;
    let bench = Bench::new("trial_threads");
    let folder = bench.templates("site", &[("page.html", "0")]);
    let plugin = bench.plugin("site");
    let host = host(&bench, &folder, RollbackPolicy::new(1000, 0.1));
    let page = host.template(&plugin, "page.html").unwrap();
    let events = host.events();
    let stop = AtomicBool::new(false);
    let failures = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let mut local = page.local();
            let (page, stop, failures) = (&page, &stop, &failures);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let result: Result<String, Error> = match number % 2 {
                        0 => page.render(&context! {}),
                        _ => local.render(&context! {}),
                    };
                    if result.is_err() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for round in 1..=5 {
            bench.write(&format!("{folder}/page.html"), &round.to_string());
            host.refresh().expect("it is good").expect("it is new");
            Waiting::on(&events)
                .find(|event| matches!(event, Event::TrialPassed { .. }).then_some(()));
            let broken = format!("{round} {BROKEN}");
            bench.write(&format!("{folder}/page.html"), &broken);
            let left = host.refresh().expect("it compiles").expect("it is new");
            let (_, receipt) = went_back(&events);
            let Cause::Automatic {
                left: from,
                calls,
                failures,
            } = receipt.cause
            else {
                panic!("{receipt:?}");
            };
            assert_eq!(from, left.generation);
            assert!(calls <= 1000 && failures > 100, "{receipt:?}");
            assert_eq!(page.render(&context! {}).unwrap(), round.to_string());
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(failures.into_inner() > 500);
    let failed = host.history().into_iter().filter(|entry| entry.has_failed);
    assert!(failed.count() > 0);
}

#[test]
fn what_cannot_work_is_said_at_the_start() {
    let bench = Bench::new("trial_mistakes");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let check = |policy, keep, expected: &str| {
        let builder = bench.builder().manual().plugin(bench.path(&folder));
        let builder = builder.rollback_on_failures(policy).keep_snapshots(keep);
        let error = builder.start().expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(RollbackPolicy::new(0, 0.5), 8, "at least one call");
    check(RollbackPolicy::new(10, 1.5), 8, "less than 1");
    check(
        RollbackPolicy::new(10, 0.5),
        0,
        "a rollback on failures needs",
    );
}

#[test]
fn interceptors_are_part_of_the_calls_of_a_trial() {
    let bench = Bench::new("trial_intercepted");
    let source = |number: i64| {
        format!(
            "#[hotplate_plugin_api::plugin_fn]\npub fn number() -> i64 {{\n    {number}\n}}\n\n\
             hotplate_plugin_api::plugin!();\n"
        )
    };
    let folder = bench.native("numbers", &source(1));
    let host = host(&bench, &folder, RollbackPolicy::new(4, 0.25));
    let number = host.function::<(), i64>(&folder, "number").unwrap();
    let mut local = number.local();
    let events = host.events();
    bench.write(&format!("{folder}/src/lib.rs"), &source(2));
    host.refresh().expect("it compiles");
    assert_eq!(local.call(()).unwrap(), 2);
    // The trial goes on where it was in the snapshot that has the interceptor.
    let strict = number.intercept(|(), next| {
        let number = next.call(())?;
        assert_eq!(number, 1, "it was one");
        Ok(number)
    });
    assert!(local.call(()).expect_err("it is two").is_panic());
    assert!(number.call(()).expect_err("it is two").is_panic());
    let (reason, receipt) = went_back(&events);
    assert!(reason.contains("it was one"), "{reason}");
    let cause = Cause::Automatic {
        left: 2,
        calls: 3,
        failures: 2,
    };
    assert_eq!(receipt.cause, cause);
    assert_eq!(local.call(()).unwrap(), 1);
    drop(strict);
    assert_eq!(number.call(()).unwrap(), 1);
}

//! Loops that take on new code at each turn, and functions that calls go through.

use std::ops::ControlFlow;
use std::thread;

use hotplate::{Event, NextStep, RetryPolicy, Step, Value};
use hotplate_tests::{Bench, Waiting};

const STEP: &str = r#"
use hotplate_plugin_api::plugin_fn;

#[plugin_fn]
pub fn step(item: i64) -> Result<i64, String> {
    if item == 2 {
        return Err("two is too much".to_owned());
    }
    Ok(item * 10)
}

#[plugin_fn]
pub fn shout(text: &str) -> String {
    text.to_uppercase()
}

hotplate_plugin_api::plugin!();
"#;

#[test]
fn a_failed_step_is_tried_again_with_new_code_and_the_same_item() {
    let bench = Bench::new("steps");
    let folder = bench.native("work", STEP);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let mut steps = host.steps::<(i64,), i64>(&folder, "step").unwrap();
    let worker = thread::spawn(move || {
        let mut results = Vec::new();
        let counts = steps.run(
            [1, 2, 3],
            |item| (*item,),
            |item, result| {
                results.push((item, result));
                ControlFlow::Continue(())
            },
        );
        (results, counts.expect("it is put right"))
    });
    let (unit, message, next) = Waiting::on(&events).find(|event| match event {
        Event::StepFailed {
            unit,
            message,
            next,
            ..
        } => Some((unit.clone(), message.clone(), *next)),
        _ => None,
    });
    assert_eq!(unit, format!("{folder}::step"));
    assert!(message.contains("two is too much"), "{message}");
    assert_eq!(next, NextStep::WaitForEdit);

    // A panic in the meantime is a further failure.
    let file = format!("{folder}/src/lib.rs");
    bench.write(
        &file,
        &STEP.replace(
            "return Err(\"two is too much\".to_owned());",
            "panic!(\"worse\");",
        ),
    );
    let message = Waiting::on(&events).find(|event| match event {
        Event::StepFailed {
            message,
            attempts: 2,
            ..
        } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("worse"), "{message}");
    bench.write(
        &file,
        &STEP
            .replace("item == 2", "item == 4")
            .replace("item * 10", "item * 100"),
    );
    Waiting::on(&events).find(|event| matches!(event, Event::StepResumed { .. }).then_some(()));
    let (results, counts) = worker.join().expect("it does not panic");
    // The first item was done by the old code, the others by the new.
    assert_eq!(results, [(1, 10), (2, 200), (3, 300)]);
    assert_eq!((counts.done, counts.failures), (3, 2));

    // Skipping and giving up.
    let mut steps = host.steps::<(i64,), i64>(&folder, "step").unwrap();
    steps.retry(RetryPolicy::skip_after(1));
    assert_eq!(steps.step(|| (4,)).unwrap(), Step::Skipped);
    let counts = steps
        .run([4, 5], |item| (*item,), |_, _| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!((counts.done, counts.skipped), (1, 1));
    steps.retry(RetryPolicy::give_up_after(1));
    assert!(steps.step(|| (4,)).unwrap_err().is_function_error());

    // Stopping one that waits.
    steps.retry(RetryPolicy::edit_and_go_on());
    let stopper = steps.stopper();
    let events = host.events();
    let worker = thread::spawn(move || steps.step(|| (4,)));
    Waiting::on(&events).find(|event| matches!(event, Event::StepFailed { .. }).then_some(()));
    stopper.stop();
    assert_eq!(worker.join().unwrap().unwrap(), Step::Stopped);

    // A host that goes ends the wait.
    let mut steps = host.steps::<(i64,), i64>(&folder, "step").unwrap();
    let events = host.events();
    let worker = thread::spawn(move || steps.step(|| (4,)));
    Waiting::on(&events).find(|event| matches!(event, Event::StepFailed { .. }).then_some(()));
    drop(host);
    assert!(worker.join().unwrap().unwrap_err().is_function_error());
}

#[test]
fn calls_go_through_an_interceptor_until_it_is_dropped() {
    let bench = Bench::new("intercepted");
    let folder = bench.native("work", STEP);
    let host = bench.host(&[&folder]);
    let shout = host.function::<(&str,), String>(&folder, "shout").unwrap();
    let step = host.function::<(i64,), i64>(&folder, "step").unwrap();
    let mut local = shout.local();
    assert_eq!(local.call(("a",)).unwrap(), "A");
    let first = shout.intercept(|(text,), next| Ok(format!("<{}>", next.call((text,))?)));
    let second = host.intercept::<(&str,), String>(&folder, "shout", |(text,), next| {
        next.call((&format!("{text}{text}"),))
    });
    let second = second.unwrap();
    assert_eq!(shout.call(("a",)).unwrap(), "<AA>");
    assert_eq!(local.call(("a",)).unwrap(), "<AA>");
    let by_value = host.call_value(&folder, "shout", &["a".into()]).unwrap();
    assert_eq!(
        format!("{by_value:?}"),
        format!("{:?}", Value::from("<AA>"))
    );
    assert_eq!(step.call((1,)).unwrap(), 10);
    let generation = host.generation();

    // It survives a swap, and hands failures on.
    let file = format!("{folder}/src/lib.rs");
    bench.write(&file, &STEP.replace("to_uppercase", "to_lowercase"));
    host.refresh().expect("the edit is good");
    assert_eq!(shout.call(("A",)).unwrap(), "<aa>");
    host.rollback().expect("one is kept");
    assert_eq!(shout.call(("a",)).unwrap(), "<AA>");
    drop(first);
    assert_eq!(local.call(("a",)).unwrap(), "AA");
    drop(second);
    assert_eq!(local.call(("a",)).unwrap(), "A");
    assert_eq!(host.generation(), generation + 2);

    let failing = step.intercept(|(item,), next| {
        assert!(item < 5, "too much");
        next.call((item,))
    });
    let error = step.call((2,)).unwrap_err();
    assert!(error.is_function_error());
    assert_eq!(
        error.to_string(),
        format!("{folder}::step failed: two is too much")
    );
    assert!(step.call((7,)).unwrap_err().is_panic());
    drop(failing);
    assert_eq!(step.call((7,)).unwrap(), 70);
}

#[test]
fn functions_of_a_rebuilt_crate_count_as_changed() {
    let bench = Bench::new("function_change");
    let folder = bench.native("work", STEP);
    let host = bench.host(&[&folder]);
    let shout = host.function::<(&str,), String>(&folder, "shout").unwrap();
    let (sender, changes) = std::sync::mpsc::channel();
    let registration = shout.on_change(move |change| {
        let _ = sender.send(change.clone());
    });
    let before = shout.generation();
    assert_eq!(before, 1);
    let file = format!("{folder}/src/lib.rs");
    bench.write(&file, &STEP.replace("item * 10", "item * 11"));
    host.refresh().expect("the edit is good");
    assert_eq!(changes.recv().unwrap().generation, 2);
    assert_eq!(shout.generation(), 2);
    drop(registration);
}

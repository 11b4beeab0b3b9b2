//! Events as JSON, against what `docs/events.md` says.

use super::*;
use crate::RecoderStatus;

fn check(line: &Line, expected: &str) {
    let written = serde_json::to_string(line).expect("a line is JSON");
    assert_eq!(written, expected);
}

#[test]
fn events_have_their_documented_shape() {
    let plugins = || vec!["site".to_owned(), "text".to_owned()];
    let cases = [
        (
            Event::Watching {
                path: "a".into(),
                files: 2,
            },
            r#"{"event":"watching","path":"a","files":2}"#,
        ),
        (
            Event::Polling {
                path: "a".into(),
                reason: "b".to_owned(),
            },
            r#"{"event":"polling","path":"a","reason":"b"}"#,
        ),
        (
            Event::WatchFailed {
                path: "a".into(),
                message: "b".to_owned(),
            },
            r#"{"event":"watch_failed","path":"a","message":"b"}"#,
        ),
        (
            Event::Changed {
                paths: vec!["a".into(), "b".into()],
            },
            r#"{"event":"changed","paths":["a","b"]}"#,
        ),
        (
            Event::DataChanged {
                paths: vec!["a".into()],
            },
            r#"{"event":"data_changed","paths":["a"]}"#,
        ),
        (
            Event::BuildStarted { plugins: plugins() },
            r#"{"event":"building","plugins":["site","text"]}"#,
        ),
        (
            Event::BuildProgress {
                message: "Compiling site".to_owned(),
            },
            r#"{"event":"progress","message":"Compiling site"}"#,
        ),
        (
            Event::BuildCancelled { plugins: plugins() },
            r#"{"event":"cancelled","plugins":["site","text"]}"#,
        ),
        (
            Event::Unchanged { plugins: plugins() },
            r#"{"event":"unchanged","plugins":["site","text"]}"#,
        ),
        (
            Event::Consolidated { plugins: plugins() },
            r#"{"event":"consolidated","plugins":["site","text"]}"#,
        ),
        (
            Event::Held {
                plugins: vec!["site".to_owned()],
            },
            r#"{"event":"held","plugins":["site"]}"#,
        ),
        (
            Event::StepFailed {
                unit: "work::step".to_owned(),
                message: "no".to_owned(),
                attempts: 2,
                next: NextStep::WaitForEdit,
            },
            r#"{"event":"step_failed","unit":"work::step","message":"no","attempts":2,"next":"wait_for_edit"}"#,
        ),
        (
            Event::TestsStarted {
                plugins: plugins(),
                command: "cargo test".to_owned(),
            },
            r#"{"event":"testing","plugins":["site","text"],"command":"cargo test"}"#,
        ),
        (
            Event::TestsPassed {
                plugins: plugins(),
                elapsed: Duration::from_millis(1_200),
            },
            r#"{"event":"tests_passed","plugins":["site","text"],"ms":1200.0}"#,
        ),
        (
            Event::ListenerPanicked {
                listener: "audit".to_owned(),
                during: "after",
                message: "no disk".to_owned(),
            },
            r#"{"event":"listener_panicked","listener":"audit","during":"after","message":"no disk"}"#,
        ),
        (
            Event::TrialPassed {
                generation: 5,
                calls: 100,
                failures: 1,
            },
            r#"{"event":"trial_passed","generation":5,"calls":100,"failures":1}"#,
        ),
        (
            Event::TrialFailed {
                generation: 5,
                calls: 9,
                failures: 6,
                example: "it broke".to_owned(),
            },
            r#"{"event":"trial_failed","generation":5,"calls":9,"failures":6,"example":"it broke"}"#,
        ),
        (
            Event::Recoder {
                plugin: "site".to_owned(),
                unit: "index.html".to_owned(),
                status: RecoderStatus::OutOfSync,
            },
            r#"{"event":"recoder","plugin":"site","unit":"index.html","status":"out of sync"}"#,
        ),
        (
            Event::RevertFailed {
                plugin: "site".to_owned(),
                unit: "index.html".to_owned(),
                message: "why".to_owned(),
            },
            r#"{"event":"revert_failed","plugin":"site","unit":"index.html","message":"why"}"#,
        ),
        (
            Event::Resolved { outstanding: None },
            r#"{"event":"resolved","outstanding":false}"#,
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(event.to_json(), expected);
    }
}

#[test]
fn a_publish_has_its_documented_shape() {
    let change = Change {
        plugin: "site".to_owned(),
        unit: "index.html/content".to_owned(),
        kind: ChangeKind::Update,
        line: Some(12),
    };
    let line = Line::Published {
        generation: 4,
        cause: "edit",
        changes: vec![ChangeObject::from(&change)],
        state: None,
        ms: Milliseconds {
            build: milliseconds(Duration::from_micros(312_500)),
            verify: milliseconds(Duration::from_nanos(4_000_400)),
            tests: milliseconds(Duration::from_millis(20)),
            canaries: milliseconds(Duration::from_micros(1_500)),
            publish: milliseconds(Duration::ZERO),
            total: milliseconds(Duration::from_millis(317)),
        },
    };
    check(
        &line,
        r#"{"event":"published","generation":4,"cause":"edit","changes":[{"kind":"update","plugin":"site","unit":"index.html/content"}],"ms":{"build":312.5,"verify":4.0,"tests":20.0,"canaries":1.5,"publish":0.0,"total":317.0}}"#,
    );
}

#[test]
fn what_became_of_state_has_its_documented_shape() {
    assert!(StateObject::of(&StateReport::default()).is_none());
    let mut report = StateReport::default();
    report.created.push("site::Visits".to_owned());
    report.pause = Duration::from_micros(1500);
    let object = serde_json::to_string(&StateObject::of(&report)).expect("it is JSON");
    assert_eq!(
        object,
        r#"{"created":["site::Visits"],"migrations":[],"unused":[],"pause_ms":1.5}"#
    );
}

//! Events as JSON objects. `docs/events.md` describes them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::{Cause, Change, ChangeKind, Diagnostic, Event, Receipt, Rejection};
use crate::state::{Migration, StateReport};

impl Event {
    /// The event as a JSON object on one line, in the form of `hotplate serve --events json`,
    /// which `docs/events.md` describes.
    ///
    /// ```
    /// use hotplate::Event;
    ///
    /// let event = Event::Unchanged { plugins: vec!["site".to_owned()] };
    /// assert_eq!(event.to_json(), r#"{"event":"unchanged","plugins":["site"]}"#);
    /// ```
    pub fn to_json(&self) -> String {
        json(&Line::new(self))
    }
}

impl Receipt {
    /// The receipt as a JSON object on one line, in the form of the event `published`.
    pub fn to_json(&self) -> String {
        json(&Line::from_receipt(self))
    }
}

impl Rejection {
    /// The rejection as a JSON object on one line, in the form of the event `rejected`.
    pub fn to_json(&self) -> String {
        json(&Line::from_rejection(self))
    }
}

fn json(line: &Line) -> String {
    // Strings, numbers and lists of them are always written.
    serde_json::to_string(line).unwrap_or_default()
}

/// The objects. Field names are part of the command's interface.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Watching {
        path: String,
        files: usize,
    },
    Polling {
        path: String,
        reason: String,
    },
    WatchFailed {
        path: String,
        message: String,
    },
    Changed {
        paths: Vec<String>,
    },
    DataChanged {
        paths: Vec<String>,
    },
    Building {
        plugins: Vec<String>,
    },
    Progress {
        message: String,
    },
    Cancelled {
        plugins: Vec<String>,
    },
    Unchanged {
        plugins: Vec<String>,
    },
    Resolved {
        outstanding: bool,
    },
    Consolidated {
        plugins: Vec<String>,
    },
    Testing {
        plugins: Vec<String>,
        command: String,
    },
    TestsPassed {
        plugins: Vec<String>,
        ms: f64,
    },
    ListenerPanicked {
        listener: String,
        during: &'static str,
        message: String,
    },
    RollbackRefused {
        stage: String,
        plugin: Option<String>,
        diagnostics: Vec<DiagnosticObject>,
    },
    TrialPassed {
        generation: u64,
        calls: u64,
        failures: u64,
    },
    TrialFailed {
        generation: u64,
        calls: u64,
        failures: u64,
        example: String,
    },
    Published {
        generation: u64,
        cause: &'static str,
        changes: Vec<ChangeObject>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<StateObject>,
        ms: Milliseconds,
    },
    Rejected {
        stage: String,
        plugin: Option<String>,
        diagnostics: Vec<DiagnosticObject>,
    },
    Recoder {
        plugin: String,
        unit: String,
        status: &'static str,
    },
    PatchRefused {
        unit: String,
        stage: String,
        plugin: Option<String>,
        diagnostics: Vec<DiagnosticObject>,
    },
    RevertFailed {
        plugin: String,
        unit: String,
        message: String,
    },
    Reclaimed {
        plugin: String,
        artifact: String,
        unmapped: bool,
    },
}

#[derive(Debug, Serialize)]
struct ChangeObject {
    kind: &'static str,
    plugin: String,
    unit: String,
}

#[derive(Debug, Serialize)]
struct StateObject {
    created: Vec<String>,
    migrations: Vec<MigrationObject>,
    unused: Vec<String>,
    pause_ms: f64,
}

#[derive(Debug, Serialize)]
struct MigrationObject {
    plugin: String,
    #[serde(rename = "type")]
    name: String,
    from: u32,
    to: u32,
    carried: Vec<String>,
    new: Vec<String>,
    removed: Vec<String>,
    instances: usize,
    from_disk: bool,
}

#[derive(Debug, Serialize)]
struct Milliseconds {
    build: f64,
    verify: f64,
    tests: f64,
    canaries: f64,
    publish: f64,
    total: f64,
}

#[derive(Debug, Serialize)]
struct DiagnosticObject {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
}

impl Line {
    fn new(event: &Event) -> Self {
        match event {
            Event::Watching { path, files } => Self::Watching {
                path: text(path),
                files: *files,
            },
            Event::Polling { path, reason } => Self::Polling {
                path: text(path),
                reason: reason.clone(),
            },
            Event::WatchFailed { path, message } => Self::WatchFailed {
                path: text(path),
                message: message.clone(),
            },
            Event::Changed { paths } => Self::Changed {
                paths: texts(paths),
            },
            Event::DataChanged { paths } => Self::DataChanged {
                paths: texts(paths),
            },
            Event::BuildStarted { plugins } => Self::Building {
                plugins: plugins.clone(),
            },
            Event::BuildProgress { message } => Self::Progress {
                message: message.clone(),
            },
            Event::BuildCancelled { plugins } => Self::Cancelled {
                plugins: plugins.clone(),
            },
            Event::Unchanged { plugins } => Self::Unchanged {
                plugins: plugins.clone(),
            },
            Event::Resolved { outstanding } => Self::Resolved {
                outstanding: outstanding.is_some(),
            },
            Event::Consolidated { plugins } => Self::Consolidated {
                plugins: plugins.clone(),
            },
            Event::Published(receipt) => Self::from_receipt(receipt),
            Event::Rejected(rejection) => Self::from_rejection(rejection),
            Event::TestsStarted { plugins, command } => Self::Testing {
                plugins: plugins.clone(),
                command: command.clone(),
            },
            Event::TestsPassed { plugins, elapsed } => Self::TestsPassed {
                plugins: plugins.clone(),
                ms: milliseconds(*elapsed),
            },
            Event::ListenerPanicked {
                listener,
                during,
                message,
            } => Self::ListenerPanicked {
                listener: listener.clone(),
                during,
                message: message.clone(),
            },
            Event::RollbackRefused(rejection) => Self::RollbackRefused {
                diagnostics: diagnostics(rejection),
                stage: rejection.stage.as_str().to_owned(),
                plugin: rejection.plugin.clone(),
            },
            Event::TrialPassed {
                generation,
                calls,
                failures,
            } => Self::TrialPassed {
                generation: *generation,
                calls: *calls,
                failures: *failures,
            },
            Event::TrialFailed {
                generation,
                calls,
                failures,
                example,
            } => Self::TrialFailed {
                generation: *generation,
                calls: *calls,
                failures: *failures,
                example: example.clone(),
            },
            Event::Recoder {
                plugin,
                unit,
                status,
            } => Self::Recoder {
                plugin: plugin.clone(),
                unit: unit.clone(),
                status: status.as_str(),
            },
            Event::PatchRefused { unit, rejection } => Self::PatchRefused {
                unit: unit.clone(),
                stage: rejection.stage.as_str().to_owned(),
                plugin: rejection.plugin.clone(),
                diagnostics: diagnostics(rejection),
            },
            Event::RevertFailed {
                plugin,
                unit,
                message,
            } => Self::RevertFailed {
                plugin: plugin.clone(),
                unit: unit.clone(),
                message: message.clone(),
            },
            Event::Reclaimed {
                plugin,
                artifact,
                unmapped,
            } => Self::Reclaimed {
                plugin: plugin.clone(),
                artifact: artifact.to_string(),
                unmapped: *unmapped,
            },
        }
    }

    fn from_receipt(receipt: &Receipt) -> Self {
        let timings = &receipt.timings;
        Self::Published {
            generation: receipt.generation,
            cause: match receipt.cause {
                Cause::Start => "start",
                Cause::Rollback => "rollback",
                Cause::Automatic { .. } => "automatic",
                Cause::Patch => "patch",
                Cause::Revert => "revert",
                _ => "edit",
            },
            changes: receipt.changes.iter().map(ChangeObject::from).collect(),
            state: StateObject::of(&receipt.state),
            ms: Milliseconds {
                build: milliseconds(timings.build),
                verify: milliseconds(timings.verify),
                tests: milliseconds(timings.tests),
                canaries: milliseconds(timings.canaries),
                publish: milliseconds(timings.publish),
                total: milliseconds(timings.total),
            },
        }
    }

    fn from_rejection(rejection: &Rejection) -> Self {
        Self::Rejected {
            stage: rejection.stage.as_str().to_owned(),
            plugin: rejection.plugin.clone(),
            diagnostics: diagnostics(rejection),
        }
    }
}

impl StateObject {
    /// Nothing if nothing became of state.
    fn of(report: &StateReport) -> Option<Self> {
        let is_empty = *report == StateReport::default();
        (!is_empty).then(|| Self {
            created: report.created.clone(),
            migrations: report
                .migrations
                .iter()
                .map(MigrationObject::from)
                .collect(),
            unused: report.unused.clone(),
            pause_ms: milliseconds(report.pause),
        })
    }
}

impl From<&Migration> for MigrationObject {
    fn from(migration: &Migration) -> Self {
        Self {
            plugin: migration.plugin.clone(),
            name: migration.name.clone(),
            from: migration.from,
            to: migration.to,
            carried: migration.carried.clone(),
            new: migration.defaulted.clone(),
            removed: migration.removed.clone(),
            instances: migration.instances,
            from_disk: migration.from_disk,
        }
    }
}

fn diagnostics(rejection: &Rejection) -> Vec<DiagnosticObject> {
    let diagnostics = rejection.diagnostics.iter();
    diagnostics.map(DiagnosticObject::from).collect()
}

impl From<&Change> for ChangeObject {
    fn from(change: &Change) -> Self {
        Self {
            kind: match change.kind {
                ChangeKind::Update => "update",
                ChangeKind::Add => "add",
                ChangeKind::Delete => "delete",
            },
            plugin: change.plugin.clone(),
            unit: change.unit.clone(),
        }
    }
}

impl From<&Diagnostic> for DiagnosticObject {
    fn from(problem: &Diagnostic) -> Self {
        Self {
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| text(path)).collect()
}

/// Milliseconds with three decimal places.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
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
}

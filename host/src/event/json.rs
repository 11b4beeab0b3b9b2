//! Events as JSON objects. `docs/events.md` describes them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::{Cause, Change, ChangeKind, Diagnostic, Event, NextStep, Receipt, Rejection};
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
    LeftOut {
        changes: Vec<ChangeObject>,
    },
    Held {
        plugins: Vec<String>,
    },
    Discovered {
        plugin: String,
        path: String,
    },
    CallbackPanicked {
        unit: String,
        message: String,
    },
    StepFailed {
        unit: String,
        message: String,
        attempts: u32,
        next: &'static str,
    },
    StepResumed {
        unit: String,
        generation: u64,
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
    /// The name that a renamed unit had.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
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
            Event::LeftOut { changes } => Self::LeftOut {
                changes: changes.iter().map(ChangeObject::from).collect(),
            },
            Event::Held { plugins } => Self::Held {
                plugins: plugins.clone(),
            },
            Event::Discovered { plugin, path } => Self::Discovered {
                plugin: plugin.clone(),
                path: text(path),
            },
            Event::CallbackPanicked { unit, message } => Self::CallbackPanicked {
                unit: unit.clone(),
                message: message.clone(),
            },
            Event::StepFailed {
                unit,
                message,
                attempts,
                next,
            } => Self::StepFailed {
                unit: unit.clone(),
                message: message.clone(),
                attempts: *attempts,
                next: match next {
                    NextStep::Skip => "skip",
                    NextStep::GiveUp => "give_up",
                    NextStep::WaitForEdit => "wait_for_edit",
                },
            },
            Event::StepResumed { unit, generation } => Self::StepResumed {
                unit: unit.clone(),
                generation: *generation,
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
                Cause::Edit => "edit",
            },
            changes: changes(receipt),
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

/// What a publish changed, with the names that units had before.
fn changes(receipt: &Receipt) -> Vec<ChangeObject> {
    let object = |change: &Change| {
        let mut renames = receipt.renames.iter();
        let rename =
            renames.find(|rename| rename.plugin == change.plugin && rename.to == change.unit);
        ChangeObject {
            from: rename.map(|rename| rename.from.clone()),
            ..ChangeObject::from(change)
        }
    };
    receipt.changes.iter().map(object).collect()
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
                ChangeKind::Rename => "rename",
            },
            plugin: change.plugin.clone(),
            unit: change.unit.clone(),
            from: None,
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
mod tests;

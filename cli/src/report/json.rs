//! One JSON object a line on standard output. `docs/events.md` describes them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotplate::{Change, ChangeKind, Event, NextStep, Receipt};
use serde::Serialize;

use super::{Notice, Reporter};
use crate::problem::Problem;
use crate::serve::overlay::Refusal;

/// Writes a line for each notice and flushes it.
#[derive(Debug)]
pub(crate) struct JsonReporter;

impl Reporter for JsonReporter {
    fn report(&mut self, notice: &Notice<'_>) {
        let Some(line) = Line::new(notice) else {
            return;
        };
        let mut stdout = io::stdout().lock();
        // A closed stream is no reason to stop serving.
        let _ = serde_json::to_writer(&mut stdout, &line)
            .map_err(io::Error::from)
            .and_then(|()| stdout.write_all(b"\n"))
            .and_then(|()| stdout.flush());
    }
}

/// The objects. Field names are part of the command's interface.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Ready {
        url: String,
        generation: u64,
    },
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
    Published {
        generation: u64,
        changes: Vec<ChangeObject>,
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
    Reclaimed {
        plugin: String,
        artifact: String,
        unmapped: bool,
    },
    Stopped,
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
struct Milliseconds {
    build: f64,
    verify: f64,
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
    /// The object for a notice; nothing for an event that this version does not know.
    fn new(notice: &Notice<'_>) -> Option<Self> {
        Some(match notice {
            Notice::Ready { url, generation } => Self::Ready {
                url: (*url).to_owned(),
                generation: *generation,
            },
            Notice::Host(event) => return Self::from_event(event),
            Notice::SiteRejected(refusal) => Self::from_refusal(refusal),
            Notice::Stopped => Self::Stopped,
        })
    }

    fn from_event(event: &Event) -> Option<Self> {
        Some(match event {
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
            Event::Rejected(rejection) => Self::from_refusal(&Refusal::from(rejection)),
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
                    _ => "wait_for_edit",
                },
            },
            Event::StepResumed { unit, generation } => Self::StepResumed {
                unit: unit.clone(),
                generation: *generation,
            },
            _ => return None,
        })
    }

    fn from_receipt(receipt: &Receipt) -> Self {
        let timings = &receipt.timings;
        Self::Published {
            generation: receipt.generation,
            changes: changes(receipt),
            ms: Milliseconds {
                build: milliseconds(timings.build),
                verify: milliseconds(timings.verify),
                publish: milliseconds(timings.publish),
                total: milliseconds(timings.total),
            },
        }
    }

    fn from_refusal(refusal: &Refusal) -> Self {
        Self::Rejected {
            stage: refusal.stage.clone(),
            plugin: refusal.plugin.clone(),
            diagnostics: refusal
                .problems
                .iter()
                .map(DiagnosticObject::from)
                .collect(),
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

impl From<&Problem> for DiagnosticObject {
    fn from(problem: &Problem) -> Self {
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

    fn check(line: &Line, expected: &str) {
        let written = serde_json::to_string(line).expect("a line is JSON");
        assert_eq!(written, expected);
    }

    fn check_notice(notice: &Notice<'_>, expected: &str) {
        check(&Line::new(notice).expect("a known notice"), expected);
    }

    #[test]
    fn notices_have_their_documented_shape() {
        check_notice(
            &Notice::Ready {
                url: "http://127.0.0.1:8000/",
                generation: 1,
            },
            r#"{"event":"ready","url":"http://127.0.0.1:8000/","generation":1}"#,
        );
        check_notice(&Notice::Stopped, r#"{"event":"stopped"}"#);
        let refusal = Refusal {
            stage: "content".to_owned(),
            plugin: Some("site".to_owned()),
            problems: vec![
                Problem::at("a.md", "x\n", 0..1, "no \"front\" matter"),
                Problem::in_file("b.md", "unreadable"),
            ],
            serving: 2,
        };
        check_notice(
            &Notice::SiteRejected(&refusal),
            r#"{"event":"rejected","stage":"content","plugin":"site","diagnostics":[{"file":"a.md","line":1,"column":1,"message":"no \"front\" matter"},{"file":"b.md","line":null,"column":null,"message":"unreadable"}]}"#,
        );
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
                Event::Resolved { outstanding: None },
                r#"{"event":"resolved","outstanding":false}"#,
            ),
        ];
        for (event, expected) in cases {
            check_notice(&Notice::Host(&event), expected);
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
            changes: vec![ChangeObject::from(&change)],
            ms: Milliseconds {
                build: milliseconds(Duration::from_micros(312_500)),
                verify: milliseconds(Duration::from_nanos(4_000_400)),
                publish: milliseconds(Duration::ZERO),
                total: milliseconds(Duration::from_millis(317)),
            },
        };
        check(
            &line,
            r#"{"event":"published","generation":4,"changes":[{"kind":"update","plugin":"site","unit":"index.html/content"}],"ms":{"build":312.5,"verify":4.0,"publish":0.0,"total":317.0}}"#,
        );
    }
}

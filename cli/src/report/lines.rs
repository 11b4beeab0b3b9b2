//! One JSON object a line on standard output. `docs/events.md` describes them.

use std::io::{self, Write};

use serde::Serialize;

use super::{Notice, Reporter};
use crate::problem::Problem;
use crate::serve::overlay::Refusal;

/// Writes a line for each notice and flushes it.
#[derive(Debug)]
pub(crate) struct JsonReporter;

impl Reporter for JsonReporter {
    fn report(&mut self, notice: &Notice<'_>) {
        let line = line(notice);
        let mut stdout = io::stdout().lock();
        // A closed stream is no reason to stop serving.
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }
}

/// The object for a notice.
fn line(notice: &Notice<'_>) -> String {
    let line = match notice {
        Notice::Host(event) => return event.to_json(),
        Notice::Ready { url, generation } => Line::Ready {
            url,
            generation: *generation,
        },
        Notice::Control { path } => Line::Control {
            path: path.display().to_string(),
        },
        Notice::SiteRejected(refusal) => Line::from_refusal(refusal),
        Notice::Stopped => Line::Stopped,
    };
    // Strings and numbers are always written.
    serde_json::to_string(&line).unwrap_or_default()
}

/// The objects for what the host does not know of. Field names are part of the command's
/// interface.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'n> {
    Ready {
        url: &'n str,
        generation: u64,
    },
    Control {
        path: String,
    },
    Rejected {
        stage: &'n str,
        plugin: Option<&'n str>,
        diagnostics: Vec<DiagnosticObject<'n>>,
    },
    Stopped,
}

#[derive(Debug, Serialize)]
struct DiagnosticObject<'n> {
    file: Option<&'n str>,
    line: Option<u32>,
    column: Option<u32>,
    message: &'n str,
}

impl<'n> Line<'n> {
    fn from_refusal(refusal: &'n Refusal) -> Self {
        Self::Rejected {
            stage: &refusal.stage,
            plugin: refusal.plugin.as_deref(),
            diagnostics: refusal
                .problems
                .iter()
                .map(DiagnosticObject::from)
                .collect(),
        }
    }
}

impl<'n> From<&'n Problem> for DiagnosticObject<'n> {
    fn from(problem: &'n Problem) -> Self {
        Self {
            file: problem.file.as_deref(),
            line: problem.line,
            column: problem.column,
            message: &problem.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hotplate::Event;

    use super::*;

    #[test]
    fn notices_have_their_documented_shape() {
        let refusal = Refusal {
            stage: "content".to_owned(),
            plugin: Some("site".to_owned()),
            problems: vec![
                Problem::at("a.md", "x\n", 0..1, "no \"front\" matter"),
                Problem::in_file("b.md", "unreadable"),
            ],
            serving: 2,
        };
        let event = Event::Unchanged {
            plugins: vec!["site".to_owned()],
        };
        let cases = [
            (
                Notice::Ready {
                    url: "http://127.0.0.1:8000/",
                    generation: 1,
                },
                r#"{"event":"ready","url":"http://127.0.0.1:8000/","generation":1}"#,
            ),
            (Notice::Stopped, r#"{"event":"stopped"}"#),
            (
                Notice::Control {
                    path: Path::new("/run/a.sock"),
                },
                r#"{"event":"control","path":"/run/a.sock"}"#,
            ),
            (
                Notice::SiteRejected(&refusal),
                r#"{"event":"rejected","stage":"content","plugin":"site","diagnostics":[{"file":"a.md","line":1,"column":1,"message":"no \"front\" matter"},{"file":"b.md","line":null,"column":null,"message":"unreadable"}]}"#,
            ),
            (
                Notice::Host(&event),
                r#"{"event":"unchanged","plugins":["site"]}"#,
            ),
        ];
        for (notice, expected) in cases {
            assert_eq!(line(&notice), expected);
        }
    }
}

//! Events in words, for people: without colours, each as one line or several.

use std::fmt;
use std::time::Duration;

use super::{Cause, Event, Receipt};

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watching { path, files } => {
                let plural = if *files == 1 { "" } else { "s" };
                write!(f, "Watch {} ({files} file{plural})", path.display())
            }
            Self::Polling { path, reason } => {
                write!(f, "Watch {} (polling: {reason})", path.display())
            }
            Self::WatchFailed { path, message } => {
                write!(f, "Warning {} cannot be watched: {message}", path.display())
            }
            Self::Changed { paths } => lines(f, "Changed", paths.iter().map(|path| path.display())),
            Self::DataChanged { paths } => {
                lines(f, "Update", paths.iter().map(|path| path.display()))
            }
            Self::BuildStarted { plugins } => write!(f, "Building {}", plugins.join(", ")),
            Self::BuildProgress { message } => f.write_str(message.trim()),
            Self::BuildCancelled { plugins } => {
                write!(f, "Cancelled the build of {}", plugins.join(", "))
            }
            Self::Unchanged { plugins } => {
                write!(
                    f,
                    "{}: nothing differs from what serves",
                    plugins.join(", ")
                )
            }
            Self::Published(receipt) => receipt.fmt(f),
            Self::Rejected(rejection) => {
                f.write_str("Rejected")?;
                if let Some(plugin) = &rejection.plugin {
                    write!(f, " {plugin}")?;
                }
                write!(f, " at stage {}", rejection.stage.as_str())?;
                if rejection.serving > 0 {
                    write!(f, "; generation {} goes on serving", rejection.serving)?;
                }
                for diagnostic in &rejection.diagnostics {
                    write!(f, "\n  {diagnostic}")?;
                }
                Ok(())
            }
            Self::Resolved { outstanding: None } => f.write_str("What was rejected is right now"),
            Self::Resolved {
                outstanding: Some(rejection),
            } => write!(f, "Still rejected: {rejection}"),
            Self::Consolidated { plugins } => {
                write!(f, "Folded the patches of {}", plugins.join(", "))
            }
            Self::LeftOut { changes } => {
                lines(f, "Left out", changes.iter().map(ToString::to_string))
            }
            Self::Held { plugins } => write!(
                f,
                "{}: changed, and not reloaded at present",
                plugins.join(", ")
            ),
            Self::Discovered { plugin, path } => {
                write!(f, "Watch {} (plugin {plugin})", path.display())
            }
            Self::CallbackPanicked { unit, message } => {
                write!(f, "Warning a callback for {unit} panicked: {message}")
            }
            Self::StepFailed { unit, message, .. } => write!(f, "Failed {unit}: {message}"),
            Self::StepResumed { unit, generation } => {
                write!(f, "Go on with {unit} in generation {generation}")
            }
            Self::TestsStarted { plugins, command } => {
                write!(f, "Testing {}: {command}", plugins.join(", "))
            }
            Self::TestsPassed { plugins, elapsed } => write!(
                f,
                "The tests of {} passed in {}",
                plugins.join(", "),
                milliseconds(*elapsed)
            ),
            Self::ListenerPanicked {
                listener,
                during,
                message,
            } => write!(
                f,
                "Warning listener {listener} panicked in {during}: {message}"
            ),
            Self::RollbackRefused(rejection) => write!(f, "The rollback was {rejection}"),
            Self::TrialPassed {
                generation,
                calls,
                failures,
            } => write!(
                f,
                "Generation {generation} stays: {failures} of its first {calls} calls failed"
            ),
            Self::TrialFailed {
                generation,
                calls,
                failures,
                example,
            } => write!(
                f,
                "Warning generation {generation} is left: {failures} of its first {calls} calls \
                 failed, the last of them with: {example}"
            ),
            Self::Recoder {
                plugin,
                unit,
                status,
            } => write!(f, "Patch of {plugin}::{unit}: {status}"),
            Self::PatchRefused { unit, rejection } => {
                write!(f, "The patch of {unit} was {rejection}")
            }
            Self::RevertFailed {
                plugin,
                unit,
                message,
            } => write!(f, "Error the override of {plugin}::{unit} stays: {message}"),
            Self::Reclaimed {
                plugin,
                artifact,
                unmapped,
            } => {
                write!(f, "Reclaimed {plugin} {artifact}")?;
                if *unmapped {
                    return Ok(());
                }
                f.write_str(" (the system keeps it mapped)")
            }
        }
    }
}

/// Each change, such as `Update site::index.html/content @L12`, then the generation and what
/// it took; the changes of a start are only counted.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cause != Cause::Start {
            for change in &self.changes {
                writeln!(f, "{change}")?;
            }
        }
        for migration in &self.state.migrations {
            writeln!(f, "{migration}")?;
        }
        let [generation, outcome, stages] = self.summary();
        write!(f, "{generation}{outcome} {stages}")
    }
}

impl Receipt {
    /// The last line of what is displayed, in three parts for who shows them apart: such as
    /// `Generation 4`, `, a patch in 35 ms` and `(build 31 ms, verify 0.4 ms, publish 0.1 ms)`.
    pub fn summary(&self) -> [String; 3] {
        let what = match self.cause {
            Cause::Start => format!(", {} units", self.changes.len()),
            Cause::Rollback => ", a rollback".to_owned(),
            Cause::Automatic { left, .. } => {
                format!(", an automatic rollback from generation {left}")
            }
            Cause::Patch => ", a patch".to_owned(),
            Cause::Revert => ", a patch taken back".to_owned(),
            Cause::Edit => String::new(),
        };
        let timings = &self.timings;
        // What not every host does is named where it was done.
        let rare = |name: &str, time: Duration| match time {
            Duration::ZERO => String::new(),
            time => format!("{name} {}, ", milliseconds(time)),
        };
        let stages = format!(
            "(build {}, verify {}, {}{}publish {})",
            milliseconds(timings.build),
            milliseconds(timings.verify),
            rare("tests", timings.tests),
            rare("canaries", timings.canaries),
            milliseconds(timings.publish),
        );
        [
            format!("Generation {}", self.generation),
            format!("{what} in {}", milliseconds(timings.total)),
            stages,
        ]
    }
}

fn lines(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    things: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (place, thing) in things.enumerate() {
        if place > 0 {
            f.write_str("\n")?;
        }
        write!(f, "{word} {thing}")?;
    }
    Ok(())
}

/// A duration in milliseconds, with a decimal place where it matters.
fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Change, ChangeKind, Diagnostic, Rejection, Stage, Timings};

    #[test]
    fn events_are_said_in_words() {
        let receipt = |cause| Receipt {
            generation: 4,
            cause,
            renames: Vec::new(),
            left_out: Vec::new(),
            changes: vec![Change {
                plugin: "site".to_owned(),
                unit: "index.html".to_owned(),
                kind: ChangeKind::Update,
                line: Some(1),
            }],
            artifacts: Vec::new(),
            state: crate::StateReport::default(),
            timings: Timings {
                build: Duration::from_millis(31),
                total: Duration::from_millis(35),
                ..Timings::default()
            },
        };
        let rejection = Rejection {
            stage: Stage::Template,
            plugin: Some("site".to_owned()),
            diagnostics: vec![Diagnostic::message("no such tag")],
            serving: 3,
        };
        let cases = [
            (
                Event::Watching {
                    path: "a".into(),
                    files: 1,
                },
                "Watch a (1 file)",
            ),
            (
                Event::DataChanged {
                    paths: vec!["a".into(), "b".into()],
                },
                "Update a\nUpdate b",
            ),
            (
                Event::Published(receipt(Cause::Edit)),
                "Update site::index.html @L1\nGeneration 4 in 35 ms (build 31 ms, verify 0.0 ms, \
                 publish 0.0 ms)",
            ),
            (
                Event::Published(receipt(Cause::Start)),
                "Generation 4, 1 units in 35 ms (build 31 ms, verify 0.0 ms, publish 0.0 ms)",
            ),
            (
                Event::Rejected(rejection),
                "Rejected site at stage template; generation 3 goes on serving\n  no such tag",
            ),
        ];
        for (event, expected) in cases {
            assert_eq!(event.to_string(), expected);
        }
    }

    #[test]
    fn writes_milliseconds() {
        let cases = [
            (0, "0.0 ms"),
            (1_250, "1.2 ms"),
            (9_999, "10.0 ms"),
            (75_400, "75 ms"),
        ];
        for (microseconds, expected) in cases {
            assert_eq!(milliseconds(Duration::from_micros(microseconds)), expected);
        }
    }
}

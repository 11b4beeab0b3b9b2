//! Lines for people: what changed on standard output, what is wrong on standard error.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anstyle::Style;
use hotplate::{Cause, Change, ChangeKind, Event, Receipt};

use super::style::{ADD, BOLD, DELETE, DIM, ERROR, Palette, UPDATE};
use super::{Notice, Reporter, Spinner};
use crate::serve::overlay::Refusal;

/// Where lines go that are no errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Output,
    /// To standard error, since standard output is for results.
    Errors,
}

/// Writes lines, with colours and a spinner where there is a terminal.
#[derive(Debug)]
pub(crate) struct TextReporter {
    place: Place,
    lines: Lines,
    errors: Palette,
    spinner: Spinner,
}

/// How notices become lines.
#[derive(Debug)]
struct Lines {
    palette: Palette,
    verbose: bool,
    /// Paths below it are shown from here.
    directory: PathBuf,
}

impl TextReporter {
    pub(crate) fn new(verbose: bool, place: Place) -> Self {
        let palette = match place {
            Place::Output => Palette::for_stream(&io::stdout()),
            Place::Errors => Palette::for_stream(&io::stderr()),
        };
        Self {
            place,
            lines: Lines::new(palette, verbose),
            errors: Palette::for_stream(&io::stderr()),
            spinner: Spinner::default(),
        }
    }

    fn spin(&mut self, notice: &Notice<'_>) {
        match notice {
            Notice::Host(
                event @ (Event::BuildStarted { .. }
                | Event::BuildProgress { .. }
                | Event::TestsStarted { .. }),
            ) => self.spinner.say(event.to_string()),
            Notice::Host(
                Event::Published(_)
                | Event::Rejected(_)
                | Event::Unchanged { .. }
                | Event::Consolidated { .. }
                | Event::BuildCancelled { .. },
            )
            | Notice::Ready { .. }
            | Notice::Stopped => self.spinner.stop(),
            _ => {}
        }
    }
}

impl Reporter for TextReporter {
    fn report(&mut self, notice: &Notice<'_>) {
        self.spin(notice);
        let refusal = refusal_in(notice);
        // A closed stream is no reason to stop serving.
        self.spinner.suspend(|| {
            let _ = match refusal {
                Some(refusal) => {
                    let text = describe_refusal(self.errors, &refusal);
                    io::stderr().lock().write_all(text.as_bytes())
                }
                None if self.place == Place::Errors => {
                    let text = self.lines.describe(notice);
                    io::stderr().lock().write_all(text.as_bytes())
                }
                None => {
                    let text = self.lines.describe(notice);
                    let mut stdout = io::stdout().lock();
                    stdout
                        .write_all(text.as_bytes())
                        .and_then(|()| stdout.flush())
                }
            };
        });
    }
}

/// Hands lines to the terminal's owner, while somebody types there.
pub(crate) struct PromptReporter {
    lines: Lines,
    print: Box<dyn FnMut(String) + Send>,
}

impl PromptReporter {
    /// A reporter that gives each text, whole lines, to `print`.
    pub(crate) fn new(verbose: bool, print: impl FnMut(String) + Send + 'static) -> Self {
        let palette = Palette::for_stream(&io::stdout());
        Self {
            lines: Lines::new(palette, verbose),
            print: Box::new(print),
        }
    }
}

impl Reporter for PromptReporter {
    fn report(&mut self, notice: &Notice<'_>) {
        if let Notice::Host(Event::PatchRefused { .. } | Event::RollbackRefused(_)) = notice {
            // Whoever asked for it has the answer.
            return;
        }
        let text = match refusal_in(notice) {
            Some(refusal) => describe_refusal(self.lines.palette, &refusal),
            None => self.lines.describe(notice),
        };
        if !text.is_empty() {
            (self.print)(text);
        }
    }
}

/// What was refused, if that is what a notice says.
fn refusal_in(notice: &Notice<'_>) -> Option<Refusal> {
    match notice {
        Notice::Host(Event::Rejected(rejection) | Event::RollbackRefused(rejection)) => {
            Some(Refusal::from(rejection))
        }
        Notice::SiteRejected(refusal) => Some((*refusal).clone()),
        _ => None,
    }
}

impl Lines {
    fn new(palette: Palette, verbose: bool) -> Self {
        Self {
            palette,
            verbose,
            directory: env::current_dir().unwrap_or_default(),
        }
    }

    /// The lines for a notice, each with its line break; none for what is not worth one.
    fn describe(&self, notice: &Notice<'_>) -> String {
        let paint = self.palette;
        match notice {
            Notice::Ready { url, generation } => format!(
                "{} {} {}\n",
                paint.paint(BOLD, "Serving"),
                url,
                paint.paint(
                    DIM,
                    format_args!("(generation {generation}; dashboard at /_hotplate; Ctrl-C ends)")
                ),
            ),
            Notice::Control { path } => format!(
                "{} {} {}\n",
                paint.paint(BOLD, "Control"),
                self.shown(path),
                paint.paint(DIM, "(open a console with `hotplate attach`)"),
            ),
            Notice::Host(event) => self.describe_event(event),
            Notice::SiteRejected(_) => String::new(),
            Notice::Stopped => format!("{}\n", paint.paint(DIM, "Stopped")),
        }
    }

    fn describe_event(&self, event: &Event) -> String {
        let paint = self.palette;
        let watch = paint.paint(DIM, "Watch");
        match event {
            Event::Watching { path, files } => {
                let plural = if *files == 1 { "" } else { "s" };
                format!("{watch} {} ({files} file{plural})\n", self.shown(path))
            }
            Event::Polling { path, reason } => {
                format!("{watch} {} (polling: {reason})\n", self.shown(path))
            }
            Event::WatchFailed { path, message } => format!(
                "{} {} cannot be watched: {message}\n",
                paint.paint(ERROR, "Warning"),
                self.shown(path)
            ),
            Event::Published(receipt) => self.describe_receipt(receipt),
            Event::DataChanged { paths } => paths
                .iter()
                .map(|path| format!("{} {}\n", paint.paint(UPDATE, "Update"), self.shown(path)))
                .collect(),
            Event::Changed { paths } if self.verbose => paths
                .iter()
                .map(|path| self.aside(&format!("Changed {}", self.shown(path))))
                .collect(),
            Event::BuildStarted { .. }
            | Event::BuildProgress { .. }
            | Event::BuildCancelled { .. }
            | Event::TestsStarted { .. }
            | Event::TestsPassed { .. }
            | Event::TrialPassed { .. }
            | Event::Reclaimed { .. }
                if self.verbose =>
            {
                self.aside(&event.to_string())
            }
            Event::Unchanged { .. }
            | Event::Consolidated { .. }
            | Event::Held { .. }
            | Event::Resolved {
                outstanding: Some(_),
            }
            | Event::Recoder { .. } => self.aside(&event.to_string()),
            Event::ListenerPanicked { .. }
            | Event::TrialFailed { .. }
            | Event::CallbackPanicked { .. }
            | Event::StepFailed { .. }
            | Event::RevertFailed { .. } => self.marked(ERROR, &event.to_string()),
            Event::LeftOut { changes } => changes
                .iter()
                .map(|change| self.aside(&format!("Left out: {change}")))
                .collect(),
            Event::Discovered { plugin, path } => {
                format!("{watch} {} (plugin {plugin})\n", self.shown(path))
            }
            Event::PatchRefused { unit, rejection } => format!(
                "{} the patch of {unit} was {rejection}\n",
                paint.paint(ERROR, "Error")
            ),
            _ => String::new(),
        }
    }

    /// A path as somebody in this directory would write it.
    fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.directory) {
            Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
            Ok(rest) if !self.directory.as_os_str().is_empty() => rest.display().to_string(),
            _ => path.display().to_string(),
        }
    }

    /// A line whose first word says what kind it is of.
    fn marked(&self, style: Style, text: &str) -> String {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        format!("{} {rest}\n", self.palette.paint(style, word))
    }

    /// A line of secondary interest.
    fn aside(&self, text: &str) -> String {
        format!("{}\n", self.palette.paint(DIM, text))
    }

    fn describe_receipt(&self, receipt: &Receipt) -> String {
        let mut text = String::new();
        let summarised = receipt.cause == Cause::Start && !self.verbose;
        if !summarised {
            for change in &receipt.changes {
                text.push_str(&self.describe_change(change));
            }
        }
        for migration in &receipt.state.migrations {
            text.push_str(&self.marked(UPDATE, &migration.to_string()));
        }
        for name in &receipt.state.unused {
            text.push_str(&self.aside(&format!("nothing uses the state {name} now; it is kept")));
        }
        let [generation, outcome, stages] = receipt.summary();
        let generation = self.palette.paint(BOLD, generation);
        let stages = self.palette.paint(DIM, stages);
        text.push_str(&format!("{generation}{outcome} {stages}\n"));
        text
    }

    fn describe_change(&self, change: &Change) -> String {
        let style = match change.kind {
            ChangeKind::Update => UPDATE,
            ChangeKind::Add => ADD,
            ChangeKind::Delete => DELETE,
            ChangeKind::Rename => UPDATE,
        };
        self.marked(style, &change.to_string())
    }
}

fn describe_refusal(palette: Palette, refusal: &Refusal) -> String {
    let mut text = String::new();
    for problem in &refusal.problems {
        match problem.rendered.strip_prefix("error") {
            Some(rest) => {
                let word = palette.paint(ERROR, "error");
                text.push_str(&format!("{word}{}\n\n", rest.trim_end()));
            }
            None => text.push_str(&format!("{}\n\n", problem.rendered.trim_end())),
        }
    }
    let plugin = refusal.plugin.as_deref().map(|plugin| format!(" {plugin}"));
    let serving = match refusal.serving {
        0 => String::new(),
        generation => format!("; generation {generation} goes on serving"),
    };
    text.push_str(&format!(
        "{}{} at stage {}{serving}\n",
        palette.paint(ERROR, "Rejected"),
        plugin.unwrap_or_default(),
        refusal.stage,
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    fn lines(palette: Palette) -> Lines {
        Lines {
            palette,
            verbose: false,
            directory: "/home/ada".into(),
        }
    }

    #[test]
    fn describes_changes() {
        let cases = [
            (
                ChangeKind::Update,
                Some(12),
                "Update site::index.html/content @L12\n",
            ),
            (
                ChangeKind::Add,
                Some(1),
                "Add site::index.html/content @L1\n",
            ),
            (
                ChangeKind::Delete,
                None,
                "Delete site::index.html/content\n",
            ),
        ];
        for (kind, line, expected) in cases {
            let change = Change {
                plugin: "site".to_owned(),
                unit: "index.html/content".to_owned(),
                kind,
                line,
            };
            assert_eq!(lines(Palette::plain()).describe_change(&change), expected);
            let coloured = lines(Palette::coloured()).describe_change(&change);
            assert!(coloured.starts_with("\u{1b}["), "{coloured:?}");
        }
    }

    #[test]
    fn describes_notices() {
        let cases = [
            (
                Notice::Ready {
                    url: "http://127.0.0.1:8000/",
                    generation: 1,
                },
                "Serving http://127.0.0.1:8000/ (generation 1; dashboard at /_hotplate; Ctrl-C ends)\n",
            ),
            (Notice::Stopped, "Stopped\n"),
            (
                Notice::Host(&Event::Watching {
                    path: "/home/ada/plugins/site".into(),
                    files: 3,
                }),
                "Watch plugins/site (3 files)\n",
            ),
            (
                Notice::Host(&Event::DataChanged {
                    paths: vec!["/home/ada/a.md".into(), "/srv/b.md".into()],
                }),
                "Update a.md\nUpdate /srv/b.md\n",
            ),
            (
                Notice::Host(&Event::Changed {
                    paths: vec!["a".into()],
                }),
                "",
            ),
            (
                Notice::Host(&Event::TrialFailed {
                    generation: 5,
                    calls: 9,
                    failures: 6,
                    example: "it broke".to_owned(),
                }),
                "Warning generation 5 is left: 6 of its first 9 calls failed, the last of them \
                 with: it broke\n",
            ),
            (
                Notice::Host(&Event::ListenerPanicked {
                    listener: "audit".to_owned(),
                    during: "after",
                    message: "no disk".to_owned(),
                }),
                "Warning listener audit panicked in after: no disk\n",
            ),
        ];
        for (notice, expected) in cases {
            assert_eq!(
                lines(Palette::plain()).describe(&notice),
                expected,
                "{notice:?}"
            );
        }
    }

    #[test]
    fn a_refusal_ends_with_what_goes_on() {
        let refusal = Refusal {
            stage: "content".to_owned(),
            plugin: Some("site".to_owned()),
            problems: vec![Problem::at("a.md", "oops\n", 0..4, "no front matter")],
            serving: 3,
        };
        let expected = "error: no front matter\n --> a.md:1:1\n  |\n1 | oops\n  | ^^^^\n\n\
                        Rejected site at stage content; generation 3 goes on serving\n";
        assert_eq!(describe_refusal(Palette::plain(), &refusal), expected);
    }
}

//! What a console does with a line, whoever typed it.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use clap::Parser;
use hotplate::control;
use serde_json::json;

use super::Target;
use super::client::{Client, Line};
use super::patch::complete_line;
use super::signals::Signals;
use crate::args::{Arguments, Command};
use crate::commands::attach::only_socket;
use crate::commands::run::Running;
use crate::failure::Failure;
use crate::report::{Palette, Place};
use crate::suggest::did_you_mean;

/// The commands that need no host.
const OWN: &[(&str, &str)] = &[
    ("run DIR...", "start a host on plugin directories, here"),
    ("attach [SOCKET]", "connect to a host that runs"),
    ("help", "list the commands"),
    ("quit", "end the console"),
];

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
    Quit,
}

/// A console's state.
pub(super) struct Shell {
    json: bool,
    pub(super) signals: Signals,
    session: Option<Session>,
    /// A host that the command `run` has started.
    running: Option<Running>,
    errors: Palette,
    /// Whether the events of the host are shown as they come.
    pub(super) tells_events: bool,
}

struct Session {
    client: Client,
    target: Target,
}

impl Shell {
    /// A console that talks to nobody yet.
    ///
    /// # Errors
    ///
    /// If signals cannot be waited for.
    pub(super) fn new(json: bool) -> Result<Self, Failure> {
        let signals = Signals::start()
            .map_err(|error| Failure::line(format_args!("cannot wait for signals: {error}")))?;
        Ok(Self {
            json,
            signals,
            session: None,
            running: None,
            errors: Palette::for_stream(&io::stderr()),
            tells_events: false,
        })
    }

    /// Begins a session.
    ///
    /// # Errors
    ///
    /// If the host cannot be reached, or refuses.
    pub(super) fn attach(&mut self, target: Target) -> Result<(), Failure> {
        let client = Client::new(target.connect()?, !self.json)?;
        let mut state = self.signals.state();
        if let Target::Running { host, .. } = &target {
            state.host = Arc::downgrade(host);
        }
        drop(state);
        self.session = Some(Session { client, target });
        Ok(())
    }

    /// The host that the console talks to.
    pub(super) fn target(&self) -> Option<&Target> {
        self.session.as_ref().map(|session| &session.target)
    }

    /// A line about where the console is.
    pub(super) fn introduction(&self) -> String {
        let help = "`help` lists the commands";
        match &self.session {
            Some(Session { client, target }) => match target {
                Target::Socket(path) => format!(
                    "Attached to {}: hotplate {}, process {}, generation {}. {help}, `quit` \
                     leaves the host running.",
                    path.display(),
                    client.greeting.hotplate,
                    client.greeting.pid,
                    client.greeting.generation,
                ),
                Target::Running { .. } => format!("{help}, `quit` ends the host."),
            },
            None => {
                let mut text = format!("hotplate {}: {help}.", env!("CARGO_PKG_VERSION"));
                for socket in control::running() {
                    text.push_str(&format!(
                        "\nA host is running: `attach {}`.",
                        socket.display()
                    ));
                }
                text
            }
        }
    }

    /// Carries a line out, and shows what comes of it.
    pub(super) fn execute(&mut self, line: &str) -> Outcome {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        match (name, &self.session) {
            ("", _) => Outcome::Done,
            ("attach" | "run", Some(_)) => {
                let message = "there is a host already; `quit` first";
                self.refuse(name, "usage", message)
            }
            ("attach", None) => self.attach_to(&rest),
            ("run", None) => self.run(&rest),
            (_, Some(_)) => self.ask(name, line),
            ("help", None) => {
                self.show_own_commands();
                Outcome::Done
            }
            ("quit" | "exit", None) => Outcome::Quit,
            (_, None) => {
                let own = OWN.iter().filter_map(|(usage, _)| usage.split(' ').next());
                let near = did_you_mean(name, own);
                let message = format!(
                    "there is no host to ask{near}; `run DIR` starts one, `attach` connects to one"
                );
                self.refuse(name, "no_host", &message)
            }
        }
    }

    /// What the last word of a line may become, and where it begins.
    pub(super) fn complete(&mut self, begun: &str) -> (usize, Vec<String>) {
        match &mut self.session {
            // A session that has ended completes nothing.
            Some(session) => session.client.complete(begun).unwrap_or_default(),
            None => {
                let own = OWN.iter().filter_map(|(usage, _)| usage.split(' ').next());
                let fitting = own.filter(|name| name.starts_with(begun));
                (0, fitting.map(str::to_owned).collect())
            }
        }
    }

    /// Ends what the console has started.
    pub(super) fn end(mut self) {
        self.session = None;
        if let Some(running) = self.running.take() {
            running.end();
        }
    }

    fn attach_to(&mut self, words: &[&str]) -> Outcome {
        let path = match words {
            [] => only_socket(),
            [path] => Ok((*path).into()),
            _ => return self.refuse("attach", "usage", "usage: attach [SOCKET]"),
        };
        match path.and_then(|path| self.attach(Target::Socket(path))) {
            Ok(()) => self.say(&self.introduction()),
            Err(failure) => return self.fail("attach", &failure),
        }
        Outcome::Done
    }

    /// Starts a host as `hotplate run` would.
    fn run(&mut self, words: &[&str]) -> Outcome {
        let line = ["hotplate", "run"].iter().chain(words);
        let arguments = match Arguments::try_parse_from(line) {
            Ok(Arguments {
                command: Some(Command::Run(arguments)),
            }) => arguments,
            Ok(_) => return self.refuse("run", "usage", "usage: run DIR..."),
            Err(error) => {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default();
                let message = first.trim_start_matches("error: ");
                return self.refuse("run", "usage", &format!("{message}; usage: run DIR..."));
            }
        };
        let place = if self.json {
            Place::Errors
        } else {
            Place::Output
        };
        let started = tokio::runtime::Runtime::new()
            .map_err(|error| Failure::line(format_args!("cannot start: {error}")))
            .and_then(|runtime| Running::start(&runtime, &arguments, place));
        let attached = started.and_then(|running| {
            let target = Target::Running {
                host: running.host.clone(),
                reporter: running.reporter.clone(),
                verbose: arguments.verbose > 0,
            };
            self.running = Some(running);
            self.attach(target)
        });
        match attached {
            Ok(()) => self.say(&self.introduction()),
            Err(failure) => return self.fail("run", &failure),
        }
        Outcome::Done
    }

    /// Sends a line to the host and shows the answer.
    fn ask(&mut self, name: &str, line: &str) -> Outcome {
        let is_interactive = self.signals.state().is_interactive;
        let line = match &mut self.session {
            Some(session) => complete_line(&mut session.client, line, is_interactive),
            None => Ok(line.to_owned()),
        };
        let line = match line {
            Ok(line) => line,
            Err(message) => return self.refuse(name, "usage", &message),
        };
        let asked = self.exchange(&line);
        self.signals.state().waiting = None;
        match asked {
            Ok(Outcome::Done) if name == "quit" => Outcome::Quit,
            Ok(outcome) => outcome,
            Err(error) => self.lost(name, &error),
        }
    }

    fn exchange(&mut self, line: &str) -> io::Result<Outcome> {
        let Some(session) = &mut self.session else {
            return Ok(Outcome::Failed);
        };
        self.signals.state().waiting = Some(session.client.stream()?);
        session.client.send(line)?;
        loop {
            let (raw, line) = session.client.receive()?;
            self.signals.state().is_following = line.following || line.ok.is_none();
            if self.json {
                print_raw(&raw);
            }
            // What the reporter tells of a host in this process is not told twice.
            let is_told = self.tells_events && line.is_told_by_events();
            let Line { ok, text, .. } = &line;
            match ok {
                Some(true) if !self.json && !is_told => print(text),
                Some(false) if !self.json => {
                    report(self.errors, &line);
                }
                None if !self.json => match line.following {
                    true => print(&format!(
                        "Following events from generation {} on; Ctrl-C stops.",
                        line.generation
                    )),
                    false => print(text),
                },
                _ => {}
            }
            match ok {
                Some(true) => return Ok(Outcome::Done),
                Some(false) => return Ok(Outcome::Failed),
                None => {}
            }
        }
    }

    /// The session has ended in the middle of a command: the host has gone, or somebody has
    /// interrupted.
    fn lost(&mut self, name: &str, error: &io::Error) -> Outcome {
        let Some(session) = self.session.take() else {
            return Outcome::Failed;
        };
        let is_interactive = self.signals.state().is_interactive;
        match self.attach(session.target) {
            Ok(()) if is_interactive => {
                let message = "interrupted; what the command had begun may go on in the host";
                self.refuse(name, "interrupted", message)
            }
            Ok(()) => self.refuse(name, "closed", "the host has ended the session"),
            Err(_) => {
                let message = match error.kind() {
                    ErrorKind::UnexpectedEof
                    | ErrorKind::BrokenPipe
                    | ErrorKind::ConnectionReset => "the host has ended".to_owned(),
                    _ => format!("the host is lost: {error}"),
                };
                self.refuse(name, "closed", &message);
                Outcome::Quit
            }
        }
    }

    fn show_own_commands(&self) {
        let width = OWN.iter().map(|(usage, _)| usage.len()).max();
        let width = width.unwrap_or_default();
        let lines: Vec<String> = OWN
            .iter()
            .map(|(usage, summary)| format!("{usage:width$}  {summary}"))
            .collect();
        self.say(&format!("{}\nA host has more commands.", lines.join("\n")));
    }

    /// Shows what is not an answer of a host.
    fn say(&self, text: &str) {
        if self.json {
            print_raw(&format!("{}\n", json!({"ok": true, "result": text})));
        } else {
            print(text);
        }
    }

    fn fail(&self, command: &str, failure: &Failure) -> Outcome {
        match failure {
            Failure::Line(message) => self.refuse(command, "refused", message),
            other => {
                other.report();
                self.refuse(command, "refused", "see above")
            }
        }
    }

    /// Shows an error that no host has given.
    fn refuse(&self, command: &str, code: &str, message: &str) -> Outcome {
        if self.json {
            let line = json!({"ok": false, "command": command, "code": code, "message": message});
            print_raw(&format!("{line}\n"));
        } else {
            report(
                self.errors,
                &Line {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    ..Line::default()
                },
            );
        }
        Outcome::Failed
    }
}

/// Writes a text as lines.
fn print(text: &str) {
    if text.is_empty() {
        return;
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    print_raw(&format!("{text}{end}"));
}

fn print_raw(text: &str) {
    let mut stdout = io::stdout().lock();
    // Nobody is left to tell if standard output is closed.
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Writes an error: the reports of what is wrong in sources, then its line.
fn report(palette: Palette, line: &Line) {
    let mut stderr = io::stderr().lock();
    let reports = if line.text.is_empty() {
        String::new()
    } else {
        format!("{}\n\n", line.text.trim_end())
    };
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(stderr, "{reports}{}", palette.error(&line.message));
}

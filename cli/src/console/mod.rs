//! The console: commands to a host, from a person or a script.
//!
//! The commands are the host's; this side sends lines and shows answers. A host in this
//! process is talked to as any other is, through a stream ([`client`]), so that there is one
//! way to do everything. [`shell`] knows the few words that are not the host's, [`interactive`]
//! reads lines from a terminal, [`script`] from standard input, and [`signals`] sees to it that
//! Ctrl-C ends what runs and not the console.

mod client;
mod interactive;
mod patch;
mod script;
mod shell;
mod signals;

use std::io::{self, IsTerminal};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use hotplate::control;

use crate::args::ScriptArguments;
use crate::failure::Failure;
use crate::report::SharedReporter;
use shell::Shell;

/// The host that a console talks to.
#[derive(Clone)]
pub(crate) enum Target {
    /// Another process's.
    Socket(PathBuf),
    /// This process's.
    Running {
        host: Arc<hotplate::Host>,
        reporter: SharedReporter,
        verbose: bool,
    },
}

impl Target {
    fn connect(&self) -> Result<UnixStream, Failure> {
        let stream = match self {
            Self::Socket(path) => control::connect(path),
            Self::Running { host, .. } => host.control_connection(),
        };
        stream.map_err(|error| Failure::host(&error))
    }
}

/// Where commands come from, and how answers are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input {
    /// Whether a person types them.
    is_interactive: bool,
    json: bool,
    fail_fast: bool,
    /// What comes before all others.
    first: Option<String>,
}

impl Input {
    /// From a person if standard input is a terminal, else from a script.
    pub(crate) fn of_stdin() -> Self {
        Self {
            is_interactive: io::stdin().is_terminal(),
            ..Self::default()
        }
    }

    /// As the command line says.
    pub(crate) fn with(self, arguments: ScriptArguments) -> Self {
        Self {
            is_interactive: self.is_interactive && !arguments.json,
            json: arguments.json,
            fail_fast: arguments.fail_fast,
            ..self
        }
    }

    /// After a command that comes first.
    pub(crate) fn after(self, command: String) -> Self {
        Self {
            first: Some(command),
            ..self
        }
    }
}

/// Runs a console, or a script, until it ends.
///
/// # Errors
///
/// If the host cannot be reached, or a command of a script failed.
pub(crate) fn start(target: Option<Target>, input: Input) -> Result<(), Failure> {
    let mut shell = Shell::new(input.json)?;
    if let Some(target) = target {
        shell.attach(target)?;
    }
    if input.is_interactive {
        interactive::run(shell)
    } else {
        script::run(shell, &input)
    }
}

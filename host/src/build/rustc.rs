//! Running rustc and reading its messages.

use std::process::Command;
use std::time::Duration;

use cargo_metadata::diagnostic::Diagnostic;

use super::command::{CancelToken, CommandError, Stream, run as run_command};

/// What rustc prints besides messages is kept up to here.
const MOST_TEXT: usize = 64 << 10;

/// Why a call of rustc made nothing.
#[derive(Debug)]
pub(super) enum RustcError<M> {
    /// The build's token was used.
    Cancelled,
    /// It took longer than this.
    TimedOut(Duration),
    /// It could not be run, or failed without a message.
    Failed(String),
    /// What it says is wrong.
    Refused(Vec<M>),
}

/// Runs a call of rustc that prints JSON. `read` says what is kept of a message, of which
/// there are `most` at most.
pub(super) fn run_rustc<M>(
    command: &mut Command,
    timeout: Duration,
    cancel: &CancelToken,
    most: usize,
    read: impl Fn(Diagnostic) -> Option<M>,
) -> Result<(), RustcError<M>> {
    let mut messages = Vec::new();
    let mut other = String::new();
    let ended = run_command(
        command,
        Some(timeout),
        cancel,
        &mut |_: Stream, line: &[u8]| match serde_json::from_slice::<Diagnostic>(line) {
            Ok(found) if messages.len() < most => messages.extend(read(found)),
            Err(_) if other.len() < MOST_TEXT => {
                other.push_str(&String::from_utf8_lossy(line));
                other.push('\n');
            }
            _ => {}
        },
    );
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(_) if !messages.is_empty() => Err(RustcError::Refused(messages)),
        Ok(status) => Err(RustcError::Failed(format!(
            "rustc failed: {status}\n{other}"
        ))),
        Err(CommandError::Cancelled) => Err(RustcError::Cancelled),
        Err(CommandError::TimedOut(limit)) => Err(RustcError::TimedOut(limit)),
        Err(CommandError::Missing(error) | CommandError::Failed(error)) => {
            Err(RustcError::Failed(error.to_string()))
        }
    }
}

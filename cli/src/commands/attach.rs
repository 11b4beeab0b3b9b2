//! `hotplate attach`: a console to a host that runs.

use std::path::PathBuf;

use hotplate::control;

use crate::args::AttachArguments;
use crate::console::{self, Input, Target};
use crate::failure::Failure;

/// Runs the command until the console or the script ends.
///
/// # Errors
///
/// If there is no such host, or a command of a script failed.
pub(crate) fn run(arguments: &AttachArguments) -> Result<(), Failure> {
    let path = match &arguments.socket {
        Some(path) => path.clone(),
        None => only_socket()?,
    };
    let input = Input::of_stdin().with(arguments.script);
    console::start(Some(Target::Socket(path)), input)
}

/// The socket in the default place, if there is exactly one.
///
/// # Errors
///
/// One line, if there is none, or more than one.
pub(crate) fn only_socket() -> Result<PathBuf, Failure> {
    let mut sockets = control::running();
    match (sockets.pop(), sockets.as_slice()) {
        (Some(path), []) => Ok(path),
        (None, _) => Err(Failure::line(format_args!(
            "no running host has a socket in {}; start one with `hotplate serve --control` or \
             `hotplate run --control`, or name its socket",
            control::default_directory().display()
        ))),
        (Some(last), others) => {
            let mut names: Vec<String> = others
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            names.push(last.display().to_string());
            Err(Failure::line(format_args!(
                "several hosts are running; attach to one of {}",
                names.join(", ")
            )))
        }
    }
}

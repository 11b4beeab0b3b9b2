//! `cargo xtask conformance`: recorded cases against what Django rendered.
//!
//! The work is done by a program of its own, `hotplate-conformance`: it needs the host and
//! the compiler, and the other commands should not have to wait for those to be built.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::Args;
use xtask::failure::Failure;
use xtask::project;

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// FILE.jsonl… and options; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let error = command().args(&arguments.arguments).exec();
    Err(Failure::at("cannot run cargo")(error))
}

/// Runs the program; its arguments are still to be added. It works in the directory that
/// the command was given in, so that files are found.
pub(crate) fn command() -> Command {
    let mut command = project::cargo();
    command
        .current_dir(".")
        .args(["run", "--manifest-path"])
        .arg(project::root().join("xtask/conformance/Cargo.toml"))
        .arg("--");
    command
}

//! The `hotplate` command.

mod args;
mod commands;
mod failure;
mod plugin_dir;
mod problem;
mod report;
mod serve;
mod suggest;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => commands::serve::run(&arguments),
        Command::Render(arguments) => commands::render::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Emit(arguments) => commands::emit::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::FAILURE
        }
    }
}

//! The `hotplate` command.

mod args;
mod commands;
mod console;
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
        Some(Command::Serve(arguments)) => commands::serve::run(&arguments),
        Some(Command::Run(arguments)) => commands::run::run(&arguments),
        Some(Command::Attach(arguments)) => commands::attach::run(&arguments),
        Some(Command::Render(arguments)) => commands::render::run(&arguments),
        Some(Command::Check(arguments)) => commands::check::run(&arguments),
        Some(Command::Emit(arguments)) => commands::emit::run(&arguments),
        None => console::start(None, console::Input::of_stdin()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::FAILURE
        }
    }
}

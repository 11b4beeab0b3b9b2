//! The project's own commands: `cargo xtask …`. This file only dispatches.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "commands talk to the terminal"
)]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build what is needed and serve the demo site: edit, save, look
    RebuildLoop(commands::rebuild_loop::Arguments),
    /// Check everything that has to hold before a change is taken
    Ci(commands::ci::Arguments),
    /// Check the rules of the house that clippy does not know
    Tidy,
    /// Compile and render recorded cases and compare with what Django rendered
    Conformance(commands::conformance::Arguments),
    /// Record what Django renders for the project's own conformance cases
    BlessConformance(commands::bless_conformance::Arguments),
    /// Measure, in a release build
    Bench(commands::bench::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::RebuildLoop(arguments) => commands::rebuild_loop::run(&arguments),
        Command::Ci(arguments) => commands::ci::run(&arguments),
        Command::Tidy => commands::tidy::run(),
        Command::Conformance(arguments) => commands::conformance::run(&arguments),
        Command::BlessConformance(arguments) => commands::bless_conformance::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}

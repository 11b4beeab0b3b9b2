//! The benchmarks' command line; `cargo xtask bench` runs it in a release build.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to the terminal"
)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use hotplate_benchmarks::{Fault, compile, dispatch, table};

/// Measure what the project claims of speed
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// A call of a function in a loaded plugin
    Dispatch(Common),
    /// Template text to Rust
    Compile(Common),
}

#[derive(Debug, Args)]
struct Common {
    /// Write the rows to this file as well, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 200)]
    rounds: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &Bench) -> Result<(), Fault> {
    let (rows, common) = match bench {
        Bench::Dispatch(common) => (dispatch::run(common.rounds)?, common),
        Bench::Compile(common) => (compile::run(common.rounds)?, common),
    };
    print!("{}", table(&rows));
    if cfg!(debug_assertions) {
        eprintln!("note: this is a debug build; its figures mean nothing");
    }
    if let Some(path) = &common.json {
        fs::write(path, serde_json::to_string_pretty(&rows)? + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

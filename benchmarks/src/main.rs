//! The benchmarks' command line; `cargo xtask bench` builds and runs it for speed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to the terminal"
)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use hotplate_benchmarks::python::Python;
use hotplate_benchmarks::{Fault, compile, dispatch, readme, reload, render, table};

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
    /// A page through a live handle, ours and others'
    Render(Render),
    /// From a save to the first call that runs the new code, ours and others'
    Reload(Reload),
    /// Put the rows of a run of `reload` into the README's table
    Readme {
        /// What `reload --json` wrote
        #[arg(value_name = "FILE")]
        json: PathBuf,
        /// The README
        #[arg(long, value_name = "FILE", default_value = "README.md")]
        readme: PathBuf,
    },
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

#[derive(Debug, Args)]
struct Reload {
    /// Write the rows to this file as well, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often everything is measured; by default 20 times, and what takes long 3 times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Only this workload; can be given several times
    #[arg(long, value_name = "WORKLOAD", value_parser = reload::WORKLOADS)]
    only: Vec<String>,
    /// Leave out what others do
    #[arg(long, conflicts_with = "python")]
    no_peers: bool,
    /// Measure jurigged and Django too, with this Python or the newest one found
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true)]
    python: Option<Option<PathBuf>>,
}

#[derive(Debug, Args)]
struct Render {
    #[command(flatten)]
    common: Common,
    /// Only this workload; can be given several times
    #[arg(long, value_name = "WORKLOAD", value_parser = render::WORKLOADS)]
    only: Vec<String>,
    /// Only these subjects, separated by commas
    #[arg(long, value_name = "SUBJECT", value_delimiter = ',', value_parser = render::SUBJECTS)]
    subjects: Vec<String>,
    /// Measure Jinja2 and Django too, with this Python or the newest one found
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true)]
    python: Option<Option<PathBuf>>,
}

/// What `--python` means.
fn python(argument: Option<&Option<PathBuf>>) -> Option<Python> {
    argument.map(|program| match program {
        Some(program) => Python::Program(program.clone()),
        None => Python::Newest,
    })
}

impl Reload {
    fn options(&self) -> reload::Options {
        let python = python(self.python.as_ref());
        reload::Options {
            rounds: self.rounds.map(usize::from),
            only: self.only.clone(),
            peers: !self.no_peers,
            python,
            progress: |line| eprintln!("{line}"),
            ..reload::Options::default()
        }
    }
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
    let (rows, json) = match bench {
        Bench::Dispatch(common) => (dispatch::run(common.rounds)?, &common.json),
        Bench::Compile(common) => (compile::run(common.rounds)?, &common.json),
        Bench::Render(arguments) => {
            let options = render::Options {
                rounds: arguments.common.rounds,
                only: arguments.only.clone(),
                subjects: arguments.subjects.clone(),
                python: python(arguments.python.as_ref()),
                progress: |line| eprintln!("{line}"),
                ..render::Options::default()
            };
            (render::run(&options)?, &arguments.common.json)
        }
        Bench::Reload(arguments) => (reload::run(&arguments.options())?, &arguments.json),
        Bench::Readme { json, readme } => return readme::update(json, readme),
    };
    print!("{}", table(&rows));
    if cfg!(debug_assertions) {
        eprintln!("note: this is a debug build; its figures mean nothing");
    }
    if let Some(path) = json {
        fs::write(path, serde_json::to_string_pretty(&rows)? + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

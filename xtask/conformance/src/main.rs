//! Conformance: recorded cases, compiled and rendered the way a user's templates are.
//!
//! Each case becomes a plugin of its own, many plugins one library. The libraries are
//! built by cargo, followed by a host and called through its handles, in child processes
//! so that a crash costs one case. What comes back is compared byte for byte.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to the terminal"
)]

mod build;
mod case;
mod collections;
mod judge;
mod plan;
mod report;
mod run;
mod value;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use xtask::failure::Failure;

use case::{Case, Outcome};
use judge::Tally;

/// Compile and render recorded cases and compare with what Django rendered
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance", bin_name = "cargo xtask conformance")]
struct Arguments {
    /// Case files, one JSON object a line
    #[arg(value_name = "FILE", required_unless_present = "batch")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    /// The fewest cases that must pass; by default all that are not skipped
    #[arg(long, value_name = "N")]
    floor: Option<usize>,
    /// Answer the cases of a file with the library in a folder; for child processes
    #[arg(long, num_args = 2, value_names = ["FOLDER", "FILE"], hide = true)]
    batch: Option<Vec<PathBuf>>,
}

/// Which cases count, how strictly, and what is said about them.
#[derive(Debug, clap::Args)]
struct Selection {
    /// Leave out cases that need tag libraries of Django's own tests
    #[arg(long)]
    no_custom: bool,
    /// Compare messages and phases of errors too
    #[arg(long)]
    strict: bool,
    /// Only cases with this tag, filter, need or id prefix; can be repeated
    #[arg(long, value_name = "WORD")]
    only: Vec<String>,
    /// How many failures to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    list: usize,
    /// Write every failure with its case to this file
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.batch.as_deref() {
        Some([library, orders]) => run::perform_batch(library, orders).map(|()| true),
        _ => check(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether enough cases pass.
fn check(arguments: &Arguments) -> Result<bool, Failure> {
    let tally = perform(&arguments.files, &arguments.selection)?;
    Ok(match arguments.floor {
        Some(floor) => tally.passed >= floor,
        None => tally.failed == 0,
    })
}

/// Runs the selected cases of `files` and prints what failed.
fn perform(files: &[PathBuf], selection: &Selection) -> Result<Tally, Failure> {
    let cases = case::read(files, selection)?;
    let outcomes = outcomes(&cases)?;
    let verdicts: Vec<judge::Verdict> = cases
        .iter()
        .zip(&outcomes)
        .map(|(case, outcome)| judge::judge(case, outcome, selection.strict))
        .collect();
    report::print(&cases, &verdicts, selection.list);
    if let Some(path) = &selection.failures {
        report::write_failures(path, &cases, &outcomes, &verdicts)?;
    }
    Ok(Tally::of(&verdicts))
}

/// What became of each case.
fn outcomes(cases: &[Case]) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes: Vec<Option<Outcome>> = cases.iter().map(|_| None).collect();
    let mut runnable = Vec::new();
    for (number, plan) in plan::plan_all(cases).into_iter().enumerate() {
        match plan {
            plan::Plan::Settled(outcome) => outcomes[number] = Some(outcome),
            plan::Plan::Run(prepared) => runnable.push((number, prepared)),
        }
    }
    println!("{} cases, {} of them compile", cases.len(), runnable.len());
    let batches = build::batches(cases, &runnable);
    let built = build::build(&batches, &runnable)?;
    for (place, message) in built.refused {
        outcomes[runnable[place].0] = Some(Outcome::Broken(message));
    }
    for (place, outcome) in run::run(cases, &runnable, &built.libraries)? {
        let (number, prepared) = &runnable[place];
        outcomes[*number] = Some(prepared.finish(outcome));
    }
    let unanswered = || Outcome::Broken("no answer".to_owned());
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(unanswered))
        .collect())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}

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

mod batches;
mod build;
mod case;
mod collections;
mod custom;
mod environment;
mod instance;
mod judge;
mod plan;
mod report;
mod run;
mod templates;
mod temporal;
mod value;
mod world;

use std::path::{Path, PathBuf};
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
    /// The fewest cases that must pass with messages and phases of errors compared too
    #[arg(long, value_name = "N")]
    strict_floor: Option<usize>,
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

/// Runs the selected cases and prints what failed; gives whether enough pass.
fn check(arguments: &Arguments) -> Result<bool, Failure> {
    let selection = &arguments.selection;
    let cases = case::read(&arguments.files, selection)?;
    let outcomes = outcomes(&set_name(&arguments.files), &cases)?;
    let judged = |strict: bool| {
        let judged = cases.iter().zip(&outcomes);
        let verdicts = judged.map(|(case, outcome)| judge::judge(case, outcome, strict));
        verdicts.collect::<Vec<_>>()
    };
    let verdicts = judged(selection.strict);
    report::print(&cases, &verdicts, selection.list);
    if let Some(path) = &selection.failures {
        report::write_failures(path, &cases, &outcomes, &verdicts)?;
    }
    let mut enough = true;
    if let Some(floor) = arguments.strict_floor {
        let tally = Tally::of(&judged(true));
        println!("\nstrictly: {tally}");
        enough = tally.passed >= floor;
    }
    let tally = Tally::of(&verdicts);
    println!("\n{tally}");
    Ok(enough
        && match arguments.floor {
            Some(floor) => tally.passed >= floor,
            None => tally.failed == 0,
        })
}

/// A name for the cases of `files`, fit for a crate's: that of the file, or of the folder
/// if there are several.
fn set_name(files: &[PathBuf]) -> String {
    let named = match files {
        [file] => file.file_stem(),
        files => files
            .first()
            .and_then(|file| file.parent())
            .and_then(Path::file_name),
    };
    let name = named.unwrap_or_default().to_string_lossy();
    let fit = name.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => c,
        _ => '_',
    });
    format!("cases_{}_{}", fit.collect::<String>(), files.len())
}

/// What became of each case.
fn outcomes(set: &str, cases: &[Case]) -> Result<Vec<Outcome>, Failure> {
    let custom = if cases.iter().any(custom::is_needed) {
        custom::Custom::find()?
    } else {
        custom::Custom::default()
    };
    let mut outcomes: Vec<Option<Outcome>> = cases.iter().map(|_| None).collect();
    let mut runnable = Vec::new();
    let plans = plan::plan_all(cases, &custom);
    for (number, plan) in plans.into_iter().enumerate() {
        match plan {
            plan::Plan::Settled(outcome) => outcomes[number] = Some(outcome),
            plan::Plan::Run(prepared) => runnable.push((number, prepared)),
        }
    }
    println!("{} cases, {} of them compile", cases.len(), runnable.len());
    let batches = batches::batches(&runnable);
    let built = build::build(set, &batches, &runnable, custom.artifact.as_deref())?;
    for (place, message) in built.refused {
        outcomes[runnable[place].0] = Some(Outcome::Broken(message));
    }
    for (place, outcome) in run::run(cases, &runnable, &built.libraries)? {
        outcomes[runnable[place].0] = Some(outcome);
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

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
mod library;
mod plan;
mod report;
mod run;
mod shape;
mod structs;
mod templates;
mod temporal;
mod value;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use xtask::failure::Failure;

use case::{Answer, Case, Outcome};
use judge::Tally;
use report::Forms;

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
    /// As what the cases' contexts are given to templates
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Contexts::Value)]
    contexts: Contexts,
    /// Only so many cases, always the same ones
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
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

/// What a template is rendered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Contexts {
    /// A dictionary
    Value,
    /// A dictionary, and a struct with the same data: read as a view, and by the template
    /// compiled for it. All have to give the same
    Struct,
    /// The same, for a template that includes the case's and has the struct in its place
    Included,
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
    let mut cases = case::read(&arguments.files, selection)?;
    if selection.contexts == Contexts::Included {
        cases.iter_mut().for_each(Case::include_entry);
    }
    let set = set_name(&arguments.files, selection.contexts);
    let (answers, forms) = answers(&set, &cases, selection.contexts)?;
    let judged = |strict: bool| {
        let judged = cases.iter().zip(&answers);
        let verdicts = judged.map(|(case, answer)| judge::judge(case, answer, strict));
        verdicts.collect::<Vec<_>>()
    };
    let verdicts = judged(selection.strict);
    report::print(&cases, &verdicts, selection.list);
    if let Some(path) = &selection.failures {
        report::write_failures(path, &cases, &answers, &verdicts)?;
    }
    if selection.contexts != Contexts::Value {
        forms.print(&answers);
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
fn set_name(files: &[PathBuf], contexts: Contexts) -> String {
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
    let form = match contexts {
        Contexts::Value => "",
        Contexts::Struct => "structs_",
        Contexts::Included => "included_",
    };
    format!("cases_{form}{}_{}", fit.collect::<String>(), files.len())
}

/// What became of each case, and what was done with it.
fn answers(set: &str, cases: &[Case], contexts: Contexts) -> Result<(Vec<Answer>, Forms), Failure> {
    let custom = if cases.iter().any(custom::is_needed) {
        custom::Custom::find()?
    } else {
        custom::Custom::default()
    };
    let mut answers: Vec<Option<Answer>> = cases.iter().map(|_| None).collect();
    let mut runnable = Vec::new();
    let mut forms = Forms::default();
    let plans = plan::plan_all(cases, &custom, contexts);
    for (number, plan) in plans.into_iter().enumerate() {
        match plan {
            plan::Plan::Settled(outcome) => answers[number] = Some(outcome.into()),
            plan::Plan::Run(prepared) => {
                forms.count(&cases[number].id, &prepared);
                runnable.push((number, prepared));
            }
        }
    }
    println!("{} cases, {} of them compile", cases.len(), runnable.len());
    let batches = batches::batches(&runnable);
    let built = build::build(set, &batches, &runnable, custom.artifact.as_deref())?;
    for (place, message) in built.refused {
        answers[runnable[place].0] = Some(Outcome::Broken(message).into());
    }
    for (place, answer) in run::run(cases, &runnable, &built.libraries)? {
        answers[runnable[place].0] = Some(answer);
    }
    let unanswered = || Outcome::Broken("no answer".to_owned()).into();
    let answers = answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(unanswered));
    Ok((answers.collect(), forms))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}

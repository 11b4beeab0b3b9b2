//! Conformance: recorded cases, compiled and rendered the way a user's templates are.
//!
//! Each case becomes a plugin of its own, many plugins one library. The libraries are
//! built by cargo, followed by a host and called through its handles, in child processes
//! so that a crash costs one case. What comes back is compared byte for byte.

mod build;
mod case;
mod judge;
mod plan;
mod report;
mod run;
mod value;
mod world;

use std::path::PathBuf;

pub(crate) use judge::Tally;
pub(crate) use run::perform_batch;

use crate::failure::Failure;
use case::{Case, Outcome};

/// Which cases count, how strictly, and what is said about them.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// Leave out cases that need tag libraries of Django's own tests.
    pub(crate) no_custom: bool,
    /// Compare the messages and phases of errors too.
    pub(crate) strict: bool,
    /// Only cases with all of these tags, filters, needs or id prefixes.
    pub(crate) only: Vec<String>,
    /// How many failures to print.
    pub(crate) list: usize,
    /// Where to write failures with their cases.
    pub(crate) failures: Option<PathBuf>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            no_custom: false,
            strict: false,
            only: Vec::new(),
            list: 20,
            failures: None,
        }
    }
}

/// Runs the selected cases of `files` and prints what failed.
pub(crate) fn run(files: &[PathBuf], selection: &Selection) -> Result<Tally, Failure> {
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

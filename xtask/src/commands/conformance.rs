//! `cargo xtask conformance`: recorded cases against what Django rendered.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::conformance::{self, Selection};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Case files, one JSON object a line
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Leave out cases that need tag libraries of Django's own tests
    #[arg(long)]
    no_custom: bool,
    /// Compare messages and phases of errors too
    #[arg(long)]
    strict: bool,
    /// Only cases with this tag, filter, need or id prefix; can be repeated
    #[arg(long, value_name = "WORD")]
    only: Vec<String>,
    /// The fewest cases that must pass; by default all that are not skipped
    #[arg(long, value_name = "N")]
    floor: Option<usize>,
    /// How many failures to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    list: usize,
    /// Write every failure with its case to this file
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let selection = Selection {
        no_custom: arguments.no_custom,
        strict: arguments.strict,
        only: arguments.only.clone(),
        list: arguments.list,
        failures: arguments.failures.clone(),
    };
    let tally = conformance::run(&arguments.files, &selection)?;
    let enough = match arguments.floor {
        Some(floor) => tally.passed >= floor,
        None => tally.failed == 0,
    };
    Ok(if enough {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

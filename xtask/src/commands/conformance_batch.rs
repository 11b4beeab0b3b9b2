//! The child process of `conformance`: runs the cases of one library.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::conformance;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder with the library
    library: PathBuf,
    /// The cases to run
    cases: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    conformance::perform_batch(&arguments.library, &arguments.cases)?;
    Ok(ExitCode::SUCCESS)
}

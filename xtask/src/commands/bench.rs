//! `cargo xtask bench`: the benchmarks, built for speed.

use std::process::ExitCode;

use clap::Args;

use xtask::failure::Failure;
use xtask::project;

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Which benchmark, and its options; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let status = project::cargo()
        .args(["run", "--profile", "measure"])
        .args(["--package", "hotplate-benchmarks", "--"])
        .args(&arguments.arguments)
        .status()
        .map_err(Failure::at("cannot run cargo"))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

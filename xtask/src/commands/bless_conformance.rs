//! `cargo xtask bless-conformance`: records what Django renders for the project's own cases.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use xtask::failure::Failure;
use xtask::project;

/// The Django whose output the cases expect.
const DJANGO: &str = "Django==6.1.*";

/// The Pythons to look for.
const PYTHONS: [&str; 4] = ["python3.14", "python3.13", "python3.12", "python3"];

/// The program that asks it.
const SCRIPT: &str = "xtask/conformance/bless.py";

/// The project's own cases.
const CASES: &str = "tests/conformance";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The Python that the virtual environment is made with
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Case files; all of the project's own, if none are given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let python = environment(arguments.python.as_deref())?;
    let files = if arguments.files.is_empty() {
        own_files()?
    } else {
        arguments.files.clone()
    };
    let mut command = Command::new(python);
    command.arg(project::root().join(SCRIPT)).args(files);
    perform(command)?;
    Ok(ExitCode::SUCCESS)
}

/// The Python of a virtual environment that has Django, made if it is not there.
fn environment(python: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = project::target_dir().join("django");
    let program = folder.join("bin/python");
    if !is_new_enough(&program) {
        let mut candidates = match python {
            Some(python) => vec![python],
            None => PYTHONS.iter().map(Path::new).collect(),
        };
        candidates.retain(|candidate| is_new_enough(candidate));
        let Some(python) = candidates.first() else {
            let message = "Django 6.1 needs Python 3.12 or later; `--python` can name one";
            return Err(Failure::new(message));
        };
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--clear"]).arg(&folder);
        perform(command)?;
    }
    // Quick if it is there.
    let mut command = Command::new(&program);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    command.args([DJANGO, "tzdata"]);
    perform(command)?;
    Ok(program)
}

/// Whether a program is a Python that Django runs on.
fn is_new_enough(program: &Path) -> bool {
    let check = "import sys; sys.exit(sys.version_info < (3, 12))";
    let mut command = Command::new(program);
    command.args(["-c", check]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn perform(mut command: Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(Failure::at(format!("cannot run {program}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{program} failed: {status}")))
    }
}

fn own_files() -> Result<Vec<PathBuf>, Failure> {
    let folder = project::root().join(CASES);
    let entries =
        fs::read_dir(&folder).map_err(Failure::at(format!("cannot read {}", folder.display())))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    Ok(files)
}

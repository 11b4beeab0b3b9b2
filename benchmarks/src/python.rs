//! An environment with the peers that are written in Python.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Fault;
use crate::process::{command, run};

/// A Python to make an environment with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Python {
    /// The newest one on the `PATH`.
    Newest,
    /// This one.
    Program(PathBuf),
}

/// What the environment needs.
const PACKAGES: [&str; 3] = ["django>=6,<7", "jinja2>=3", "jurigged"];

/// Prints nothing, and fails on a Python that the packages do not support.
const IS_NEW_ENOUGH: &str = "import sys, venv; sys.exit(sys.version_info < (3, 12))";

/// Makes an environment in a folder, unless there is one; gives its interpreter.
pub(crate) fn environment(folder: &Path, wanted: &Python) -> Result<PathBuf, Fault> {
    fs::create_dir_all(folder)?;
    let folder = fs::canonicalize(folder)?;
    let interpreter = folder.join("bin/python");
    let works =
        |program: &Path, code: &str| run(command(program, &folder).args(["-c", code])).is_ok();
    if works(
        &interpreter,
        "import django, jinja2, jurigged; assert django.VERSION >= (6,)",
    ) {
        return Ok(interpreter);
    }
    let newest = ["python3.14", "python3.13", "python3.12", "python3"].map(PathBuf::from);
    let candidates = match wanted {
        Python::Newest => newest.to_vec(),
        Python::Program(program) => vec![program.clone()],
    };
    let program = candidates
        .iter()
        .find(|program| works(program, IS_NEW_ENOUGH))
        .ok_or("no Python of version 3.12 or later is found; name one with --python=PROGRAM")?;
    run(command(program, &folder).args(["-m", "venv", "--clear", "."]))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(command(&interpreter, &folder).args(pip).args(PACKAGES))?;
    Ok(interpreter)
}

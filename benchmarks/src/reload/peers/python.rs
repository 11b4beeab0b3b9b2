//! Interpreted peers: jurigged for functions, Django for templates.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Fault;
use crate::reload::cargo::{Answering, command, run};
use crate::reload::contender::{Contender, Sample};
use crate::reload::scene::{Scene, write, write_all};
use crate::reload::site::{self, Templates};
use crate::reload::{Python, functions};

const DJANGO: &str = include_str!("../../../peers/django_render.py");
const JURIGGED: &str = include_str!("../../../peers/jurigged_call.py");

/// What the environment needs.
const PACKAGES: [&str; 2] = ["django>=6,<7", "jurigged"];

/// How long jurigged waits for a file to be still, in seconds. Zero would have it read
/// files that are half written.
const DEBOUNCE: &str = "0.001";

/// Prints nothing, and fails on a Python that the packages do not support.
const IS_NEW_ENOUGH: &str = "import sys, venv; sys.exit(sys.version_info < (3, 12))";

/// Makes an environment, unless there is one; gives its interpreter.
pub(in crate::reload) fn environment(scene: &Scene<'_>, wanted: &Python) -> Result<PathBuf, Fault> {
    let folder = scene.kept("python")?;
    let interpreter = folder.join("bin/python");
    let works =
        |program: &Path, code: &str| run(command(program, &folder).args(["-c", code])).is_ok();
    if works(
        &interpreter,
        "import django, jurigged; assert django.VERSION >= (6,)",
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

/// Edits of a template that a long-running process renders for each line it is sent.
pub(in crate::reload) fn django<'s>(
    scene: &'s Scene<'_>,
    python: &Path,
    workload: &'static str,
    others: Templates,
    text: impl Fn(&str) -> String + 's,
) -> Result<Contender<'s>, Fault> {
    let folder = scene.folder(&format!("django-{workload}"))?;
    let templates = folder.join("templates");
    write_all(&templates, &others)?;
    let name = "edited.html";
    let source = templates.join(name);
    let mark = scene.mark();
    write(&source, &text(&mark))?;
    write(&folder.join("context.json"), &site::data().to_string())?;
    write(&folder.join("render.py"), DJANGO)?;
    let mut program = command(python, &folder);
    let program = program.args(["render.py", "templates", "context.json", name]);
    let mut program = Answering::start(program)?;
    program.ask()?;
    program.wait_for(&mark)?;
    Ok(Contender::peer(workload, "django", move || {
        let mark = scene.mark();
        let text = text(&mark);
        let began = Instant::now();
        write(&source, &text)?;
        program.ask()?;
        program.wait_for(&mark)?;
        Ok(Sample::since(began))
    }))
}

/// Edits of one of twenty functions.
pub(in crate::reload) fn jurigged<'s>(
    scene: &'s Scene<'_>,
    python: &Path,
) -> Result<Contender<'s>, Fault> {
    let folder = scene.folder("jurigged")?;
    let sources = folder.join("sources");
    let source = sources.join("functions.py");
    let mark = scene.mark();
    write(&source, &functions::python(&mark))?;
    write(&folder.join("call.py"), JURIGGED)?;
    let mut program = command(python, &folder);
    let program = program.arg("call.py").arg(&sources).arg(DEBOUNCE);
    let program = Answering::start(program)?;
    program.wait_for(&mark)?;
    Ok(Contender::peer("rust-fn", "jurigged", move || {
        let mark = scene.mark();
        let text = functions::python(&mark);
        let began = Instant::now();
        write(&source, &text)?;
        program.wait_for(&mark)?;
        Ok(Sample::since(began))
    }))
}

//! Interpreted peers: jurigged for functions, Django for templates.

use std::path::Path;
use std::time::Instant;

use crate::Fault;
use crate::process::{Answering, command};
use crate::reload::contender::{Contender, Sample};
use crate::reload::functions;
use crate::reload::scene::{Scene, write, write_all};
use crate::reload::site::{self, Templates};

const DJANGO: &str = include_str!("../../../peers/django_render.py");
const JURIGGED: &str = include_str!("../../../peers/jurigged_call.py");

/// How long jurigged waits for a file to be still, in seconds. Zero would have it read
/// files that are half written.
const DEBOUNCE: &str = "0.001";

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

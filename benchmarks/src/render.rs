//! Rendering through a live handle of a loaded library, with peers in the same run.

mod interpreter;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use hotplate::{Host, to_value};
use serde_json::{Value as Json, json};

use crate::process::{Answering, command};
use crate::python::{self, Python};
use crate::{Fault, Row, Subject, measure, project_folder};

const PYTHON_RENDER: &str = include_str!("../peers/python_render.py");

/// How many renderings one round makes of each subject.
const RENDERINGS: usize = 20;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often everything is measured.
    pub rounds: usize,
    /// Whether to measure what others do in Python, and with which one.
    pub python: Option<Python>,
    /// Where the environment of the peers is made; it is kept from run to run.
    pub directory: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: 200,
            python: None,
            directory: project_folder("target/bench"),
        }
    }
}

/// Runs the benchmark.
///
/// # Errors
///
/// If a template does not compile, a peer cannot be set up, or what two subjects render
/// differs.
pub fn run(options: &Options) -> Result<Vec<Row>, Fault> {
    let mut rows = gsoc(options)?;
    rows.extend(tags(options.rounds)?);
    Ok(rows)
}

/// A loop over a thousand elements, with a condition and escaping.
fn gsoc(options: &Options) -> Result<Vec<Row>, Fault> {
    let templates = project_folder("benchmarks/templates/render");
    let host = Host::builder().plugin(&templates).manual().start()?;
    let elements: Vec<String> = (0..1000).map(element).collect();
    let data = json!({ "elements": elements });
    let context = to_value(&data)?;
    let gsoc = host.template("render", "gsoc.html")?;
    let expected = gsoc.render(&context)?;
    let mut subjects = vec![Subject::new("hotplate-dynamic", || {
        black_box(gsoc.render(black_box(&context))?);
        Ok(())
    })];
    if let Some(wanted) = &options.python {
        let interpreter = python::environment(&options.directory.join("python"), wanted)?;
        let scene = options.directory.join("render");
        let jinja2 = project_folder("benchmarks/peers/jinja2");
        for (engine, folder) in [("jinja2", &jinja2), ("django", &templates)] {
            let mut peer = Peer::start(&interpreter, &scene, engine, folder, &data)?;
            same(engine, &peer.render(1)?, &expected)?;
            subjects.push(Subject::batch(engine, move |renderings| {
                black_box(peer.render(renderings)?);
                Ok(())
            }));
        }
    }
    rows("gsoc", &mut subjects, options.rounds)
}

fn rows(workload: &str, subjects: &mut [Subject<'_>], rounds: usize) -> Result<Vec<Row>, Fault> {
    let samples = measure(subjects, RENDERINGS, rounds)?;
    let rows = subjects.iter().zip(samples);
    Ok(rows
        .map(|(subject, samples)| Row::new("render", workload, subject.name, "us", samples))
        .collect())
}

/// A tag of a plugin in a loop, declared and not, beside the same work over a context as
/// an interpreter has it: a stack of hash maps.
fn tags(rounds: usize) -> Result<Vec<Row>, Fault> {
    let host = Host::builder()
        .plugin(project_folder("benchmarks/tags"))
        .manual()
        .start()?;
    let items: Vec<String> = (0..1000).map(element).collect();
    let context = to_value(&json!({ "items": items }))?;
    let declared = host.template("tags", "declared.html")?;
    let undeclared = host.template("tags", "undeclared.html")?;
    let expected = declared.render(&context)?;
    same(
        "the undeclared tag",
        &undeclared.render(&context)?,
        &expected,
    )?;
    same("the interpreter", &interpreter::render(&context), &expected)?;
    let mut subjects = [
        Subject::new("interpreter-style", || {
            black_box(interpreter::render(black_box(&context)));
            Ok(())
        }),
        Subject::new("hotplate-undeclared", || {
            black_box(undeclared.render(black_box(&context))?);
            Ok(())
        }),
        Subject::new("hotplate-declared", || {
            black_box(declared.render(black_box(&context))?);
            Ok(())
        }),
    ];
    rows("tag", &mut subjects, rounds)
}

/// A text that sometimes has to be escaped.
fn element(number: usize) -> String {
    match number % 4 {
        0 => format!("item <{number}> & more"),
        _ => format!("item number {number}"),
    }
}

/// A template engine in a process of its own.
struct Peer(Answering);

impl Peer {
    fn start(
        interpreter: &Path,
        scene: &Path,
        engine: &str,
        templates: &Path,
        data: &Json,
    ) -> Result<Self, Fault> {
        std::fs::create_dir_all(scene)?;
        let scene = std::fs::canonicalize(scene)?;
        std::fs::write(scene.join("render.py"), PYTHON_RENDER)?;
        std::fs::write(scene.join("context.json"), data.to_string())?;
        let templates = std::fs::canonicalize(templates)?;
        let mut program = command(interpreter, &scene);
        let program = program
            .args(["render.py", engine])
            .arg(templates)
            .args(["context.json", "gsoc.html"]);
        Ok(Self(Answering::start(program)?))
    }

    /// What the last of so many renderings gives.
    fn render(&mut self, renderings: usize) -> Result<String, Fault> {
        let answer = self.0.answer(&renderings.to_string())?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// Checks that two engines render the same, however they write the same character.
fn same(engine: &str, text: &str, expected: &str) -> Result<(), Fault> {
    let decode = |text: &str| text.replace("&#39;", "&#x27;").replace("&#34;", "&quot;");
    if decode(text) == decode(expected) {
        return Ok(());
    }
    Err(format!("{engine} renders another text than hotplate").into())
}

//! Jinja2 and Django, in processes of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::engine::{Contender, Engine, Renderer};
use super::workload::Data;
use crate::process::{Answering, command};
use crate::{Fault, project_folder};

const RENDER: &str = include_str!("../../peers/python_render.py");

/// An engine that is a program of Python's.
pub(super) struct Interpreted {
    name: &'static str,
    /// The Python that has the engine.
    interpreter: PathBuf,
    templates: PathBuf,
    /// Where the program and the contexts are.
    scene: PathBuf,
}

impl Interpreted {
    /// Both engines, which run in a folder that is made.
    pub(super) fn all(interpreter: &Path, scene: &Path) -> Result<[Self; 2], Fault> {
        fs::create_dir_all(scene)?;
        let scene = fs::canonicalize(scene)?;
        fs::write(scene.join("render.py"), RENDER)?;
        let engine = |name, templates| {
            Ok::<_, Fault>(Self {
                name,
                interpreter: interpreter.to_owned(),
                templates: fs::canonicalize(project_folder(templates))?,
                scene: scene.clone(),
            })
        };
        Ok([
            engine("jinja2", "benchmarks/peers/jinja2")?,
            engine("django", "benchmarks/pages/templates")?,
        ])
    }
}

impl Engine for Interpreted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        let template = data.template();
        let context = format!("{template}.json");
        fs::write(self.scene.join(&context), serde_json::to_string(data)?)?;
        let mut program = command(&self.interpreter, &self.scene);
        program
            .args(["render.py", self.name])
            .arg(&self.templates)
            .args([context, format!("{template}.html")]);
        Ok(Box::new(Process(Answering::start(&mut program)?)))
    }
}

/// A process that renders when it is asked to.
struct Process(Answering);

impl Renderer for Process {
    fn text(&mut self) -> Result<String, Fault> {
        Ok(serde_json::from_str(&self.0.answer("show")?)?)
    }

    fn repeat(&mut self, renderings: usize) -> Result<Duration, Fault> {
        let seconds: f64 = self.0.answer(&renderings.to_string())?.parse()?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }
}

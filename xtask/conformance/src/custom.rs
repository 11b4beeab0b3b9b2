//! The libraries of tags and filters that some cases load: a plugin like any other.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Stdio;

use cargo_metadata::Message;
use hotplate_template_build as template_build;
use hotplate_template_compiler::Source;
use hotplate_template_compiler::libraries::{BUILTIN, Library};

use crate::case::Case;
use xtask::failure::Failure;
use xtask::project;

/// The plugin that has them.
const PACKAGE: &str = "template-tags";
const FOLDER: &str = "tests/plugins/template-tags";

/// The plugin: what the compiler must know of it, and its built library.
#[derive(Default)]
pub(crate) struct Custom {
    /// What it defines, by the names that `load` knows it by.
    pub(crate) libraries: BTreeMap<String, Library>,
    /// The templates of its own tags, as though they were in a case's last layer.
    pub(crate) templates: Vec<Source>,
    pub(crate) artifact: Option<PathBuf>,
}

/// Whether a case loads libraries that are not Django's own.
pub(crate) fn is_needed(case: &Case) -> bool {
    let mut names = case.options.libraries.keys();
    !case.options.builtins.is_empty() || names.any(|name| !BUILTIN.contains(&name.as_str()))
}

impl Custom {
    /// Builds the plugin and reads what it offers; nothing if there is no such plugin.
    pub(crate) fn find() -> Result<Self, Failure> {
        let folder = project::root().join(FOLDER);
        if !folder.exists() {
            return Ok(Self::default());
        }
        let shown = folder.display();
        let libraries = template_build::libraries(&folder)
            .map_err(Failure::at(format!("cannot read the libraries of {shown}")))?;
        let templates = template_build::read_set(&template_build::template_root(&folder))
            .map_err(Failure::at(format!("cannot read the templates of {shown}")))?;
        Ok(Self {
            libraries,
            templates,
            artifact: Some(build()?),
        })
    }
}

fn build() -> Result<PathBuf, Failure> {
    let mut child = project::cargo()
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(["--package", PACKAGE])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::at("cannot run cargo"))?;
    let mut found = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            let message = message.map_err(Failure::at("cannot read what cargo says"))?;
            if let Message::CompilerArtifact(artifact) = message {
                let library = artifact.filenames.into_iter();
                let library = library.filter(|file| file.extension() == Some("so"));
                if artifact.target.name.replace('_', "-") == PACKAGE {
                    found = library.map(PathBuf::from).next().or(found);
                }
            }
        }
    }
    let status = child.wait().map_err(Failure::at("cannot wait for cargo"))?;
    found
        .filter(|_| status.success())
        .ok_or_else(|| Failure::new(format!("cargo could not build {PACKAGE}")))
}

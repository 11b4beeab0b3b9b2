//! The compiled templates of a plugin, kept between builds so that an edit costs what
//! the edit is worth.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use hotplate_template_build as template_build;
use hotplate_template_compiler as compiler;

use crate::event::Diagnostic;
use crate::recoder::Overlay;
use crate::sync::Arc;

/// All templates of one plugin, compiled to the intermediate form.
#[derive(Debug, Clone, Default)]
pub(crate) struct TemplateSet {
    templates: BTreeMap<String, Arc<compiler::CompiledTemplate>>,
    /// What the templates were compiled against.
    libraries: Arc<template_build::Scan>,
}

/// Why templates were not compiled.
#[derive(Debug)]
pub(crate) enum SetError {
    /// A file could not be read.
    Unreadable(io::Error),
    /// Mistakes in templates, all of them.
    Mistakes(Vec<Diagnostic>),
}

impl TemplateSet {
    /// Reads and compiles everything in a directory of a plugin, which may load
    /// `libraries`; what the overlay has counts in place of files.
    pub(crate) fn read(
        directory: &Path,
        libraries: Arc<template_build::Scan>,
        overlay: &Overlay,
    ) -> Result<Self, SetError> {
        let mut sources = template_build::read_set(directory).map_err(SetError::Unreadable)?;
        for name in overlay.template_names(directory) {
            sources.retain(|source| source.name != name);
            let text = overlay
                .get(&directory.join(name))
                .and_then(Option::as_deref);
            sources.extend(text.map(|text| template_build::source_of(text.to_owned(), name)));
        }
        let mut set = Self {
            libraries,
            ..Self::default()
        };
        set.compile(sources, directory)?;
        Ok(set)
    }

    /// The set after `files` in the directory changed, and the names of their templates.
    ///
    /// Nothing if the files alone do not tell, as when a name is not UTF-8 or a library that
    /// templates may load has changed.
    pub(crate) fn update(
        &self,
        directory: &Path,
        libraries: &template_build::Scan,
        files: &BTreeSet<PathBuf>,
        overlay: &Overlay,
    ) -> Result<Option<(Self, BTreeSet<String>)>, SetError> {
        if !self.is_compiled_with(libraries) {
            return Ok(None);
        }
        let mut set = self.clone();
        let mut names = BTreeSet::new();
        let mut sources = Vec::new();
        for file in files {
            let relative = file.strip_prefix(directory).ok().and_then(Path::to_str);
            let Some(name) = relative else {
                return Ok(None);
            };
            if name.split('/').any(template_build::is_passed_over) {
                continue;
            }
            let source = match overlay.get(file) {
                Some(Some(text)) => Ok(template_build::source_of(text.to_string(), name)),
                Some(None) => Err(io::ErrorKind::NotFound.into()),
                None => template_build::read_source(file, name),
            };
            match source {
                Ok(source) => sources.push(source),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    set.templates.remove(name);
                }
                Err(error) => return Err(SetError::Unreadable(error)),
            }
            names.insert(name.to_owned());
        }
        names.append(&mut set.compile(sources, directory)?);
        Ok(Some((set, names)))
    }

    /// Whether the templates could load just these libraries.
    pub(crate) fn is_compiled_with(&self, libraries: &template_build::Scan) -> bool {
        *self.libraries == *libraries
    }

    /// The crates whose structs the templates are rendered with.
    pub(crate) fn context_crates(&self) -> &[template_build::ContextCrate] {
        &self.libraries.context_crates
    }

    /// What is wrong with the structs that templates are rendered with; `sources` are
    /// templates that this set is to have.
    fn context_mistakes(&self, sources: &[compiler::Source]) -> Vec<Diagnostic> {
        let compiled = self.templates.keys().map(String::as_str);
        let sources = sources.iter().map(|source| source.name.as_str());
        let names: Vec<&str> = compiled.chain(sources).collect();
        let unknown = self.libraries.unknown_templates(&names);
        for warning in &unknown.warnings {
            tracing::warn!("{warning}");
        }
        let mistakes = self.libraries.context_mistakes.iter();
        mistakes.chain(&unknown.mistakes).map(in_source).collect()
    }

    /// Compiles templates of the set, and gives the names of those whose code for known types
    /// came to be another because of them.
    fn compile(
        &mut self,
        sources: Vec<compiler::Source>,
        directory: &Path,
    ) -> Result<BTreeSet<String>, SetError> {
        let options = self.libraries.options();
        let mut mistakes = self.context_mistakes(&sources);
        for source in sources {
            match compiler::compile(&source, &options) {
                Ok(template) => {
                    self.templates.insert(source.name, Arc::new(template));
                }
                Err(found) => mistakes.extend(
                    found
                        .iter()
                        .map(|mistake| diagnostic(mistake, &source, directory)),
                ),
            }
        }
        if mistakes.is_empty() {
            return Ok(self.agree(&options));
        }
        // A filter may be unknown because its attribute could not be read.
        let unread = self.libraries.mistakes.iter();
        let unread = unread.map(|mistake| Diagnostic::message(mistake.as_str()));
        Err(SetError::Mistakes(unread.chain(mistakes).collect()))
    }

    /// Makes code for known types of templates that others include or extend, and gives the
    /// names of those where it is another now.
    fn agree(&mut self, options: &compiler::Options) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let templates = self.templates.values().map(|template| &**template);
        for (name, template) in compiler::agree(templates, options) {
            self.templates.insert(name.clone(), Arc::new(template));
            names.insert(name);
        }
        names
    }

    /// A template by name.
    pub(crate) fn get(&self, name: &str) -> Option<&compiler::CompiledTemplate> {
        self.templates.get(name).map(|template| &**template)
    }

    /// The hash of every unit by name, but for those of some templates.
    pub(crate) fn hashes_without(&self, without: &BTreeSet<String>) -> BTreeMap<&str, u64> {
        let templates = self.templates.iter();
        let templates = templates.filter(|(name, _)| !without.contains(*name));
        let units = templates.flat_map(|(_, template)| &template.ir.units);
        units
            .map(|unit| (unit.name.as_str(), unit.hash()))
            .collect()
    }

    /// The names of all templates.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.templates.keys().cloned().collect()
    }
}

fn in_source(mistake: &template_build::SourceMistake) -> Diagnostic {
    let number = |number: usize| u32::try_from(number).ok();
    Diagnostic {
        file: Some(mistake.file.display().to_string()),
        line: number(mistake.line),
        column: number(mistake.column),
        message: mistake.message.clone(),
        rendered: format!("error: {mistake}\n"),
    }
}

fn diagnostic(
    mistake: &compiler::Diagnostic,
    source: &compiler::Source,
    directory: &Path,
) -> Diagnostic {
    let file = directory.join(&mistake.template).display().to_string();
    Diagnostic {
        line: Some(mistake.position.line),
        column: Some(mistake.position.column),
        message: mistake.message.clone(),
        rendered: mistake.render(&file, &source.text, compiler::Style::Plain),
        file: Some(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(set: &TemplateSet) -> Vec<String> {
        set.names().into_iter().collect()
    }

    #[test]
    fn an_update_reads_only_what_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        for name in ["a.html", "b.html", "sub/c.html"] {
            fs::write(path(name), name).unwrap();
        }
        let set = TemplateSet::read(directory.path(), Arc::default(), &Overlay::default()).unwrap();
        assert_eq!(names(&set), ["a.html", "b.html", "sub/c.html"]);

        fs::write(path("a.html"), "changed").unwrap();
        fs::write(path("b.html"), "{% broken but not asked for").unwrap();
        fs::remove_file(path("sub/c.html")).unwrap();
        fs::write(path("d.html~"), "an editor's").unwrap();
        let files = ["a.html", "sub/c.html", "d.html~"].map(path);
        let (set, touched) = set
            .update(
                directory.path(),
                &template_build::Scan::default(),
                &BTreeSet::from(files),
                &Overlay::default(),
            )
            .unwrap()
            .expect("the names tell all");
        assert_eq!(names(&set), ["a.html", "b.html"]);
        assert_eq!(
            touched,
            BTreeSet::from(["a.html".into(), "sub/c.html".into()])
        );
        let changed = set.get("a.html").expect("it is there");
        assert!(compiler::print(&[changed]).rust.contains("changed"));
    }

    #[test]
    fn a_struct_for_a_template_that_is_not_there_is_a_mistake() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "[package]\nname = \"site\"");
        write("templates/article.html", "x");
        let check = |path: &str, expected: Option<(u32, u32)>| {
            let text = format!(
                "extern crate self as site;\n#[derive(Template)]\n#[template(path = \"{path}\")]\n\
                 pub struct Page {{}}"
            );
            write("src/lib.rs", &text);
            let scan = template_build::package_libraries_with(directory.path(), &[]).unwrap();
            let set = TemplateSet::read(
                &directory.path().join("templates"),
                Arc::new(scan),
                &Overlay::default(),
            );
            let place = match set {
                Ok(_) => None,
                Err(SetError::Mistakes(mistakes)) => mistakes[0].line.zip(mistakes[0].column),
                Err(SetError::Unreadable(error)) => panic!("{error}"),
            };
            assert_eq!(place, expected, "{path}");
        };
        check("article.html", None);
        check("artcle.html", Some((4, 12)));
        check("of_another_plugin.html", None);
    }

    #[test]
    fn mistakes_name_the_file_and_the_line() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.html");
        fs::write(&file, "\n{% nope %}").unwrap();
        let Err(SetError::Mistakes(mistakes)) =
            TemplateSet::read(directory.path(), Arc::default(), &Overlay::default())
        else {
            panic!("the template is broken");
        };
        assert_eq!(mistakes[0].file.as_deref(), file.to_str());
        assert_eq!(mistakes[0].line, Some(2));
    }
}

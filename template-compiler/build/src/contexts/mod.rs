//! The structs that templates are rendered with, read from the source of the crates that
//! define them.
//!
//! Generated code names these structs, so a template's struct and all structs that it is
//! made of must be visible from outside their crate, and so must their fields.

mod crates;
mod modules;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hotplate_template_compiler::contexts::{Contexts, Field, Record};
use hotplate_template_compiler::nearest;

pub(crate) use crates::{find as find_crates, library_of};
use modules::{CrateTree, Struct, StructKey};
use types::Reader;

/// A crate whose structs are the contexts of a package's templates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextCrate {
    /// The name that the package's code knows it by.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// A mistake in Rust source, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceMistake {
    /// The file.
    pub file: PathBuf,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for SourceMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = (self.file.display(), self.line, self.column);
        write!(f, "{file}:{line}:{column}: {}", self.message)
    }
}

/// Structs for templates that a set does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownTemplates {
    /// Those whose template's name is near to that of one that has no struct: most likely
    /// it was mistyped.
    pub mistakes: Vec<SourceMistake>,
    /// The others, which may be meant for another plugin that uses the same crate.
    pub warnings: Vec<SourceMistake>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) contexts: Contexts,
    /// Where each template's struct says that it is the template's.
    pub(crate) places: BTreeMap<String, Place>,
    /// The crates that structs were taken from, and those that the manifest names.
    pub(crate) crates: Vec<ContextCrate>,
    pub(crate) mistakes: Vec<SourceMistake>,
    /// Files that are no Rust, which rustc tells better.
    pub(crate) unreadable: Vec<SourceMistake>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    fn mistake(&self, message: String) -> SourceMistake {
        SourceMistake {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            message,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Reads the structs of a package, which is the crate `own`, and of the `named` crates.
pub(crate) fn read(own: ContextCrate, named: &[ContextCrate]) -> io::Result<Found> {
    let mut found = Found::default();
    let mut trees = Vec::new();
    for context_crate in [&own].into_iter().chain(named) {
        let tree = CrateTree::read(context_crate, &mut found.unreadable)?;
        found.mistakes.extend(tree.mistakes.iter().cloned());
        trees.push(tree);
    }
    let reader = Reader::new(&trees);
    let mut pending = Vec::new();
    for (key, item) in reader.structs() {
        let Some(template) = &item.context.template else {
            continue;
        };
        let taken = found.contexts.templates.contains_key(template);
        if taken && let Some(other) = found.places.get(template) {
            found.mistakes.push(item.place.mistake(format!(
                "template '{template}' has another context already, at {other}: a template has \
                 one struct; derive `Context` for what other templates include"
            )));
            continue;
        }
        if let Some(path) = visible(&reader, key, item, &own.name, &mut found.mistakes) {
            let (template, place) = (template.clone(), item.place.clone());
            found.contexts.templates.insert(template.clone(), path);
            found.places.insert(template, place);
            pending.push(key);
        }
    }
    let mut uses_own = false;
    let mut told = BTreeSet::new();
    while let Some(key) = pending.pop() {
        let Some((item, path)) = reader.get(key).zip(reader.path(key)) else {
            continue;
        };
        if found.contexts.records.contains_key(path) {
            continue;
        }
        uses_own |= key.tree == 0;
        let mut fields = Vec::new();
        let mut inner = Vec::new();
        for field in &item.context.fields {
            if !field.is_public {
                found
                    .mistakes
                    .push(Place::of(item, field.ident.span()).mistake(format!(
                        "field `{}` of `{}` is private, and what a template compiles to is another \
                     crate: write `pub {}`, or take the field out of the struct",
                        field.name, item.context.name, field.ident
                    )));
            }
            fields.push(Field {
                name: field.name.clone(),
                ty: reader.read(key, &field.ty, &mut inner),
            });
        }
        found.contexts.records.insert(
            path.to_owned(),
            Record {
                lifetimes: item.context.lifetimes,
                fields,
                place: item.place.to_string(),
            },
        );
        for key in inner {
            let Some(item) = reader.get(key).filter(|_| told.insert(key)) else {
                continue;
            };
            if visible(&reader, key, item, &own.name, &mut found.mistakes).is_some() {
                pending.push(key);
            }
        }
    }
    found.crates.extend(uses_own.then_some(own));
    found.crates.extend(named.iter().cloned());
    Ok(found)
}

/// The path by which other crates know a struct; if there is none, that is a mistake.
fn visible(
    reader: &Reader<'_>,
    key: StructKey<'_>,
    item: &Struct,
    own: &str,
    mistakes: &mut Vec<SourceMistake>,
) -> Option<String> {
    let name = &item.context.name;
    let Some(path) = reader.path(key) else {
        let advice = match key.module.as_slice() {
            [] => "make it `pub`".to_owned(),
            modules => format!(
                "make it and the modules around it `pub`, or write `pub use {}::{name};` in the \
                 crate's root",
                modules.join("::")
            ),
        };
        mistakes.push(item.place.mistake(format!(
            "`{name}` cannot be seen from outside its crate, and what a template compiles to is \
             another crate: {advice}"
        )));
        return None;
    };
    if key.tree == 0 && !reader.names_itself() {
        mistakes.push(item.place.mistake(format!(
            "`{name}` is in the plugin's own crate: put it into a crate that host and plugin \
             share, named in `contexts` under [package.metadata.hotplate], or write `extern crate \
             self as {own};` in the plugin's root"
        )));
        return None;
    }
    Some(path.to_owned())
}

impl Place {
    fn of(item: &Struct, span: proc_macro2::Span) -> Self {
        let start = span.start();
        Self {
            file: item.place.file.clone(),
            line: start.line,
            column: start.column + 1,
        }
    }
}

/// Compares the templates that structs are for with those that there are.
pub(crate) fn unknown_templates(
    places: &BTreeMap<String, Place>,
    names: &[&str],
) -> UnknownTemplates {
    let mut unknown = UnknownTemplates::default();
    for (template, place) in places {
        if names.contains(&template.as_str()) {
            continue;
        }
        let without_struct = names.iter().filter(|name| !places.contains_key(**name));
        let message = format!("there is no template '{template}'");
        match nearest(template, without_struct.copied()) {
            Some(near) => {
                let message = format!("{message}; did you mean '{near}'?");
                unknown.mistakes.push(place.mistake(message));
            }
            None => unknown.warnings.push(place.mistake(message)),
        }
    }
    unknown
}

/// Whether a folder is a crate, as far as its files say.
fn is_crate(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

#[cfg(test)]
mod tests;

//! What a crate's libraries of filters and tags offer, read from its source.
//!
//! A template is compiled against the signatures of the filters and tags that it loads,
//! before the crate that defines them is. So they are read where they are written: the
//! attributes on functions of modules, in all files below `src`.

mod source;
mod spec;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use hotplate_template_compiler::Options;
use hotplate_template_compiler::contexts::Contexts;
use hotplate_template_compiler::libraries::Library;

use crate::contexts::{
    ContextCrate, Place, SourceMistake, UnknownTemplates, find_crates, library_of,
    read as read_contexts, unknown_templates,
};
use crate::{DEPTH_LIMIT, is_passed_over, named};

/// The environment variable with further folders to read libraries from, separated as in
/// `PATH`.
pub const LIBRARY_DIRS: &str = "HOTPLATE_LIBRARY_DIRS";

/// What was found in source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// The libraries by the names that `load` knows them by.
    pub libraries: BTreeMap<String, Library>,
    /// What stands in the way of knowing more: a file that is no Rust, a mistake in an
    /// attribute, a folder that is not there. They matter to templates that fail for
    /// want of what was not found; the compiler of the crate tells the others.
    pub mistakes: Vec<String>,
    /// The crates that were read.
    pub packages: Vec<PathBuf>,
    /// The libraries that the package's templates need not load.
    pub builtins: Vec<String>,
    /// How deep tags may be nested in the package's templates, if its manifest says so.
    pub nesting_limit: Option<usize>,
    /// The structs that templates are rendered with.
    pub contexts: Contexts,
    /// The crates that they are read from.
    pub context_crates: Vec<ContextCrate>,
    /// What is wrong with the structs. Unlike [`mistakes`](Self::mistakes), each of them
    /// matters: without its struct, a template would mean something else.
    pub context_mistakes: Vec<SourceMistake>,
    /// The workspace's manifest, if the package's refers to it.
    pub workspace_manifest: Option<PathBuf>,
    /// Where the struct of each template is.
    places: BTreeMap<String, Place>,
}

/// The libraries that the crate in this directory defines.
///
/// ```
/// # let package = tempfile::tempdir().unwrap();
/// # std::fs::create_dir(package.path().join("src")).unwrap();
/// std::fs::write(
///     package.path().join("src/prices.rs"),
///     "#[filter(is_safe)] fn euro(value: f64) -> String { format!(\"{value:.2} €\") }",
/// ).unwrap();
/// let libraries = hotplate_template_build::libraries(package.path()).unwrap();
/// assert!(libraries["prices"].filters["euro"].is_safe);
/// ```
///
/// # Errors
///
/// If a file cannot be read, is no Rust as far as can be told, or has a mistake in an
/// attribute; the error names the place.
pub fn libraries(directory: &Path) -> io::Result<BTreeMap<String, Library>> {
    let mut scan = Scan::default();
    scan.read(directory)?;
    if scan.mistakes.is_empty() {
        Ok(scan.libraries)
    } else {
        let message = scan.mistakes.join("\n");
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

/// All libraries that the templates of a package may load: those that it defines itself,
/// those of the crates that its manifest names, and those of the folders in the
/// environment variable [`LIBRARY_DIRS`]. Of two that define the same name, the one
/// named first counts.
///
/// The manifest can also say which libraries need no `load`, and how deep tags may be
/// nested:
///
/// ```toml
/// [package.metadata.hotplate]
/// libraries = ["../other"]
/// builtins = ["prices"]
/// nesting-limit = 400
/// ```
///
/// # Errors
///
/// If a file cannot be read, or the manifest is no TOML; the error names it.
pub fn package_libraries(package: &Path) -> io::Result<Scan> {
    let folders = env::var_os(LIBRARY_DIRS).unwrap_or_default();
    let folders = env::split_paths(&folders).filter(|path| !path.as_os_str().is_empty());
    package_libraries_with(package, &folders.collect::<Vec<_>>())
}

/// As [`package_libraries`], with these folders in place of those in the environment.
///
/// # Errors
///
/// As there.
pub fn package_libraries_with(package: &Path, folders: &[PathBuf]) -> io::Result<Scan> {
    let manifest = Manifest::read(package)?;
    let mut scan = Scan {
        builtins: manifest.builtins,
        nesting_limit: manifest.nesting_limit,
        ..Scan::default()
    };
    scan.read(package)?;
    for other in manifest.libraries {
        scan.read(&package.join(other))?;
    }
    for folder in folders {
        scan.read(folder)?;
    }
    scan.read_contexts(package, &manifest.table, &manifest.contexts)?;
    Ok(scan)
}

/// The crates that a package's manifest names as those of its templates' contexts.
///
/// ```toml
/// [dependencies]
/// site-contexts = { path = "../contexts" }
///
/// [package.metadata.hotplate]
/// contexts = ["site-contexts"]
/// ```
///
/// # Errors
///
/// If the manifest cannot be read, or names something that is no dependency with a path.
pub fn context_crates(package: &Path) -> io::Result<Vec<ContextCrate>> {
    let manifest = Manifest::read(package)?;
    let named = find_crates(package, &manifest.table, &manifest.contexts)?;
    Ok(named.crates)
}

impl Scan {
    /// What the package's templates are compiled with.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        options.libraries.clone_from(&self.libraries);
        options.builtins.clone_from(&self.builtins);
        options.nesting_limit = self.nesting_limit.unwrap_or(options.nesting_limit);
        options.contexts.clone_from(&self.contexts);
        options
    }

    /// The structs that are for templates which are not among `names`.
    pub fn unknown_templates(&self, names: &[&str]) -> UnknownTemplates {
        unknown_templates(&self.places, names)
    }

    /// Adds the structs of the package and of the crates that its manifest names.
    fn read_contexts(
        &mut self,
        package: &Path,
        manifest: &toml::Table,
        names: &[String],
    ) -> io::Result<()> {
        let named = find_crates(package, manifest, names)?;
        let own = ContextCrate {
            name: library_of(manifest),
            folder: package.to_owned(),
        };
        let found = read_contexts(own, &named.crates)?;
        for read in &found.crates {
            if !self.packages.contains(&read.folder) {
                self.packages.push(read.folder.clone());
            }
        }
        let unreadable = found.unreadable.iter().map(ToString::to_string);
        let unreadable: Vec<String> = unreadable
            .filter(|mistake| !self.mistakes.contains(mistake))
            .collect();
        self.mistakes.extend(unreadable);
        self.contexts = found.contexts;
        self.context_crates = found.crates;
        self.context_mistakes = found.mistakes;
        self.places = found.places;
        self.workspace_manifest = named.workspace;
        Ok(())
    }

    /// Adds the libraries of a crate.
    fn read(&mut self, package: &Path) -> io::Result<()> {
        if self.packages.iter().any(|known| known == package) {
            return Ok(());
        }
        if !package.is_dir() {
            let mistake = format!("{}: there is no such folder", package.display());
            self.mistakes.push(mistake);
            return Ok(());
        }
        self.packages.push(package.to_owned());
        let crate_name = Manifest::read(package)?.crate_name;
        for (path, modules) in source_files(&package.join("src"))? {
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.mistakes.push(named(&path, error).to_string());
                    continue;
                }
                Err(error) => return Err(named(&path, error)),
            };
            let found = source::read(&text, modules);
            let mistakes = found.mistakes.iter();
            let place = path.display();
            self.mistakes.extend(mistakes.map(|mistake| {
                let (line, column) = (mistake.line, mistake.column);
                format!("{place}:{line}:{column}: {}", mistake.message)
            }));
            for (modules, custom) in &found.customs {
                spec::add(&mut self.libraries, &crate_name, modules, custom);
            }
        }
        Ok(())
    }
}

/// What a package's manifest tells.
#[derive(Debug, Default)]
struct Manifest {
    table: toml::Table,
    crate_name: String,
    contexts: Vec<String>,
    libraries: Vec<String>,
    builtins: Vec<String>,
    nesting_limit: Option<usize>,
}

impl Manifest {
    /// Reads a package's manifest; a folder without one has nothing to tell.
    fn read(package: &Path) -> io::Result<Self> {
        let path = package.join("Cargo.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(named(&path, error)),
        };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let error = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
            named(&path, error)
        })?;
        let package = table.get("package");
        let metadata = package.and_then(|package| package.get("metadata")?.get("hotplate"));
        let setting = |name: &str| metadata.and_then(|metadata| metadata.get(name)).cloned();
        let wrong = |message: &str| {
            let message = format!("package.metadata.hotplate.{message}");
            named(&path, io::Error::new(io::ErrorKind::InvalidData, message))
        };
        let list = |name: &str, form: &str| match setting(name) {
            None => Ok(Vec::new()),
            Some(value) => value.try_into().map_err(|_| wrong(form)),
        };
        let nesting_limit = match setting("nesting-limit").map(toml::Value::try_into) {
            None => None,
            Some(Ok(limit)) => Some(limit),
            Some(Err(_)) => return Err(wrong("nesting-limit is a number: nesting-limit = 400")),
        };
        Ok(Self {
            crate_name: library_of(&table),
            contexts: list(
                "contexts",
                "contexts is a list of dependencies: contexts = [\"site-contexts\"]",
            )?,
            libraries: list(
                "libraries",
                "libraries is a list of folders: libraries = [\"../other\"]",
            )?,
            builtins: list(
                "builtins",
                "builtins is a list of libraries: builtins = [\"prices\"]",
            )?,
            nesting_limit,
            table,
        })
    }
}

/// The Rust files below a crate's `src`, in the order of their paths, with the modules
/// that they are.
pub(crate) fn source_files(source: &Path) -> io::Result<Vec<(PathBuf, Vec<String>)>> {
    let mut files = Vec::new();
    let mut pending = vec![(source.to_owned(), Vec::new())];
    while let Some((folder, modules)) = pending.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(named(&folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| named(&folder, error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                // No module has such a name.
                continue;
            };
            if is_passed_over(name) {
                continue;
            }
            if path.is_dir() {
                let is_program = modules.is_empty() && name == "bin";
                if !is_program && modules.len() < DEPTH_LIMIT {
                    let inside = [modules.as_slice(), &[name.to_owned()]].concat();
                    pending.push((path, inside));
                }
                continue;
            }
            let Some(stem) = name.strip_suffix(".rs") else {
                continue;
            };
            let is_own = stem == "mod" || (modules.is_empty() && matches!(stem, "lib" | "main"));
            let modules = if is_own {
                modules.clone()
            } else {
                [modules.as_slice(), &[stem.to_owned()]].concat()
            };
            files.push((path, modules));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;

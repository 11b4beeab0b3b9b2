//! Plugin directories as the command line names them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hotplate_template_compiler::{Options, Source};

use crate::failure::{Failure, with_sources};
use crate::problem::Problem;
use crate::suggest::did_you_mean;

/// A directory that looks like a plugin.
#[derive(Debug)]
pub(crate) struct PluginDir {
    /// As it was given.
    pub(crate) path: PathBuf,
    /// The package's name, or the folder's.
    pub(crate) name: String,
    /// Where its templates are, if it can have any.
    pub(crate) templates: PathBuf,
}

impl PluginDir {
    /// Looks at a directory without building anything.
    ///
    /// # Errors
    ///
    /// One line, if there is no such directory or it is no plugin.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(Failure::line(format_args!("{shown} is not a directory"))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Failure::line(format_args!("there is no directory {shown}")));
            }
            Err(error) => return Err(Failure::line(format_args!("cannot read {shown}: {error}"))),
        }
        let manifest = path.join("Cargo.toml");
        if manifest.is_file() {
            let name = package_name(&manifest)?;
            return Ok(Self {
                path: path.to_owned(),
                name,
                templates: path.join("templates"),
            });
        }
        let folder = Self {
            path: path.to_owned(),
            name: folder_name(path)?,
            templates: hotplate_template_build::template_root(path),
        };
        if folder.sources()?.is_empty() {
            return Err(Failure::line(format_args!(
                "{shown} is not a plugin: it has neither a Cargo.toml nor templates"
            )));
        }
        Ok(folder)
    }

    /// The plugin's templates; none if it is a crate without any.
    ///
    /// # Errors
    ///
    /// One line, if they cannot be read.
    pub(crate) fn sources(&self) -> Result<Vec<Source>, Failure> {
        if !self.templates.is_dir() {
            return Ok(Vec::new());
        }
        hotplate_template_build::read_set(&self.templates)
            .map_err(|error| Failure::line(with_sources(&error)))
    }

    /// What the templates are compiled with: the libraries that they may load.
    ///
    /// # Errors
    ///
    /// One line, if the sources of the libraries cannot be read, or have mistakes.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let scan = hotplate_template_build::package_libraries(&self.path)
            .map_err(|error| Failure::line(with_sources(&error)))?;
        if !scan.mistakes.is_empty() {
            return Err(Failure::line(scan.mistakes.join("; ")));
        }
        Ok(scan.options())
    }

    /// Makes sure that there is a template of this name; what stands after a `#` names a
    /// partial of it.
    ///
    /// # Errors
    ///
    /// One line with similar names, if there is not.
    pub(crate) fn require_template(&self, name: &str) -> Result<(), Failure> {
        let sources = self.sources()?;
        let template = template_of(name);
        if sources.iter().any(|source| source.name == template) {
            return Ok(());
        }
        let names = sources.iter().map(|source| source.name.as_str());
        Err(Failure::line(format_args!(
            "there is no template {name} in {}{}",
            self.path.display(),
            did_you_mean(name, names)
        )))
    }
}

/// The template that a name means, without the partial after a `#`.
pub(crate) fn template_of(name: &str) -> &str {
    name.split('#').next().unwrap_or(name)
}

/// Makes sure that plugins can be built.
///
/// # Errors
///
/// One line, if there is no cargo.
pub(crate) fn require_cargo() -> Result<(), Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("cargo{}", std::env::consts::EXE_SUFFIX);
    if std::env::split_paths(&path).any(|directory| directory.join(&name).is_file()) {
        return Ok(());
    }
    Err(Failure::line(
        "there is no cargo on the PATH; install Rust from https://rustup.rs",
    ))
}

fn folder_name(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let absolute = std::path::absolute(path)
        .map_err(|error| Failure::line(format_args!("cannot find {shown}: {error}")))?;
    let real = absolute
        .canonicalize()
        .map_err(|error| Failure::line(format_args!("cannot read {shown}: {error}")))?;
    let name = absolute.file_name().or(real.file_name());
    Ok(as_package_name(&name.unwrap_or_default().to_string_lossy()))
}

/// The name that a host gives to the plugin that it makes of a folder.
fn as_package_name(folder: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mapped = folder.chars().map(|c| if allowed(c) { c } else { '-' });
    let name: String = mapped.take(64).collect();
    match name.trim_matches('-') {
        "" => "templates".to_owned(),
        name if name.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("templates-{name}")
        }
        name => name.to_owned(),
    }
}

/// The name of a plugin crate.
fn package_name(manifest: &Path) -> Result<String, Failure> {
    let shown = manifest.display();
    let text = fs::read_to_string(manifest)
        .map_err(|error| Failure::line(format_args!("cannot read {shown}: {error}")))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let file = shown.to_string();
        let problem = Problem::at(&file, &text, error.span().unwrap_or(0..0), error.message());
        Failure::line(format_args!(
            "{}: {}",
            problem.place().unwrap_or_default(),
            problem.message
        ))
    })?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str)
        .ok_or_else(|| Failure::line(format_args!("{shown} describes no package")))?;
    let is_library = table
        .get("lib")
        .and_then(|library| library.get("crate-type"))
        .and_then(toml::Value::as_array)
        .is_some_and(|types| types.iter().any(|kind| kind.as_str() == Some("cdylib")));
    if !is_library {
        return Err(Failure::line(format_args!(
            "{name} is not a plugin: {shown} has no [lib] with crate-type = [\"cdylib\"]"
        )));
    }
    Ok(name.to_owned())
}

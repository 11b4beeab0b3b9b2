//! Template sets on disk: reading them, and compiling them in build scripts.
//!
//! A plugin crate of templates has a folder `templates/`, a `build.rs` that is
//! `fn main() { hotplate_template_build::build_script(); }`, and in its `src/lib.rs`
//!
//! ```ignore
//! mod templates {
//!     include!(concat!(env!("OUT_DIR"), "/templates.rs"));
//! }
//! hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);
//! ```

mod contexts;
mod items;
mod libraries;

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

pub use contexts::{ContextCrate, SourceMistake, UnknownTemplates};
pub use libraries::{
    LIBRARY_DIRS, Scan, context_crates, libraries, package_libraries, package_libraries_with,
};

use hotplate_template_compiler::{Source, Style, compile_set, warnings};

/// Where a plain folder keeps its templates: in `templates/` if there is such a folder in
/// it, so that other files can lie beside, else in the folder itself.
pub fn template_root(folder: &Path) -> PathBuf {
    let inner = folder.join("templates");
    if inner.is_dir() {
        inner
    } else {
        folder.to_owned()
    }
}

/// Reads all templates under a directory, in the order of their names.
///
/// Hidden files and what editors leave beside a file they write are passed over. Line
/// ends become line feeds, as when Django reads a file; a byte order mark stays.
///
/// # Errors
///
/// If a directory or file cannot be read, or a file's name or text is not UTF-8; the
/// error names the file.
pub fn read_set(directory: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut pending = vec![(directory.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = pending.pop() {
        if depth > DEPTH_LIMIT {
            let message = "it is too deep: a link may lead back to a folder around it";
            let error = io::Error::new(io::ErrorKind::InvalidInput, message);
            return Err(named(&folder, error));
        }
        let entries = fs::read_dir(&folder).map_err(|error| named(&folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| named(&folder, error))?.path();
            let file_name = path.file_name().unwrap_or_default();
            let Some(file_name) = file_name.to_str() else {
                let error = io::Error::new(io::ErrorKind::InvalidData, "its name is not UTF-8");
                return Err(named(&path, error));
            };
            if is_passed_over(file_name) {
                continue;
            }
            let name = format!("{prefix}{file_name}");
            // Follows links, as an editor's save through a link must.
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(_) if has_gone(&path) => continue,
                Err(error) => return Err(named(&path, error)),
            };
            if metadata.is_dir() {
                pending.push((path, format!("{name}/"), depth + 1));
                continue;
            }
            match read_source(&path, name) {
                Ok(source) => sources.push(source),
                Err(_) if has_gone(&path) => {}
                Err(error) => return Err(error),
            }
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// How deep folders may be nested.
const DEPTH_LIMIT: usize = 60;

/// Whether a file was removed or renamed since its folder was read.
fn has_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Reads one template under the name it has in its set.
///
/// # Errors
///
/// As for [`read_set`].
pub fn read_source(path: &Path, name: impl Into<String>) -> io::Result<Source> {
    let metadata = fs::metadata(path).map_err(|error| named(path, error))?;
    if !metadata.is_file() {
        // Reading a pipe could wait for ever.
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file");
        return Err(named(path, error));
    }
    let bytes = fs::read(path).map_err(|error| named(path, error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let message = format!("it is not UTF-8 from byte {place} on");
        named(path, io::Error::new(io::ErrorKind::InvalidData, message))
    })?;
    Ok(source_of(text, name))
}

/// Makes one template of the text of a file, under the name it has in its set.
pub fn source_of(text: String, name: impl Into<String>) -> Source {
    Source::new(name, with_line_feeds(text))
}

/// Whether a file is no template: hidden, or an editor's temporary file.
pub fn is_passed_over(file_name: &str) -> bool {
    file_name.starts_with('.')
        || file_name.ends_with('~')
        || file_name.ends_with(".swp")
        || (file_name.starts_with('#') && file_name.ends_with('#'))
        || file_name == "4913"
}

/// What opening a file in text mode does in Python.
fn with_line_feeds(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The whole build script of a plugin crate: compiles `templates/` of the package into
/// `templates.rs` of its output directory.
///
/// Templates can load the libraries that [`package_libraries`] finds, and are compiled for
/// the structs that it finds.
///
/// Mistakes in templates are printed as errors of cargo, and the process exits with
/// status 1; so it does if a file cannot be read or written.
#[expect(
    clippy::print_stdout,
    reason = "cargo reads a build script's standard output"
)]
pub fn build_script() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-env-changed={LIBRARY_DIRS}");
    if let Err(messages) = build() {
        for message in messages {
            tell_cargo("error", &message);
        }
        process::exit(1);
    }
}

fn build() -> Result<(), Vec<String>> {
    let failed = |error: io::Error| vec![format!("failed to read the templates: {error}")];
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let directory = package.join("templates");
    let sources = read_set(&directory).map_err(failed)?;
    let scan = package_libraries(&package)
        .map_err(|error| vec![format!("failed to read the libraries: {error}")])?;
    for package in &scan.packages {
        watch(&package.join("src"));
        watch(&package.join("Cargo.toml"));
    }
    if let Some(manifest) = &scan.workspace_manifest {
        watch(manifest);
    }
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let unknown = scan.unknown_templates(&names);
    let refused = scan.context_mistakes.iter().chain(&unknown.mistakes);
    let mut refused: Vec<String> = refused.map(ToString::to_string).collect();
    let options = scan.options();
    let render = |diagnostic: &hotplate_template_compiler::Diagnostic| {
        let source = sources
            .iter()
            .find(|source| source.name == diagnostic.template);
        let text = source.map_or("", |source| &source.text);
        let path = format!("templates/{}", diagnostic.template);
        diagnostic.render(&path, text, Style::Plain)
    };
    let set = match compile_set(&sources, &options) {
        Ok(set) if refused.is_empty() => set,
        Ok(_) => return Err(refused),
        Err(mistakes) => {
            // A filter may be unknown because its attribute could not be read.
            refused.extend(scan.mistakes.iter().cloned());
            refused.extend(mistakes.iter().map(render));
            return Err(refused);
        }
    };
    for warning in &unknown.warnings {
        tell_cargo("warning", &warning.to_string());
    }
    for warning in warnings(&sources, &options) {
        tell_cargo("warning", &render(&warning));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("templates.rs");
    fs::write(&out, set.rust).map_err(|error| vec![named(&out, error).to_string()])
}

/// Has cargo run the build script again when a file or folder changes.
#[expect(
    clippy::print_stdout,
    reason = "cargo reads a build script's standard output"
)]
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// Prints a message that cargo shows; each of its lines is a message to cargo.
#[expect(
    clippy::print_stdout,
    reason = "cargo reads a build script's standard output"
)]
fn tell_cargo(kind: &str, message: &str) {
    for line in message.lines() {
        println!("cargo::{kind}={line}");
    }
}

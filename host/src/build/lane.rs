//! The template lane: rustc called directly, for patches of a few templates.
//!
//! It compiles against the runtime's libraries that cargo has built already, at the
//! paths that cargo's own messages gave, with the settings that cargo was given.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use hotplate_template_build::ContextCrate;

use super::command::CancelToken;
use super::environment::clean;
use super::rustc::{RustcError, run_rustc};
use super::{OPT_LEVEL, TYPED_OPT_LEVEL};
use crate::sync::{Arc, OnceLock};

/// The crates that generated code uses, by the names of their libraries.
const RUNTIME: [&str; 2] = ["hotplate_plugin_api", "hotplate_template_runtime"];

/// How many of rustc's messages are kept.
const MOST_MESSAGES: usize = 20;

/// Where cargo has put the crates that generated code uses, by the names that it uses them
/// under.
#[derive(Debug, Clone)]
pub(crate) struct RuntimeLibraries {
    libraries: Vec<(String, PathBuf)>,
    /// Whether structs are among them, for which typed code is made.
    has_contexts: bool,
    fingerprint: Arc<OnceLock<Option<blake3::Hash>>>,
}

impl RuntimeLibraries {
    /// Whether they still are where cargo has put them. `cargo clean` takes them away.
    pub(crate) fn are_there(&self) -> bool {
        self.libraries.iter().all(|(_, path)| path.is_file())
    }

    /// The hash of the libraries' contents, which tell the compiler and its settings too;
    /// nothing if they cannot be read.
    pub(crate) fn fingerprint(&self) -> Option<blake3::Hash> {
        *self.fingerprint.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            for (name, path) in &self.libraries {
                hasher.update(name.as_bytes());
                hasher.update(&fs::read(path).ok()?);
            }
            Some(hasher.finalize())
        })
    }

    /// These libraries, and those of the crates whose structs templates are rendered with.
    /// Nothing if cargo did not say where one of them is.
    pub(crate) fn with_contexts(
        &self,
        contexts: &[ContextCrate],
        built: &BuiltCrates,
    ) -> Option<Self> {
        if contexts.is_empty() {
            return Some(self.clone());
        }
        let mut libraries = self.libraries.clone();
        for context in contexts {
            libraries.push((
                context.name.clone(),
                built.library(&context.folder)?.to_owned(),
            ));
        }
        Some(Self {
            libraries,
            has_contexts: true,
            fingerprint: Arc::default(),
        })
    }
}

/// The Rust libraries of all crates that cargo has built, by their folders.
#[derive(Debug, Clone, Default)]
pub(crate) struct BuiltCrates(BTreeMap<PathBuf, PathBuf>);

impl BuiltCrates {
    /// Takes what cargo says of the crate with this manifest.
    pub(super) fn notice<'f>(
        &mut self,
        manifest: &Path,
        mut files: impl Iterator<Item = &'f Path>,
    ) {
        if let Some(folder) = manifest.parent()
            && let Some(file) = files.find(|file| is_rust_library(file))
        {
            self.0.insert(folder.to_owned(), file.to_owned());
        }
    }

    fn library(&self, folder: &Path) -> Option<&Path> {
        let found = self.0.get(folder);
        let found = found.or_else(|| {
            // Either of the two paths may lead through links.
            let real = folder.canonicalize().ok()?;
            let mut built = self.0.iter();
            let is_it = |path: &Path| path.canonicalize().is_ok_and(|path| path == real);
            built.find(|(path, _)| is_it(path)).map(|(_, file)| file)
        });
        found.map(PathBuf::as_path)
    }
}

fn is_rust_library(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "rlib")
}

/// Finds the runtime among what cargo says it has built.
#[derive(Debug, Default)]
pub(super) struct RuntimeFinder {
    found: Vec<(String, PathBuf)>,
}

impl RuntimeFinder {
    pub(super) fn notice<'f>(&mut self, target: &str, files: impl Iterator<Item = &'f Path>) {
        let Some(name) = RUNTIME.into_iter().find(|name| *name == target) else {
            return;
        };
        let mut files = files.filter(|file| is_rust_library(file));
        if let Some(file) = files.next() {
            self.found.retain(|(known, _)| known != name);
            self.found.push((name.to_owned(), file.to_owned()));
        }
    }

    /// The libraries, if all were seen.
    pub(super) fn finish(self) -> Option<RuntimeLibraries> {
        (self.found.len() == RUNTIME.len()).then(|| RuntimeLibraries {
            libraries: self.found,
            has_contexts: false,
            fingerprint: Arc::default(),
        })
    }
}

/// Why there is no patch library.
#[derive(Debug)]
pub(crate) enum LaneError {
    /// The build's token was used.
    Cancelled,
    /// rustc could not be run.
    Failed(String),
    /// rustc refused the text.
    Refused(Vec<RustcMessage>),
}

/// One error of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RustcMessage {
    pub(crate) text: String,
    /// The line in the text that was given, from one.
    pub(crate) line: Option<u32>,
    /// The whole message for people.
    pub(crate) rendered: String,
}

/// One run of rustc.
#[derive(Debug)]
pub(crate) struct PatchBuild<'b> {
    /// The cargo whose rustc is called.
    pub(crate) cargo: &'b Path,
    pub(crate) runtime: &'b RuntimeLibraries,
    /// The plugin that the patch is for.
    pub(crate) plugin: &'b str,
    /// What the template compiler printed.
    pub(crate) rust: &'b str,
    /// An empty directory to work in.
    pub(crate) directory: &'b Path,
    pub(crate) timeout: Duration,
}

impl PatchBuild<'_> {
    /// Compiles the patch and gives the library's path.
    pub(crate) fn run(&self, cancel: &CancelToken) -> Result<PathBuf, LaneError> {
        let failed = |error: io::Error| LaneError::Failed(error.to_string());
        let source = self.directory.join("patch.rs");
        fs::write(&source, patch_crate(self.rust)).map_err(failed)?;
        let library = self.directory.join("patch.so");
        let mut command = self.command(&source, &library);
        let ended = run_rustc(
            &mut command,
            self.timeout,
            cancel,
            MOST_MESSAGES,
            read_message,
        );
        match ended {
            Ok(()) => Ok(library),
            Err(RustcError::Refused(messages)) => Err(LaneError::Refused(messages)),
            Err(RustcError::Failed(message)) => Err(LaneError::Failed(message)),
            Err(RustcError::Cancelled) => Err(LaneError::Cancelled),
            Err(RustcError::TimedOut(limit)) => Err(LaneError::Failed(format!(
                "rustc did not end within {limit:?}"
            ))),
        }
    }

    fn command(&self, source: &Path, library: &Path) -> Command {
        let level = if self.runtime.has_contexts {
            TYPED_OPT_LEVEL
        } else {
            OPT_LEVEL
        };
        let mut command = Command::new(rustc(self.cargo));
        clean(&mut command);
        command
            .current_dir(self.directory)
            .env("CARGO_PKG_NAME", self.plugin)
            .env("CARGO_CRATE_NAME", PATCH_CRATE)
            .args(["--crate-name", PATCH_CRATE, "--edition=2024"])
            .args([
                "--crate-type=cdylib",
                "--cap-lints=allow",
                "--error-format=json",
            ])
            .arg(format!("-Copt-level={level}"))
            .args(["-Cdebuginfo=0", "-Cstrip=debuginfo"])
            .args(["-Cpanic=unwind", "-Cembed-bitcode=no", "-Clto=off"]);
        let mut folders = BTreeSet::new();
        for (name, library) in &self.runtime.libraries {
            let mut external = OsString::from(format!("{name}="));
            external.push(library);
            command.arg("--extern").arg(external);
            folders.extend(library.parent());
        }
        for folder in folders {
            command.arg("-L").arg(dependencies(folder));
        }
        command.args(rust_flags().split_whitespace());
        command.arg("-o").arg(library).arg(source);
        command
    }
}

/// The name of the crate that a patch is compiled as.
pub(crate) const PATCH_CRATE: &str = "hotplate_patch";

/// What stands before the generated text, on lines of its own.
const BEFORE: &str = "mod templates {\n";

fn patch_crate(rust: &str) -> String {
    format!(
        "{BEFORE}{rust}\n}}\n\n\
         hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);\n"
    )
}

/// An error as a message about the generated text; nothing for warnings and summaries.
fn read_message(found: Diagnostic) -> Option<RustcMessage> {
    if !matches!(found.level, DiagnosticLevel::Error | DiagnosticLevel::Ice) {
        return None;
    }
    let place = found.spans.iter().find(|span| span.is_primary);
    if place.is_none() && found.message.starts_with("aborting due to") {
        return None;
    }
    let before = BEFORE.lines().count();
    let line = place.and_then(|place| u32::try_from(place.line_start.checked_sub(before)?).ok());
    Some(RustcMessage {
        rendered: found.rendered.unwrap_or_default(),
        text: found.message,
        line,
    })
}

/// The flags that the environment asks for, which cargo heeds too.
pub(crate) fn rust_flags() -> String {
    let flags = std::env::var_os("RUSTFLAGS").unwrap_or_default();
    flags.to_string_lossy().into_owned()
}

fn dependencies(folder: &Path) -> OsString {
    let mut search = OsString::from("dependency=");
    search.push(folder);
    search
}

/// The rustc that belongs to a cargo.
fn rustc(cargo: &Path) -> PathBuf {
    if let Some(rustc) = std::env::var_os("RUSTC") {
        return rustc.into();
    }
    let beside = cargo.with_file_name("rustc");
    if cargo.is_absolute() && beside.is_file() {
        beside
    } else {
        PathBuf::from("rustc")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_was_cleaned_away_is_noticed() {
        let directory = tempfile::tempdir().expect("there is room");
        let mut finder = RuntimeFinder::default();
        for name in RUNTIME {
            let file = directory.path().join(format!("lib{name}.rlib"));
            fs::write(&file, name).expect("there is room");
            finder.notice(name, [file.as_path()].into_iter());
        }
        let runtime = finder.finish().expect("all were seen");
        assert!(runtime.are_there());
        let lost = format!("lib{}.rlib", RUNTIME[1]);
        fs::remove_file(directory.path().join(lost)).expect("it is there");
        assert!(!runtime.are_there());
    }

    #[test]
    fn rustc_is_told_where_the_crates_of_contexts_are() {
        let directory = tempfile::tempdir().expect("there is room");
        let path = |name: &str| directory.path().join(name);
        let mut finder = RuntimeFinder::default();
        for name in RUNTIME {
            let file = path(&format!("lib{name}.rlib"));
            fs::write(&file, name).expect("there is room");
            finder.notice(name, [file.as_path()].into_iter());
        }
        let runtime = finder.finish().expect("all were seen");
        let mut built = BuiltCrates::default();
        let library = path("deps/libreal_name-1.rlib");
        fs::create_dir_all(path("deps")).expect("there is room");
        fs::write(&library, "one").expect("there is room");
        let files = [path("deps/libreal_name-1.rmeta"), library.clone()];
        built.notice(
            &path("contexts/Cargo.toml"),
            files.iter().map(PathBuf::as_path),
        );
        let contexts = |folder: &str| {
            let scan = directory.path().join("site");
            fs::create_dir_all(scan.join("src")).expect("there is room");
            fs::create_dir_all(path("contexts")).expect("there is room");
            let named = "[package]\nname = \"real-name\"\n";
            fs::write(path("contexts/Cargo.toml"), named).expect("there is room");
            let manifest = format!(
                "[package]\nname = \"site\"\n[dependencies]\ndata = {{ path = \"../{folder}\", \
                 package = \"real-name\" }}\n[package.metadata.hotplate]\ncontexts = [\"data\"]\n"
            );
            fs::write(scan.join("Cargo.toml"), manifest).expect("there is room");
            hotplate_template_build::context_crates(&scan).expect("the manifest is good")
        };
        let contexts = contexts("contexts");
        assert!(
            runtime
                .with_contexts(&contexts, &BuiltCrates::default())
                .is_none()
        );
        let with = runtime
            .with_contexts(&contexts, &built)
            .expect("it is built");
        let build = PatchBuild {
            cargo: Path::new("cargo"),
            runtime: &with,
            plugin: "site",
            rust: "",
            directory: directory.path(),
            timeout: Duration::from_secs(1),
        };
        let command = build.command(Path::new("patch.rs"), Path::new("patch.so"));
        let arguments: Vec<String> = command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let expected = [
            ["--extern", &format!("data={}", library.display())],
            ["-L", &format!("dependency={}", path("deps").display())],
        ];
        for pair in expected {
            assert!(
                arguments.windows(2).any(|found| found == pair),
                "{arguments:?}"
            );
        }

        // What the structs' crate is belongs to what a patch depends on.
        let before = with.fingerprint();
        assert_ne!(before, runtime.fingerprint());
        fs::write(&library, "two").expect("there is room");
        let again = runtime
            .with_contexts(&contexts, &built)
            .expect("it is built");
        assert_ne!(again.fingerprint(), before);
    }
}

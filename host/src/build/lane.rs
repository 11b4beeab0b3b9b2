//! The template lane: rustc called directly, for patches of a few templates.
//!
//! It compiles against the runtime's libraries that cargo has built already, at the
//! paths that cargo's own messages gave, with the settings that cargo was given.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{CancelToken, CommandError, Stream, run as run_command};
use super::environment::clean;

/// The crates that generated code uses, by the names of their libraries.
const RUNTIME: [&str; 2] = ["hotplate_plugin_api", "hotplate_template_runtime"];

/// What rustc prints is kept up to here.
const MOST_TEXT: usize = 64 << 10;

/// Where cargo has put the crates that generated code uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuntimeLibraries {
    libraries: Vec<(&'static str, PathBuf)>,
}

/// Finds the runtime among what cargo says it has built.
#[derive(Debug, Default)]
pub(super) struct RuntimeFinder {
    found: Vec<(&'static str, PathBuf)>,
}

impl RuntimeFinder {
    pub(super) fn notice<'f>(&mut self, target: &str, files: impl Iterator<Item = &'f Path>) {
        let Some(name) = RUNTIME.into_iter().find(|name| *name == target) else {
            return;
        };
        let mut files = files.filter(|file| file.extension().is_some_and(|end| end == "rlib"));
        if let Some(file) = files.next() {
            self.found.retain(|(known, _)| *known != name);
            self.found.push((name, file.to_owned()));
        }
    }

    /// The libraries, if all were seen.
    pub(super) fn finish(self) -> Option<RuntimeLibraries> {
        (self.found.len() == RUNTIME.len()).then_some(RuntimeLibraries {
            libraries: self.found,
        })
    }
}

/// Why there is no patch library.
#[derive(Debug)]
pub(crate) enum LaneError {
    /// The build's token was used.
    Cancelled,
    /// rustc could not be run, or refused the text; cargo may still know better.
    Failed(String),
}

impl fmt::Display for LaneError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaneError::Cancelled => formatter.write_str("the build was cancelled"),
            LaneError::Failed(text) => formatter.write_str(text),
        }
    }
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
        let mut text = String::new();
        let mut command = self.command(&source, &library);
        let ended = run_command(
            &mut command,
            Some(self.timeout),
            cancel,
            &mut |_: Stream, line: &[u8]| {
                if text.len() < MOST_TEXT {
                    text.push_str(&String::from_utf8_lossy(line));
                    text.push('\n');
                }
            },
        );
        match ended {
            Ok(status) if status.success() => Ok(library),
            Ok(status) => Err(LaneError::Failed(format!("rustc: {status}\n{text}"))),
            Err(CommandError::Cancelled) => Err(LaneError::Cancelled),
            Err(CommandError::Missing(error) | CommandError::Failed(error)) => Err(failed(error)),
            Err(CommandError::TimedOut(limit)) => Err(LaneError::Failed(format!(
                "rustc did not end within {limit:?}"
            ))),
        }
    }

    fn command(&self, source: &Path, library: &Path) -> Command {
        let mut command = Command::new(rustc(self.cargo));
        clean(&mut command);
        command
            .current_dir(self.directory)
            .env("CARGO_PKG_NAME", self.plugin)
            .env("CARGO_CRATE_NAME", CRATE_NAME)
            .args(["--crate-name", CRATE_NAME, "--edition=2024"])
            .args(["--crate-type=cdylib", "--cap-lints=allow", "--color=never"])
            .args(["-Copt-level=1", "-Cdebuginfo=0", "-Cstrip=debuginfo"])
            .args(["-Cpanic=unwind", "-Cembed-bitcode=no"]);
        for (name, library) in &self.runtime.libraries {
            let mut external = OsString::from(format!("{name}="));
            external.push(library);
            command.arg("--extern").arg(external);
            if let Some(folder) = library.parent() {
                command.arg("-L").arg(dependencies(folder));
            }
        }
        if let Some(flags) = std::env::var_os("RUSTFLAGS") {
            command.args(flags.to_string_lossy().split_whitespace());
        }
        command.arg("-o").arg(library).arg(source);
        command
    }
}

const CRATE_NAME: &str = "hotplate_patch";

fn patch_crate(rust: &str) -> String {
    format!(
        "mod templates {{\n{rust}\n}}\n\n\
         hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);\n"
    )
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

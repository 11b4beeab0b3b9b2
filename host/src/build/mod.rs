//! The cargo lane: one `cargo build` for all plugins of a workspace.
//!
//! Libraries are found through cargo's own messages, and only after cargo has
//! ended: while it links, the file may be missing or half written.

mod command;
mod diagnostic;
mod environment;
mod lane;
mod recording;
mod replay;
mod rustc;

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use cargo_metadata::{CompilerMessage, CrateType, Message};
use hotplate_template_build::{LIBRARY_DIRS, context_crates};

pub(crate) use command::{CancelToken, CommandError, Stream, run as run_command};
pub(crate) use diagnostic::{BuildDiagnostic, ErrorText, Level};
pub(crate) use environment::{clean as clean_environment, default_cargo};
use lane::RuntimeFinder;
pub(crate) use lane::{
    BuiltCrates, LaneError, PATCH_CRATE, PatchBuild, RuntimeLibraries, RustcMessage, rust_flags,
};
pub(crate) use recording::Recording;
pub(crate) use replay::{Mirror, Replay};

use diagnostic::status_line;

/// The profile that plugins are built with, as `cargo build --config` takes it. Who builds
/// libraries for [`Builder::artifacts`](crate::Builder::artifacts) elsewhere may use it too.
///
/// Unoptimised code is never published, and a panic must stay a panic. Optimising across
/// the parts of a crate would take a fifth of the time of an edit; what every template
/// calls is compiled once, and so as fast as it can be. Assertions that are meant for
/// debugging would take a fifth of the time of a rendering, as they check each load and
/// store of what is inlined from the runtime.
pub const PLUGIN_PROFILE: [&str; 12] = [
    "profile.dev.opt-level=1",
    "profile.dev.debug-assertions=false",
    "profile.dev.lto=\"off\"",
    "profile.dev.debug=false",
    "profile.dev.strip=\"debuginfo\"",
    "profile.dev.panic=\"unwind\"",
    "profile.dev.package.hotplate-plugin-api.opt-level=3",
    "profile.dev.package.hotplate-template-runtime.opt-level=3",
    "profile.dev.package.hotplate-plugin-api.overflow-checks=false",
    "profile.dev.package.hotplate-template-runtime.overflow-checks=false",
    // In several parts, nothing of one would be inlined into another.
    "profile.dev.package.hotplate-plugin-api.codegen-units=1",
    "profile.dev.package.hotplate-template-runtime.codegen-units=1",
];

/// How much code is optimised that calls the runtime for all that it does, as
/// [`PLUGIN_PROFILE`] says.
const OPT_LEVEL: u8 = 1;

/// How much code is optimised that reads structs and writes text itself: at the lower level its
/// loops take nearly twice as long.
const TYPED_OPT_LEVEL: u8 = 3;

/// Lines of progress beyond this are dropped: no real build prints as many.
const MOST_PROGRESS_LINES: usize = 10_000;

/// Diagnostics beyond this are dropped, and so is text beyond the second figure.
const MOST_DIAGNOSTICS: usize = 200;
const MOST_DIAGNOSTIC_TEXT: usize = 4 << 20;

/// One package to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildPackage {
    /// The package's name, which is the plugin's.
    pub(crate) name: String,
    /// What cargo calls the package in its messages.
    pub(crate) package_id: String,
    /// The directory of the package's manifest.
    pub(crate) directory: PathBuf,
}

/// One run of cargo.
#[derive(Debug, Clone)]
pub(crate) struct CargoBuild {
    /// The program: [`default_cargo`], unless a test puts another in its place.
    pub(crate) cargo: PathBuf,
    /// Where cargo runs, so that the workspace's own configuration counts.
    pub(crate) workspace_root: PathBuf,
    /// All of this workspace.
    pub(crate) packages: Vec<BuildPackage>,
    /// A directory that no other workspace's builds go to.
    pub(crate) target_directory: PathBuf,
    /// Crates whose filters and tags the templates of all packages may load.
    pub(crate) libraries: Vec<PathBuf>,
    /// Whether cargo may not use the network.
    pub(crate) offline: bool,
    /// The longest that the build may take, waiting for locks included.
    pub(crate) timeout: Option<Duration>,
    /// More configuration, each as for `cargo --config`.
    pub(crate) config: Vec<String>,
}

/// What a successful build made.
#[derive(Debug, Clone)]
pub(crate) struct BuildOutput {
    /// One for each package, in their order.
    pub(crate) libraries: Vec<BuiltLibrary>,
    pub(crate) warnings: Vec<BuildDiagnostic>,
    /// The crates that generated code uses, if these packages use them.
    pub(crate) runtime: Option<RuntimeLibraries>,
    /// The Rust libraries of all crates that went into these packages.
    pub(crate) crates: BuiltCrates,
}

/// The library of one package, still where cargo put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltLibrary {
    /// The package's name.
    pub(crate) package: String,
    /// The file, which the next build may replace.
    pub(crate) path: PathBuf,
    /// Whether it was there already.
    pub(crate) fresh: bool,
}

/// Why there are no libraries.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum BuildError {
    /// There is no cargo.
    CargoMissing { cargo: PathBuf, source: io::Error },
    /// Cargo could not be run, for another reason.
    NotRun { cargo: PathBuf, source: io::Error },
    /// The build's [`CancelToken`] was used.
    Cancelled,
    /// The build took too long.
    TimedOut { limit: Duration },
    /// Cargo was killed, by something other than this host.
    Killed { signal: i32 },
    /// Cargo says that the build failed. There is always a diagnostic.
    Failed { diagnostics: Vec<BuildDiagnostic> },
    /// Cargo succeeded but made no library of a package.
    NoLibrary { package: String },
    /// Cargo printed something other than its messages.
    Unreadable { line: String },
}

impl BuildError {
    /// What is wrong with the sources.
    pub(crate) fn diagnostics(&self) -> &[BuildDiagnostic] {
        match self {
            BuildError::Failed { diagnostics } => diagnostics,
            _ => &[],
        }
    }

    /// Whether the build was given up on purpose.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, BuildError::Cancelled)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::CargoMissing { cargo, .. } => write!(
                formatter,
                "cannot find `{}`; install Rust or put cargo on the PATH",
                cargo.display()
            ),
            BuildError::NotRun { cargo, .. } => {
                write!(formatter, "cannot run `{}`", cargo.display())
            }
            BuildError::Cancelled => formatter.write_str("the build was cancelled"),
            BuildError::TimedOut { limit } => {
                write!(formatter, "the build did not end within {limit:?}")
            }
            BuildError::Killed { signal } => {
                write!(formatter, "cargo was killed by signal {signal}")
            }
            BuildError::Failed { diagnostics } => match diagnostics.as_slice() {
                [] => formatter.write_str("the build failed"),
                [only] => formatter.write_str(&only.message),
                [first, rest @ ..] => {
                    write!(formatter, "{} (and {} more)", first.message, rest.len())
                }
            },
            BuildError::NoLibrary { package } => write!(
                formatter,
                "cargo made no dynamic library of `{package}`; {CDYLIB_ADVICE}"
            ),
            BuildError::Unreadable { line } => {
                write!(formatter, "cargo's messages cannot be understood: {line:?}")
            }
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            BuildError::CargoMissing { source, .. } | BuildError::NotRun { source, .. } => {
                Some(source)
            }
            _ => None,
        }
    }
}

/// What to do about a package that makes no library.
pub(crate) const CDYLIB_ADVICE: &str = "add crate-type = [\"cdylib\", \"rlib\"] under [lib]";

impl CargoBuild {
    /// Builds, and gives each of cargo's status lines to `progress`.
    pub(crate) fn run(
        &self,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(&str),
    ) -> Result<BuildOutput, BuildError> {
        let mut command = self.command("build");
        self.run_command(&mut command, cancel, progress)
    }

    fn run_command(
        &self,
        command: &mut Command,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(&str),
    ) -> Result<BuildOutput, BuildError> {
        let mut heard = Heard::default();
        let mut lines_left = MOST_PROGRESS_LINES;
        let mut on_line = |stream: Stream, line: &[u8]| match stream {
            Stream::Output => heard.message(line, &self.workspace_root),
            Stream::Error => {
                let line = String::from_utf8_lossy(line);
                match status_line(&line) {
                    Some(status) if lines_left > 0 => {
                        lines_left -= 1;
                        progress(status);
                    }
                    Some(_) => {}
                    None => heard.text.push(line.trim_end_matches('\r').to_owned()),
                }
            }
        };
        let ended = run_command(command, self.timeout, cancel, &mut on_line);
        let status = ended.map_err(|error| self.command_error(error))?;
        self.conclude(status, heard)
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command
            .current_dir(&self.workspace_root)
            .args([
                subcommand,
                "--lib",
                "--message-format=json",
                "--color=never",
            ])
            .arg("--manifest-path")
            .arg(self.workspace_root.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&self.target_directory);
        if self.offline {
            command.arg("--offline");
        }
        let profile = PLUGIN_PROFILE.into_iter().map(OsStr::new);
        for config in profile.chain(self.config.iter().map(OsStr::new)) {
            command.arg("--config").arg(config);
        }
        for package in &self.packages {
            command.arg("--package").arg(&package.package_id);
            if context_crates(&package.directory).is_ok_and(|contexts| !contexts.is_empty()) {
                let profile = format!("profile.dev.package.{}", package.name);
                let level = format!("{profile}.opt-level={TYPED_OPT_LEVEL}");
                command.arg("--config").arg(level);
            }
        }
        clean_environment(&mut command);
        // A folder with a colon in its name cannot be in the list.
        match env::join_paths(&self.libraries) {
            Ok(folders) if !folders.is_empty() => command.env(LIBRARY_DIRS, folders),
            _ => command.env_remove(LIBRARY_DIRS),
        };
        command
    }

    fn command_error(&self, error: CommandError) -> BuildError {
        let cargo = self.cargo.clone();
        match error {
            CommandError::Missing(_) if !self.workspace_root.is_dir() => BuildError::NotRun {
                cargo,
                source: io::Error::new(
                    io::ErrorKind::NotFound,
                    format!("there is no directory {}", self.workspace_root.display()),
                ),
            },
            CommandError::Missing(source) => BuildError::CargoMissing { cargo, source },
            CommandError::Failed(source) => BuildError::NotRun { cargo, source },
            CommandError::Cancelled => BuildError::Cancelled,
            CommandError::TimedOut(limit) => BuildError::TimedOut { limit },
        }
    }

    fn conclude(&self, status: ExitStatus, heard: Heard) -> Result<BuildOutput, BuildError> {
        if let Some(signal) = status.signal() {
            return Err(BuildError::Killed { signal });
        }
        let (mut diagnostics, warnings): (Vec<_>, Vec<_>) = heard
            .diagnostics
            .into_iter()
            .partition(|diagnostic| diagnostic.level == Level::Error);
        if !status.success() {
            diagnostics.extend(heard.text.script_errors(&self.packages));
            if diagnostics.is_empty() {
                diagnostics = heard.text.cargo_errors(&self.workspace_root);
            }
            if diagnostics.is_empty() {
                let message = format!("cargo failed without a word ({status})");
                diagnostics.push(BuildDiagnostic {
                    level: Level::Error,
                    rendered: message.clone(),
                    message,
                    file: None,
                    line: None,
                    column: None,
                });
            }
            return Err(BuildError::Failed { diagnostics });
        }
        if !heard.finished {
            let line = heard.other.unwrap_or_default();
            return Err(BuildError::Unreadable { line });
        }
        let libraries = self.packages.iter().map(|package| {
            let mut made = heard.libraries.iter().rev();
            let found = made.find(|made| made.package_id == package.package_id);
            let made = found.ok_or_else(|| BuildError::NoLibrary {
                package: package.name.clone(),
            })?;
            Ok(BuiltLibrary {
                package: package.name.clone(),
                path: made.path.clone(),
                fresh: made.fresh,
            })
        });
        Ok(BuildOutput {
            libraries: libraries.collect::<Result<_, BuildError>>()?,
            warnings,
            runtime: heard.runtime.finish(),
            crates: heard.crates,
        })
    }
}

/// What cargo said so far.
#[derive(Default)]
struct Heard {
    libraries: Vec<MadeLibrary>,
    runtime: RuntimeFinder,
    crates: BuiltCrates,
    diagnostics: Vec<BuildDiagnostic>,
    diagnostic_text: usize,
    text: ErrorText,
    finished: bool,
    /// The first line that was no message.
    other: Option<String>,
}

struct MadeLibrary {
    package_id: String,
    path: PathBuf,
    fresh: bool,
}

impl Heard {
    fn message(&mut self, line: &[u8], workspace_root: &Path) {
        match serde_json::from_slice::<Message>(line) {
            Ok(Message::CompilerArtifact(artifact)) => {
                let files = artifact.filenames.iter().map(|file| file.as_std_path());
                self.runtime.notice(&artifact.target.name, files.clone());
                let manifest = artifact.manifest_path.as_std_path();
                self.crates.notice(manifest, files);
                if !artifact.target.crate_types.contains(&CrateType::CDyLib) {
                    return;
                }
                let libraries = artifact.filenames.iter().filter(|file| {
                    let ending = file.extension().unwrap_or_default();
                    ending == std::env::consts::DLL_EXTENSION || ending == "so"
                });
                self.libraries.extend(libraries.map(|file| MadeLibrary {
                    package_id: artifact.package_id.repr.clone(),
                    path: file.clone().into_std_path_buf(),
                    fresh: artifact.fresh,
                }));
            }
            Ok(Message::CompilerMessage(message)) => self.diagnostic(message, workspace_root),
            Ok(Message::BuildFinished(_)) => self.finished = true,
            Ok(_) => {}
            Err(_) if self.other.is_none() => {
                let line = String::from_utf8_lossy(line);
                self.other = Some(line.chars().take(200).collect());
            }
            Err(_) => {}
        }
    }

    fn diagnostic(&mut self, message: CompilerMessage, workspace_root: &Path) {
        let sums_up = message.message.spans.is_empty()
            && (message.message.message.starts_with("aborting due to")
                || message.message.message.contains("warnings emitted")
                || message.message.message.contains("warning emitted"));
        if sums_up || self.diagnostics.len() >= MOST_DIAGNOSTICS {
            return;
        }
        let diagnostic = BuildDiagnostic::from_compiler(message, workspace_root);
        self.diagnostic_text += diagnostic.rendered.len() + diagnostic.message.len();
        if self.diagnostic_text <= MOST_DIAGNOSTIC_TEXT {
            self.diagnostics.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests;

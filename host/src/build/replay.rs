//! Calling rustc as cargo did, on edited sources.
//!
//! The sources are mirrored: a folder of links to everything, in which the directories that
//! lead to edited files are real, and edited files have their new text. Paths relative to a
//! file (`mod`, `include_str!`) therefore lead where they led. rustc is told to call the
//! mirror by the real name, so that messages and `file!()` do.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::recording::Recording;
use super::rustc::{RustcError, run_rustc};
use super::{BuildDiagnostic, BuildError, CancelToken, Level, MOST_DIAGNOSTICS};
use crate::recoder::Overlay;

/// A mirror of a package and what is around it.
#[derive(Debug)]
pub(crate) struct Mirror<'m> {
    /// The directory that is mirrored: the workspace's, or the package's if it lies
    /// elsewhere.
    pub(crate) base: &'m Path,
    /// Where the mirror is.
    pub(crate) into: &'m Path,
}

impl Mirror<'_> {
    /// Where a file stands in the mirror.
    pub(crate) fn place_of(&self, file: &Path) -> Option<PathBuf> {
        Some(self.into.join(file.strip_prefix(self.base).ok()?))
    }

    /// Makes the mirror what the files and the overlay are now. `roots` are files whose
    /// directories must be real. Paths of the overlay are beneath the base.
    pub(crate) fn update(&self, overlay: &Overlay, roots: &[&Path]) -> io::Result<()> {
        let files = overlay.iter().map(|(path, _)| path);
        let mut directories = BTreeSet::from([self.base.to_owned()]);
        for file in files.chain(roots.iter().copied()) {
            let above = file.ancestors().skip(1);
            let above = above.take_while(|directory| directory.starts_with(self.base));
            directories.extend(above.map(Path::to_owned));
        }
        for directory in &directories {
            self.update_directory(directory, &directories, overlay)?;
        }
        Ok(())
    }

    fn update_directory(
        &self,
        directory: &Path,
        directories: &BTreeSet<PathBuf>,
        overlay: &Overlay,
    ) -> io::Result<()> {
        let into = self.place_of(directory).unwrap_or_default();
        match fs::symlink_metadata(&into) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                fs::remove_file(&into)?;
                fs::create_dir(&into)?;
            }
            Err(_) => fs::create_dir_all(&into)?,
        }
        // By name: what stands there, a text or a link to the real file.
        let mut wanted: BTreeMap<OsString, Option<&str>> = BTreeMap::new();
        match fs::read_dir(directory) {
            Ok(entries) => {
                for entry in entries {
                    wanted.insert(entry?.file_name(), None);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        for (path, text) in overlay.under(directory) {
            if path.parent() != Some(directory) {
                continue;
            }
            let name = path.file_name().unwrap_or_default();
            match text {
                Some(text) => wanted.insert(name.to_owned(), Some(&**text)),
                None => wanted.remove(name),
            };
        }
        for entry in fs::read_dir(&into)? {
            let entry = entry?;
            let name = entry.file_name();
            if !wanted.contains_key(&name) {
                remove(&entry.path())?;
            }
        }
        for (name, text) in wanted {
            let (real, mirrored) = (directory.join(&name), into.join(&name));
            match text {
                Some(text) => write(&mirrored, text)?,
                None if directories.contains(&real) => {}
                None => link(&real, &mirrored)?,
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// Writes a file of the mirror, never through a link.
fn write(path: &Path, text: &str) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && fs::read(path)? == text.as_bytes() => return Ok(()),
        Ok(_) => remove(path)?,
        Err(_) => {}
    }
    fs::write(path, text)
}

fn link(real: &Path, path: &Path) -> io::Result<()> {
    match fs::read_link(path) {
        Ok(target) if target == real => return Ok(()),
        _ if fs::symlink_metadata(path).is_ok() => remove(path)?,
        _ => {}
    }
    symlink(real, path)
}

/// One call of rustc on a mirror.
#[derive(Debug)]
pub(crate) struct Replay<'r> {
    pub(crate) recording: &'r Recording,
    pub(crate) mirror: Mirror<'r>,
    pub(crate) overlay: &'r Overlay,
    /// The root file of the package's library.
    pub(crate) root: &'r Path,
    pub(crate) workspace_root: &'r Path,
    /// Where the library goes; emptied first.
    pub(crate) output: &'r Path,
    /// Where rustc keeps what it can use again.
    pub(crate) incremental: &'r Path,
    pub(crate) timeout: Duration,
}

impl Replay<'_> {
    /// Compiles and gives the library's path.
    pub(crate) fn run(&self, cancel: &CancelToken) -> Result<PathBuf, BuildError> {
        let mut command = self.prepare().map_err(|error| failed(error.to_string()))?;
        let read = |found| {
            let found = BuildDiagnostic::from_rustc(found, self.workspace_root, self.root);
            found.filter(|found| found.level == Level::Error)
        };
        match run_rustc(&mut command, self.timeout, cancel, MOST_DIAGNOSTICS, read) {
            Ok(()) => self.library().map_err(|error| failed(error.to_string())),
            Err(RustcError::Refused(diagnostics)) => Err(BuildError::Failed { diagnostics }),
            Err(RustcError::Failed(message)) => Err(failed(message)),
            Err(RustcError::Cancelled) => Err(BuildError::Cancelled),
            Err(RustcError::TimedOut(limit)) => Err(BuildError::TimedOut { limit }),
        }
    }

    fn prepare(&self) -> io::Result<Command> {
        self.mirror.update(self.overlay, &[self.root])?;
        if self.output.exists() {
            fs::remove_dir_all(self.output)?;
        }
        fs::create_dir_all(self.output)?;
        let mut command = Command::new(&self.recording.program);
        command
            .current_dir(&self.recording.directory)
            .env_clear()
            .envs(
                self.recording
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            );
        let arguments = self.arguments().ok_or_else(|| {
            io::Error::other("cargo's call of rustc does not name the library's root file")
        })?;
        command.args(arguments);
        Ok(command)
    }

    /// The recorded arguments, for the mirrored root and another place for the output.
    fn arguments(&self) -> Option<Vec<OsString>> {
        let recording = self.recording;
        let mut arguments = Vec::new();
        let mut recorded = recording.arguments.iter().peekable();
        let mut prefix = None;
        while let Some(argument) = recorded.next() {
            let text = argument.to_string_lossy();
            match &*text {
                "--out-dir" => {
                    recorded.next();
                }
                "--crate-type" => {
                    recorded.next();
                }
                "-C" if starts_with(recorded.peek(), "incremental=") => {
                    recorded.next();
                    let mut value = OsString::from("incremental=");
                    value.push(self.incremental);
                    arguments.extend([OsString::from("-C"), value]);
                }
                flag if flag.starts_with("--emit=")
                    || flag.starts_with("--json=")
                    || flag.starts_with("--error-format=")
                    || flag.starts_with("--diagnostic-width=") => {}
                _ if prefix.is_none() && self.is_root(argument) => {
                    let mirrored = self.mirror.place_of(self.root)?;
                    // What was named relative to the directory shall be so again.
                    prefix = Some(if Path::new(argument).is_absolute() {
                        self.mirror.base.to_owned()
                    } else {
                        let base = self.mirror.base.strip_prefix(&recording.directory).ok()?;
                        base.to_owned()
                    });
                    arguments.push(mirrored.into());
                }
                _ => arguments.push(argument.clone()),
            }
        }
        let mut remap = self.mirror.into.as_os_str().to_owned();
        remap.push("=");
        remap.push(prefix?);
        arguments.extend(["--remap-path-prefix".into(), remap]);
        arguments.extend(["--crate-type", "cdylib", "--emit=link"].map(OsString::from));
        arguments.push("--error-format=json".into());
        arguments.extend(["--out-dir".into(), self.output.as_os_str().to_owned()]);
        Some(arguments)
    }

    fn is_root(&self, argument: &OsStr) -> bool {
        let path = self.recording.directory.join(argument);
        path == self.root
            || path.extension() == Some(OsStr::new("rs"))
                && match (path.canonicalize(), self.root.canonicalize()) {
                    (Ok(path), Ok(root)) => path == root,
                    _ => false,
                }
    }

    fn library(&self) -> io::Result<PathBuf> {
        let ending = Some(OsStr::new(std::env::consts::DLL_EXTENSION));
        for entry in fs::read_dir(self.output)? {
            let path = entry?.path();
            if path.extension() == ending {
                return Ok(path);
            }
        }
        Err(io::Error::other("rustc made no library"))
    }
}

fn starts_with(argument: Option<&&OsString>, start: &str) -> bool {
    argument.is_some_and(|argument| argument.to_string_lossy().starts_with(start))
}

fn failed(message: String) -> BuildError {
    BuildError::Failed {
        diagnostics: vec![BuildDiagnostic {
            level: Level::Error,
            rendered: format!("error: {message}\n"),
            message,
            file: None,
            line: None,
            column: None,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_follows_files_and_edits() {
        let real = tempfile::tempdir().unwrap();
        let into = tempfile::tempdir().unwrap();
        let path = |name: &str| real.path().join(name);
        for name in ["p/src/inner", "p/templates", "other"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        for name in [
            "p/src/lib.rs",
            "p/src/inner/a.rs",
            "p/templates/t",
            "other/o",
        ] {
            fs::write(path(name), name).unwrap();
        }
        let into = into.path().join("mirror");
        let mirror = Mirror {
            base: real.path(),
            into: &into,
        };
        let root = path("p/src/lib.rs");
        let read = |name: &str| fs::read_to_string(into.join(name)).ok();
        let is_link = |name: &str| fs::symlink_metadata(into.join(name)).unwrap().is_symlink();
        let mut overlay = Overlay::default();
        overlay.set(path("p/src/inner/a.rs"), Some("edited".into()));
        overlay.set(path("p/src/new.rs"), Some("new".into()));
        mirror.update(&overlay, &[&root]).unwrap();
        assert_eq!(read("p/src/inner/a.rs").as_deref(), Some("edited"));
        assert_eq!(read("p/src/new.rs").as_deref(), Some("new"));
        assert_eq!(read("p/src/lib.rs").as_deref(), Some("p/src/lib.rs"));
        assert_eq!(
            read("p/src/../templates/t").as_deref(),
            Some("p/templates/t")
        );
        assert!(is_link("p/templates") && is_link("other") && !is_link("p/src/inner"));
        assert_eq!(
            fs::read_to_string(path("p/src/inner/a.rs")).unwrap(),
            "p/src/inner/a.rs"
        );

        fs::write(path("p/src/more.rs"), "more").unwrap();
        fs::remove_dir_all(path("other")).unwrap();
        let mut overlay = Overlay::default();
        overlay.set(path("p/src/lib.rs"), None);
        mirror.update(&overlay, &[&root]).unwrap();
        assert_eq!(read("p/src/more.rs").as_deref(), Some("more"));
        assert_eq!(
            read("p/src/inner/a.rs").as_deref(),
            Some("p/src/inner/a.rs")
        );
        for gone in ["other", "p/src/new.rs", "p/src/lib.rs"] {
            assert_eq!(read(gone), None, "{gone}");
        }
        assert!(is_link("p/src/inner"));
        assert!(
            path("p/src/lib.rs").exists(),
            "the mirror removes only links"
        );
    }

    #[test]
    fn the_call_is_cargos_but_for_the_root_and_the_output() {
        let recording = Recording {
            directory: "/ws".into(),
            program: "rustc".into(),
            arguments: [
                "--crate-name",
                "p",
                "p/src/lib.rs",
                "--error-format=json",
                "--json=artifacts",
                "--crate-type",
                "cdylib",
                "--crate-type",
                "rlib",
                "--emit=dep-info,link",
                "-C",
                "opt-level=1",
                "-C",
                "incremental=/t/i",
                "--out-dir",
                "/t",
                "--extern",
                "a=/t/liba.rlib",
            ]
            .map(OsString::from)
            .into(),
            environment: Vec::new(),
        };
        let replay = Replay {
            recording: &recording,
            mirror: Mirror {
                base: Path::new("/ws"),
                into: Path::new("/m"),
            },
            overlay: &Overlay::default(),
            root: Path::new("/ws/p/src/lib.rs"),
            workspace_root: Path::new("/ws"),
            output: Path::new("/o"),
            incremental: Path::new("/i"),
            timeout: Duration::from_secs(1),
        };
        let arguments = replay.arguments().expect("the root is named");
        assert_eq!(
            arguments,
            [
                "--crate-name",
                "p",
                "/m/p/src/lib.rs",
                "-C",
                "opt-level=1",
                "-C",
                "incremental=/i",
                "--extern",
                "a=/t/liba.rlib",
                "--remap-path-prefix",
                "/m=",
                "--crate-type",
                "cdylib",
                "--emit=link",
                "--error-format=json",
                "--out-dir",
                "/o",
            ]
        );
    }
}

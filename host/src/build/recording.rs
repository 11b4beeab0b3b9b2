//! How cargo calls rustc for a package, found out without compiling it.
//!
//! Cargo is run with a wrapper of rustc that writes down the call for the package, with its
//! directory and environment, and ends. By then cargo has built everything that the package
//! depends on and has run its build script. What cargo made of the package earlier stays
//! where it is; the next ordinary build compiles the package again.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{BuildError, CancelToken, CargoBuild};

/// Tells the wrapper the call that is meant. Not passed on to rustc.
const MARK: &str = "hotplate_recorded";

/// Where the wrapper writes.
const RECORD: &str = "HOTPLATE_RECORD";

const WRAPPER: &str = "#!/bin/sh\n\
    case \" $* \" in *\" hotplate_recorded \"*)\n\
    \x20 { printf '%s\\0' \"$PWD\" \"$#\" \"$@\" && env -0; } > \"$HOTPLATE_RECORD\"\n\
    \x20 exit 1;;\n\
    esac\n\
    exec \"$@\"\n";

/// Variables that would not mean anything to a call outside cargo.
const REMOVED: [&str; 6] = [
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC_WRAPPER",
    RECORD,
    "_",
];

/// One call of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(super) directory: PathBuf,
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Recording {
    /// Whether the libraries that the call names are still there. `cargo clean` takes them
    /// away.
    pub(crate) fn is_usable(&self) -> bool {
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument != "--extern" {
                continue;
            }
            let named = arguments.next().map(|value| value.as_bytes());
            let path = named.and_then(|value| {
                let at = value.iter().position(|byte| *byte == b'=')?;
                Some(Path::new(OsStr::from_bytes(&value[at + 1..])))
            });
            if path.is_some_and(|path| !path.is_file()) {
                return false;
            }
        }
        true
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text
            .split(|byte| *byte == 0)
            .map(|part| OsStr::from_bytes(part).to_owned());
        let directory = PathBuf::from(parts.next()?);
        let count: usize = parts.next()?.to_str()?.parse().ok()?;
        let program = parts.next()?;
        let mut arguments: Vec<OsString> = Vec::new();
        for _ in 1..count {
            arguments.push(parts.next()?);
        }
        let mark = arguments.iter().position(|argument| argument == MARK)?;
        arguments.drain(mark.checked_sub(1)?..=mark);
        let environment = parts.filter_map(|part| {
            let bytes = part.as_bytes();
            let at = bytes.iter().position(|byte| *byte == b'=')?;
            let name = OsStr::from_bytes(&bytes[..at]);
            let is_kept = !REMOVED.iter().any(|removed| name == *removed);
            is_kept.then(|| {
                (
                    name.to_owned(),
                    OsStr::from_bytes(&bytes[at + 1..]).to_owned(),
                )
            })
        });
        let environment: Vec<_> = environment.collect();
        // Without one the shell's `env` is of another kind.
        (!environment.is_empty()).then_some(Self {
            directory,
            program,
            arguments,
            environment,
        })
    }
}

impl CargoBuild {
    /// Finds out how cargo calls rustc for the one package of this build; writes into
    /// `folder`.
    pub(crate) fn record(
        &self,
        folder: &Path,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Recording, BuildError> {
        let not_run = |source: io::Error| BuildError::NotRun {
            cargo: self.cargo.clone(),
            source,
        };
        let (wrapper, record) = (folder.join("rustc.sh"), folder.join("call"));
        let prepare = || {
            fs::create_dir_all(folder)?;
            match fs::remove_file(&record) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if !wrapper.exists() {
                fs::write(&wrapper, WRAPPER)?;
                fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700))?;
            }
            Ok(())
        };
        prepare().map_err(not_run)?;
        let mut command = self.command("rustc");
        command
            .env("RUSTC_WRAPPER", &wrapper)
            .env(RECORD, &record)
            .args(["--", "--cfg", MARK]);
        let ended = self.run_command(&mut command, cancel, progress);
        let recording = fs::read(&record).ok();
        match (recording.and_then(|text| Recording::parse(&text)), ended) {
            (Some(recording), Ok(_) | Err(BuildError::Failed { .. })) => Ok(recording),
            (_, Err(error)) => Err(error),
            (None, Ok(_)) => Err(not_run(io::Error::other(
                "it did not say how it calls rustc",
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_back_as_it_was() {
        let text = b"/srv/x y\x004\0rustc\0src/lib.rs\0--cfg\0hotplate_recorded\0\
            A=1\n2\0MAKEFLAGS=-j\0B=c=d\0";
        let recording = Recording::parse(text).expect("it is whole");
        let expected = Recording {
            directory: "/srv/x y".into(),
            program: "rustc".into(),
            arguments: vec!["src/lib.rs".into()],
            environment: vec![("A".into(), "1\n2".into()), ("B".into(), "c=d".into())],
        };
        assert_eq!(recording, expected);
        assert_eq!(Recording::parse(b"/work\x005\0rustc\0"), None);
        let without = b"/work\x003\0rustc\0--cfg\0hotplate_recorded\0";
        assert_eq!(Recording::parse(without), None);
        assert_eq!(Recording::parse(b""), None);
    }

    #[test]
    fn libraries_that_were_cleaned_away_are_noticed() {
        let check = |external: &str, usable: bool| {
            let recording = Recording {
                directory: "/".into(),
                program: "rustc".into(),
                arguments: vec!["--extern".into(), external.into()],
                environment: Vec::new(),
            };
            assert_eq!(recording.is_usable(), usable, "{external}");
        };
        check("proc_macro", true);
        check(
            &format!("here={}/Cargo.toml", env!("CARGO_MANIFEST_DIR")),
            true,
        );
        check("gone=/nowhere/libgone.rlib", false);
    }
}

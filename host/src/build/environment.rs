//! The environment a build runs in.
//!
//! A host is often started by `cargo run` or `cargo test`, which describe
//! *themselves* to it in variables. Handed on, those would describe the wrong
//! package to build scripts, send output to the wrong place, or make cargo
//! believe that everything changed. So removed is what cargo sets for a program
//! it runs. Kept is what a person sets for all their builds: `CARGO_HOME`,
//! `CARGO_NET_*`, `CARGO_PROFILE_*`, `RUSTUP_*`, `RUSTC`, `RUSTC_WRAPPER`,
//! `RUSTFLAGS`. With `RUSTUP_TOOLCHAIN`, which is kept too, a plugin is built by
//! the compiler that the surrounding cargo uses.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables that describe the surrounding package or build.
const REMOVED: [&str; 17] = [
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_TMPDIR",
    "DEBUG",
    "HOST",
    "MAKEFLAGS",
    "MFLAGS",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_WORKSPACE_WRAPPER",
    "TARGET",
];

const REMOVED_PREFIXES: [&str; 7] = [
    "CARGO_BIN_",
    "CARGO_CFG_",
    "CARGO_DEP_",
    "CARGO_FEATURE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "DEP_",
];

const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// The cargo to run: the one that runs this process, if one does, else the one on `PATH`.
pub(crate) fn default_cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Makes a command's environment that of a build of its own.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_removed(&name) {
            command.env_remove(name);
        }
    }
    if let Some(paths) = env::var_os(LIBRARY_PATH)
        && env::var_os("CARGO_MANIFEST_DIR").is_some()
    {
        match without_cargo(&paths) {
            Some(paths) => command.env(LIBRARY_PATH, paths),
            None => command.env_remove(LIBRARY_PATH),
        };
    }
    // One status line at a time, whatever the user's configuration asks for.
    command.env("CARGO_TERM_QUIET", "false");
    command.env("CARGO_TERM_VERBOSE", "false");
    command.env("CARGO_TERM_PROGRESS_WHEN", "never");
}

fn is_removed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    REMOVED.contains(&name)
        || REMOVED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Takes away the directories that cargo puts in front for a program it runs:
/// the profile's, its `deps`, those of build scripts, and the toolchain's `lib`.
fn without_cargo(paths: &OsStr) -> Option<OsString> {
    let all: Vec<PathBuf> = env::split_paths(paths).collect();
    let is_cargos = |path: &Path| {
        let named = |name: &str| path.file_name().is_some_and(|found| found == name);
        named("deps")
            || named("out")
            || all.contains(&path.join("deps"))
            || path
                .parent()
                .is_some_and(|parent| parent.join("bin/rustc").exists())
            || path.components().any(|part| part.as_os_str() == "rustlib")
    };
    let kept: Vec<&PathBuf> = all.iter().filter(|path| !is_cargos(path)).collect();
    if kept.is_empty() {
        return None;
    }
    env::join_paths(kept).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_sets_goes_and_what_people_set_stays() {
        let check = |name: &str, removed: bool| {
            assert_eq!(is_removed(OsStr::new(name)), removed, "{name}");
        };
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_DIR",
            "OUT_DIR",
            "DEP_Z_ROOT",
            "CARGO_FEATURE_X",
            "CARGO_BIN_EXE_hotplate",
            "CARGO_MAKEFLAGS",
        ] {
            check(name, true);
        }
        for name in [
            "CARGO",
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_PROFILE_DEV_DEBUG",
            "PATH",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
        ] {
            check(name, false);
        }
    }

    #[test]
    fn the_library_path_loses_what_cargo_added() {
        let check = |paths: &str, expected: Option<&str>| {
            let kept = without_cargo(OsStr::new(paths));
            assert_eq!(kept.as_deref(), expected.map(OsStr::new), "{paths}");
        };
        check(
            "/p/target/debug/build/z/out:/p/target/debug/deps:/p/target/debug:/opt/lib",
            Some("/opt/lib"),
        );
        check("/p/target/debug/deps:/p/target/debug", None);
        check("/opt/one:/opt/two", Some("/opt/one:/opt/two"));
    }
}

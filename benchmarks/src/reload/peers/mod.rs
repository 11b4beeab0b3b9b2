//! What others do about the same edits.

pub(super) mod askama;
pub(super) mod cargo_build;
pub(super) mod hot_lib_reloader;
pub(super) mod python;

use std::path::Path;

use super::scene::write;
use crate::Fault;
use crate::process::{PROFILE, cargo, run};

/// Writes the manifest of a workspace with these members.
fn workspace(folder: &Path, members: &[&str]) -> Result<(), Fault> {
    let text = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{PROFILE}");
    write(&folder.join("Cargo.toml"), &text)
}

/// Writes the manifest of a package; `rest` is what follows its name and edition.
fn package(folder: &Path, name: &str, rest: &str) -> Result<(), Fault> {
    let text = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         publish = false\n\n{rest}"
    );
    write(&folder.join("Cargo.toml"), &text)
}

/// Builds everything in a workspace; what it depends on may be fetched.
fn build_all(folder: &Path) -> Result<(), Fault> {
    run(cargo(folder).args(["build", "--workspace", "--quiet"])).map(drop)
}

/// Builds a package as its author does after an edit.
fn build_again(folder: &Path) -> Result<(), Fault> {
    run(cargo(folder).args(["build", "--offline", "--quiet"])).map(drop)
}

//! Prebuilt libraries, for tests that swap many times.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotplate::PLUGIN_PROFILE;

use crate::Bench;

/// Builds each source as a plugin named like `bench.plugin(name)` and keeps the
/// libraries beside the workspace; gives their paths in order.
///
/// # Panics
///
/// If a build fails.
pub fn build_libraries(bench: &Bench, folder: &str, edits: &[(&str, &str)]) -> Vec<PathBuf> {
    let target = target();
    let package = folder.rsplit('/').next().unwrap_or(folder);
    let mut libraries = Vec::new();
    for (place, (file, text)) in edits.iter().enumerate() {
        bench.write(&format!("{folder}/{file}"), text);
        let is_built = build(bench, package, "--lib");
        assert!(is_built, "version {place} of {folder} builds");
        let built = target.join(format!("debug/lib{}.so", package.replace('-', "_")));
        let kept = bench.path(&format!("prebuilt-{place}-{package}.so"));
        fs::copy(built, &kept).expect("the library can be copied");
        libraries.push(kept);
    }
    libraries
}

/// Builds many versions of one plugin at once, by one run of cargo: each is an example of the
/// package `folder`, and so a plugin of its name. Gives the paths of the libraries in order.
///
/// # Panics
///
/// If the build fails.
pub fn build_variants(bench: &Bench, folder: &str, sources: &[(&str, String)]) -> Vec<PathBuf> {
    let target = target();
    let manifest = bench.path(&format!("{folder}/Cargo.toml"));
    let mut text = fs::read_to_string(&manifest).expect("the package has a manifest");
    let package = folder.rsplit('/').next().unwrap_or(folder);
    for (name, source) in sources {
        bench.write(&format!("{folder}/examples/{package}_{name}.rs"), source);
        text.push_str(&format!(
            "\n[[example]]\nname = \"{package}_{name}\"\ncrate-type = [\"cdylib\"]\n"
        ));
    }
    fs::write(&manifest, text).expect("the manifest can be written");
    let is_built = build(bench, package, "--examples");
    assert!(is_built, "the versions of {folder} build");
    let paths = sources
        .iter()
        .map(|(name, _)| target.join(format!("debug/examples/lib{package}_{name}.so")));
    paths.collect()
}

/// Where plugins of tests are built.
fn target() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/live"))
}

/// Builds a package as a host builds plugins; tells whether that went well.
fn build(bench: &Bench, package: &str, what: &str) -> bool {
    let profile = PLUGIN_PROFILE
        .iter()
        .flat_map(|setting| ["--config", setting]);
    let status = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet", what, "--package", package])
        .args(profile)
        .arg("--target-dir")
        .arg(target())
        .current_dir(bench.path("."))
        .status();
    status.expect("cargo runs").success()
}

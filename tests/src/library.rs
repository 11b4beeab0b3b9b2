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
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/live"));
    let package = folder.rsplit('/').next().unwrap_or(folder);
    let mut libraries = Vec::new();
    for (place, (file, text)) in edits.iter().enumerate() {
        bench.write(&format!("{folder}/{file}"), text);
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--offline",
                "--quiet",
                "--lib",
                "--package",
                package,
            ])
            .args(
                PLUGIN_PROFILE
                    .iter()
                    .flat_map(|setting| ["--config", setting]),
            )
            .arg("--target-dir")
            .arg(target)
            .current_dir(bench.path("."))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "version {place} of {folder} builds");
        let built = target.join(format!("debug/lib{}.so", package.replace('-', "_")));
        let kept = bench.path(&format!("prebuilt-{place}-{package}.so"));
        fs::copy(built, &kept).expect("the library can be copied");
        libraries.push(kept);
    }
    libraries
}

//! The project's own cases, whose expectations are Django's, with every form of context.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_projects_own_cases_render_as_in_django() {
    check("struct");
}

#[test]
fn the_projects_own_cases_render_the_same_where_they_are_included() {
    check("included");
}

/// Runs all cases with a form of contexts.
#[track_caller]
fn check(contexts: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
    let entries = fs::read_dir(&folder).expect("the cases are there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    assert!(
        !files.is_empty(),
        "there are no cases in {}",
        folder.display()
    );
    let output = Command::new(env!("CARGO_BIN_EXE_hotplate-conformance"))
        .args(&files)
        .args(["--strict", "--contexts", contexts, "--list", "1000"])
        .output()
        .expect("the command runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

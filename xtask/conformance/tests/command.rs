//! The conformance command, end to end, on a few cases of each kind.

use std::path::Path;
use std::process::{Command, Output};

fn conformance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotplate-conformance"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases.jsonl"))
        .args(arguments)
        .output()
        .expect("the command runs")
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn cases_pass_fail_and_are_skipped_each_for_their_reason() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let failures = folder.path().join("failures.jsonl");
    let path = failures.display().to_string();
    let output = conformance(&["--floor", "10", "--failures", &path]);
    assert_eq!(
        last_line(&output),
        "10 passed, 2 failed, 2 skipped",
        "{output:#?}"
    );
    assert!(output.status.success(), "the floor is reached");

    let kept = std::fs::read_to_string(&failures).expect("failures are written");
    let failed: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    let ids: Vec<&str> = failed
        .iter()
        .filter_map(|failure| failure["id"].as_str())
        .collect();
    assert_eq!(ids, ["fails.output#1", "fails.unknown_tag#1"]);
    assert_eq!(failed[0]["got"]["value"]["output"], "1");

    let output = conformance(&["--floor", "11"]);
    assert!(!output.status.success(), "the floor is not reached");

    let output = conformance(&["--floor", "10", "--strict-floor", "10"]);
    assert!(!output.status.success(), "a message differs");

    let output = conformance(&["--strict", "--only", "passes"]);
    assert_eq!(
        last_line(&output),
        "9 passed, 1 failed, 0 skipped",
        "{output:#?}"
    );
    assert!(!output.status.success(), "a case fails");
}

#[test]
fn contexts_are_given_as_structs_too() {
    let output = conformance(&["--contexts", "struct", "--only", "passes", "--floor", "9"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().rev();
    assert_eq!(
        lines.next(),
        Some("10 passed, 0 failed, 0 skipped"),
        "{output:#?}"
    );
    let forms = lines.find(|line| line.contains("as a view"));
    assert!(
        forms.is_some_and(|line| !line.contains("as a view 0")),
        "{output:#?}"
    );
}

#[test]
fn a_file_that_is_no_case_file_is_named_with_the_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_hotplate-conformance"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("the command runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("Cargo.toml:1 is no case"), "{message}");
    assert_eq!(output.status.code(), Some(1));
}

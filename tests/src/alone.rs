//! Running a test in a process of its own.

use std::env;
use std::process::Command;

/// Tells the process that it runs one test alone.
const ALONE: &str = "HOTPLATE_TEST_ALONE";

/// Runs `body` in a process in which no other test runs, for tests that measure the process.
///
/// `name` is the test's full name, such as `artifacts::stays_flat`.
///
/// # Panics
///
/// If the test fails in its process.
pub fn alone(name: &str, body: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return body();
    }
    let binary = env::current_exe().expect("the test binary has a path");
    let output = Command::new(binary)
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .expect("the test binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "no test has this name: {text}");
}

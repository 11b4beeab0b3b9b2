//! The console as users have it: real processes, a real socket, and scripts with the lines
//! that they give.
//!
//! A transcript is a file with commands, each after `> `, and the JSON lines that answer it,
//! each after `< `. In those `"*"` stands for anything. Lines that begin with `#` are for the
//! reader.

mod attached;
mod running;
mod sockets;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// `hotplate` with arguments, and with a home of its own.
fn hotplate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotplate"));
    command.args(arguments).env("NO_COLOR", "1");
    command
}

/// Runs a command with a script on its standard input.
fn run(command: &mut Command, script: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("there is a pipe");
    // A child that ends early closes it.
    let _ = stdin.write_all(script.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the commands of a transcript in one session and compares all lines with it.
fn check_transcript(command: &mut Command, transcript: &str, replace: &[(&str, &str)]) {
    let transcript = replace
        .iter()
        .fold(transcript.to_owned(), |text, (from, to)| {
            text.replace(from, to)
        });
    let after = |mark: &str| -> Vec<&str> {
        let lines = transcript.lines();
        lines.filter_map(|line| line.strip_prefix(mark)).collect()
    };
    let output = run(command, &after("> ").join("\n"));
    let found = stdout(&output);
    let expected = after("< ");
    for (found, expected) in found.lines().zip(&expected) {
        let found_json: Json = serde_json::from_str(found).expect("an answer is JSON");
        let expected_json: Json = serde_json::from_str(expected).expect("a transcript has JSON");
        assert!(
            fits(&expected_json, &found_json),
            "expected {expected}\nfound    {found}"
        );
    }
    let errors = stderr(&output);
    assert_eq!(found.lines().count(), expected.len(), "{found}\n{errors}");
}

/// Whether a value is what a transcript says.
fn fits(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::String(any), _) if any == "*" => true,
        (Json::Array(expected), Json::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(left, right)| fits(left, right))
        }
        (Json::Object(expected), Json::Object(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(name, value)| found.get(name).is_some_and(|found| fits(value, found)))
        }
        (expected, found) => expected == found,
    }
}

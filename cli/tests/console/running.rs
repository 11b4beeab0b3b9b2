//! `hotplate run`, with plugins that it builds.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use hotplate_tests::Bench;

use crate::{check_transcript, hotplate, run, stderr, stdout};

const FUNCTIONS: &str = r#"
//! Functions of many kinds.

use hotplate_plugin_api::{Value, plugin_fn};

/// A sum.
#[plugin_fn]
pub fn add(a: i64, b: u8) -> i64 {
    a + i64::from(b)
}

#[plugin_fn]
pub fn join(parts: Vec<String>, with: Option<String>) -> String {
    parts.join(with.as_deref().unwrap_or(" "))
}

#[plugin_fn]
pub fn double(numbers: Vec<f64>) -> Vec<f64> {
    numbers.into_iter().map(|number| number * 2.0).collect()
}

#[plugin_fn]
pub fn same(value: &Value) -> Value {
    value.clone()
}

#[plugin_fn]
pub fn nothing() {}

#[plugin_fn]
pub fn answer() -> u64 {
    u64::MAX
}

#[plugin_fn]
pub fn greet() -> String {
    "Hello".to_owned()
}

#[plugin_fn]
pub fn fail() -> Result<bool, String> {
    Err("no luck".to_owned())
}

#[plugin_fn]
pub fn explode() -> bool {
    panic!("boom")
}

#[plugin_fn]
pub fn length(bytes: &[u8]) -> usize {
    bytes.len()
}

hotplate_plugin_api::plugin!();
"#;

/// `hotplate run` on a plugin of functions; builds share the target directory of all tests.
fn command(bench: &Bench, folder: &str, more: &[&str]) -> Command {
    let mut command = hotplate(&["run"]);
    command
        .arg(bench.path(folder))
        .args(more)
        .arg("--target-dir")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/live"))
        .env("CARGO_NET_OFFLINE", "true");
    command
}

#[test]
fn functions_are_called_by_name_with_values() {
    let bench = Bench::new("console_calls");
    let folder = bench.native("text", FUNCTIONS);
    let plugin = bench.plugin("text");
    let transcript = include_str!("../transcripts/calls.txt");
    let names = [("<plugin>", plugin.as_str())];
    check_transcript(
        &mut command(&bench, &folder, &["--json"]),
        transcript,
        &names,
    );

    // The same plugin for `-m`: the result alone on standard output, and a status.
    let check = |function: &str, expected: &str, status: i32| {
        let name = format!("{plugin}:{function}");
        let output = run(&mut command(&bench, &folder, &["-m", &name]), "");
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        stderr(&output)
    };
    check("greet", "Hello\n", 0);
    check("answer", "18446744073709551615\n", 0);
    check("nothing", "", 0);
    let errors = check("fail", "", 1);
    assert!(errors.contains("failed: no luck"), "{errors}");
    let errors = check("add", "", 1);
    assert!(errors.contains("it takes 2 arguments (a, b)"), "{errors}");
    let errors = check("gret", "", 1);
    assert!(errors.contains("did you mean greet?"), "{errors}");
    let name = format!("{plugin}:greet");
    let script = format!("call {plugin} add 1 2\n");
    let output = run(&mut command(&bench, &folder, &["-m", &name, "-i"]), &script);
    assert_eq!(stdout(&output), "Hello\n3\n", "{}", stderr(&output));
}

#[test]
fn patches_are_tried_and_written_by_command() {
    let bench = Bench::new("console_patches");
    let folder = bench.templates("site", &[("a.html", "one {{ x }}")]);
    let plugin = bench.plugin("site");
    bench.write("source.html", "three\n{{ x }}\n");
    let source = bench.path("source.html").display().to_string();
    check_transcript(
        &mut command(&bench, &folder, &["--json"]),
        include_str!("../transcripts/patches.txt"),
        &[("<plugin>", &plugin), ("<file>", &source)],
    );
    let file = std::fs::read_to_string(bench.path(&format!("{folder}/a.html")));
    assert_eq!(file.expect("it is there"), "three\n{{ x }}\n");
}

/// A process that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn edits_go_live_and_are_taken_back_from_another_process() {
    let bench = Bench::new("console_edits");
    let folder = bench.templates("site", &[("a.html", "one {{ x }}")]);
    let plugin = bench.plugin("site");
    let socket = bench.path("private/host.sock");
    let option = format!("--control={}", socket.display());
    let mut host = Ended(
        command(&bench, &folder, &[&option])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs"),
    );
    let mut told = BufReader::new(host.0.stdout.take().expect("a pipe")).lines();
    let mut wait_for = |beginning: &str| {
        told.by_ref()
            .map_while(Result::ok)
            .find(|line| line.starts_with(beginning))
            .unwrap_or_else(|| panic!("there is no line {beginning}"))
    };
    wait_for("Generation 1, 1 units in ");
    wait_for("Control ");
    let attach = |script: &str, expected: &str| {
        let mut attach = hotplate(&["attach"]);
        let output = run(attach.arg(&socket), script);
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    };
    let render = format!("render {plugin} a.html {{\"x\": \"<1>\"}}\n");
    attach(&render, "one &lt;1&gt;\n");
    bench.write(&format!("{folder}/a.html"), "two {{ x }}");
    assert!(wait_for("Update ").ends_with("a.html @L1"));
    wait_for("Generation 2 in ");
    attach(&render, "two &lt;1&gt;\n");
    let mut rollback = hotplate(&["attach", "--json"]);
    let output = run(rollback.arg(&socket), &format!("rollback\n{render}"));
    let answers = stdout(&output);
    assert!(
        answers.contains(r#""published":{"event":"published","generation":3"#),
        "{answers}"
    );
    assert!(answers.contains(r#""text":"one &lt;1&gt;""#), "{answers}");
    wait_for("Generation 3, a rollback in ");
    // A mistake is reported where it is, and what served goes on serving.
    bench.write(&format!("{folder}/a.html"), "three {% if %}");
    let mut refresh = hotplate(&["attach"]);
    let output = run(refresh.arg(&socket), "refresh\n");
    let errors = stderr(&output);
    assert!(errors.contains("a.html:1:7"), "{errors}");
    assert!(
        errors.contains("at stage template; generation 3 goes on serving"),
        "{errors}"
    );
    attach(&render, "one &lt;1&gt;\n");
}

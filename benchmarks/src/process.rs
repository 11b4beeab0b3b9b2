//! Running cargo, rustc and other programs.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::Fault;

/// The settings that a host builds plugins with, as a table of a manifest.
pub(crate) const PROFILE: &str =
    "[profile.dev]\nopt-level = 1\ndebug = false\nstrip = \"debuginfo\"\n";

/// How long a peer may take for an edit.
const PEER_PATIENCE: Duration = Duration::from_secs(60);

/// The cargo that runs us, in a folder.
pub(crate) fn cargo(folder: &Path) -> Command {
    command(
        env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        folder,
    )
}

/// The rustc beside that cargo.
pub(crate) fn rustc(folder: &Path) -> Command {
    let beside = env::var_os("CARGO").map(|cargo| PathBuf::from(cargo).with_file_name("rustc"));
    let rustc = beside.filter(|rustc| rustc.is_absolute() && rustc.is_file());
    command(rustc.unwrap_or_else(|| "rustc".into()), folder)
}

/// A program in a folder, without what cargo has told us about ourselves.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let prefixes = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ];
        let names = ["CARGO_TARGET_DIR", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
        if names.contains(&&*text) || prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a program to its end and gives what it prints.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>, Fault> {
    let program = PathBuf::from(command.get_program());
    let output = command
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(12)..].join("\n");
    Err(format!("{}: {}\n{end}", program.display(), output.status).into())
}

/// The `rlib`s of these crates, as cargo tells where it put them.
pub(crate) fn built_libraries(messages: &[u8], crates: &[&str]) -> Result<Vec<PathBuf>, Fault> {
    let messages = String::from_utf8_lossy(messages);
    let messages: Vec<Json> = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let library = |name: &&str| {
        let made = messages
            .iter()
            .find(|message| message["target"]["name"] == **name && message["filenames"].is_array());
        let files = made.and_then(|message| message["filenames"].as_array());
        let mut files = files.into_iter().flatten().filter_map(Json::as_str);
        files
            .find(|file| file.ends_with(".rlib"))
            .map(PathBuf::from)
            .ok_or_else(|| Fault::from(format!("cargo made no library of {name}")))
    };
    crates.iter().map(library).collect()
}

/// A program that runs until it is dropped, and answers in lines.
pub(crate) struct Answering {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

impl Answering {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Fault> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("it has no standard output")?;
        let (sender, lines) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(output).lines();
            // An error of the channel means that nobody listens any more.
            let _ = lines
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line));
        });
        Ok(Self {
            child,
            input,
            lines,
            reader: Some(reader),
        })
    }

    /// Asks for one more answer.
    pub(crate) fn ask(&mut self) -> Result<(), Fault> {
        let input = self.input.as_mut().ok_or("it has no standard input")?;
        Ok(input.write_all(b"\n")?)
    }

    /// Sends a line and gives the next line that comes back.
    pub(crate) fn answer(&mut self, line: &str) -> Result<String, Fault> {
        let input = self.input.as_mut().ok_or("it has no standard input")?;
        input.write_all(format!("{line}\n").as_bytes())?;
        let answer = self.lines.recv_timeout(PEER_PATIENCE);
        answer.map_err(|_| "it has given no answer".into())
    }

    /// Waits for a line with `mark`.
    pub(crate) fn wait_for(&self, mark: &str) -> Result<(), Fault> {
        let began = Instant::now();
        loop {
            let left = PEER_PATIENCE.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(mark) => return Ok(()),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Err("it did not notice an edit".into()),
                Err(RecvTimeoutError::Disconnected) => return Err("it has ended".into()),
            }
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.input = None;
        // Both fail only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_in_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"a"},"filenames":["/x/liba.rmeta","/x/liba.rlib"]}
not a message
{"reason":"build-finished","success":true}"#;
        let found = built_libraries(messages, &["a"]).expect("it is there");
        assert_eq!(found, [PathBuf::from("/x/liba.rlib")]);
        assert!(built_libraries(messages, &["b"]).is_err());
    }

    #[test]
    fn a_program_is_asked_and_answers() {
        let here = Path::new(".");
        let mut echo = Answering::start(&mut command("cat", here)).expect("it starts");
        echo.ask().expect("it reads");
        echo.wait_for("").expect("it answers");
        assert_eq!(echo.answer("more").expect("it answers"), "more");
        drop(echo);
        let over = Answering::start(&mut command("true", here)).expect("it starts");
        assert!(over.wait_for("more").is_err());
        let fault = run(&mut command("false", here)).expect_err("it fails");
        assert!(
            fault.to_string().starts_with("false: exit status: 1"),
            "{fault}"
        );
    }
}

//! "Reload only if the tests pass": a command that runs before each publish but the first.
//!
//! It runs in the build job, after the build and before anything is loaded: what it judges is
//! the sources. Newer edits cancel it with all that it started, as they do a build.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::build::{CancelToken, CommandError, clean_environment, run_command};
use crate::event::Diagnostic;

/// How much of the output a rejection shows: the end of it.
const OUTPUT_LINES: usize = 400;
const OUTPUT_BYTES: usize = 64 << 10;

/// What runs in each plugin of a change set.
#[derive(Debug, Clone)]
pub(crate) struct TestCommand {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// Why a change set is not to be published.
#[derive(Debug)]
pub(crate) enum TestFailure {
    /// There are newer edits.
    Cancelled,
    /// The command failed in a plugin.
    Failed {
        plugin: String,
        diagnostic: Diagnostic,
    },
}

impl TestCommand {
    /// Runs in the directory of each plugin, in turn; ends at the first failure.
    pub(crate) fn run(
        &self,
        plugins: &[(String, PathBuf)],
        generation: u64,
        limit: Duration,
        cancel: &CancelToken,
    ) -> Result<(), TestFailure> {
        let names: Vec<&str> = plugins.iter().map(|(plugin, _)| plugin.as_str()).collect();
        let names = names.join(",");
        for (plugin, directory) in plugins {
            let mut command = Command::new(&self.program);
            clean_environment(&mut command);
            command
                .args(&self.arguments)
                .current_dir(directory)
                .env("HOTPLATE_PLUGIN", plugin)
                .env("HOTPLATE_PLUGINS", &names)
                .env("HOTPLATE_GENERATION", generation.to_string());
            let mut output = Tail::default();
            let ended = run_command(&mut command, Some(limit), cancel, &mut |_, line| {
                output.push(line);
            });
            let what = match ended {
                Ok(status) if status.success() => continue,
                Ok(status) => how_it_ended(status),
                Err(CommandError::Cancelled) => return Err(TestFailure::Cancelled),
                Err(CommandError::TimedOut(limit)) => {
                    format!("did not end within {limit:?} and was killed")
                }
                Err(CommandError::Missing(error) | CommandError::Failed(error)) => {
                    format!("could not be run in {}: {error}", directory.display())
                }
            };
            let message = format!("the tests of {plugin} failed: `{}` {what}", self.text());
            let mut diagnostic = Diagnostic::message(message);
            diagnostic.rendered.push_str(&output.text());
            return Err(TestFailure::Failed {
                plugin: plugin.clone(),
                diagnostic,
            });
        }
        Ok(())
    }

    /// The command as somebody would type it.
    pub(crate) fn text(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// The last lines of an output.
#[derive(Debug, Default)]
struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    left_out: usize,
}

impl Tail {
    fn push(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(&line[..line.len().min(OUTPUT_BYTES)]).into_owned();
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > OUTPUT_LINES || self.bytes > OUTPUT_BYTES {
            let Some(first) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= first.len();
            self.left_out += 1;
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if self.left_out > 0 {
            text.push_str(&format!("… {} lines before these\n", self.left_out));
        }
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> TestCommand {
        TestCommand {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
        }
    }

    fn check(script: &str, expected: Result<(), &str>) -> String {
        let directory = tempfile::tempdir().expect("there is room");
        let plugins = [("one", "a"), ("two", "b")].map(|(plugin, folder)| {
            let folder = directory.path().join(folder);
            std::fs::create_dir(&folder).expect("there is room");
            (plugin.to_owned(), folder)
        });
        let limit = Duration::from_millis(500);
        let result = shell(script).run(&plugins, 7, limit, &CancelToken::new());
        match (result, expected) {
            (Ok(()), Ok(())) => String::new(),
            (Err(TestFailure::Failed { plugin, diagnostic }), Err(expected)) => {
                let found = format!("{plugin}: {}", diagnostic.message);
                assert!(found.contains(expected), "{found}");
                diagnostic.rendered
            }
            (result, _) => panic!("{script} gave {result:?}"),
        }
    }

    #[test]
    fn the_status_decides_in_every_plugin() {
        check("true", Ok(()));
        check(
            "exit 3",
            Err("one: the tests of one failed: `sh -c exit 3` ended with status 3"),
        );
        check(
            "test $HOTPLATE_PLUGIN != two",
            Err("two: the tests of two failed"),
        );
        check("kill -9 $$", Err("was killed by signal 9"));
        check("sleep 600", Err("did not end within 500ms"));
    }

    #[test]
    fn the_command_is_told_what_it_judges() {
        let said = check(
            "echo $HOTPLATE_PLUGINS $HOTPLATE_GENERATION; basename $PWD; exit 1",
            Err(""),
        );
        assert!(said.ends_with("one,two 7\na\n"), "{said}");
    }

    #[test]
    fn the_end_of_much_output_is_kept() {
        let said = check(
            "seq 1 100000; echo last >&2; sleep 0.1; exit 1",
            Err("status 1"),
        );
        assert!(said.len() < OUTPUT_BYTES + 1000, "{}", said.len());
        assert!(said.contains("lines before these"), "{said}");
        assert!(said.contains("\n100000\n"), "{said}");
    }

    #[test]
    fn what_cannot_be_run_is_said() {
        let missing = TestCommand {
            program: "/nowhere/tests".into(),
            arguments: Vec::new(),
        };
        let plugins = [("one".to_owned(), std::env::temp_dir())];
        let result = missing.run(&plugins, 1, Duration::from_secs(1), &CancelToken::new());
        let Err(TestFailure::Failed { diagnostic, .. }) = result else {
            panic!("{result:?}");
        };
        assert!(
            diagnostic.message.contains("could not be run"),
            "{diagnostic}"
        );
    }
}

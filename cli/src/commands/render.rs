//! `hotplate render`: one rendering on standard output.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;

use hotplate::{Event, Host, Value};

use crate::args::RenderArguments;
use crate::failure::{Failure, with_sources};
use crate::plugin_dir::{PluginDir, require_cargo};
use crate::problem::Problem;
use crate::report::Spinner;

/// Runs the command.
///
/// # Errors
///
/// If an argument is wrong, the plugin does not build, or the template fails.
pub(crate) fn run(arguments: &RenderArguments) -> Result<(), Failure> {
    let plugin = PluginDir::open(&arguments.directory)?;
    plugin.require_template(&arguments.template)?;
    let context = match &arguments.context {
        Some(file) => read_context(file)?,
        None => hotplate::context! {},
    };
    require_cargo()?;
    let host = start(&plugin)?;
    let text = host
        .template(&plugin.name, &arguments.template)
        .and_then(|template| template.render(&context))
        .map_err(|error| failed(&plugin, &error))?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// A failed rendering: the line that it failed in with a marker, then the way there.
fn failed(plugin: &PluginDir, error: &hotplate::Error) -> Failure {
    let problem = error.trace().last().and_then(|place| {
        let path = plugin.templates.join(&place.file);
        let text = fs::read_to_string(&path).ok()?;
        let exception = error.exception().unwrap_or("error");
        let message = format!("{exception}: {}", error.message()?);
        let path = path.display().to_string();
        Some(problem_at(&path, &text, place.line, place.column, message))
    });
    match problem {
        Some(problem) => Failure::Problems(vec![problem], with_sources(error)),
        None => Failure::host(error),
    }
}

/// A problem at a line and a column of `text`, both from one; a column counts characters.
fn problem_at(path: &str, text: &str, line: u32, column: u32, message: String) -> Problem {
    let before = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = text.split_inclusive('\n').take(before(line));
    let line_start: usize = lines.map(str::len).sum();
    let rest = text[line_start..].lines().next().unwrap_or_default();
    let column_start: usize = rest.chars().take(before(column)).map(char::len_utf8).sum();
    let start = line_start + column_start;
    let end = line_start + rest.trim_end().len();
    Problem::at(path, text, start..end.max(start), message)
}

/// Builds the plugin, with a sign of life.
fn start(plugin: &PluginDir) -> Result<Host, Failure> {
    let mut builder = Host::builder().plugin(&plugin.path).manual();
    let events = builder.subscribe();
    let watcher = thread::Builder::new()
        .name("hotplate-progress".to_owned())
        .spawn(move || {
            let mut spinner = Spinner::default();
            while let Some(event) = events.recv() {
                match event {
                    Event::BuildStarted { plugins } => {
                        spinner.say(format!("Building {}", plugins.join(", ")));
                    }
                    Event::BuildProgress { message } => spinner.say(message.trim()),
                    Event::Published(_) | Event::Rejected(_) => break,
                    _ => {}
                }
            }
        })
        .map_err(|error| Failure::line(format_args!("cannot start a thread: {error}")))?;
    let host = builder.start();
    // The events have ended, one way or the other; the spinner goes before the output.
    let _ = watcher.join();
    host.map_err(|error| Failure::host(&error))
}

/// Reads a JSON object.
fn read_context(file: &Path) -> Result<Value, Failure> {
    let shown = file.display();
    let bytes = fs::read(file)
        .map_err(|error| Failure::line(format_args!("cannot read {shown}: {error}")))?;
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        let message = message.strip_suffix(&place).unwrap_or(&message);
        Failure::line(format_args!("{shown}:{line}:{column}: no JSON: {message}"))
    })?;
    let kind = match &json {
        serde_json::Value::Object(_) => {
            // Read again, for every digit of the numbers.
            let text = String::from_utf8_lossy(&bytes);
            return hotplate::from_json(&text).map_err(|error| Failure::host(&error));
        }
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Null => "null",
    };
    Err(Failure::line(format_args!(
        "{shown}:1:1: a context is a JSON object with names and values, and this is {kind}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_marked_in_its_line() {
        let text = "one\n  é{{ v|divisibleby:0 }}\nthree\n";
        let cases = [
            (2, 7, " --> page.html:2:7"),
            (1, 1, " --> page.html:1:1"),
            (9, 9, " --> page.html:"),
        ];
        for (line, column, expected) in cases {
            let message = "ZeroDivisionError: integer modulo by zero".to_owned();
            let problem = problem_at("page.html", text, line, column, message);
            assert!(problem.rendered.contains(expected), "{}", problem.rendered);
        }
        let problem = problem_at("page.html", text, 2, 7, "wrong".to_owned());
        let lines: Vec<&str> = problem.rendered.lines().collect();
        assert!(
            lines
                .windows(2)
                .any(|pair| pair[0].ends_with("  é{{ v|divisibleby:0 }}") && pair[1].contains('^')),
            "{}",
            problem.rendered
        );
    }
}

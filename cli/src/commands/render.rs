//! `hotplate render`: one rendering on standard output.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;

use hotplate::{Event, Host, Value};

use crate::args::RenderArguments;
use crate::failure::Failure;
use crate::plugin_dir::{PluginDir, require_cargo};
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
        .map_err(|error| Failure::host(&error))?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
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

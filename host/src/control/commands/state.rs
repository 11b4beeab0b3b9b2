//! Commands about what plugins remember: `state`.

use serde_json::json;

use super::{Action, Command, Slot};
use crate::control::answer::{Answer, Refusal};
use crate::control::words::Words;
use crate::error::suggestions;
use crate::host::Host;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "state",
    arguments: "[PLUGIN] [TYPE]",
    summary: "show the state that plugins keep",
    description: "Calls go on meanwhile, so fields may be of different moments.",
    example: "state text",
    slots: &[Slot::Plugin],
    action: Action::Answer(state),
}];

fn state(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let plugin = words.next()?;
    let name = words.next()?;
    words.end()?;
    let mut states = host.states();
    if let Some(plugin) = &plugin {
        let names: Vec<String> = states.iter().map(|state| state.plugin.clone()).collect();
        states.retain(|state| state.plugin == *plugin);
        if states.is_empty() {
            let near = suggestions(plugin, names.iter().map(String::as_str));
            let advice = match near.first() {
                Some(near) => format!("; did you mean {near}?"),
                None => String::new(),
            };
            let message = format!("plugin {plugin} keeps no state{advice}");
            return Err(Refusal::new("unknown", message));
        }
    }
    if let (Some(plugin), Some(name)) = (&plugin, &name) {
        let names: Vec<String> = states.iter().map(|state| state.name.clone()).collect();
        states.retain(|state| state.name == *name);
        if states.is_empty() {
            let message = format!(
                "plugin {plugin} has state of {}, not {name}",
                names.join(", ")
            );
            return Err(Refusal::new("unknown", message));
        }
    }
    let mut objects = Vec::new();
    let mut lines = Vec::new();
    for state in &states {
        // What cannot be shown is no reason not to show the others.
        let (value, problem) = match state.json() {
            Ok(value) => (value, None),
            Err(error) => ("null".to_owned(), Some(error.to_string())),
        };
        objects.push(format!(
            r#"{{"plugin":{},"type":{},"version":{},"in_use":{},"instances":{},"value":{value},"problem":{}}}"#,
            json!(state.plugin),
            json!(state.name),
            state.version,
            state.in_use,
            state.instances,
            json!(problem),
        ));
        let mut notes = vec![format!("version {}", state.version)];
        if state.instances > 0 {
            notes.push(format!("{} instances", state.instances));
        }
        if !state.in_use {
            notes.push("not in use".to_owned());
        }
        lines.push(format!(
            "{}::{} ({})\n  {}",
            state.plugin,
            state.name,
            notes.join(", "),
            problem.unwrap_or(value),
        ));
    }
    let text = if lines.is_empty() {
        "No plugin keeps state.".to_owned()
    } else {
        lines.join("\n")
    };
    let result = format!(r#"{{"states":[{}]}}"#, objects.join(","));
    Ok(Answer::new(result, text))
}

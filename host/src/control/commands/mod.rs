//! The commands: a name, how it is used, and a function of the host.

mod publishing;
mod recoding;
mod state;
mod units;

use super::answer::{Answer, Refusal};
use super::words::Words;
use crate::error::suggestions;
use crate::host::Host;

/// One command.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What stands after it: `PLUGIN TEMPLATE [CONTEXT]`.
    pub(super) arguments: &'static str,
    /// What it does, in a few words.
    pub(super) summary: &'static str,
    /// What else there is to know.
    pub(super) description: &'static str,
    pub(super) example: &'static str,
    /// What its words are, for completion.
    pub(super) slots: &'static [Slot],
    pub(super) action: Action,
}

/// What a word of a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Command,
    Plugin,
    /// A template or partial of the plugin before it.
    Template,
    /// A function of the plugin before it.
    Function,
    /// Any unit of the plugin before it.
    Unit,
    /// A generation that is kept.
    Generation,
    /// A plugin or a kind of units.
    Filter,
}

/// How a command is carried out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Gives one answer.
    Answer(fn(&Host, Words<'_>) -> Result<Answer, Refusal>),
    /// Sends events until it is stopped.
    Follow,
    /// Ends the session.
    Quit,
}

/// All commands, in the order in which help lists them.
pub(super) const COMMANDS: &[&[Command]] = &[
    units::COMMANDS,
    recoding::COMMANDS,
    publishing::COMMANDS,
    state::COMMANDS,
    GENERAL,
];

const GENERAL: &[Command] = &[
    Command {
        name: "events",
        arguments: "[COUNT]",
        summary: "follow what happens",
        description: "Shows events as they come, until COUNT of them were shown or it is stopped \
                      (Ctrl-C in a console).",
        example: "events 3",
        slots: &[],
        action: Action::Follow,
    },
    Command {
        name: "help",
        arguments: "[COMMAND]",
        summary: "list the commands, or explain one",
        description: "",
        example: "help render",
        slots: &[Slot::Command],
        action: Action::Answer(help),
    },
    Command {
        name: "quit",
        arguments: "",
        summary: "end the session; the host goes on",
        description: "A host that was started by `hotplate run` ends with its console.",
        example: "quit",
        slots: &[],
        action: Action::Quit,
    },
];

/// The command with a name.
pub(super) fn command(name: &str) -> Option<&'static Command> {
    let mut all = COMMANDS.iter().flat_map(|commands| commands.iter());
    all.find(|command| command.name == name)
}

/// The command that `name` means, or a refusal with names that are near.
pub(super) fn require(name: &str) -> Result<&'static Command, Refusal> {
    command(name).ok_or_else(|| {
        let all = COMMANDS.iter().flat_map(|commands| commands.iter());
        let near = suggestions(name, all.map(|command| command.name));
        let advice = match near.first() {
            Some(near) => format!("did you mean {near}?"),
            None => "`help` lists the commands".to_owned(),
        };
        Refusal::new(
            "unknown_command",
            format!("there is no command {name}; {advice}"),
        )
    })
}

/// How a command is written.
pub(super) fn usage(command: &Command) -> String {
    format!("{} {}", command.name, command.arguments)
        .trim_end()
        .to_owned()
}

fn help(_: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let Some(name) = words.next()? else {
        return Ok(list());
    };
    words.end()?;
    let command = require(&name)?;
    let mut text = format!("{}: {}\n", usage(command), command.summary);
    if !command.description.is_empty() {
        text.push_str(&format!("{}\n", command.description));
    }
    text.push_str(&format!("Example: {}", command.example));
    Ok(Answer::new(describe(command), text))
}

fn list() -> Answer {
    let all = || COMMANDS.iter().flat_map(|commands| commands.iter());
    let width = all()
        .map(|command| usage(command).len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = all()
        .map(|command| format!("{:width$}  {}", usage(command), command.summary))
        .collect();
    let commands: Vec<_> = all().map(describe).collect();
    Answer::new(
        serde_json::json!({"commands": commands}),
        format!(
            "{}\nWords in capitals are yours, those in brackets may be left out. CONTEXT is a JSON \
             object,\nARGUMENT any JSON value: a number, true, null, \"text\", [1, 2], \
             {{\"a\": 1}}. `help COMMAND` gives an example.",
            lines.join("\n")
        ),
    )
}

fn describe(command: &Command) -> serde_json::Value {
    serde_json::json!({
        "name": command.name,
        "usage": usage(command),
        "summary": command.summary,
        "description": command.description,
        "example": command.example,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_and_an_example_of_its_own() {
        let all: Vec<_> = COMMANDS
            .iter()
            .flat_map(|commands| commands.iter())
            .collect();
        for command in &all {
            let same = all.iter().filter(|other| other.name == command.name);
            assert_eq!(same.count(), 1, "{}", command.name);
            let first = command.example.split(' ').next();
            assert_eq!(first, Some(command.name));
            assert!(!command.summary.is_empty(), "{}", command.name);
        }
        let refusal = require("rendr").expect_err("there is no such command");
        assert_eq!(
            refusal.message,
            "there is no command rendr; did you mean render?"
        );
    }
}

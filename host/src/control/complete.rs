//! What a word of a command may become.

use std::collections::BTreeSet;

use serde_json::json;

use super::commands::{COMMANDS, Slot, command};
use crate::host::Host;

/// The place where the word begins that `line` ends with, and what it may become.
pub(super) fn complete(host: &Host, line: &str) -> (usize, Vec<String>) {
    let start = line
        .char_indices()
        .rfind(|(_, character)| character.is_whitespace())
        .map_or(0, |(place, space)| place + space.len_utf8());
    let (before, begun) = line.split_at(start);
    let words: Vec<&str> = before.split_whitespace().collect();
    let candidates = match words.as_slice() {
        [] => COMMANDS
            .iter()
            .flat_map(|commands| commands.iter())
            .map(|command| command.name.to_owned())
            .collect(),
        [name, arguments @ ..] => arguments_of(host, name, arguments),
    };
    let fitting = candidates
        .into_iter()
        .map(|name| match name.contains(char::is_whitespace) {
            true => json!(name).to_string(),
            false => name,
        })
        .filter(|name| name.starts_with(begun));
    (start, fitting.collect())
}

fn arguments_of(host: &Host, name: &str, arguments: &[&str]) -> BTreeSet<String> {
    let slot = command(name).and_then(|command| {
        let slots = command.slots;
        // `list` takes its words in any order.
        slots
            .get(arguments.len())
            .or(slots.last().filter(|slot| **slot == Slot::Filter))
    });
    let Some(slot) = slot else {
        return BTreeSet::new();
    };
    let units = host.units();
    let plugin = arguments.first().copied().unwrap_or_default();
    let of_kinds = |kinds: &[&str]| {
        units
            .iter()
            .filter(|unit| unit.plugin == plugin && kinds.contains(&unit.kind))
            .map(|unit| unit.name.clone())
            .collect()
    };
    match slot {
        Slot::Command => COMMANDS
            .iter()
            .flat_map(|commands| commands.iter())
            .map(|command| command.name.to_owned())
            .collect(),
        Slot::Generation => host
            .history()
            .iter()
            .filter(|entry| !entry.is_current)
            .map(|entry| entry.generation.to_string())
            .collect(),
        Slot::Plugin => units.iter().map(|unit| unit.plugin.clone()).collect(),
        Slot::Template => of_kinds(&["template", "partial"]),
        Slot::Function => of_kinds(&["function"]),
        Slot::Unit => of_kinds(&["template", "block", "partial", "function", "filter", "tag"]),
        Slot::Filter => {
            let plugins = units.iter().map(|unit| unit.plugin.clone());
            let kinds = units.iter().map(|unit| unit.kind.to_owned());
            plugins.chain(kinds).collect()
        }
    }
}

//! Commands about units: `list`, `render`, `call`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Action, Command, Slot};
use crate::control::answer::{Answer, Refusal};
use crate::control::words::Words;
use crate::error::suggestions;
use crate::host::{Host, UnitInfo};
use crate::{Value, to_json};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "list",
        arguments: "[PLUGIN] [KIND] [PATTERN]",
        summary: "list the units that are live",
        description: "KIND is template, block, partial, function, filter or tag. PATTERN is a part \
                      of a name, or a name in which * stands for anything.",
        example: "list site template *.html",
        slots: &[Slot::Filter],
        action: Action::Answer(list),
    },
    Command {
        name: "render",
        arguments: "PLUGIN TEMPLATE [CONTEXT]",
        summary: "render a template",
        description: "CONTEXT is a JSON object with the names that the template sees. \
                      TEMPLATE#PARTIAL renders a partial.",
        example: "render site about.html {\"title\": \"Plates\"}",
        slots: &[Slot::Plugin, Slot::Template],
        action: Action::Answer(render),
    },
    Command {
        name: "call",
        arguments: "PLUGIN FUNCTION [ARGUMENT...]",
        summary: "call a plugin function",
        description: "Each ARGUMENT is a JSON value. Parameters and result must be numbers, bool, \
                      text, Value, or lists or options of these; `list PLUGIN function` shows \
                      signatures.",
        example: "call text slugify \"Hot Plates\"",
        slots: &[Slot::Plugin, Slot::Function],
        action: Action::Answer(call),
    },
];

/// The kinds of units, and the words for several.
const KINDS: &[(&str, &str)] = &[
    ("template", "templates"),
    ("block", "blocks"),
    ("partial", "partials"),
    ("function", "functions"),
    ("filter", "filters"),
    ("tag", "tags"),
];

fn list(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let mut units = host.units();
    while let Some(word) = words.next()? {
        let kind = KINDS
            .iter()
            .find(|(one, many)| *one == word || *many == word);
        if let Some((kind, _)) = kind {
            units.retain(|unit| unit.kind == *kind);
        } else if units.iter().any(|unit| unit.plugin == word) {
            units.retain(|unit| unit.plugin == word);
        } else {
            let before = std::mem::take(&mut units);
            let names = before.iter().flat_map(|unit| [&unit.plugin, &unit.name]);
            let near = suggestions(&word, names.map(String::as_str));
            units = before;
            units.retain(|unit| fits(&word, &unit.name));
            if units.is_empty() {
                let advice = match near.first() {
                    Some(near) => format!("; did you mean {near}?"),
                    None => String::new(),
                };
                return Err(Refusal::new(
                    "unknown",
                    format!("no unit or plugin is called {word}{advice}"),
                ));
            }
        }
    }
    let signatures: Vec<Option<String>> = units
        .iter()
        .map(|unit| match unit.kind {
            "function" => host.signature(&unit.plugin, &unit.name).ok(),
            _ => None,
        })
        .collect();
    let objects: Vec<_> = units
        .iter()
        .zip(&signatures)
        .map(|(unit, signature)| {
            json!({
                "plugin": unit.plugin,
                "name": unit.name,
                "kind": unit.kind,
                "file": unit.file,
                "line": unit.line,
                "signature": signature,
            })
        })
        .collect();
    Ok(Answer::new(
        json!({"units": objects}),
        table(&units, &signatures),
    ))
}

/// Whether a name fits a pattern: a part of it, or with `*` for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(last) = parts.next_back() else {
        return name.contains(pattern);
    };
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The units, plugin by plugin.
fn table(units: &[UnitInfo], signatures: &[Option<String>]) -> String {
    if units.is_empty() {
        return "There are no units.".to_owned();
    }
    let mut plugins: BTreeMap<&str, Vec<(&UnitInfo, &str)>> = BTreeMap::new();
    for (unit, signature) in units.iter().zip(signatures) {
        let name = signature.as_deref().unwrap_or(&unit.name);
        plugins.entry(&unit.plugin).or_default().push((unit, name));
    }
    let mut text = String::new();
    for (plugin, units) in plugins {
        let names = units.iter().map(|(_, name)| name.chars().count());
        // A long signature must not push everything else to the side.
        let width = names.filter(|width| *width <= 40).max().unwrap_or_default();
        text.push_str(&format!("{plugin}\n"));
        for (unit, name) in units {
            let place = format!("{}:{}", unit.file, unit.line);
            text.push_str(&format!("  {:8}  {name:width$}  {place}\n", unit.kind));
        }
    }
    text
}

fn render(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let plugin = words.word("PLUGIN")?;
    let template = words.word("TEMPLATE")?;
    let context = match words.values()?.as_slice() {
        [] => crate::context! {},
        [context @ Value::Dict(_)] => context.clone(),
        [_] => {
            return Err(Refusal::usage(
                "a context is a JSON object with names and values",
            ));
        }
        _ => return Err(Refusal::usage("there is more than one context")),
    };
    let template = host.template(&plugin, &template)?;
    let rendered = template.render_with(&context, &host.render_options())?;
    let generation = rendered.receipt.generation;
    let result = json!({"text": rendered.text, "generation": generation});
    Ok(Answer::new(result, rendered.text))
}

fn call(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let plugin = words.word("PLUGIN")?;
    let function = words.word("FUNCTION")?;
    let arguments = words.values()?;
    let value = host.call_value(&plugin, &function, &arguments)?;
    let value = to_json(&value);
    Ok(Answer::new(format!(r#"{{"value":{value}}}"#), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_parts_or_have_stars() {
        let cases = [
            ("index", "index.html", true),
            ("*.html", "index.html", true),
            ("*.html", "index.html/content", false),
            ("i*.*l", "index.html", true),
            ("index*", "about.html", false),
            ("a*a", "a", false),
            ("*", "", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}

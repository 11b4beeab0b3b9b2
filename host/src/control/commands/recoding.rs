//! Commands that replace source: `source`, `patch`, `revert`, `commit`.

use serde_json::json;

use super::publishing::published;
use super::{Action, Command, Slot};
use crate::control::answer::{Answer, Refusal};
use crate::control::words::Words;
use crate::error::Error;
use crate::host::Host;
use crate::recoder::Recoder;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "source",
        arguments: "PLUGIN UNIT",
        summary: "show the source of a unit, as it runs",
        description: "UNIT is a template, block, partial, function, filter or tag, or a file by its \
                      path in the plugin.",
        example: "source text slugify",
        slots: &[Slot::Plugin, Slot::Unit],
        action: Action::Answer(source),
    },
    Command {
        name: "patch",
        arguments: "PLUGIN UNIT [SOURCE]",
        summary: "replace a unit while it runs; its file stays as it is",
        description: "SOURCE is the rest of the line, text in quotes as JSON has it, or @FILE. \
                      Without it a console opens your editor ($VISUAL, $EDITOR). `revert` takes \
                      the patch back, `commit` writes it into the file.",
        example: "patch site about.html <h1>{{ title }}</h1>",
        slots: &[Slot::Plugin, Slot::Unit],
        action: Action::Answer(patch),
    },
    Command {
        name: "revert",
        arguments: "PLUGIN UNIT",
        summary: "take a patch back",
        description: "",
        example: "revert site about.html",
        slots: &[Slot::Plugin, Slot::Unit],
        action: Action::Answer(revert),
    },
    Command {
        name: "commit",
        arguments: "PLUGIN UNIT",
        summary: "write a patch into its file",
        description: "It is refused if the file was changed since the patch was made.",
        example: "commit site about.html",
        slots: &[Slot::Plugin, Slot::Unit],
        action: Action::Answer(commit),
    },
];

/// The recoder of a unit, or of a file where no unit has that name.
fn recoder(host: &Host, words: &mut Words<'_>) -> Result<Recoder, Refusal> {
    let plugin = words.word("PLUGIN")?;
    let unit = words.word("UNIT")?;
    let of_unit = |error: Error| {
        let is_path = unit.contains(['/', '.']);
        match host.module_recoder(&plugin, &unit) {
            Ok(recoder) if is_path && error.is_unknown() => Ok(recoder),
            _ => Err(error),
        }
    };
    Ok(host.recoder(&plugin, &unit).or_else(of_unit)?)
}

fn source(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let recoder = recoder(host, &mut words)?;
    words.end()?;
    let text = recoder.source()?;
    let result = json!({"source": text, "status": recoder.status()?.as_str()});
    Ok(Answer::new(
        result,
        text.unwrap_or_else(|| "It was deleted.".to_owned()),
    ))
}

fn patch(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let recoder = recoder(host, &mut words)?;
    let source = if words.rest().starts_with('"') {
        let source = words.word("SOURCE")?;
        words.end()?;
        source
    } else {
        words.rest().to_owned()
    };
    if source.is_empty() {
        return Err(Refusal::usage("SOURCE is missing"));
    }
    Ok(published(recoder.patch(&source)?.as_ref()))
}

fn revert(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let recoder = recoder(host, &mut words)?;
    words.end()?;
    Ok(published(recoder.revert()?.as_ref()))
}

fn commit(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let recoder = recoder(host, &mut words)?;
    words.end()?;
    recoder.commit()?;
    let status = recoder.status()?;
    Ok(Answer::new(
        json!({"status": status.as_str()}),
        format!("{}::{}: {status}", recoder.plugin(), recoder.unit()),
    ))
}

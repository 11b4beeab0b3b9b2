//! Commands about generations: `refresh`, `rollback`, `status`.

use serde_json::json;

use super::{Action, Command};
use crate::control::answer::{Answer, Refusal};
use crate::control::words::Words;
use crate::event::Receipt;
use crate::host::Host;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "refresh",
        arguments: "",
        summary: "look at all files now, and publish what changed",
        description: "Also tries again what was rejected before.",
        example: "refresh",
        slots: &[],
        action: Action::Answer(refresh),
    },
    Command {
        name: "rollback",
        arguments: "",
        summary: "go back to the generation before, without a build",
        description: "Files are not touched; the next edit is published on top.",
        example: "rollback",
        slots: &[],
        action: Action::Answer(rollback),
    },
    Command {
        name: "status",
        arguments: "",
        summary: "how much the host holds, and what was rejected last",
        description: "",
        example: "status",
        slots: &[],
        action: Action::Answer(status),
    },
];

/// A receipt, or that there was nothing to publish.
pub(super) fn published(receipt: Option<&Receipt>) -> Answer {
    match receipt {
        Some(receipt) => Answer::new(
            format!(r#"{{"published":{}}}"#, receipt.to_json()),
            receipt.to_string(),
        ),
        None => Answer::new(
            json!({"published": null}),
            "Nothing differs from what serves",
        ),
    }
}

fn refresh(host: &Host, words: Words<'_>) -> Result<Answer, Refusal> {
    words.end()?;
    Ok(published(host.refresh()?.as_ref()))
}

fn rollback(host: &Host, words: Words<'_>) -> Result<Answer, Refusal> {
    words.end()?;
    Ok(published(Some(&host.rollback()?)))
}

fn status(host: &Host, words: Words<'_>) -> Result<Answer, Refusal> {
    words.end()?;
    let stats = host.stats();
    let rejection = host.rejection();
    let result = format!(
        r#"{{"generation":{},"units":{},"kept_snapshots":{},"native_libraries":{},"native_budget":{},"reclaimed_libraries":{},"rejection":{}}}"#,
        stats.generation,
        host.units().len(),
        stats.kept_snapshots,
        stats.native_libraries,
        stats.native_budget,
        stats.reclaimed_libraries,
        rejection
            .as_ref()
            .map_or_else(|| "null".to_owned(), crate::Rejection::to_json),
    );
    let mut text = format!(
        "Generation {}, {} units\n{} earlier generations can be gone back to\n\
         {} hand-written libraries of {} are loaded, {} libraries were unloaded",
        stats.generation,
        host.units().len(),
        stats.kept_snapshots,
        stats.native_libraries,
        stats.native_budget,
        stats.reclaimed_libraries,
    );
    if let Some(rejection) = rejection {
        text.push_str(&format!("\nRejected: {rejection}"));
    }
    Ok(Answer::new(result, text))
}

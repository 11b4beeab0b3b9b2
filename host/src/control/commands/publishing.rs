//! Commands about generations: `refresh`, `rollback`, `history`, `who`, `status`.

use std::time::SystemTime;

use serde_json::json;

use super::{Action, Command, Slot};
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
        arguments: "[GENERATION]",
        summary: "go back a generation, or to any that is kept, without a build",
        description: "Files are not touched; the next edit is published on top. `history` lists \
                      what is kept; one that was left can be gone forward to again.",
        example: "rollback 3",
        slots: &[Slot::Generation],
        action: Action::Answer(rollback),
    },
    Command {
        name: "history",
        arguments: "",
        summary: "list the generations that can be gone back to",
        description: "",
        example: "history",
        slots: &[],
        action: Action::Answer(history),
    },
    Command {
        name: "who",
        arguments: "",
        summary: "show who still holds which generation",
        description: "Pins, and handles of one thread; the libraries of a generation are unloaded \
                      once nobody holds it.",
        example: "who",
        slots: &[],
        action: Action::Answer(who),
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

fn rollback(host: &Host, mut words: Words<'_>) -> Result<Answer, Refusal> {
    let generation = words.number("GENERATION")?;
    words.end()?;
    let receipt = match generation {
        Some(generation) => host.rollback_to(generation)?,
        None => host.rollback()?,
    };
    Ok(published(Some(&receipt)))
}

fn history(host: &Host, words: Words<'_>) -> Result<Answer, Refusal> {
    words.end()?;
    let mut objects = Vec::new();
    let mut lines = Vec::new();
    for entry in host.history() {
        let changes: Vec<String> = entry.changes.iter().map(ToString::to_string).collect();
        // A clock that was set back makes it zero.
        let published = entry.published.duration_since(SystemTime::UNIX_EPOCH);
        let age = entry.published.elapsed().unwrap_or_default();
        let cause = entry.cause.to_string();
        objects.push(json!({
            "generation": entry.generation,
            "cause": cause,
            "changes": changes,
            "published": published.unwrap_or_default().as_secs_f64(),
            "restores": entry.restores,
            "current": entry.is_current,
            "failed": entry.has_failed,
            "pins": entry.pins,
            "local_handles": entry.local_handles,
        }));
        let mut line = format!(
            "{} {:>4}  {:>8} ago  {cause}",
            if entry.is_current { '*' } else { ' ' },
            entry.generation,
            rough(age.as_secs()),
        );
        if let Some(restores) = entry.restores {
            line.push_str(&format!(" to {restores}"));
        }
        if entry.has_failed {
            line.push_str(", failed");
        }
        line.push_str(&match changes.as_slice() {
            [] => String::new(),
            [only] => format!(": {only}"),
            [first, rest @ ..] => format!(": {first} and {} more", rest.len()),
        });
        lines.push(line);
    }
    Ok(Answer::new(
        json!({"generations": objects}),
        lines.join("\n"),
    ))
}

/// A span of time in its largest unit.
fn rough(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

fn who(host: &Host, words: Words<'_>) -> Result<Answer, Refusal> {
    words.end()?;
    let holders = host.holders();
    let objects: Vec<_> = holders
        .iter()
        .map(|holder| {
            json!({
                "generation": holder.generation,
                "pins": holder.pins,
                "local_handles": holder.local_handles,
                "current": holder.is_current,
                "kept": holder.is_kept,
            })
        })
        .collect();
    let lines: Vec<String> = holders
        .iter()
        .map(|holder| {
            let state = match (holder.is_current, holder.is_kept) {
                (true, _) => "current",
                (false, true) => "kept",
                (false, false) => "held by these alone",
            };
            format!(
                "generation {} ({state}): {} pins, {} handles of one thread",
                holder.generation, holder.pins, holder.local_handles
            )
        })
        .collect();
    let text = match lines.as_slice() {
        [] => "Nobody holds a generation but the host.".to_owned(),
        lines => lines.join("\n"),
    };
    Ok(Answer::new(json!({"holders": objects}), text))
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

//! The lines that client and host exchange. `docs/console.md` describes them.

use serde::Deserialize;
use serde_json::json;

use super::PROTOCOL;
use super::answer::{Answer, Refusal};
use crate::event::Event;

/// The most bytes of a line that a client may send.
pub(super) const LONGEST_LINE: usize = 4 << 20;

/// The client's first line.
#[derive(Debug, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: u32,
    /// Whether it wants answers for people, too.
    #[serde(default)]
    pub(super) text: bool,
}

/// Every other line of a client.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    /// Comes back with the answer.
    #[serde(default)]
    pub(super) id: u64,
    /// A command.
    pub(super) line: Option<String>,
    /// The beginning of a command, up to what is to be completed.
    pub(super) complete: Option<String>,
    /// Ends what the command `events` began.
    #[serde(default)]
    pub(super) stop: bool,
}

/// The host's first line.
pub(super) fn greeting(generation: u64) -> String {
    json!({
        "hotplate": env!("CARGO_PKG_VERSION"),
        "protocol": PROTOCOL,
        "pid": std::process::id(),
        "generation": generation,
    })
    .to_string()
}

/// The line for the result of a command.
pub(super) fn answered(id: u64, command: &str, answer: &Answer, with_text: bool) -> String {
    let mut line = format!(
        r#"{{"id":{id},"ok":true,"command":{},"result":{}"#,
        json!(command),
        answer.result
    );
    if with_text {
        line.push_str(&format!(r#","text":{}"#, json!(answer.text)));
    }
    line.push('}');
    line
}

/// The line for a command that gave no result.
pub(super) fn refused(id: u64, command: &str, refusal: &Refusal, with_text: bool) -> String {
    let mut line = format!(
        r#"{{"id":{id},"ok":false,"command":{},"code":{},"message":{}"#,
        json!(command),
        json!(refusal.code),
        json!(refusal.message),
    );
    for (name, value) in &refusal.details {
        line.push_str(&format!(",{}:{value}", json!(name)));
    }
    if with_text && !refusal.report.is_empty() {
        line.push_str(&format!(r#","text":{}"#, json!(refusal.report)));
    }
    line.push('}');
    line
}

/// The line for an event that is followed.
pub(super) fn event(id: u64, event: &Event, with_text: bool) -> String {
    let mut line = format!(r#"{{"id":{id},"event":{}"#, event.to_json());
    if with_text {
        line.push_str(&format!(r#","text":{}"#, json!(event.to_string())));
    }
    line.push('}');
    line
}

/// The line that says that events are followed from here on.
pub(super) fn following(id: u64, generation: u64) -> String {
    json!({"id": id, "following": true, "generation": generation}).to_string()
}

/// The line with completions; each takes the place of the text from byte `start` on.
pub(super) fn completions(id: u64, start: usize, candidates: &[String]) -> String {
    json!({"id": id, "ok": true, "start": start, "candidates": candidates}).to_string()
}

//! Taking tags out of text.

use super::markup::{self, Sink, Stop};
use crate::{Error, Result};

/// How often tags may come to light by taking others out.
const MAX_ROUNDS: usize = 50;
/// From this length on, an open tag may not contain [`MAX_ROUNDS`] others.
const LONG_TAG: usize = 1000;

/// `text` without tags, comments, declarations and the contents of unfinished scripts.
///
/// # Errors
///
/// `SuspiciousOperation` for an absurd nesting of tags; `AssertionError` for a marked
/// section that the parser does not know.
pub(super) fn strip(text: &str) -> Result<String> {
    for segment in text.split('>') {
        if let Some(start) = long_open_tag(segment)
            && segment[start..].matches('<').count() >= MAX_ROUNDS
        {
            return Err(suspicious());
        }
    }
    let mut text = text.to_owned();
    for round in 0.. {
        if !(text.contains('<') && text.contains('>')) {
            break;
        }
        if round >= MAX_ROUNDS {
            return Err(suspicious());
        }
        let stripped = strip_once(&text)?;
        if stripped.matches('<').count() == text.matches('<').count() {
            break;
        }
        text = stripped;
    }
    Ok(text)
}

#[cold]
fn suspicious() -> Error {
    Error::raise("SuspiciousOperation", "")
}

/// Where a tag opens that is long and not closed in this text without a `>`.
fn long_open_tag(segment: &str) -> Option<usize> {
    let start = segment
        .match_indices('<')
        .map(|(place, _)| place)
        .find(|place| segment[place + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))?;
    segment[start + 2..]
        .chars()
        .nth(LONG_TAG - 1)
        .map(|_| start)
}

fn strip_once(text: &str) -> Result<String> {
    let mut stripped = Stripped(String::with_capacity(text.len()));
    match markup::read_all(text, &mut stripped) {
        Err(Stop::Failed(error)) => Err(error),
        Ok(()) | Err(Stop::Complete) => Ok(stripped.0),
    }
}

/// Keeps all but the tags; a reference gets its semicolon if it has none.
struct Stripped(String);

impl Sink for Stripped {
    const REPLACES_REFERENCES: bool = false;

    fn text(&mut self, text: &str) -> Result<(), Stop> {
        self.0.push_str(text);
        Ok(())
    }

    fn reference(&mut self, reference: &str) -> Result<(), Stop> {
        self.0.push_str(reference);
        self.0.push(';');
        Ok(())
    }
}

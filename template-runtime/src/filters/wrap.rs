//! Lines of text, and breaking them.

use hotplate_plugin_api::value::{Ref, Value};

use super::{Call, keep_safety};
use crate::python::{int, int_clamped, is_space, text};
use crate::{Error, Result};

/// How wide a tab may be.
const TAB: usize = 8;

/// `wordwrap`: line breaks in place of spaces, where a line is longer than this.
///
/// Words longer than that stay whole.
///
/// # Errors
///
/// `ValueError` for a width that is no number or below one, `TypeError` for one that
/// `int()` does not take.
pub fn wordwrap(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let width = int_clamped(&arguments[0])?;
    let lines = split_lines(text.as_str());
    if width <= 0 && !lines.is_empty() {
        let width = crate::python::text(&int(&arguments[0])?)?;
        let message = format!("invalid width {} (must be > 0)", width.as_str());
        return Err(Error::value_error(message));
    }
    let width = usize::try_from(width).unwrap_or(0);
    let mut out = String::with_capacity(text.as_str().len());
    for (place, line) in lines.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        let line = line.trim_end_matches(is_line_end);
        let before = out.len();
        wrap_line(&expand_tabs(line), width, &mut out);
        if out.len() == before {
            // White space alone is not dropped.
            out.push_str(line);
        }
    }
    if text.as_str().ends_with('\n') {
        out.push('\n');
    }
    Ok(keep_safety(&text, out))
}

fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// `text.splitlines(keepends=True)`.
pub(super) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match rest.find(is_line_end) {
            Some(place) if rest[place..].starts_with("\r\n") => place + 2,
            Some(place) => place + rest[place..].chars().next().map_or(0, char::len_utf8),
            None => rest.len(),
        };
        let (line, after) = rest.split_at(end);
        lines.push(line);
        rest = after;
    }
    lines
}

/// The line with spaces in place of tabs, up to the next multiple of eight characters.
fn expand_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        if character == '\t' {
            let missing = TAB - column % TAB;
            out.extend(std::iter::repeat_n(' ', missing));
            column += missing;
        } else {
            out.push(character);
            column += 1;
        }
    }
    out
}

/// Words and what stands between them, in turn: only the white space of ASCII counts.
fn chunks(line: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ');
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest
            .find(|c| separates(c) != separates(first))
            .unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(end);
        rest = after;
        Some(chunk)
    })
}

/// Appends the lines that a line of text becomes; white space around each is dropped,
/// but for that before the first.
fn wrap_line(line: &str, width: usize, out: &mut String) {
    let is_blank = |chunk: &str| chunk.chars().all(is_space);
    let mut chunks = chunks(line)
        .map(|chunk| (chunk, chunk.chars().count()))
        .peekable();
    let mut is_first = true;
    while chunks.peek().is_some() {
        if !is_first {
            chunks.next_if(|(chunk, _)| is_blank(chunk));
        }
        let mut current = Vec::new();
        let mut length = 0;
        while let Some((chunk, count)) = chunks.next_if(|(_, count)| length + count <= width) {
            current.push(chunk);
            length += count;
        }
        if current.is_empty()
            && let Some((chunk, _)) = chunks.next()
        {
            current.push(chunk);
        }
        if current.last().is_some_and(|chunk| is_blank(chunk)) {
            current.pop();
        }
        if current.is_empty() {
            continue;
        }
        if !is_first {
            out.push('\n');
        }
        is_first = false;
        out.extend(current);
    }
}

#[cfg(test)]
mod tests;

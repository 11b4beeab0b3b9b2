//! Filters that keep the beginning of a text or of HTML.

use hotplate_plugin_api::value::{Ref, Value};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::markup::{self, Sink, StartTag, Stop};
use super::{Call, keep_safety, printf};
use crate::Result;
use crate::python::{escape, int_clamped, is_space, split_words, text};
use crate::translation::Translator;

/// What replaces the rest of a text cut between characters, before translation.
const CUT: &str = "%(truncated_text)s…";
/// The text itself, in a replacement.
const TEXT: &str = "%(truncated_text)s";
/// What replaces the rest of a text cut between words.
const CUT_WORDS: &str = " …";

/// Elements without contents, whose start is all there is of them.
const VOID_ELEMENTS: [&str; 16] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "frame", "spacer",
];

/// `truncatewords`: so many words, and ` …` if that is not all.
///
/// White space between words becomes one space. An argument that is no number gives
/// the text itself.
///
/// # Errors
///
/// `TypeError` for an argument that `int()` does not take.
pub fn truncatewords(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let Some(limit) = limit(&arguments[0])? else {
        return Ok(Value::Str(text));
    };
    let mut out = String::new();
    if limit > 0 {
        let mut words = split_words(text.as_str());
        for word in words.by_ref().take(limit) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        if words.next().is_some() {
            out = cut(out, CUT_WORDS)?;
        }
    }
    Ok(keep_safety(&text, out))
}

/// `truncatechars`: so many characters, the last of them `…` if that is not all.
///
/// The text is normalised (NFC); combining marks do not count. An argument that is no
/// number gives the text itself.
///
/// # Errors
///
/// `TypeError` for an argument that `int()` does not take.
pub fn truncatechars(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let Some(limit) = limit(&arguments[0])? else {
        return Ok(Value::Str(text));
    };
    if limit == 0 {
        return Ok(keep_safety(&text, String::new()));
    }
    let replacement = replacement(call);
    let kept = room(limit, &replacement)?;
    let mut out: String = text.as_str().nfc().collect();
    let mut starters = out
        .char_indices()
        .filter(|(_, character)| canonical_combining_class(*character) == 0)
        .map(|(place, _)| place);
    let end = starters.nth(kept);
    let is_too_long = match limit - kept {
        0 => end.is_some(),
        more => starters.nth(more - 1).is_some(),
    };
    if let (Some(end), true) = (end, is_too_long) {
        out.truncate(end);
        out = cut(out, &replacement)?;
    }
    Ok(keep_safety(&text, out))
}

/// `truncatechars_html`: HTML up to so many characters between its tags, the last of them
/// `…` if that is not all; elements that are open there are closed.
///
/// An argument that is no number gives the text itself.
///
/// # Errors
///
/// `TypeError` for an argument that `int()` does not take; `AssertionError` for a marked
/// section of an unknown kind.
pub fn truncatechars_html(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let Some(limit) = limit(&arguments[0])? else {
        return Ok(Value::Str(text));
    };
    if limit == 0 {
        return Ok(keep_safety(&text, String::new()));
    }
    let html: String = text.as_str().nfc().collect();
    let replacement = replacement(call);
    let characters = Characters {
        limit,
        seen: 0,
        length: html.chars().count(),
    };
    let remaining = room(limit, &replacement)?;
    let out = truncate(&html, characters, remaining, &replacement)?;
    Ok(keep_safety(&text, out))
}

/// `truncatewords_html`: HTML up to so many words between its tags, and ` …` if that is
/// not all; elements that are open there are closed.
///
/// An argument that is no number gives the text itself.
///
/// # Errors
///
/// As for [`truncatechars_html`].
pub fn truncatewords_html(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let Some(limit) = limit(&arguments[0])? else {
        return Ok(Value::Str(text));
    };
    if limit == 0 {
        return Ok(keep_safety(&text, String::new()));
    }
    let out = truncate(text.as_str(), Words, limit, CUT_WORDS)?;
    Ok(keep_safety(&text, out))
}

/// `int(argument)`, none below zero; nothing where that is a `ValueError`.
fn limit(argument: &Value) -> Result<Option<usize>> {
    match int_clamped(argument) {
        Ok(number) => Ok(Some(usize::try_from(number).unwrap_or(0))),
        Err(error) if error.is("ValueError") => Ok(None),
        Err(error) => Err(error),
    }
}

/// What replaces the rest of a text cut between characters.
fn replacement(call: &Call<'_>) -> String {
    let context = "String to return when truncating text";
    Translator::of_call(call).pgettext(context, CUT)
}

/// A text that was cut with what replaces the rest.
fn cut(text: String, replacement: &str) -> Result<String> {
    if replacement.contains(TEXT) {
        let text = Value::from_iter([("truncated_text", Value::str(text))]);
        return printf::format(replacement, &text);
    }
    if text.ends_with(replacement) {
        return Ok(text);
    }
    Ok(text + replacement)
}

/// How many characters are kept of a text that is cut to so many.
fn room(limit: usize, replacement: &str) -> Result<usize> {
    let counted = cut(String::new(), replacement)?
        .chars()
        .filter(|character| canonical_combining_class(*character) == 0)
        .count();
    Ok(limit.saturating_sub(counted))
}

/// What is counted between tags.
trait Measure {
    /// How much this text is, and the beginning of it, escaped; or nothing, if all of the
    /// text is kept as it is and is the last.
    fn measure(&mut self, text: &str, room: usize, written: usize) -> Option<(usize, String)>;
}

/// Characters.
struct Characters {
    /// How many there may be.
    limit: usize,
    /// How many there were.
    seen: usize,
    /// The length of the HTML, tags included.
    length: usize,
}

impl Measure for Characters {
    fn measure(&mut self, text: &str, room: usize, written: usize) -> Option<(usize, String)> {
        let count = text.chars().count();
        self.seen += count;
        if self.seen == self.limit && written + count == self.length {
            return None;
        }
        let end = text.char_indices().nth(room);
        let kept = &text[..end.map_or(text.len(), |(place, _)| place)];
        Some((count, escape(kept).into_owned()))
    }
}

/// Words, with one space between them.
struct Words;

impl Measure for Words {
    fn measure(&mut self, text: &str, room: usize, _: usize) -> Option<(usize, String)> {
        let end = text.trim_end_matches(is_space).len();
        let start = text.len() - text.trim_start_matches(is_space).len();
        // White space at either end belongs to the words there.
        let inner = text.get(start..end).unwrap_or_default();
        let count = split_words(inner).count().max(1);
        let mut kept = String::with_capacity(text.len());
        for (place, word) in split_words(inner).take(room).enumerate() {
            kept.push_str(if place == 0 { &text[..start] } else { " " });
            kept.push_str(word);
        }
        if inner.is_empty() && room > 0 {
            kept.push_str(text);
        } else if room >= count {
            kept.push_str(&text[end..]);
        }
        Some((count, escape(&kept).into_owned()))
    }
}

/// The beginning of HTML.
struct Truncated<'a, M> {
    out: String,
    /// The length of `out` in characters.
    written: usize,
    /// The elements that are open, innermost last.
    open: Vec<String>,
    measure: M,
    remaining: usize,
    replacement: &'a str,
}

impl<M> Truncated<'_, M> {
    fn push(&mut self, text: &str) {
        self.written += text.chars().count();
        self.out.push_str(text);
    }
}

impl<M: Measure> Sink for Truncated<'_, M> {
    const REPLACES_REFERENCES: bool = true;

    fn text(&mut self, text: &str) -> Result<(), Stop> {
        let measured = self.measure.measure(text, self.remaining, self.written);
        let Some((count, kept)) = measured else {
            self.push(text);
            return Err(Stop::Complete);
        };
        if self.remaining < count {
            let cut = cut(kept, self.replacement)?;
            self.push(&cut);
            return Err(Stop::Complete);
        }
        self.remaining -= count;
        self.push(&kept);
        Ok(())
    }

    fn start_tag(&mut self, tag: &StartTag<'_>) {
        self.push(tag.source);
        if VOID_ELEMENTS.contains(&tag.name.as_str()) {
            return;
        }
        self.open.push(tag.name.clone());
        if tag.closes_itself {
            self.end_tag(&tag.name);
        }
    }

    fn end_tag(&mut self, name: &str) {
        if VOID_ELEMENTS.contains(&name) {
            return;
        }
        self.push("</");
        self.push(name);
        self.push(">");
        self.open.pop_if(|open| open == name);
    }
}

fn truncate<M: Measure>(
    html: &str,
    measure: M,
    remaining: usize,
    replacement: &str,
) -> Result<String> {
    let mut truncated = Truncated {
        out: String::with_capacity(html.len().min(remaining.saturating_mul(4))),
        written: 0,
        open: Vec::new(),
        measure,
        remaining,
        replacement,
    };
    match markup::read_part(html, &mut truncated) {
        // What is unfinished is left out, and nothing is closed for it.
        Ok(()) => return Ok(truncated.out),
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Complete) => {}
    }
    while let Some(name) = truncated.open.pop() {
        truncated.out.push_str("</");
        truncated.out.push_str(&name);
        truncated.out.push('>');
    }
    Ok(truncated.out)
}

#[cfg(test)]
mod tests;

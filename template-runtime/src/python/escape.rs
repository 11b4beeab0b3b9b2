//! HTML escaping.

use std::borrow::Cow;

use hotplate_plugin_api::Output;
use hotplate_plugin_api::value::{Text, Value};

use super::text;
use crate::Result;

/// What stands for a byte in HTML, for the five characters that are escaped.
fn replacement(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#x27;"),
        _ => None,
    }
}

/// The text up to the first character to escape, what stands for that, and the rest.
fn split(text: &str) -> Option<(&str, &'static str, &str)> {
    let (place, replacement) = text
        .bytes()
        .enumerate()
        .find_map(|(place, byte)| Some((place, replacement(byte)?)))?;
    Some((&text[..place], replacement, &text[place + 1..]))
}

/// Replaces `&`, `<`, `>`, `"` and `'` as Django does.
///
/// ```
/// use hotplate_template_runtime::python::escape;
///
/// assert_eq!(escape("it's <b>"), "it&#x27;s &lt;b&gt;");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    let Some((mut clean, mut replacement, mut rest)) = split(text) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 8);
    loop {
        out.push_str(clean);
        out.push_str(replacement);
        match split(rest) {
            Some(next) => (clean, replacement, rest) = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Appends `text`, escaped; false if that would exceed the output's limit.
#[must_use = "false means that the output's limit was reached"]
pub fn escape_into(text: &str, out: &mut Output) -> bool {
    let mut rest = text;
    while let Some((clean, replacement, next)) = split(rest) {
        if !(out.push_str(clean) && out.push_str(replacement)) {
            return false;
        }
        rest = next;
    }
    out.push_str(rest)
}

/// `str(value)`, escaped unless it is safe; the result is safe.
///
/// # Errors
///
/// As for [`text`].
pub fn conditional_escape(value: &Value) -> Result<Text> {
    let text = text(value)?;
    if text.is_safe() {
        return Ok(text);
    }
    Ok(match escape(text.as_str()) {
        Cow::Borrowed(_) => text.with_safety(true),
        Cow::Owned(escaped) => Text::new(escaped, true),
    })
}

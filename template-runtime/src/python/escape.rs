//! HTML escaping.

use std::borrow::Cow;

use hotplate_plugin_api::Output;
use hotplate_plugin_api::value::{Text, Value};

use super::text;
use crate::Result;

/// What stands for a byte in HTML, for the five characters that are escaped.
const fn replacement(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#x27;"),
        _ => None,
    }
}

/// Which bytes are escaped.
const IS_ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = replacement(byte as u8).is_some();
        byte += 1;
    }
    table
};

/// How many bytes are looked at together.
const CHUNK: usize = 16;

/// The place of the first byte that is escaped.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let is_escaped = |&byte: &u8| IS_ESCAPED[usize::from(byte)];
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    let clean = chunks
        .iter()
        .take_while(|chunk| !has_escaped(chunk))
        .count();
    let suspect = match chunks.get(clean) {
        Some(chunk) => chunk.as_slice(),
        None => rest,
    };
    let place = suspect.iter().position(is_escaped)?;
    Some(clean * CHUNK + place)
}

/// Whether any of the bytes is escaped. Written without branches, so that they are
/// compared all at once.
fn has_escaped(chunk: &[u8; CHUNK]) -> bool {
    let is_any = |&byte: &u8| {
        (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'"') | (byte == b'\'')
    };
    chunk.iter().fold(false, |any, byte| any | is_any(byte))
}

/// The text up to the first character to escape, what stands for that, and the rest.
#[inline]
fn split(text: &str) -> Option<(&str, &'static str, &str)> {
    let bytes = text.as_bytes();
    let place = first_escaped(bytes)?;
    let replacement = replacement(bytes[place])?;
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

/// `conditional_escape(value)`: the own form in HTML of what has one, else `str(value)`,
/// escaped; a safe string as it is. The result is safe.
///
/// # Errors
///
/// As for [`text`].
pub fn conditional_escape(value: &Value) -> Result<Text> {
    let text = text(value)?;
    let is_safe = match value {
        Value::Object(object) => {
            if let Some(html) = object.html() {
                return Ok(Text::new(html, true));
            }
            matches!(object.plain(), Some(Value::Str(plain)) if plain.is_safe())
        }
        _ => text.is_safe(),
    };
    if is_safe {
        return Ok(text.with_safety(true));
    }
    Ok(match escape(text.as_str()) {
        Cow::Borrowed(_) => text.with_safety(true),
        Cow::Owned(escaped) => Text::new(escaped, true),
    })
}

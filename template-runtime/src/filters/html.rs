//! Filters that make or take apart HTML, URLs and scripts.

use std::fmt::Write as _;

use hotplate_plugin_api::value::{Ref, Text, Value};

use super::urls::quote;
use super::{Call, keep_safety};
use crate::python;
use crate::python::{conditional_escape, text};
use crate::{Error, Result};

/// `safe`: the text, to be written as it is.
///
/// # Errors
///
/// What the value's text raises, as for all filters of this module.
pub fn safe(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::Str(text(value)?.with_safety(true)))
}

/// `escape`: the text escaped, unless it is safe.
///
/// # Errors
///
/// As for [`safe`].
pub fn escape(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let escaped = match value {
        // `str()` comes first: an object's own form in HTML plays no part.
        Value::Object(_) => conditional_escape(&Value::Str(text(value)?))?,
        _ => conditional_escape(value)?,
    };
    Ok(Value::Str(escaped))
}

/// `force_escape`: the text escaped, even if it is safe.
///
/// # Errors
///
/// As for [`safe`].
pub fn force_escape(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::safe(python::escape(text(value)?.as_str())))
}

/// `linebreaks`: a paragraph for each run of lines, a `<br>` for each single newline.
///
/// Escapes the text where output is escaped and the text is not safe.
///
/// # Errors
///
/// As for [`safe`].
pub fn linebreaks(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let lines = html_lines(call, &text(value)?);
    let mut out = String::with_capacity(lines.len() + 16);
    out.push_str("<p>");
    let mut rest = lines.as_str();
    while let Some(place) = rest.find('\n') {
        out.push_str(&rest[..place]);
        let after = rest[place..].trim_start_matches('\n');
        let newlines = rest.len() - place - after.len();
        out.push_str(if newlines == 1 { "<br>" } else { "</p>\n\n<p>" });
        rest = after;
    }
    out.push_str(rest);
    out.push_str("</p>");
    Ok(Value::safe(out))
}

/// `linebreaksbr`: a `<br>` for each newline.
///
/// Escapes the text where output is escaped and the text is not safe.
///
/// # Errors
///
/// As for [`safe`].
pub fn linebreaksbr(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::safe(
        html_lines(call, &text(value)?).replace('\n', "<br>"),
    ))
}

/// The text with all line ends as newlines, escaped where it has to be.
fn html_lines(call: &Call<'_>, text: &Text) -> String {
    let lines = text.as_str().replace("\r\n", "\n").replace('\r', "\n");
    if call.autoescape && !text.is_safe() {
        return python::escape(&lines).into_owned();
    }
    lines
}

/// `urlencode`: all bytes but letters, digits, `_.-~` and the argument's characters (by
/// default `/`) as `%XX`.
///
/// # Errors
///
/// As for [`safe`].
pub fn urlencode(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let kept = match arguments.first().map(|argument| &**argument) {
        None | Some(Value::None) => "/".to_owned(),
        Some(_) if text.as_str().is_empty() => String::new(),
        Some(argument) => kept_characters(argument)?,
    };
    Ok(Value::str(quote(text.as_str(), &kept)))
}

/// The characters that an argument of `urlencode` names: those of a string, or the codes in
/// anything else, as far as they are ASCII.
fn kept_characters(argument: &Value) -> Result<String> {
    if let Some(text) = python::string(argument) {
        return Ok(text.as_str().to_owned());
    }
    let mut kept = String::new();
    for code in python::iterate(argument)? {
        if !python::less(&code, &Value::Int(128))? {
            continue;
        }
        let number = match &*code {
            Value::Bool(code) => Some(u8::from(*code)),
            Value::Int(code) => u8::try_from(*code).ok(),
            Value::BigInt(_) => None,
            other => {
                let kind = python::type_name(other);
                let message = format!("'{kind}' object cannot be interpreted as an integer");
                return Err(Error::type_error(message));
            }
        };
        let number = number.ok_or_else(|| Error::value_error("bytes must be in range(0, 256)"))?;
        kept.push(char::from(number));
    }
    Ok(kept)
}

/// `iriencode`: all bytes but those that a URL may have as `%XX`, where there is no `%`
/// yet.
///
/// # Errors
///
/// As for [`safe`].
pub fn iriencode(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let quoted = quote(text.as_str(), "/#%[]=:;$&()+,!?*@'~");
    Ok(keep_safety(&text, quoted))
}

/// `linenumbers`: each line with its number before it.
///
/// Escapes the text where output is escaped and the text is not safe.
///
/// # Errors
///
/// As for [`safe`].
pub fn linenumbers(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let escapes = call.autoescape && !text.is_safe();
    let count = text.as_str().split('\n').count();
    let width = count.to_string().len();
    let mut out = String::with_capacity(text.as_str().len() + count * (width + 2));
    for (place, line) in text.as_str().split('\n').enumerate() {
        if place > 0 {
            out.push('\n');
        }
        push(&mut out, format_args!("{:0width$}. ", place + 1));
        if escapes {
            out.push_str(&python::escape(line));
        } else {
            out.push_str(line);
        }
    }
    Ok(Value::safe(out))
}

/// `escapejs`: the text for a string of JavaScript, with `\uXXXX` for what might end it.
///
/// # Errors
///
/// As for [`safe`].
pub fn escapejs(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let mut out = String::with_capacity(text.as_str().len() + 16);
    for character in text.as_str().chars() {
        match character {
            '\\'
            | '\''
            | '"'
            | '>'
            | '<'
            | '&'
            | '='
            | '-'
            | ';'
            | '`'
            | '\u{2028}'
            | '\u{2029}'
            | '\0'..='\x1f'
            | '\x7f'..='\u{9f}' => {
                push(&mut out, format_args!("\\u{:04X}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    Ok(Value::safe(out))
}

/// `striptags`: the text without what looks like tags, comments and declarations.
///
/// # Errors
///
/// `SuspiciousOperation` for text with an absurd nesting of tags, `AssertionError` for a
/// marked section of an unknown kind.
pub fn striptags(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    Ok(keep_safety(&text, super::tags::strip(text.as_str())?))
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes any text");
}

#[cfg(test)]
mod tests;

//! Filters for text.

use hotplate_plugin_api::value::{Ref, Value};
use unicode_normalization::UnicodeNormalization;

use super::{Call, keep_safety, printf, string_argument, width};
use crate::python::{
    decimal_digit, int_clamped, is_space, plain_value, split_words, text, type_name,
};
use crate::{Error, Result, python};

/// `lower`: all letters in lower case.
///
/// # Errors
///
/// What the value's text raises, as for all filters of this module.
pub fn lower(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    Ok(keep_safety(&text, text.as_str().to_lowercase()))
}

/// `upper`: all letters in upper case; never safe, as `&amp;` becomes `&AMP;`.
///
/// # Errors
///
/// As for [`lower`].
pub fn upper(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::str(text(value)?.as_str().to_uppercase()))
}

/// `capfirst`: the first character in upper case.
///
/// # Errors
///
/// As for [`lower`].
pub fn capfirst(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let mut characters = text.as_str().chars();
    let mut out = String::with_capacity(text.as_str().len());
    out.extend(characters.next().into_iter().flat_map(char::to_uppercase));
    out.push_str(characters.as_str());
    Ok(keep_safety(&text, out))
}

/// `title`: each word with a capital, but for letters after an apostrophe or a digit.
///
/// # Errors
///
/// As for [`lower`].
pub fn title(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let titled = crate::python::title(text.as_str());
    let mut out = String::with_capacity(titled.len());
    let (mut before_last, mut last) = (' ', ' ');
    for character in titled.chars() {
        let undone = character.is_ascii_uppercase()
            && (decimal_digit(last).is_some() || last == '\'' && before_last.is_ascii_lowercase());
        out.push(if undone {
            character.to_ascii_lowercase()
        } else {
            character
        });
        (before_last, last) = (last, character);
    }
    Ok(keep_safety(&text, out))
}

/// `wordcount`: the number of words.
///
/// # Errors
///
/// As for [`lower`].
pub fn wordcount(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::from(split_words(text(value)?.as_str()).count()))
}

/// `make_list`: the characters, or the digits of a number, as a list.
///
/// # Errors
///
/// As for [`lower`].
pub fn make_list(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::list(text(value)?.as_str().chars().map(Value::str)))
}

/// `cut`: the text without any occurrence of the argument.
///
/// The result of a safe text is safe, unless semicolons were cut.
///
/// # Errors
///
/// `TypeError` if the argument is no string.
pub fn cut(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let Some(argument) = python::string(&arguments[0]) else {
        let kind = match &*arguments[0] {
            Value::None => "None".into(),
            other => type_name(other),
        };
        let message = format!("replace() argument 1 must be str, not {kind}");
        return Err(Error::type_error(message));
    };
    let out = text.as_str().replace(argument.as_str(), "");
    Ok(match argument.as_str() {
        ";" => Value::str(out),
        _ => keep_safety(&text, out),
    })
}

/// `addslashes`: a backslash before each backslash and quote.
///
/// # Errors
///
/// As for [`lower`].
pub fn addslashes(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let mut out = String::with_capacity(text.as_str().len() + 8);
    for character in text.as_str().chars() {
        if matches!(character, '\\' | '"' | '\'') {
            out.push('\\');
        }
        out.push(character);
    }
    Ok(keep_safety(&text, out))
}

/// `slugify`: ASCII letters and digits in lower case, underscores, and single hyphens
/// in place of white space.
///
/// # Errors
///
/// As for [`lower`].
pub fn slugify(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let mut out = String::with_capacity(text.as_str().len());
    for character in text.as_str().nfkd().filter(char::is_ascii) {
        if is_space(character) || character == '-' {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else if character.is_ascii_alphanumeric() || character == '_' {
            out.push(character.to_ascii_lowercase());
        }
    }
    let slug = out.trim_matches(['-', '_']).to_owned();
    Ok(keep_safety(&text, slug))
}

/// `phone2numeric`: letters as the digits that they share a key with.
///
/// # Errors
///
/// `AttributeError` for what is no string.
pub fn phone2numeric(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let plain = plain_value(value);
    let text = match &*plain {
        Value::Str(text) => text.clone(),
        Value::Bytes(bytes) if bytes.as_slice().is_empty() => return Ok(Value::str("")),
        Value::Bytes(_) => {
            let message = "sequence item 0: expected str instance, int found";
            return Err(Error::type_error(message));
        }
        _ => string_argument(value, "lower")?,
    };
    let digits = text
        .as_str()
        .to_lowercase()
        .chars()
        .map(|character| match character {
            'a'..='c' => '2',
            'd'..='f' => '3',
            'g'..='i' => '4',
            'j'..='l' => '5',
            'm'..='o' => '6',
            'p'..='s' => '7',
            't'..='v' => '8',
            'w'..='z' => '9',
            _ => character,
        })
        .collect::<String>();
    Ok(Value::str(digits))
}

/// `stringformat`: the value in the format of Python's `%` operator, without the `%`.
///
/// A format that is none, or that the value does not fit, gives nothing.
///
/// # Errors
///
/// `OverflowError` and `KeyError`, where Python raises them; a limit for an absurd
/// width.
pub fn stringformat(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let argument = match text(&arguments[0]) {
        Err(error) if error.is("ValueError") || error.is("TypeError") => {
            return Ok(Value::str(""));
        }
        argument => argument?,
    };
    if argument.as_str() == "s" {
        // The text itself, and so as safe as it is.
        return Ok(Value::Str(text(value)?));
    }
    let format = format!("%{}", argument.as_str());
    let result = match value {
        value if matches!(*plain_value(value), Value::Tuple(_)) => {
            printf::format_within(call.limit, &format, &Value::Str(text(value)?))
        }
        _ => printf::format_within(call.limit, &format, value),
    };
    match result {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("ValueError") || error.is("TypeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

/// `ljust`: spaces after the text, up to this width.
///
/// # Errors
///
/// `ValueError` or `TypeError` for an argument that is no number; a limit for an
/// absurd one.
pub fn ljust(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    pad(call, value, &arguments[0], |missing| (0, missing))
}

/// `rjust`: spaces before the text, up to this width.
///
/// # Errors
///
/// As for [`ljust`].
pub fn rjust(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    pad(call, value, &arguments[0], |missing| (missing, 0))
}

/// `center`: spaces on both sides of the text, up to this width.
///
/// # Errors
///
/// As for [`ljust`].
pub fn center(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    pad(call, value, &arguments[0], |missing| {
        (missing / 2, missing - missing / 2)
    })
}

fn pad(
    call: &Call<'_>,
    value: &Value,
    argument: &Value,
    sides: impl Fn(usize) -> (usize, usize),
) -> Result<Value> {
    let text = text(value)?;
    let width = width(call, int_clamped(argument)?)?;
    let (before, after) = sides(width.saturating_sub(text.as_str().chars().count()));
    let out = format!(
        "{}{}{}",
        " ".repeat(before),
        text.as_str(),
        " ".repeat(after)
    );
    Ok(keep_safety(&text, out))
}

#[cfg(test)]
mod tests;

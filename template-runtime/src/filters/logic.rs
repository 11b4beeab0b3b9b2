//! Filters that choose between values.

use hotplate_plugin_api::value::{Ref, Value};

use super::{Call, string_argument};
use crate::python::{contains, float, length, plain_value, truth, type_name};
use crate::translation::Translator;
use crate::{Error, Result};

/// `default`: the argument if the value is false, empty or zero.
///
/// # Errors
///
/// None.
pub fn default(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    Ok(if truth(value) { value } else { &*arguments[0] }.clone())
}

/// `default_if_none`: the argument if the value is `None`.
///
/// # Errors
///
/// None.
pub fn default_if_none(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    Ok(match value {
        Value::None => (*arguments[0]).clone(),
        _ => value.clone(),
    })
}

/// `yesno`: one of two or three words, for true, false and `None`.
///
/// Without a third word, `None` is false; an argument with fewer than two words gives
/// the value itself.
///
/// # Errors
///
/// `AttributeError` if the argument is no string.
pub fn yesno(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let (translated, own);
    let words = match arguments.first().map(|argument| &**argument) {
        None | Some(Value::None) => {
            translated = Translator::of_call(call).gettext("yes,no,maybe");
            translated.as_str()
        }
        Some(argument) => {
            own = string_argument(argument, "split")?;
            own.as_str()
        }
    };
    let words: Vec<&str> = words.split(',').collect();
    let (yes, no, maybe) = match words[..] {
        [] | [_] => return Ok(value.clone()),
        [yes, no, maybe] => (yes, no, maybe),
        [yes, no, ..] => (yes, no, no),
    };
    Ok(Value::str(match value {
        Value::None => maybe,
        _ if truth(value) => yes,
        _ => no,
    }))
}

/// `pluralize`: the plural suffix unless the value is 1, `"1"` or of length 1.
///
/// The argument is the plural suffix, or both with a comma between them. What has
/// neither a number nor a length gives nothing.
///
/// # Errors
///
/// `TypeError` or `AttributeError` if the argument is no string; `OverflowError` for
/// an integer that no float can hold.
pub fn pluralize(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let argument = arguments.first().map(|argument| plain_value(argument));
    let suffixes = match argument.as_deref() {
        None => "s",
        Some(Value::Str(text)) => text.as_str(),
        Some(_) => return Err(not_a_suffix(&arguments[0])),
    };
    let (singular, plural) = suffixes.split_once(',').unwrap_or(("", suffixes));
    if plural.contains(',') {
        return Ok(Value::str(""));
    }
    let one = match float(value) {
        Ok(number) => Some(number == 1.0),
        Err(error) if error.is("ValueError") => None,
        Err(error) if error.is("TypeError") => length(value).map(|length| length == 1),
        Err(error) => return Err(error),
    };
    Ok(Value::str(match one {
        Some(true) => singular,
        Some(false) => plural,
        None => "",
    }))
}

/// What Python raises for `"," not in argument`, or for what Django does next.
#[cold]
fn not_a_suffix(argument: &Value) -> Error {
    let name = type_name(argument);
    match contains(&Value::str(","), argument) {
        Err(error) => error,
        Ok(true) => Error::raise(
            "AttributeError",
            format!("'{name}' object has no attribute 'split'"),
        ),
        Ok(false) => Error::type_error(format!("can only concatenate str (not \"{name}\") to str")),
    }
}

#[cfg(test)]
mod tests;

//! `translate` and the tags that tell about languages.

mod block;

pub use block::block_translate;

use hotplate_plugin_api::environment::LanguageInfo;
use hotplate_plugin_api::value::{Lookup, Text, Value};

use crate::filters::languages;
use crate::tagging::TagCall;
use crate::translation::Translator;
use crate::{Error, Result, python};

/// The languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 7] = ["he", "ar", "ar-dz", "ckb", "fa", "ug", "ur"];

/// `translate`: the argument, which is translated already, as output shows it.
///
/// # Errors
///
/// What making a text of it raises.
pub fn translate(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let value = call.positional(0).unwrap_or(&Value::None);
    let shown = python::render_value(value, call.frame)?;
    // Percent signs are doubled in messages.
    if !shown.as_str().contains("%%") {
        return Ok(Value::Str(shown));
    }
    let restored = shown.as_str().replace("%%", "%");
    Ok(Value::Str(Text::new(restored, shown.is_safe())))
}

/// `get_available_languages`: codes and translated names.
///
/// # Errors
///
/// None.
pub fn available_languages(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let translator = Translator::of_frame(call.frame);
    let languages = call.frame.environment.languages().into_iter();
    Ok(Value::list(languages.map(|(code, name)| {
        Value::tuple([Value::str(code), Value::str(translator.gettext(&name))])
    })))
}

/// `get_language_info`: what is known of the language whose code is the argument.
///
/// # Errors
///
/// `KeyError` for an unknown code, `TypeError` for what is none.
pub fn language_info(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let code = call.positional(0).unwrap_or(&Value::None);
    let info = languages::info(code, &call.frame.environment)?;
    Ok(info_value(&info, &Translator::of_frame(call.frame)))
}

/// `get_language_info_list`: the same for each language of a sequence of codes, or of
/// sequences that begin with codes.
///
/// # Errors
///
/// As for [`language_info`].
pub fn language_info_list(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let languages = call.positional(0).unwrap_or(&Value::None);
    let translator = Translator::of_frame(call.frame);
    let mut infos = Vec::new();
    for language in python::iterate(languages)? {
        let first = first(&language)?;
        let info = match python::length(&first) {
            None => {
                let name = python::type_name(&first);
                let message = format!("object of type '{name}' has no len()");
                return Err(Error::type_error(message));
            }
            // The first letter of a code.
            Some(0 | 1) => {
                let code = Value::Str(python::text(&language)?);
                languages::info(&code, &call.frame.environment)?
            }
            Some(_) => languages::info(&first, &call.frame.environment)?,
        };
        infos.push(info_value(&info, &translator));
    }
    Ok(Value::list(infos))
}

/// `value[0]`.
fn first(value: &Value) -> Result<Value> {
    let found = match value {
        Value::Str(text) => text.as_str().chars().next().map(Value::str),
        Value::List(items) | Value::Tuple(items) => items.first().cloned(),
        Value::Bytes(bytes) => bytes.as_slice().first().map(|&byte| Value::from(byte)),
        Value::Dict(dict) => match dict.get_int(0) {
            Some(found) => return Ok(found.clone()),
            None => return Err(Error::raise("KeyError", "0")),
        },
        Value::Object(object) => match object.item(&Value::Int(0)) {
            Lookup::Found(found) => return Ok(found),
            Lookup::Raised(exception) => return Err(exception.into()),
            Lookup::Missing => match object.plain() {
                Some(plain) if !matches!(plain, Value::Object(_)) => return first(&plain),
                _ => return Err(not_subscriptable(value)),
            },
        },
        _ => return Err(not_subscriptable(value)),
    };
    found.ok_or_else(|| {
        let kind = match value {
            Value::Str(_) => "string",
            Value::Tuple(_) => "tuple",
            Value::Bytes(_) => return Error::raise("IndexError", "index out of range"),
            _ => "list",
        };
        Error::raise("IndexError", format!("{kind} index out of range"))
    })
}

#[cold]
fn not_subscriptable(value: &Value) -> Error {
    let name = python::type_name(value);
    Error::type_error(format!("'{name}' object is not subscriptable"))
}

fn info_value(info: &LanguageInfo, translator: &Translator<'_>) -> Value {
    let key = |name: &str| Value::str(name);
    Value::from_iter([
        (key("bidi"), Value::Bool(info.bidi)),
        (key("code"), Value::str(info.code.as_str())),
        (key("name"), Value::str(info.name.as_str())),
        (key("name_local"), Value::str(info.name_local.as_str())),
        (
            key("name_translated"),
            Value::str(translator.gettext(&info.name)),
        ),
    ])
}

/// `get_current_language`: the active language's code, `None` if there is none.
///
/// # Errors
///
/// None.
pub fn current_language(call: &mut TagCall<'_, '_>) -> Result<Value> {
    Ok(call.frame.locale.language().map_or(Value::None, Value::str))
}

/// `get_current_language_bidi`: whether the active language is written from right to left.
///
/// # Errors
///
/// None.
pub fn current_language_bidi(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let language = call.frame.locale.language();
    let use_i18n = call.frame.settings.use_i18n;
    let is_bidi = language.is_some_and(|code| is_right_to_left(code, use_i18n));
    Ok(Value::Bool(is_bidi))
}

/// The generic language counts, unless translations are off.
fn is_right_to_left(code: &str, use_i18n: bool) -> bool {
    let counted = match code.split_once('-') {
        Some((generic, _)) if use_i18n => generic,
        _ => code,
    };
    RIGHT_TO_LEFT.contains(&counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{dict, list, outcome, table, tuple, v};

    #[test]
    fn the_first_of_a_sequence() {
        table! { first;
            ("de") => "d",
            ("") => "IndexError: string index out of range",
            (list([])) => "IndexError: list index out of range",
            (tuple([v("de"), v("German")])) => "de",
            (tuple([])) => "IndexError: tuple index out of range",
            (dict([])) => "KeyError: 0",
            (dict([(v(0), v("de"))])) => "de",
            (5) => "TypeError: 'int' object is not subscriptable",
            (()) => "TypeError: 'NoneType' object is not subscriptable",
        }
    }

    #[test]
    fn some_languages_are_written_from_right_to_left() {
        for (code, use_i18n, expected) in [
            ("ar", true, true),
            ("ar-eg", true, true),
            ("ar-eg", false, false),
            ("ar-dz", false, true),
            ("he", false, true),
            ("de", true, false),
            ("", true, false),
        ] {
            assert_eq!(is_right_to_left(code, use_i18n), expected, "{code}");
        }
    }
}

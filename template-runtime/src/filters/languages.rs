//! Filters that tell about languages, and the one that `translate` applies.

use hotplate_plugin_api::environment::{EnvironmentRef, LanguageInfo};
use hotplate_plugin_api::value::{Ref, Text, Value};

use super::Call;
use crate::python::{self, plain_value, truth, type_name};
use crate::translation::Translator;
use crate::{Error, Result};

/// `language_name`: the name of a language in English.
///
/// # Errors
///
/// `KeyError` for an unknown code, `TypeError` for what is none.
pub fn language_name(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::str(info(value, &call.environment)?.name))
}

/// `language_name_translated`: the name of a language in the active one.
///
/// # Errors
///
/// As for [`language_name`].
pub fn language_name_translated(
    call: &Call<'_>,
    value: &Value,
    _arguments: &[Ref<'_>],
) -> Result<Value> {
    let info = info(value, &call.environment)?;
    Ok(Value::str(Translator::of_call(call).gettext(&info.name)))
}

/// `language_name_local`: the name of a language in the language itself.
///
/// # Errors
///
/// As for [`language_name`].
pub fn language_name_local(
    call: &Call<'_>,
    value: &Value,
    _arguments: &[Ref<'_>],
) -> Result<Value> {
    Ok(Value::str(info(value, &call.environment)?.name_local))
}

/// `language_bidi`: whether a language is written from right to left.
///
/// # Errors
///
/// As for [`language_name`].
pub fn language_bidi(call: &Call<'_>, value: &Value, _arguments: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::Bool(info(value, &call.environment)?.bidi))
}

/// `get_language_info(code)`.
pub(crate) fn info(code: &Value, environment: &EnvironmentRef<'_>) -> Result<LanguageInfo> {
    match &*plain_value(code) {
        Value::Str(code) => Ok(environment.language_info(code.as_str())?),
        Value::Bytes(_) => {
            let message = "a bytes-like object is required, not 'str'";
            Err(Error::type_error(message))
        }
        _ => {
            python::check_hashable(code)?;
            let name = type_name(code);
            let message = format!("argument of type '{name}' is not iterable");
            Err(Error::type_error(message))
        }
    }
}

/// Translates the start of an expression, for the tag `translate`; the argument is the
/// message's context. A safe message has a safe translation.
///
/// Percent signs are doubled, as they are in messages.
///
/// # Errors
///
/// `AttributeError` or `TypeError` for what is no string.
pub fn translate(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let plain = plain_value(value);
    let Value::Str(text) = &*plain else {
        return Err(no_message(value));
    };
    let message = text.as_str().replace('%', "%%");
    let translator = Translator::of_call(call);
    let translated = match arguments.first().filter(|context| truth(context)) {
        Some(context) => translator.pgettext(python::text(context)?.as_str(), &message),
        None => translator.gettext(&message),
    };
    // A lazy message is not safe itself, whatever its text is.
    let is_safe = python::string(value).is_some_and(|text| text.is_safe());
    Ok(Value::Str(Text::new(translated, is_safe)))
}

/// Why `value.replace("%", "%%")` raises.
#[cold]
fn no_message(value: &Value) -> Error {
    match value {
        Value::Bytes(_) => Error::type_error("a bytes-like object is required, not 'str'"),
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) => {
            Error::type_error("'str' object cannot be interpreted as an integer")
        }
        value => {
            let name = type_name(value);
            let message = format!("'{name}' object has no attribute 'replace'");
            Error::raise("AttributeError", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::{Environment, Locale, Message};
    use hotplate_plugin_api::value::{Bytes, Exception};

    use super::*;
    use crate::filters::Filter;
    use crate::testing::{date_of, list, outcome, safe_str, v};

    struct Site;

    impl Environment for Site {
        fn gettext(&self, message: &Message<'_>) -> Option<String> {
            let context = message.context.as_ref().into_option();
            match (context.map(|c| c.as_str()), message.singular.as_str()) {
                (None, "German") => Some("Deutsch".to_owned()),
                (None, "100%%") => Some("hundert %%".to_owned()),
                (Some("month"), "May") => Some("Mai".to_owned()),
                (Some("5"), "May") => Some("fünf".to_owned()),
                _ => None,
            }
        }

        fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
            match code {
                "de" => Ok(LanguageInfo {
                    code: code.into(),
                    name: "German".into(),
                    name_local: "<Deutsch>".into(),
                    bidi: false,
                }),
                _ => Err(Exception::new("KeyError", "'Unknown language code'")),
            }
        }
    }

    fn check(filter: Filter, value: &Value, argument: Option<Value>, expected: &str) {
        let locale = Locale {
            language: Some(Text::new("de".to_owned(), false)).into(),
            ..Locale::DEFAULT
        };
        let call = Call {
            environment: EnvironmentRef::new(&Site),
            locale: &locale,
            ..Call::plain(true)
        };
        let arguments: Vec<Ref<'_>> = argument.iter().map(Ref::from).collect();
        let found = filter(&call, value, &arguments);
        assert_eq!(outcome(found), expected, "{value:?} {argument:?}");
    }

    #[test]
    fn languages_have_names() {
        check(language_name, &v("de"), None, "German");
        check(language_name_translated, &v("de"), None, "Deutsch");
        check(language_name_local, &v("de"), None, "<Deutsch>");
        check(language_bidi, &safe_str("de"), None, "False");
        check(
            language_name,
            &v("x"),
            None,
            "KeyError: 'Unknown language code'",
        );
        let no_code = |name: &str| format!("TypeError: argument of type '{name}' is not iterable");
        check(language_name, &v(5), None, &no_code("int"));
        check(language_name, &v(()), None, &no_code("NoneType"));
        check(
            language_name,
            &list([]),
            None,
            "TypeError: unhashable type: 'list'",
        );
    }

    #[test]
    fn messages_are_translated_and_keep_their_safety() {
        check(translate, &v("German"), None, "Deutsch");
        check(translate, &safe_str("German"), None, "safe: Deutsch");
        check(translate, &safe_str("<%>"), None, "safe: <%%>");
        check(translate, &v("100%"), None, "hundert %%");
        check(translate, &v("May"), Some(v("month")), "Mai");
        check(translate, &v("May"), Some(v("other")), "May");
        check(translate, &v("May"), Some(v(5)), "fünf");
        check(translate, &v("German"), Some(v("")), "Deutsch");
        check(translate, &v(""), None, "");
        check(
            translate,
            &v(5),
            None,
            "AttributeError: 'int' object has no attribute 'replace'",
        );
        check(
            translate,
            &date_of(2024, 1, 1),
            None,
            "TypeError: 'str' object cannot be interpreted as an integer",
        );
        check(
            translate,
            &Value::Bytes(Bytes::new(b"%".to_vec())),
            None,
            "TypeError: a bytes-like object is required, not 'str'",
        );
    }
}

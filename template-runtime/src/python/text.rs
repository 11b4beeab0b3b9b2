//! `str()` of a value, and what a template prints for it.

use std::borrow::Cow;

use hotplate_plugin_api::value::{BigInt, Text, Value};

use super::temporal;
use super::{float_repr, float_text, repr};
use crate::{Error, Result};

/// What a template prints for a value, before escaping.
#[derive(Debug, Clone)]
pub struct Printed<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether it is written as it is, even where output is escaped.
    pub safe: bool,
}

/// `str(value)`; a string, or an object's text, keeps its safety.
///
/// # Errors
///
/// What an object's `__str__` raises; `ValueError` for an integer of more than
/// 4,300 digits; `RecursionError` for containers nested too deeply.
pub fn text(value: &Value) -> Result<Text> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Object(object) => Ok(object.text()?),
        _ => Ok(Text::new(plain(value)?.into_owned(), false)),
    }
}

/// What `{{ value }}` prints before escaping, and whether it is safe.
///
/// Numbers and dates are localized with the English formats: a float never has an
/// exponent up to 200 digits, a date prints as `Jan. 1, 2026`.
///
/// # Errors
///
/// As for [`text`].
pub fn printed(value: &Value) -> Result<Printed<'_>> {
    let text = match value {
        Value::Str(text) => {
            return Ok(Printed {
                text: Cow::Borrowed(text.as_str()),
                safe: text.is_safe(),
            });
        }
        Value::Object(object) => {
            let text = object.text()?;
            return Ok(Printed {
                text: Cow::Owned(text.as_str().to_owned()),
                safe: text.is_safe(),
            });
        }
        Value::Float(number) => Cow::Owned(float_text(*number)),
        Value::Date(_) => Cow::Owned(temporal::format_date(value, temporal::DATE_FORMAT)?),
        Value::DateTime(_) => Cow::Owned(temporal::format_date(value, temporal::DATETIME_FORMAT)?),
        Value::Time(_) => Cow::Owned(temporal::format_time(value, temporal::TIME_FORMAT)?),
        _ => plain(value)?,
    };
    Ok(Printed { text, safe: false })
}

/// The text of [`printed`] alone.
///
/// # Errors
///
/// As for [`text`].
pub fn render_text(value: &Value) -> Result<Cow<'_, str>> {
    Ok(printed(value)?.text)
}

/// `str(value)` of what is neither a string nor an object.
fn plain(value: &Value) -> Result<Cow<'_, str>> {
    Ok(match value {
        Value::None => Cow::Borrowed("None"),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::BigInt(number) => Cow::Borrowed(big_int_text(number)?),
        Value::Float(number) => Cow::Owned(float_repr(*number)),
        Value::Date(date) => Cow::Owned(temporal::iso_date(*date)),
        Value::Time(time) => Cow::Owned(temporal::iso_time(*time)),
        Value::DateTime(moment) => Cow::Owned(temporal::iso_datetime(moment, ' ')),
        _ => Cow::Owned(repr(value)?),
    })
}

/// The digits, up to the number of them that Python is willing to print.
pub(super) fn big_int_text(number: &BigInt) -> Result<&str> {
    let digits = number.digits();
    if digits.trim_start_matches('-').len() > super::number::MAX_INT_DIGITS {
        return Err(Error::value_error(
            "Exceeds the limit (4300 digits) for integer string conversion; \
             use sys.set_int_max_str_digits() to increase the limit",
        ));
    }
    Ok(digits)
}

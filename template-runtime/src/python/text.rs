//! `str()` of a value.

use std::borrow::Cow;

use hotplate_plugin_api::value::{BigInt, ObjectRef, Text, Value};

use super::temporal;
use super::{float_repr, repr};
use crate::{Error, Result};

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

/// `str(value)` of what is neither a string nor an object.
fn plain(value: &Value) -> Result<Cow<'_, str>> {
    Ok(match value {
        Value::None => Cow::Borrowed("None"),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::BigInt(number) => Cow::Borrowed(big_int_text(number)?),
        Value::Float(number) => Cow::Owned(float_repr(*number)),
        Value::Decimal(number) => Cow::Borrowed(number.as_str()),
        Value::Date(date) => Cow::Owned(temporal::iso_date(*date)),
        Value::Time(time) => Cow::Owned(temporal::iso_time(*time)),
        Value::DateTime(moment) => Cow::Owned(temporal::iso_datetime(moment, ' ')),
        Value::TimeDelta(delta) => Cow::Owned(temporal::delta_text(delta)),
        Value::TimeZone(zone) => Cow::Owned(temporal::zone_text(zone)),
        _ => Cow::Owned(repr(value)?),
    })
}

/// The value that an object also is, such as the number of an instance of a subclass of
/// `int`; any other value as it is.
pub fn plain_value(value: &Value) -> Cow<'_, Value> {
    if let Value::Object(object) = value
        && let Some(plain) = object.plain()
    {
        return Cow::Owned(plain);
    }
    Cow::Borrowed(value)
}

/// Whether an object is a text that is made when it is used. It has the methods of a
/// string, and is none.
pub(crate) fn is_lazy(object: &ObjectRef) -> bool {
    object.type_name() == "__proxy__"
}

/// The string that a value is to `isinstance(value, str)`: a lazy one is none.
pub(crate) fn string(value: &Value) -> Option<Text> {
    match value {
        Value::Str(text) => Some(text.clone()),
        Value::Object(object) if !is_lazy(object) => match object.plain() {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
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

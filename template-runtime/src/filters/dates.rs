//! Filters for dates and times.

use hotplate_plugin_api::value::{Ref, Value};

use super::Call;
use crate::Result;
use crate::python::localize::named_pattern;
use crate::python::{format_date, format_time, local_time, plain_value, text, truth};

/// `date`: a date or datetime in the format given, else in that of dates. An aware
/// datetime is shown in the current zone.
///
/// `None` and the empty string give nothing, and so does what has no such part.
///
/// # Errors
///
/// `TypeError` for a format about time if the value is a date.
pub fn date(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let value = local_time(value, call)?;
    if is_blank(&value) {
        return Ok(Value::str(""));
    }
    match format_date(&value, &pattern(arguments, "DATE_FORMAT", call)?, call) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("AttributeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

/// `time`: a time or datetime in the format given, else in that of times. An aware
/// datetime is shown in the current zone.
///
/// What has no such part gives nothing.
///
/// # Errors
///
/// `OverflowError` for a time that the current zone cannot show.
pub fn time(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let value = local_time(value, call)?;
    if is_blank(&value) {
        return Ok(Value::str(""));
    }
    match format_time(&value, &pattern(arguments, "TIME_FORMAT", call)?, call) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("AttributeError") || error.is("TypeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

fn is_blank(value: &Value) -> bool {
    match &*plain_value(value) {
        Value::None => true,
        Value::Str(text) => text.as_str().is_empty(),
        _ => false,
    }
}

fn pattern(arguments: &[Ref<'_>], default: &str, call: &Call<'_>) -> Result<String> {
    Ok(match arguments.first() {
        Some(argument) if truth(argument) => named_pattern(text(argument)?.as_str(), call),
        _ => named_pattern(default, call),
    })
}

#[cfg(test)]
mod tests;

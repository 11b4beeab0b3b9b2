//! Filters for dates and times.

use hotplate_plugin_api::value::{Ref, Value};

use super::Call;
use crate::python::localize::named_pattern;
use crate::python::{format_date, format_time, local_time, plain_value, text, truth};
use crate::{Error, Result};

/// `date`: a date or datetime in the format given, else in that of dates. An aware
/// datetime is shown in the current zone.
///
/// `None` and the empty string give nothing, and so does what has no such part. Where the
/// format of dates asks for one, a false argument is the format itself.
///
/// # Errors
///
/// `TypeError` for a format about time if the value is a date.
pub fn date(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let value = local_time(value, call)?;
    if is_blank(&value) {
        return Ok(Value::str(""));
    }
    let shown = match format_date(&value, &pattern(arguments, "DATE_FORMAT", call)?, call) {
        Err(error) if error.is("AttributeError") => match arguments.first() {
            Some(argument) => format_date(&value, text(argument)?.as_str(), call),
            None => Err(error),
        },
        shown => shown,
    };
    match shown {
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
    let is_missing = |error: &Error| error.is("AttributeError") || error.is("TypeError");
    let shown = match format_time(&value, &pattern(arguments, "TIME_FORMAT", call)?, call) {
        Err(error) if is_missing(&error) => match arguments.first() {
            Some(argument) => format_time(&value, text(argument)?.as_str(), call),
            None => Err(error),
        },
        shown => shown,
    };
    match shown {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if is_missing(&error) => Ok(Value::str("")),
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

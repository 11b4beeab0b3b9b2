//! Filters for dates and times.

use hotplate_plugin_api::value::{Ref, Value};

use super::Call;
use crate::Result;
use crate::python::{format_date, format_time, text, truth};

/// `date`: a date or datetime in the format given, else in that of dates.
///
/// `None` and the empty string give nothing, and so does what has no such part.
///
/// # Errors
///
/// `TypeError` for a format about time if the value is a date.
pub fn date(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    if is_blank(value) {
        return Ok(Value::str(""));
    }
    match format_date(value, &format(arguments, "DATE_FORMAT")?) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("AttributeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

/// `time`: a time or datetime in the format given, else in that of times.
///
/// What has no such part gives nothing.
///
/// # Errors
///
/// None.
pub fn time(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    if is_blank(value) {
        return Ok(Value::str(""));
    }
    match format_time(value, &format(arguments, "TIME_FORMAT")?) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("AttributeError") || error.is("TypeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Str(text) => text.as_str().is_empty(),
        _ => false,
    }
}

fn format(arguments: &[Ref<'_>], default: &str) -> Result<String> {
    match arguments.first() {
        Some(argument) if truth(argument) => Ok(text(argument)?.as_str().to_owned()),
        _ => Ok(default.to_owned()),
    }
}

#[cfg(test)]
mod tests;

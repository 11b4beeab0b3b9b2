//! `json_script`: a value as JSON inside a script element.

use std::fmt::Write as _;

use hotplate_plugin_api::value::{Lookup, ObjectRef, Ref, Time, TimeDelta, Value};

use super::Call;
use crate::python::{
    conditional_escape, float_repr, iso_datetime, iso_time, text, truth, type_name,
};
use crate::{Error, Result};

/// How deep containers may be nested; Python's own limit is near a thousand.
const MAX_DEPTH: usize = 500;

/// The classes of objects that are dictionaries.
const DICTIONARIES: [&str; 3] = ["MultiValueDict", "QueryDict", "defaultdict"];

/// `json_script`: the value as JSON in a `<script>` element, whose id is the argument.
///
/// # Errors
///
/// `TypeError` for what JSON cannot hold; `RecursionError` for containers nested too
/// deeply.
pub fn json_script(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let mut out = String::from("<script");
    if let Some(id) = arguments.first().filter(|id| truth(id)) {
        out.push_str(" id=\"");
        out.push_str(conditional_escape(id)?.as_str());
        out.push('"');
    }
    out.push_str(" type=\"application/json\">");
    write_value(value, 0, &mut out)?;
    out.push_str("</script>");
    Ok(Value::safe(out))
}

fn write_value(value: &Value, depth: usize, out: &mut String) -> Result<()> {
    if depth > MAX_DEPTH {
        let message = "maximum recursion depth exceeded while encoding a JSON object";
        return Err(Error::raise("RecursionError", message));
    }
    match value {
        Value::Str(text) => write_string(text.as_str(), out),
        Value::List(items) | Value::Tuple(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_value(item, depth + 1, out)?;
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (place, (key, value)) in dict.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_key(key, out)?;
                out.push_str(": ");
                write_value(value, depth + 1, out)?;
            }
            out.push('}');
        }
        Value::Date(_) | Value::DateTime(_) | Value::Time(_) => {
            write_string(&temporal(value)?, out);
        }
        Value::TimeDelta(delta) => write_string(&duration(delta), out),
        // The types that Django's encoder writes as their text.
        Value::Decimal(_) => write_string(text(value)?.as_str(), out),
        Value::Object(object) if ["UUID", "__proxy__"].contains(&object.type_name().as_str()) => {
            write_string(text(value)?.as_str(), out);
        }
        Value::Object(object) => match object.plain() {
            Some(plain) => write_value(&plain, depth + 1, out)?,
            None if DICTIONARIES.contains(&object.type_name().as_str()) => {
                write_dictionary(object, depth, out)?;
            }
            None => return Err(not_serializable(value)),
        },
        _ => match scalar(value)? {
            Some(scalar) => out.push_str(&scalar),
            None => return Err(not_serializable(value)),
        },
    }
    Ok(())
}

/// An object that is a dictionary: its keys, each with the item that is found under it.
fn write_dictionary(object: &ObjectRef, depth: usize, out: &mut String) -> Result<()> {
    out.push('{');
    let keys = object.items().transpose()?.unwrap_or_default();
    for (place, key) in keys.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write_key(key, out)?;
        out.push_str(": ");
        match object.item(key) {
            Lookup::Found(item) => write_value(&item, depth + 1, out)?,
            Lookup::Raised(exception) => return Err(exception.into()),
            Lookup::Missing => out.push_str("null"),
        }
    }
    out.push('}');
    Ok(())
}

#[cold]
fn not_serializable(value: &Value) -> Error {
    let name = class_name(value);
    Error::type_error(format!("Object of type {name} is not JSON serializable"))
}

/// The name of a value's class, without its module.
fn class_name(value: &Value) -> String {
    let name = type_name(value);
    let class = name.rsplit('.').next().unwrap_or(&name);
    class.to_owned()
}

/// A span as ISO 8601 has it.
fn duration(delta: &TimeDelta) -> String {
    let all = (i128::from(delta.days) * 86_400 + i128::from(delta.seconds)) * 1_000_000
        + i128::from(delta.microseconds);
    let (sign, all) = (if all < 0 { "-" } else { "" }, all.abs());
    let (microseconds, seconds) = (all % 1_000_000, all / 1_000_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let fraction = match microseconds {
        0 => String::new(),
        microseconds => format!(".{microseconds:06}"),
    };
    format!("{sign}P{days}DT{hours:02}H{minutes:02}M{seconds:02}{fraction}S")
}

/// What JSON writes without quotes.
fn scalar(value: &Value) -> Result<Option<String>> {
    Ok(Some(match value {
        Value::None => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(_) | Value::BigInt(_) => text(value)?.as_str().to_owned(),
        Value::Float(number) if number.is_nan() => "NaN".to_owned(),
        Value::Float(number) if *number == f64::INFINITY => "Infinity".to_owned(),
        Value::Float(number) if *number == f64::NEG_INFINITY => "-Infinity".to_owned(),
        Value::Float(number) => float_repr(*number),
        _ => return Ok(None),
    }))
}

fn write_key(key: &Value, out: &mut String) -> Result<()> {
    match (key, scalar(key)?) {
        (Value::Str(text), _) => write_string(text.as_str(), out),
        (_, Some(scalar)) => write_string(&scalar, out),
        (_, None) => {
            let name = type_name(key);
            let message = format!("keys must be str, int, float, bool or None, not {name}");
            return Err(Error::type_error(message));
        }
    }
    Ok(())
}

/// A date or time as ECMA-262 has it: ISO 8601 with milliseconds at most.
fn temporal(value: &Value) -> Result<String> {
    let iso = match value {
        Value::Time(time) => iso_time(Time {
            microsecond: 0,
            ..*time
        }),
        Value::DateTime(moment) => iso_datetime(moment, 'T'),
        value => text(value)?.as_str().to_owned(),
    };
    let microsecond = match value {
        Value::Time(time) => time.microsecond,
        Value::DateTime(moment) => moment.time.microsecond,
        _ => 0,
    };
    let fraction = format!(".{microsecond:06}");
    let iso = match value {
        Value::Time(_) if microsecond != 0 => format!("{iso}{}", &fraction[..4]),
        _ => iso.replacen(&fraction, &fraction[..4], 1),
    };
    Ok(match iso.strip_suffix("+00:00") {
        Some(utc) => format!("{utc}Z"),
        None => iso,
    })
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0c' => out.push_str("\\f"),
            '\x08' => out.push_str("\\b"),
            // So that the element cannot end early.
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("a string takes any text");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;

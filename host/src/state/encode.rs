//! Values as JSON that gives the same values back.
//!
//! What JSON has is itself. Other kinds are objects with one member whose name starts with a
//! dollar sign, such as `{"$tuple": [1, 2]}`; and so is a dictionary that could be taken for
//! one, or has keys that are not text.

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Bytes, Decimal, Dict};

/// A value as JSON text.
///
/// # Errors
///
/// If the value, or one inside, is of a kind that has no form here: an object of the
/// program, a moment or a zone.
pub(super) fn to_json(value: &Value) -> Result<String, String> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

/// Text between quotation marks.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write(value: &Value, text: &mut String) -> Result<(), String> {
    match value {
        Value::None => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::BigInt(number) => text.push_str(number.digits()),
        // Always with a point or an exponent, so that it stays a fraction.
        Value::Float(number) if number.is_finite() => text.push_str(&format!("{number:?}")),
        Value::Float(number) => tagged("$float", &Value::from(number.to_string()), text)?,
        Value::Str(string) if string.is_safe() => {
            tagged("$safe", &Value::from(string.as_str()), text)?;
        }
        Value::Str(string) => text.push_str(&quoted(string.as_str())),
        Value::List(items) => write_items(items, text)?,
        Value::Tuple(items) => tagged("$tuple", &Value::List(items.clone()), text)?,
        Value::Set(items) => tagged("$set", &Value::List(items.clone()), text)?,
        Value::Dict(dict) => write_dict(dict, text)?,
        Value::Decimal(number) => tagged("$decimal", &Value::from(number.as_str()), text)?,
        Value::Bytes(bytes) => {
            let numbers = bytes.as_slice().iter().copied().map(Value::from);
            tagged("$bytes", &Value::list(numbers), text)?;
        }
        other => return Err(format!("{other:?} has no form in JSON")),
    }
    Ok(())
}

fn tagged(tag: &str, value: &Value, text: &mut String) -> Result<(), String> {
    text.push_str(&format!("{{\"{tag}\":"));
    write(value, text)?;
    text.push('}');
    Ok(())
}

fn write_items(items: &[Value], text: &mut String) -> Result<(), String> {
    text.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(item, text).map_err(|why| format!("[{place}]: {why}"))?;
    }
    text.push(']');
    Ok(())
}

fn write_dict(dict: &Dict, text: &mut String) -> Result<(), String> {
    let is_plain = |key: &Value| match key {
        Value::Str(key) => !key.is_safe() && !key.as_str().starts_with('$'),
        _ => false,
    };
    if !dict.shape().keys().iter().all(is_plain) {
        let pairs = dict.iter();
        let pairs = pairs.map(|(key, value)| Value::list([key.clone(), value.clone()]));
        return tagged("$dict", &Value::list(pairs), text);
    }
    text.push('{');
    for (place, (key, value)) in dict.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(key, text)?;
        text.push(':');
        write(value, text).map_err(|why| format!("{key:?}: {why}"))?;
    }
    text.push('}');
    Ok(())
}

/// The value that was written, of what was read as JSON.
pub(super) fn from_encoded(value: &Value) -> Result<Value, String> {
    match value {
        Value::List(items) => Ok(Value::list(decoded(items)?)),
        Value::Dict(dict) => match (dict.shape().keys(), dict.values()) {
            ([Value::Str(tag)], [value]) if tag.as_str().starts_with('$') => {
                untagged(tag.as_str(), value)
            }
            _ => {
                let entries = dict.iter();
                let entries = entries.map(|(key, value)| Ok((key.clone(), from_encoded(value)?)));
                let entries = entries.collect::<Result<Vec<_>, String>>()?;
                Ok(Value::Dict(entries.into_iter().collect()))
            }
        },
        other => Ok(other.clone()),
    }
}

fn decoded(items: &[Value]) -> Result<Vec<Value>, String> {
    items.iter().map(from_encoded).collect()
}

fn untagged(tag: &str, value: &Value) -> Result<Value, String> {
    let found = match (tag, value) {
        ("$tuple", Value::List(items)) => Some(Value::tuple(decoded(items)?)),
        ("$set", Value::List(items)) => Some(Value::set(decoded(items)?)),
        ("$safe", Value::Str(text)) => Some(Value::safe(text.as_str())),
        ("$float", Value::Str(text)) => text.as_str().parse().ok().map(Value::Float),
        ("$decimal", Value::Str(text)) => Decimal::parse(text.as_str()).map(Value::Decimal),
        ("$bytes", Value::List(items)) => bytes(items),
        ("$dict", Value::List(pairs)) => dict(pairs)?,
        _ => None,
    };
    found.ok_or_else(|| format!("{tag} is not written like this"))
}

fn bytes(items: &[Value]) -> Option<Value> {
    let bytes = items.iter().map(|item| match item {
        Value::Int(number) => u8::try_from(*number).ok(),
        _ => None,
    });
    let bytes = bytes.collect::<Option<Vec<u8>>>()?;
    Some(Value::Bytes(Bytes::new(bytes)))
}

fn dict(pairs: &[Value]) -> Result<Option<Value>, String> {
    let mut entries = Vec::new();
    for pair in pairs {
        let Value::List(pair) = pair else {
            return Ok(None);
        };
        let [key, value] = &**pair else {
            return Ok(None);
        };
        entries.push((from_encoded(key)?, from_encoded(value)?));
    }
    Ok(Some(Value::Dict(entries.into_iter().collect())))
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::value::BigInt;

    use super::*;
    use crate::json::from_json;

    /// The value is written like this, and read back the same.
    fn check(value: &Value, expected: &str) {
        let text = to_json(value).expect("it has a form");
        assert_eq!(text, expected);
        let read = from_json(&text).expect("it is JSON");
        let read = from_encoded(&read).expect("it was written so");
        assert_eq!(format!("{read:?}"), format!("{value:?}"));
    }

    #[test]
    fn every_kind_comes_back() {
        let big = BigInt::parse("123456789012345678901234567890").map(Value::BigInt);
        let text = || Value::from("a");
        for (value, expected) in [
            (Value::None, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (big.expect("a number"), "123456789012345678901234567890"),
            (Value::Float(1.0), "1.0"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(f64::NAN), r#"{"$float":"NaN"}"#),
            (Value::Float(f64::NEG_INFINITY), r#"{"$float":"-inf"}"#),
            (Value::from("\"\n\u{1F525}"), "\"\\\"\\n\u{1F525}\""),
            (Value::safe("<b>"), r#"{"$safe":"<b>"}"#),
            (Value::list([text(), Value::None]), r#"["a",null]"#),
            (Value::tuple([]), r#"{"$tuple":[]}"#),
            (Value::set([text()]), r#"{"$set":["a"]}"#),
            ([("a", 1)].into_iter().collect(), r#"{"a":1}"#),
            ([("$a", 1)].into_iter().collect(), r#"{"$dict":[["$a",1]]}"#),
            ([(1, 2)].into_iter().collect(), r#"{"$dict":[[1,2]]}"#),
            (
                Value::Bytes(Bytes::new(vec![0, 255])),
                r#"{"$bytes":[0,255]}"#,
            ),
            (
                Decimal::parse("1.10")
                    .map(Value::Decimal)
                    .expect("a number"),
                r#"{"$decimal":"1.10"}"#,
            ),
        ] {
            check(&value, expected);
        }
    }
}

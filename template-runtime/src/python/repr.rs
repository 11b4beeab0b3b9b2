//! `repr()` of a value.

use std::fmt::Write as _;

use hotplate_plugin_api::value::Value;

use super::temporal::{date_repr, datetime_repr, delta_repr, time_repr, zone_repr};
use super::text::big_int_text;
use super::{float_repr, is_lazy};
use crate::{Error, Result};

/// How deep containers may be nested; Python's own limit is near a thousand.
const MAX_DEPTH: usize = 500;

/// `repr(value)`, as Python writes it.
///
/// A safe string has the representation of an ordinary one.
///
/// # Errors
///
/// `RecursionError` for containers nested too deeply; `ValueError` for an integer
/// of more than 4,300 digits.
pub fn repr(value: &Value) -> Result<String> {
    let mut out = String::new();
    write_value(value, 0, &mut out)?;
    Ok(out)
}

/// `repr()` of a string: the quotes that need fewer escapes, and escapes for what
/// is not printable.
pub fn repr_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_str(text, &mut out);
    out
}

fn write_value(value: &Value, depth: usize, out: &mut String) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::raise(
            "RecursionError",
            "maximum recursion depth exceeded while getting the repr of an object",
        ));
    }
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => push(out, format_args!("{number}")),
        Value::BigInt(number) => out.push_str(big_int_text(number)?),
        Value::Float(number) => out.push_str(&float_repr(*number)),
        Value::Str(text) => write_str(text.as_str(), out),
        Value::List(items) => {
            out.push('[');
            write_items(items, depth, out)?;
            out.push(']');
        }
        Value::Tuple(items) => {
            out.push('(');
            write_items(items, depth, out)?;
            if items.len() == 1 {
                out.push(',');
            }
            out.push(')');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (place, (key, value)) in dict.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_value(key, depth + 1, out)?;
                out.push_str(": ");
                write_value(value, depth + 1, out)?;
            }
            out.push('}');
        }
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => {
            out.push('{');
            write_items(items, depth, out)?;
            out.push('}');
        }
        Value::Decimal(number) => push(out, format_args!("Decimal('{}')", number.as_str())),
        Value::Bytes(bytes) => write_bytes(bytes.as_slice(), out),
        Value::Date(date) => out.push_str(&date_repr(*date)),
        Value::Time(time) => out.push_str(&time_repr(*time)),
        Value::DateTime(moment) => out.push_str(&datetime_repr(moment)),
        Value::TimeDelta(delta) => out.push_str(&delta_repr(delta)),
        Value::TimeZone(zone) => out.push_str(&zone_repr(zone)),
        Value::Object(object) => match object.plain() {
            Some(text) if is_lazy(object) => write_value(&text, depth + 1, out)?,
            _ => out.push_str(&object.repr()),
        },
        _ => push(out, format_args!("{value:?}")),
    }
    Ok(())
}

fn write_items(items: &[Value], depth: usize, out: &mut String) -> Result<()> {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write_value(item, depth + 1, out)?;
    }
    Ok(())
}

fn write_bytes(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => {
                if char::from(byte) == quote {
                    out.push('\\');
                }
                out.push(char::from(byte));
            }
            _ => push(out, format_args!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
}

fn write_str(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => {
                if character == quote {
                    out.push('\\');
                }
                out.push(character);
            }
            _ if is_printable(character) => out.push(character),
            _ => match u32::from(character) {
                code @ ..=0xff => push(out, format_args!("\\x{code:02x}")),
                code @ ..=0xffff => push(out, format_args!("\\u{code:04x}")),
                code => push(out, format_args!("\\U{code:08x}")),
            },
        }
    }
    out.push(quote);
}

/// Python's `str.isprintable`, for what is not ASCII.
///
/// The standard library escapes the same categories (control, format, private,
/// unassigned, separators); after the first character of a string, it leaves
/// combining marks alone, as Python does.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let mut buffer = [b'a'; 5];
    let length = character.encode_utf8(&mut buffer[1..]).len();
    let text = str::from_utf8(&buffer[..=length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(character)
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes any text");
}

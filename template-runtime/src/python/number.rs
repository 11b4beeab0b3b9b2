//! Numbers from text and to text, as `int()`, `float()` and `repr()` have them.

use hotplate_plugin_api::value::{Bytes, ObjectRef, Value};

use super::decimal::Parsed;
use super::{digits, is_lazy, repr, repr_str, type_name};
use crate::{Error, Result};

/// How many digits Python converts between integers and text.
pub(super) const MAX_INT_DIGITS: usize = 4300;

/// From this sum of digits and exponent on, Django prints a float with its exponent.
const MAX_PLAIN_FLOAT: usize = 200;

/// The digits zero of all decimal systems of Unicode; the others follow each.
const ZEROS: [u32; 68] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950,
    0x1fbf0,
];

/// The value of a decimal digit of any script.
pub fn decimal_digit(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.is_ascii_digit().then(|| character as u8 - b'0');
    }
    let code = u32::from(character);
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let digit = code - ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(digit).ok().filter(|digit| *digit < 10)
}

/// The text in ASCII digits, without white space around it and without the
/// underscores that Python allows between two digits; nothing if one stands elsewhere.
fn ascii_number(text: &str) -> Option<String> {
    let text = text.trim_matches(is_number_space);
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut after_digit = false;
    while let Some(character) = characters.next() {
        if character == '_' {
            let before_digit = characters
                .peek()
                .is_some_and(|next| decimal_digit(*next).is_some());
            if !(after_digit && before_digit) {
                return None;
            }
            after_digit = false;
            continue;
        }
        match decimal_digit(character) {
            Some(digit) => out.push(char::from(b'0' + digit)),
            None if character.is_ascii() => out.push(character),
            None => return None,
        }
        after_digit = decimal_digit(character).is_some();
    }
    Some(out)
}

/// What may stand around a number; unlike [`is_space`], not the separators of ASCII.
///
/// [`is_space`]: super::is_space
fn is_number_space(character: char) -> bool {
    match character {
        ' ' | '\t'..='\r' => true,
        _ => !character.is_ascii() && character.is_whitespace(),
    }
}

/// `int(text)`: white space around it, a sign, underscores between digits, and digits
/// of any script; nothing where Python raises `ValueError`.
///
/// ```
/// use hotplate_plugin_api::Value;
/// use hotplate_template_runtime::python::parse_int;
///
/// assert!(matches!(parse_int(" +1_000 "), Some(Value::Int(1000))));
/// assert!(parse_int("1.0").is_none());
/// ```
pub fn parse_int(text: &str) -> Option<Value> {
    let number = ascii_number(text)?;
    let unsigned = number.strip_prefix('+');
    let magnitude = unsigned
        .or_else(|| number.strip_prefix('-'))
        .unwrap_or(&number);
    if magnitude.starts_with(['+', '-']) || magnitude.len() > MAX_INT_DIGITS {
        return None;
    }
    digits::value(unsigned.unwrap_or(&number))
}

/// `float(text)`; nothing where Python raises `ValueError`.
pub fn parse_float(text: &str) -> Option<f64> {
    ascii_number(text)?.parse().ok()
}

/// `int(value)`.
///
/// # Errors
///
/// `ValueError`, `TypeError` or `OverflowError`, as in Python.
pub fn int(value: &Value) -> Result<Value> {
    match value {
        Value::Int(_) | Value::BigInt(_) => Ok(value.clone()),
        Value::Bool(value) => Ok(Value::Int(i64::from(*value))),
        Value::Float(number) if number.is_nan() => {
            Err(Error::value_error("cannot convert float NaN to integer"))
        }
        Value::Float(number) if number.is_infinite() => Err(Error::raise(
            "OverflowError",
            "cannot convert float infinity to integer",
        )),
        Value::Float(number) if number.abs() < 9e18 => Ok(Value::Int(number.trunc() as i64)),
        Value::Float(number) => Ok(digits::value(&format!("{number:.0}")).unwrap_or_default()),
        Value::Str(text) => {
            let text = text.as_str();
            parse_int(text).ok_or_else(|| not_an_int(text, &repr_str(text)))
        }
        Value::Decimal(number) => match Parsed::of(number) {
            Parsed::Finite(exact) => exact.truncated(),
            Parsed::Infinite { .. } => Err(Error::raise(
                "OverflowError",
                "cannot convert Infinity to integer",
            )),
            Parsed::Nan => Err(Error::value_error("cannot convert NaN to integer")),
        },
        Value::Bytes(bytes) => {
            let text = ascii(bytes);
            match text.as_deref().and_then(parse_int) {
                Some(number) => Ok(number),
                None => Err(not_an_int(
                    text.as_deref().unwrap_or_default(),
                    &repr(value)?,
                )),
            }
        }
        Value::Object(object) => match object.int() {
            Some(number) => Ok(number?),
            None => match object.plain() {
                Some(plain) if is_number_like(object, &plain) => int(&plain),
                _ => Err(no_int(value)),
            },
        },
        _ => Err(no_int(value)),
    }
}

/// Whether an object can be read as the number that its plain value is or spells; a lazy
/// text has no such methods.
fn is_number_like(object: &ObjectRef, plain: &Value) -> bool {
    !matches!(plain, Value::Object(_)) && !is_lazy(object)
}

#[cold]
fn no_int(value: &Value) -> Error {
    Error::type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        type_name(value)
    ))
}

/// Bytes as the text that they are a number in.
fn ascii(bytes: &Bytes) -> Option<String> {
    let bytes = bytes.as_slice();
    let is_number = |byte: &u8| byte.is_ascii();
    bytes
        .iter()
        .all(is_number)
        .then(|| bytes.iter().copied().map(char::from).collect())
}

#[cold]
fn not_an_int(text: &str, repr: &str) -> Error {
    let count = text
        .chars()
        .filter(|character| decimal_digit(*character).is_some())
        .count();
    let body = ascii_number(text).unwrap_or_default();
    let body = body.trim_start_matches(['+', '-']);
    if count > MAX_INT_DIGITS && body.bytes().all(|byte| byte.is_ascii_digit()) {
        return Error::value_error(format!(
            "Exceeds the limit (4300 digits) for integer string conversion: value has {count} \
             digits; use sys.set_int_max_str_digits() to increase the limit"
        ));
    }
    Error::value_error(format!("invalid literal for int() with base 10: {repr}"))
}

/// `int(value)`, where all integers beyond 64 bits will do the same.
///
/// # Errors
///
/// As for [`int`].
pub fn int_clamped(value: &Value) -> Result<i64> {
    Ok(match int(value)? {
        Value::Int(number) => number,
        Value::BigInt(number) if number.digits().starts_with('-') => i64::MIN,
        _ => i64::MAX,
    })
}

/// `float(value)`.
///
/// # Errors
///
/// `ValueError`, `TypeError` or `OverflowError`, as in Python.
pub fn float(value: &Value) -> Result<f64> {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "Python rounds to the nearest float too"
        )]
        Value::Int(number) => Ok(*number as f64),
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        Value::Float(number) => Ok(*number),
        Value::BigInt(number) => match number.digits().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(Error::raise(
                "OverflowError",
                "int too large to convert to float",
            )),
        },
        Value::Str(text) => parse_float(text.as_str()).ok_or_else(|| {
            Error::value_error(format!(
                "could not convert string to float: {}",
                repr_str(text.as_str())
            ))
        }),
        Value::Decimal(number) => match Parsed::of(number) {
            Parsed::Infinite { negative: true } => Ok(f64::NEG_INFINITY),
            Parsed::Infinite { negative: false } => Ok(f64::INFINITY),
            Parsed::Nan if number.as_str().contains('s') => {
                Err(Error::value_error("cannot convert signaling NaN to float"))
            }
            Parsed::Nan => Ok(f64::NAN),
            // The text is one that Rust reads too, and rounds correctly.
            Parsed::Finite(_) => Ok(number.as_str().parse().unwrap_or(f64::NAN)),
        },
        Value::Bytes(bytes) => match ascii(bytes).as_deref().and_then(parse_float) {
            Some(number) => Ok(number),
            None => Err(Error::value_error(format!(
                "could not convert string to float: {}",
                repr(value)?
            ))),
        },
        Value::Object(object) => match object.float() {
            Some(number) => Ok(number?),
            None => match object.plain() {
                Some(plain) if is_number_like(object, &plain) => float(&plain),
                _ => Err(no_float(value)),
            },
        },
        _ => Err(no_float(value)),
    }
}

#[cold]
fn no_float(value: &Value) -> Error {
    Error::type_error(format!(
        "float() argument must be a string or a real number, not '{}'",
        type_name(value)
    ))
}

/// A finite float's sign, shortest digits that read back as it, and decimal exponent
/// of the first of them.
fn shortest(number: f64) -> (&'static str, String, i32) {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return (sign, "0".to_owned(), 0);
    }
    let leading = digits.len() - significant.len();
    // Numbers of digits, of which there are few.
    let first = exponent + whole.len() as i32 - 1 - leading as i32;
    (sign, significant.trim_end_matches('0').to_owned(), first)
}

/// `repr(number)` where that has no exponent, which is to say mostly.
pub(crate) fn plain_float(number: f64, buffer: &mut zmij::Buffer) -> Option<&str> {
    let magnitude = number.abs();
    if !(1e-4..1e16).contains(&magnitude) && magnitude != 0.0 {
        return None;
    }
    let text = buffer.format_finite(number);
    (!text.contains('e')).then_some(text)
}

/// `repr(number)`: the shortest digits that read back as the same number, with an
/// exponent below 1e-4 and from 1e16 on.
///
/// ```
/// use hotplate_template_runtime::python::float_repr;
///
/// assert_eq!(float_repr(0.1), "0.1");
/// assert_eq!(float_repr(1e16), "1e+16");
/// ```
pub fn float_repr(number: f64) -> String {
    if let Some(text) = plain_float(number, &mut zmij::Buffer::new()) {
        return text.to_owned();
    }
    if !number.is_finite() {
        return non_finite(number).to_owned();
    }
    let (sign, digits, exponent) = shortest(number);
    if (-4..16).contains(&exponent) {
        let mut text = plain_decimal(&digits, exponent);
        if !text.contains('.') {
            text.push_str(".0");
        }
        return format!("{sign}{text}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!(
        "{sign}{first}{point}{rest}e{exponent_sign}{:02}",
        exponent.abs()
    )
}

/// What Django prints for a float: without an exponent up to 200 digits.
pub fn float_text(number: f64) -> String {
    let text = float_repr(number);
    if !text.contains('e') {
        return text;
    }
    let (sign, digits, exponent) = shortest(number);
    // The exponent of the last digit, as Python's decimals have it.
    let last = exponent - i32::try_from(digits.len()).unwrap_or(0) + 1;
    if last.unsigned_abs() as usize + digits.len() > MAX_PLAIN_FLOAT {
        return text;
    }
    format!("{sign}{}", plain_decimal(&digits, exponent))
}

/// Digits with the point where the first one's exponent says.
fn plain_decimal(digits: &str, exponent: i32) -> String {
    let point = exponent + 1;
    match usize::try_from(point) {
        Ok(point) if point >= digits.len() => {
            format!("{digits}{}", "0".repeat(point - digits.len()))
        }
        Ok(point) if point > 0 => format!("{}.{}", &digits[..point], &digits[point..]),
        _ => format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

fn non_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "nan"
    } else if number > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

//! Filters for numbers.

use hotplate_plugin_api::value::{Ref, Value};

use super::decimal::{Decimal, group, round_half_up};
use super::{Call, MAX_WIDTH};
use crate::python::{
    add_integers, float, float_repr, float_text, int, int_clamped, integer_remainder, text, truth,
};
use crate::{Error, Result};

/// From this sum of digits and exponent on, `floatformat` gives its input back.
const MAX_DIGITS: u64 = 200;

/// `floatformat`: a number with so many decimal places, rounded half up.
///
/// Without an argument, or with a negative one, a number without a fraction has no
/// decimal places. The suffix `g` groups thousands, `u` keeps to the plain format.
/// What is no number gives nothing; infinities, `nan` and numbers of more than 200
/// digits print as they are.
///
/// # Errors
///
/// `IndexError` for an empty string as argument, `TypeError` for one that is neither
/// number nor string; a limit for an absurd number of places.
pub fn floatformat(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let Format { places, grouped } = Format::of(arguments.first().map(|argument| &**argument))?;
    let input = text(value)?;
    let decimal =
        Decimal::parse(input.as_str()).or_else(|| Decimal::parse(&float_repr(float(value).ok()?)));
    let Some(decimal) = decimal else {
        return Ok(Value::str(""));
    };
    let places = match places {
        Ok(places) => places,
        Err(error) if error.is("ValueError") => return Ok(Value::Str(input)),
        Err(error) => return Err(error),
    };
    let Decimal::Finite {
        negative,
        digits,
        exponent,
    } = decimal
    else {
        return Ok(Value::Str(input));
    };
    let size = exponent.unsigned_abs().saturating_add(digits.len() as u64);
    if size > MAX_DIGITS {
        return Ok(Value::Str(input));
    }
    let width = usize::try_from(places.unsigned_abs()).unwrap_or(usize::MAX);
    let shown = if places <= 0 && is_whole(&digits, exponent) {
        0
    } else {
        width
    };
    if shown > MAX_WIDTH {
        let message = format!("floatformat with {places} decimal places");
        return Err(Error::limit(message));
    }
    let (whole, fraction) = round_half_up(&digits, exponent, shown);
    let nonzero = [&whole, &fraction]
        .iter()
        .any(|digits| digits.bytes().any(|digit| digit != b'0'));
    let mut out = String::with_capacity(whole.len() + fraction.len() + 2);
    if negative && nonzero {
        out.push('-');
    }
    out.push_str(&if grouped { group(&whole) } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    Ok(Value::safe(out))
}

/// Whether a number has no fraction.
fn is_whole(digits: &str, exponent: i64) -> bool {
    match usize::try_from(exponent.unsigned_abs()) {
        Ok(places) if exponent < 0 => {
            let fraction = digits.len().saturating_sub(places);
            digits == "0"
                || (places < digits.len() && digits[fraction..].bytes().all(|d| d == b'0'))
        }
        _ => true,
    }
}

/// What the argument of `floatformat` says.
struct Format {
    places: Result<i64>,
    grouped: bool,
}

impl Format {
    fn of(argument: Option<&Value>) -> Result<Self> {
        let Some(argument) = argument else {
            return Ok(Self {
                places: Ok(-1),
                grouped: false,
            });
        };
        let Value::Str(argument) = argument else {
            return Ok(Self {
                places: int_clamped(argument),
                grouped: false,
            });
        };
        let argument = argument.as_str();
        if argument.is_empty() {
            return Err(Error::raise("IndexError", "string index out of range"));
        }
        // Grouping without localization has groups of no digits: it does nothing.
        let both = argument
            .strip_suffix("gu")
            .or_else(|| argument.strip_suffix("ug"));
        let (places, grouped) = match (both, argument.strip_suffix('g')) {
            (Some(places), _) => (places, false),
            (None, Some(places)) => (places, true),
            (None, None) => (argument.strip_suffix('u').unwrap_or(argument), false),
        };
        let places = match places {
            "" => Ok(-1),
            places => int_clamped(&Value::str(places)),
        };
        Ok(Self { places, grouped })
    }
}

/// `add`: the sum as integers, else the value and the argument joined, else nothing.
///
/// # Errors
///
/// `OverflowError` for an infinite float.
pub fn add(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let argument = &*arguments[0];
    match int(value).and_then(|value| Ok(add_integers(&value, &int(argument)?))) {
        Ok(sum) => Ok(sum),
        Err(error) if error.is("ValueError") || error.is("TypeError") => {
            Ok(plus(value, argument).unwrap_or_else(|| Value::str("")))
        }
        Err(error) => Err(error),
    }
}

/// `left + right`, where Python has it for what is not two whole numbers.
fn plus(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => {
            let sum = format!("{}{}", left.as_str(), right.as_str());
            let safe = left.is_safe() && right.is_safe();
            Some(if safe {
                Value::safe(sum)
            } else {
                Value::str(sum)
            })
        }
        (Value::List(left), Value::List(right)) => {
            Some(Value::list(left.iter().chain(right.iter()).cloned()))
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            Some(Value::tuple(left.iter().chain(right.iter()).cloned()))
        }
        (Value::Str(_), _) | (_, Value::Str(_)) => None,
        _ => Some(Value::Float(float(left).ok()? + float(right).ok()?)),
    }
}

/// `divisibleby`: whether the argument divides the value without a remainder.
///
/// # Errors
///
/// `ValueError` or `TypeError` for what is no number, `ZeroDivisionError` for zero.
pub fn divisibleby(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let value = int(value)?;
    let remainder = integer_remainder(&value, &int(&arguments[0])?)?;
    Ok(Value::Bool(!truth(&remainder)))
}

/// `get_digit`: the digit at this place from the right, 0 to the left of the first.
///
/// What is no number is given back.
///
/// # Errors
///
/// `TypeError` for what `int()` does not take; `ValueError` if the place is that of a
/// minus sign.
pub fn get_digit(_: &Call, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let numbers = int_clamped(&arguments[0]).and_then(|place| Ok((place, int(value)?)));
    let (place, number) = match numbers {
        Ok(numbers) => numbers,
        Err(error) if error.is("ValueError") => return Ok(value.clone()),
        Err(error) => return Err(error),
    };
    if place < 1 {
        return Ok(number);
    }
    let digits = text(&number)?;
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    let digit = digits.as_str().bytes().nth_back(place - 1);
    Ok(Value::Int(match digit {
        Some(b'-') => {
            let message = "invalid literal for int() with base 10: '-'";
            return Err(Error::value_error(message));
        }
        Some(digit) => i64::from(digit - b'0'),
        None => 0,
    }))
}

/// `filesizeformat`: a number of bytes as `13 KB`, `4.1 MB` and so on, with a no-break
/// space.
///
/// # Errors
///
/// `OverflowError` for an infinite float or an absurdly large integer.
pub fn filesizeformat(_: &Call, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let bytes = match int(value) {
        Ok(bytes) => bytes,
        Err(error) if error.is("ValueError") || error.is("TypeError") => Value::Int(0),
        Err(error) => return Err(error),
    };
    let bytes = text(&bytes)?;
    let (sign, magnitude) = match bytes.as_str().strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", bytes.as_str()),
    };
    // Powers of two divide a float exactly.
    let size: f64 = magnitude.parse().unwrap_or(f64::INFINITY);
    let units = [(5, " PB"), (4, " TB"), (3, " GB"), (2, " MB"), (1, " KB")];
    let exponent = units
        .into_iter()
        .find(|(power, _)| size >= unit_size(*power));
    let amount = match exponent {
        None if magnitude == "1" => "1 byte".to_owned(),
        None => format!("{magnitude} bytes"),
        Some((power, unit)) => {
            if size.is_infinite() {
                let message = "integer division result too large for a float";
                return Err(Error::raise("OverflowError", message));
            }
            format!("{}{unit}", one_place(size / unit_size(power)))
        }
    };
    Ok(Value::str(format!("{sign}{amount}").replace(' ', "\u{a0}")))
}

fn unit_size(power: u8) -> f64 {
    1024f64.powi(i32::from(power))
}

/// The number rounded to one decimal place, as Python's `round` does.
fn one_place(number: f64) -> String {
    let rounded = format!("{number:.1}");
    if number < 1e15 {
        return rounded;
    }
    // From here on the number has no fraction; its shortest digits count.
    let shortest = float_text(number);
    match shortest.split_once('e') {
        // Beyond 200 digits, what Django formats is the coefficient.
        Some((coefficient, exponent)) => {
            let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, "0"));
            format!("{whole}.{}e{exponent}", &fraction[..1])
        }
        None if shortest.contains('.') => shortest,
        None => format!("{shortest}.0"),
    }
}

#[cfg(test)]
mod tests;

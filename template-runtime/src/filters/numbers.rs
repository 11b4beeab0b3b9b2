//! Filters for numbers.

use hotplate_plugin_api::environment::Switch;
use hotplate_plugin_api::value::{Ref, Value};

use super::{Call, width};
use crate::python::decimal::{Exact, Parsed, round_half_up};
use crate::python::{
    add_integers, float, float_repr, int, int_clamped, integer_divide_small, integer_remainder,
    number_format, text, truth,
};
use crate::translation::Translator;
use crate::{Error, Result, python};

/// From this sum of digits and exponent on, `floatformat` gives its input back.
const MAX_DIGITS: u64 = 200;

/// The most places that Python's `scaleb` moves a point.
const MAX_PLACES: u64 = 2_000_054;

/// `floatformat`: a number with so many decimal places, rounded half up.
///
/// Without an argument, or with a negative one, a number without a fraction has no
/// decimal places. The suffix `g` groups digits, `u` keeps to the format of the settings.
/// What is no number gives nothing; infinities, `nan` and numbers of more than 200
/// digits print as they are.
///
/// # Errors
///
/// `IndexError` for an empty string as argument, `TypeError` for one that is neither
/// number nor string, `InvalidOperation` for an absurd number of places.
pub fn floatformat(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let Format {
        places,
        grouped,
        localized,
    } = Format::of(arguments.first().map(|argument| &**argument))?;
    let input = text(value)?;
    let decimal =
        Parsed::parse(input.as_str()).or_else(|| Parsed::parse(&float_repr(float(value).ok()?)));
    let Some(decimal) = decimal else {
        return Ok(Value::str(""));
    };
    let places = match places {
        Ok(places) => places,
        Err(error) if error.is("ValueError") => return Ok(Value::Str(input)),
        Err(error) => return Err(error),
    };
    let Parsed::Finite(Exact {
        negative,
        digits,
        exponent,
    }) = decimal
    else {
        return Ok(Value::Str(input));
    };
    let size = exponent.unsigned_abs().saturating_add(digits.len() as u64);
    if size > MAX_DIGITS {
        return Ok(Value::Str(input));
    }
    let shown = if places <= 0 && is_whole(&digits, exponent) {
        0
    } else {
        if places.unsigned_abs() > MAX_PLACES {
            let message = "[<class 'decimal.InvalidOperation'>]";
            return Err(Error::raise("InvalidOperation", message));
        }
        width(call, places.saturating_abs())?
    };
    let (whole, fraction) = round_half_up(&digits, exponent, shown);
    let nonzero = [&whole, &fraction]
        .iter()
        .any(|digits| digits.bytes().any(|digit| digit != b'0'));
    let sign = if negative && nonzero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    let number = Value::str(format!("{sign}{whole}{point}{fraction}"));
    let switch = if localized { Switch::On } else { Switch::Off };
    let text = number_format(&number, Some(shown), switch, grouped, call)?;
    Ok(Value::Str(text.with_safety(true)))
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
    localized: bool,
}

impl Format {
    fn of(argument: Option<&Value>) -> Result<Self> {
        let Some(argument) = argument else {
            return Ok(Self {
                places: Ok(-1),
                grouped: false,
                localized: true,
            });
        };
        let Value::Str(argument) = argument else {
            return Ok(Self {
                places: int_clamped(argument),
                grouped: false,
                localized: true,
            });
        };
        let argument = argument.as_str();
        if argument.is_empty() {
            return Err(Error::raise("IndexError", "string index out of range"));
        }
        let both = argument
            .strip_suffix("gu")
            .or_else(|| argument.strip_suffix("ug"));
        let (places, grouped, localized) = if let Some(places) = both {
            (places, true, false)
        } else if let Some(places) = argument.strip_suffix('g') {
            (places, true, true)
        } else if let Some(places) = argument.strip_suffix('u') {
            (places, false, false)
        } else {
            (argument, false, true)
        };
        let places = match places {
            "" => Ok(-1),
            places => int_clamped(&Value::str(places)),
        };
        Ok(Self {
            places,
            grouped,
            localized,
        })
    }
}

/// `add`: the sum as integers, else the value and the argument joined, else nothing.
///
/// # Errors
///
/// `OverflowError` for an infinite float.
pub fn add(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let argument = &*arguments[0];
    match int(value).and_then(|value| Ok(add_integers(&value, &int(argument)?))) {
        Ok(sum) => Ok(sum),
        Err(error) if error.is("ValueError") || error.is("TypeError") => {
            match python::add(value, argument, &call.environment) {
                Err(error) if !error.is_fatal() => Ok(Value::str("")),
                sum => sum,
            }
        }
        Err(error) => Err(error),
    }
}

/// `divisibleby`: whether the argument divides the value without a remainder.
///
/// # Errors
///
/// `ValueError` or `TypeError` for what is no number, `ZeroDivisionError` for zero.
pub fn divisibleby(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    if let (Value::Int(number), Value::Int(divisor @ 1..)) = (value, &*arguments[0]) {
        return Ok(Value::Bool(number % divisor == 0));
    }
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
pub fn get_digit(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
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
pub fn filesizeformat(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
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
    let units = [
        (5, "%s PB"),
        (4, "%s TB"),
        (3, "%s GB"),
        (2, "%s MB"),
        (1, "%s KB"),
    ];
    let translator = Translator::of_call(call);
    let exponent = units
        .into_iter()
        .find(|(power, _)| size >= unit_size(*power));
    let amount = match exponent {
        None => {
            let count = magnitude.parse().unwrap_or(0);
            let message = translator.ngettext("%(size)d byte", "%(size)d bytes", count);
            message.replace("%(size)d", magnitude)
        }
        Some((power, message)) => {
            let mut size = size / unit_size(power);
            if size.is_infinite() {
                size = petabytes(magnitude)?;
            }
            let number = Value::Float(one_place(size));
            let shown = number_format(&number, Some(1), Switch::Default, false, call)?;
            translator
                .gettext(message)
                .replacen("%s", shown.as_str(), 1)
        }
    };
    Ok(Value::str(format!("{sign}{amount}").replace(' ', "\u{a0}")))
}

fn unit_size(power: u8) -> f64 {
    1024f64.powi(i32::from(power))
}

/// A number of bytes that is too large for a float, divided by 2 ** 50.
#[cold]
fn petabytes(bytes: &str) -> Result<f64> {
    let (quotient, first) = integer_divide_small(bytes, 1 << 25);
    let (quotient, second) = integer_divide_small(&quotient, 1 << 25);
    // What is left over counts only if the rest lies half-way between two floats.
    let rest = u8::from(first != 0 || second != 0);
    match format!("{quotient}.{rest}").parse() {
        Ok(number) if f64::is_finite(number) => Ok(number),
        _ => {
            let message = "integer division result too large for a float";
            Err(Error::raise("OverflowError", message))
        }
    }
}

/// The number rounded to one decimal place, as Python's `round` does.
fn one_place(number: f64) -> f64 {
    format!("{number:.1}").parse().unwrap_or(number)
}

#[cfg(test)]
mod localized_tests;
#[cfg(test)]
mod tests;

//! Arithmetic on integers of any size, in decimal digits.
//!
//! Templates rarely see an integer beyond 64 bits, and never calculate much with
//! one: schoolbook arithmetic on the digits is enough, and keeps plugins small.

use std::cmp::Ordering;

use hotplate_plugin_api::value::{BigInt, Value};

use crate::Result;
use crate::error::Error;

/// The integer with these digits, as a value.
pub(super) fn value(digits: &str) -> Option<Value> {
    match digits.parse() {
        Ok(number) => Some(Value::Int(number)),
        Err(_) => BigInt::parse(digits).map(Value::BigInt),
    }
}

/// A sign and digits without leading zeros.
fn split(number: &str) -> (bool, &str) {
    match number.strip_prefix('-') {
        Some(digits) => (digits != "0", digits),
        None => (false, number),
    }
}

/// The order of two integers; their digits must have no leading zeros.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let ((left_negative, left), (right_negative, right)) = (split(left), split(right));
    match (left_negative, right_negative) {
        (false, false) => compare_magnitudes(left, right),
        (true, true) => compare_magnitudes(right, left),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

fn compare_magnitudes(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// The digits of a value that is an integer.
pub(super) fn of(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.digits().to_owned(),
        Value::Bool(value) => u8::from(*value).to_string(),
        _ => "0".to_owned(),
    }
}

/// The sum of two integers; any other value counts as zero.
pub fn add(left: &Value, right: &Value) -> Value {
    if let (Value::Int(left), Value::Int(right)) = (left, right)
        && let Some(sum) = left.checked_add(*right)
    {
        return Value::Int(sum);
    }
    let (left, right) = (of(left), of(right));
    let ((left_negative, left), (right_negative, right)) = (split(&left), split(&right));
    let (negative, magnitude) = if left_negative == right_negative {
        (left_negative, add_magnitudes(left, right))
    } else if compare_magnitudes(left, right) == Ordering::Less {
        (right_negative, subtract_magnitudes(right, left))
    } else {
        (left_negative, subtract_magnitudes(left, right))
    };
    let sign = if negative { "-" } else { "" };
    value(&format!("{sign}{magnitude}")).unwrap_or_default()
}

/// `left % right` of two integers, with the sign of `right`; any other value counts as zero.
///
/// # Errors
///
/// `ZeroDivisionError` if `right` is zero.
pub fn remainder(left: &Value, right: &Value) -> Result<Value> {
    if let (Value::Int(left), Value::Int(right)) = (left, right)
        && *right != 0
    {
        let remainder = left.wrapping_rem(*right);
        let has_other_sign = remainder != 0 && (remainder < 0) != (*right < 0);
        return Ok(Value::Int(if has_other_sign {
            remainder + right
        } else {
            remainder
        }));
    }
    let (left, right) = (of(left), of(right));
    let ((left_negative, left), (right_negative, right)) = (split(&left), split(&right));
    if right == "0" {
        return Err(Error::raise("ZeroDivisionError", "integer modulo by zero"));
    }
    let mut magnitude = remainder_of_magnitudes(left, right);
    if left_negative != right_negative && magnitude != "0" {
        magnitude = subtract_magnitudes(right, &magnitude);
    }
    let sign = if right_negative { "-" } else { "" };
    Ok(value(&format!("{sign}{magnitude}")).unwrap_or_default())
}

/// A number's decimal digits divided by a small number: the quotient and the remainder.
///
/// # Panics
///
/// If `divisor` is zero.
pub fn divide_small(digits: &str, divisor: u32) -> (String, u32) {
    let mut quotient = String::with_capacity(digits.len());
    let mut rest = 0;
    for digit in digits.chars().filter_map(|digit| digit.to_digit(10)) {
        let number = rest * 10 + digit;
        if number >= divisor || !quotient.is_empty() {
            quotient.extend(char::from_digit(number / divisor, 10));
        }
        rest = number % divisor;
    }
    if quotient.is_empty() {
        quotient.push('0');
    }
    (quotient, rest)
}

fn remainder_of_magnitudes(left: &str, right: &str) -> String {
    if let Ok(divisor) = right.parse::<u64>() {
        let divisor = u128::from(divisor);
        let remainder = left.bytes().fold(0, |rest, digit| {
            (rest * 10 + u128::from(digit - b'0')) % divisor
        });
        return remainder.to_string();
    }
    let mut rest = String::from("0");
    for digit in left.chars() {
        if rest == "0" {
            rest.clear();
        }
        rest.push(digit);
        while compare_magnitudes(&rest, right) != Ordering::Less {
            rest = subtract_magnitudes(&rest, right);
        }
    }
    rest
}

fn add_magnitudes(left: &str, right: &str) -> String {
    let mut left = left.bytes().rev().map(|digit| digit - b'0');
    let mut right = right.bytes().rev().map(|digit| digit - b'0');
    let mut reversed = Vec::new();
    let mut carry = 0;
    loop {
        let sum = match (left.next(), right.next()) {
            (None, None) if carry == 0 => break,
            (left, right) => left.unwrap_or(0) + right.unwrap_or(0) + carry,
        };
        reversed.push(char::from(b'0' + sum % 10));
        carry = sum / 10;
    }
    reversed.into_iter().rev().collect()
}

/// `left - right`, where `left` is not the smaller one.
fn subtract_magnitudes(left: &str, right: &str) -> String {
    let mut right = right.bytes().rev().map(|digit| digit - b'0');
    let mut reversed = Vec::with_capacity(left.len());
    let mut borrow = 0;
    for digit in left.bytes().rev() {
        let taken = right.next().unwrap_or(0) + borrow;
        let digit = digit - b'0';
        borrow = u8::from(digit < taken);
        reversed.push(char::from(b'0' + digit + borrow * 10 - taken));
    }
    let digits: String = reversed.into_iter().rev().collect();
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

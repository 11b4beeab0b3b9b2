//! Values as keys: which of them are one and the same, by Python's rules.

use abi_stable::std_types::ROption;

use super::{DateTime, Value};

/// FNV-1a, 64 bits. Host and plugins must agree on it, so it is no library's choice.
pub(super) fn hash_bytes(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A hash that is equal for all keys that are the same.
pub(super) fn hash(key: &Value) -> u64 {
    match key {
        Value::Str(text) => hash_bytes(text.as_str().bytes()),
        Value::None => 1,
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Decimal(_) => {
            hash_number(nearest_float(key))
        }
        Value::Tuple(items) => hash_bytes(items.iter().flat_map(|item| hash(item).to_le_bytes())),
        Value::Set(items) => items
            .iter()
            .fold(2, |sum: u64, item| sum.wrapping_add(hash(item))),
        Value::Bytes(bytes) => hash_bytes(bytes.as_slice().iter().copied()),
        Value::Date(date) => hash_bytes(date.day_number().to_le_bytes()),
        Value::Time(time) => hash_bytes(time.microseconds().to_le_bytes()),
        Value::DateTime(moment) => hash_bytes(moment.instant().to_le_bytes()),
        Value::TimeDelta(delta) => hash_bytes(delta.total_microseconds().to_le_bytes()),
        Value::TimeZone(zone) => match zone.fixed_offset() {
            Some(offset) => hash_bytes(offset.seconds.to_le_bytes()),
            None => hash_bytes(zone.name().bytes()),
        },
        Value::Object(object) => match object.plain() {
            Some(Value::Object(_)) | None => hash_bytes(object.address().to_le_bytes()),
            Some(plain) => hash(&plain),
        },
        Value::List(_) | Value::Dict(_) => 3,
    }
}

/// Equal numbers have the same nearest float, whatever their kinds.
fn nearest_float(number: &Value) -> f64 {
    match number {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a hash may be of the rounded number"
        )]
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        Value::BigInt(number) => number.digits().parse().unwrap_or(f64::NAN),
        Value::Decimal(number) => number.as_str().parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

fn hash_number(number: f64) -> u64 {
    // Both zeros are one key.
    let number = if number == 0.0 { 0.0 } else { number };
    hash_bytes(number.to_bits().to_le_bytes())
}

/// Whether two values are the same key: `left == right` for what can be a key.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => left.as_str() == right.as_str(),
        (Value::None, Value::None) => true,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Tuple(left), Value::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(l, r)| same(l, r))
        }
        (Value::Set(left), Value::Set(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|item| right.iter().any(|other| same(item, other)))
        }
        (Value::Bytes(left), Value::Bytes(right)) => left.as_slice() == right.as_slice(),
        (Value::Date(left), Value::Date(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::DateTime(left), Value::DateTime(right)) => same_moment(left, right),
        (Value::TimeDelta(left), Value::TimeDelta(right)) => left == right,
        (Value::TimeZone(left), Value::TimeZone(right)) => {
            match (left.fixed_offset(), right.fixed_offset()) {
                (Some(left), Some(right)) => left.seconds == right.seconds,
                _ => left == right,
            }
        }
        (Value::Object(left), Value::Object(right)) if left.is(right) => true,
        (Value::Object(object), other) | (other, Value::Object(object)) => match object.plain() {
            Some(Value::Object(_)) | None => false,
            Some(plain) => same(&plain, other),
        },
        _ => match (Magnitude::of(left), Magnitude::of(right)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
    }
}

/// Python compares the clocks of one zone, and the moments of different ones.
fn same_moment(left: &DateTime, right: &DateTime) -> bool {
    match (&left.offset, &right.offset) {
        (ROption::RSome(from), ROption::RSome(to)) if from.zone != to.zone => {
            left.instant() == right.instant()
        }
        (ROption::RNone, ROption::RSome(_)) | (ROption::RSome(_), ROption::RNone) => false,
        _ => (left.date, left.time) == (right.date, right.time),
    }
}

/// A number's exact value in one form for all kinds.
#[derive(PartialEq, Eq)]
struct Magnitude {
    negative: bool,
    /// The digits without zeros at either end; empty for zero.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i64,
}

impl Magnitude {
    /// Nothing for what is no number, or not a number.
    fn of(number: &Value) -> Option<Self> {
        match number {
            Value::Bool(truth) => Self::read(if *truth { "1" } else { "0" }),
            Value::Int(number) => Self::read(&number.to_string()),
            Value::BigInt(number) => Self::read(number.digits()),
            Value::Decimal(number) => Self::read(number.as_str()),
            Value::Float(number) if number.is_nan() => None,
            Value::Float(number) if number.is_infinite() => Self::read(if *number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }),
            Value::Float(number) if number.fract() == 0.0 => Self::read(&format!("{number:.0}")),
            // No float has more decimal places.
            Value::Float(number) => Self::read(&format!("{number:.1074}")),
            _ => None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        if text == "Infinity" {
            return Some(Self {
                negative,
                digits: text.to_owned(),
                exponent: 0,
            });
        }
        let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let kept = digits.trim_end_matches('0');
        let dropped = i64::try_from(digits.len() - kept.len()).ok()?;
        let significant = kept.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        Some(Self {
            negative,
            digits: significant.to_owned(),
            exponent: exponent - i64::try_from(fraction.len()).ok()? + dropped,
        })
    }
}

//! The operator `+`.

use hotplate_plugin_api::environment::EnvironmentRef;
use hotplate_plugin_api::value::{Bytes, Date, Decimal, TimeDelta, Value};

use super::decimal::{Exact, Parsed};
use super::{add_integers, digits, float, plain_value, type_name, zones};
use crate::{Error, Result};

/// The most days that a `timedelta` has.
const MAX_DELTA_DAYS: i128 = 999_999_999;

/// `left + right`, as Python's own types have it.
///
/// # Errors
///
/// `TypeError` for what cannot be added, `OverflowError` for a date out of range.
pub fn add(left: &Value, right: &Value, environment: &EnvironmentRef<'_>) -> Result<Value> {
    let unsupported = || {
        Error::type_error(format!(
            "unsupported operand type(s) for +: '{}' and '{}'",
            type_name(left),
            type_name(right)
        ))
    };
    let (plain_left, plain_right) = (plain_value(left), plain_value(right));
    Ok(match (&*plain_left, &*plain_right) {
        (Value::Str(left), Value::Str(right)) => {
            let sum = format!("{}{}", left.as_str(), right.as_str());
            if left.is_safe() && right.is_safe() {
                Value::safe(sum)
            } else {
                Value::str(sum)
            }
        }
        (Value::Str(_), _) => {
            return Err(Error::type_error(format!(
                "can only concatenate str (not \"{}\") to str",
                type_name(right)
            )));
        }
        (Value::List(left), Value::List(right)) => {
            Value::list(left.iter().chain(right.iter()).cloned())
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            Value::tuple(left.iter().chain(right.iter()).cloned())
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            Value::Bytes(Bytes::new([left.as_slice(), right.as_slice()].concat()))
        }
        (Value::TimeDelta(left), Value::TimeDelta(right)) => {
            let sum = left.total_microseconds() + right.total_microseconds();
            if sum.div_euclid(86_400_000_000).abs() > MAX_DELTA_DAYS {
                let days = sum.div_euclid(86_400_000_000);
                let message = format!("days={days}; must have magnitude <= {MAX_DELTA_DAYS}");
                return Err(Error::raise("OverflowError", message));
            }
            Value::TimeDelta(TimeDelta::from_microseconds(sum))
        }
        (Value::DateTime(moment), Value::TimeDelta(delta))
        | (Value::TimeDelta(delta), Value::DateTime(moment)) => {
            let sum = zones::add_delta(moment, delta, environment);
            Value::from(sum.ok_or_else(out_of_range)?)
        }
        (Value::Date(date), Value::TimeDelta(delta))
        | (Value::TimeDelta(delta), Value::Date(date)) => {
            Value::Date(add_days(*date, delta.days).ok_or_else(out_of_range)?)
        }
        (Value::Decimal(number), other) | (other, Value::Decimal(number)) => {
            add_decimal(number, other).ok_or_else(unsupported)??
        }
        (left, right) if is_integer(left) && is_integer(right) => add_integers(left, right),
        (left, right) if is_number(left) && is_number(right) => {
            Value::Float(float(left)? + float(right)?)
        }
        _ => return Err(unsupported()),
    })
}

fn is_integer(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::BigInt(_))
}

fn is_number(value: &Value) -> bool {
    is_integer(value) || matches!(value, Value::Float(_))
}

#[cold]
fn out_of_range() -> Error {
    Error::raise("OverflowError", "date value out of range")
}

fn add_days(date: Date, days: i32) -> Option<Date> {
    zones::date_of_day(date.day_number() + i64::from(days))
}

/// Whether a number is the `nan` that cannot be calculated with.
fn is_signaling(number: &Decimal) -> bool {
    number.as_str().contains('s')
}

#[cold]
fn invalid_operation() -> Error {
    Error::raise("InvalidOperation", "[<class 'decimal.InvalidOperation'>]")
}

/// The sum with another number; nothing for what is no integer and no decimal.
fn add_decimal(number: &Decimal, other: &Value) -> Option<Result<Value>> {
    let right = match other {
        Value::Decimal(other) => Parsed::of(other),
        other if is_integer(other) => Parsed::Finite(Exact::of_integer(&digits::of(other))),
        _ => return None,
    };
    let special = |text: &str| Decimal::parse(text);
    if is_signaling(number) || matches!(other, Value::Decimal(other) if is_signaling(other)) {
        return Some(Err(invalid_operation()));
    }
    let sum = match (Parsed::of(number), right) {
        (Parsed::Nan, _) => Some(number.clone()),
        (_, Parsed::Nan) => match other {
            Value::Decimal(other) => Some(other.clone()),
            _ => None,
        },
        (Parsed::Infinite { negative }, Parsed::Infinite { negative: other })
            if negative != other =>
        {
            return Some(Err(invalid_operation()));
        }
        (Parsed::Infinite { negative }, _) | (_, Parsed::Infinite { negative }) => {
            special(if negative { "-Infinity" } else { "Infinity" })
        }
        (Parsed::Finite(left), Parsed::Finite(right)) => left.plus(&right).to_decimal(),
    };
    Some(Ok(sum.map_or(Value::None, Value::Decimal)))
}

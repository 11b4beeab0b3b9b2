//! Truth, equality, order, membership and identity.

use std::cmp::Ordering;
use std::ptr;

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{BigInt, DateTime, Dict, Value};

use super::{digits, iterate, type_name};
use crate::{Error, Result};

/// `bool(value)`.
pub fn truth(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::BigInt(number) => number.digits() != "0",
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.as_str().is_empty(),
        Value::List(items) | Value::Tuple(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.entries().is_empty(),
        Value::Object(object) => object.truth(),
        _ => true,
    }
}

/// `left == right`.
///
/// Numbers are compared by their exact values whatever their types, containers by
/// their contents, objects by identity.
pub fn equal(left: &Value, right: &Value) -> bool {
    let mut pending = vec![(left, right)];
    let mut outermost = true;
    while let Some((left, right)) = pending.pop() {
        // Inside containers, Python takes one and the same object as equal to itself.
        if !outermost && ptr::eq(left, right) {
            continue;
        }
        outermost = false;
        let same = match (left, right) {
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                let same_length = left.len() == right.len();
                if same_length && !ptr::eq(left.as_ptr(), right.as_ptr()) {
                    // In reverse, so that the first items are compared first.
                    pending.extend(left.iter().zip(right.iter()).rev());
                }
                same_length
            }
            (Value::Dict(left), Value::Dict(right)) => push_entries(left, right, &mut pending),
            _ => equal_leaves(left, right),
        };
        if !same {
            return false;
        }
    }
    true
}

/// Pairs each value of `left` with that of the same key in `right`; false if there is none.
fn push_entries<'a>(
    left: &'a Dict,
    right: &'a Dict,
    pending: &mut Vec<(&'a Value, &'a Value)>,
) -> bool {
    let (entries, others) = (left.entries(), right.entries());
    if entries.len() != others.len() {
        return false;
    }
    if ptr::eq(entries, others) {
        return true;
    }
    for (entry, other) in entries.iter().zip(others) {
        // Equal dictionaries mostly have the same order.
        let value = if equal(&entry.key, &other.key) {
            Some(&other.value)
        } else {
            dict_get(right, &entry.key)
        };
        match value {
            Some(value) => pending.push((&entry.value, value)),
            None => return false,
        }
    }
    true
}

fn equal_leaves(left: &Value, right: &Value) -> bool {
    if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
        return left.compare(&right) == Some(Ordering::Equal);
    }
    match (left, right) {
        (Value::None, Value::None) => true,
        (Value::Str(left), Value::Str(right)) => left.as_str() == right.as_str(),
        (Value::Date(left), Value::Date(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::DateTime(left), Value::DateTime(right)) => {
            is_aware(left) == is_aware(right) && instant(left) == instant(right)
        }
        (Value::Object(left), Value::Object(right)) => left.is(right),
        _ => false,
    }
}

/// `left < right`.
///
/// # Errors
///
/// `TypeError` where Python does not order the two types.
pub fn less(left: &Value, right: &Value) -> Result<bool> {
    Ok(compare(left, right, "<")? == Some(Ordering::Less))
}

/// `left <= right`.
///
/// # Errors
///
/// As for [`less`].
pub fn less_equal(left: &Value, right: &Value) -> Result<bool> {
    let order = compare(left, right, "<=")?;
    Ok(matches!(order, Some(Ordering::Less | Ordering::Equal)))
}

/// `left > right`.
///
/// # Errors
///
/// As for [`less`].
pub fn greater(left: &Value, right: &Value) -> Result<bool> {
    Ok(compare(left, right, ">")? == Some(Ordering::Greater))
}

/// `left >= right`.
///
/// # Errors
///
/// As for [`less`].
pub fn greater_equal(left: &Value, right: &Value) -> Result<bool> {
    let order = compare(left, right, ">=")?;
    Ok(matches!(order, Some(Ordering::Greater | Ordering::Equal)))
}

/// The order of two values, nothing if one is not a number (`nan`).
///
/// `operator` is named in the message of the error.
///
/// # Errors
///
/// `TypeError` where Python does not order the two types.
pub fn compare(left: &Value, right: &Value, operator: &str) -> Result<Option<Ordering>> {
    let (mut left, mut right) = (left, right);
    loop {
        if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
            return Ok(left.compare(&right));
        }
        let order = match (left, right) {
            (Value::Str(left), Value::Str(right)) => left.as_str().cmp(right.as_str()),
            (Value::Date(left), Value::Date(right)) => left.cmp(right),
            (Value::Time(left), Value::Time(right)) => left.cmp(right),
            (Value::DateTime(left), Value::DateTime(right)) => {
                if is_aware(left) != is_aware(right) {
                    return Err(Error::type_error(
                        "can't compare offset-naive and offset-aware datetimes",
                    ));
                }
                instant(left).cmp(&instant(right))
            }
            (Value::List(first), Value::List(second))
            | (Value::Tuple(first), Value::Tuple(second)) => {
                let differing = first
                    .iter()
                    .zip(second.iter())
                    .find(|(left, right)| !ptr::eq(*left, *right) && !equal(left, right));
                match differing {
                    Some(pair) => {
                        (left, right) = pair;
                        continue;
                    }
                    None => first.len().cmp(&second.len()),
                }
            }
            _ => {
                return Err(Error::type_error(format!(
                    "'{operator}' not supported between instances of '{}' and '{}'",
                    type_name(left),
                    type_name(right)
                )));
            }
        };
        return Ok(Some(order));
    }
}

/// `item in container`.
///
/// # Errors
///
/// `TypeError` where the container cannot contain such an item; what iterating over
/// an object raises.
pub fn contains(item: &Value, container: &Value) -> Result<bool> {
    match container {
        Value::Str(text) => match item {
            Value::Str(part) => Ok(text.as_str().contains(part.as_str())),
            _ => Err(Error::type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                type_name(item)
            ))),
        },
        Value::List(items) | Value::Tuple(items) => Ok(items
            .iter()
            .any(|candidate| identical(candidate, item) || equal(candidate, item))),
        Value::Dict(dict) => {
            check_hashable(item)?;
            Ok(dict_get(dict, item).is_some())
        }
        Value::Object(object) if object.items().is_some() => {
            Ok(iterate(container)?.any(|candidate| equal(&candidate, item)))
        }
        _ => Err(Error::type_error(format!(
            "argument of type '{}' is not iterable",
            type_name(container)
        ))),
    }
}

/// Lists and dictionaries cannot be keys, nor tuples that contain them.
fn check_hashable(key: &Value) -> Result<()> {
    let mut pending = vec![key];
    while let Some(key) = pending.pop() {
        match key {
            Value::List(_) | Value::Dict(_) => {
                let message = format!("unhashable type: '{}'", type_name(key));
                return Err(Error::type_error(message));
            }
            Value::Tuple(items) => pending.extend(items.iter().rev()),
            _ => {}
        }
    }
    Ok(())
}

/// `dict.get(key)`: as in Python, `True`, `1` and `1.0` are one key.
pub fn dict_get<'a>(dict: &'a Dict, key: &Value) -> Option<&'a Value> {
    match key {
        Value::Str(key) => dict.get_str(key.as_str()),
        Value::Int(key) => dict.get_int(*key),
        Value::Bool(key) => dict.get_int(i64::from(*key)),
        _ => {
            let entry = dict.entries().iter().find(|entry| equal(&entry.key, key))?;
            Some(&entry.value)
        }
    }
}

/// `left is right`.
///
/// `None`, the truth values, small integers, the empty string and the empty tuple
/// exist once in Python; other values are identical if they are the same value here,
/// or share their memory.
pub fn identical(left: &Value, right: &Value) -> bool {
    if ptr::eq(left, right) {
        return true;
    }
    match (left, right) {
        (Value::None, Value::None) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right && (-5..=256).contains(left),
        (Value::Str(left), Value::Str(right)) => {
            let (text, other) = (left.as_str(), right.as_str());
            left.is_safe() == right.is_safe()
                && (ptr::eq(text, other)
                    || (!left.is_safe() && text.is_empty() && other.is_empty()))
        }
        (Value::Tuple(left), Value::Tuple(right)) if left.is_empty() => right.is_empty(),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            !left.is_empty() && ptr::eq::<[Value]>(&**left, &**right)
        }
        (Value::Dict(left), Value::Dict(right)) => {
            !left.entries().is_empty() && ptr::eq(left.entries(), right.entries())
        }
        (Value::BigInt(left), Value::BigInt(right)) => ptr::eq(left.digits(), right.digits()),
        (Value::Object(left), Value::Object(right)) => left.is(right),
        _ => false,
    }
}

/// A number of any of Python's types.
enum Number<'a> {
    Int(i64),
    Big(&'a BigInt),
    Float(f64),
}

impl<'a> Number<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Int(i64::from(*value))),
            Value::Int(number) => Some(Self::Int(*number)),
            Value::BigInt(number) => Some(Self::Big(number)),
            Value::Float(number) => Some(Self::Float(*number)),
            _ => None,
        }
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Float(float), integer) => compare_float(*float, integer),
            (integer, Self::Float(float)) => compare_float(*float, integer).map(Ordering::reverse),
            (left, right) => Some(digits::compare(&left.digits(), &right.digits())),
        }
    }

    /// The decimal digits of an integer.
    fn digits(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Int(number) => number.to_string().into(),
            Self::Big(number) => number.digits().into(),
            Self::Float(number) => format!("{:.0}", number.trunc()).into(),
        }
    }
}

/// The order of a float and an integer, by their exact values.
fn compare_float(float: f64, integer: &Number<'_>) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return float.partial_cmp(&0.0);
    }
    let whole = match integer {
        // Every float of this size without a fraction is an `i64`.
        Number::Int(integer) if float.abs() < 9e18 => (float.trunc() as i64).cmp(integer),
        _ => digits::compare(&Number::Float(float).digits(), &integer.digits()),
    };
    if whole == Ordering::Equal {
        return (float - float.trunc()).partial_cmp(&0.0);
    }
    Some(whole)
}

fn is_aware(moment: &DateTime) -> bool {
    matches!(moment.offset, ROption::RSome(_))
}

/// Microseconds since some fixed moment: of UTC for an aware value, else of its clock.
fn instant(moment: &DateTime) -> i128 {
    let (date, time) = (moment.date, moment.time);
    // The days of the months are monotonic in any calendar with 31 days a month, but
    // offsets cross days, so that real day numbers are needed.
    let days = super::temporal::day_number(date);
    let mut seconds = i128::from(days) * 86_400
        + i128::from(time.hour) * 3600
        + i128::from(time.minute) * 60
        + i128::from(time.second);
    if let ROption::RSome(offset) = &moment.offset {
        seconds -= i128::from(offset.seconds);
    }
    seconds * 1_000_000 + i128::from(time.microsecond)
}

#[cfg(test)]
mod tests;

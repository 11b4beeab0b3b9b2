//! Truth, equality, order, membership and identity.

use std::cmp::Ordering;
use std::ptr;

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{BigInt, Bytes, DateTime, Dict, Value, Zone};

use super::decimal::{Exact, Parsed};
use super::{digits, plain_value, string, type_name};
use crate::{Error, Result};

/// `bool(value)`.
#[inline]
pub fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        value => truth_of_kind(value),
    }
}

fn truth_of_kind(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::BigInt(number) => number.digits() != "0",
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.as_str().is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.is_empty(),
        Value::Decimal(number) => {
            !matches!(Parsed::of(number), Parsed::Finite(exact) if exact.is_zero())
        }
        Value::Bytes(bytes) => !bytes.as_slice().is_empty(),
        Value::TimeDelta(delta) => delta.total_microseconds() != 0,
        Value::Object(object) => object.truth(),
        _ => true,
    }
}

/// `left == right`.
///
/// Numbers are compared by their exact values whatever their types, containers by
/// their contents, objects by identity, or as the plain values that they are too.
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
    if left.len() != right.len() {
        return false;
    }
    if ptr::eq(left.values(), right.values()) {
        return true;
    }
    if left.shape().is(right.shape()) {
        pending.extend(left.values().iter().zip(right.values()));
        return true;
    }
    for ((key, value), (other_key, other)) in left.iter().zip(right.iter()) {
        // Equal dictionaries mostly have the same order.
        let other = if equal(key, other_key) {
            Some(other)
        } else {
            right.get(key)
        };
        match other {
            Some(other) => pending.push((value, other)),
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
        (Value::Bytes(left), Value::Bytes(right)) => left.as_slice() == right.as_slice(),
        (Value::Set(left), Value::Set(right)) => {
            left.len() == right.len() && is_subset(left, right)
        }
        (Value::Date(left), Value::Date(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::DateTime(left), Value::DateTime(right)) => {
            compare_moments(left, right) == Some(Ordering::Equal)
        }
        (Value::TimeDelta(left), Value::TimeDelta(right)) => left == right,
        (Value::TimeZone(left), Value::TimeZone(right)) => is_same_zone(left, right),
        (Value::Object(left), Value::Object(right)) if left.is(right) => true,
        (Value::Object(object), other) | (other, Value::Object(object)) => match object.plain() {
            Some(Value::Object(_)) | None => false,
            Some(plain) => equal(&plain, other),
        },
        _ => false,
    }
}

/// Whether a set has all items of another one.
fn is_subset(part: &[Value], whole: &[Value]) -> bool {
    /// Up to here, comparing the items one by one is as quick as hashing.
    const FEW: usize = 8;
    if whole.len() <= FEW {
        let is_in = |item| whole.iter().any(|other| equal(item, other));
        return part.iter().all(is_in);
    }
    let whole: Dict = whole
        .iter()
        .map(|item| (item.clone(), Value::None))
        .collect();
    part.iter().all(|item| whole.get(item).is_some())
}

fn is_same_zone(left: &Zone, right: &Zone) -> bool {
    match (left.fixed_offset(), right.fixed_offset()) {
        (Some(left), Some(right)) => left.seconds == right.seconds,
        _ => left == right,
    }
}

/// The order of two moments, nothing for an aware and a naive one. Python compares the
/// clocks of one zone.
fn compare_moments(left: &DateTime, right: &DateTime) -> Option<Ordering> {
    match (&left.offset, &right.offset) {
        (ROption::RSome(from), ROption::RSome(to)) if !is_same_zone(&from.zone, &to.zone) => {
            Some(left.instant().cmp(&right.instant()))
        }
        (ROption::RSome(_), ROption::RNone) | (ROption::RNone, ROption::RSome(_)) => None,
        _ => Some(left.clock().cmp(&right.clock())),
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

/// The order of two values, nothing if one is not a number (`nan`), or for two sets of
/// which neither has all items of the other.
///
/// `operator` is named in the message of the error.
///
/// # Errors
///
/// `TypeError` where Python does not order the two types; `InvalidOperation` for a decimal
/// number and one that is not a number.
pub fn compare(left: &Value, right: &Value, operator: &str) -> Result<Option<Ordering>> {
    let (mut left, mut right) = (left, right);
    loop {
        if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
            let order = left.compare(&right);
            if order.is_none() && (left.is_decimal() || right.is_decimal()) {
                let message = "[<class 'decimal.InvalidOperation'>]";
                return Err(Error::raise("InvalidOperation", message));
            }
            return Ok(order);
        }
        let order = match (left, right) {
            (Value::Str(left), Value::Str(right)) => left.as_str().cmp(right.as_str()),
            (Value::Date(left), Value::Date(right)) => left.cmp(right),
            (Value::Time(left), Value::Time(right)) => left.cmp(right),
            (Value::DateTime(left), Value::DateTime(right)) => match compare_moments(left, right) {
                Some(order) => order,
                None => {
                    let message = "can't compare offset-naive and offset-aware datetimes";
                    return Err(Error::type_error(message));
                }
            },
            (Value::TimeDelta(left), Value::TimeDelta(right)) => left.cmp(right),
            (Value::Bytes(left), Value::Bytes(right)) => left.as_slice().cmp(right.as_slice()),
            (Value::Set(left), Value::Set(right)) => {
                return Ok(match (is_subset(left, right), is_subset(right, left)) {
                    (true, true) => Some(Ordering::Equal),
                    (true, false) => Some(Ordering::Less),
                    (false, true) => Some(Ordering::Greater),
                    (false, false) => None,
                });
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
            (Value::Object(_), _) | (_, Value::Object(_)) => {
                let (first, second) = (plain_value(left), plain_value(right));
                let are_plain = ![&*first, &*second]
                    .iter()
                    .any(|value| matches!(value, Value::Object(_)));
                if are_plain {
                    return compare(&first, &second, operator);
                }
                return Err(not_ordered(left, right, operator));
            }
            _ => return Err(not_ordered(left, right, operator)),
        };
        return Ok(Some(order));
    }
}

#[cold]
fn not_ordered(left: &Value, right: &Value, operator: &str) -> Error {
    Error::type_error(format!(
        "'{operator}' not supported between instances of '{}' and '{}'",
        type_name(left),
        type_name(right)
    ))
}

/// `item in container`.
///
/// # Errors
///
/// `TypeError` where the container cannot contain such an item; what iterating over
/// an object raises.
pub fn contains(item: &Value, container: &Value) -> Result<bool> {
    match container {
        Value::Str(text) => match string(item) {
            Some(part) => Ok(text.as_str().contains(part.as_str())),
            None => Err(Error::type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                type_name(item)
            ))),
        },
        Value::List(items) | Value::Tuple(items) => Ok(items
            .iter()
            .any(|candidate| identical(candidate, item) || equal(candidate, item))),
        Value::Set(items) => {
            // Python looks for a set as the frozen one that is equal to it.
            if !matches!(item, Value::Set(_)) {
                check_hashable(item)?;
            }
            Ok(items
                .iter()
                .any(|candidate| identical(candidate, item) || equal(candidate, item)))
        }
        Value::Dict(dict) => {
            check_hashable(item)?;
            Ok(dict.get(item).is_some())
        }
        Value::Bytes(bytes) => is_in_bytes(item, bytes),
        Value::Object(object) => match object.plain() {
            Some(plain @ (Value::Str(_) | Value::Bytes(_))) => contains(item, &plain),
            _ => match object.items() {
                Some(items) => Ok(items?.iter().any(|candidate| equal(candidate, item))),
                None => Err(not_a_container(container)),
            },
        },
        _ => Err(not_a_container(container)),
    }
}

#[cold]
fn not_a_container(value: &Value) -> Error {
    Error::type_error(format!(
        "argument of type '{}' is not iterable",
        type_name(value)
    ))
}

fn is_in_bytes(item: &Value, bytes: &Bytes) -> Result<bool> {
    let bytes = bytes.as_slice();
    let byte = match &*plain_value(item) {
        Value::Bytes(part) => {
            let part = part.as_slice();
            return Ok(part.is_empty() || bytes.windows(part.len()).any(|found| found == part));
        }
        Value::Bool(truth) => Some(u8::from(*truth)),
        Value::Int(number) => u8::try_from(*number).ok(),
        Value::BigInt(_) => None,
        _ => {
            return Err(Error::type_error(format!(
                "a bytes-like object is required, not '{}'",
                type_name(item)
            )));
        }
    };
    match byte {
        Some(byte) => Ok(bytes.contains(&byte)),
        None => Err(Error::value_error("byte must be in range(0, 256)")),
    }
}

/// Lists, dictionaries and sets cannot be keys, nor tuples that contain them.
pub(crate) fn check_hashable(key: &Value) -> Result<()> {
    let mut pending = vec![key];
    while let Some(key) = pending.pop() {
        match key {
            Value::List(_) | Value::Dict(_) | Value::Set(_) => {
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
    dict.get(key)
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
            !left.is_empty() && ptr::eq(left.values(), right.values())
        }
        (Value::BigInt(left), Value::BigInt(right)) => ptr::eq(left.digits(), right.digits()),
        (Value::Set(left), Value::Set(right)) => {
            !left.is_empty() && ptr::eq::<[Value]>(&**left, &**right)
        }
        (Value::Decimal(left), Value::Decimal(right)) => ptr::eq(left.as_str(), right.as_str()),
        (Value::Bytes(left), Value::Bytes(right)) => ptr::eq(left.as_slice(), right.as_slice()),
        (Value::TimeZone(left), Value::TimeZone(right)) => is_same_zone(left, right),
        (Value::Object(left), Value::Object(right)) => left.is(right),
        _ => false,
    }
}

/// A number of any of Python's types.
enum Number<'a> {
    Int(i64),
    Big(&'a BigInt),
    Float(f64),
    Decimal(Parsed),
}

impl<'a> Number<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Int(i64::from(*value))),
            Value::Int(number) => Some(Self::Int(*number)),
            Value::BigInt(number) => Some(Self::Big(number)),
            Value::Float(number) => Some(Self::Float(*number)),
            Value::Decimal(number) => Some(Self::Decimal(Parsed::of(number))),
            _ => None,
        }
    }

    fn is_decimal(&self) -> bool {
        matches!(self, Self::Decimal(_))
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Decimal(left), right) => compare_decimals(left, &right.parsed()),
            (left, Self::Decimal(right)) => compare_decimals(&left.parsed(), right),
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
            Self::Decimal(_) => "0".into(),
        }
    }

    /// The same number in decimal, exactly.
    fn parsed(&self) -> Parsed {
        match self {
            Self::Decimal(number) => number.clone(),
            Self::Float(number) if number.is_nan() => Parsed::Nan,
            Self::Float(number) if number.is_infinite() => Parsed::Infinite {
                negative: *number < 0.0,
            },
            Self::Float(number) => Parsed::Finite(Exact::of_float(*number)),
            integer => Parsed::Finite(Exact::of_integer(&integer.digits())),
        }
    }
}

fn compare_decimals(left: &Parsed, right: &Parsed) -> Option<Ordering> {
    let rank = |number: &Parsed| match number {
        Parsed::Infinite { negative: true } => -1,
        Parsed::Infinite { negative: false } => 1,
        Parsed::Finite(_) | Parsed::Nan => 0,
    };
    match (left, right) {
        (Parsed::Nan, _) | (_, Parsed::Nan) => None,
        (Parsed::Finite(left), Parsed::Finite(right)) => Some(left.order(right)),
        _ => Some(rank(left).cmp(&rank(right))),
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

#[cfg(test)]
mod tests;

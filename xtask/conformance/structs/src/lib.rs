//! Structs out of values, for the generated crates of the conformance run.
//!
//! A case's context is made once, as a value. The structs that stand for it take their
//! fields from there, so an object in a field is the same object.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{
    BigInt, Bytes, Date, DateTime, Decimal, Dict, Text, Time, TimeDelta,
};
use hotplate_plugin_api::view::Safe;

/// A type that is made of a value which is the same in Python.
///
/// ```
/// use hotplate_conformance_structs::Made;
/// use hotplate_plugin_api::Value;
///
/// let value = Value::list([Value::Int(1), Value::None]);
/// assert_eq!(Vec::<Option<u8>>::made(&value), Some(vec![Some(1), None]));
/// assert_eq!(Vec::<u8>::made(&value), None, "not every item is a number");
/// ```
pub trait Made: Sized {
    /// The value as this type; nothing if it is of another one.
    fn made(value: &Value) -> Option<Self>;
}

/// The field of a struct that stands for a dictionary.
pub fn field<T: Made>(record: &Value, name: &str) -> Option<T> {
    T::made(dict(record)?.get_str(name)?)
}

fn dict(value: &Value) -> Option<&Dict> {
    match value {
        Value::Dict(dict) => Some(dict),
        _ => None,
    }
}

fn list(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) if !text.is_safe() => Some(text.as_str()),
        _ => None,
    }
}

fn safe(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) if text.is_safe() => Some(text.as_str()),
        _ => None,
    }
}

fn kept<T: ?Sized>(value: Box<T>) -> &'static T {
    Box::leak(value)
}

macro_rules! made {
    ($($ty:ty: $value:ident => $made:expr;)*) => {$(
        impl Made for $ty {
            fn made($value: &Value) -> Option<Self> {
                $made
            }
        }
    )*};
}

macro_rules! variants {
    ($($ty:ty: $pattern:pat => $made:expr;)*) => {$(
        impl Made for $ty {
            fn made(value: &Value) -> Option<Self> {
                match value {
                    $pattern => $made,
                    _ => None,
                }
            }
        }
    )*};
}

variants! {
    bool: Value::Bool(truth) => Some(*truth);
    u8: Value::Int(number) => (*number).try_into().ok();
    i32: Value::Int(number) => (*number).try_into().ok();
    u32: Value::Int(number) => (*number).try_into().ok();
    i64: Value::Int(number) => Some(*number);
    u64: Value::Int(number) => (*number).try_into().ok();
    usize: Value::Int(number) => (*number).try_into().ok();
    f64: Value::Float(number) => Some(*number);
    BigInt: Value::BigInt(number) => Some(number.clone());
    Decimal: Value::Decimal(number) => Some(number.clone());
    Bytes: Value::Bytes(bytes) => Some(bytes.clone());
    Date: Value::Date(date) => Some(*date);
    Time: Value::Time(time) => Some(*time);
    DateTime: Value::DateTime(time) => Some((**time).clone());
    TimeDelta: Value::TimeDelta(delta) => Some(*delta);
    Text: Value::Str(text) => Some(text.clone());
}

made! {
    Value: value => Some(value.clone());
    String: value => text(value).map(str::to_owned);
    &'static str: value => text(value).map(|text| kept(text.into()));
    Box<str>: value => text(value).map(Into::into);
    Arc<str>: value => text(value).map(Into::into);
    Cow<'static, str>: value => text(value).map(|text| Cow::Owned(text.to_owned()));
    Safe<String>: value => safe(value).map(|text| Self(text.to_owned()));
    Safe<&'static str>: value => safe(value).map(|text| Self(kept(text.into())));
}

impl<T: Made> Made for Option<T> {
    fn made(value: &Value) -> Option<Self> {
        match value {
            Value::None => Some(None),
            value => T::made(value).map(Some),
        }
    }
}

impl<T: Made> Made for Box<T> {
    fn made(value: &Value) -> Option<Self> {
        T::made(value).map(Self::new)
    }
}

impl<T: Made + 'static> Made for &'static T {
    fn made(value: &Value) -> Option<Self> {
        T::made(value).map(|value| kept(Box::new(value)))
    }
}

impl<T: Made> Made for Vec<T> {
    fn made(value: &Value) -> Option<Self> {
        list(value)?.iter().map(T::made).collect()
    }
}

impl<T: Made + 'static> Made for &'static [T] {
    fn made(value: &Value) -> Option<Self> {
        Vec::made(value).map(|items: Vec<T>| kept(items.into_boxed_slice()))
    }
}

/// The entries of a dictionary with their keys as they are in a map.
fn entries<K: Made, V: Made, M: FromIterator<(K, V)>>(value: &Value) -> Option<M> {
    dict(value)?
        .iter()
        .map(|(key, value)| Some((K::made(key)?, V::made(value)?)))
        .collect()
}

impl<K: Made + Ord, V: Made> Made for BTreeMap<K, V> {
    fn made(value: &Value) -> Option<Self> {
        entries(value)
    }
}

impl<V: Made> Made for HashMap<String, V> {
    fn made(value: &Value) -> Option<Self> {
        entries(value)
    }
}

macro_rules! tuples {
    ($(($($part:ident $name:ident)*))*) => {$(
        impl<$($part: Made),*> Made for ($($part,)*) {
            fn made(value: &Value) -> Option<Self> {
                let Value::Tuple(items) = value else {
                    return None;
                };
                match &items[..] {
                    [$($name),*] => Some(($($part::made($name)?,)*)),
                    _ => None,
                }
            }
        }
    )*};
}

tuples! {
    (A a)
    (A a B b)
    (A a B b C c)
    (A a B b C c D d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Made>(value: &Value, expected: bool) {
        let name = std::any::type_name::<T>();
        assert_eq!(T::made(value).is_some(), expected, "{name} of {value:?}");
    }

    #[test]
    fn a_value_is_made_into_types_that_read_the_same() {
        check::<String>(&Value::str("a"), true);
        check::<String>(&Value::safe("a"), false);
        check::<Safe<&str>>(&Value::safe("a"), true);
        check::<Safe<String>>(&Value::str("a"), false);
        check::<u8>(&Value::Int(255), true);
        check::<u8>(&Value::Int(256), false);
        check::<i64>(&Value::Bool(true), false);
        check::<Option<bool>>(&Value::None, true);
        check::<Vec<Option<i64>>>(&Value::list([Value::None]), true);
        check::<Vec<i64>>(&Value::tuple([Value::Int(1)]), false);
        check::<(i64, Box<str>)>(&Value::tuple([Value::Int(1), Value::str("a")]), true);
        check::<(i64,)>(&Value::tuple([Value::Int(1), Value::Int(2)]), false);
        let dict = Value::Dict(Dict::from_iter([(Value::Int(1), Value::str("a"))]));
        check::<BTreeMap<i64, Arc<str>>>(&dict, true);
        check::<BTreeMap<String, Arc<str>>>(&dict, false);
    }
}

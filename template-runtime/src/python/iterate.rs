//! Length, iteration and type names.

use std::borrow::Cow;
use std::iter::FusedIterator;

use hotplate_plugin_api::value::{Ref, Value, Zone};

use crate::{Error, Result};

/// The items of a value, in order; their number is known beforehand.
#[derive(Debug)]
pub struct Items<'a> {
    kind: Kind<'a>,
    remaining: usize,
}

enum Kind<'a> {
    Slice(std::slice::Iter<'a, Value>),
    Characters(std::str::Chars<'a>),
    Bytes(std::slice::Iter<'a, u8>),
    Owned(std::vec::IntoIter<Value>),
}

impl std::fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Slice(_) => "Slice",
            Self::Characters(_) => "Characters",
            Self::Bytes(_) => "Bytes",
            Self::Owned(_) => "Owned",
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Ref<'a>;

    fn next(&mut self) -> Option<Ref<'a>> {
        let item = match &mut self.kind {
            Kind::Slice(items) => Ref::Borrowed(items.next()?),
            Kind::Characters(characters) => Ref::Owned(Value::str(characters.next()?)),
            Kind::Bytes(bytes) => Ref::Owned(Value::from(*bytes.next()?)),
            Kind::Owned(items) => Ref::Owned(items.next()?),
        };
        self.remaining -= 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for Items<'_> {}
impl FusedIterator for Items<'_> {}

/// `iter(value)`: items of a list, tuple or set, keys of a dictionary, characters of a
/// string, numbers of bytes, items of an object.
///
/// # Errors
///
/// `TypeError` for what cannot be iterated over; what an object raises.
pub fn iterate(value: &Value) -> Result<Items<'_>> {
    let (kind, remaining) = match value {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
            (Kind::Slice(items.iter()), items.len())
        }
        Value::Dict(dict) => (Kind::Slice(dict.shape().keys().iter()), dict.len()),
        Value::Str(text) => {
            let text = text.as_str();
            (Kind::Characters(text.chars()), text.chars().count())
        }
        Value::Bytes(bytes) => {
            let bytes = bytes.as_slice();
            (Kind::Bytes(bytes.iter()), bytes.len())
        }
        Value::Object(object) => match object.items() {
            Some(items) => {
                let items = items?;
                let remaining = items.len();
                (Kind::Owned(items.into_iter()), remaining)
            }
            None => match object.plain() {
                Some(plain @ (Value::Str(_) | Value::Bytes(_))) => {
                    let items: Vec<Value> = iterate(&plain)?.map(Ref::into_owned).collect();
                    let remaining = items.len();
                    (Kind::Owned(items.into_iter()), remaining)
                }
                _ => return Err(not_iterable(value)),
            },
        },
        _ => return Err(not_iterable(value)),
    };
    Ok(Items { kind, remaining })
}

#[cold]
fn not_iterable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not iterable", type_name(value)))
}

/// `len(value)`, for what has a length.
pub fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Str(text) => Some(text.as_str().chars().count()),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => Some(items.len()),
        Value::Bytes(bytes) => Some(bytes.as_slice().len()),
        Value::Dict(dict) => Some(dict.len()),
        Value::Object(object) => object.length().or_else(|| match object.plain() {
            Some(plain @ (Value::Str(_) | Value::Bytes(_))) => length(&plain),
            _ => None,
        }),
        _ => None,
    }
}

/// The name of a value's type, as Python's error messages have it.
pub fn type_name(value: &Value) -> Cow<'static, str> {
    Cow::Borrowed(match value {
        Value::None => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::BigInt(_) => "int",
        Value::Float(_) => "float",
        Value::Str(text) if text.is_safe() => "SafeString",
        Value::Str(_) => "str",
        Value::List(_) => "list",
        Value::Tuple(_) => "tuple",
        Value::Dict(_) => "dict",
        Value::Date(_) => "datetime.date",
        Value::Time(_) => "datetime.time",
        Value::DateTime(_) => "datetime.datetime",
        Value::Decimal(_) => "decimal.Decimal",
        Value::Set(_) => "set",
        Value::Bytes(_) => "bytes",
        Value::TimeDelta(_) => "datetime.timedelta",
        Value::TimeZone(zone) if matches!(**zone, Zone::Named(_)) => "zoneinfo.ZoneInfo",
        Value::TimeZone(_) => "datetime.timezone",
        Value::Object(object) => return Cow::Owned(object.type_name()),
        _ => "object",
    })
}

//! `Value`: the data model of templates, as it crosses the boundary.
//!
//! A value is cheap to clone: what is large is shared. Ownership of shared parts
//! goes through `abi_stable`'s reference-counted pointers, which carry the
//! functions of the library that made them.

mod convert;
mod dict;
mod inline;
mod key;
mod mark;
mod object;
mod pattern;
mod shape;
mod temporal;
mod text;

use std::fmt;
use std::ops::Deref;

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RVec};

pub use dict::Dict;
pub use mark::Mark;
pub use object::{Callable, Exception, Lookup, Object, ObjectRef, TemplateName};
pub use pattern::{DictBuilder, Pattern};
pub use shape::Shape;
pub use temporal::{Date, DateTime, Offset, Time, TimeDelta, Zone};
pub use text::{BigInt, Bytes, Decimal, Text, same_text};

/// A value that a template can see, with the meaning that its namesake has in Python.
#[repr(C, u8)]
#[derive(StableAbi, Clone, Default)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    #[default]
    None,
    /// `bool`.
    Bool(bool),
    /// `int`, where it fits 64 bits.
    Int(i64),
    /// `int`, where it does not.
    BigInt(BigInt),
    /// `float`.
    Float(f64),
    /// `str`, safe or not.
    Str(Text),
    /// `list`.
    List(List),
    /// `tuple`.
    Tuple(List),
    /// `dict`.
    Dict(Dict),
    /// `datetime.date`.
    Date(Date),
    /// `datetime.time`.
    Time(Time),
    /// `datetime.datetime`.
    DateTime(RArc<DateTime>),
    /// `decimal.Decimal`.
    Decimal(Decimal),
    /// `set` and `frozenset`, in the order in which they are iterated over.
    Set(List),
    /// `bytes`.
    Bytes(Bytes),
    /// `datetime.timedelta`.
    TimeDelta(TimeDelta),
    /// `datetime.tzinfo`.
    TimeZone(RArc<Zone>),
    /// Anything whose attributes, items or text are computed on demand.
    Object(ObjectRef),
}

impl Value {
    /// A string that is escaped on output.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(Text::new(text.into(), false))
    }

    /// A string that is written as it is.
    pub fn safe(text: impl Into<String>) -> Self {
        Self::Str(Text::new(text.into(), true))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(List::from_iter(items))
    }

    /// A tuple.
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Tuple(List::from_iter(items))
    }

    /// A set, whose items should differ from each other.
    pub fn set(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Set(List::from_iter(items))
    }

    /// A value whose attributes are computed on demand.
    pub fn object(object: impl Object) -> Self {
        Self::Object(ObjectRef::new(object))
    }

    /// What `name` stands for if this value is a rendering's context.
    pub fn name(&self, name: &str) -> Option<Ref<'_>> {
        match self {
            Self::Dict(dict) => dict.get_str(name).map(Ref::Borrowed),
            Self::Object(object) => match object.item(&Self::str(name)) {
                Lookup::Found(value) => Some(Ref::Owned(value)),
                _ => match object.attribute(name) {
                    Lookup::Found(value) => Some(Ref::Owned(value)),
                    _ => None,
                },
            },
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::BigInt(value) => f.write_str(value.digits()),
            Self::Float(value) => value.fmt(f),
            Self::Str(text) if text.is_safe() => write!(f, "safe({:?})", text.as_str()),
            Self::Str(text) => text.as_str().fmt(f),
            Self::List(items) => f.debug_list().entries(items.iter()).finish(),
            Self::Tuple(items) => {
                let mut tuple = f.debug_tuple("");
                for item in items.iter() {
                    tuple.field(item);
                }
                tuple.finish()
            }
            Self::Dict(dict) => f.debug_map().entries(dict.iter()).finish(),
            Self::Date(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::DateTime(value) => value.fmt(f),
            Self::Decimal(number) => f.write_str(number.as_str()),
            Self::Set(items) => f.debug_set().entries(items.iter()).finish(),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.as_slice().escape_ascii()),
            Self::TimeDelta(delta) => delta.fmt(f),
            Self::TimeZone(zone) => zone.fmt(f),
            Self::Object(object) => write!(f, "<{} object>", object.type_name()),
        }
    }
}

/// A value that is borrowed where it can be and owned where it must be.
#[derive(Debug, Clone)]
pub enum Ref<'a> {
    /// Lives elsewhere.
    Borrowed(&'a Value),
    /// Was computed.
    Owned(Value),
}

impl Ref<'_> {
    /// The value, cloned if it is borrowed.
    pub fn into_owned(self) -> Value {
        match self {
            Self::Borrowed(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }
}

impl Deref for Ref<'_> {
    type Target = Value;

    #[inline]
    fn deref(&self) -> &Value {
        match self {
            Self::Borrowed(value) => value,
            Self::Owned(value) => value,
        }
    }
}

impl From<Value> for Ref<'_> {
    #[inline]
    fn from(value: Value) -> Self {
        Self::Owned(value)
    }
}

impl<'a> From<&'a Value> for Ref<'a> {
    #[inline]
    fn from(value: &'a Value) -> Self {
        Self::Borrowed(value)
    }
}

/// A shared, immutable sequence of values. Dictionaries in it that follow each other and have
/// the same keys share their [`Shape`], unless somebody else holds them too.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct List(RArc<RVec<Value>>);

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        let mut items: Vec<Value> = items.into_iter().collect();
        share_shapes(&mut items);
        Self(RArc::new(items.into()))
    }
}

/// Gives each dictionary the shape of the one before it if that is equal. A list that does
/// not begin with a dictionary is taken for one of other things.
fn share_shapes(items: &mut [Value]) {
    if !matches!(items.first(), Some(Value::Dict(_))) {
        return;
    }
    for place in 1..items.len() {
        if let [.., Value::Dict(before), Value::Dict(dict)] = &mut items[..=place] {
            dict.share(before.shared_shape());
        }
    }
}

impl Deref for List {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        self.0.as_slice()
    }
}

//! Making values from Rust.

use std::borrow::Cow;

use abi_stable::std_types::RArc;

use super::{
    BigInt, Bytes, Date, DateTime, Decimal, Dict, ObjectRef, Text, Time, TimeDelta, Value, Zone,
};

macro_rules! from_small_integers {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Value {
            #[inline]
            fn from(value: $ty) -> Self {
                Self::Int(value.into())
            }
        }
    )*};
}

from_small_integers!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! from_large_integers {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Value {
            #[inline]
            fn from(value: $ty) -> Self {
                match i64::try_from(value) {
                    Ok(value) => Self::Int(value),
                    Err(_) => Self::BigInt(
                        BigInt::parse(&value.to_string()).expect("an integer prints as digits"),
                    ),
                }
            }
        }
    )*};
}

from_large_integers!(u64, u128, i128, usize, isize);

macro_rules! from_variants {
    ($($ty:ty => $variant:ident),* $(,)?) => {$(
        impl From<$ty> for Value {
            #[inline]
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from_variants! {
    bool => Bool,
    f32 => Float,
    f64 => Float,
    Text => Str,
    BigInt => BigInt,
    Dict => Dict,
    Date => Date,
    Time => Time,
    ObjectRef => Object,
    Decimal => Decimal,
    Bytes => Bytes,
    TimeDelta => TimeDelta,
}

impl From<DateTime> for Value {
    fn from(moment: DateTime) -> Self {
        Self::DateTime(RArc::new(moment))
    }
}

impl From<Zone> for Value {
    fn from(zone: Zone) -> Self {
        Self::TimeZone(RArc::new(zone))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Str(Text::copied(value, false))
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(value: Cow<'_, str>) -> Self {
        match value {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::str(value)
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::list(items.into_iter().map(Into::into))
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self::list(items.into_iter().map(Into::into))
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()));
        Self::Dict(pairs.collect())
    }
}

/// Makes a rendering's context, or any dictionary with text keys.
///
/// ```
/// use hotplate_plugin_api::context;
///
/// let context = context! {
///     title: "Plates",
///     tags: ["hot", "cold"],
///     author: context! { name: "Ada" },
/// };
/// assert_eq!(
///     format!("{context:?}"),
///     r#"{"title": "Plates", "tags": ["hot", "cold"], "author": {"name": "Ada"}}"#,
/// );
/// ```
#[macro_export]
macro_rules! context {
    ($($name:ident: $value:expr),* $(,)?) => {{
        let entries: [(&str, $crate::Value); _] =
            [$((stringify!($name), $crate::Value::from($value))),*];
        entries.into_iter().collect::<$crate::Value>()
    }};
}

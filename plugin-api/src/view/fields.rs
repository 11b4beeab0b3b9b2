//! The types that fields can have.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};

use super::table::{FieldEntry, Kind, PointerTable, SequenceTable, Slice, TableFn, ViewTable};
use super::{Data, Field, Reading, View};
use crate::value::{BigInt, Bytes, Date, DateTime, Decimal, Text, Time, TimeDelta, Value};

/// Text that is written as it is, without escaping.
///
/// ```
/// use hotplate_plugin_api::view::{Reading, Safe, View};
///
/// let heading = Safe("<h1>News</h1>");
/// assert!(matches!(View::new(&heading).read(), Reading::Safe(text) if text == "<h1>News</h1>"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct Safe<S>(pub S);

// SAFETY: duty 1, a `Value` is read as one.
unsafe impl Field for Value {
    extern "C" fn table() -> &'static ViewTable {
        const { &ViewTable::new::<Value>("Value", Kind::Value) }
    }
}

/// Types that are read at once.
macro_rules! scalars {
    ($($ty:ty, $name:literal, $value:ident => $reading:expr;)*) => {$(
        // SAFETY: duty 1, the function reads the type that it is in the table of.
        unsafe impl Field for $ty {
            extern "C" fn table() -> &'static ViewTable {
                unsafe extern "C" fn read(data: Data<'_>) -> Reading<'_> {
                    // SAFETY: as `Kind` says, the data is of the table's type.
                    let $value = unsafe { data.get::<$ty>() };
                    $reading
                }
                const { &ViewTable::new::<$ty>($name, Kind::Scalar(read)) }
            }
        }
    )*};
}

fn text(text: &str) -> Reading<'_> {
    Reading::Text(RStr::from_str(text))
}

fn safe(text: &str) -> Reading<'_> {
    Reading::Safe(RStr::from_str(text))
}

fn unsigned(number: u64) -> Reading<'static> {
    match i64::try_from(number) {
        Ok(number) => Reading::Int(number),
        Err(_) => match BigInt::parse(&number.to_string()) {
            Some(number) => Reading::Owned(Value::BigInt(number)),
            None => Reading::None,
        },
    }
}

scalars! {
    bool, "bool", value => Reading::Bool(*value);
    i8, "i8", value => Reading::Int(i64::from(*value));
    i16, "i16", value => Reading::Int(i64::from(*value));
    i32, "i32", value => Reading::Int(i64::from(*value));
    i64, "i64", value => Reading::Int(*value);
    isize, "isize", value => Reading::Int(*value as i64);
    u8, "u8", value => Reading::Int(i64::from(*value));
    u16, "u16", value => Reading::Int(i64::from(*value));
    u32, "u32", value => Reading::Int(i64::from(*value));
    u64, "u64", value => unsigned(*value);
    usize, "usize", value => unsigned(*value as u64);
    f32, "f32", value => Reading::Float(f64::from(*value));
    f64, "f64", value => Reading::Float(*value);
    char, "char", value => Reading::Owned(Value::str(*value));
    String, "String", value => text(value);
    &str, "&str", value => text(value);
    Box<str>, "Box<str>", value => text(value);
    Rc<str>, "Rc<str>", value => text(value);
    Arc<str>, "Arc<str>", value => text(value);
    Cow<'_, str>, "Cow<str>", value => text(value);
    RString, "RString", value => text(value);
    RStr<'_>, "RStr", value => text(value.as_str());
    Text, "Text", value => if value.is_safe() { safe(value.as_str()) } else { text(value.as_str()) };
    Safe<String>, "Safe<String>", value => safe(&value.0);
    Safe<&str>, "Safe<&str>", value => safe(value.0);
    Date, "Date", value => Reading::Owned(Value::Date(*value));
    Time, "Time", value => Reading::Owned(Value::Time(*value));
    DateTime, "DateTime", value => Reading::Owned(value.clone().into());
    TimeDelta, "TimeDelta", value => Reading::Owned(Value::TimeDelta(*value));
    Decimal, "Decimal", value => Reading::Owned(Value::Decimal(value.clone()));
    BigInt, "BigInt", value => Reading::Owned(Value::BigInt(value.clone()));
    Bytes, "Bytes", value => Reading::Owned(Value::Bytes(value.clone()));
}

/// Types that lead to a value of another type, or to none.
macro_rules! pointers {
    ($($ty:ty, $name:literal, $value:ident => $target:expr;)*) => {$(
        // SAFETY: duty 1, the function follows the type that it is in the table of.
        unsafe impl<T: Field> Field for $ty {
            extern "C" fn table() -> &'static ViewTable {
                unsafe extern "C" fn follow<T: Field>(data: Data<'_>) -> ROption<View<'_>> {
                    // SAFETY: as `Kind` says, the data is of the table's type.
                    let $value = unsafe { &*data.pointer().cast::<$ty>() };
                    let target: Option<&T> = $target;
                    // SAFETY: the target lives as long as the data that leads to it.
                    let view = |target| unsafe { View::from_raw(target, T::table()) };
                    target.map(|target| view((&raw const *target).cast())).into()
                }
                const {
                    &ViewTable::new::<$ty>(
                        $name,
                        Kind::Pointer(PointerTable { target: TableFn::of::<T>(), follow: follow::<T> }),
                    )
                }
            }
        }
    )*};
}

pointers! {
    Option<T>, "Option", value => value.as_ref();
    ROption<T>, "ROption", value => value.as_ref().into_option();
    &T, "&", value => Some(*value);
    Box<T>, "Box", value => Some(value);
    Rc<T>, "Rc", value => Some(value);
    Arc<T>, "Arc", value => Some(value);
}

/// Types that hold items one after the other.
macro_rules! sequences {
    ($([$($generics:tt)*] $ty:ty, $name:literal;)*) => {$(
        // SAFETY: duty 1, the function gives the items of the type that it is in the
        // table of, which lie in a slice.
        unsafe impl<$($generics)*> Field for $ty {
            extern "C" fn table() -> &'static ViewTable {
                unsafe extern "C" fn slice<$($generics)*>(data: Data<'_>) -> Slice<'_> {
                    // SAFETY: as `Kind` says, the data is of the table's type.
                    let items: &[T] = unsafe { &*data.pointer().cast::<$ty>() };
                    Slice::of(items)
                }
                const {
                    &ViewTable::new::<$ty>(
                        $name,
                        Kind::Sequence(SequenceTable {
                            item: TableFn::of::<T>(),
                            stride: size_of::<T>(),
                            slice: slice::<T>,
                        }),
                    )
                }
            }
        }
    )*};
}

sequences! {
    [T: Field] Vec<T>, "Vec";
    [T: Field] RVec<T>, "RVec";
    [T: Field] &[T], "&[]";
    [T: Field] Box<[T]>, "Box<[]>";
    [T: Field] Arc<[T]>, "Arc<[]>";
}

// SAFETY: duty 1, an array's items lie one after the other from its start.
unsafe impl<T: Field, const N: usize> Field for [T; N] {
    extern "C" fn table() -> &'static ViewTable {
        unsafe extern "C" fn slice<T: Field, const N: usize>(data: Data<'_>) -> Slice<'_> {
            // SAFETY: as `Kind` says, the data is of the table's type.
            let items: &[T] = unsafe { &*data.pointer().cast::<[T; N]>() };
            Slice::of(items)
        }
        const {
            &ViewTable::new::<[T; N]>(
                "[]",
                Kind::Sequence(SequenceTable {
                    item: TableFn::of::<T>(),
                    stride: size_of::<T>(),
                    slice: slice::<T, N>,
                }),
            )
        }
    }
}

/// Tuples.
macro_rules! tuples {
    ($($ty:ty, [$($generics:tt)*] $(($parameter:ident, $place:tt, $name:literal))*;)*) => {$(
        // SAFETY: duty 1, the offsets are the compiler's.
        unsafe impl<$($generics)*> Field for $ty {
            extern "C" fn table() -> &'static ViewTable {
                const {
                    &ViewTable::new::<$ty>(
                        "()",
                        Kind::Tuple(RSlice::from_slice(const { &[$(FieldEntry {
                            name: RStr::from_str($name),
                            offset: tuples!(@offset $ty, $place),
                            table: TableFn::of::<$parameter>(),
                        }),*] })),
                    )
                }
            }
        }
    )*};
    (@offset $ty:ty, $place:tt) => { std::mem::offset_of!($ty, $place) };
}

tuples! {
    (A,), [A: Field] (A, 0, "0");
    (A, B), [A: Field, B: Field] (A, 0, "0") (B, 1, "1");
    (A, B, C), [A: Field, B: Field, C: Field] (A, 0, "0") (B, 1, "1") (C, 2, "2");
    (A, B, C, D), [A: Field, B: Field, C: Field, D: Field]
        (A, 0, "0") (B, 1, "1") (C, 2, "2") (D, 3, "3");
}

//! Calling a plugin function with [`Value`]s, for callers who learn its types at run time.
//!
//! A [`CallEntry`] can be called only by who knows the function's type. The library that
//! defines the function does: beside each entry stands a [`ValuesEntry`], which makes the
//! arguments of values, calls the entry, and makes a value of the result. Types without a
//! form as a value refuse with a message.
#![expect(
    unsafe_code,
    reason = "an entry gets back the type that the same library gave it"
)]

use std::mem::{self, MaybeUninit};

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RString, RVec};

use crate::call::CallEntry;
use crate::failure::{ErrorKind, Failure, Status};
use crate::signature::{Parameter, ParameterDescriptor, Returned};
use crate::unit::UnitData;
use crate::value::{Bytes, Value};

/// Calls a plugin function with values.
///
/// # Safety of a call
///
/// 1. The first argument is the [`CallEntry`] that stands beside this one, or another with
///    the same signature.
/// 2. The data pointer is one that may be handed to that entry, and the library stays mapped
///    during the call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct ValuesEntry(
    pub  unsafe extern "C" fn(
        CallEntry,
        UnitData,
        Failure<'_>,
        RSlice<'_, ParameterDescriptor>,
        RSlice<'_, Value>,
        &mut Value,
    ) -> Status,
);

impl ValuesEntry {
    /// The entry that goes with an entry of a function with parameters `P`, a tuple, and
    /// result `R`; nothing for more parameters than a handle can pass.
    #[doc(hidden)]
    pub const fn of<P: Parameters, R: Returned>() -> Self {
        Self(call::<P, R>)
    }
}

/// The parameters of a function, as a tuple of up to eight.
#[doc(hidden)]
pub trait Parameters {
    /// How many there are.
    const COUNT: usize;

    /// Calls an entry with as many values as there are parameters.
    ///
    /// # Safety
    ///
    /// 1. `entry` must be that of a function with these parameters and the result `R`.
    /// 2. `data` must be one that may be handed to it, and its library mapped.
    /// 3. `result` must point to memory for an `R::Abi`; it is initialised exactly if the
    ///    status is `Ok`.
    unsafe fn call<R: Returned>(
        entry: CallEntry,
        data: UnitData,
        failure: Failure<'_>,
        values: &[Value],
        result: *mut R::Abi,
    ) -> Result<Status, Unfit>;
}

/// Which argument does not fit, and why.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unfit {
    place: usize,
    message: String,
}

/// # Safety
///
/// 1. `entry` must be that of a function with parameters `P` and result `R`.
/// 2. `data` must be one that may be handed to it, and its library mapped.
unsafe extern "C" fn call<P: Parameters, R: Returned>(
    entry: CallEntry,
    data: UnitData,
    failure: Failure<'_>,
    parameters: RSlice<'_, ParameterDescriptor>,
    values: RSlice<'_, Value>,
    result: &mut Value,
) -> Status {
    let values = values.as_slice();
    if values.len() != P::COUNT {
        let names: Vec<&str> = parameters.iter().map(|found| found.name.as_str()).collect();
        let message = match names.as_slice() {
            [] => format!("it takes no arguments, and {} were given", values.len()),
            names => format!(
                "it takes {} ({}), and {} given",
                count(names.len(), "argument"),
                names.join(", "),
                match values.len() {
                    0 => "none was".to_owned(),
                    1 => "1 was".to_owned(),
                    more => format!("{more} were"),
                },
            ),
        };
        failure.report(ErrorKind::Arguments, "", &message);
        return Status::Failed;
    }
    let mut returned = MaybeUninit::<R::Abi>::uninit();
    // SAFETY: duties 1 and 2 are those of this function; `returned` is memory for the result.
    let status = unsafe { P::call::<R>(entry, data, failure, values, returned.as_mut_ptr()) };
    match status {
        Ok(Status::Ok) => {}
        Ok(Status::Failed) => return Status::Failed,
        Err(Unfit { place, message }) => {
            let name = parameters
                .get(place)
                .map_or("", |found| found.name.as_str());
            let message = format!("argument {} `{name}`: {message}", place + 1);
            failure.report(ErrorKind::Arguments, "", &message);
            return Status::Failed;
        }
    }
    // SAFETY: by duty 3 of `Parameters::call`, as the status is `Ok`.
    let returned = R::from_abi(unsafe { returned.assume_init() });
    match returned.into_value() {
        Ok(value) => {
            *result = value;
            Status::Ok
        }
        Err(message) => {
            failure.report(ErrorKind::Arguments, "", &format!("its result: {message}"));
            Status::Failed
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

macro_rules! parameters {
    ($count:literal $(, $name:ident $value:ident $place:literal)*) => {
        impl<$($name: Parameter),*> Parameters for ($($name,)*) {
            const COUNT: usize = $count;

            unsafe fn call<R: Returned>(
                entry: CallEntry,
                data: UnitData,
                failure: Failure<'_>,
                values: &[Value],
                result: *mut R::Abi,
            ) -> Result<Status, Unfit> {
                type Entry<R, $($name),*> =
                    unsafe extern "C" fn(UnitData, Failure<'_>, $($name,)* *mut R) -> Status;
                let [$($value),*] = values else {
                    let message = "there are more or fewer values than parameters".to_owned();
                    return Err(Unfit { place: 0, message });
                };
                $(
                    let $value = $name::from_value($value)
                        .map_err(|message| Unfit { place: $place, message })?;
                )*
                // SAFETY: by duty 1 the entry has this type.
                let entry = unsafe {
                    mem::transmute::<unsafe extern "C" fn(), Entry<R::Abi, $($name::Abi<'_>),*>>(
                        entry.0,
                    )
                };
                // SAFETY: the duties of `CallEntry`: 1 by duty 1 here, 2 by duty 3, 3 by
                // duty 2.
                Ok(unsafe { entry(data, failure, $($name::into_abi($value),)* result) })
            }
        }
    };
}

parameters!(0);
parameters!(1, A a 0);
parameters!(2, A a 0, B b 1);
parameters!(3, A a 0, B b 1, C c 2);
parameters!(4, A a 0, B b 1, C c 2, D d 3);
parameters!(5, A a 0, B b 1, C c 2, D d 3, E e 4);
parameters!(6, A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
parameters!(7, A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
parameters!(8, A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);

/// A type that a value can be made of.
pub(crate) trait IntoPlain {
    /// Makes the value.
    fn into_plain(self) -> Value;
}

macro_rules! into_plain {
    ($($ty:ty: $this:ident => $value:expr),* $(,)?) => {$(
        impl IntoPlain for $ty {
            fn into_plain(self) -> Value {
                let $this = self;
                $value
            }
        }
    )*};
}

into_plain! {
    (): unit => unit.into(),
    bool: value => value.into(),
    i8: value => value.into(),
    i16: value => value.into(),
    i32: value => value.into(),
    i64: value => value.into(),
    isize: value => value.into(),
    u8: value => value.into(),
    u16: value => value.into(),
    u32: value => value.into(),
    u64: value => value.into(),
    usize: value => value.into(),
    f32: value => value.into(),
    f64: value => value.into(),
    RString: text => Value::str(text),
    Value: value => value,
    Vec<u8>: bytes => Value::Bytes(Bytes::new(bytes)),
    Vec<i64>: items => items.into(),
    Vec<f64>: items => items.into(),
    Vec<Value>: items => Value::list(items),
    RVec<RString>: items => Value::list(items.into_iter().map(Value::str)),
    Option<bool>: value => value.into(),
    Option<i64>: value => value.into(),
    Option<f64>: value => value.into(),
    Option<RString>: text => text.map_or(Value::None, Value::str),
}

/// A type that can be taken out of a value.
pub(crate) trait Plain<'v>: Sized {
    /// Takes it out of a value; the error says what was expected.
    fn take(value: &'v Value) -> Result<Self, String>;
}

/// `expected` was, and here is what there is.
fn unfit<T>(expected: &str, found: &Value) -> Result<T, String> {
    Err(format!(
        "{expected} is expected, and this is {}",
        shown(found)
    ))
}

/// A value in an error: its kind, and a scalar itself.
fn shown(value: &Value) -> String {
    match value {
        Value::None => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.digits().to_owned(),
        Value::Float(number) => format!("{number:?}"),
        Value::Str(_) => "a string".to_owned(),
        Value::List(_) | Value::Tuple(_) | Value::Set(_) => "a list".to_owned(),
        Value::Dict(_) => "an object".to_owned(),
        Value::Bytes(_) => "bytes".to_owned(),
        _ => "a value of another kind".to_owned(),
    }
}

impl Plain<'_> for () {
    fn take(value: &Value) -> Result<Self, String> {
        match value {
            Value::None => Ok(()),
            other => unfit("null", other),
        }
    }
}

impl Plain<'_> for bool {
    fn take(value: &Value) -> Result<Self, String> {
        match value {
            Value::Bool(value) => Ok(*value),
            other => unfit("true or false", other),
        }
    }
}

macro_rules! integers {
    ($($ty:ident),*) => {$(
        impl Plain<'_> for $ty {
            fn take(value: &Value) -> Result<Self, String> {
                let number = match value {
                    Value::Int(number) => Self::try_from(*number).ok(),
                    Value::BigInt(number) => number.digits().parse().ok(),
                    _ => None,
                };
                number.map_or_else(
                    || {
                        let (least, most) = (Self::MIN, Self::MAX);
                        unfit(&format!("a whole number from {least} to {most}"), value)
                    },
                    Ok,
                )
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl Plain<'_> for f64 {
    fn take(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Float(number) => Some(*number),
            Value::Int(number) => number.to_string().parse().ok(),
            Value::BigInt(number) => number.digits().parse().ok(),
            _ => None,
        };
        number.map_or_else(|| unfit("a number", value), Ok)
    }
}

impl Plain<'_> for f32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the nearest number is what a literal would give"
    )]
    fn take(value: &Value) -> Result<Self, String> {
        f64::take(value).map(|number| number as Self)
    }
}

impl<'v> Plain<'v> for &'v str {
    fn take(value: &'v Value) -> Result<Self, String> {
        match value {
            Value::Str(text) => Ok(text.as_str()),
            other => unfit("a string", other),
        }
    }
}

impl Plain<'_> for String {
    fn take(value: &Value) -> Result<Self, String> {
        <&str>::take(value).map(str::to_owned)
    }
}

impl Plain<'_> for RString {
    fn take(value: &Value) -> Result<Self, String> {
        <&str>::take(value).map(Self::from)
    }
}

impl<'v> Plain<'v> for &'v [u8] {
    fn take(value: &'v Value) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.as_slice()),
            other => unfit("a value of bytes", other),
        }
    }
}

impl Plain<'_> for Value {
    fn take(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

impl<'v, T: Plain<'v>> Plain<'v> for Vec<T> {
    fn take(value: &'v Value) -> Result<Self, String> {
        let (Value::List(items) | Value::Tuple(items) | Value::Set(items)) = value else {
            return unfit("a list", value);
        };
        let items = items.iter().enumerate();
        items
            .map(|(place, item)| {
                T::take(item).map_err(|message| format!("item {}: {message}", place + 1))
            })
            .collect()
    }
}

impl<'v, T: Plain<'v>> Plain<'v> for RVec<T> {
    fn take(value: &'v Value) -> Result<Self, String> {
        Vec::take(value).map(Self::from)
    }
}

impl<'v, T: Plain<'v>> Plain<'v> for Option<T> {
    fn take(value: &'v Value) -> Result<Self, String> {
        match value {
            Value::None => Ok(None),
            other => T::take(other)
                .map(Some)
                .map_err(|message| message.replacen(" is expected", " or null is expected", 1)),
        }
    }
}

/// What a type says that has no form as a value.
pub(crate) fn no_value<T: ?Sized>() -> String {
    format!("`{}` has no form as a value", std::any::type_name::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::BigInt;

    fn check<'v, T: Plain<'v> + std::fmt::Debug>(value: &'v Value, expected: &str) {
        let taken = match T::take(value) {
            Ok(taken) => format!("{taken:?}"),
            Err(message) => message,
        };
        assert_eq!(taken, expected, "{value:?}");
    }

    #[test]
    fn values_become_what_a_parameter_is() {
        let long = BigInt::parse("18446744073709551615").map(Value::BigInt);
        check::<u64>(&long.unwrap_or_default(), "18446744073709551615");
        check::<u8>(&Value::Int(255), "255");
        check::<i8>(
            &Value::Int(200),
            "a whole number from -128 to 127 is expected, and this is 200",
        );
        check::<i64>(
            &Value::Float(1.5),
            "a whole number from -9223372036854775808 to 9223372036854775807 is expected, and \
             this is 1.5",
        );
        check::<f64>(&Value::Int(2), "2.0");
        check::<f32>(&Value::Float(0.1), "0.1");
        check::<bool>(&Value::Int(1), "true or false is expected, and this is 1");
        check::<&str>(&Value::str("a"), "\"a\"");
        check::<String>(&Value::None, "a string is expected, and this is null");
        check::<Option<String>>(&Value::None, "None");
        check::<Option<i64>>(
            &Value::str("1"),
            "a whole number from -9223372036854775808 to 9223372036854775807 or null is \
             expected, and this is a string",
        );
        check::<Vec<u8>>(&Value::list([Value::Int(7)]), "[7]");
        check::<Vec<String>>(
            &Value::list([Value::str("a"), Value::Int(1)]),
            "item 2: a string is expected, and this is 1",
        );
        check::<&[u8]>(
            &Value::str("a"),
            "a value of bytes is expected, and this is a string",
        );
        check::<()>(&Value::None, "()");
    }
}

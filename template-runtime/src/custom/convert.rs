//! From a template's values to the types of a function's parameters, and back.

use std::fmt::Display;

use hotplate_plugin_api::value::{Exception, Text, Value};

use crate::{Error, Result, python};

/// A type that a parameter of a filter or a tag can have.
///
/// A parameter is filled in two steps, because a borrowed text needs something to be
/// borrowed from: [`hold`](Self::hold) makes what is kept during the call,
/// [`give`](Self::give) hands it over.
#[diagnostic::on_unimplemented(
    message = "a filter or a tag cannot take a parameter of type `{Self}`",
    note = "it takes `&Value`, `Value`, `&str`, `String`, `Text`, `i64`, `f64`, `bool` and `Option` of them"
)]
pub trait Argumented {
    /// What is kept during the call.
    type Held<'v>;
    /// The parameter.
    type Given<'h>;

    /// Converts a value.
    ///
    /// # Errors
    ///
    /// What Python raises for a value that cannot be converted.
    fn hold(value: &Value) -> Result<Self::Held<'_>>;

    /// What is kept if no value is given; nothing for what must be given.
    fn absent<'v>() -> Option<Self::Held<'v>> {
        None
    }

    /// Hands the parameter over, once.
    fn give<'h>(held: &'h mut Self::Held<'_>) -> Self::Given<'h>;
}

impl Argumented for &Value {
    type Held<'v> = &'v Value;
    type Given<'h> = &'h Value;

    fn hold(value: &Value) -> Result<&Value> {
        Ok(value)
    }

    fn give<'h>(held: &'h mut &Value) -> &'h Value {
        held
    }
}

impl Argumented for &str {
    type Held<'v> = Text;
    type Given<'h> = &'h str;

    fn hold(value: &Value) -> Result<Text> {
        python::text(value)
    }

    fn give(held: &mut Text) -> &str {
        held.as_str()
    }
}

macro_rules! owned {
    ($($ty:ty: $value:ident => $converted:expr;)*) => {$(
        impl Argumented for $ty {
            type Held<'v> = Option<$ty>;
            type Given<'h> = $ty;

            fn hold($value: &Value) -> Result<Option<$ty>> {
                $converted.map(Some)
            }

            fn give(held: &mut Option<$ty>) -> $ty {
                held.take().expect("a parameter is handed over once")
            }
        }
    )*};
}

owned! {
    Value: value => Ok(value.clone());
    Text: value => python::text(value);
    String: value => python::text(value).map(|text| text.as_str().to_owned());
    i64: value => small_int(value);
    f64: value => python::float(value);
    bool: value => Ok(python::truth(value));
}

/// `int(value)`, where it fits 64 bits.
fn small_int(value: &Value) -> Result<i64> {
    match python::int(value)? {
        Value::Int(number) => Ok(number),
        _ => Err(Error::raise(
            "OverflowError",
            "Python int too large to convert to C long",
        )),
    }
}

impl<T: Argumented> Argumented for Option<T> {
    type Held<'v> = Option<T::Held<'v>>;
    type Given<'h> = Option<T::Given<'h>>;

    fn hold(value: &Value) -> Result<Option<T::Held<'_>>> {
        match value {
            Value::None => Ok(None),
            value => T::hold(value).map(Some),
        }
    }

    fn absent<'v>() -> Option<Self::Held<'v>> {
        Some(None)
    }

    fn give<'h>(held: &'h mut Option<T::Held<'_>>) -> Option<T::Given<'h>> {
        held.as_mut().map(T::give)
    }
}

/// An error of a filter or a tag, on its way to becoming an exception.
///
/// An [`Exception`] and an [`Error`] keep their types; for every other error that can be
/// shown as text, [`RaiseText`] makes a `RuntimeError`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Raise<E>(pub E);

impl Raise<Exception> {
    /// The error.
    pub fn error(self) -> Error {
        self.0.into()
    }
}

impl Raise<Error> {
    /// The error.
    pub fn error(self) -> Error {
        self.0
    }
}

/// Errors of every other type.
#[doc(hidden)]
pub trait RaiseText {
    /// The error.
    fn error(self) -> Error;
}

impl<E: Display> RaiseText for Raise<E> {
    fn error(self) -> Error {
        Error::raise("RuntimeError", self.0.to_string())
    }
}

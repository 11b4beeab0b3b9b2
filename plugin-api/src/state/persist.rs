//! What can be saved by one build and restored by another.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use super::{Described, Layout};
use crate::value::Value;

/// A type that can be part of a plugin's state.
///
/// Derive it for structs and enums: `#[derive(Persist)]`. It is there for numbers, text,
/// `Option`, tuples and arrays, the collections of the standard library, atomics and locks.
///
/// By hand it is written for a type of another crate, in a newtype:
///
/// ```
/// use hotplate_plugin_api::Value;
/// use hotplate_plugin_api::state::{Misfit, Persist, Report};
/// use std::net::IpAddr;
///
/// struct Address(IpAddr);
///
/// impl Persist for Address {
///     fn save(&self) -> Result<Value, Misfit> {
///         Ok(Value::from(self.0.to_string()))
///     }
///
///     fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
///         let text = String::restore(saved, report)?;
///         text.parse().map(Self).map_err(Misfit::new)
///     }
/// }
/// ```
///
/// Such a type is saved and restored at each swap of its plugin, since nothing is known of
/// its layout.
pub trait Persist: Sized + 'static {
    /// Says how the type lies in memory; as long as that stays the same, objects are neither
    /// saved nor restored.
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.opaque()
    }

    /// Saves what it holds. It is called while other threads may use the object, and leaves
    /// it as it is.
    ///
    /// # Errors
    ///
    /// If something in it cannot be saved now.
    fn save(&self) -> Result<Value, Misfit>;

    /// Makes one of what this or an earlier build of the type saved.
    ///
    /// # Errors
    ///
    /// If what was saved does not fit.
    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit>;
}

/// Why something cannot be saved or restored, and where in the object it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    path: String,
    message: String,
}

impl Misfit {
    /// A misfit with a message.
    pub fn new(message: impl Display) -> Self {
        Self {
            path: String::new(),
            message: message.to_string(),
        }
    }

    /// Something else was saved.
    pub fn expected(what: &str, found: &Value) -> Self {
        let found = match found {
            Value::None => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::BigInt(_) => "a whole number",
            Value::Float(_) | Value::Decimal(_) => "a fraction",
            Value::Str(_) => "a text",
            Value::List(_) => "a list",
            Value::Tuple(_) => "a tuple",
            Value::Dict(_) => "fields",
            Value::Set(_) => "a set",
            _ => "something else",
        };
        Self::new(format_args!("it takes {what}, and {found} was saved"))
    }

    /// The same, in a field or item of what is being saved or restored.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.path = match self.path.chars().next() {
            None => place.to_owned(),
            Some('[') => format!("{place}{}", self.path),
            Some(_) => format!("{place}.{}", self.path),
        };
        self
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misfit {}

impl From<Misfit> for String {
    fn from(misfit: Misfit) -> Self {
        misfit.to_string()
    }
}

/// What restoring an object did with its fields.
#[derive(Debug, Default)]
pub struct Report {
    path: Vec<String>,
    carried: Vec<String>,
    defaulted: Vec<String>,
    removed: Vec<String>,
}

impl Report {
    /// Fields of the object itself that were taken over.
    pub fn carried(&self) -> &[String] {
        &self.carried
    }

    /// Fields, here or further in, that got their defaults.
    pub fn defaulted(&self) -> &[String] {
        &self.defaulted
    }

    /// Fields, here or further in, that were saved and are no more.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Restores something that is a field or an item of what is being restored.
    ///
    /// # Errors
    ///
    /// What `restore` gives, with the place.
    pub fn within<R>(
        &mut self,
        place: &str,
        restore: impl FnOnce(&mut Self) -> Result<R, Misfit>,
    ) -> Result<R, Misfit> {
        self.path.push(place.to_owned());
        let restored = restore(self);
        self.path.pop();
        restored.map_err(|misfit| misfit.at(place))
    }

    pub(super) fn note_carried(&mut self, name: &str) {
        if self.path.is_empty() && !self.carried.iter().any(|known| known == name) {
            self.carried.push(name.to_owned());
        }
    }

    pub(super) fn note_defaulted(&mut self, name: &str) {
        let path = self.path_of(name);
        if !self.defaulted.contains(&path) {
            self.defaulted.push(path);
        }
    }

    pub(super) fn note_removed(&mut self, name: &str) {
        let path = self.path_of(name);
        if !self.removed.contains(&path) {
            self.removed.push(path);
        }
    }

    /// The path of a field, the same for each item of a list.
    fn path_of(&self, name: &str) -> String {
        let mut path = String::new();
        for part in self.path.iter().map(String::as_str).chain([name]) {
            if part.starts_with('[') {
                path.push_str("[]");
                continue;
            }
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
        path
    }
}

/// Asks whether the type of a field has a default; for `#[derive(Persist)]`, which calls
/// `default_value` on `&&Missing`, so that the trait for types with one comes first.
#[doc(hidden)]
#[derive(Debug)]
pub struct Missing<T>(PhantomData<fn() -> T>);

impl<T> Missing<T> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

#[doc(hidden)]
pub trait ByDefault<T> {
    fn default_value(&self) -> Option<T>;
}

impl<T: Default> ByDefault<T> for &Missing<T> {
    fn default_value(&self) -> Option<T> {
        Some(T::default())
    }
}

#[doc(hidden)]
pub trait WithoutDefault<T> {
    fn default_value(&self) -> Option<T>;
}

impl<T> WithoutDefault<T> for Missing<T> {
    fn default_value(&self) -> Option<T> {
        None
    }
}

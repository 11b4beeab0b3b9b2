//! How values and failures move through generated code.

use std::fmt;

use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::{Failure, Frame};

use crate::Error;

/// A value on its way through an expression, or why there is none.
pub type Flow<'a> = Result<Ref<'a>, Break>;

/// Why an expression ends early.
#[derive(Debug, Clone)]
pub enum Break {
    /// The variable leads nowhere and `string_if_invalid` takes the place of the whole
    /// expression, filters included.
    Invalid(Value),
    /// The expression raised.
    Error(Error),
}

impl From<Error> for Break {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What becomes of a variable that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// `string_if_invalid`.
    Invalid,
    /// `None`.
    None,
    /// `VariableDoesNotExist`.
    Raise,
}

/// The rendering has failed, and the failure has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rendering has failed")
    }
}

impl std::error::Error for Stop {}

/// The result of a statement of generated code.
pub type Done = Result<(), Stop>;

/// Reports an error with the place it passed through.
#[cold]
pub(crate) fn stop(error: &Error, failure: &Failure<'_>, unit: &str, site: u32) -> Stop {
    error.report(failure);
    failure.trace(unit, site);
    Stop
}

/// The value of an expression.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised.
#[inline]
pub fn bind<'a>(flow: Flow<'a>, f: &Frame<'_>, unit: &str, site: u32) -> Result<Ref<'a>, Stop> {
    match flow {
        Ok(value) => Ok(value),
        Err(Break::Invalid(value)) => Ok(Ref::Owned(value)),
        Err(Break::Error(error)) => Err(stop(&error, &f.failure, unit, site)),
    }
}

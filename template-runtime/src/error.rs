//! What can go wrong inside a template, with Django's exception types.

use std::borrow::Cow;

use hotplate_plugin_api::value::Exception;
use hotplate_plugin_api::{ErrorKind, ErrorRecord, Failure, SourcePosition};

/// Why an expression has no value.
#[derive(Debug, Clone)]
pub enum Error {
    /// A lookup found nothing under this key (`VariableDoesNotExist`).
    Missing(Cow<'static, str>),
    /// Something raised.
    Raised(Box<Raised>),
    /// Something failed that has told the host already.
    Reported,
}

/// An exception.
#[derive(Debug, Clone)]
pub struct Raised {
    /// What kind of failure it is to the host.
    pub kind: ErrorKind,
    /// The exception's type name, such as `TypeError`.
    pub exception: Cow<'static, str>,
    /// The message.
    pub message: String,
    /// The units and sites that it has passed through already, innermost first.
    pub trace: Vec<(String, u32)>,
}

impl Error {
    /// An exception of the named type.
    #[cold]
    pub fn raise(exception: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Raised(Box::new(Raised {
            kind: ErrorKind::Exception,
            exception: exception.into(),
            message: message.into(),
            trace: Vec::new(),
        }))
    }

    /// Python's `TypeError`.
    #[cold]
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::raise("TypeError", message)
    }

    /// Python's `ValueError`.
    #[cold]
    pub fn value_error(message: impl Into<String>) -> Self {
        Self::raise("ValueError", message)
    }

    /// A limit was reached.
    #[cold]
    pub fn limit(message: impl Into<String>) -> Self {
        Self::Raised(Box::new(Raised {
            kind: ErrorKind::Limit,
            exception: Cow::Borrowed(""),
            message: message.into(),
            trace: Vec::new(),
        }))
    }

    /// Whether the rendering ends whatever the template says: the error is no exception
    /// of the language.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Missing(_) => false,
            Self::Raised(raised) => raised.kind != ErrorKind::Exception,
            Self::Reported => true,
        }
    }

    /// Whether it is an exception of the named type.
    pub fn is(&self, exception: &str) -> bool {
        match self {
            Self::Missing(_) => exception == "VariableDoesNotExist",
            Self::Raised(raised) => raised.exception == exception,
            Self::Reported => false,
        }
    }

    /// Whether it is `VariableDoesNotExist`.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Missing(_) => true,
            Self::Raised(raised) => raised.exception == "VariableDoesNotExist",
            Self::Reported => false,
        }
    }

    /// The failure of another unit: an exception can still be dealt with, while a panic or
    /// a limit is passed on at once.
    pub(crate) fn of_unit(record: ErrorRecord, failure: &Failure<'_>) -> Self {
        let error = Self::Raised(Box::new(Raised {
            kind: record.kind,
            exception: record.exception.into(),
            message: record.message,
            trace: record.trace,
        }));
        if !error.is_fatal() {
            return error;
        }
        error.report(failure);
        if let Some((file, line, column)) = &record.location {
            failure.locate(&SourcePosition {
                file: file.as_str().into(),
                line: *line,
                column: *column,
            });
        }
        Self::Reported
    }

    /// Reports the error into the host's record.
    #[cold]
    pub fn report(&self, failure: &Failure<'_>) {
        match self {
            Self::Missing(key) => failure.report(
                ErrorKind::Exception,
                "VariableDoesNotExist",
                &format!("Failed lookup for key [{key}]"),
            ),
            Self::Raised(raised) => {
                failure.report(raised.kind, &raised.exception, &raised.message);
                for (unit, site) in &raised.trace {
                    failure.trace(unit, *site);
                }
            }
            Self::Reported => {}
        }
    }
}

impl From<Exception> for Error {
    fn from(exception: Exception) -> Self {
        Self::raise(exception.type_name.into_string(), exception.message)
    }
}

/// The result of evaluating an expression.
pub type Result<T, E = Error> = std::result::Result<T, E>;

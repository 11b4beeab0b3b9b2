//! What can go wrong inside a template, with Django's exception types.

use std::borrow::Cow;

use hotplate_plugin_api::value::Exception;
use hotplate_plugin_api::{ErrorKind, Failure};

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
}

impl Error {
    /// An exception of the named type.
    #[cold]
    pub fn raise(exception: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Raised(Box::new(Raised {
            kind: ErrorKind::Exception,
            exception: exception.into(),
            message: message.into(),
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

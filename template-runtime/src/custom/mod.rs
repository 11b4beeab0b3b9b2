//! Custom filters and tags: what a plugin that defines them uses, and what their
//! attributes expand to.
//!
//! The guide `docs/porting-tags.md` takes a library of Django's to Rust step by step.
//!
//! ```
//! use hotplate_template_runtime::custom::{TagContext, filter, simple_tag};
//!
//! /// `{{ name|shout:3 }}`
//! #[filter(is_safe)]
//! fn shout(value: &str, marks: Option<i64>) -> String {
//!     let marks = usize::try_from(marks.unwrap_or(1)).unwrap_or(0).min(10);
//!     format!("{value}{}", "!".repeat(marks))
//! }
//!
//! /// `{% greet "Ada" greeting="Welcome" %}`
//! #[simple_tag]
//! fn greet(who: &str, #[default("Hello")] greeting: &str) -> String {
//!     format!("{greeting}, {who}")
//! }
//!
//! /// `{% visits %}`
//! #[simple_tag(takes_context)]
//! fn visits(context: &mut TagContext<'_, '_>) -> i64 {
//!     context.get("visits").map_or(0, |_| 1)
//! }
//!
//! // They stay ordinary functions.
//! assert_eq!(shout("ready", Some(2)), "ready!!");
//! assert_eq!(greet("Ada", "Hello"), "Hello, Ada");
//! ```
//!
//! # Attributes
//!
//! | attribute | options |
//! |---|---|
//! | [`filter`] | `name = "…"`, `library = "…"`, `is_safe`, `needs_autoescape`, `expects_localtime` |
//! | [`simple_tag`] | `name`, `library`, `takes_context` |
//! | [`simple_block_tag`] | `name`, `library`, `takes_context`, `end_name = "…"` |
//! | [`inclusion_tag`] | the template's name, then `name`, `library`, `takes_context` |
//! | [`tag`] | `name`, `library`, `end` or `end = "…"`, `parts(…)`, `reads(…)`, `writes(…)` |
//!
//! A library is a module: functions of `src/custom.rs` or `src/templatetags/custom.rs` are
//! in the library that templates load as `custom`; those of
//! `src/templatetags/sub/echo.rs` in `sub.echo`.
//!
//! # Parameters
//!
//! | type | what it is given |
//! |---|---|
//! | `&Value`, `Value` | the value |
//! | `&str`, `String`, `Text` | `str()` of it; a `Text` knows whether it is safe |
//! | `i64`, `f64`, `bool` | `int()`, `float()`, `bool()` of it, with Python's exceptions |
//! | `Option<T>` | nothing if the argument is left out or is `None` |
//!
//! `#[default(expression)]` makes a parameter optional. In tags, `#[args] rest: &[Value]`
//! takes all further arguments by position, `#[keyword]` marks a parameter that can be
//! given by name alone, and `#[kwargs] more: &[(String, Value)]` takes all further
//! arguments by name. A filter may take the rendering's frame, as `frame: &Frame<'_>`.
//!
//! # Results
//!
//! Whatever a [`Value`] can be made from, or a `Result` of it. An error that is an
//! [`Exception`] or an [`Error`] keeps its type; any other is a
//! `RuntimeError` with the error's text. A panic is an error of the template, with the
//! place of the panic.

mod arguments;
mod convert;
pub mod names;

use hotplate_plugin_api::panic::catch;
use hotplate_plugin_api::tag::{Outcome, TagInput};

use crate::Result;

pub use arguments::{Argument, Bound, Signature};
pub use convert::{Argumented, Raise, RaiseText};
pub use hotplate_plugin_api as api;
pub use hotplate_plugin_api::tag::TagContext;
pub use hotplate_plugin_api::value::{Exception, Text, Value};
pub use hotplate_plugin_api::{Frame, context};
pub use hotplate_plugin_macros::{filter, inclusion_tag, simple_block_tag, simple_tag, tag};

pub use crate::Error;
pub use crate::python::{conditional_escape, escape, text, truth};

/// Runs a filter, for the code that `#[filter]` expands to.
#[doc(hidden)]
pub fn run_filter(frame: &Frame<'_>, body: impl FnOnce() -> Result<Value>) -> Outcome {
    match catch(frame.failure, body) {
        Some(result) => outcome(result, frame),
        None => Outcome::Failed,
    }
}

/// Runs a tag, for the code that `#[tag]` and its kin expand to.
#[doc(hidden)]
pub fn run_tag(
    frame: &mut Frame<'_>,
    input: &TagInput<'_>,
    body: impl FnOnce(&mut TagContext<'_, '_>) -> Result<Value>,
) -> Outcome {
    let mut context = TagContext::new(frame, input);
    match catch(context.frame().failure, || body(&mut context)) {
        Some(result) => {
            let outcome = outcome(result, context.frame());
            context.finish(outcome)
        }
        None => Outcome::Failed,
    }
}

fn outcome(result: Result<Value>, frame: &Frame<'_>) -> Outcome {
    match result {
        Ok(value) => Outcome::Done(value),
        Err(error) if error.is_fatal() => {
            error.report(&frame.failure);
            Outcome::Failed
        }
        Err(error) => Outcome::Raised(exception(error)),
    }
}

/// An error that is an exception, as such.
fn exception(error: Error) -> Exception {
    match error {
        Error::Raised(raised) => Exception::new(&raised.exception, raised.message),
        Error::Missing(key) => Exception::new(
            "VariableDoesNotExist",
            format!("Failed lookup for key [{key}]"),
        ),
        Error::Reported => Exception::new("RuntimeError", "the rendering has failed"),
    }
}

/// Makes what a parameter of type `T` borrows from.
///
/// # Errors
///
/// What Python raises for a value that cannot be converted, or that is missing.
#[doc(hidden)]
pub fn hold<'v, T: Argumented>(given: Option<&'v Value>) -> Result<T::Held<'v>> {
    match given {
        Some(value) => T::hold(value),
        None => T::absent().ok_or_else(|| Error::type_error("an argument is missing")),
    }
}

/// What a filter with `expects_localtime` is given: an aware time in the current zone.
///
/// # Errors
///
/// `OverflowError` for a time that the current zone cannot show.
#[doc(hidden)]
pub fn local_time(value: &Value, frame: &Frame<'_>) -> Result<Value> {
    let call = crate::filters::Call::new(frame);
    crate::python::local_time(value, &call).map(crate::Ref::into_owned)
}

/// The guide's examples, to be compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/porting-tags.md")]
struct PortingGuide;

#[cfg(test)]
mod tests;

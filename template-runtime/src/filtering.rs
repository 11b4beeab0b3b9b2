//! Applying filters.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::panic::catch;
use hotplate_plugin_api::tag::Outcome;
use hotplate_plugin_api::value::{Ref, Value};

use crate::filters::{Call, Filter};
use crate::{Error, Flow, Result, python};

/// Applies a filter without an argument; `is_safe` says that it keeps its input's safety.
///
/// # Errors
///
/// What the input was already, or what the filter raises.
pub fn filter<'a>(input: Flow<'a>, filter: Filter, is_safe: bool, f: &Frame<'_>) -> Flow<'a> {
    let value = input?;
    apply(&value, filter, &[], is_safe, f)
}

/// Applies a filter with an argument.
///
/// # Errors
///
/// As for [`filter`], or what the argument raises.
pub fn filter_with<'a>(
    input: Flow<'a>,
    filter: Filter,
    argument: Flow<'_>,
    is_safe: bool,
    f: &Frame<'_>,
) -> Flow<'a> {
    let value = input?;
    let argument = argument?;
    apply(&value, filter, &[argument], is_safe, f)
}

/// Applies a filter of a library.
///
/// # Errors
///
/// What the input or the argument was already, or what the filter raises.
pub fn library_filter<'a>(
    input: Flow<'a>,
    library: &str,
    name: &str,
    argument: Option<Flow<'_>>,
    is_safe: bool,
    f: &Frame<'_>,
) -> Flow<'a> {
    let value = input?;
    let argument = argument.transpose()?.map(Ref::into_owned);
    let new = match f.filter(library, name, &value, argument.as_slice()) {
        Outcome::Done(new) => new,
        Outcome::Raised(exception) => return Err(Error::from(exception).into()),
        Outcome::Failed => return Err(Error::Reported.into()),
    };
    let new = if is_safe {
        kept_safe(&value, new)?
    } else {
        new
    };
    Ok(Ref::Owned(new))
}

#[inline]
fn apply<'a>(
    value: &Value,
    filter: Filter,
    arguments: &[Ref<'_>],
    is_safe: bool,
    f: &Frame<'_>,
) -> Flow<'a> {
    // A filter that panics is an error with the place in the template, like any other.
    match catch(f.failure, || filter(&Call::new(f), value, arguments)) {
        Some(Ok(new)) if is_safe => Ok(Ref::Owned(kept_safe(value, new)?)),
        Some(Ok(new)) => Ok(Ref::Owned(new)),
        Some(Err(error)) => Err(error.into()),
        None => Err(Error::Reported.into()),
    }
}

/// The result of a filter that keeps its input's safety.
fn kept_safe(value: &Value, new: Value) -> Result<Value> {
    let was_safe = || match &*python::plain_value(value) {
        Value::Str(text) => text.is_safe(),
        _ => false,
    };
    match &new {
        Value::Str(text) if text.is_safe() => Ok(new),
        _ if !was_safe() => Ok(new),
        new => Ok(Value::Str(python::text(new)?.with_safety(true))),
    }
}

//! Applying filters.

use hotplate_plugin_api::panic::guard;
use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::{Frame, Status};

use crate::filters::{Call, Filter};
use crate::{Error, Flow, Result, python};

/// Applies a filter without an argument; `is_safe` says that it keeps its input's safety.
///
/// # Errors
///
/// What the input was already, or what the filter raises.
pub fn filter<'a>(input: Flow<'a>, filter: Filter, is_safe: bool, f: &Frame<'_>) -> Flow<'a> {
    let value = input?;
    Ok(Ref::Owned(apply(&value, filter, &[], is_safe, f)?))
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
    Ok(Ref::Owned(apply(&value, filter, &[argument], is_safe, f)?))
}

fn apply(
    value: &Value,
    filter: Filter,
    arguments: &[Ref<'_>],
    is_safe: bool,
    f: &Frame<'_>,
) -> Result<Value> {
    let call = Call {
        autoescape: f.autoescape,
    };
    let mut result = Err(Error::Reported);
    // A filter that panics is an error with the place in the template, like any other.
    let status = guard(f.failure, || {
        result = filter(&call, value, arguments);
        Status::Ok
    });
    if status == Status::Failed {
        return Err(Error::Reported);
    }
    let new = result?;
    match value {
        Value::Str(text) if is_safe && text.is_safe() => match &new {
            Value::Str(text) if text.is_safe() => Ok(new),
            new => Ok(Value::Str(python::text(new)?.with_safety(true))),
        },
        _ => Ok(new),
    }
}

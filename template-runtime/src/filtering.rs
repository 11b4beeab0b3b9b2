//! Applying filters.
//!
//! What a filter gives is looked at where it is: to move a value that has just been made
//! stalls the processor for longer than all the looking takes.

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
    match &input {
        Ok(value) => apply(value, filter, &[], is_safe, f),
        Err(_) => input,
    }
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
    match (&input, &argument) {
        (Ok(value), Ok(argument)) => apply(value, filter, &[Ref::Borrowed(argument)], is_safe, f),
        (Ok(_), Err(fault)) => Err(fault.clone()),
        (Err(_), _) => input,
    }
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
    let result = match f.filter(library, name, &value, argument.as_slice()) {
        Outcome::Done(new) => Ok(new),
        Outcome::Raised(exception) => Err(Error::from(exception)),
        Outcome::Failed => Err(Error::Reported),
    };
    finish(result, &value, is_safe, f)
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
        Some(result) => finish(result, value, is_safe, f),
        None => Err(Error::Reported.into()),
    }
}

#[inline]
fn finish<'a>(result: Result<Value>, value: &Value, is_safe: bool, f: &Frame<'_>) -> Flow<'a> {
    if let Ok(new) = &result {
        let size = size(new);
        if size > f.filter_limit {
            return Err(too_large(size, f.filter_limit).into());
        }
        if is_safe && !is_safe_text(new) && was_safe(value) {
            let text = python::text(new)?.with_safety(true);
            return Ok(Ref::Owned(Value::Str(text)));
        }
    }
    match result {
        Ok(new) => Ok(Ref::Owned(new)),
        Err(error) => Err(error.into()),
    }
}

/// The size of a result in bytes, as far as it can have been made by a chain of filters
/// in which each makes several times as much as the one before. A filter whose result can
/// be far larger than all of its input looks at the limit itself.
#[inline]
fn size(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.as_str().len(),
        Value::List(list) | Value::Tuple(list) => size_of_val::<[Value]>(list),
        _ => 0,
    }
}

#[cold]
fn too_large(size: usize, limit: usize) -> Error {
    Error::limit(format!(
        "the result of a filter has {size} bytes, more than the {limit} allowed"
    ))
}

#[inline]
fn is_safe_text(value: &Value) -> bool {
    matches!(value, Value::Str(text) if text.is_safe())
}

fn was_safe(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.is_safe(),
        other => python::string(other).is_some_and(|text| text.is_safe()),
    }
}

//! The conditions of `if`.
//!
//! Below an operator every exception makes the operator false. A panic, a reached limit
//! or a failure in another unit is no exception: it ends the rendering.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::value::{Ref, Value};

use crate::flow::stop;
use crate::{Break, Flow, Result, Stop, python};

/// The operators that compare two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}

/// Whether a branch is taken whose condition is a value alone.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised anything but `VariableDoesNotExist`.
pub fn condition(flow: Flow<'_>, f: &Frame<'_>, unit: &str, site: u32) -> Result<bool, Stop> {
    if let Ok(value) = &flow {
        return Ok(python::truth(value));
    }
    match flow {
        Err(Break::Error(error)) if error.is_missing() => Ok(false),
        flow => Ok(python::truth(&*crate::bind(flow, f, unit, site)?)),
    }
}

/// The truth of a value below an operator; nothing if the expression raised.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
pub fn truth(flow: Flow<'_>, f: &Frame<'_>, unit: &str, site: u32) -> Result<Option<bool>, Stop> {
    Ok(unless_raised(flow, f, unit, site)?.map(|value| python::truth(&value)))
}

/// Whether two values compare; false if an expression or the comparison raised.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
pub fn compare(
    comparison: Comparison,
    left: Flow<'_>,
    right: Flow<'_>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<bool, Stop> {
    let left = unless_raised(left, f, unit, site)?;
    let right = unless_raised(right, f, unit, site)?;
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(false);
    };
    let result = compare_values(comparison, &left, &right);
    match result {
        Ok(truth) => Ok(truth),
        Err(error) if error.is_fatal() => Err(stop(&error, &f.failure, unit, site)),
        Err(_) => Ok(false),
    }
}

/// Whether two values compare.
pub(crate) fn compare_values(comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
    match comparison {
        Comparison::In => python::contains(left, right),
        Comparison::NotIn => python::contains(left, right).map(|found| !found),
        Comparison::Is => Ok(python::identical(left, right)),
        Comparison::IsNot => Ok(!python::identical(left, right)),
        Comparison::Equal => Ok(python::equal(left, right)),
        Comparison::NotEqual => Ok(!python::equal(left, right)),
        Comparison::Greater => python::greater(left, right),
        Comparison::GreaterEqual => python::greater_equal(left, right),
        Comparison::Less => python::less(left, right),
        Comparison::LessEqual => python::less_equal(left, right),
    }
}

fn unless_raised<'a>(
    flow: Flow<'a>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Option<Ref<'a>>, Stop> {
    match flow {
        Ok(value) => Ok(Some(value)),
        Err(Break::Invalid(value)) => Ok(Some(Ref::Owned(value))),
        Err(Break::Error(error)) if error.is_fatal() => Err(stop(&error, &f.failure, unit, site)),
        Err(Break::Error(_)) => Ok(None),
    }
}

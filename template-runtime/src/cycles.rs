//! The state of `cycle`, in a cell of its unit or kept by the host; the choice of `firstof`.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::value::{Ref, Value};

use crate::flow::stop;
use crate::{Done, Flow, Result, Stop, bind, emit, python};

/// The place of the next value of a cycle of `count` values.
pub fn cycle(state: &mut Option<Value>, count: usize) -> usize {
    let (place, next) = step(state.as_ref(), count);
    *state = Some(next);
    place
}

/// The same for a cycle whose state the host keeps.
pub fn cycle_of_run(template: &str, id: u32, count: usize, f: &Frame<'_>) -> usize {
    let (place, next) = step(f.state(f.run, template, id).as_ref(), count);
    f.set_state(f.run, template, id, next);
    place
}

fn step(state: Option<&Value>, count: usize) -> (usize, Value) {
    let place = match state {
        Some(Value::Int(place)) => usize::try_from(*place).unwrap_or(0),
        _ => 0,
    };
    let next = if place + 1 < count { place + 1 } else { 0 };
    (place, Value::from(next))
}

/// Begins a cycle anew whose state the host keeps.
pub fn reset_cycle_of_run(template: &str, id: u32, f: &Frame<'_>) {
    f.set_state(f.run, template, id, Value::Int(0));
}

/// Writes a value if it is true; says whether it is.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression or printing its value raised.
pub fn output_if_true(
    flow: Flow<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<bool, Stop> {
    let value = bind(flow, f, unit, site)?;
    if !python::truth(&value) {
        return Ok(false);
    }
    emit::output(Ok(value), f, unit, site)?;
    Ok(true)
}

/// Sets a cell to what would be written of a value, if the value is true; says whether it is.
///
/// # Errors
///
/// As for [`output_if_true`].
pub fn set_if_true(
    flow: Flow<'_>,
    cell: &mut Option<Value>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<bool, Stop> {
    let value = bind(flow, f, unit, site)?;
    if !python::truth(&value) {
        return Ok(false);
    }
    match python::render_value(&value, f) {
        Ok(text) => *cell = Some(Value::Str(text)),
        Err(error) => return Err(stop(&error, &f.failure, unit, site)),
    }
    Ok(true)
}

/// What [`set_if_true`] has set, or nothing as a text.
pub fn or_empty(cell: Option<Value>) -> Value {
    cell.unwrap_or_else(|| Value::str(""))
}

/// Writes a value that has been evaluated already.
///
/// # Errors
///
/// `Stop`, after reporting, if printing it raised.
pub fn output_value(value: &Value, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    emit::output(Ok(Ref::Borrowed(value)), f, unit, site)
}

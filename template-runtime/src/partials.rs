//! Names that tags set, on their way between cells, layers of a scope and partials.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::render::Assignments;
use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Local, Scope, Status};

use crate::flow::stop;
use crate::tagging::assign;
use crate::{Break, Error, Flow, Missing, Result, Stop, lookup};

/// What a tag has set, as a local of a scope.
pub fn cell_local(cell: &Option<Value>) -> Local<'_> {
    match cell {
        Some(value) => Local::Value(View::of(value)),
        None => Local::Unset,
    }
}

/// What a tag has set, if it has. The value is independent of the cell.
pub fn cell(cell: &Option<Value>) -> Option<Value> {
    cell.clone()
}

/// What the first of several cells holds that is not empty. The value is independent of
/// the cells.
pub fn first_cell(cells: &[&Option<Value>]) -> Option<Value> {
    cells.iter().find_map(|cell| (*cell).clone())
}

/// A lookup that starts from the first cell that is not empty, else in the context.
pub fn cells<'a>(
    cells: &[&Option<Value>],
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
    s: &Scope<'a>,
) -> Flow<'a> {
    match first_cell(cells) {
        Some(value) => detach(lookup::local(View::of(&value), parts, missing, f)),
        None => lookup::context(parts, missing, f, s),
    }
}

/// A lookup that starts from the first cell that is not empty, else from a local value.
pub fn cells_or_local<'a>(
    cells: &[&Option<Value>],
    value: View<'a>,
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    match first_cell(cells) {
        Some(value) => detach(lookup::local(View::of(&value), parts, missing, f)),
        None => lookup::local(value, parts, missing, f),
    }
}

/// Sets a cell.
pub fn set(cell: &mut Option<Value>, value: Value) {
    *cell = Some(value);
}

/// Sets the first of several cells that is not empty; says whether there was one.
pub fn replace(cells: &mut [&mut Option<Value>], value: &Value) -> bool {
    match cells.iter_mut().find(|cell| cell.is_some()) {
        Some(cell) => {
            **cell = Some(value.clone());
            true
        }
        None => false,
    }
}

/// Sets a name where it is known already: in the first of its cells that is not empty,
/// else in the last if the context has the name, else in the first.
pub fn set_upward(cells: &mut [&mut Option<Value>], name: &str, scope: &Scope<'_>, value: &Value) {
    if replace(cells, value) {
        return;
    }
    let cell = if scope.get(name).is_some() {
        cells.last_mut()
    } else {
        cells.first_mut()
    };
    if let Some(cell) = cell {
        **cell = Some(value.clone());
    }
}

/// Empties a cell.
pub fn clear(cell: &mut Option<Value>) {
    *cell = None;
}

/// A value that borrows from nothing.
pub fn detach(flow: Flow<'_>) -> Flow<'static> {
    flow.map(|value| Ref::Owned(value.into_owned()))
}

/// Fails.
///
/// # Errors
///
/// Always `Stop`, after reporting.
pub fn raise(
    exception: &'static str,
    message: &str,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<(), Stop> {
    let error = Error::raise(exception, message);
    crate::bind(Err(Break::Error(error)), f, unit, site).map(|_| ())
}

/// Copies what was set under a name into a cell.
pub fn export(assigned: &Assignments, name: &str, cell: &mut Option<Value>) {
    if let Some(value) = assigned.get(name) {
        *cell = Some(value);
    }
}

/// Copies what was set under a name into the last layer of a scope.
pub fn export_name(assigned: &Assignments, name: &str, scope: &Scope<'_>) {
    if let Some(value) = assigned.get(name) {
        assign(scope, name, value);
    }
}

/// Copies all that was set into the last layer of a scope.
pub fn export_all(assigned: &Assignments, scope: &Scope<'_>) {
    for (name, value) in assigned.entries() {
        assign(scope, &name, value);
    }
}

/// Takes the table that a partial is to fill for its caller.
pub fn take_exports(f: &mut Frame<'_>) -> Option<Assignments> {
    f.exports.take().into_option()
}

/// Leaves the filled table for the caller.
pub fn leave_exports(exports: Option<Assignments>, f: &mut Frame<'_>) {
    f.exports = match exports {
        Some(exports) => ROption::RSome(exports),
        None => ROption::RNone,
    };
}

/// Fills the table with what a cell holds.
pub fn fill_export(exports: &Option<Assignments>, name: &str, cell: &Option<Value>) {
    if let (Some(exports), Some(value)) = (exports, cell) {
        exports.set(name, value.clone());
    }
}

/// Fills the table with all that was set.
pub fn fill_exports(exports: &Option<Assignments>, assigned: &Assignments) {
    if let Some(exports) = exports {
        for (name, value) in assigned.entries() {
            exports.set(&name, value);
        }
    }
}

/// Renders a partial in the caller's scope; what it has set is for the caller to copy.
///
/// # Errors
///
/// `Stop`, after reporting, if it fails.
pub fn partial(
    template: &str,
    name: &str,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Assignments, Stop> {
    f.exports = ROption::RSome(Assignments::default());
    let status = f.partial(template, name, scope);
    let exports = take_exports(f).unwrap_or_default();
    match status {
        Status::Ok => Ok(exports),
        Status::Failed => Err(stop(&Error::Reported, &f.failure, unit, site)),
    }
}

//! The state of `ifchanged`, in a cell of its unit or kept by the host.

use hotplate_plugin_api::render::Found;
use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::{Frame, Scope};

use crate::python;

/// Several values as one, to be compared.
pub fn compared(values: Vec<Ref<'_>>) -> Value {
    Value::list(values.into_iter().map(Ref::into_owned))
}

/// Whether a value differs from the last one.
pub fn changed(state: &mut Option<Value>, value: Value) -> bool {
    if state
        .as_ref()
        .is_some_and(|last| python::equal(&value, last))
    {
        return false;
    }
    *state = Some(value);
    true
}

/// The same where the innermost loop that the scope holds stands in another unit, or
/// there is none.
pub fn changed_outside(
    template: &str,
    id: u32,
    value: Value,
    f: &Frame<'_>,
    scope: &Scope<'_>,
) -> bool {
    let owner = match scope.get("forloop") {
        Some(Found::Loop(state)) => state.serial,
        _ => f.run,
    };
    let mut state = f.state(owner, template, id);
    let is_changed = changed(&mut state, value);
    if is_changed && let Some(value) = state {
        f.set_state(owner, template, id, value);
    }
    is_changed
}

/// Rendered text as a value, which is safe.
pub fn safe_text(text: &str) -> Value {
    Value::safe(text)
}

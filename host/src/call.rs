//! Calling units: the only module that calls a plugin's entry points.
#![expect(
    unsafe_code,
    reason = "entry points are foreign functions whose contracts plugin-api states"
)]

use std::mem::{ManuallyDrop, MaybeUninit};

use hotplate_plugin_api::call::CallEntry;
use hotplate_plugin_api::callee::BoundEntry;
use hotplate_plugin_api::failure::LazyRecord;
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::unit::UnitData;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::view::bound::BoundValues;
use hotplate_plugin_api::{ErrorKind, Frame, Returned, Scope, Status, UnitEntry, Value};

use crate::handle::Arguments;
use crate::unit::LiveUnit;

/// Renders a template's body, a block or a partial; `Failed` for a unit of another kind.
pub(crate) fn render(unit: &LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
    let Some(entry) = unit.render_entry() else {
        return Status::Failed;
    };
    // SAFETY: duty 1 of `RenderEntry`: entry and data are of one descriptor, and `unit`
    // keeps their library mapped for as long as it is borrowed.
    unsafe { (entry.0)(unit.data(), frame, scope) }
}

/// Renders a template's body or a block with the code that was compiled for the type of the
/// context, in a scope of nothing else; nothing if there is no such code, or it must not run in
/// this frame.
#[inline]
pub(crate) fn render_typed(
    unit: &LiveUnit,
    frame: &mut Frame<'_>,
    context: View<'_>,
) -> Option<Status> {
    if !frame.is_ordinary() {
        return None;
    }
    let entry = unit.typed_for(context.table()?)?;
    let scope = Scope::root(context);
    // SAFETY: the duties of `TypedRenderEntry`: 1, as in `render`. 2: a view's data is of the
    // type that its table describes, lives for the view's lifetime and is only read;
    // `typed_for` gives the entry only if that table and the entry's were found to say the
    // same, and one compiler made both sides. 3: the scope is made here. 4: it is asked.
    let status = unsafe { (entry.render.0)(unit.data(), frame, &scope, context.data()) };
    Some(status)
}

/// Renders a unit with its code for names of known types.
#[inline]
pub(crate) fn render_bound(
    unit: &LiveUnit,
    entry: &'static BoundEntry,
    frame: &mut Frame<'_>,
    scope: &Scope<'_>,
    values: &BoundValues<'_>,
) -> Status {
    // SAFETY: the duties of `BoundRenderEntry`: 1, as in `render`; 2 and 3 are the caller's,
    // in `render/callees.rs`: the values are those of a binding that was made for the entry,
    // and the frame is an ordinary one.
    unsafe { (entry.render.0)(unit.data(), frame, scope, values.as_ptr()) }
}

/// Applies a filter; `Failed` for a unit of another kind.
pub(crate) fn filter(
    unit: &LiveUnit,
    frame: &Frame<'_>,
    value: &Value,
    arguments: &[Value],
) -> Outcome {
    let UnitEntry::Filter(entry) = unit.entry() else {
        return Outcome::Failed;
    };
    if unit.needs_state() && is_stale(unit, frame) {
        return Outcome::Failed;
    }
    // SAFETY: duty 1 of `FilterCode`, as in `render`. State that it is bound to is there until
    // the gate is closed, and a rendering in which a filter or tag has state is inside.
    unsafe { (entry.call.0)(unit.data(), frame, value, arguments.into()) }
}

/// Runs a tag; `Failed` for a unit of another kind.
pub(crate) fn tag(unit: &LiveUnit, frame: &mut Frame<'_>, input: &TagInput<'_>) -> Outcome {
    let UnitEntry::Tag(entry) = unit.entry() else {
        return Outcome::Failed;
    };
    if unit.needs_state() && is_stale(unit, frame) {
        return Outcome::Failed;
    }
    // SAFETY: duty 1 of `TagCode`, as for a filter.
    unsafe { (entry.call.0)(unit.data(), frame, input) }
}

/// Calls a plugin function with values, or what `redirected` has in place of it, which must be
/// an interceptor of this unit; nothing for a unit of another kind, or a function with too many
/// parameters.
///
/// A function that uses state must not be stale, and the call be inside the gate.
pub(crate) fn with_values(
    unit: &LiveUnit,
    redirected: Option<Code>,
    arguments: &[Value],
) -> Option<Result<Value, LazyRecord>> {
    let code = redirected.or_else(|| Code::of(unit))?;
    let entry = unit.function()?;
    let values = entry.values.into_option()?;
    let mut record = LazyRecord::default();
    let mut result = Value::None;
    if unit.needs_state() && unit.is_stale() {
        record
            .failure()
            .report(ErrorKind::State, "", "the state has changed meanwhile");
        return Some(Err(record));
    }
    // SAFETY: the duties of `ValuesEntry`: 1, both are of one descriptor, or an interceptor's
    // that was made for this unit and has its ABI; 2, the data is of the same descriptor, what
    // the unit is bound to, or the interceptor's, and `unit` keeps their library mapped.
    let status = unsafe {
        (values.0)(
            code.entry,
            code.data,
            record.failure(),
            entry.signature.parameters,
            arguments.into(),
            &mut result,
        )
    };
    Some(match status {
        Status::Ok => Ok(result),
        Status::Failed => Err(record),
    })
}

/// Whether a filter or tag was bound to state that has migrated since, which is reported.
#[cold]
fn is_stale(unit: &LiveUnit, frame: &Frame<'_>) -> bool {
    let is_stale = unit.is_stale();
    if is_stale {
        let message = format!("{} is older than the state that there is", unit.path());
        frame.failure.report(ErrorKind::State, "", &message);
    }
    is_stale
}

/// A plugin function's entry point with what is handed to it.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    entry: CallEntry,
    data: UnitData,
}

impl Code {
    /// The code of a unit; nothing for a unit of another kind.
    pub(crate) fn of(unit: &LiveUnit) -> Option<Self> {
        let entry = unit.function()?.call;
        let data = unit.data();
        Some(Self { entry, data })
    }

    /// An interceptor's entry, with what is handed to it.
    pub(crate) fn redirected(entry: CallEntry, data: UnitData) -> Self {
        Self { entry, data }
    }
}

/// Runs a plugin's canary; gives the template that it wants rendered, with the context.
pub(crate) fn canary(unit: &LiveUnit) -> Result<Option<(&str, Value)>, LazyRecord> {
    let Some(entry) = unit.canary() else {
        return Ok(None);
    };
    let code = Code {
        entry: entry.call,
        data: unit.data(),
    };
    match entry.template.as_ref().into_option() {
        Some(template) => {
            // SAFETY: duty 1, `unit` is borrowed. Duty 2: `CanaryEntry` states the signature,
            // whose types are part of what was compared when the library was loaded.
            let context = unsafe { function::<(), Value>(code, ()) }?;
            Ok(Some((template.as_str(), context)))
        }
        // SAFETY: as above.
        None => unsafe { function::<(), ()>(code, ()) }.map(|()| None),
    }
}

/// Calls a plugin function whose signature was found to be that of `A` and `R`.
///
/// # Safety
///
/// 1. The unit that `code` is of must be alive.
/// 2. Its signature must have been compared with the layouts of `A` and `R`.
/// 3. If it uses state, it must not be stale, and the call be inside the gate.
#[inline(always)]
pub(crate) unsafe fn function<A: Arguments, R: Returned>(
    code: Code,
    arguments: A::Values<'_>,
) -> Result<R, LazyRecord> {
    // A call that succeeds has reported nothing, so there is nothing to drop.
    let mut record = ManuallyDrop::new(LazyRecord::default());
    let mut result = MaybeUninit::<R::Abi>::uninit();
    // SAFETY: the duties of `Arguments::call`: 1 by duty 2 here; 2, both are of one
    // descriptor, or the data is what the unit is bound to, which by duty 3 is as the entry
    // expects it, and by duty 1 the unit keeps the library mapped; 3, `result` is of the
    // result's type.
    let status = unsafe {
        A::call(
            code.entry,
            code.data,
            record.failure(),
            arguments,
            result.as_mut_ptr(),
        )
    };
    if status == Status::Failed {
        return Err(ManuallyDrop::into_inner(record));
    }
    // SAFETY: by duty 3 of `Arguments::call` it is initialised if the status is `Ok`.
    if let Some(value) = R::peek(unsafe { result.assume_init_ref() }) {
        return Ok(value);
    }
    // SAFETY: as above.
    Ok(R::from_abi(unsafe { result.assume_init() }))
}

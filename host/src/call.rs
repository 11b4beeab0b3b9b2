//! Calling units: the only module that calls a plugin's entry points.
#![expect(
    unsafe_code,
    reason = "entry points are foreign functions whose contracts plugin-api states"
)]

use std::mem::MaybeUninit;

use hotplate_plugin_api::render::RenderEntry;
use hotplate_plugin_api::tag::{Outcome, TagInput};
use hotplate_plugin_api::unit::FunctionEntry;
use hotplate_plugin_api::{ErrorRecord, Frame, Returned, Scope, Status, UnitEntry, Value};

use crate::handle::Arguments;
use crate::unit::LiveUnit;

/// Renders a template's body, a block or a partial; `Failed` for a unit of another kind.
pub(crate) fn render(unit: &LiveUnit, frame: &mut Frame<'_>, scope: &Scope<'_>) -> Status {
    let entry: RenderEntry = match unit.entry() {
        UnitEntry::Template(entry) => entry.render,
        UnitEntry::Block(entry) => entry.render,
        UnitEntry::Partial(entry) => *entry,
        _ => return Status::Failed,
    };
    // SAFETY: duty 1 of `RenderEntry`: entry and data are of one descriptor, and `unit`
    // keeps their library mapped for as long as it is borrowed.
    unsafe { (entry.0)(unit.data(), frame, scope) }
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
    // SAFETY: duty 1 of `FilterCode`, as in `render`.
    unsafe { (entry.call.0)(unit.data(), frame, value, arguments.into()) }
}

/// Runs a tag; `Failed` for a unit of another kind.
pub(crate) fn tag(unit: &LiveUnit, frame: &mut Frame<'_>, input: &TagInput<'_>) -> Outcome {
    let UnitEntry::Tag(entry) = unit.entry() else {
        return Outcome::Failed;
    };
    // SAFETY: duty 1 of `TagCode`, as in `render`.
    unsafe { (entry.call.0)(unit.data(), frame, input) }
}

/// Calls a plugin function whose signature was found to be that of `A` and `R`.
///
/// # Safety
///
/// 1. `entry` must be the function entry of `unit`.
/// 2. `entry.signature` must have been compared with the layouts of `A` and `R`.
pub(crate) unsafe fn function<A: Arguments, R: Returned>(
    unit: &LiveUnit,
    entry: &FunctionEntry,
    arguments: A::Values<'_>,
) -> Result<R, ErrorRecord> {
    let mut record = ErrorRecord::default();
    let mut result = MaybeUninit::<R::Abi>::uninit();
    let status = A::with_pointers(arguments, |arguments| {
        // SAFETY: the duties of `CallEntry`: 1, by duty 2 here the pointers are as many
        // as the parameters and of their types, and `with_pointers` leaves the values to
        // the callee; 2, `result` is of the result's type; 3, by duty 1 here `unit`
        // keeps the library of entry and data mapped.
        unsafe {
            (entry.call.0)(
                unit.data(),
                arguments,
                result.as_mut_ptr().cast(),
                &record.failure(),
            )
        }
    });
    match status {
        // SAFETY: by duty 2 of `CallEntry` the result is initialised if the status is `Ok`.
        Status::Ok => Ok(R::from_abi(unsafe { result.assume_init() })),
        Status::Failed => Err(record),
    }
}

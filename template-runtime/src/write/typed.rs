//! Entries of units for contexts of a known type.

use hotplate_plugin_api::panic::guard_frame;
use hotplate_plugin_api::render::TypedRenderEntry;
use hotplate_plugin_api::unit::{TypedEntry, UnitData};
use hotplate_plugin_api::view::{Field, TableFn};
use hotplate_plugin_api::{Frame, Scope, Status};

use crate::{Done, Stop};

/// The least limit for the results of filters with which typed code is run: what it writes
/// in place of results that are known beforehand is shorter.
const LEAST_FILTER_LIMIT: usize = 8192;

/// A unit that can be rendered with contexts of a known type. Generated code implements it.
pub trait TypedUnit {
    /// The type of the context.
    type Context<'c>: Field;

    /// Renders the unit with a context where output is escaped and the digits of numbers
    /// are not grouped. `s` is the outermost scope, over the same context.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting.
    fn typed(f: &mut Frame<'_>, s: &Scope<'_>, context: &Self::Context<'_>) -> Done;

    /// Renders the unit with whatever the scope holds.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting.
    fn dynamic(f: &mut Frame<'_>, s: &Scope<'_>) -> Done;
}

/// The entry of a unit for contexts of its type, with the type's table beside it.
pub const fn typed_entry<U: TypedUnit>() -> TypedEntry {
    TypedEntry {
        render: TypedRenderEntry(enter::<U>),
        context: TableFn::of::<U::Context<'static>>(),
    }
}

/// Runs a unit, and catches panics.
///
/// # Safety
///
/// 1. The duties of calling a [`TypedRenderEntry`] beside the table of `U::Context`.
unsafe extern "C" fn enter<U: TypedUnit>(
    _: UnitData,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
    context: *const (),
) -> Status {
    let is_ordinary =
        f.autoescape && !f.settings.use_thousand_separator && f.filter_limit >= LEAST_FILTER_LIMIT;
    guard_frame(f, |f| {
        let done = if is_ordinary {
            // SAFETY: by duty 1, `context` points to a context of the type whose table
            // `typed_entry` put beside this entry. It lives and does not change meanwhile.
            U::typed(f, s, unsafe { &*context.cast::<U::Context<'_>>() })
        } else {
            U::dynamic(f, s)
        };
        match done {
            Ok(()) => Status::Ok,
            Err(Stop) => Status::Failed,
        }
    })
}

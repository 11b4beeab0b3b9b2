//! Entries of units for contexts of a known type.

use hotplate_plugin_api::abi_stable::std_types::{ROption, RSlice, RStr};
use hotplate_plugin_api::callee::{BoundEntry, BoundRenderEntry, Callee, IncludeSite};
use hotplate_plugin_api::panic::guard_frame;
use hotplate_plugin_api::render::{Link, TypedRenderEntry};
use hotplate_plugin_api::unit::{TypedEntry, UnitData};
use hotplate_plugin_api::view::bound::{BindableNames, BoundValue};
use hotplate_plugin_api::view::{Field, TableFn};
use hotplate_plugin_api::{Frame, Scope, Status, View};

use crate::render::{passed, status_of};
use crate::{Done, include};

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
    guard_frame(f, |f| {
        // SAFETY: by duty 1, `context` points to a context of the type whose table
        // `typed_entry` put beside this entry. It lives and does not change meanwhile.
        let context = unsafe { &*context.cast::<U::Context<'_>>() };
        status_of(U::typed(f, s, context))
    })
}

/// A unit that can be rendered with names of known types. Generated code implements it.
pub trait BoundUnit {
    /// The types of the names, as a tuple.
    type Names<'c>: BindableNames<'c>;
    /// The names, in the same order.
    const NAMES: &'static [RStr<'static>];
    /// Whether the unit also looks into the scope that it is called with, other than to pass it
    /// on to `INCLUDES`.
    const USES_SCOPE: bool;
    /// The templates that it may call.
    const INCLUDES: &'static [IncludeSite];

    /// Renders the unit where output is escaped and the digits of numbers are not grouped.
    /// `s` is the scope that the names are from if the unit uses it, else any.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting.
    fn bound(f: &mut Frame<'_>, s: &Scope<'_>, names: &Self::Names<'_>) -> Done;
}

/// The entry of a unit for names of known types.
pub const fn bound_entry<U: BoundUnit>() -> BoundEntry {
    let forms = <U::Names<'static> as BindableNames<'static>>::FORMS;
    assert!(forms.len() == U::NAMES.len(), "each name has a type");
    BoundEntry {
        render: BoundRenderEntry(enter_bound::<U>),
        names: RSlice::from_slice(U::NAMES),
        forms: RSlice::from_slice(forms),
        uses_scope: U::USES_SCOPE,
        includes: RSlice::from_slice(U::INCLUDES),
    }
}

/// Runs a unit, and catches panics.
///
/// # Safety
///
/// 1. The duties of calling a [`BoundRenderEntry`] beside the forms of `U::Names`.
unsafe extern "C" fn enter_bound<U: BoundUnit>(
    _: UnitData,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
    values: *const BoundValue<'_>,
) -> Status {
    guard_frame(f, |f| {
        // SAFETY: by duty 1 the values were found for the forms that `bound_entry` put beside
        // this entry, which are those of the tuple.
        let names = unsafe { <U::Names<'_> as BindableNames<'_>>::take(values) };
        status_of(U::bound(f, s, &names))
    })
}

/// Renders what an `include` leads to with `names`, if it leads to a unit of the including
/// library, whose `entry` this is, and that makes no use of the scope that it would see; nothing,
/// and nothing was done, if not. A panic there is the including unit's to catch.
#[inline(always)]
pub fn include_near<U: BoundUnit>(
    callee: Option<&Callee>,
    entry: &'static BoundEntry,
    names: &U::Names<'_>,
    any: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Option<Done> {
    let callee = callee.filter(|callee| callee.is_closed(entry) && f.is_ordinary())?;
    let mut inside = callee.enter(f)?;
    let status = status_of(U::bound(inside.frame(), any, names));
    inside.leave(status);
    Some(passed(status, f, unit, site))
}

/// Renders what an `include` leads to, if that makes no use of the scope that it would see;
/// nothing, and nothing was done, if that has to be made.
#[inline]
pub fn include_closed(
    callee: Option<&Callee>,
    offered: &[View<'_>],
    any: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Option<Done> {
    let callee = callee.filter(|callee| !callee.uses_scope())?;
    let status = callee.include_bound(f, any, offered)?;
    Some(passed(status, f, unit, site))
}

/// Renders what an `include` leads to with the scope that it sees.
///
/// # Errors
///
/// `Stop`, after reporting, if there is no such template or it fails.
#[inline]
pub fn include_bound(
    callee: Option<&Callee>,
    offered: &[View<'_>],
    link: &'static Link,
    scope: &Scope<'_>,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    match callee.and_then(|callee| callee.include_bound(f, scope, offered)) {
        Some(status) => passed(status, f, unit, site),
        None => include(link, scope, f, unit, site),
    }
}

/// The type of what is offered to an included template.
pub const fn offered<T: Field>() -> ROption<TableFn> {
    ROption::RSome(TableFn::of::<T>())
}

/// The type of a name that only hides others from an included template.
pub const fn hidden() -> ROption<TableFn> {
    ROption::RNone
}

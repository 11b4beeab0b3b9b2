//! State: what a plugin keeps from one call to the next, and across swaps of its code.
//!
//! A struct with [`#[state]`](macro@crate::state) is made once, by `Default`, and lives in the
//! host. Functions get it through a parameter that callers do not see:
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! use hotplate_plugin_api::{plugin_fn, state};
//!
//! #[state]
//! #[derive(Default)]
//! pub struct Counter {
//!     hits: AtomicU64,
//! }
//!
//! /// Counts, and gives the count.
//! #[plugin_fn]
//! pub fn hit(#[state] counter: &Counter, by: u64) -> u64 {
//!     counter.hits.fetch_add(by, Ordering::Relaxed) + by
//! }
//!
//! hotplate_plugin_api::plugin!();
//! # fn main() {}
//! ```
//!
//! When the plugin is swapped, the host compares what both builds say of the type. If version
//! and [layout](Layout) are equal and one compiler built both, new code goes on with the same
//! object. Otherwise old code [saves](Persist::save) it by the names of its fields, and new
//! code makes another object of what was saved: through the function that `migrate` names if
//! the versions differ, else by name, with what is new from `Default`. See [`Saved`].
//!
//! How objects of unknown types cross is in `erased`: a descriptor of functions, and for each
//! unit a list of slots that the host fills with pointers to what it owns. What the host must
//! keep to is in the contracts of [`StateFunctions`].

mod collections;
mod erased;
mod instance;
mod layout;
mod persist;
mod saved;
mod standard;

pub use erased::{
    LayoutText, RestoreReport, StateDescriptor, StateFunctions, StateRole, StateSlot, StateUse,
    receiver, shared,
};
pub use instance::{
    Instance, InstanceArgument, RawInstance, Receiver, instance_layout, raw_instance_layout,
};
pub use layout::{Described, Layout};
pub use persist::{ByDefault, Misfit, Missing, Persist, Report, WithoutDefault};
pub use saved::{Saved, enum_value, fields_value, tuple_items, variant_of};

/// A type that a plugin's functions can keep between calls. Implemented by
/// [`#[state]`](macro@crate::state).
///
/// # Safety
///
/// 1. [`DESCRIPTOR`](Self::DESCRIPTOR) must be made by [`StateDescriptor::of`] for `Self`.
#[expect(
    unsafe_code,
    reason = "objects are handed out as the type whose descriptor made them"
)]
pub unsafe trait State: Persist + Default + Send + Sync {
    /// What the host is told of the type.
    const DESCRIPTOR: &'static StateDescriptor;

    /// Makes one of fields that were saved: those of the same name are taken over, the others
    /// are as in `Default`.
    ///
    /// # Errors
    ///
    /// If what was saved does not fit the type of a field.
    fn by_name(saved: &mut Saved<'_>) -> Result<Self, Misfit>;

    /// Makes one of what code of version `from` saved, which is not this version.
    ///
    /// # Errors
    ///
    /// If that cannot be done; then the old code goes on with the old object.
    fn migrate(from: u32, saved: &mut Saved<'_>) -> Result<Self, Misfit> {
        let _ = from;
        Self::by_name(saved)
    }
}

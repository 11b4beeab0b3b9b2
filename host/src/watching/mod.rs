//! Watching what was swapped: for those who keep something that they derived from a unit, who
//! look for units, redirect them, or run them in a loop.
//!
//! - [`dependencies`]: who extends, includes or calls whom, and in which generation what a
//!   unit comes to changed last;
//! - [`changes`]: callbacks after a publish that changed a unit;
//! - [`renames`]: units that had another name;
//! - [`lookup`]: units by name, pattern, or file and line;
//! - [`intercept`]: functions that calls go through;
//! - [`steps`]: loops that take on new code at each turn.
//!
//! All of it hangs on one hook, `Shared::store`: a snapshot knows for each slot in which
//! generation it changed, and whoever waits is told of the snapshots before and after. Calls
//! pay nothing for it.

pub(crate) mod changes;
pub(crate) mod dependencies;
pub(crate) mod intercept;
pub(crate) mod lookup;
pub(crate) mod renames;
pub(crate) mod steps;

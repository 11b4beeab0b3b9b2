//! Reloading: a pure state machine, and the thread that does what it says.

pub(crate) mod driver;
mod job;
pub(crate) mod machine;
mod memory;
pub(crate) mod modes;
mod patch;
pub(crate) mod setup;
mod units;
mod watchlist;

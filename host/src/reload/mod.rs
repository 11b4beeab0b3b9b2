//! Reloading: a pure state machine, and the thread that does what it says.

pub(crate) mod driver;
mod job;
pub(crate) mod machine;
mod memory;
pub(crate) mod modes;
mod patch;
mod recode;
pub(crate) mod setup;
mod testing;
mod units;
mod watchlist;

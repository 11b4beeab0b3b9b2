//! The driver of the integration tests: throw-away plugins, and waiting for events.
//!
//! Each test has a [`Bench`]: a temporary cargo workspace of its own, whose plugins have
//! names of their own, so that all tests can share one target directory and build what
//! they depend on once.

mod alone;
mod bench;
mod library;
mod save;
mod wait;

pub use alone::alone;
pub use bench::{Bench, manual};
pub use library::{build_libraries, build_variants};
pub use save::Save;
pub use wait::{Waiting, next_publish, next_rejection};

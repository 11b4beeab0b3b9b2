//! The figures that the project claims, measured side by side.
//!
//! Every round measures every subject once, so that whatever slows the machine down for a
//! while slows all of them down. Trust the ratios, not the absolute numbers.

pub mod compile;
pub mod dispatch;
mod pin;
mod process;
pub mod python;
pub mod readme;
pub mod reload;
pub mod render;
mod rounds;
mod row;

pub use row::{Row, Stages, table};

pub(crate) use rounds::{Subject, measure};

use std::error::Error;
use std::path::PathBuf;

/// Why a benchmark could not run.
pub type Fault = Box<dyn Error + Send + Sync>;

/// A folder of the project.
pub(crate) fn project_folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
}

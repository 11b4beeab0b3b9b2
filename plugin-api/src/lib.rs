//! The stable ABI between a Hotplate host and its plugins, and nothing else.
//!
//! A plugin is a cdylib that exports one [`ModuleHeader`]. The header leads to
//! [`Module`]s, a module to [`UnitDescriptor`]s, and a unit is an entry point
//! plus a data pointer. Every type here that crosses the boundary is
//! `#[repr(C)]` and derives [`StableAbi`](abi_stable::StableAbi), so that a
//! host can compare layouts field by field before it runs a line of a plugin.
//!
//! Plugin authors need two things: [`plugin_fn`] on a function, and one
//! [`plugin!`] in the crate root.
//!
//! ```
//! use hotplate_plugin_api::plugin_fn;
//!
//! /// Greets.
//! #[plugin_fn]
//! pub fn greet(name: &str) -> String {
//!     format!("Hello, {name}!")
//! }
//!
//! hotplate_plugin_api::plugin!();
//! # fn main() {}
//! ```

#[cfg(test)]
extern crate self as hotplate_plugin_api;

pub mod call;
pub mod callee;
pub mod environment;
pub mod failure;
pub mod header;
pub mod log;
pub mod output;
pub mod panic;
pub mod render;
pub mod signature;
pub mod state;
pub mod tag;
pub mod unit;
pub mod value;
pub mod values;
pub mod view;

#[doc(hidden)]
pub use abi_stable;
pub use hotplate_plugin_macros::{Context, Persist, Template, canary, plugin_fn, state};

pub use failure::{ErrorKind, ErrorRecord, Failure, Status};
pub use header::{API_MAJOR, API_MINOR, Module, ModuleHeader, ModuleKind, StaticPlugin};
pub use output::{Cursor, Output, Sink};
pub use render::{Frame, Local, LoopState, Scope};
pub use signature::{Parameter, Returned};
pub use state::{Instance, Persist};
pub use unit::{ReferenceKind, SourcePosition, UnitDescriptor, UnitEntry, UnitReference};
pub use value::Value;
pub use view::{Safe, Template, View};

//! What templates compiled by Hotplate call at run time.
//!
//! Generated code consists of calls into this crate: an expression is a chain of calls
//! that pass a [`Flow`] on, a statement is a call that returns [`Done`]. Whatever can
//! fail is told its place as a unit and the number of a site in it, and reports a
//! failure itself, so that generated code only hands [`Stop`] through.
//!
//! Filters live in [`filters`], one function each; Python's semantics in [`python`].

mod attributes;
pub mod conditions;
pub mod emit;
pub mod error;
pub mod filtering;
pub mod filters;
pub mod flow;
pub mod literals;
pub mod lookup;
pub mod loops;
pub mod python;
pub mod render;
#[cfg(test)]
mod testing;
pub mod units;

pub use hotplate_plugin_api as api;

pub use api::abi_stable::std_types::RStr;
pub use api::unit::{Site, UnitData};
pub use api::value::{Ref, Value};
pub use api::{Frame, Local, LoopState, Scope, Status};
pub use conditions::{Comparison, compare, condition, truth};
pub use emit::{output, text};
pub use error::{Error, Result};
pub use filtering::{filter, filter_with};
pub use flow::{Break, Done, Flow, Missing, Stop, bind};
pub use literals::{
    block_name, literal_big_int, literal_bool, literal_float, literal_int, literal_text,
};
pub use lookup::{context, local};
pub use loops::{
    Items, LoopField, items, loop_field, loop_path, loop_state, outer_local, outer_loop, unpack,
};
pub use render::{
    block, block_super, enter, extend, include, include_first, output_block_super, template_names,
};
pub use units::{block_unit, place, rstr, template_unit};

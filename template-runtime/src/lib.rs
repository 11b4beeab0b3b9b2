//! What templates compiled by Hotplate call at run time.
//!
//! Generated code consists of calls into this crate: an expression is a chain of calls
//! that pass a [`Flow`] on, a statement is a call that returns [`Done`]. Whatever can
//! fail is told its place as a unit and the number of a site in it, and reports a
//! failure itself, so that generated code only hands [`Stop`] through.
//!
//! Filters live in [`filters`], one function each; Python's semantics in [`python`].

mod attributes;
pub mod changed;
pub mod conditions;
pub mod custom;
pub mod cycles;
pub mod direct;
pub mod emit;
pub mod error;
pub mod filtering;
pub mod filters;
pub mod flow;
pub mod fused;
pub mod literals;
pub mod lookup;
pub mod loops;
pub mod partials;
pub mod python;
pub mod regroup;
pub mod release;
pub mod render;
pub mod row;
pub mod run;
mod seek;
pub mod spot;
pub mod tagging;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod translation;
pub mod typed;
pub mod units;
pub mod write;

pub use hotplate_plugin_api as api;

pub use api::abi_stable::std_types::{ROption, RStr};
pub use api::callee::IncludeSite;
pub use api::render::{Assignments, Link};
pub use api::unit::{Site, UnitData};
pub use api::value::{Ref, Value};
pub use api::view::{TableFn, View};
pub use api::{Frame, Local, LoopState, Scope, Status};
pub use changed::{changed, changed_outside, compared, safe_text};
pub use conditions::{Comparison, compare, condition, truth};
pub use cycles::{
    cycle, cycle_of_run, or_empty, output_if_true, output_value, reset_cycle_of_run, set_if_true,
};
pub use emit::{filtered, output, spaceless, text};
pub use error::{Error, Result};
pub use filtering::{filter, filter_with, library_filter};
pub use flow::{Break, Done, Flow, Missing, Stop, bind};
pub use fused::{Held, compares, field_holds, hold, holds, items_of, known, put_field};
pub use literals::{
    block_name, literal_big_int, literal_bool, literal_float, literal_int, literal_text,
    literal_translated,
};
pub use lookup::{context, local};
pub use loops::{
    Items, LoopField, items, loop_field, loop_path, loop_state, outer_local, outer_loop,
    seen_loop_state, unpack,
};
pub use partials::{
    cell, cell_local, cells, cells_or_local, clear, detach, export, export_all, export_name,
    fill_export, fill_exports, first_cell, leave_exports, partial, raise, replace, set, set_upward,
    take_exports,
};
pub use regroup::regroup;
pub use render::{
    block, block_super, enter, extend, extend_named, include, include_computed, included,
    output_block_super,
};
pub use row::{Fields, NO_ROW, Row};
pub use run::{Each, RunUnit, run};
pub use spot::{Act, Known, Spot, Start, Step, flow};
pub use tagging::{
    TagArgument, argument, assign, capture, caught_argument, include_result, library_tag, put_back,
    setting, tag, write_result,
};
pub use units::{
    Code, block_unit, code, partial_unit, place, rstr, template_unit, to_any_template, to_filter,
    to_own, to_tag, to_template,
};
pub use write::{
    BoundUnit, Padded, TypedUnit, Writer, bound_entry, dates, escaped, hidden, include_bound,
    include_closed, include_near, int, lone_int, offered, run_code, typed_entry, uint,
};

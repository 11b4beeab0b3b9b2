//! The dashboard of the dev server: its page, and what the page shows.
//!
//! The `hotplate` command links this plugin, and renders it in a host of its own.

extern crate self as dashboard;

mod contexts;

pub use contexts::{
    Bar, Chart, Dashboard, Entry, GridLine, Holder, Incident, Notice, Plugin, Segment, Stage,
    StageTime, State, Totals, Unit,
};

/// What the template compiler made of `templates/`.
pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);

//! One tag two ways: it declares nothing, and it declares what it touches.

/// What the template compiler made of `templates/`.
pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

mod sum;
pub mod tallies;

hotplate_plugin_api::plugin!(templates = templates::UNITS);

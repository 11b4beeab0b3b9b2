//! The templates that the render benchmark shows, in the language of Django; the contexts
//! are `bench-contexts`.

/// What the template compiler made of `templates/`.
pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);

//! The libraries of filters and tags that Django's own tests define, as a plugin: what
//! conformance cases with libraries of their own load.
//!
//! Each module below [`templatetags`] is a library: `custom`, `inclusion`, `testtags`,
//! `bad_tag`, `tag_27584`, `tags` and, in a package, `subpackage.echo`.

/// What the template compiler made of `templates/`.
pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

pub mod templatetags;

hotplate_plugin_api::plugin!(templates = templates::UNITS);

//! A small site in templates. All there is to it is in `templates/`, `content/`,
//! `static/` and `site.toml`.

/// What the template compiler made of `templates/`.
pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);

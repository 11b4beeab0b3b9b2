//! The struct that the test of memory shares with its plugin, which is built with a copy of
//! this file.

use hotplate_plugin_api::Template;

#[derive(Template)]
#[template(path = "list.html")]
pub struct List {
    pub items: Vec<u64>,
}

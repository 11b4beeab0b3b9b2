//! The structs that the tests of typed templates share with their plugins, which are built
//! with a copy of this file.

use hotplate_plugin_api::{Context, Template};

#[repr(C)]
#[derive(Context)]
pub struct Author {
    pub name: String,
    pub age: u32,
}

#[derive(Template)]
#[template(path = "article.html")]
pub struct Article<'a> {
    pub title: &'a str,
    pub views: i64,
    pub author: Author,
}

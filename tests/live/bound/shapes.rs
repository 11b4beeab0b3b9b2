//! The structs that the tests of shared templates share with their plugins, which are built
//! with a copy of this file.

use hotplate_plugin_api::{Context, Template, Value};

#[derive(Context)]
pub struct Author {
    pub name: String,
    pub age: u32,
}

#[derive(Context)]
pub struct Card<'a> {
    pub title: &'a str,
    pub price: f64,
    pub stock: u64,
    pub is_new: bool,
    pub note: Option<String>,
    pub author: Author,
    pub tags: Vec<&'a str>,
}

#[derive(Template)]
#[template(path = "page.html")]
pub struct Page<'a> {
    pub title: String,
    pub count: i64,
    pub card: Card<'a>,
    pub cards: Vec<Card<'a>>,
    pub lead: &'a Card<'a>,
    pub extra: Value,
}

#[derive(Template)]
#[template(path = "shop.html")]
pub struct Shop {
    pub title: u8,
    pub card: Author,
}

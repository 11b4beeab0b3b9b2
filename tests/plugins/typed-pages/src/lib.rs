//! Templates over a struct with fields of all types, and each of them as two functions.

extern crate self as typed_pages;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hotplate_plugin_api::value::{Date, DateTime};
use hotplate_plugin_api::view::Safe;
use hotplate_plugin_api::{Context, Frame, Scope, Status, Template, Value};
use hotplate_template_runtime as rt;

/// Somebody.
#[derive(Debug, Context)]
pub struct Author<'a> {
    /// A name.
    pub name: &'a str,
    /// An address.
    pub email: Option<&'a str>,
    /// A field that is named by a keyword.
    pub r#type: u8,
    /// Somebody else.
    pub boss: Option<Box<Author<'a>>>,
}

/// Something.
#[derive(Debug, Context)]
pub struct Item {
    /// A text.
    pub title: String,
    /// A float.
    pub price: f64,
    /// A number.
    pub count: i64,
    /// Texts.
    pub tags: Vec<String>,
    /// A truth value.
    pub is_new: bool,
    /// A text or nothing.
    pub note: Option<String>,
    /// A date.
    pub day: Date,
}

/// A page.
#[derive(Template)]
#[template(path = "page.html")]
#[expect(missing_docs, reason = "the names say it")]
#[expect(missing_debug_implementations, reason = "nobody looks")]
pub struct Page<'a> {
    pub text: &'a str,
    pub owned: String,
    pub cow: Cow<'a, str>,
    pub shared: Arc<str>,
    pub safe: Safe<String>,
    pub int: i64,
    pub small: i8,
    pub unsigned: u64,
    pub float: f64,
    pub flag: bool,
    pub letter: char,
    pub date: Date,
    pub moment: DateTime,
    pub value: Value,
    pub maybe_text: Option<String>,
    pub maybe_int: Option<i64>,
    pub maybe_unsigned: Option<u64>,
    pub maybe_flag: Option<bool>,
    pub maybe_float: Option<f64>,
    pub maybe_date: Option<Date>,
    pub maybe_maybe: Option<Option<i64>>,
    pub author: &'a Author<'a>,
    pub maybe_author: Option<Author<'a>>,
    pub authors: Vec<&'a Author<'a>>,
    pub items: Vec<Item>,
    pub boxed: Box<Item>,
    pub words: Vec<&'a str>,
    pub numbers: [i32; 3],
    pub maybe_numbers: Option<Vec<i64>>,
    pub table: Vec<Vec<i64>>,
    pub pairs: Vec<(String, i32)>,
    pub pair: (i64, &'a str),
    pub map: BTreeMap<String, i64>,
}

/// A unit in both of its forms.
#[expect(
    missing_debug_implementations,
    reason = "functions have nothing to show"
)]
pub struct Unit {
    /// The unit's name.
    pub name: &'static str,
    /// The form for a page.
    pub typed: fn(&mut Frame<'_>, &Scope<'_>, &Page<'_>) -> rt::Done,
    /// The form for any context.
    pub dynamic: fn(&mut Frame<'_>, &Scope<'_>) -> rt::Done,
}

fn done(status: Status) -> rt::Done {
    match status {
        Status::Ok => Ok(()),
        Status::Failed => Err(rt::Stop),
    }
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

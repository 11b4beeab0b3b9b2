//! The libraries, a module each.

pub mod bad_tag;
pub mod custom;
pub mod inclusion;
pub mod subpackage;
pub mod tag_27584;
pub mod tags;
pub mod testtags;

use hotplate_template_runtime::Error;
use hotplate_template_runtime::custom::{TagContext, Value, text};

/// `str()` of each value, with commas between them.
fn joined<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<String, Error> {
    let texts: Result<Vec<String>, Error> = values.into_iter().map(shown).collect();
    Ok(texts?.join(", "))
}

/// `name=value` of each pair, with commas between them.
fn joined_pairs(pairs: &[(String, Value)]) -> Result<String, Error> {
    let pairs = pairs.iter();
    let texts: Result<Vec<String>, Error> = pairs
        .map(|(name, value)| Ok(format!("{name}={}", shown(value)?)))
        .collect();
    Ok(texts?.join(", "))
}

fn shown(value: &Value) -> Result<String, Error> {
    Ok(text(value)?.as_str().to_owned())
}

/// `str(context[name])`.
fn named(context: &TagContext<'_, '_>, name: &str) -> Result<String, Error> {
    shown(&context.item(name)?)
}

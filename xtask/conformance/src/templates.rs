//! The templates of a case: those that are loaded by name, and those in its context.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::case::Case;
use crate::value::{tag, text};

/// The name under which the templates of a case have an anonymous one.
pub(crate) const ANONYMOUS: &str = "<string>";

/// A template that a context contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Embedded {
    /// The name that it knows itself by.
    pub(crate) name: Option<String>,
    pub(crate) source: String,
}

impl Embedded {
    pub(crate) fn of(fields: &Map<String, Json>) -> Self {
        let name = fields.get("name").and_then(Json::as_str);
        Self {
            name: name.map(str::to_owned),
            source: text(fields, "source").to_owned(),
        }
    }
}

/// The templates in the context, and the names of their units. One that is a template of
/// the case has that one's; for the others it is a name that no template can ask for.
pub(crate) fn embedded(case: &Case) -> BTreeMap<Embedded, String> {
    let mut found = BTreeSet::new();
    for json in case.context.values() {
        collect(json, &mut found);
    }
    let unit = |(number, embedded): (usize, Embedded)| {
        let own = embedded.name.as_ref().filter(|name| {
            let loaded = case.templates.get(*name);
            loaded == Some(&embedded.source)
        });
        let unit = own
            .cloned()
            .unwrap_or_else(|| format!("<template {number}>"));
        (embedded, unit)
    };
    found.into_iter().enumerate().map(unit).collect()
}

fn collect(json: &Json, found: &mut BTreeSet<Embedded>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(fields) => {
            if tag(fields) == "template" {
                found.insert(Embedded::of(fields));
            }
            fields.values().for_each(|field| collect(field, found));
        }
        _ => {}
    }
}

//! Grouping neighbours with equal keys.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::value::{Exception, Lookup, Object, Value};
use hotplate_plugin_api::view::View;

use crate::flow::stop;
use crate::{Error, Result, Stop, python};

/// The groups of neighbours in `target` that have equal keys; none if it is `None`.
///
/// # Errors
///
/// `Stop`, after reporting, if `target` cannot be iterated over or a key raised.
pub fn regroup(
    target: &Value,
    mut key: impl FnMut(View<'_>) -> Result<Value, Stop>,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Value, Stop> {
    if matches!(target, Value::None) {
        return Ok(Value::list([]));
    }
    let report = |error: Error| stop(&error, &f.failure, unit, site);
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in python::iterate(target).map_err(report)? {
        let item = item.into_owned();
        let found = key(View::of(&item))?;
        match groups.last_mut() {
            Some((grouper, list)) if python::equal(grouper, &found) => list.push(item),
            _ => groups.push((found, vec![item])),
        }
    }
    Ok(Value::list(groups.into_iter().map(|(grouper, list)| {
        Value::object(GroupedResult {
            grouper,
            list: Value::list(list),
        })
    })))
}

/// A named tuple of a key and what has it.
struct GroupedResult {
    grouper: Value,
    list: Value,
}

impl GroupedResult {
    fn parts(&self) -> [Value; 2] {
        [self.grouper.clone(), self.list.clone()]
    }
}

impl Object for GroupedResult {
    fn type_name(&self) -> &str {
        "GroupedResult"
    }

    fn item(&self, key: &Value) -> Lookup {
        match key {
            Value::Int(0 | -2) => Lookup::Found(self.grouper.clone()),
            Value::Int(1 | -1) => Lookup::Found(self.list.clone()),
            Value::Int(_) => {
                Lookup::Raised(Exception::new("IndexError", "tuple index out of range"))
            }
            _ => Lookup::Missing,
        }
    }

    fn attribute(&self, name: &str) -> Lookup {
        match name {
            "grouper" => Lookup::Found(self.grouper.clone()),
            "list" => Lookup::Found(self.list.clone()),
            _ => Lookup::Missing,
        }
    }

    fn repr(&self) -> String {
        // What nests too deeply to be printed is left out.
        let repr = |value| python::repr(value).unwrap_or_default();
        let (grouper, list) = (repr(&self.grouper), repr(&self.list));
        format!("GroupedResult(grouper={grouper}, list={list})")
    }

    fn length(&self) -> Option<usize> {
        Some(2)
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.parts().to_vec()))
    }

    fn plain(&self) -> Option<Value> {
        Some(Value::tuple(self.parts()))
    }
}

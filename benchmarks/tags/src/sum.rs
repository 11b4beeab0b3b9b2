//! What the tags do, for a peer too that has a context of its own.

use hotplate_plugin_api::Value;

/// The sum so far with the item's length added.
pub(crate) fn add(item: Option<&Value>, sum: Option<&Value>) -> Value {
    let length = match item {
        Some(Value::Str(text)) => text.as_str().len(),
        _ => 0,
    };
    let before = match sum {
        Some(Value::Int(sum)) => *sum,
        _ => 0,
    };
    Value::Int(before + i64::try_from(length).unwrap_or(i64::MAX))
}

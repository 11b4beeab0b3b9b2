//! Filters for lists and other sequences.

use hotplate_plugin_api::value::{Bytes, Lookup, Ref, Value};

use super::slices::{clamp, indices};
use super::{Call, string_argument};
use crate::attributes::{self, Attribute};
use crate::python::{
    conditional_escape, dict_get, iterate, length as length_of, less, parse_float, parse_int,
    plain_value, text, truth, type_name,
};
use crate::{Error, Result, python};

/// How deep lists may be nested.
const MAX_DEPTH: usize = 450;

/// `first`: the first item, or nothing if there is none.
///
/// # Errors
///
/// `TypeError` for what has no items by number, `KeyError` for a dictionary without
/// the key 0.
pub fn first(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    end(value, 0)
}

/// `last`: the last item, or nothing if there is none.
///
/// # Errors
///
/// As for [`first`], with the key -1.
pub fn last(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    end(value, -1)
}

/// `value[index]`, for the indices 0 and -1; nothing where that is an `IndexError`.
fn end(value: &Value, index: i64) -> Result<Value> {
    let found = match value {
        Value::List(items) | Value::Tuple(items) => {
            let item = if index == 0 {
                items.first()
            } else {
                items.last()
            };
            item.cloned()
        }
        Value::Str(text) => {
            let mut characters = text.as_str().chars();
            let character = if index == 0 {
                characters.next()
            } else {
                characters.next_back()
            };
            character.map(Value::str)
        }
        Value::Dict(dict) => match dict.get_int(index) {
            Some(value) => Some(value.clone()),
            None => return Err(Error::raise("KeyError", index.to_string())),
        },
        Value::Object(object) => match object.item(&Value::Int(index)) {
            Lookup::Found(value) => Some(value),
            Lookup::Raised(exception) if exception.type_name == "IndexError" => None,
            Lookup::Raised(exception) => return Err(exception.into()),
            Lookup::Missing => match object.plain() {
                Some(plain) => return end(&plain, index),
                None => match no_item(value, &Value::Int(index)) {
                    error if error.is("IndexError") => None,
                    error => return Err(error),
                },
            },
        },
        Value::Bytes(_) => item_at(value, index),
        _ => return Err(not_subscriptable(value)),
    };
    Ok(found.unwrap_or_else(|| Value::str("")))
}

#[cold]
fn not_subscriptable(value: &Value) -> Error {
    Error::type_error(format!(
        "'{}' object is not subscriptable",
        type_name(value)
    ))
}

/// What `object[key]` raises where an object has no such item.
#[cold]
fn no_item(value: &Value, key: &Value) -> Error {
    let name = type_name(value);
    match &*name {
        "range" if matches!(key, Value::Str(_)) => {
            Error::type_error("range indices must be integers or slices, not str")
        }
        "range" => Error::raise("IndexError", "range object index out of range"),
        "MultiValueDict" | "QueryDict" => {
            let key = python::repr(key).unwrap_or_default();
            Error::raise("MultiValueDictKeyError", key)
        }
        _ => not_subscriptable(value),
    }
}

/// `length`: the number of items or characters, 0 for what has no length.
///
/// # Errors
///
/// None.
pub fn length(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(Value::from(length_of(value).unwrap_or(0)))
}

/// `join`: the items with the argument between them.
///
/// Where output is escaped, each item and the argument are. A value without items is
/// given back, and so is, where output is not escaped, one whose items are not all
/// strings.
///
/// # Errors
///
/// `AttributeError` if the argument is no string and output is not escaped; what
/// items raise.
pub fn join(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let separator = if call.autoescape {
        conditional_escape(&arguments[0])?
    } else {
        match string_argument(&arguments[0], "join") {
            Err(error) if error.is("TypeError") => return Ok(value.clone()),
            separator => separator?,
        }
    };
    let items = match iterate(value) {
        Ok(items) => items,
        Err(error) if error.is("TypeError") => return Ok(value.clone()),
        Err(error) => return Err(error),
    };
    let mut out = String::new();
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push_str(separator.as_str());
        }
        if out.len() > call.limit {
            let message = format!("join would make more than {} bytes", call.limit);
            return Err(Error::limit(message));
        }
        match &*item {
            item if call.autoescape => match conditional_escape(item) {
                Ok(text) => out.push_str(text.as_str()),
                Err(error) if error.is("TypeError") => return Ok(value.clone()),
                Err(error) => return Err(error),
            },
            Value::Str(text) => out.push_str(text.as_str()),
            item => match python::string(item) {
                Some(text) => out.push_str(text.as_str()),
                None => return Ok(value.clone()),
            },
        }
    }
    Ok(Value::safe(out))
}

/// `slice`: part of a list or string, by Python's `start:stop:step`.
///
/// What cannot be sliced, or not so, is given back.
///
/// # Errors
///
/// What the argument's text raises, but for a wrong type, value or key.
pub fn slice(_: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let argument = match text(&arguments[0]) {
        Err(error)
            if ["KeyError", "TypeError", "ValueError"]
                .iter()
                .any(|kind| error.is(kind)) =>
        {
            return Ok(value.clone());
        }
        argument => argument?,
    };
    let mut bits = Vec::new();
    for bit in argument.as_str().split(':') {
        let number = match bit {
            "" => None,
            bit => match parse_int(bit) {
                Some(number) => Some(clamp(&number)),
                None => return Ok(value.clone()),
            },
        };
        bits.push(number);
    }
    let (start, stop, step) = match bits[..] {
        [stop] => (None, stop, None),
        [start, stop] => (start, stop, None),
        [start, stop, step] => (start, stop, step),
        _ => return Ok(value.clone()),
    };
    let step = step.unwrap_or(1);
    if step == 0 {
        return Ok(value.clone());
    }
    let places = |length| indices(start, stop, step, length);
    Ok(match &*plain_value(value) {
        Value::List(items) => Value::list(places(items.len()).map(|at| items[at].clone())),
        Value::Tuple(items) => Value::tuple(places(items.len()).map(|at| items[at].clone())),
        Value::Str(text) => {
            let characters: Vec<char> = text.as_str().chars().collect();
            let part: String = places(characters.len()).map(|at| characters[at]).collect();
            Value::str(part)
        }
        Value::Bytes(bytes) => {
            let bytes = bytes.as_slice();
            let part = places(bytes.len()).map(|at| bytes[at]).collect();
            Value::Bytes(Bytes::new(part))
        }
        // What has items by number is taken for a sequence.
        Value::Object(object)
            if matches!(object.item(&Value::Int(0)), Lookup::Found(_))
                && object.items().is_some() =>
        {
            let items = object.items().transpose()?.unwrap_or_default();
            Value::list(places(items.len()).map(|at| items[at].clone()))
        }
        _ => value.clone(),
    })
}

/// `dictsort`: the items in the order of what the argument names in each.
///
/// # Errors
///
/// `KeyError` or `IndexError` if the argument is a number and an item lacks it.
pub fn dictsort(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    silently(sorted(call, value, &arguments[0], false))
}

/// `dictsortreversed`: as [`dictsort`], in descending order.
///
/// # Errors
///
/// As for [`dictsort`].
pub fn dictsortreversed(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    silently(sorted(call, value, &arguments[0], true))
}

fn silently(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.is("AttributeError") || error.is("TypeError") => Ok(Value::str("")),
        result => result,
    }
}

fn sorted(call: &Call<'_>, value: &Value, key: &Value, reverse: bool) -> Result<Value> {
    let mut items = Vec::new();
    for item in iterate(value)? {
        items.push((sort_key(call, &item, key)?, item.into_owned()));
    }
    // Equal items keep their order, also where the order is descending.
    if reverse {
        items.reverse();
    }
    let mut items = merge_sort(items, &|left: &(Value, Value), right: &(Value, Value)| {
        less(&left.0, &right.0)
    })?;
    if reverse {
        items.reverse();
    }
    Ok(Value::list(items.into_iter().map(|(_, item)| item)))
}

fn sort_key(call: &Call<'_>, item: &Value, key: &Value) -> Result<Value> {
    let path = match key {
        Value::Str(path) => path.as_str(),
        Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::BigInt(_) => {
            return subscript(item, key);
        }
        _ => {
            let message = "float() argument must be a string or a real number";
            return Err(Error::type_error(message));
        }
    };
    if parse_float(path).is_some() {
        return subscript(item, key);
    }
    if path.is_empty() {
        return Err(Error::raise("IndexError", "string index out of range"));
    }
    if path.starts_with('_') || path.contains("._") {
        let message = "Access to private variables is forbidden.";
        return Err(Error::raise("AttributeError", message));
    }
    let mut value = item.clone();
    for part in path.split('.') {
        value = match subscript(&value, &Value::str(part)) {
            Ok(value) => value,
            Err(error) if is_lookup_failure(&error) => attribute(call, &value, part)?,
            Err(error) => return Err(error),
        };
    }
    Ok(value)
}

fn is_lookup_failure(error: &Error) -> bool {
    [
        "AttributeError",
        "IndexError",
        "KeyError",
        "MultiValueDictKeyError",
        "TypeError",
        "ValueError",
    ]
    .iter()
    .any(|exception| error.is(exception))
}

fn attribute(call: &Call<'_>, value: &Value, name: &str) -> Result<Value> {
    if let Value::Object(object) = value {
        match object.attribute(name) {
            Lookup::Found(value) => return Ok(value),
            Lookup::Raised(exception) => return Err(exception.into()),
            Lookup::Missing => {}
        }
    }
    if DATA.contains(&name)
        && let Attribute::Value(found) = attributes::attribute(value, name, call)?
    {
        return Ok(found);
    }
    let message = format!("'{}' object has no attribute '{name}'", type_name(value));
    Err(Error::raise("AttributeError", message))
}

/// Attributes of plain values that are no methods.
const DATA: [&str; 13] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "days",
    "seconds",
    "microseconds",
    "real",
    "imag",
    "numerator",
];

/// `value[key]`.
fn subscript(value: &Value, key: &Value) -> Result<Value> {
    let key_error = || Error::raise("KeyError", python::repr(key).unwrap_or_default());
    match value {
        Value::Dict(dict) => dict_get(dict, key).cloned().ok_or_else(key_error),
        Value::Object(object) => match object.item(key) {
            Lookup::Found(value) => Ok(value),
            Lookup::Raised(exception) => Err(exception.into()),
            Lookup::Missing => match object.plain() {
                Some(plain) => subscript(&plain, key),
                None => Err(no_item(value, key)),
            },
        },
        Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) => {
            let index = match key {
                Value::Int(index) => *index,
                Value::Bool(index) => i64::from(*index),
                Value::BigInt(_) => {
                    let message = "cannot fit 'int' into an index-sized integer";
                    return Err(Error::raise("IndexError", message));
                }
                _ => {
                    let kind = match value {
                        Value::Str(_) => "string".into(),
                        Value::Bytes(_) => "byte".into(),
                        other => type_name(other),
                    };
                    let key = type_name(key);
                    let message = match value {
                        Value::Str(_) => format!("{kind} indices must be integers, not '{key}'"),
                        _ => format!("{kind} indices must be integers or slices, not {key}"),
                    };
                    return Err(Error::type_error(message));
                }
            };
            item_at(value, index).ok_or_else(|| {
                let message = match value {
                    Value::Str(_) => "string index out of range",
                    Value::Bytes(_) => "index out of range",
                    Value::Tuple(_) => "tuple index out of range",
                    _ => "list index out of range",
                };
                Error::raise("IndexError", message)
            })
        }
        _ => Err(not_subscriptable(value)),
    }
}

fn item_at(value: &Value, index: i64) -> Option<Value> {
    let length = i64::try_from(length_of(value)?).ok()?;
    let index = if index < 0 {
        index.checked_add(length)?
    } else {
        index
    };
    let index = usize::try_from(index).ok()?;
    match value {
        Value::List(items) | Value::Tuple(items) => items.get(index).cloned(),
        Value::Str(text) => text.as_str().chars().nth(index).map(Value::str),
        Value::Bytes(bytes) => bytes.as_slice().get(index).copied().map(Value::from),
        _ => None,
    }
}

/// Sorts, stably, by an order that may fail.
///
/// The standard library's sort may panic on an order that is none, which `nan` makes.
pub(super) fn merge_sort<T>(
    mut items: Vec<T>,
    is_less: &impl Fn(&T, &T) -> Result<bool>,
) -> Result<Vec<T>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = merge_sort(items.split_off(items.len() / 2), is_less)?;
    let left = merge_sort(items, is_less)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let from_right = is_less(second, first)?;
        merged.extend(if from_right {
            right.next()
        } else {
            left.next()
        });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// `safeseq`: the items as texts, to be written as they are.
///
/// # Errors
///
/// `TypeError` for what has no items; what the text of one raises.
pub fn safeseq(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let items = iterate(value)?.map(|item| match &*item {
        // It stays what it is, and is written in its own form in HTML.
        Value::Object(object) if object.html().is_some() => Ok(item.into_owned()),
        item => Ok(Value::Str(text(item)?.with_safety(true))),
    });
    Ok(Value::list(items.collect::<Result<Vec<_>>>()?))
}

/// `escapeseq`: the items as texts, escaped where they are not safe.
///
/// # Errors
///
/// As for [`safeseq`].
pub fn escapeseq(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let items = iterate(value)?.map(|item| Ok(Value::Str(conditional_escape(&item)?)));
    Ok(Value::list(items.collect::<Result<Vec<_>>>()?))
}

/// `random`: one of the items, or nothing if there is none.
///
/// # Errors
///
/// `TypeError` for what has no length or no items by number, `KeyError` for a dictionary
/// without a key.
pub fn random(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let Some(length) = length_of(value) else {
        let name = type_name(value);
        let message = format!("object of type '{name}' has no len()");
        return Err(Error::type_error(message));
    };
    if length == 0 {
        return Ok(Value::str(""));
    }
    let place = call.environment.random(length as u64);
    let place = i64::try_from(place).unwrap_or(0);
    match value {
        Value::Object(object) => match object.item(&Value::Int(place)) {
            Lookup::Found(value) => Ok(value),
            Lookup::Raised(exception) => Err(exception.into()),
            Lookup::Missing => match object.plain() {
                Some(plain) => subscript(&plain, &Value::Int(place)),
                None => Err(no_item(value, &Value::Int(place))),
            },
        },
        _ => subscript(value, &Value::Int(place)),
    }
}

/// `unordered_list`: list items of HTML, with a list inside for a list that follows.
///
/// # Errors
///
/// `TypeError` for what has no items; `RecursionError` for lists nested too deeply; what
/// the text of an item raises.
pub fn unordered_list(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let mut out = String::new();
    write_list(call, value, 1, &mut out)?;
    Ok(Value::safe(out))
}

fn write_list(call: &Call<'_>, list: &Value, depth: usize, out: &mut String) -> Result<()> {
    if depth > MAX_DEPTH {
        let message = "maximum recursion depth exceeded";
        return Err(Error::raise("RecursionError", message));
    }
    let indent = "\t".repeat(depth);
    let mut items = iterate(list)?.peekable();
    let mut is_first = true;
    while let Some(item) = items.next() {
        if out.len() > call.limit {
            let message = format!("unordered_list would make more than {} bytes", call.limit);
            return Err(Error::limit(message));
        }
        if !is_first {
            out.push('\n');
        }
        is_first = false;
        out.push_str(&indent);
        out.push_str("<li>");
        let text = if call.autoescape {
            conditional_escape(&item)?
        } else {
            text(&item)?
        };
        out.push_str(text.as_str());
        let children = items.next_if(|next| is_sublist(next));
        if let Some(children) = children.filter(|children| truth(children)) {
            for part in ["\n", &indent, "<ul>\n"] {
                out.push_str(part);
            }
            write_list(call, &children, depth + 1, out)?;
            for part in ["\n", &indent, "</ul>\n", &indent] {
                out.push_str(part);
            }
        }
        out.push_str("</li>");
    }
    Ok(())
}

/// Whether a value after an item is a list that belongs to it.
fn is_sublist(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Tuple(_) => true,
        Value::Object(object) => match object.plain() {
            Some(plain) => matches!(plain, Value::List(_) | Value::Tuple(_)),
            None => object.type_name() == "generator",
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests;

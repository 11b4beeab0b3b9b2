//! Looking dotted names up: key before attribute, attribute before index, and calling
//! what can be called after every part.

use std::borrow::Cow;

use hotplate_plugin_api::render::Found;
use hotplate_plugin_api::value::{Callable, Exception, Lookup, ObjectRef, Ref, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Frame, Scope};

use crate::attributes::{Attribute, attribute};
use crate::filters::Call;
use crate::loops::loop_path;
use crate::{Break, Error, Flow, Missing, python};

/// A lookup that starts in the context. `parts` is the dotted name and not empty.
pub fn context<'a>(
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
    s: &Scope<'a>,
) -> Flow<'a> {
    let name = parts.first().copied().unwrap_or_default();
    let start = match s.get(name) {
        Some(Found::Value(value)) => value,
        Some(Found::View(view)) => return seen(view, parts, 1, missing, f),
        Some(Found::Loop(state)) => return loop_path(state, parts, missing, f),
        None => match name {
            "True" => Ref::Owned(Value::Bool(true)),
            "False" => Ref::Owned(Value::Bool(false)),
            "None" => Ref::Owned(Value::None),
            _ => return finish(Err(Failed::Missing(name)), parts, missing, f),
        },
    };
    path(start, parts, 1, missing, f)
}

/// A lookup that starts from a local value, whose name is the first of `parts`.
pub fn local<'a>(
    view: View<'a>,
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    let Some(value) = view.as_value() else {
        return seen(view, parts, 1, missing, f);
    };
    if parts.len() == 1 && !matches!(value, Value::Object(_)) {
        return Ok(Ref::Borrowed(value));
    }
    path(Ref::Borrowed(value), parts, 1, missing, f)
}

/// The rest of a lookup that has come to data of the program's own with the first `done`
/// parts.
pub(crate) fn seen<'a>(
    start: View<'a>,
    parts: &[&'static str],
    done: usize,
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    let (end, done) = follow(start, parts, done);
    path(end.to_ref(), parts, done, missing, f)
}

/// Follows a lookup for as long as it leads from data of the program's own to such data.
/// Gives where it has come to, and with how many parts.
pub(crate) fn follow<'a>(
    start: View<'a>,
    parts: &[&'static str],
    mut done: usize,
) -> (View<'a>, usize) {
    let mut current = start;
    while let Some(&part) = parts.get(done) {
        let Some(next) = part_of(current, part) else {
            break;
        };
        current = next;
        done += 1;
    }
    (current, done)
}

/// What is under a name in data of the program's own; nothing for what only values have.
fn part_of<'a>(view: View<'a>, part: &str) -> Option<View<'a>> {
    match view.read() {
        Reading::Record => view.field(part),
        Reading::Map(map) => map.get(part),
        Reading::Sequence(items) => {
            let index = part.parse().ok().filter(|index| *index < items.len());
            index.map(|index| items.get(index))
        }
        _ => None,
    }
}

/// The rest of a lookup that has come to `start` with the first `done` parts.
pub(crate) fn path<'a>(
    start: Ref<'a>,
    parts: &[&'static str],
    done: usize,
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    let rest = parts.get(done..).unwrap_or_default();
    if rest.is_empty() && !matches!(*start, Value::Object(_)) {
        return Ok(start);
    }
    finish(walk(start, rest, f), parts, missing, f)
}

/// Why a lookup has no result.
pub(crate) enum Failed {
    /// Nothing is under this key.
    Missing(&'static str),
    /// An exception that templates pass over in silence.
    Silent,
    /// An exception.
    Raised(Error),
}

impl From<Exception> for Failed {
    fn from(exception: Exception) -> Self {
        if exception.silent {
            Self::Silent
        } else {
            Self::Raised(exception.into())
        }
    }
}

/// Turns a failed lookup into what stands in for it.
pub(crate) fn finish<'a>(
    result: Result<Ref<'a>, Failed>,
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    let key = match result {
        Ok(value) => return Ok(value),
        Err(Failed::Raised(error)) => return Err(Break::Error(error)),
        Err(Failed::Silent) => return Ok(Ref::Owned(invalid(f))),
        Err(Failed::Missing(key)) => key,
    };
    match missing {
        Missing::None => Ok(Ref::Owned(Value::None)),
        Missing::Raise => Err(Break::Error(Error::Missing(Cow::Borrowed(key)))),
        Missing::Invalid => {
            let pattern = f.string_if_invalid.as_str();
            if pattern.is_empty() {
                Ok(Ref::Owned(Value::str("")))
            } else if pattern.contains("%s") {
                let name = parts.join(".");
                let text = pattern.replace("%s", &name).replace("%%", "%");
                Err(Break::Invalid(Value::str(text)))
            } else {
                Err(Break::Invalid(Value::str(pattern)))
            }
        }
    }
}

fn invalid(f: &Frame<'_>) -> Value {
    Value::str(f.string_if_invalid.as_str())
}

fn walk<'a>(start: Ref<'a>, rest: &[&'static str], f: &Frame<'_>) -> Result<Ref<'a>, Failed> {
    let mut current = call(start, f)?;
    for &part in rest {
        let next = match current {
            Ref::Borrowed(value) => step(value, part, f)?,
            Ref::Owned(value) => step(&value, part, f)?.map(|found| Ref::Owned(found.into_owned())),
        };
        current = call(next.ok_or(Failed::Missing(part))?, f)?;
    }
    Ok(current)
}

/// What a template makes of a value it has just found: the result of calling it, if it
/// can be called.
fn call<'a>(value: Ref<'a>, f: &Frame<'_>) -> Result<Ref<'a>, Failed> {
    let Value::Object(object) = &*value else {
        return Ok(value);
    };
    match object.callable() {
        Callable::No | Callable::DoNotCall => Ok(value),
        Callable::NeedsArguments | Callable::AltersData => Ok(Ref::Owned(invalid(f))),
        Callable::Yes => Ok(Ref::Owned(object.call()?)),
    }
}

/// One part of a lookup.
fn step<'v>(value: &'v Value, part: &str, f: &Frame<'_>) -> Result<Option<Ref<'v>>, Failed> {
    if let Value::Object(object) = value {
        return object_step(object, part, f);
    }
    if let Value::Dict(dict) = value
        && let Some(found) = dict.get_str(part)
    {
        return Ok(Some(Ref::Borrowed(found)));
    }
    if let Some(found) = attribute_step(value, part, f)? {
        return Ok(Some(Ref::Owned(found)));
    }
    let Some(index) = python::parse_int(part) else {
        return Ok(None);
    };
    if let Value::Dict(dict) = value {
        return Ok(dict.get(&index).map(Ref::Borrowed));
    }
    let place = match index {
        Value::Int(index) => usize::try_from(index).ok(),
        _ => None,
    };
    let Some(place) = place else {
        return Ok(None);
    };
    Ok(match value {
        Value::List(items) | Value::Tuple(items) => items.get(place).map(Ref::Borrowed),
        Value::Str(text) => {
            let character = text.as_str().chars().nth(place);
            character.map(|character| Ref::Owned(Value::str(character)))
        }
        Value::Bytes(bytes) => {
            let byte = bytes.as_slice().get(place);
            byte.map(|byte| Ref::Owned(Value::from(*byte)))
        }
        _ => None,
    })
}

/// What a value of Python's own types has under a name.
fn attribute_step(value: &Value, part: &str, f: &Frame<'_>) -> Result<Option<Value>, Failed> {
    match attribute(value, part, &Call::new(f)).map_err(Failed::Raised)? {
        Attribute::Value(found) => Ok(Some(found)),
        Attribute::NeedsArguments => Ok(Some(invalid(f))),
        Attribute::Missing => Ok(None),
    }
}

fn object_step<'v>(
    object: &ObjectRef,
    part: &str,
    f: &Frame<'_>,
) -> Result<Option<Ref<'v>>, Failed> {
    let is_passed_over = |exception: &Exception| {
        matches!(
            exception.type_name.as_str(),
            "TypeError" | "AttributeError" | "KeyError" | "ValueError" | "IndexError"
        )
    };
    match object.item(&Value::str(part)) {
        Lookup::Found(found) => return Ok(Some(Ref::Owned(found))),
        Lookup::Raised(exception) if !is_passed_over(&exception) => return Err(exception.into()),
        Lookup::Raised(_) | Lookup::Missing => {}
    }
    match object.attribute(part) {
        Lookup::Found(found) => return Ok(Some(Ref::Owned(found))),
        Lookup::Raised(exception) => return Err(exception.into()),
        Lookup::Missing => {}
    }
    // What the class does not define, it has from the type it is derived from.
    let plain = object
        .plain()
        .filter(|plain| !matches!(plain, Value::Object(_)));
    if let Some(plain) = &plain
        && let Some(found) = attribute_step(plain, part, f)?
    {
        return Ok(Some(Ref::Owned(found)));
    }
    let Some(index) = python::parse_int(part) else {
        return Ok(None);
    };
    match object.item(&index) {
        Lookup::Found(found) => Ok(Some(Ref::Owned(found))),
        Lookup::Raised(exception)
            if !is_passed_over(&exception) || exception.type_name == "AttributeError" =>
        {
            Err(exception.into())
        }
        Lookup::Raised(_) => Ok(None),
        Lookup::Missing => match plain {
            Some(plain) => {
                let found = step(&plain, part, f)?;
                Ok(found.map(|found| Ref::Owned(found.into_owned())))
            }
            None => Ok(None),
        },
    }
}

//! `for` loops and their `forloop`.

use std::mem::ManuallyDrop;

use hotplate_plugin_api::render::Found;
use hotplate_plugin_api::value::{Dict, List, Ref, Value};
use hotplate_plugin_api::view::{Reading, Sequence, View};
use hotplate_plugin_api::{Frame, Local, LoopState, Scope};

use crate::flow::stop;
use crate::lookup::{path, seen};
use crate::release::release;
use crate::{Error, Flow, Missing, Result, Stop, bind, python};

/// The items that a loop goes through.
#[derive(Debug)]
pub struct Items<'a> {
    items: ManuallyDrop<Kind<'a>>,
    reversed: bool,
}

impl Drop for Items<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        release(&mut self.items, Kind::Borrowed(&[]));
    }
}

enum Kind<'a> {
    Borrowed(&'a [Value]),
    Shared(Shared),
    Views(Sequence<'a>),
    Collected(Vec<Ref<'a>>),
}

/// A list that nobody else may hold.
struct Shared(List);

impl std::fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        match self {
            Self::Borrowed(items) => list.entries(items.iter()),
            Self::Shared(items) => list.entries(items.0.iter()),
            Self::Views(items) => list.entries(items.iter()),
            Self::Collected(items) => list.entries(items),
        };
        list.finish()
    }
}

/// What stands in for an item that an object promised but did not give.
static NONE: Value = Value::None;

impl<'a> Items<'a> {
    fn new(items: Kind<'a>, reversed: bool) -> Self {
        let items = ManuallyDrop::new(items);
        Self { items, reversed }
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        match &*self.items {
            Kind::Borrowed(items) => items.len(),
            Kind::Shared(items) => items.0.len(),
            Kind::Views(items) => items.len(),
            Kind::Collected(items) => items.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item that the loop comes to after `index` others; `None` beyond the last.
    #[inline]
    pub fn get(&self, index: usize) -> View<'_> {
        let place = if self.reversed {
            self.len().wrapping_sub(index + 1)
        } else {
            index
        };
        let item = match &*self.items {
            Kind::Borrowed(items) => items.get(place),
            Kind::Shared(items) => items.0.get(place),
            Kind::Views(items) if place < items.len() => return items.get(place),
            Kind::Views(_) => None,
            Kind::Collected(items) => items.get(place).map(|item| &**item),
        };
        View::of(item.unwrap_or(&NONE))
    }
}

/// The items of what a loop goes over.
///
/// # Errors
///
/// `Stop`, after reporting, if the value cannot be iterated over.
pub fn items<'a>(
    sequence: Flow<'a>,
    reversed: bool,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Items<'a>, Stop> {
    let value = bind(sequence, f, unit, site)?;
    if reversed && matches!(&*value, Value::Set(items) if !items.is_empty()) {
        let error = Error::type_error("'set' object is not reversible");
        return Err(stop(&error, &f.failure, unit, site));
    }
    match collect(value) {
        Ok(items) => Ok(Items::new(items, reversed)),
        Err(error) => Err(stop(&error, &f.failure, unit, site)),
    }
}

/// The same without looking further than at what is a list already.
pub(crate) fn view_items(view: View<'_>, reversed: bool) -> Option<Items<'_>> {
    let items = match view.as_value() {
        Some(Value::List(items) | Value::Tuple(items)) => Kind::Borrowed(items),
        Some(_) => return None,
        None => match view.read() {
            Reading::Sequence(items) => Kind::Views(items),
            _ => return None,
        },
    };
    Some(Items::new(items, reversed))
}

fn collect(value: Ref<'_>) -> Result<Kind<'_>> {
    match value {
        Ref::Borrowed(Value::List(items) | Value::Tuple(items)) => Ok(Kind::Borrowed(items)),
        Ref::Owned(Value::List(items) | Value::Tuple(items)) => Ok(Kind::Shared(Shared(items))),
        value if matches!(*value, Value::None) || python::length(&value) == Some(0) => {
            Ok(Kind::Borrowed(&[]))
        }
        Ref::Borrowed(value) => Ok(Kind::Collected(python::iterate(value)?.collect())),
        Ref::Owned(value) => {
            let items = python::iterate(&value)?;
            let owned = items.map(|item| Ref::Owned(item.into_owned()));
            Ok(Kind::Collected(owned.collect()))
        }
    }
}

/// The parts of an item for a loop with `count` variables.
///
/// # Errors
///
/// `Stop`, after reporting `ValueError`, if the item has another length.
pub fn unpack<'a>(
    item: View<'a>,
    count: usize,
    f: &Frame<'_>,
    unit: &str,
    site: u32,
) -> Result<Items<'a>, Stop> {
    if let Some(items) = view_items(item, false)
        && items.len() == count
    {
        return Ok(items);
    }
    let item = item.to_ref();
    let length = python::length(&item).unwrap_or(1);
    let result = if length == count {
        collect(item)
    } else {
        let message = format!("Need {count} values to unpack in for loop; got {length}. ");
        Err(Error::value_error(message))
    };
    match result {
        Ok(items) => Ok(Items::new(items, false)),
        Err(error) => Err(stop(&error, &f.failure, unit, site)),
    }
}

/// The state of a loop at its start.
pub fn loop_state<'a>(items: &Items<'_>, parent: Local<'a>) -> LoopState<'a> {
    LoopState {
        index: 0,
        length: items.len(),
        parent,
        serial: 0,
    }
}

/// The same for a loop that other units can see.
pub fn seen_loop_state<'a>(
    items: &Items<'_>,
    parent: Local<'a>,
    f: &mut Frame<'_>,
) -> LoopState<'a> {
    LoopState {
        serial: f.next_serial(),
        ..loop_state(items, parent)
    }
}

/// What `forloop` means before a loop starts.
pub struct Outer<'a>(ManuallyDrop<Option<Found<'a>>>);

impl std::fmt::Debug for Outer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Outer").field(&*self.0).finish()
    }
}

impl Drop for Outer<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        release(&mut self.0, None);
    }
}

/// What `forloop` means in a scope.
pub fn outer_loop<'a>(s: &Scope<'a>) -> Outer<'a> {
    Outer(ManuallyDrop::new(s.get("forloop")))
}

/// The same as a local.
#[inline(never)]
pub fn outer_local<'a>(outer: &'a Outer<'a>) -> Local<'a> {
    match &*outer.0 {
        None => Local::Unset,
        Some(Found::Value(value)) => Local::Value(View::of(value)),
        Some(Found::View(view)) => Local::Value(*view),
        Some(Found::Loop(state)) => Local::Loop(state),
    }
}

/// The plain fields of `forloop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopField {
    /// `counter`
    Counter,
    /// `counter0`
    Counter0,
    /// `revcounter`
    RevCounter,
    /// `revcounter0`
    RevCounter0,
    /// `first`
    First,
    /// `last`
    Last,
    /// `length`
    Length,
}

/// A field of a loop.
pub fn loop_field(state: &LoopState<'_>, field: LoopField) -> Flow<'static> {
    Ok(Ref::Owned(field_value(state, field)))
}

pub(crate) fn field_value(state: &LoopState<'_>, field: LoopField) -> Value {
    field_of(state.index, state.length, field)
}

/// A field of a loop that has come to item `index` of `length`.
pub(crate) fn field_of(index: usize, length: usize, field: LoopField) -> Value {
    match field {
        LoopField::Counter => (index + 1).into(),
        LoopField::Counter0 => index.into(),
        LoopField::RevCounter => length.saturating_sub(index).into(),
        LoopField::RevCounter0 => length.saturating_sub(index + 1).into(),
        LoopField::First => (index == 0).into(),
        LoopField::Last => (index + 1 == length).into(),
        LoopField::Length => length.into(),
    }
}

/// The fields in the order in which Django makes them, after `parentloop`.
const FIELDS: [(&str, LoopField); 7] = [
    ("length", LoopField::Length),
    ("counter0", LoopField::Counter0),
    ("counter", LoopField::Counter),
    ("revcounter", LoopField::RevCounter),
    ("revcounter0", LoopField::RevCounter0),
    ("first", LoopField::First),
    ("last", LoopField::Last),
];

/// Any lookup that starts from a loop, whose name is the first of `parts`.
pub fn loop_path<'a>(
    state: &LoopState<'a>,
    parts: &[&'static str],
    missing: Missing,
    f: &Frame<'_>,
) -> Flow<'a> {
    let mut state = *state;
    let mut done = 1;
    while parts.get(done) == Some(&"parentloop") {
        done += 1;
        match state.parent {
            Local::Loop(outer) => state = *outer,
            Local::Value(view) => return seen(view, parts, done, missing, f),
            Local::Unset => {
                let nothing = Value::Dict(Dict::from_iter([]));
                return path(Ref::Owned(nothing), parts, done, missing, f);
            }
        }
    }
    if let Some(name) = parts.get(done)
        && let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| known == name)
    {
        let value = field_value(&state, field);
        return path(Ref::Owned(value), parts, done + 1, missing, f);
    }
    path(Ref::Owned(state.to_value()), parts, done, missing, f)
}

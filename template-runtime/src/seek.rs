//! Looking dotted names up where nothing has to be called or made: in dictionaries and in
//! data of the program's own. Whatever else there is, [`lookup`](crate::lookup) does.

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::value::same_text;
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Local, Scope};

use crate::spot::Guesses;

/// What a name that starts from a local leads to.
#[inline]
pub(crate) fn find<'a>(
    local: View<'a>,
    parts: &[&'static str],
    guesses: &Guesses,
) -> Option<View<'a>> {
    find_after(local, parts, 1, guesses)
}

/// The same with what the first `done` parts lead to.
#[inline]
pub(crate) fn find_after<'a>(
    start: View<'a>,
    parts: &[&'static str],
    done: usize,
    guesses: &Guesses,
) -> Option<View<'a>> {
    let mut current = start;
    let known = guesses.read();
    let mut place = done;
    while let Some(part) = parts.get(place) {
        current = step(current, part, place, known, guesses)?;
        place += 1;
    }
    end(current)
}

/// What a name in the context leads to.
#[inline]
pub(crate) fn find_in_scope<'a>(
    s: &Scope<'a>,
    parts: &[&'static str],
    guesses: &Guesses,
) -> Option<View<'a>> {
    let known = guesses.read();
    let (first, rest) = parts.split_first()?;
    let mut current = name(s, first, known, guesses)?;
    for (place, part) in rest.iter().enumerate() {
        current = step(current, part, place + 1, known, guesses)?;
    }
    end(current)
}

/// What a lookup comes to, unless that may be something to call.
#[inline]
fn end(found: View<'_>) -> Option<View<'_>> {
    let found = match found.table() {
        None => found,
        // An empty option is `None`.
        Some(_) => match found.resolve() {
            Some(found) => found,
            None => return Some(View::nothing()),
        },
    };
    match found.as_value() {
        Some(Value::Object(_)) => None,
        _ => Some(found),
    }
}

/// What the scope has under a name.
#[inline]
fn name<'a>(s: &Scope<'a>, name: &str, known: u64, guesses: &Guesses) -> Option<View<'a>> {
    let mut scope = s;
    loop {
        if scope.assigned.is_some() {
            return None;
        }
        let (names, values) = (scope.names.as_slice(), scope.values.as_slice());
        for (defined, value) in names.iter().zip(values).rev() {
            if same_text(defined.as_str(), name) {
                match *value {
                    Local::Unset => {}
                    Local::Value(view) => return Some(view),
                    Local::Loop(_) => return None,
                }
            }
        }
        if let Some(found) = step(scope.context, name, 0, known, guesses) {
            return Some(found);
        }
        // An object may have the name all the same.
        let context = scope.context.resolve()?;
        if matches!(context.as_value(), Some(Value::Object(_))) {
            return None;
        }
        scope = scope.parent?;
    }
}

/// One part of a lookup.
#[inline]
fn step<'a>(
    view: View<'a>,
    part: &str,
    place: usize,
    known: u64,
    guesses: &Guesses,
) -> Option<View<'a>> {
    let guess = Guesses::of(known, place);
    match view.as_value() {
        Some(Value::Dict(dict)) => match dict.at(guess, part) {
            Some(value) => Some(View::of(value)),
            None => {
                let slot = dict.place(part)?;
                guesses.learn(place, slot);
                Some(View::of(dict.values().get(slot)?))
            }
        },
        Some(_) => None,
        None => match view.field_at(guess, part) {
            Some(found) => Some(found),
            None => step_elsewhere(view, part, place, known, guesses),
        },
    }
}

#[inline(never)]
fn step_elsewhere<'a>(
    view: View<'a>,
    part: &str,
    place: usize,
    known: u64,
    guesses: &Guesses,
) -> Option<View<'a>> {
    match view.read() {
        Reading::Record => {
            let slot = view.field_slot(part)?;
            guesses.learn(place, slot);
            view.field_at(slot, part)
        }
        Reading::Value(value) => step(View::of(value), part, place, known, guesses),
        Reading::Map(map) => map.get(part),
        Reading::Sequence(items) => {
            let index = part.parse().ok().filter(|index| *index < items.len());
            index.map(|index| items.get(index))
        }
        _ => None,
    }
}

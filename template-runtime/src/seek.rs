//! Looking dotted names up where nothing has to be called or made: in dictionaries and in
//! data of the program's own. Whatever else there is, [`lookup`](crate::lookup) does.

use std::sync::atomic::{AtomicU64, Ordering};

use hotplate_plugin_api::value::same_text;
use hotplate_plugin_api::value::{Dict, Mark, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Local, Scope};

use crate::Start;

/// A dotted name, and what is known of the way to what it leads to.
// What names of one or two parts need comes first, so that it is in one line of the cache.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Path {
    /// The first part.
    root: &'static str,
    guesses: Guesses,
    /// Of the first parts.
    marks: [Mark; MARKED],
    /// The second part of three.
    middle: &'static str,
    parts: &'static [&'static str],
}

/// How many parts have marks. Of more, only texts are compared.
const MARKED: usize = 3;

impl Path {
    /// The name that a lookup consists of; empty for what is none.
    pub(crate) const fn of(start: Start) -> Self {
        let parts = match start {
            Start::Context(parts) | Start::Local(parts) | Start::Field(_, parts) => parts,
            Start::Loop(_) | Start::Text(_) | Start::Int(_) | Start::Float(_) => &[],
        };
        Self {
            root: match parts {
                [root, ..] => root,
                [] => "",
            },
            guesses: Guesses::new(),
            marks: Mark::of_first(parts),
            middle: match parts {
                [_, middle, _] => middle,
                _ => "",
            },
            parts,
        }
    }

    /// One part with what is known of it.
    #[inline(always)]
    fn part(&self, place: usize) -> Part<'_> {
        Part {
            path: self,
            place,
            mark: self.marks.get(place).copied().unwrap_or(Mark::LONG),
            guess: self.guesses.of(place),
        }
    }

    /// What part `place` is in a dictionary, if it is where it was the last time.
    #[inline(always)]
    pub(crate) fn guess<'a>(&self, place: usize, dict: &'a Dict) -> Option<&'a Value> {
        let part = self.part(place);
        dict.at_mark(part.guess, part.mark)
    }
}

/// A part of a dotted name.
#[derive(Clone, Copy)]
struct Part<'p> {
    path: &'p Path,
    place: usize,
    mark: Mark,
    guess: usize,
}

impl Part<'_> {
    fn text(self) -> &'static str {
        self.path.parts.get(self.place).copied().unwrap_or_default()
    }
}

/// What a name that starts from a local leads to.
#[inline]
pub(crate) fn find<'a>(local: View<'a>, path: &Path) -> Option<View<'a>> {
    find_after(local, path, 1)
}

/// The same with what the first `done` parts lead to.
#[inline]
pub(crate) fn find_after<'a>(start: View<'a>, path: &Path, done: usize) -> Option<View<'a>> {
    let mut current = start;
    for place in done..path.parts.len() {
        current = step(current, path.part(place))?;
    }
    end(current)
}

/// What a name in the context leads to.
#[inline]
pub(crate) fn find_in_scope<'a>(s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
    let first = name(s, path)?;
    find_after(first, path, 1)
}

/// The name that was found last in a scope, for names that follow and start alike.
pub(crate) struct Recent<'a> {
    name: &'static str,
    view: View<'a>,
    /// What the view shows, if that is a value.
    value: Option<&'a Value>,
    /// The part of it that was looked into last, and what that is.
    part: &'static str,
    inner: Option<&'a Dict>,
}

impl<'a> Recent<'a> {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self {
            name: "",
            view: View::nothing(),
            value: None,
            part: "",
            inner: None,
        }
    }

    /// In a scope whose innermost layer defines this name last.
    #[inline(always)]
    pub(crate) fn defined(name: &'static str, view: View<'a>) -> Self {
        Self {
            name,
            view,
            value: view.as_value(),
            ..Self::new()
        }
    }

    /// As [`find_in_scope`], in a scope that has not changed since the last time.
    #[inline(never)]
    pub(crate) fn find(&mut self, s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
        self.look_up(s, path)?;
        find_after(self.view, path, 1)
    }

    /// The same for a name of one part. What is found may be an object.
    #[inline(always)]
    pub(crate) fn guess(&mut self, s: &Scope<'a>, path: &Path) -> Option<&'a Value> {
        self.look_up(s, path)?;
        self.value
    }

    /// The same for a name of two parts, if the first one leads to a dictionary and the second
    /// one to where it did the last time.
    #[inline(always)]
    pub(crate) fn guess_part(&mut self, s: &Scope<'a>, path: &Path) -> Option<&'a Value> {
        path.guess(1, dict_of(self.guess(s, path)?)?)
    }

    /// The same for a name of three parts.
    #[inline(always)]
    pub(crate) fn guess_inner(&mut self, s: &Scope<'a>, path: &Path) -> Option<&'a Value> {
        self.look_up(s, path)?;
        if !std::ptr::eq(self.part, path.middle) {
            self.inner = Some(dict_of(path.guess(1, dict_of(self.value?)?)?)?);
            self.part = path.middle;
        }
        path.guess(2, self.inner?)
    }

    /// Makes the first part of a name the one that was found last; nothing if it is not found.
    #[inline(always)]
    fn look_up(&mut self, s: &Scope<'a>, path: &Path) -> Option<()> {
        // Equal names of one unit mostly are one text in its library.
        if !std::ptr::eq(self.name, path.root) {
            self.view = name(s, path)?;
            self.value = self.view.as_value();
            self.name = path.root;
            self.part = "";
        }
        Some(())
    }
}

#[inline(always)]
fn dict_of(value: &Value) -> Option<&Dict> {
    match value {
        Value::Dict(dict) => Some(dict),
        _ => None,
    }
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

/// What the scope has under the first part of a name.
#[inline(always)]
fn name<'a>(s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
    // What is defined last is mostly what a loop goes through.
    if s.assigned.is_none()
        && let ([.., defined], [.., Local::Value(view)]) = (s.names.as_slice(), s.values.as_slice())
        // In one library, equal names mostly are one text.
        && std::ptr::eq(defined.as_str(), path.root)
        && s.names.len() == s.values.len()
    {
        return Some(*view);
    }
    name_in_scope(s, path)
}

// What is not at hand is a call at the end, so that nothing has to be kept for it.
#[inline(never)]
fn name_in_scope<'a>(s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
    if s.assigned.is_none() {
        match (s.names.as_slice(), s.values.as_slice()) {
            ([], _) => {
                if let Some(Value::Dict(dict)) = s.context.as_value()
                    && let Some(value) = path.guess(0, dict)
                {
                    return Some(View::of(value));
                }
            }
            ([.., defined], [.., Local::Value(view)])
                if is_short(defined.as_str(), path.root) && s.names.len() == s.values.len() =>
            {
                return Some(*view);
            }
            _ => {}
        }
    }
    name_in_layers(s, path)
}

/// Whether a text is this name, and short enough to compare it without a call.
#[inline(always)]
fn is_short(text: &str, name: &str) -> bool {
    const SHORT: usize = 16;

    text.len() == name.len() && name.len() <= SHORT && same_text(text, name)
}

#[inline(never)]
fn name_in_layers<'a>(s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
    let mut scope = s;
    loop {
        if scope.assigned.is_some() {
            return None;
        }
        let (names, values) = (scope.names.as_slice(), scope.values.as_slice());
        for (defined, value) in names.iter().zip(values).rev() {
            if same_text(defined.as_str(), path.root) {
                match *value {
                    Local::Unset => {}
                    Local::Value(view) => return Some(view),
                    Local::Loop(_) => return None,
                }
            }
        }
        // Most layers have no context.
        if !matches!(scope.context.as_value(), Some(Value::None)) {
            if let Some(found) = step(scope.context, path.part(0)) {
                return Some(found);
            }
            // An object may have the name all the same.
            let context = scope.context.resolve()?;
            if matches!(context.as_value(), Some(Value::Object(_))) {
                return None;
            }
        }
        scope = scope.parent?;
    }
}

/// One part of a lookup.
#[inline(always)]
fn step<'a>(view: View<'a>, part: Part<'_>) -> Option<View<'a>> {
    if let Some(Value::Dict(dict)) = view.as_value()
        && let Some(value) = dict.at_mark(part.guess, part.mark)
    {
        return Some(View::of(value));
    }
    step_elsewhere(view, part)
}

#[inline(never)]
fn step_elsewhere<'a>(view: View<'a>, part: Part<'_>) -> Option<View<'a>> {
    let name = part.text();
    let learn = |slot| part.path.guesses.learn(part.place, slot);
    match view.as_value() {
        Some(Value::Dict(dict)) => {
            if let Some(value) = dict.at(part.guess, name) {
                return Some(View::of(value));
            }
            let slot = dict.place(name)?;
            learn(slot);
            return Some(View::of(dict.values().get(slot)?));
        }
        Some(_) => return None,
        None => {}
    }
    if let Some(found) = view.field_at(part.guess, name) {
        return Some(found);
    }
    match view.read() {
        Reading::Record => {
            let slot = view.field_slot(name)?;
            learn(slot);
            view.field_at(slot, name)
        }
        Reading::Value(value) => step_elsewhere(View::of(value), part),
        Reading::Map(map) => map.get(name),
        Reading::Sequence(items) => {
            let index = name.parse().ok().filter(|index| *index < items.len());
            index.map(|index| items.get(index))
        }
        _ => None,
    }
}

/// Where each part of a dotted name was found the last time: a byte for each of the first
/// eight. A guess that is wrong costs time alone, as what is there is compared.
#[derive(Debug)]
struct Guesses(AtomicU64);

impl Guesses {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The guess for part `part`.
    #[inline(always)]
    fn of(&self, part: usize) -> usize {
        usize::from(self.0.load(Ordering::Relaxed).to_le_bytes()[part % 8])
    }

    /// Remembers where part `part` was.
    #[cold]
    fn learn(&self, part: usize, place: usize) {
        if let Ok(place) = u8::try_from(place) {
            let mut guesses = self.0.load(Ordering::Relaxed).to_le_bytes();
            guesses[part % 8] = place;
            self.0.store(u64::from_le_bytes(guesses), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;

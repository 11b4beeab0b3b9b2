//! Looking dotted names up where nothing has to be called or made: in dictionaries and in
//! data of the program's own. Whatever else there is, [`lookup`](crate::lookup) does.

use std::sync::atomic::{AtomicU64, Ordering};

use hotplate_plugin_api::value::same_text;
use hotplate_plugin_api::value::{Dict, Mark, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Local, Scope};

use crate::Start;

/// A dotted name, and what is known of the way to what it leads to.
// What is always needed comes first.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Path {
    /// Of the first parts.
    marks: [Mark; MARKED],
    guesses: Guesses,
    /// The first part.
    root: &'static str,
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
        let mut marks = [Mark::LONG; MARKED];
        let mut place = 0;
        while place < MARKED && place < parts.len() {
            marks[place] = Mark::of(parts[place]);
            place += 1;
        }
        Self {
            marks,
            guesses: Guesses::new(),
            root: match parts {
                [root, ..] => root,
                [] => "",
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
    /// What it leads to, if that is a dictionary.
    dict: Option<&'a Dict>,
    view: View<'a>,
}

impl<'a> Recent<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            name: "",
            dict: None,
            view: View::nothing(),
        }
    }

    /// As [`find_in_scope`], in a scope that has not changed since the last time.
    #[inline(never)]
    pub(crate) fn find(&mut self, s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
        if !self.is_of(path) {
            self.turn(s, path)?;
        }
        find_after(self.view, path, 1)
    }

    /// The same for a name of two or three parts that leads through dictionaries to where it
    /// did the last time. What is found may be an object.
    #[inline(always)]
    pub(crate) fn guess(&mut self, s: &Scope<'a>, path: &Path) -> Option<&'a Value> {
        if !self.is_of(path) {
            self.turn(s, path)?;
        }
        let found = path.guess(1, self.dict?)?;
        match (path.parts.len(), found) {
            (2, found) => Some(found),
            (3, Value::Dict(dict)) => path.guess(2, dict),
            _ => None,
        }
    }

    /// Equal names of one unit mostly are one text in its library.
    #[inline(always)]
    fn is_of(&self, path: &Path) -> bool {
        std::ptr::eq(self.name, path.root)
    }

    #[inline(never)]
    fn turn(&mut self, s: &Scope<'a>, path: &Path) -> Option<()> {
        self.name = "";
        self.view = name(s, path)?;
        self.dict = match self.view.as_value() {
            Some(Value::Dict(dict)) => Some(dict),
            _ => None,
        };
        self.name = path.root;
        Some(())
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
#[inline]
fn name<'a>(s: &Scope<'a>, path: &Path) -> Option<View<'a>> {
    let part = path.part(0);
    let name = part.text();
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
        match scope.context.as_value() {
            Some(Value::None) => {}
            _ => match step(scope.context, part) {
                Some(found) => return Some(found),
                None if may_have_more(scope.context) => return None,
                None => {}
            },
        }
        scope = scope.parent?;
    }
}

/// Whether a context may have a name that is not in it: an object may.
#[cold]
fn may_have_more(context: View<'_>) -> bool {
    match context.resolve() {
        Some(context) => matches!(context.as_value(), Some(Value::Object(_))),
        None => true,
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
            self.0
                .store(u64::from_le_bytes(guesses), Ordering::Relaxed);
        }
    }
}

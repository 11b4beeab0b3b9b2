//! A local of a template, with the fields that the template uses.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use hotplate_plugin_api::LoopState;
use hotplate_plugin_api::value::{Dict, Mark, Shape, Value};
use hotplate_plugin_api::view::{View, ViewTable};

use crate::loops::field_of;
use crate::{Items, LoopField, Start};

/// How many fields of a local have places of their own.
pub const MOST_FIELDS: usize = 16;

/// The place of a field that is not there: nothing has so many.
const NOWHERE: u32 = u32::MAX;

/// The fields of a local that have places, and where dictionaries had them the last time.
#[derive(Debug)]
pub struct Fields {
    names: &'static [&'static str],
    marks: [Mark; MOST_FIELDS],
    /// A guess that is wrong costs time alone, as the key that is there is compared.
    guesses: [AtomicU8; MOST_FIELDS],
}

impl Fields {
    /// Fields of these names; those beyond [`MOST_FIELDS`] are found in another way.
    pub const fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            marks: Mark::of_first(names),
            guesses: [const { AtomicU8::new(0) }; MOST_FIELDS],
        }
    }

    /// Finds the places of the fields in a dictionary.
    #[inline]
    fn find_in(&self, dict: &Dict, places: &mut [u32; MOST_FIELDS]) {
        let fields = self.names.iter().zip(&self.marks).zip(&self.guesses);
        for (((name, mark), guess), place) in fields.zip(places) {
            let guessed = guess.load(Ordering::Relaxed);
            *place = if dict.shape().has_mark(usize::from(guessed), *mark) {
                u32::from(guessed)
            } else {
                learn_place(dict, name, guess)
            };
        }
    }
}

/// Finds a field in a dictionary, for the next time too.
#[cold]
#[inline(never)]
fn learn_place(dict: &Dict, name: &str, guess: &AtomicU8) -> u32 {
    let Some(place) = dict.place(name).and_then(|place| u32::try_from(place).ok()) else {
        return NOWHERE;
    };
    if let Ok(place) = u8::try_from(place) {
        guess.store(place, Ordering::Relaxed);
    }
    place
}

/// A local, mostly the item that a loop has come to.
///
/// The items of a list mostly have the same fields in the same places. So these are looked
/// up for the first item, and again only for one of another shape.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// What a dictionary holds; nothing of anything else.
    values: &'a [Value],
    places: [u32; MOST_FIELDS],
    view: View<'a>,
    known: Known<'a>,
    /// The fields that have places.
    fields: Option<&'static Fields>,
    /// How many items come before this one in the loop.
    pub(crate) index: usize,
    /// How many items the loop has.
    pub(crate) length: usize,
}

/// What the places are those of.
#[derive(Clone, Copy)]
enum Known<'a> {
    Nothing,
    Dict(&'a Shape),
    Record(&'static ViewTable),
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("view", &self.view)
            .field("fields", &self.fields)
            .field("index", &self.index)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// No local.
pub const NO_ROW: Row<'static> = Row::nothing();

impl<'a> Row<'a> {
    /// No local yet, of which these fields will be used.
    pub const fn new(fields: &'static Fields) -> Self {
        Self {
            fields: match fields.names {
                [] => None,
                _ => Some(fields),
            },
            ..Self::nothing()
        }
    }

    const fn nothing() -> Self {
        Self {
            values: &[],
            places: [NOWHERE; MOST_FIELDS],
            view: View::nothing(),
            known: Known::Nothing,
            fields: None,
            index: 0,
            length: 0,
        }
    }

    /// A local of which nothing is known.
    #[inline(never)]
    pub fn of(view: View<'a>) -> Self {
        Self {
            view,
            ..Self::nothing()
        }
    }

    /// Goes to the first item of `length`, which is `value`.
    #[inline(always)]
    pub(crate) fn start(&mut self, value: &'a Value, length: usize) {
        (self.index, self.length) = (0, length);
        self.turn(View::of(value));
    }

    /// Goes to the next item, which is `value`.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, value: &'a Value) {
        self.index += 1;
        self.turn(View::of(value));
    }

    /// Goes to item `index`; false if there are not so many.
    #[inline(never)]
    pub fn take(&mut self, items: &'a Items<'_>, index: usize) -> bool {
        self.index = index;
        self.length = items.len();
        if index >= self.length {
            return false;
        }
        self.turn(items.get(index));
        true
    }

    /// A part of the item that a loop has come to.
    pub fn part(view: View<'a>, state: &LoopState<'_>) -> Self {
        Self {
            view,
            index: state.index,
            length: state.length,
            ..Self::nothing()
        }
    }

    /// Shows another value.
    #[inline]
    pub(crate) fn turn(&mut self, view: View<'a>) {
        self.view = view;
        let Some(fields) = self.fields else {
            return;
        };
        self.values = &[];
        match (view.as_value(), self.known) {
            (Some(Value::Dict(dict)), Known::Dict(known)) if dict.shape().is(known) => {
                self.values = dict.values();
            }
            (Some(Value::Dict(dict)), _) => self.learn_dict(dict, fields),
            (Some(_), _) => {}
            (None, Known::Record(known)) if is_of(view, known) => {}
            (None, _) => self.learn_record(fields),
        }
    }

    #[inline(never)]
    fn learn_dict(&mut self, dict: &'a Dict, fields: &Fields) {
        // Each is written where it stays: a copy of the whole would wait for all of them.
        fields.find_in(dict, &mut self.places);
        self.known = Known::Dict(dict.shape());
        self.values = dict.values();
    }

    #[inline(never)]
    fn learn_record(&mut self, fields: &Fields) {
        let view = self.view;
        self.known = match view.table() {
            Some(table) => Known::Record(table),
            None => Known::Nothing,
        };
        for (place, name) in self.places.iter_mut().zip(fields.names) {
            let found = view.field_slot(name);
            *place = found
                .and_then(|found| u32::try_from(found).ok())
                .unwrap_or(NOWHERE);
        }
    }

    /// The value where it lies.
    #[inline]
    pub fn view(&self) -> View<'a> {
        self.view
    }

    /// A field of a dictionary, by its number among the names.
    #[inline(always)]
    pub(crate) fn value(&self, field: u8) -> Option<&'a Value> {
        let place = self.places[usize::from(field) % MOST_FIELDS];
        self.values.get(place as usize)
    }

    /// A number of the loop.
    #[inline]
    pub(crate) fn loop_number(&self, field: LoopField) -> Option<i64> {
        let number = match field {
            LoopField::Counter => self.index.wrapping_add(1),
            LoopField::Counter0 => self.index,
            LoopField::RevCounter => self.length.saturating_sub(self.index),
            LoopField::RevCounter0 => self.length.saturating_sub(self.index.wrapping_add(1)),
            LoopField::Length => self.length,
            LoopField::First | LoopField::Last => return None,
        };
        i64::try_from(number).ok()
    }

    /// Whether a field of the loop is true.
    #[inline(always)]
    pub(crate) fn loop_truth(&self, start: Start) -> Option<bool> {
        match start {
            Start::Loop(LoopField::First) => Some(self.index == 0),
            Start::Loop(LoopField::Last) => Some(self.index.wrapping_add(1) == self.length),
            Start::Loop(LoopField::Counter0) => Some(self.index != 0),
            _ => None,
        }
    }

    /// A field of the loop.
    pub(crate) fn loop_field(&self, field: LoopField) -> Value {
        field_of(self.index, self.length, field)
    }

    /// A field, by its number among the names.
    #[inline]
    pub(crate) fn field(&self, field: u8) -> Option<View<'a>> {
        if let Some(value) = self.value(field) {
            return Some(View::of(value));
        }
        match self.known {
            Known::Record(table) if is_of(self.view, table) => {
                let place = self.places[usize::from(field) % MOST_FIELDS];
                if place == NOWHERE {
                    return None;
                }
                self.view.field_in(place as usize)
            }
            _ => None,
        }
    }
}

/// Whether the table is that of the view.
#[inline]
fn is_of(view: View<'_>, table: &'static ViewTable) -> bool {
    view.table().is_some_and(|known| std::ptr::eq(known, table))
}

//! Loops whose bodies are run.

use std::hint::cold_path;

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use super::{Item, Manner, Rounds, put_otherwise, run, seek_view};
use crate::fused::items_after;
use crate::seek::Recent;
use crate::spot::{Op, Spot};
use crate::write::Padded;
use crate::write::machine::{Machine, Task, perform};
use crate::{Done, Fields, Row, Writer, emit, write};

/// A loop whose body is done by [`run`] alone.
#[derive(Debug)]
pub struct Each {
    sequence: Spot,
    fields: Fields,
    body: &'static [Spot],
    reversed: bool,
    /// Whether it does nothing but write its items.
    puts_items: bool,
    /// Whether it goes through a field of the local as it is.
    is_of_field: bool,
    /// What is written before the first round, between two, and behind the last.
    texts: [Padded; 3],
}

impl Each {
    /// A loop over what `sequence` gives; `names` are the fields of its variable.
    pub const fn new(
        sequence: Spot,
        names: &'static [&'static str],
        body: &'static [Spot],
        reversed: bool,
    ) -> Self {
        let mut puts_items = true;
        let mut place = 0;
        while place < body.len() {
            puts_items &= matches!(body[place].op, Op::PutWhole);
            place += 1;
        }
        Self {
            puts_items,
            is_of_field: matches!(sequence.op, Op::PutField) && !reversed,
            sequence,
            fields: Fields::new(names),
            body,
            reversed,
            texts: [Padded::EMPTY; 3],
        }
    }

    /// The same with what is written before the first round, between two, and behind the
    /// last: so what ends a round and starts the next is written at once.
    #[must_use]
    pub const fn around(self, texts: [Padded; 3]) -> Self {
        Self { texts, ..self }
    }
}

/// Runs a loop.
///
/// # Errors
///
/// As for `items_of` and [`run`].
pub fn each(each: &'static Each, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    perform(Loop { each, row, f, s })
}

struct Loop<'r, 'f, 'a> {
    each: &'static Each,
    row: &'r Row<'a>,
    f: &'r mut Frame<'f>,
    s: &'r Scope<'a>,
}

impl Task for Loop<'_, '_, '_> {
    type Output = Done;

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) -> Done {
        let manner = Manner::of(self.f);
        let mut w = Writer::new(self.f);
        let recent = &mut Recent::new();
        go_round(machine, self.each, self.row, &mut w, self.s, recent, manner)?;
        w.finish();
        Ok(())
    }
}

/// Runs a loop inside of another.
#[inline(always)]
pub(super) fn go_round<'a, M: Machine>(
    machine: M,
    each: &'static Each,
    row: &Row<'a>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
    manner: Manner,
) -> Done {
    w.padded(machine, &each.sequence.before)?;
    let items = match row.value(each.sequence.field) {
        Some(Value::List(items)) if each.is_of_field => items,
        _ => match list_of(each, row, s, recent) {
            Some(items) => items,
            None => return w.with(|f| each_slowly(each, row, f, s)),
        },
    };
    let Some((first, rest)) = items.split_first() else {
        return Ok(());
    };
    let [start, between, end] = &each.texts;
    w.padded(machine, start)?;
    if each.puts_items {
        put_items(machine, each, items, w, s, manner)?;
        return w.padded(machine, end);
    }
    let mut item = Row::new(&each.fields);
    item.start(first, items.len());
    w.with(|f| {
        machine.call(Rounds {
            body: each.body,
            between,
            row: Item::Next(&mut item),
            rest,
            recent,
            f,
            s,
        })
    })?;
    w.padded(machine, end)
}

/// Runs a loop that does nothing but write its items, with texts between.
#[inline(always)]
fn put_items<M: Machine>(
    machine: M,
    each: &'static Each,
    items: &[Value],
    w: &mut Writer<'_, '_>,
    s: &Scope<'_>,
    manner: Manner,
) -> Done {
    let [_, between, _] = &each.texts;
    let mut rest = items.iter();
    while let Some(value) = rest.next() {
        for spot in each.body {
            w.padded(machine, &spot.before)?;
            match value {
                Value::Str(text) => w.value_text(machine, text, manner.escapes)?,
                Value::Int(number) if !manner.groups => w.put(write::int(*number))?,
                _ => {
                    cold_path();
                    let row = Row::of(View::of(value));
                    w.with(|f| put_otherwise(spot, &row, f, s))?;
                }
            }
        }
        if !rest.as_slice().is_empty() {
            w.padded(machine, between)?;
        }
    }
    Ok(())
}

/// The items of a loop over a list.
#[inline(never)]
fn list_of<'a>(
    each: &'static Each,
    row: &Row<'a>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
) -> Option<&'a [Value]> {
    let sequence = &each.sequence;
    // Whatever an object gives is computed.
    let found = match sequence.op {
        Op::PutField => row.value(sequence.field),
        Op::PutWhole => row.view().as_value(),
        Op::Put | Op::PutName => seek_view(sequence, row, s, recent).and_then(View::as_value),
        _ => None,
    };
    match found {
        Some(Value::List(items) | Value::Tuple(items)) if !each.reversed => Some(items),
        _ => None,
    }
}

/// Runs a loop over what is no list, without the text before it.
#[inline(never)]
fn each_slowly(each: &'static Each, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let items = items_after(&each.sequence, row, f, s, each.reversed)?;
    let [start, between, end] = &each.texts;
    let mut item = Row::new(&each.fields);
    let mut index = 0;
    while item.take(&items, index) {
        emit::text(if index == 0 { start } else { between }.as_str(), f)?;
        run(each.body, &item, f, s)?;
        index += 1;
    }
    if index > 0 {
        emit::text(end.as_str(), f)?;
    }
    Ok(())
}

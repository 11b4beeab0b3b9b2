//! Loops whose bodies are run.

use std::hint::cold_path;

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Local, LoopState, Scope};

use super::{Item, Manner, Rounds, go_through, put_otherwise, run, seek_view};
use crate::fused::items_after;
use crate::loops::{Outer, outer_local, outer_loop};
use crate::seek::Recent;
use crate::spot::{Op, Spot};
use crate::write::Padded;
use crate::write::machine::{Machine, Task};
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
    /// The names of the loop and of its variable, for the units that are called in its body;
    /// nothing if there are none.
    seen: Option<&'static [RStr<'static>; 2]>,
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
            seen: None,
        }
    }

    /// The same, which the units that are called in its body see in their scope, under these
    /// names: `forloop` and that of its variable. It is in no other loop of its unit.
    #[must_use]
    pub const fn seen(self, names: &'static [RStr<'static>; 2]) -> Self {
        Self {
            seen: Some(names),
            puts_items: false,
            ..self
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
    if let Some(names) = each.seen {
        w.with(|f| {
            machine.call(Seen {
                each,
                names,
                item: &mut item,
                rest,
                f,
                s,
            })
        })?;
        return w.padded(machine, end);
    }
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

/// A loop that other units see, from its first item on.
struct Seen<'r, 'f, 'a> {
    each: &'static Each,
    names: &'static [RStr<'static>; 2],
    item: &'r mut Row<'a>,
    rest: &'a [Value],
    f: &'r mut Frame<'f>,
    s: &'r Scope<'a>,
}

impl Task for Seen<'_, '_, '_> {
    type Output = Done;

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) -> Done {
        let [_, between, _] = &self.each.texts;
        let [_, name] = self.names;
        let manner = Manner::of(self.f);
        let outside = outer_loop(self.s);
        let mut state = state_of(self.item, &outside, self.f);
        let mut w = Writer::new(self.f);
        let mut rest = self.rest.iter();
        loop {
            let values = [Local::Loop(&state), Local::Value(self.item.view())];
            let scope = self.s.with(self.names, &values);
            let recent = &mut Recent::defined(name.as_str(), self.item.view());
            let body = self.each.body;
            go_through(machine, body, self.item, &mut w, &scope, recent, manner)?;
            let Some(value) = rest.next() else {
                w.finish();
                return Ok(());
            };
            w.padded(machine, between)?;
            self.item.go_on(value);
            state.index = self.item.index;
        }
    }
}

/// The state of a loop that other units see, which is at its first item.
fn state_of<'a>(item: &Row<'_>, outside: &'a Outer<'_>, f: &Frame<'_>) -> LoopState<'a> {
    LoopState {
        index: 0,
        length: item.length,
        parent: outer_local(outside),
        serial: f.next_serial(),
    }
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
    // One spot needs no loop of its own, and so leaves more registers to this one.
    if let [spot] = each.body
        && spot.before.is_empty()
    {
        while let Some(value) = rest.next() {
            put_item(machine, spot, value, w, s, manner)?;
            if !rest.as_slice().is_empty() {
                w.padded(machine, between)?;
            }
        }
        return Ok(());
    }
    while let Some(value) = rest.next() {
        for spot in each.body {
            w.padded(machine, &spot.before)?;
            put_item(machine, spot, value, w, s, manner)?;
        }
        if !rest.as_slice().is_empty() {
            w.padded(machine, between)?;
        }
    }
    Ok(())
}

/// Writes an item, as a spot says.
#[inline(always)]
fn put_item<M: Machine>(
    machine: M,
    spot: &'static Spot,
    value: &Value,
    w: &mut Writer<'_, '_>,
    s: &Scope<'_>,
    manner: Manner,
) -> Done {
    match value {
        Value::Str(text) => w.value_text(machine, text, manner.escapes),
        Value::Int(number) if !manner.groups => w.put(write::int(*number)),
        _ => {
            cold_path();
            let row = Row::of(View::of(value));
            w.with(|f| put_otherwise(spot, &row, f, s))
        }
    }
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
        Op::Put | Op::PutName | Op::PutNamePart | Op::PutNameInner => {
            seek_view(sequence, row, s, recent).and_then(View::as_value)
        }
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
    let outside = each.seen.map(|_| outer_loop(s));
    let mut state = None;
    while item.take(&items, index) {
        emit::text(if index == 0 { start } else { between }.as_str(), f)?;
        if let (Some(names), Some(outside)) = (each.seen, &outside) {
            let state = state.get_or_insert_with(|| state_of(&item, outside, f));
            state.index = index;
            let values = [Local::Loop(state), Local::Value(item.view())];
            run(each.body, &item, f, &s.with(names, &values))?;
        } else {
            run(each.body, &item, f, s)?;
        }
        index += 1;
    }
    if index > 0 {
        emit::text(end.as_str(), f)?;
    }
    Ok(())
}

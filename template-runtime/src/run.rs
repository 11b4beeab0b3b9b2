//! Steps that are done one after the other: what is written, texts, and what they depend
//! on.
//!
//! A run of statements is one call of the runtime, with a table of spots. The place in the
//! output stays in registers from one spot to the next, and a field of a local is where it
//! was in the item before. What is not simple is done by calls, which find it anew.

mod each;

use std::hint::cold_path;
use std::slice;

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use crate::direct::{Written, put_view};
use crate::fused::{compare_apart, compare_to_number, is_known, is_true};
use crate::lit;
use crate::render::{block, include};
use crate::seek::Recent;
use crate::spot::{Act, Known, Op, SimpleDate, Spot, Step, steps};
use crate::write::Padded;
use crate::write::machine::{Machine, Task, perform};
use crate::{Done, Row, Start, Writer, emit, write};

pub use each::{Each, each};

use each::go_round;

/// Does what the spots say, one after the other.
///
/// # Errors
///
/// `Stop`, after reporting, if an expression or printing its value raised, or if the
/// output's limit is reached.
#[inline(never)]
pub fn run(spots: &'static [Spot], row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    perform(Rounds {
        body: spots,
        between: &Padded::EMPTY,
        row: Item::Only(row),
        rest: &[],
        recent: &mut Recent::new(),
        f,
        s,
    })
}

/// Going through the spots of a loop, or once.
struct Rounds<'r, 'f, 'a> {
    body: &'static [Spot],
    /// What is written before each of the rest.
    between: &'static Padded,
    row: Item<'r, 'a>,
    /// The items behind that of the row.
    rest: &'a [Value],
    recent: &'r mut Recent<'a>,
    f: &'r mut Frame<'f>,
    s: &'r Scope<'a>,
}

/// The local that spots use.
enum Item<'r, 'a> {
    /// It stays what it is: there is one round.
    Only(&'r Row<'a>),
    /// It goes from item to item.
    Next(&'r mut Row<'a>),
}

impl Task for Rounds<'_, '_, '_> {
    type Output = Done;

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) -> Done {
        let manner = Manner::of(self.f);
        let mut w = Writer::new(self.f);
        let mut rest = self.rest.iter();
        let mut item = self.row;
        loop {
            let row = match &item {
                Item::Only(row) => *row,
                Item::Next(row) => &**row,
            };
            go_through(machine, self.body, row, &mut w, self.s, self.recent, manner)?;
            let (Some(value), Item::Next(row)) = (rest.next(), &mut item) else {
                w.finish();
                return Ok(());
            };
            if !self.between.is_empty() {
                w.padded(machine, *self.between)?;
            }
            row.go_on(value);
        }
    }
}

/// What stays the same while spots are gone through.
#[derive(Clone, Copy)]
struct Manner {
    escapes: bool,
    /// Whether the digits of numbers are grouped.
    groups: bool,
}

impl Manner {
    #[inline(always)]
    fn of(f: &Frame<'_>) -> Self {
        Self {
            escapes: f.autoescape,
            groups: f.settings.use_thousand_separator,
        }
    }
}

/// Goes through spots with a writer, which is held in registers.
#[inline(always)]
fn go_through<'a, M: Machine>(
    machine: M,
    spots: &'static [Spot],
    row: &Row<'a>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
    manner: Manner,
) -> Done {
    let mut rest = spots.iter();
    'spots: while let Some(spot) = rest.next() {
        w.padded(machine, spot.before)?;
        let is_true = 'tested: {
            let value = 'found: {
                match spot.op {
                    Op::PutField => break 'found row.value(spot.field),
                    Op::PutWhole => break 'found row.view().as_value(),
                    Op::PutPart => {
                        if let Some(value) = part_of(spot, row) {
                            break 'found Some(value);
                        }
                    }
                    Op::PutName => {
                        if let Some(value) = recent.guess(s, &spot.path) {
                            break 'found Some(value);
                        }
                    }
                    Op::Put => match seek_view(spot, row, s, recent) {
                        Some(found) if found.table().is_none() => break 'found found.as_value(),
                        found => {
                            w.with(|f| put_found(found, spot, row, f, s))?;
                            continue 'spots;
                        }
                    },
                    Op::PutDefault => match row.value(spot.field) {
                        Some(value @ Value::Str(text))
                            if (1..=w.frame().filter_limit).contains(&text.as_str().len()) =>
                        {
                            break 'found Some(value);
                        }
                        Some(Value::None) => {
                            if let Some(text) = default_text(spot, w.frame()) {
                                w.text(text)?;
                                continue 'spots;
                            }
                        }
                        _ => {}
                    },
                    Op::PutCounter => {
                        if !manner.groups {
                            w.put(write::uint(row.index as u64 + 1))?;
                            continue 'spots;
                        }
                    }
                    Op::PutLoop => {
                        if let Start::Loop(field) = spot.start
                            && let Some(number) = row.loop_number(field)
                            && !manner.groups
                        {
                            w.put(write::int(number))?;
                            continue 'spots;
                        }
                    }
                    Op::PutUpper => {
                        if let Some(Value::Str(text)) = row.value(spot.field)
                            && manner.escapes
                            && w.short_upper(machine, text)
                        {
                            continue 'spots;
                        }
                    }
                    Op::PutPlural => {
                        if let Some(Value::Int(number)) = row.value(spot.field)
                            && w.frame().filter_limit > 0
                        {
                            if *number != 1 {
                                w.put(lit!("s"))?;
                            }
                            continue 'spots;
                        }
                    }
                    Op::PutDate => {
                        if let Some(Value::Date(date)) = row.value(spot.field)
                            && let [step] = spot.steps
                            && let Known::Date(SimpleDate(format)) = &step.known
                            && w.date(*date, format)
                        {
                            continue 'spots;
                        }
                    }
                    Op::PutFiltered => {}
                    Op::IfField => {
                        break 'tested match truth_of(row.value(spot.field)) {
                            Some(truth) => truth,
                            None => is_true(spot, row, w.frame(), s)?,
                        };
                    }
                    Op::IfName => {
                        break 'tested match truth_of(recent.guess(s, &spot.path)) {
                            Some(truth) => truth,
                            None => is_true(spot, row, w.frame(), s)?,
                        };
                    }
                    Op::IfFirst => break 'tested row.index == 0,
                    Op::IfLoop => {
                        break 'tested match row.loop_truth(spot.start) {
                            Some(truth) => truth,
                            None => is_true(spot, row, w.frame(), s)?,
                        };
                    }
                    Op::IfDivides => {
                        break 'tested match remainder(row.index, spot.number) {
                            Some(remainder) => remainder == 0,
                            None => is_true(spot, row, w.frame(), s)?,
                        };
                    }
                    Op::IfNumber => {
                        break 'tested if let Some(Value::Int(number)) = row.value(spot.field) {
                            // An order is -1, 0 or 1.
                            spot.orders >> (number.cmp(&spot.number) as i8 + 1) & 1 != 0
                        } else {
                            compare_to_number(spot, row, w.frame(), s)?
                        };
                    }
                    Op::IfNumberElse => {
                        break 'tested compare_to_number(spot, row, w.frame(), s)?;
                    }
                    Op::IfTested => {
                        break 'tested match test(spot, row, w.frame()) {
                            Some(truth) => truth,
                            None => is_true(spot, row, w.frame(), s)?,
                        };
                    }
                    Op::If => break 'tested is_true(spot, row, w.frame(), s)?,
                    Op::IfKnown => break 'tested is_known(spot, row, w.frame(), s)? == Some(true),
                    Op::IfNot => break 'tested is_known(spot, row, w.frame(), s)? == Some(false),
                    Op::IfCompares => {
                        let Some(right) = rest.next() else {
                            return Ok(());
                        };
                        let Act::IfCompares(comparison) = spot.act else {
                            return Ok(());
                        };
                        break 'tested compare_apart(
                            comparison,
                            (spot, row),
                            (right, row),
                            w.frame(),
                            s,
                        )?;
                    }
                    Op::Each => {
                        if let Some(each) = spot.each {
                            go_round(machine, each, row, w, s, recent, manner)?;
                        }
                        continue 'spots;
                    }
                    Op::Include => {
                        if let Some(link) = spot.link {
                            w.with(|f| include(link, s, f, spot.unit, spot.site))?;
                        }
                        continue 'spots;
                    }
                    Op::Block => {
                        if let Some(link) = spot.link {
                            w.with(|f| block(link, s, f, spot.unit, spot.site))?;
                        }
                        continue 'spots;
                    }
                    Op::Text => {
                        pass_over(&mut rest, spot.skip);
                        continue 'spots;
                    }
                }
                // What is not simple is put by calls.
                cold_path();
                w.with(|f| put_filtered(spot, row, f, s, recent))?;
                continue 'spots;
            };
            match value {
                Some(Value::Str(text)) => w.value_text(machine, text, manner.escapes)?,
                Some(Value::Int(number)) if !manner.groups => w.put(write::int(*number))?,
                _ => {
                    cold_path();
                    w.with(|f| put_otherwise(spot, row, f, s))?;
                }
            }
            continue 'spots;
        };
        if let Some(choice) = spot.choice {
            w.padded(machine, choice[usize::from(is_true)])?;
        } else if !is_true {
            pass_over(&mut rest, spot.skip);
        }
    }
    Ok(())
}

/// Leaves spots out.
#[inline(always)]
fn pass_over(rest: &mut slice::Iter<'static, Spot>, count: u32) {
    if let Some(last) = (count as usize).checked_sub(1) {
        rest.nth(last);
    }
}

/// The truth of a value, if it is simple.
#[inline(always)]
fn truth_of(value: Option<&Value>) -> Option<bool> {
    Some(match value? {
        Value::None => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Str(text) => !text.as_str().is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.is_empty(),
        _ => return None,
    })
}

/// What is left of the number of rounds, with the one behind `index` others, after dividing
/// it, if both numbers are short.
#[inline(always)]
fn remainder(index: usize, divisor: i64) -> Option<u32> {
    let count = u32::try_from(index).ok()?.checked_add(1)?;
    count.checked_rem(u32::try_from(divisor).ok()?)
}

/// The text that `default` puts in the place of a value.
#[inline(always)]
fn default_text(spot: &'static Spot, f: &Frame<'_>) -> Option<&'static str> {
    match spot.steps {
        [
            Step {
                argument: Some(Start::Text(text)),
                ..
            },
        ] if text.len() <= f.filter_limit => Some(text.as_str()),
        _ => None,
    }
}

/// Writes what a filter makes of a field.
#[inline(never)]
fn put_filtered<'a>(
    spot: &'static Spot,
    row: &Row<'a>,
    f: &mut Frame<'_>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
) -> Done {
    if let (Start::Field(field, [_, _]), [step]) = (spot.start, spot.steps)
        && let Some(value) = row.value(field)
        && !matches!(value, Value::Object(_))
        && let Some(direct) = step.writes()
        && direct(View::of(value), step, f) == Written::Yes
    {
        return Ok(());
    }
    put_found(seek_view(spot, row, s, recent), spot, row, f, s)
}

/// The truth of what a filter makes of a field or of a number of the loop.
#[inline(never)]
fn test(spot: &'static Spot, row: &Row<'_>, f: &Frame<'_>) -> Option<bool> {
    let [step] = spot.steps else {
        return None;
    };
    let number;
    let value = match spot.start {
        Start::Field(field, [_, _]) => row.value(field)?,
        Start::Loop(field) => {
            number = Value::Int(row.loop_number(field)?);
            &number
        }
        _ => return None,
    };
    step.tests()?(View::of(value), step, f)
}

/// A part of a field of the local, if both are dictionaries and it is where it was the last
/// time. What is found may be an object.
#[inline(always)]
fn part_of<'a>(spot: &'static Spot, row: &Row<'a>) -> Option<&'a Value> {
    match (spot.start, row.value(spot.field)) {
        (Start::Field(_, [_, _, _]), Some(Value::Dict(dict))) => spot.path.guess(2, dict),
        _ => None,
    }
}

/// What is looked up, if that is simple.
#[inline(never)]
fn seek_view<'a>(
    spot: &'static Spot,
    row: &Row<'a>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
) -> Option<View<'a>> {
    match spot.start {
        Start::Context(_) => recent.find(s, &spot.path),
        _ => match part_of(spot, row) {
            Some(value) if !matches!(value, Value::Object(_)) => Some(View::of(value)),
            _ => spot.seek(row, s),
        },
    }
}

/// Writes the value of a spot that is not simple enough for [`run`].
#[inline(never)]
fn put_otherwise(spot: &'static Spot, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    put_found(spot.seek(row, s), spot, row, f, s)
}

/// The same with what was looked up.
#[inline(never)]
fn put_found<'a>(
    found: Option<View<'a>>,
    spot: &'static Spot,
    row: &Row<'a>,
    f: &mut Frame<'_>,
    s: &Scope<'a>,
) -> Done {
    let written = match (found, spot.steps) {
        (Some(found), []) => put_view(found, f),
        (Some(found), [step]) => match step.writes() {
            Some(direct) => direct(found, step, f),
            None => Written::Not,
        },
        _ => Written::Not,
    };
    match written {
        Written::Yes => Ok(()),
        Written::Not => put_slowly(found, spot, row, f, s),
    }
}

/// The same for whatever is not simple at all.
#[inline(never)]
fn put_slowly<'a>(
    found: Option<View<'a>>,
    spot: &'static Spot,
    row: &Row<'a>,
    f: &mut Frame<'_>,
    s: &Scope<'a>,
) -> Done {
    let start = match found {
        Some(found) => Ok(found.to_ref()),
        None => spot.operand(row, f, s),
    };
    let Some((last, first)) = spot.steps.split_last() else {
        return emit::output(start, f, spot.unit, spot.site);
    };
    let input = steps(start, first, f, s);
    if let (Ok(input), Some(direct)) = (&input, last.writes())
        && direct(View::of(input), last, f) == Written::Yes
    {
        return Ok(());
    }
    let output = steps(input, std::slice::from_ref(last), f, s);
    emit::output(output, f, spot.unit, spot.site)
}

//! Steps that are done one after the other: what is written, texts, and what they depend
//! on.
//!
//! A run of statements is one call of the runtime, with a table of spots. The place in the
//! output stays in registers from one spot to the next, and a field of a local is where it
//! was in the item before. What is not simple is done by calls, which find it anew.

mod each;

use std::hint::cold_path;

use hotplate_plugin_api::callee::Inside;
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use crate::direct::{Written, put_view};
use crate::fused::{compare_apart, compare_to_number, is_known, is_true};
use crate::lit;
use crate::render::{block, include, passed, status_of};
use crate::seek::Recent;
use crate::spot::{Known, Op, Other, SimpleDate, Spot, steps};
use crate::write::machine::{Machine, Task, perform};
use crate::write::{Padded, enter};
use crate::{Done, NO_ROW, Row, Start, Stop, Writer, emit, write};

pub use each::Each;

use each::go_round;

/// A unit that is nothing but a run.
#[derive(Debug)]
pub struct RunUnit(&'static [Spot]);

impl RunUnit {
    /// The unit that does what the spots say, which use no local.
    pub const fn new(spots: &'static [Spot]) -> Self {
        Self(spots)
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// As for [`run`].
    #[inline(always)]
    pub fn run(&'static self, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
        let way = Way::Called(self);
        let recent = &mut Recent::new();
        perform(Whole { way, recent, f, s })
    }
}

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

/// Going through the spots of a unit.
struct Whole<'r, 'f, 'a> {
    way: Way,
    /// What was found in the scope.
    recent: &'r mut Recent<'a>,
    f: &'r mut Frame<'f>,
    s: &'r Scope<'a>,
}

/// How a unit comes to be rendered.
enum Way {
    Called(&'static RunUnit),
    /// An `include` at this spot leads to it; to another unit, it is called.
    Included(&'static Link, &'static Spot),
}

impl Task for Whole<'_, '_, '_> {
    type Output = Done;

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) -> Done {
        let Self { way, recent, f, s } = self;
        let (unit, mut place) = match way {
            Way::Called(unit) => (unit, Place::Called(f)),
            Way::Included(link, spot) => match enter(link, f) {
                Some((unit, inside)) => (unit, Place::Inside(inside, spot)),
                None => return include(link, s, f, spot.unit, spot.site),
            },
        };
        let frame = match &mut place {
            Place::Called(frame) => &mut **frame,
            Place::Inside(inside, _) => inside.frame(),
        };
        let manner = Manner::of(frame);
        let mut w = Writer::new(frame);
        // A constant: what is done with a local is not compiled here.
        let done = go_through(machine, unit.0, &NO_ROW, &mut w, s, recent, manner);
        w.finish();
        match place {
            Place::Called(_) => done,
            Place::Inside(inside, spot) => {
                let status = status_of(done);
                inside.leave(status);
                passed(status, f, spot.unit, spot.site)
            }
        }
    }
}

/// Where a unit is rendered.
enum Place<'r, 'f> {
    Called(&'r mut Frame<'f>),
    /// Inside of the unit that includes it at this spot.
    Inside(Inside<'r, 'f>, &'static Spot),
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
                w.padded(machine, self.between)?;
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
    // Each is passed over once it is done: until then one pointer stands for it and for the
    // rest.
    while let Some(spot) = rest.clone().next() {
        w.padded(machine, &spot.before)?;
        if let Some(is_true) = take(machine, spot, row, w, s, recent, manner)? {
            if let Some(choice) = spot.choice {
                w.padded(machine, &choice[usize::from(is_true)])?;
            } else if !is_true {
                rest.nth(spot.skip as usize);
                continue;
            }
        }
        rest.next();
    }
    Ok(())
}

/// Does what a spot says, and gives what a test comes to.
#[inline(always)]
fn take<'a, M: Machine>(
    machine: M,
    spot: &'static Spot,
    row: &Row<'a>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
    manner: Manner,
) -> Result<Option<bool>, Stop> {
    let known_or = |truth: Option<bool>, w: &Writer<'_, '_>| match truth {
        Some(truth) => Ok(Some(truth)),
        None => is_true(spot, row, w.frame(), s).map(Some),
    };
    let value = match spot.op {
        Op::PutField => row.value(spot.field),
        Op::PutWhole => row.view().as_value(),
        Op::PutPart => match row.value(spot.field) {
            Some(Value::Dict(dict)) => spot.path.guess(2, dict),
            _ => None,
        },
        Op::PutName => recent.guess(s, &spot.path),
        Op::PutNamePart => recent.guess_part(s, &spot.path),
        Op::PutNameInner => recent.guess_inner(s, &spot.path),
        Op::Put => match seek_view(spot, row, s, recent) {
            Some(found) if found.table().is_none() => found.as_value(),
            found => {
                w.with(|f| put_found(found, spot, row, f, s))?;
                return Ok(None);
            }
        },
        Op::PutDefault => match (row.value(spot.field), spot.choice) {
            (Some(value @ Value::Str(text)), _)
                if (1..=w.frame().filter_limit).contains(&text.as_str().len()) =>
            {
                Some(value)
            }
            (Some(Value::None), Some([text, _]))
                if text.as_str().len() <= w.frame().filter_limit =>
            {
                w.padded(machine, text)?;
                return Ok(None);
            }
            _ => None,
        },
        Op::PutCounter => {
            if !manner.groups {
                w.put(write::uint(row.index as u64 + 1))?;
                return Ok(None);
            }
            None
        }
        Op::PutLoop => match (spot.start, manner.groups) {
            (Start::Loop(field), false) if let Some(number) = row.loop_number(field) => {
                w.put(write::int(number))?;
                return Ok(None);
            }
            _ => None,
        },
        Op::PutUpper => match row.value(spot.field) {
            Some(Value::Str(text)) if manner.escapes && w.short_upper(machine, text) => {
                return Ok(None);
            }
            _ => None,
        },
        Op::PutPlural => match row.value(spot.field) {
            Some(Value::Int(number)) if w.frame().filter_limit > 0 => {
                if *number != 1 {
                    w.put(lit!("s"))?;
                }
                return Ok(None);
            }
            _ => None,
        },
        Op::PutDate => match (row.value(spot.field), spot.steps) {
            (Some(Value::Date(date)), [step])
                if let Known::Date(SimpleDate(format)) = &step.known
                    && w.date(*date, format) =>
            {
                return Ok(None);
            }
            _ => None,
        },
        Op::PutFiltered => None,
        Op::IfField => return known_or(truth_of(row.value(spot.field)), w),
        Op::IfName => return known_or(truth_of(recent.guess(s, &spot.path)), w),
        Op::IfNamePart => return known_or(truth_of(recent.guess_part(s, &spot.path)), w),
        Op::IfNameInner => return known_or(truth_of(recent.guess_inner(s, &spot.path)), w),
        Op::IfFirst => return Ok(Some(row.index == 0)),
        Op::IfLoop => return known_or(row.loop_truth(spot.start), w),
        Op::IfDivides => return known_or(is_divided(row.index, spot.number), w),
        Op::IfTested => return known_or(test(spot, row, w.frame()), w),
        Op::If => return known_or(None, w),
        Op::IfNumber => {
            return if let Some(Value::Int(number)) = row.value(spot.field) {
                // An order is -1, 0 or 1.
                let order = number.cmp(&spot.number) as i8 + 1;
                Ok(Some(spot.orders >> order & 1 != 0))
            } else {
                compare_to_number(spot, row, w.frame(), s).map(Some)
            };
        }
        Op::IfNumberElse => return compare_to_number(spot, row, w.frame(), s).map(Some),
        Op::IfKnown => return Ok(Some(is_known(spot, row, w.frame(), s)? == Some(true))),
        Op::IfNot => return Ok(Some(is_known(spot, row, w.frame(), s)? == Some(false))),
        Op::IfCompares => {
            let Other::Compared(comparison, right) = spot.other else {
                return Ok(None);
            };
            let (left, right) = ((spot, row), (right, row));
            return compare_apart(comparison, left, right, w.frame(), s).map(Some);
        }
        Op::Each => {
            if let Other::Each(each) = spot.other {
                go_round(machine, each, row, w, s, recent, manner)?;
            }
            return Ok(None);
        }
        Op::Include => {
            if let Other::Link(link) = spot.other {
                let way = Way::Included(link, spot);
                w.with(|f| machine.call(Whole { way, recent, f, s }))?;
            }
            return Ok(None);
        }
        Op::Block => {
            if let Other::Link(link) = spot.other {
                w.with(|f| block(link, s, f, spot.unit, spot.site))?;
            }
            return Ok(None);
        }
        Op::Text => return Ok(Some(false)),
    };
    match value {
        Some(Value::Str(text)) => w.value_text(machine, text, manner.escapes)?,
        Some(Value::Int(number)) if !manner.groups => w.put(write::int(*number))?,
        _ => {
            // What is not simple is put by calls.
            cold_path();
            w.with(|f| put_filtered(spot, row, f, s, recent))?;
        }
    }
    Ok(None)
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

/// Whether a number divides how many rounds have begun, of which `index` are over, if both
/// numbers are short.
#[inline(always)]
fn is_divided(index: usize, divisor: i64) -> Option<bool> {
    let count = u32::try_from(index).ok()?.checked_add(1)?;
    let remainder = count.checked_rem(u32::try_from(divisor).ok()?)?;
    Some(remainder == 0)
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
        _ => spot.seek(row, s),
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

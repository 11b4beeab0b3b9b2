//! Steps that are done one after the other: what is written, texts, and what they depend
//! on.
//!
//! A run of statements is one call of the runtime, with a table of spots. The place in the
//! output stays in registers from one spot to the next, and a field of a local is where it
//! was in the item before. What is not simple is done by calls, which find it anew.

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::view::View;
use hotplate_plugin_api::{Frame, Scope};

use crate::direct::{Written, put_view};
use crate::fused::{before, compare_apart, is_known, is_ordered, is_true, items_after};
use crate::render::{block, include};
use crate::seek::Recent;
use crate::spot::{Act, Op, Spot, steps};
use crate::{Done, Result, Row, Start, Stop, Writer, emit, write};

/// Does what the spots say, one after the other.
///
/// # Errors
///
/// `Stop`, after reporting, if an expression or printing its value raised, or if the
/// output's limit is reached.
#[inline(never)]
pub fn run(spots: &'static [Spot], row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let mut w = Writer::new(f);
    go_through(spots, row, &mut w, s, &mut Recent::new())?;
    w.finish();
    Ok(())
}

/// The same with a writer, which is held in registers.
#[inline(always)]
fn go_through<'a>(
    spots: &'static [Spot],
    row: &Row<'a>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'a>,
    recent: &mut Recent<'a>,
) -> Done {
    let mut rest = spots;
    while let [spot, next @ ..] = rest {
        rest = next;
        w.padded(spot.before)?;
        let is_true = match spot.op {
            Op::Text => false,
            Op::PutField => {
                put(row.value(spot.field), spot, row, w, s)?;
                continue;
            }
            Op::PutWhole => {
                put(row.view().as_value(), spot, row, w, s)?;
                continue;
            }
            Op::PutName => {
                if let Some(value) = recent.guess(s, &spot.path) {
                    put(Some(value), spot, row, w, s)?;
                } else {
                    w.with(|f| put_found(seek_view(spot, row, s, recent), spot, row, f, s))?;
                }
                continue;
            }
            Op::Put => {
                match seek_view(spot, row, s, recent) {
                    Some(found) if found.table().is_none() => {
                        put(found.as_value(), spot, row, w, s)?;
                    }
                    found => w.with(|f| put_found(found, spot, row, f, s))?,
                }
                continue;
            }
            Op::PutLoop => {
                put_loop(spot, row, w, s)?;
                continue;
            }
            Op::PutDate => {
                if let Some(Value::Date(date)) = row.value(spot.field)
                    && let [step] = spot.steps
                    && let Some(Start::Text(pattern)) = step.argument
                    && w.date(*date, pattern.as_str())
                {
                    continue;
                }
                w.with(|f| put_filtered(spot, row, f, s, recent))?;
                continue;
            }
            Op::PutFiltered => {
                w.with(|f| put_filtered(spot, row, f, s, recent))?;
                continue;
            }
            Op::IfField => match truth_of(row.value(spot.field)) {
                Some(truth) => truth,
                None => is_true(spot, row, w.frame(), s)?,
            },
            Op::IfName => match truth_of(recent.guess(s, &spot.path)) {
                Some(truth) => truth,
                None => is_true(spot, row, w.frame(), s)?,
            },
            Op::IfLoop => match row.loop_truth(spot.start) {
                Some(truth) => truth,
                None => is_true(spot, row, w.frame(), s)?,
            },
            Op::IfTested => match test(spot, row, w.frame()) {
                Some(truth) => truth,
                None => is_true(spot, row, w.frame(), s)?,
            },
            Op::If => is_true(spot, row, w.frame(), s)?,
            Op::IfKnown => is_known(spot, row, w.frame(), s)? == Some(true),
            Op::IfNot => is_known(spot, row, w.frame(), s)? == Some(false),
            Op::IfCompares => {
                let [right, next @ ..] = rest else {
                    break;
                };
                rest = next;
                if_compares(spot, right, row, w.frame(), s)?
            }
            Op::Each => {
                if let Some(loop_) = spot.each {
                    w.with(|f| each(loop_, row, f, s))?;
                }
                continue;
            }
            Op::Include => {
                if let Some(link) = spot.link {
                    w.with(|f| include(link, s, f, spot.unit, spot.site))?;
                }
                continue;
            }
            Op::Block => {
                if let Some(link) = spot.link {
                    w.with(|f| block(link, s, f, spot.unit, spot.site))?;
                }
                continue;
            }
        };
        if !is_true {
            rest = rest.get(spot.skip as usize..).unwrap_or_default();
        }
    }
    Ok(())
}

/// Writes a value as it is.
#[inline(always)]
fn put(
    value: Option<&Value>,
    spot: &'static Spot,
    row: &Row<'_>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'_>,
) -> Done {
    match value {
        Some(Value::Str(text)) => {
            let escapes = w.frame().autoescape;
            w.value_text(text, escapes)
        }
        Some(Value::Int(number)) if !w.frame().settings.use_thousand_separator => {
            w.put(write::int(*number))
        }
        _ => w.with(|f| put_otherwise(spot, row, f, s)),
    }
}

#[inline(always)]
fn put_loop(spot: &'static Spot, row: &Row<'_>, w: &mut Writer<'_, '_>, s: &Scope<'_>) -> Done {
    if let Start::Loop(field) = spot.start
        && let Some(number) = row.loop_number(field)
        && !w.frame().settings.use_thousand_separator
    {
        return w.put(write::int(number));
    }
    w.with(|f| put_otherwise(spot, row, f, s))
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
        Start::Field(field, [_, _, _]) => {
            if let Some(Value::Dict(dict)) = row.value(field)
                && let Some(value) = spot.path.guess(2, dict)
                && !matches!(value, Value::Object(_))
            {
                return Some(View::of(value));
            }
            spot.seek(row, s)
        }
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

/// A loop whose body is done by [`run`] alone.
#[derive(Debug)]
pub struct Each {
    sequence: Spot,
    names: &'static [&'static str],
    body: &'static [Spot],
    reversed: bool,
}

impl Each {
    /// A loop over what `sequence` gives; `names` are the fields of its variable.
    pub const fn new(
        sequence: Spot,
        names: &'static [&'static str],
        body: &'static [Spot],
        reversed: bool,
    ) -> Self {
        Self {
            sequence,
            names,
            body,
            reversed,
        }
    }
}

/// Runs a loop.
///
/// # Errors
///
/// As for `items_of` and [`run`].
#[inline(never)]
pub fn each(each: &'static Each, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    before(&each.sequence, f)?;
    // Whatever an object gives is computed.
    let found = match each.sequence.op {
        Op::PutField => row.value(each.sequence.field),
        Op::PutWhole => row.view().as_value(),
        Op::Put | Op::PutName => {
            seek_view(&each.sequence, row, s, &mut Recent::new()).and_then(View::as_value)
        }
        _ => None,
    };
    let (Some(Value::List(items) | Value::Tuple(items)), false) = (found, each.reversed) else {
        return each_slowly(each, row, f, s);
    };
    let items: &[Value] = items;
    let mut item = Row::new(each.names);
    let mut recent = Recent::new();
    let mut w = Writer::new(f);
    for (index, value) in items.iter().enumerate() {
        item.go_to(value, index, items.len());
        go_through(each.body, &item, &mut w, s, &mut recent)?;
    }
    w.finish();
    Ok(())
}

/// The same for what is no list, without the text before.
#[inline(never)]
fn each_slowly(each: &'static Each, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let items = items_after(&each.sequence, row, f, s, each.reversed)?;
    let mut item = Row::new(each.names);
    let mut index = 0;
    while item.take(&items, index) {
        run(each.body, &item, f, s)?;
        index += 1;
    }
    Ok(())
}

/// Whether the values of two spots with one local compare; false if one raised.
#[inline(always)]
fn if_compares(
    left: &'static Spot,
    right: &'static Spot,
    row: &Row<'_>,
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    let Act::IfCompares(comparison) = left.act else {
        return Ok(false);
    };
    if let (Start::Field(field, [_, _]), [], Start::Int(other)) =
        (left.start, left.steps, right.start)
        && let Some(Value::Int(number)) = row.value(field)
        && let Some(truth) = is_ordered(comparison, number.cmp(&other))
    {
        return Ok(truth);
    }
    compare_apart(comparison, (left, row), (right, row), f, s)
}

//! The statements of generated code, each a single call: it writes the text before, looks
//! a value up and does with it what the statement says.

use std::cmp::Ordering;

use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Frame, LoopState, Scope};

use crate::conditions::{compare, compare_values, truth};
use crate::direct::{Written, put_value, put_view};
use crate::loops::{field_value, view_items};
use crate::spot::{Act, Guesses, Op, Spot, steps};
use crate::{
    Comparison, Done, Flow, Items, LoopField, Result, Row, Start, Stop, Writer, bind, condition,
    emit, items, python, write,
};

/// Writes text that may be empty.
#[inline]
fn before(spot: &Spot, f: &mut Frame<'_>) -> Done {
    if write::push_padded(spot.before, &mut f.out) {
        Ok(())
    } else {
        emit::text(spot.before.as_str(), f)
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
    let mut w = Writer::new(f);
    go_through(spots, row, &mut w, s)?;
    w.finish();
    Ok(())
}

/// The same with a writer, which is held in registers.
#[inline(always)]
fn go_through(
    spots: &'static [Spot],
    row: &Row<'_>,
    w: &mut Writer<'_, '_>,
    s: &Scope<'_>,
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
            Op::Put => {
                put(seek_value(spot, row, s), spot, row, w, s)?;
                continue;
            }
            Op::PutLoop => {
                put_loop(spot, row, w, s)?;
                continue;
            }
            Op::PutFiltered => {
                w.with(|f| put_filtered(spot, row, f, s))?;
                continue;
            }
            Op::IfField => match row.value(spot.field) {
                Some(Value::None) => false,
                Some(Value::Bool(truth)) => *truth,
                Some(Value::Int(number)) => *number != 0,
                Some(Value::Str(text)) => !text.as_str().is_empty(),
                Some(Value::List(items)) => !items.is_empty(),
                Some(Value::Dict(dict)) => !dict.is_empty(),
                _ => is_true(spot, row, w.frame(), s)?,
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
fn put_filtered(spot: &'static Spot, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    if let (Start::Field(field, [_, _]), [step]) = (spot.start, spot.steps)
        && let Some(value) = row.value(field)
        && !matches!(value, Value::Object(_))
        && let Some(direct) = step.writes()
        && direct(View::of(value), step, f) == Written::Yes
    {
        return Ok(());
    }
    put_otherwise(spot, row, f, s)
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

/// The value that is looked up, if that is simple and no view.
#[inline(never)]
fn seek_value<'a>(spot: &'static Spot, row: &Row<'a>, s: &Scope<'a>) -> Option<&'a Value> {
    if let Start::Field(field, [_, _, part]) = spot.start
        && let Some(Value::Dict(dict)) = row.value(field)
        && let Some(value) = dict.at(Guesses::of(spot.guesses.read(), 2), part)
        && !matches!(value, Value::Object(_))
    {
        return Some(value);
    }
    spot.seek(row, s)?.as_value()
}

/// Writes the value of a spot that is not simple enough for [`run`].
#[inline(never)]
fn put_otherwise(spot: &'static Spot, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let written = match (spot.seek(row, s), spot.steps) {
        (Some(found), []) => put_view(found, f),
        (Some(found), [step]) => match step.writes() {
            Some(direct) => direct(found, step, f),
            None => Written::Not,
        },
        _ => Written::Not,
    };
    match written {
        Written::Yes => Ok(()),
        Written::Not => put_slowly(spot, row, f, s),
    }
}

/// The same for whatever is not simple at all, which begins anew.
#[inline(never)]
fn put_slowly(spot: &'static Spot, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let start = match spot.seek(row, s) {
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
/// As for [`items_of`] and [`run`].
#[inline(never)]
pub fn each(each: &'static Each, row: &Row<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    before(&each.sequence, f)?;
    // Whatever an object gives is computed.
    let found = match each.sequence.op {
        Op::PutField => row.value(each.sequence.field),
        Op::PutWhole => row.view().as_value(),
        Op::Put => seek_value(&each.sequence, row, s),
        _ => None,
    };
    let (Some(Value::List(items) | Value::Tuple(items)), false) = (found, each.reversed) else {
        return each_slowly(each, row, f, s);
    };
    let items: &[Value] = items;
    let mut item = Row::new(each.names);
    let mut w = Writer::new(f);
    for (index, value) in items.iter().enumerate() {
        item.go_to(value, index, items.len());
        go_through(each.body, &item, &mut w, s)?;
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

/// Writes a field of a loop.
///
/// # Errors
///
/// `Stop`, after reporting, if the output's limit is reached.
pub fn put_field(
    spot: &'static Spot,
    state: &LoopState<'_>,
    field: LoopField,
    f: &mut Frame<'_>,
) -> Done {
    before(spot, f)?;
    let value = field_value(state, field);
    if put_value(&value, f) == Written::Yes {
        return Ok(());
    }
    emit::output(Ok(Ref::Owned(value)), f, spot.unit, spot.site)
}

/// Whether a field of a loop is true.
pub fn field_holds(state: &LoopState<'_>, field: LoopField) -> bool {
    match field {
        LoopField::Counter => true,
        LoopField::Counter0 => state.index != 0,
        LoopField::RevCounter => state.length > state.index,
        LoopField::RevCounter0 => state.length > state.index + 1,
        LoopField::First => state.index == 0,
        LoopField::Last => state.index + 1 == state.length,
        LoopField::Length => state.length != 0,
    }
}

/// Whether a branch is taken whose condition is a value alone.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised anything but `VariableDoesNotExist`.
#[inline(never)]
pub fn holds(
    spot: &'static Spot,
    row: &Row<'_>,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    before(spot, f)?;
    is_true(spot, row, f, s)
}

/// The truth of a value below an operator; nothing if the expression raised.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
#[inline(never)]
pub fn known(
    spot: &'static Spot,
    row: &Row<'_>,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<Option<bool>, Stop> {
    before(spot, f)?;
    is_known(spot, row, f, s)
}

#[inline(never)]
fn is_true(spot: &'static Spot, row: &Row<'_>, f: &Frame<'_>, s: &Scope<'_>) -> Result<bool, Stop> {
    if let Some(truth) = simple_truth(spot, row, f, s) {
        return Ok(truth);
    }
    condition(crate::spot::flow(spot, row, f, s), f, spot.unit, spot.site)
}

#[inline(never)]
fn is_known(
    spot: &'static Spot,
    row: &Row<'_>,
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Result<Option<bool>, Stop> {
    if let Some(truth) = simple_truth(spot, row, f, s) {
        return Ok(Some(truth));
    }
    truth(crate::spot::flow(spot, row, f, s), f, spot.unit, spot.site)
}

/// The truth of what can be looked up and tested without making a value.
fn simple_truth(spot: &'static Spot, row: &Row<'_>, f: &Frame<'_>, s: &Scope<'_>) -> Option<bool> {
    let test = match spot.steps {
        [] => None,
        [step] => Some((step, step.tests()?)),
        _ => return None,
    };
    let made;
    let view = match spot.start {
        Start::Loop(field) => {
            made = row.loop_field(field);
            View::of(&made)
        }
        _ => spot.seek(row, s)?,
    };
    match test {
        None => truth_of(view),
        Some((step, test)) => test(view, step, f),
    }
}

/// The truth of what a view shows; nothing where a value has to be made for it.
pub(crate) fn truth_of(view: View<'_>) -> Option<bool> {
    if let Some(value) = view.as_value() {
        return Some(python::truth(value));
    }
    Some(match view.read() {
        Reading::None => false,
        Reading::Bool(truth) => truth,
        Reading::Int(number) => number != 0,
        Reading::Float(number) => number != 0.0,
        Reading::Text(text) | Reading::Safe(text) => !text.is_empty(),
        Reading::Value(value) => python::truth(value),
        Reading::Owned(value) => python::truth(&value),
        Reading::Sequence(items) => !items.is_empty(),
        Reading::Map(map) => !map.is_empty(),
        Reading::Record => !view.fields()?.1.is_empty(),
        _ => return None,
    })
}

/// Whether two values compare; false if an expression or the comparison raised.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
#[inline(never)]
pub fn compares(
    comparison: Comparison,
    (left, row): (&'static Spot, &Row<'_>),
    (right, other): (&'static Spot, &Row<'_>),
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    before(left, f)?;
    compare_apart(comparison, (left, row), (right, other), f, s)
}

/// The same of two spots with one local, without the text before.
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

#[inline(never)]
fn compare_apart(
    comparison: Comparison,
    (left, row): (&'static Spot, &Row<'_>),
    (right, other): (&'static Spot, &Row<'_>),
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    if left.steps.is_empty() && right.steps.is_empty() {
        let (first, second) = (simple(left, row, s), simple(right, other, s));
        if let Some(truth) = first.compare(second, comparison) {
            return Ok(truth);
        }
    }
    let first = crate::spot::flow(left, row, f, s);
    let second = crate::spot::flow(right, other, f, s);
    compare(comparison, first, second, f, left.unit, left.site)
}

/// What an operator says of two things that are ordered like this.
#[inline]
fn is_ordered(comparison: Comparison, order: Ordering) -> Option<bool> {
    Some(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessEqual => order.is_le(),
        Comparison::In | Comparison::NotIn | Comparison::Is | Comparison::IsNot => return None,
    })
}

/// What is compared without making a value.
#[derive(Clone, Copy)]
enum Simple<'a> {
    Int(i64),
    Text(&'a str),
    /// Something else.
    Value(&'a Value),
    Unknown,
}

fn simple<'a>(spot: &'static Spot, row: &Row<'a>, s: &Scope<'a>) -> Simple<'a> {
    match spot.start {
        Start::Int(number) => return Simple::Int(number),
        Start::Text(text) => return Simple::Text(text.as_str()),
        Start::Loop(field) => {
            return row.loop_number(field).map_or(Simple::Unknown, Simple::Int);
        }
        _ => {}
    }
    let Some(view) = spot.seek(row, s) else {
        return Simple::Unknown;
    };
    let value = match view.as_value() {
        Some(value) => value,
        None => match view.read() {
            Reading::Int(number) => return Simple::Int(number),
            Reading::Text(text) | Reading::Safe(text) => return Simple::Text(text.into()),
            Reading::Value(value) => value,
            _ => return Simple::Unknown,
        },
    };
    match value {
        Value::Int(number) => Simple::Int(*number),
        Value::Str(text) => Simple::Text(text.as_str()),
        value => Simple::Value(value),
    }
}

impl Simple<'_> {
    fn compare(self, other: Self, comparison: Comparison) -> Option<bool> {
        use Comparison::{Equal, NotEqual};
        let order = match (self, other) {
            (Simple::Int(left), Simple::Int(right)) => left.cmp(&right),
            (Simple::Text(left), Simple::Text(right)) => match comparison {
                Equal => return Some(left == right),
                NotEqual => return Some(left != right),
                _ => left.cmp(right),
            },
            (Simple::Value(left), Simple::Value(right)) => {
                return compare_values(comparison, left, right).ok();
            }
            _ => return None,
        };
        is_ordered(comparison, order)
    }
}

/// The items of what a loop goes over.
///
/// # Errors
///
/// `Stop`, after reporting, if the value cannot be iterated over.
#[inline(never)]
pub fn items_of<'a>(
    spot: &'static Spot,
    row: &Row<'a>,
    f: &mut Frame<'_>,
    s: &Scope<'a>,
    reversed: bool,
) -> Result<Items<'a>, Stop> {
    before(spot, f)?;
    items_after(spot, row, f, s, reversed)
}

/// The same without the text before.
fn items_after<'a>(
    spot: &'static Spot,
    row: &Row<'a>,
    f: &Frame<'_>,
    s: &Scope<'a>,
    reversed: bool,
) -> Result<Items<'a>, Stop> {
    if spot.steps.is_empty()
        && let Some(found) = spot.seek(row, s)
        && let Some(items) = view_items(found, reversed)
    {
        return Ok(items);
    }
    let sequence = crate::spot::flow(spot, row, f, s);
    items(sequence, reversed, f, spot.unit, spot.site)
}

/// A value under a new name.
#[derive(Debug)]
pub enum Held<'a> {
    /// Lives elsewhere.
    View(View<'a>),
    /// Was computed.
    Value(Ref<'a>),
}

impl Held<'_> {
    /// The value where it lies.
    pub fn view(&self) -> View<'_> {
        match self {
            Self::View(view) => *view,
            Self::Value(value) => View::of(value),
        }
    }
}

/// The value of an expression, to be kept.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression raised.
pub fn hold<'a>(
    spot: &'static Spot,
    row: &Row<'a>,
    f: &Frame<'_>,
    s: &Scope<'a>,
) -> Result<Held<'a>, Stop> {
    if spot.steps.is_empty()
        && let Some(found) = spot.seek(row, s)
    {
        return Ok(Held::View(found));
    }
    let flow: Flow<'a> = crate::spot::flow(spot, row, f, s);
    Ok(Held::Value(bind(flow, f, spot.unit, spot.site)?))
}

#[cfg(test)]
mod tests;

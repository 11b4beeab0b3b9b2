//! The statements of generated code that are a single call each: it writes the text before,
//! looks a value up and does with it what the statement says.

use std::cmp::Ordering;

use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Frame, LoopState, Scope};

use crate::conditions::{compare, compare_values, truth};
use crate::direct::{Written, put_value};
use crate::loops::{field_value, view_items};
use crate::release::Kept;
use crate::spot::{Act, Spot};
use crate::{
    Comparison, Done, Flow, Items, LoopField, Result, Row, Start, Stop, bind, condition, emit,
    items, python, write,
};

/// Writes text that may be empty.
#[inline]
pub(crate) fn before(spot: &Spot, f: &mut Frame<'_>) -> Done {
    if write::push_padded(spot.before, &mut f.out) {
        Ok(())
    } else {
        emit::text(spot.before.as_str(), f)
    }
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
pub(crate) fn is_true(
    spot: &'static Spot,
    row: &Row<'_>,
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    if let Some(truth) = simple_truth(spot, row, f, s) {
        return Ok(truth);
    }
    condition(crate::spot::flow(spot, row, f, s), f, spot.unit, spot.site)
}

#[inline(never)]
pub(crate) fn is_known(
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

#[inline(never)]
pub(crate) fn compare_apart(
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

/// Whether the value of a spot compares to a whole number, as its act says; false if the
/// expression or the comparison raised.
#[inline(never)]
pub(crate) fn compare_to_number(
    spot: &'static Spot,
    row: &Row<'_>,
    f: &Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    let Act::IfNumber(comparison) = spot.act else {
        return Ok(false);
    };
    let number = spot.number;
    if spot.steps.is_empty()
        && let Some(truth) = simple(spot, row, s).compare(Simple::Int(number), comparison)
    {
        return Ok(truth);
    }
    let first = crate::spot::flow(spot, row, f, s);
    let second = Ok(Ref::Owned(Value::Int(number)));
    compare(comparison, first, second, f, spot.unit, spot.site)
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
pub(crate) fn items_after<'a>(
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
    Value(Kept<'a>),
}

impl Held<'_> {
    /// The value where it lies.
    #[inline(never)]
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
    let value = bind(flow, f, spot.unit, spot.site)?;
    Ok(Held::Value(Kept::new(value)))
}

#[cfg(test)]
mod tests;

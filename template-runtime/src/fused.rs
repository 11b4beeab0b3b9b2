//! The statements of generated code, each a single call: it writes the text before, looks
//! a value up and does with it what the statement says.

use hotplate_plugin_api::value::{Ref, Value};
use hotplate_plugin_api::view::{Reading, View};
use hotplate_plugin_api::{Frame, LoopState, Scope};

use crate::conditions::{compare, compare_values, truth};
use crate::direct::{Written, put_value, put_view};
use crate::loops::{field_value, view_items};
use crate::spot::{Spot, steps};
use crate::{
    Comparison, Done, Flow, Items, LoopField, Result, Stop, bind, condition, emit, items, python,
};

/// Writes text that may be empty.
#[inline]
fn around(text: &'static str, f: &mut Frame<'_>) -> Done {
    if text.is_empty() {
        return Ok(());
    }
    if f.out.push_str(text) {
        return Ok(());
    }
    emit::text(text, f)
}

/// Writes a value: localized, and escaped where that is called for.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression or printing its value raised.
#[inline(never)]
pub fn put(spot: &'static Spot, view: View<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    around(spot.before, f)?;
    let written = match (spot.seek(view, s), spot.steps) {
        (Some(found), []) => put_view(found, f),
        (Some(found), [step]) => match step.writes() {
            Some(direct) => direct(found, step, f),
            None => Written::Not,
        },
        _ => Written::Not,
    };
    if written != Written::Yes {
        put_slowly(spot, view, f, s)?;
    }
    around(spot.after, f)
}

/// The same for whatever is not simple, which begins anew.
#[inline(never)]
fn put_slowly(spot: &'static Spot, view: View<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let start = match spot.seek(view, s) {
        Some(found) => Ok(found.to_ref()),
        None => spot.operand(view, f, s),
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
    around(spot.before, f)?;
    let value = field_value(state, field);
    if put_value(&value, f) != Written::Yes {
        emit::output(Ok(Ref::Owned(value)), f, spot.unit, spot.site)?;
    }
    around(spot.after, f)
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
    view: View<'_>,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    around(spot.before, f)?;
    if spot.steps.is_empty()
        && let Some(truth) = spot.seek(view, s).and_then(truth_of)
    {
        return Ok(truth);
    }
    condition(crate::spot::flow(spot, view, f, s), f, spot.unit, spot.site)
}

/// The truth of a value below an operator; nothing if the expression raised.
///
/// # Errors
///
/// `Stop`, after reporting, for what is no exception.
#[inline(never)]
pub fn known(
    spot: &'static Spot,
    view: View<'_>,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<Option<bool>, Stop> {
    around(spot.before, f)?;
    if spot.steps.is_empty()
        && let Some(truth) = spot.seek(view, s).and_then(truth_of)
    {
        return Ok(Some(truth));
    }
    truth(crate::spot::flow(spot, view, f, s), f, spot.unit, spot.site)
}

/// Writes one of two texts, by the truth of a value.
///
/// # Errors
///
/// As for [`holds`].
#[inline(never)]
pub fn put_text_if(
    spot: &'static Spot,
    view: View<'_>,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
    otherwise: &'static str,
) -> Done {
    let text = if holds(spot, view, f, s)? {
        spot.after
    } else {
        otherwise
    };
    around(text, f)
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
    left: (&'static Spot, View<'_>),
    right: (&'static Spot, View<'_>),
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<bool, Stop> {
    let ((left, left_view), (right, right_view)) = (left, right);
    around(left.before, f)?;
    if left.steps.is_empty() && right.steps.is_empty() {
        let (first, second) = (simple(left, left_view, s), simple(right, right_view, s));
        if let Some(truth) = first.compare(second, comparison) {
            return Ok(truth);
        }
    }
    let first = crate::spot::flow(left, left_view, f, s);
    let second = crate::spot::flow(right, right_view, f, s);
    compare(comparison, first, second, f, left.unit, left.site)
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

fn simple<'a>(spot: &'static Spot, view: View<'a>, s: &Scope<'a>) -> Simple<'a> {
    match spot.start {
        crate::Start::Int(number) => return Simple::Int(number),
        crate::Start::Text(text) => return Simple::Text(text.as_str()),
        _ => {}
    }
    let Some(view) = spot.seek(view, s) else {
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
        use Comparison::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
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
        Some(match comparison {
            Equal => order.is_eq(),
            NotEqual => order.is_ne(),
            Greater => order.is_gt(),
            GreaterEqual => order.is_ge(),
            Less => order.is_lt(),
            LessEqual => order.is_le(),
            _ => return None,
        })
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
    view: View<'a>,
    f: &mut Frame<'_>,
    s: &Scope<'a>,
    reversed: bool,
) -> Result<Items<'a>, Stop> {
    around(spot.before, f)?;
    if spot.steps.is_empty()
        && let Some(found) = spot.seek(view, s)
        && let Some(items) = view_items(found, reversed)
    {
        return Ok(items);
    }
    let sequence = crate::spot::flow(spot, view, f, s);
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
    view: View<'a>,
    f: &Frame<'_>,
    s: &Scope<'a>,
) -> Result<Held<'a>, Stop> {
    if spot.steps.is_empty()
        && let Some(found) = spot.seek(view, s)
    {
        return Ok(Held::View(found));
    }
    let flow: Flow<'a> = crate::spot::flow(spot, view, f, s);
    Ok(Held::Value(bind(flow, f, spot.unit, spot.site)?))
}

#[cfg(test)]
mod tests;

//! Writing values and what filters make of them without making it first.
//!
//! Each function deals with the simple cases of what it stands for and writes the same;
//! in all others it says so, having written nothing that counts.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, Value};
use hotplate_plugin_api::view::{Reading, View};

use crate::fused::truth_of;
use crate::spot::{Start, Step};
use crate::write::Case;
use crate::{python, write};

/// Whether something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was.
    Yes,
    /// It has to be done in the ordinary way: it is not simple, or there is no room for it,
    /// which is an error then.
    Not,
}

impl From<bool> for Written {
    #[inline]
    fn from(is_written: bool) -> Self {
        if is_written { Self::Yes } else { Self::Not }
    }
}

/// Writes what a filter makes of a value.
pub type Direct = fn(View<'_>, &Step, &mut Frame<'_>) -> Written;

/// The truth of what a filter makes of a value, where it is simple.
pub type Test = fn(View<'_>, &Step, &Frame<'_>) -> Option<bool>;

/// Writes a text, escaped where that is called for.
#[inline]
fn put_str(text: &str, safe: bool, f: &mut Frame<'_>) -> Written {
    let is_written = if safe || !f.autoescape {
        f.out.push_str(text)
    } else {
        python::escape_into(text, &mut f.out)
    };
    is_written.into()
}

/// Writes a number without groups of digits.
#[inline]
fn put_int(number: i64, f: &mut Frame<'_>) -> Written {
    if f.settings.use_thousand_separator {
        return Written::Not;
    }
    write::push_int(number, &mut f.out).into()
}

/// Writes a value.
#[inline]
pub(crate) fn put_value(value: &Value, f: &mut Frame<'_>) -> Written {
    match value {
        Value::Str(text) => put_str(text.as_str(), text.is_safe(), f),
        Value::Int(number) => put_int(*number, f),
        Value::None => f.out.push_str("None").into(),
        Value::Bool(true) => f.out.push_str("True").into(),
        Value::Bool(false) => f.out.push_str("False").into(),
        _ => Written::Not,
    }
}

/// Writes what a view shows.
#[inline]
pub(crate) fn put_view(view: View<'_>, f: &mut Frame<'_>) -> Written {
    match view.as_value() {
        Some(value) => put_value(value, f),
        None => put_reading(view, f),
    }
}

#[inline(never)]
fn put_reading(view: View<'_>, f: &mut Frame<'_>) -> Written {
    match view.read() {
        Reading::Text(text) => put_str(text.as_str(), false, f),
        Reading::Safe(text) => put_str(text.as_str(), true, f),
        Reading::Int(number) => put_int(number, f),
        Reading::None => f.out.push_str("None").into(),
        Reading::Bool(true) => f.out.push_str("True").into(),
        Reading::Bool(false) => f.out.push_str("False").into(),
        Reading::Value(value) => put_value(value, f),
        _ => Written::Not,
    }
}

/// The text of a view, and whether it is safe, if it is one.
#[inline]
fn text_of(view: View<'_>) -> Option<(&str, bool)> {
    if let Some(value) = view.as_value() {
        return match value {
            Value::Str(text) => Some((text.as_str(), text.is_safe())),
            _ => None,
        };
    }
    match view.read() {
        Reading::Text(text) => Some((text.into(), false)),
        Reading::Safe(text) => Some((text.into(), true)),
        Reading::Value(Value::Str(text)) => Some((text.as_str(), text.is_safe())),
        _ => None,
    }
}

/// A text that a filter may make as it is: it is not larger than a filter's result may be.
#[inline]
fn kept_text<'v>(view: View<'v>, f: &Frame<'_>) -> Option<(&'v str, bool)> {
    text_of(view).filter(|(text, _)| text.len() <= f.filter_limit)
}

/// The truth of `divisibleby`
pub fn is_divisible(view: View<'_>, step: &Step, _: &Frame<'_>) -> Option<bool> {
    let number = match view.as_value() {
        Some(Value::Int(number)) => *number,
        Some(_) => return None,
        None => match view.read() {
            Reading::Int(number) => number,
            _ => return None,
        },
    };
    match step.argument {
        Some(Start::Int(divisor @ 1..)) => {
            Some(match (u32::try_from(number), u32::try_from(divisor)) {
                // Division of shorter numbers is faster.
                (Ok(number), Ok(divisor)) => number % divisor == 0,
                _ => number % divisor == 0,
            })
        }
        _ => None,
    }
}

/// The truth of `length`
pub fn has_items(view: View<'_>, _: &Step, _: &Frame<'_>) -> Option<bool> {
    count(view).map(|count| count != 0)
}

/// Writes the argument, a constant.
fn put_argument(step: &Step, f: &mut Frame<'_>) -> Written {
    match step.argument {
        Some(Start::Text(text)) if text.len() <= f.filter_limit => {
            f.out.push_str(text.as_str()).into()
        }
        Some(Start::Int(number)) => put_int(number, f),
        _ => Written::Not,
    }
}

/// `default`
pub fn default(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    if let Some(Value::Str(text)) = view.as_value() {
        let text_is_kept = text.as_str().len() <= f.filter_limit;
        return match text.as_str() {
            "" => put_argument(step, f),
            shown if text_is_kept => put_str(shown, text.is_safe(), f),
            _ => Written::Not,
        };
    }
    match truth_of(view) {
        Some(true) => match text_of(view) {
            Some((text, _)) if text.len() > f.filter_limit => Written::Not,
            _ => put_view(view, f),
        },
        Some(false) => put_argument(step, f),
        None => Written::Not,
    }
}

/// `default_if_none`
pub fn default_if_none(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    let is_none = match view.as_value() {
        Some(value) => matches!(value, Value::None),
        None => matches!(view.read(), Reading::None | Reading::Value(Value::None)),
    };
    match text_of(view) {
        _ if is_none => put_argument(step, f),
        Some((text, _)) if text.len() > f.filter_limit => Written::Not,
        _ => put_view(view, f),
    }
}

/// Writes a text in other letters.
#[inline]
fn put_turned(view: View<'_>, case: Case, keeps_safety: bool, f: &mut Frame<'_>) -> Written {
    let Some((text, safe)) = kept_text(view, f) else {
        return Written::Not;
    };
    let is_escaped = f.autoescape && !(safe && keeps_safety);
    write::push_turned(text, case, is_escaped, &mut f.out).into()
}

/// `upper`
pub fn upper(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    put_turned(view, Case::Upper, false, f)
}

/// `lower`
pub fn lower(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    put_turned(view, Case::Lower, true, f)
}

/// `capfirst`
pub fn capfirst(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    put_turned(view, Case::Capital, true, f)
}

/// `length`
pub fn length(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    match count(view).and_then(|count| i64::try_from(count).ok()) {
        Some(count) => put_int(count, f),
        None => Written::Not,
    }
}

fn count(view: View<'_>) -> Option<usize> {
    match view.read() {
        Reading::Value(Value::Object(_)) => None,
        Reading::Value(value) => python::length(value),
        Reading::Text(text) | Reading::Safe(text) => Some(text.chars().count()),
        Reading::Sequence(items) => Some(items.len()),
        Reading::Map(map) => Some(map.len()),
        _ => None,
    }
}

/// `pluralize`
pub fn pluralize(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    let is_one = match view.as_value() {
        Some(Value::Int(number)) => *number == 1,
        Some(Value::List(items) | Value::Tuple(items)) => items.len() == 1,
        Some(_) => return Written::Not,
        None => match view.read() {
            Reading::Int(number) | Reading::Value(&Value::Int(number)) => number == 1,
            Reading::Sequence(items) => items.len() == 1,
            Reading::Value(Value::List(items) | Value::Tuple(items)) => items.len() == 1,
            _ => return Written::Not,
        },
    };
    let suffixes = match step.argument {
        None if f.filter_limit > 0 => return (is_one || f.out.push_str("s")).into(),
        None => "s",
        Some(Start::Text(text)) => text.as_str(),
        Some(_) => return Written::Not,
    };
    let (singular, plural) = suffixes.split_once(',').unwrap_or(("", suffixes));
    if plural.contains(',') || suffixes.len() > f.filter_limit {
        return Written::Not;
    }
    put_str(if is_one { singular } else { plural }, false, f)
}

/// `yesno`
pub fn yesno(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    let (Some(Start::Text(words)), Some(truth)) = (step.argument, truth_of(view)) else {
        return Written::Not;
    };
    let is_none = matches!(view.read(), Reading::None | Reading::Value(Value::None));
    let mut words = words.as_str().split(',');
    let (Some(yes), Some(no), maybe, None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Written::Not;
    };
    let word = match (is_none, truth) {
        (true, _) => maybe.unwrap_or(no),
        (_, true) => yes,
        _ => no,
    };
    if word.len() > f.filter_limit {
        return Written::Not;
    }
    put_str(word, false, f)
}

/// `safe`
pub fn safe(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    match kept_text(view, f) {
        Some((text, _)) => f.out.push_str(text).into(),
        None => Written::Not,
    }
}

/// `escape` and `force_escape`
pub fn escape(view: View<'_>, _: &Step, f: &mut Frame<'_>) -> Written {
    // A character becomes six at most.
    let limit = f.filter_limit / 6;
    match text_of(view).filter(|(text, _)| text.len() <= limit) {
        Some((text, false)) => python::escape_into(text, &mut f.out).into(),
        _ => Written::Not,
    }
}

/// `join`, where output is escaped
pub fn join(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    let Some(Start::Text(separator)) = step.argument.filter(|_| f.autoescape) else {
        return Written::Not;
    };
    let mut size = 0;
    let mut is_text = true;
    each(view, &mut |item| match text_of(item) {
        Some((text, _)) => size += 6 * text.len() + separator.len(),
        None => is_text = false,
    });
    // What is written cannot be taken back.
    if !is_text || size == 0 || size > f.filter_limit {
        return Written::Not;
    }
    let mut written = Written::Yes;
    let mut is_first = true;
    each(view, &mut |item| {
        if written == Written::Yes {
            let separated = std::mem::take(&mut is_first) || f.out.push_str(separator);
            written = match text_of(item) {
                Some((text, safe)) if separated => put_str(text, safe, f),
                _ => Written::Not,
            };
        }
    });
    written
}

/// Does something with each item of a list.
fn each<'a>(view: View<'a>, act: &mut dyn FnMut(View<'a>)) {
    match view.read() {
        Reading::Value(Value::List(items) | Value::Tuple(items)) => {
            items.iter().for_each(|item| act(View::of(item)));
        }
        Reading::Sequence(items) => items.iter().for_each(act),
        _ => {}
    }
}

/// `date` with a constant format
pub fn date(view: View<'_>, step: &Step, f: &mut Frame<'_>) -> Written {
    let Some(Start::Text(pattern)) = step.argument else {
        return Written::Not;
    };
    let shown = match view.read() {
        Reading::Value(value) => simple_date(value),
        Reading::Owned(value) => simple_date(&value),
        _ => None,
    };
    let Some(date) = shown else {
        return Written::Not;
    };
    write::push_date(date, pattern, f).into()
}

/// The date of what has no zone.
fn simple_date(value: &Value) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        Value::DateTime(moment) if moment.offset == ROption::RNone => Some(moment.date),
        _ => None,
    }
}

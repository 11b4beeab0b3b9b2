//! What code for contexts of a known type calls: the fields are its arguments.
//!
//! Each function writes what the dynamic code for the same expression would write. Typed
//! code runs only where output is escaped.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::value::{Date, DateTime, Ref, Text, Value};

use crate::filters::{Call, Filter, strings};
use crate::flow::stop;
use crate::{Done, Error, Result, filtering, output, python};

/// The longest text that is changed in place of a copy on the heap.
const SHORT: usize = 256;

/// No filter in this module makes more bytes than this of one.
const MOST: usize = 8;

/// The text that a field derefs to.
#[inline(always)]
pub fn text(text: &str) -> &str {
    text
}

/// The length of a text in characters.
pub fn characters(text: &str) -> usize {
    text.chars().count()
}

/// Writes a float as the language has it.
///
/// # Errors
///
/// `Stop`, after reporting, if the output takes no more.
pub fn float(number: f64, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    output(Ok(Ref::Owned(Value::Float(number))), f, unit, site)
}

/// Writes a date as the language has it.
///
/// # Errors
///
/// `Stop`, after reporting, if the output takes no more.
pub fn date(date: &Date, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    output(Ok(Ref::Owned(Value::Date(*date))), f, unit, site)
}

/// Writes a date with a time as the language has it, in the current zone.
///
/// # Errors
///
/// `Stop`, after reporting, if the output takes no more, or if the zone cannot show the
/// time.
pub fn moment(moment: &DateTime, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    output(Ok(Ref::Owned(moment.clone().into())), f, unit, site)
}

/// Writes a text that a filter has passed on as it was.
///
/// # Errors
///
/// `Stop`, after reporting, if the text is longer than a filter's result may be, or if the
/// output takes no more.
pub fn passed(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if text.len() > f.filter_limit {
        return through(same, false, text, is_safe, f, unit, site);
    }
    put(text, is_safe, f, unit, site)
}

/// `default`, with a text that is safe.
///
/// # Errors
///
/// As for [`passed`].
pub fn default(
    text: &str,
    is_safe: bool,
    default: &str,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    if text.is_empty() {
        put(default, true, f, unit, site)
    } else {
        passed(text, is_safe, f, unit, site)
    }
}

/// `escape`.
///
/// # Errors
///
/// As for [`passed`].
pub fn escape(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if is_long(text, f) {
        let filter = crate::filters::html::escape;
        return through(filter, true, text, is_safe, f, unit, site);
    }
    put(text, is_safe, f, unit, site)
}

/// `upper`.
///
/// # Errors
///
/// As for [`passed`].
pub fn upper(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if is_long(text, f) {
        return through(strings::upper, false, text, is_safe, f, unit, site);
    }
    let mut buffer = [0; SHORT];
    match in_place(text, &mut buffer, <[u8]>::make_ascii_uppercase) {
        Some(text) => put(text, false, f, unit, site),
        None => put(&text.to_uppercase(), false, f, unit, site),
    }
}

/// `lower`.
///
/// # Errors
///
/// As for [`passed`].
pub fn lower(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if is_long(text, f) {
        return through(strings::lower, true, text, is_safe, f, unit, site);
    }
    let mut buffer = [0; SHORT];
    match in_place(text, &mut buffer, <[u8]>::make_ascii_lowercase) {
        Some(text) => put(text, is_safe, f, unit, site),
        None => put(&text.to_lowercase(), is_safe, f, unit, site),
    }
}

/// `capfirst`.
///
/// # Errors
///
/// As for [`passed`].
pub fn capfirst(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    if is_long(text, f) {
        return through(strings::capfirst, true, text, is_safe, f, unit, site);
    }
    let mut characters = text.chars();
    for character in characters.next().into_iter().flat_map(char::to_uppercase) {
        put(character.encode_utf8(&mut [0; 4]), is_safe, f, unit, site)?;
    }
    put(characters.as_str(), is_safe, f, unit, site)
}

/// `join`, with a text that is safe.
///
/// # Errors
///
/// `Stop`, after reporting, if the result is longer than a filter's may be, or if the output
/// takes no more.
pub fn join(
    items: &mut dyn Iterator<Item = &str>,
    separator: &str,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let mut out = String::new();
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push_str(separator);
        }
        if out.len() > f.filter_limit {
            let message = format!("join would make more than {} bytes", f.filter_limit);
            return Err(stop(&Error::limit(message), &f.failure, unit, site));
        }
        out.push_str(&python::escape(item));
    }
    passed(&out, true, f, unit, site)
}

/// Whether a filter's result may be longer than it is allowed to be.
#[inline(always)]
pub(crate) fn is_long(text: &str, f: &Frame<'_>) -> bool {
    text.len() > f.filter_limit / MOST
}

/// A short text of ASCII alone after a change in `buffer`.
fn in_place<'b>(text: &str, buffer: &'b mut [u8; SHORT], change: fn(&mut [u8])) -> Option<&'b str> {
    let bytes = buffer.get_mut(..text.len())?;
    if !text.is_ascii() {
        return None;
    }
    bytes.copy_from_slice(text.as_bytes());
    change(bytes);
    str::from_utf8(bytes).ok()
}

fn put(text: &str, is_safe: bool, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    let has_room = if is_safe {
        f.out.push_str(text)
    } else {
        python::escape_into(text, &mut f.out)
    };
    if has_room {
        Ok(())
    } else {
        let error = Error::limit(f.out.refusal());
        Err(stop(&error, &f.failure, unit, site))
    }
}

fn same(_: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    Ok(value.clone())
}

/// Writes what a filter makes of a text.
#[cold]
fn through(
    filter: Filter,
    keeps_safety: bool,
    text: &str,
    is_safe: bool,
    f: &mut Frame<'_>,
    unit: &str,
    site: u32,
) -> Done {
    let value = Value::Str(Text::new(text.to_owned(), is_safe));
    let result = filtering::filter(Ok(Ref::Owned(value)), filter, keeps_safety, f);
    output(result, f, unit, site)
}

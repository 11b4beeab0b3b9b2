//! Writing text and values.

use hotplate_plugin_api::environment::{Format, FormatValue};
use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::{Frame, Status};

use crate::filters::Call;
use crate::flow::stop;
use crate::{Done, Error, Flow, Result, Stop, bind, python, write};

/// Writes text as it is.
///
/// # Errors
///
/// `Stop` if the output's limit is reached.
#[inline(never)]
pub fn text(text: &str, f: &mut Frame<'_>) -> Done {
    match f.write(text) {
        Status::Ok => Ok(()),
        Status::Failed => Err(Stop),
    }
}

/// Writes a value: localized, and escaped where that is called for.
///
/// # Errors
///
/// `Stop`, after reporting, if the expression or printing its value raised.
#[inline(never)]
pub fn output(flow: Flow<'_>, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    // What is written mostly is written from where it is: taking it out of the flow and
    // dropping it takes longer than writing.
    if let Ok(value) = &flow
        && let Some(has_room) = write_plain(value, f)
    {
        return if has_room {
            Ok(())
        } else {
            Err(stop(&output_limit(f), &f.failure, unit, site))
        };
    }
    let value = bind(flow, f, unit, site)?;
    write_value(&value, f).map_err(|error| stop(&error, &f.failure, unit, site))
}

fn write_value(value: &Value, f: &mut Frame<'_>) -> Result<()> {
    let has_room = match write_plain(value, f) {
        Some(has_room) => has_room,
        None => {
            let shown = python::localize::shown(value, &Call::new(f))?;
            write_text(shown.as_str(), shown.is_safe(), f)
        }
    };
    if has_room {
        Ok(())
    } else {
        Err(output_limit(f))
    }
}

/// Writes what is written as it is, or nearly so: whether the output had room for it.
/// Nothing for other values, and where numbers are written in another way.
#[inline]
fn write_plain(value: &Value, f: &mut Frame<'_>) -> Option<bool> {
    match value {
        Value::Str(text) => Some(write_text(text.as_str(), text.is_safe(), f)),
        Value::None => Some(write_text("None", true, f)),
        Value::Bool(truth) => Some(write_text(if *truth { "True" } else { "False" }, true, f)),
        // Without groups of digits, all languages write integers alike.
        Value::Int(number) if !f.settings.use_thousand_separator => {
            Some(write::push_int(*number, &mut f.out))
        }
        Value::Float(number) if !f.settings.use_thousand_separator => write_float(*number, f),
        _ => None,
    }
}

/// Writes text, escaped if it has to be; false, if the output had no room for it.
fn write_text(text: &str, safe: bool, f: &mut Frame<'_>) -> bool {
    if safe || !f.autoescape {
        f.out.push_str(text)
    } else {
        python::escape_into(text, &mut f.out)
    }
}

#[cold]
fn output_limit(f: &Frame<'_>) -> Error {
    Error::limit(f.out.refusal())
}

/// Writes a float, if it is written as digits and a point.
#[inline(never)]
fn write_float(number: f64, f: &mut Frame<'_>) -> Option<bool> {
    let mut buffer = zmij::Buffer::new();
    let text = python::plain_float(number, &mut buffer)?;
    if f.locale.localize.is_on(true) {
        let language = f.locale.language();
        match f.environment.own_format(Format::DecimalSeparator, language) {
            None => {}
            Some(FormatValue::Text(separator)) => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                let has_room = write_text(whole, true, f)
                    && write_text(&separator, false, f)
                    && write_text(fraction, true, f);
                return Some(has_room);
            }
            Some(_) => return None,
        }
    }
    Some(write_text(text, true, f))
}

/// The result of the tag `filter`, which is written as it is and must be a string.
/// `place` is the number of nodes before the tag.
///
/// # Errors
///
/// `Stop`, after reporting, if it is none.
pub fn filtered(flow: Flow<'_>, place: usize, f: &mut Frame<'_>, unit: &str, site: u32) -> Done {
    let value = bind(flow, f, unit, site)?;
    if let Value::Str(written) = &*value {
        return text(written.as_str(), f);
    }
    let type_name = python::type_name(&value);
    let message = format!("sequence item {place}: expected str instance, {type_name} found");
    Err(stop(&Error::type_error(message), &f.failure, unit, site))
}

/// Writes text without the space between its tags and around it.
///
/// # Errors
///
/// `Stop` if the output's limit is reached.
pub fn spaceless(captured: &str, f: &mut Frame<'_>) -> Done {
    let mut rest = python::trim(captured);
    while let Some(place) = rest.find('>') {
        let (before, after) = rest.split_at(place + 1);
        let next = after.trim_start_matches(python::is_space);
        self::text(before, f)?;
        rest = if next.starts_with('<') { next } else { after };
    }
    self::text(rest, f)
}

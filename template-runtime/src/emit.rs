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
    if let Ok(value) = &flow
        && let Value::Str(text) = &**value
    {
        let written = write_text(text.as_str(), text.is_safe(), f);
        return written.map_err(|error| stop(&error, &f.failure, unit, site));
    }
    let value = bind(flow, f, unit, site)?;
    write_value(&value, f).map_err(|error| stop(&error, &f.failure, unit, site))
}

fn write_value(value: &Value, f: &mut Frame<'_>) -> Result<()> {
    match value {
        Value::Str(text) => write_text(text.as_str(), text.is_safe(), f),
        Value::None => write_text("None", true, f),
        Value::Bool(truth) => write_text(if *truth { "True" } else { "False" }, true, f),
        // Without groups of digits, all languages write integers alike.
        Value::Int(number) if !f.settings.use_thousand_separator => write_int(*number, f),
        Value::Float(number)
            if !f.settings.use_thousand_separator && write_plain_float(*number, f)? =>
        {
            Ok(())
        }
        value => {
            let shown = python::localize::shown(value, &Call::new(f))?;
            write_text(shown.as_str(), shown.is_safe(), f)
        }
    }
}

fn write_text(text: &str, safe: bool, f: &mut Frame<'_>) -> Result<()> {
    let written = if safe || !f.autoescape {
        f.out.push_str(text)
    } else {
        python::escape_into(text, &mut f.out)
    };
    if written {
        Ok(())
    } else {
        Err(output_limit(f))
    }
}

#[cold]
fn output_limit(f: &Frame<'_>) -> Error {
    Error::limit(f.out.refusal())
}

fn write_int(number: i64, f: &mut Frame<'_>) -> Result<()> {
    if write::push_int(number, &mut f.out) {
        Ok(())
    } else {
        Err(output_limit(f))
    }
}

/// Writes a float; false, with nothing written, if that is not plain digits and a point.
fn write_plain_float(number: f64, f: &mut Frame<'_>) -> Result<bool> {
    let mut buffer = zmij::Buffer::new();
    let Some(text) = python::plain_float(number, &mut buffer) else {
        return Ok(false);
    };
    let separator = if f.locale.localize.is_on(true) {
        let language = f.locale.language();
        f.environment.own_format(Format::DecimalSeparator, language)
    } else {
        None
    };
    match separator {
        None => write_text(text, true, f)?,
        Some(FormatValue::Text(separator)) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            write_text(whole, true, f)?;
            write_text(&separator, false, f)?;
            write_text(fraction, true, f)?;
        }
        Some(_) => return Ok(false),
    }
    Ok(true)
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

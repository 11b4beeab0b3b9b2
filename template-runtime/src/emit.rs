//! Writing text and values.

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::{Frame, Status};

use crate::filters::Call;
use crate::flow::stop;
use crate::{Done, Error, Flow, Result, Stop, bind, python};

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
        let written = write(text.as_str(), text.is_safe(), f);
        return written.map_err(|error| stop(&error, &f.failure, unit, site));
    }
    let value = bind(flow, f, unit, site)?;
    write_value(&value, f).map_err(|error| stop(&error, &f.failure, unit, site))
}

fn write_value(value: &Value, f: &mut Frame<'_>) -> Result<()> {
    match value {
        Value::Str(text) => write(text.as_str(), text.is_safe(), f),
        Value::None => write("None", true, f),
        Value::Bool(truth) => write(if *truth { "True" } else { "False" }, true, f),
        // Without groups of digits, all languages write integers alike.
        Value::Int(number) if !f.settings.use_thousand_separator => write_int(*number, f),
        value => {
            let shown = python::localize::shown(value, &Call::new(f))?;
            write(shown.as_str(), shown.is_safe(), f)
        }
    }
}

fn write(text: &str, safe: bool, f: &mut Frame<'_>) -> Result<()> {
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
    let limit = f.out.limit();
    Error::limit(format!("the output exceeds the limit of {limit} bytes"))
}

/// Writes the digits of a number without allocating.
fn write_int(number: i64, f: &mut Frame<'_>) -> Result<()> {
    // A sign and 19 digits.
    let mut buffer = [b'0'; 20];
    let mut start = buffer.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        // The remainder is a single digit.
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    // Only ASCII has been written.
    write(
        str::from_utf8(&buffer[start..]).unwrap_or_default(),
        true,
        f,
    )
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

//! Writing text and values.

use hotplate_plugin_api::value::Value;
use hotplate_plugin_api::{Frame, Status};

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
    let value = bind(flow, f, unit, site)?;
    write_value(&value, f).map_err(|error| stop(&error, &f.failure, unit, site))
}

fn write_value(value: &Value, f: &mut Frame<'_>) -> Result<()> {
    match value {
        Value::Str(text) => write(text.as_str(), text.is_safe(), f),
        Value::Int(number) => write_int(*number, f),
        value => {
            let printed = python::printed(value)?;
            write(&printed.text, printed.safe, f)
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

//! Django's filters, one function each.

pub mod dates;
mod decimal;
pub mod html;
pub mod json;
pub mod lists;
pub mod logic;
pub mod numbers;
mod printf;
pub mod strings;
mod tags;

use hotplate_plugin_api::value::{Ref, Text, Value};

use crate::python::type_name;
use crate::{Error, Result};

/// What a filter may know of the place it is used in.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Whether output is escaped there.
    pub autoescape: bool,
}

/// A filter: its call, the value left of the bar, the arguments after the colon.
///
/// The compiler has checked the number of arguments. The result of a filter that
/// Django marks `is_safe` is made safe by the caller, if the input was.
pub type Filter = fn(&Call, &Value, &[Ref<'_>]) -> Result<Value>;

/// The widest result that an argument alone can ask for, in characters.
const MAX_WIDTH: usize = 1 << 20;

/// A width from an argument; a negative one is none.
fn width(wanted: i64) -> Result<usize> {
    let width = usize::try_from(wanted).unwrap_or(0);
    if width > MAX_WIDTH {
        return Err(Error::limit(format!(
            "a width of {wanted} characters is more than the {MAX_WIDTH} allowed"
        )));
    }
    Ok(width)
}

/// A result that is safe if the filter's input was.
fn keep_safety(input: &Text, result: String) -> Value {
    Value::Str(Text::new(result, input.is_safe()))
}

/// The text of an argument whose method `method` Django calls.
fn string_argument<'a>(argument: &'a Value, method: &str) -> Result<&'a str> {
    match argument {
        Value::Str(text) => Ok(text.as_str()),
        _ => Err(Error::raise(
            "AttributeError",
            format!(
                "'{}' object has no attribute '{method}'",
                type_name(argument)
            ),
        )),
    }
}

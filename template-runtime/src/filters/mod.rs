//! Django's filters, one function each.

pub mod dates;
mod entities;
#[cfg(test)]
mod hostile;
pub mod html;
pub mod humanize;
pub mod json;
pub mod languages;
pub mod lists;
pub mod localization;
pub mod logic;
mod markup;
pub mod numbers;
pub mod pprint;
pub(crate) mod printf;
pub mod since;
mod slices;
pub mod strings;
mod tags;
pub mod truncation;
pub mod urlize;
mod urls;
pub mod wrap;
pub mod zones;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::environment::{EnvironmentRef, Locale, Settings};
use hotplate_plugin_api::value::{Ref, Text, Value};

use crate::python::{plain_value, type_name};
use crate::{Error, Result};

/// What a filter may know of the place it is used in.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "an environment has nothing to show"
)]
pub struct Call<'f> {
    /// Whether output is escaped there.
    pub autoescape: bool,
    /// What the application does for templates.
    pub environment: EnvironmentRef<'f>,
    /// What stays the same for all renderings.
    pub settings: &'f Settings,
    /// Language, zone and what depends on them.
    pub locale: &'f Locale,
    /// The most bytes that a filter may make of its input.
    pub limit: usize,
}

impl<'f> Call<'f> {
    /// The call of a filter in a template that is being rendered.
    pub fn new(frame: &'f Frame<'_>) -> Self {
        Self {
            autoescape: frame.autoescape,
            environment: frame.environment,
            settings: frame.settings,
            locale: &frame.locale,
            limit: frame.filter_limit,
        }
    }

    /// A call outside of any rendering, with the defaults.
    pub fn plain(autoescape: bool) -> Call<'static> {
        Call {
            autoescape,
            environment: EnvironmentRef::default(),
            settings: const { &Settings::DEFAULT },
            locale: const { &Locale::DEFAULT },
            limit: MAX_WIDTH,
        }
    }
}

/// A filter: its call, the value left of the bar, the arguments after the colon.
///
/// The compiler has checked the number of arguments. The result of a filter that
/// Django marks `is_safe` is made safe by the caller, if the input was.
pub type Filter = fn(&Call<'_>, &Value, &[Ref<'_>]) -> Result<Value>;

/// The widest result that an argument alone can ask for outside of a rendering, in bytes.
const MAX_WIDTH: usize = 1 << 20;

/// A width from an argument; a negative one is none.
fn width(call: &Call<'_>, wanted: i64) -> Result<usize> {
    let width = usize::try_from(wanted).unwrap_or(0);
    if width > call.limit {
        return Err(Error::limit(format!(
            "a width of {wanted} characters is more than the {} allowed",
            call.limit
        )));
    }
    Ok(width)
}

/// A result that is safe if the filter's input was.
fn keep_safety(input: &Text, result: String) -> Value {
    Value::Str(Text::new(result, input.is_safe()))
}

/// The text of an argument whose method `method` Django calls.
fn string_argument(argument: &Value, method: &str) -> Result<Text> {
    match &*plain_value(argument) {
        Value::Str(text) => Ok(text.clone()),
        // Bytes have such methods too, for bytes.
        Value::Bytes(_) => Err(Error::type_error(
            "a bytes-like object is required, not 'str'",
        )),
        _ => Err(Error::raise(
            "AttributeError",
            format!(
                "'{}' object has no attribute '{method}'",
                type_name(argument)
            ),
        )),
    }
}

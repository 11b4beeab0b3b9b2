//! What the tags that enclose others change: language, zone, and how values are shown.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::environment::Switch;
use hotplate_plugin_api::value::{Text, Value};

use crate::filters::zones::zone_of_name;
use crate::python::{self, plain_value, truth, type_name};
use crate::tagging::TagArgument;
use crate::{Error, Result};

fn value<'a>(arguments: &'a [TagArgument<'_>]) -> &'a Value {
    arguments.first().map_or(&Value::None, |first| &first.value)
}

/// `language`: translates into another language; `None` means into none, and what is
/// false otherwise changes nothing.
///
/// # Errors
///
/// `AttributeError` or `TypeError` for what is no string.
pub fn language(frame: &mut Frame<'_>, arguments: &[TagArgument<'_>]) -> Result<()> {
    let value = value(arguments);
    if !frame.settings.use_i18n {
        return Ok(());
    }
    match &*plain_value(value) {
        Value::None => frame.locale.language = ROption::RNone,
        value if !truth(value) => {}
        Value::Str(code) => {
            let code = Text::new(language_code(code.as_str()), false);
            frame.locale.language = ROption::RSome(code);
        }
        Value::Bytes(_) => {
            let message = "argument should be integer or bytes-like object, not 'str'";
            return Err(Error::type_error(message));
        }
        _ => {
            python::check_hashable(value)?;
            let name = type_name(value);
            let message = format!("'{name}' object has no attribute 'find'");
            return Err(Error::raise("AttributeError", message));
        }
    }
    Ok(())
}

/// `to_language(locale)`: `de_AT` is the language `de-at`.
fn language_code(locale: &str) -> String {
    locale.replacen('_', "-", 1).to_lowercase()
}

/// `localize on`: numbers and times are shown in the formats of the language.
///
/// # Errors
///
/// None.
pub fn localize_on(frame: &mut Frame<'_>, _: &[TagArgument<'_>]) -> Result<()> {
    frame.locale.localize = Switch::On;
    Ok(())
}

/// `localize off`: numbers and times are shown as they are.
///
/// # Errors
///
/// None.
pub fn localize_off(frame: &mut Frame<'_>, _: &[TagArgument<'_>]) -> Result<()> {
    frame.locale.localize = Switch::Off;
    Ok(())
}

/// `localtime on`: times are shown in the current zone.
///
/// # Errors
///
/// None.
pub fn local_time_on(frame: &mut Frame<'_>, _: &[TagArgument<'_>]) -> Result<()> {
    frame.locale.local_time = Switch::On;
    Ok(())
}

/// `localtime off`: times are shown in their own zones.
///
/// # Errors
///
/// None.
pub fn local_time_off(frame: &mut Frame<'_>, _: &[TagArgument<'_>]) -> Result<()> {
    frame.locale.local_time = Switch::Off;
    Ok(())
}

/// `timezone`: another zone, or the name of one, becomes the current one; `None` means the
/// default zone.
///
/// # Errors
///
/// `ZoneInfoNotFoundError` for an unknown name, `ValueError` for what can be none.
pub fn timezone(frame: &mut Frame<'_>, arguments: &[TagArgument<'_>]) -> Result<()> {
    let value = value(arguments);
    frame.locale.zone = match (&*plain_value(value), python::string(value)) {
        (Value::None, _) => frame.settings.time_zone.clone(),
        (Value::TimeZone(zone), _) => (**zone).clone(),
        (_, Some(name)) => zone_of_name(name.as_str(), &frame.environment)?,
        (_, None) => {
            // Django formats the message with the value, which a tuple would fill in whole.
            let shown = match &*plain_value(value) {
                Value::Tuple(items) => match &items[..] {
                    [] => return Err(Error::type_error("not enough arguments for format string")),
                    [item] => python::repr(item)?,
                    _ => {
                        let message = "not all arguments converted during string formatting";
                        return Err(Error::type_error(message));
                    }
                },
                _ => python::repr(value)?,
            };
            return Err(Error::value_error(format!("Invalid timezone: {shown}")));
        }
    };
    Ok(())
}

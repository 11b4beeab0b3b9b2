//! `get_current_timezone`.

use hotplate_plugin_api::value::Value;

use crate::tagging::TagCall;
use crate::{Result, python};

/// `get_current_timezone`: the name of the current zone.
///
/// # Errors
///
/// None.
pub fn current_timezone(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let zone = Value::from(call.frame.locale.zone.clone());
    Ok(Value::Str(python::text(&zone)?))
}

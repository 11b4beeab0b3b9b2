//! `{% load bad_tag %}`: tags that raise.

use hotplate_template_runtime::custom::{Exception, TagContext, Value, simple_tag, tag};

/// Raises.
///
/// # Errors
///
/// Always.
#[tag]
pub fn badtag(_context: &mut TagContext<'_, '_>) -> Result<Value, Exception> {
    Err(Exception::new("RuntimeError", "I am a bad tag"))
}

/// Raises.
///
/// # Errors
///
/// Always.
#[simple_tag]
pub fn badsimpletag() -> Result<Value, Exception> {
    Err(Exception::new("RuntimeError", "I am a bad simpletag"))
}

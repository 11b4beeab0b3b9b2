//! `{% load tag_27584 %}`: a tag with a body that raises when it is rendered.

use hotplate_template_runtime::custom::{Exception, TagContext, Value, tag};

/// Raises.
///
/// # Errors
///
/// Always.
#[tag(end)]
pub fn badtag(_context: &mut TagContext<'_, '_>) -> Result<Value, Exception> {
    Err(Exception::new("TemplateSyntaxError", "error"))
}

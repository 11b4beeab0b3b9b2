//! HTML escaping.

use std::borrow::Cow;

use hotplate_plugin_api::Output;
use hotplate_plugin_api::value::{Text, Value};

use super::text;
use crate::{Result, write};

/// Replaces `&`, `<`, `>`, `"` and `'` as Django does.
///
/// ```
/// use hotplate_template_runtime::python::escape;
///
/// assert_eq!(escape("it's <b>"), "it&#x27;s &lt;b&gt;");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    write::escape(text)
}

/// Appends `text`, escaped; false if that would exceed the output's limit.
#[must_use = "false means that the output's limit was reached"]
pub fn escape_into(text: &str, out: &mut Output<'_>) -> bool {
    write::escape_into(text, out)
}

/// `conditional_escape(value)`: the own form in HTML of what has one, else `str(value)`,
/// escaped; a safe string as it is. The result is safe.
///
/// # Errors
///
/// As for [`text`].
pub fn conditional_escape(value: &Value) -> Result<Text> {
    let text = text(value)?;
    let is_safe = match value {
        Value::Object(object) => {
            if let Some(html) = object.html() {
                return Ok(Text::new(html, true));
            }
            matches!(object.plain(), Some(Value::Str(plain)) if plain.is_safe())
        }
        _ => text.is_safe(),
    };
    if is_safe {
        return Ok(text.with_safety(true));
    }
    Ok(match escape(text.as_str()) {
        Cow::Borrowed(_) => text.with_safety(true),
        Cow::Owned(escaped) => Text::new(escaped, true),
    })
}

//! `static`, `get_static_prefix` and `get_media_prefix`: where static files are.

use hotplate_plugin_api::value::Value;

use crate::filters::Call;
use crate::tagging::TagCall;
use crate::{Result, python};

/// `static`: the URL of the file whose path is the first argument. It is escaped even if
/// it is bound to a name.
///
/// # Errors
///
/// What the application raises for a file that it does not know.
pub fn static_file(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let path = call.positional(0).unwrap_or(&Value::None);
    file(&Call::new(call.frame), path)
}

fn file(call: &Call<'_>, path: &Value) -> Result<Value> {
    let path = python::text(path)?;
    let url = call.environment.static_url(path.as_str())?;
    if call.autoescape {
        return Ok(Value::safe(python::escape(&url)));
    }
    Ok(Value::str(url))
}

/// `get_static_prefix` and `get_media_prefix`: what the setting named by the option says.
///
/// # Errors
///
/// None.
pub fn prefix(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let setting = call.options.first().copied().unwrap_or_default();
    Ok(Value::str(call.frame.environment.prefix(setting)))
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::{Environment, EnvironmentRef};
    use hotplate_plugin_api::value::Exception;

    use super::*;
    use crate::testing::{outcome, v};

    struct Files;

    impl Environment for Files {
        fn static_url(&self, path: &str) -> Result<String, Exception> {
            match path {
                "" => Err(Exception::new("ValueError", "no path")),
                path => Ok(format!("/s/{path}?a&b")),
            }
        }
    }

    fn check(path: &str, autoescape: bool, expected: &str) {
        let call = Call {
            environment: EnvironmentRef::new(&Files),
            ..Call::plain(autoescape)
        };
        assert_eq!(outcome(file(&call, &v(path))), expected, "{path:?}");
    }

    #[test]
    fn urls_of_files_are_escaped() {
        check("a.css", true, "safe: /s/a.css?a&amp;b");
        check("a.css", false, "/s/a.css?a&b");
        check("", true, "ValueError: no path");
    }
}

//! `csrf_token` and `csp_nonce_attr`: what protects a page.

use hotplate_plugin_api::value::{Callable, Lookup, Value};

use crate::tagging::TagCall;
use crate::{Error, Result, python};

/// `csrf_token`: a hidden field with the token, which is the first argument; nothing
/// without a token.
///
/// # Errors
///
/// `TypeError` for a token that says that there is none, as Django 6 has it.
pub fn csrf_token(call: &mut TagCall<'_, '_>) -> Result<Value> {
    call.positional(0).map_or(Ok(Value::str("")), field)
}

fn field(token: &Value) -> Result<Value> {
    if !python::truth(token) {
        return Ok(Value::str(""));
    }
    if python::equal(token, &Value::str("NOTPROVIDED")) {
        return Err(Error::type_error("args or kwargs must be provided."));
    }
    let token = python::conditional_escape(token)?;
    Ok(Value::safe(format!(
        "<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"{}\">",
        token.as_str()
    )))
}

/// `csp_nonce_attr`: the attribute with the nonce, which is the first argument, or the
/// tags of a form's media, which is the second one or named.
///
/// # Errors
///
/// `TypeError` if the media is given twice, or needs a nonce but cannot be given one; what
/// its `render` raises.
pub fn csp_nonce_attr(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let nonce = call.positional(0).unwrap_or(&Value::None);
    let tags = attribute(nonce, call.positional(1), call.keyword("media"))?;
    if call.frame.autoescape && !call.assigned {
        return Ok(Value::Str(python::conditional_escape(&tags)?));
    }
    Ok(tags)
}

fn attribute(nonce: &Value, media: Option<&Value>, named: Option<&Value>) -> Result<Value> {
    if media.is_some() && named.is_some() {
        let message = "csp_nonce_attr() got multiple values for argument 'media'";
        return Err(Error::type_error(message));
    }
    match media.or(named) {
        Some(media) if python::truth(media) => media_tags(media, nonce),
        _ => nonce_attribute(nonce),
    }
}

fn nonce_attribute(nonce: &Value) -> Result<Value> {
    match nonce {
        Value::None => Ok(Value::str("")),
        nonce => {
            let nonce = python::conditional_escape(nonce)?;
            Ok(Value::safe(format!("nonce=\"{}\"", nonce.as_str())))
        }
    }
}

/// `media.render()`. What templates see of functions takes no arguments, and so no nonce.
fn media_tags(media: &Value, nonce: &Value) -> Result<Value> {
    let render = match media {
        Value::Object(object) => object.attribute("render"),
        _ => Lookup::Missing,
    };
    let render = match render {
        Lookup::Found(render) => render,
        Lookup::Raised(exception) => return Err(exception.into()),
        Lookup::Missing => {
            let type_name = python::type_name(media);
            let message = format!("'{type_name}' object has no attribute 'render'");
            return Err(Error::raise("AttributeError", message));
        }
    };
    match &render {
        Value::Object(function) if function.callable() != Callable::No => match nonce {
            Value::None => Ok(function.call()?),
            _ => Err(Error::type_error(
                "render() cannot be given the attribute 'nonce'",
            )),
        },
        _ => Err(not_callable(&render)),
    }
}

#[cold]
fn not_callable(value: &Value) -> Error {
    let type_name = python::type_name(value);
    Error::type_error(format!("'{type_name}' object is not callable"))
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::value::{Exception, Object};

    use super::*;
    use crate::testing::{outcome, safe_str, table, v};

    #[test]
    fn the_field_has_the_token() {
        table! { field;
            ("a&b") => "safe: <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"a&amp;b\">",
            (safe_str("<")) => "safe: <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"<\">",
            (5) => "safe: <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"5\">",
            ("") => "",
            (()) => "",
            ("NOTPROVIDED") => "TypeError: args or kwargs must be provided.",
        }
    }

    /// Has a method `render`, and is one.
    struct Media;

    impl Object for Media {
        fn type_name(&self) -> &str {
            "Media"
        }

        fn attribute(&self, name: &str) -> Lookup {
            match name {
                "render" => Lookup::Found(Value::object(Self)),
                _ => Lookup::Missing,
            }
        }

        fn callable(&self) -> Callable {
            Callable::Yes
        }

        fn call(&self) -> Result<Value, Exception> {
            Ok(Value::safe("<script>"))
        }
    }

    fn check(nonce: impl Into<Value>, media: Option<Value>, named: Option<Value>, expected: &str) {
        let result = attribute(&nonce.into(), media.as_ref(), named.as_ref());
        assert_eq!(outcome(result), expected, "{media:?} {named:?}");
    }

    #[test]
    fn the_attribute_has_the_nonce() {
        check("a&b", None, None, "safe: nonce=\"a&amp;b\"");
        check("", None, Some(v("")), "safe: nonce=\"\"");
        check((), Some(v(())), None, "");
    }

    #[test]
    fn media_are_rendered() {
        let media = || Some(Value::object(Media));
        check((), media(), None, "safe: <script>");
        check((), None, media(), "safe: <script>");
        check(
            "a",
            media(),
            None,
            "TypeError: render() cannot be given the attribute 'nonce'",
        );
        check(
            (),
            Some(v("x")),
            None,
            "AttributeError: 'str' object has no attribute 'render'",
        );
        check(
            (),
            Some(v(1)),
            Some(v(1)),
            "TypeError: csp_nonce_attr() got multiple values for argument 'media'",
        );
    }
}

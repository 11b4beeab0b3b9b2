//! `url`: the URL of a view.

use hotplate_plugin_api::abi_stable::std_types::{ROption, RStr};
use hotplate_plugin_api::environment::{HttpRequest, Reverse};
use hotplate_plugin_api::value::Value;

use crate::filters::Call;
use crate::tagging::TagCall;
use crate::{Error, Result, python};

/// `url`: the last positional argument is the view's name, the others are the URL's. With
/// `as` a URL that there is not is empty.
///
/// # Errors
///
/// `NoReverseMatch`, or what else the application raises.
pub fn url(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let mut args: Vec<Value> = Vec::new();
    let mut keywords: Vec<(&str, Value)> = Vec::new();
    for argument in call.arguments {
        match argument.name {
            "" => args.push((*argument.value).clone()),
            name => keywords.push((name, (*argument.value).clone())),
        }
    }
    let view = args.pop().unwrap_or_default();
    let request = call.frame.request;
    let url = reverse(&Call::new(call.frame), request, &view, &args, &keywords);
    shown(url, call.assigned, call.frame.autoescape)
}

fn reverse(
    call: &Call<'_>,
    request: Option<&HttpRequest>,
    view: &Value,
    args: &[Value],
    keywords: &[(&str, Value)],
) -> Result<String> {
    let view = python::text(view)?;
    let names: Vec<RStr<'_>> = keywords
        .iter()
        .map(|(name, _)| RStr::from_str(name))
        .collect();
    let values: Vec<Value> = keywords.iter().map(|(_, value)| value.clone()).collect();
    let current_app = request.map_or(ROption::RNone, |request| {
        let namespace = request.namespace.as_ref();
        request.current_app.as_ref().or(namespace)
    });
    Ok(call.environment.reverse(&Reverse {
        name: view.as_str().into(),
        args: args.into(),
        names: names.as_slice().into(),
        values: values.as_slice().into(),
        current_app: current_app.map(|name| name.as_rstr()),
        language: call.locale.language().map(RStr::from_str).into(),
    })?)
}

fn shown(url: Result<String>, assigned: bool, autoescape: bool) -> Result<Value> {
    match url {
        Err(error) if assigned && is_unknown(&error) => Ok(Value::str("")),
        Ok(url) if autoescape && !assigned => Ok(Value::safe(python::escape(&url))),
        url => url.map(Value::str),
    }
}

fn is_unknown(error: &Error) -> bool {
    error.is("NoReverseMatch")
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::{Environment, EnvironmentRef};
    use hotplate_plugin_api::value::Exception;

    use super::*;
    use crate::testing::{outcome, v};

    /// Makes a URL of everything that it is asked with.
    struct Echo;

    impl Environment for Echo {
        fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
            match wanted.name.as_str() {
                "unknown" => return Err(Exception::new("NoReverseMatch", "none")),
                "broken" => return Err(Exception::new("ValueError", "broken")),
                _ => {}
            }
            let args = Value::list(wanted.args.iter().cloned());
            let args = python::repr(&args).expect("they are no objects");
            let pairs = wanted.names.iter().zip(wanted.values.iter());
            let keywords: Vec<String> = pairs
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            let app = wanted.current_app.as_ref().into_option();
            let app = app.map_or("-", |app| app.as_str());
            Ok(format!(
                "{}?{args}&{}&{app}",
                wanted.name,
                keywords.join("&")
            ))
        }
    }

    fn check(view: &str, request: Option<&HttpRequest>, assigned: bool, expected: &str) {
        let call = Call {
            environment: EnvironmentRef::new(&Echo),
            ..Call::plain(true)
        };
        let url = reverse(&call, request, &v(view), &[v(1), v("b")], &[("k", v(2))]);
        assert_eq!(outcome(shown(url, assigned, true)), expected, "{view}");
    }

    #[test]
    fn urls_are_escaped_where_they_are_written() {
        check("a", None, true, "a?[1, 'b']&k=2&-");
        check("a", None, false, "safe: a?[1, &#x27;b&#x27;]&amp;k=2&amp;-");
    }

    #[test]
    fn the_application_is_that_of_the_request_or_else_its_namespace() {
        let mut request = HttpRequest {
            namespace: ROption::RSome("space".into()),
            ..HttpRequest::default()
        };
        check("a", Some(&request), true, "a?[1, 'b']&k=2&space");
        request.current_app = ROption::RSome("app".into());
        check("a", Some(&request), true, "a?[1, 'b']&k=2&app");
    }

    #[test]
    fn only_an_unknown_url_is_empty_with_as() {
        check("unknown", None, false, "NoReverseMatch: none");
        check("unknown", None, true, "");
        check("broken", None, true, "ValueError: broken");
    }
}

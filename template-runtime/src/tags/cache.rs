//! `cache`: a part of a page that is kept.

use hotplate_plugin_api::abi_stable::std_types::RString;
use hotplate_plugin_api::environment::{EnvironmentRef, Fragment};
use hotplate_plugin_api::value::Value;

use crate::tagging::{TagArgument, TagCall};
use crate::{Error, Result, python};

/// The cache that is used if none is named, where there is one of this name.
const OWN_CACHE: &str = "template_fragments";
/// The one that is used otherwise.
const DEFAULT_CACHE: &str = "default";

/// `cache`: what the cache has, else what the body renders, which is then kept. The
/// first option is the fragment's name, the others are how the variables of the seconds and
/// of the cache are shown; the arguments are the seconds it is kept for, then what
/// it varies on; `using` names the cache.
///
/// # Errors
///
/// `TemplateSyntaxError` for seconds that are no number and for an unknown cache; what the
/// body raises.
pub fn cache(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let (first, rest) = match call.arguments {
        [first, rest @ ..] => (Some(first), rest),
        [] => (None, call.arguments),
    };
    let using = rest.iter().find(|found| found.name == "using");
    known(first, call.options.get(1))?;
    let seconds = seconds(first.map_or(&Value::None, |found| &*found.value))?;
    known(using, call.options.get(2))?;
    let environment = call.frame.environment;
    let cache = cache_name(&environment, using.map(|found| &*found.value))?;
    let mut vary_on: Vec<RString> = Vec::new();
    for argument in rest {
        if argument.name.is_empty() {
            argument.raised.clone().map_or(Ok(()), Err)?;
            vary_on.push(python::text(&argument.value)?.as_str().into());
        }
    }
    let fragment = Fragment {
        cache: cache.as_str().into(),
        name: call.options.first().copied().unwrap_or_default().into(),
        vary_on: vary_on.as_slice().into(),
    };
    kept(&environment, &fragment, seconds, || call.render_body(0))
}

/// Refuses an argument that raised.
fn known(argument: Option<&TagArgument<'_>>, shown: Option<&&str>) -> Result<()> {
    match argument.and_then(|argument| argument.raised.as_ref()) {
        Some(error) if error.is_missing() => {
            let shown = shown.copied().unwrap_or_default();
            let message = format!("\"cache\" tag got an unknown variable: {shown}");
            Err(Error::raise("TemplateSyntaxError", message))
        }
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// What the cache has, else what is rendered.
fn kept(
    environment: &EnvironmentRef<'_>,
    fragment: &Fragment<'_>,
    seconds: Option<i64>,
    render: impl FnOnce() -> Result<String>,
) -> Result<Value> {
    match environment.cached(fragment) {
        Some(value) if !matches!(value, Value::None) => Ok(value),
        _ => {
            let text = render()?;
            if seconds.is_none_or(|seconds| seconds > 0) {
                environment.cache(fragment, &text, seconds);
            }
            Ok(Value::safe(text))
        }
    }
}

/// How long to keep it; nothing means for ever.
fn seconds(value: &Value) -> Result<Option<i64>> {
    if let Value::None = value {
        return Ok(None);
    }
    match python::int_clamped(value) {
        Ok(seconds) => Ok(Some(seconds)),
        Err(error) if error.is("ValueError") || error.is("TypeError") => {
            let shown = python::repr(value)?;
            Err(Error::raise(
                "TemplateSyntaxError",
                format!("\"cache\" tag got a non-integer timeout value: {shown}"),
            ))
        }
        Err(error) => Err(error),
    }
}

fn cache_name(environment: &EnvironmentRef<'_>, wanted: Option<&Value>) -> Result<String> {
    let name = match wanted {
        None if environment.has_cache(OWN_CACHE) => return Ok(OWN_CACHE.to_owned()),
        None => return Ok(DEFAULT_CACHE.to_owned()),
        Some(Value::Str(name)) => name.as_str(),
        Some(other) => {
            let type_name = python::type_name(other);
            let message = format!("attribute name must be string, not '{type_name}'");
            return Err(Error::type_error(message));
        }
    };
    if environment.has_cache(name) {
        return Ok(name.to_owned());
    }
    let name = python::repr_str(name);
    Err(Error::raise(
        "TemplateSyntaxError",
        format!("Invalid cache name specified for cache tag: {name}"),
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use hotplate_plugin_api::environment::Environment;

    use super::*;
    use crate::testing::{list, outcome, power_of_ten, table, v};

    fn seconds_value(value: &Value) -> Result<Value> {
        Ok(seconds(value)?.map_or(Value::None, Value::Int))
    }

    #[test]
    fn seconds_are_whole_or_for_ever() {
        table! { seconds_value;
            (2) => "2",
            ("300") => "300",
            (1.9) => "1",
            (()) => "None",
            (power_of_ten(30)) => "9223372036854775807",
            ("fail") => "TemplateSyntaxError: \"cache\" tag got a non-integer timeout value: 'fail'",
            (list([])) => "TemplateSyntaxError: \"cache\" tag got a non-integer timeout value: []",
            (f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
        }
    }

    /// Caches of these names, which keep everything for ever.
    #[derive(Default)]
    struct Caches {
        names: &'static [&'static str],
        kept: Mutex<Vec<(String, String)>>,
    }

    fn key(fragment: &Fragment<'_>) -> String {
        let vary_on: Vec<&str> = fragment.vary_on.iter().map(RString::as_str).collect();
        format!("{}/{}/{}", fragment.cache, fragment.name, vary_on.join(":"))
    }

    impl Environment for Caches {
        fn has_cache(&self, cache: &str) -> bool {
            self.names.contains(&cache)
        }

        fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
            let kept = self.kept.lock().expect("nothing panics with it");
            let mut kept = kept.iter();
            let (_, text) = kept.find(|(known, _)| *known == key(fragment))?;
            Some(Value::safe(text))
        }

        fn cache(&self, fragment: &Fragment<'_>, text: &str, seconds: Option<i64>) {
            let mut kept = self.kept.lock().expect("nothing panics with it");
            kept.push((key(fragment), format!("{text} for {seconds:?}")));
        }
    }

    #[test]
    fn a_body_is_rendered_only_if_the_cache_does_not_have_it() {
        let caches = Caches::default();
        let environment = EnvironmentRef::new(&caches);
        let check = |name: &str, seconds: i64, render: Result<&str>, expected: &str| {
            let vary_on = [RString::from("1"), RString::from("x")];
            let fragment = Fragment {
                cache: DEFAULT_CACHE.into(),
                name: name.into(),
                vary_on: vary_on.as_slice().into(),
            };
            let rendered = || render.map(str::to_owned);
            let result = kept(&environment, &fragment, Some(seconds), rendered);
            assert_eq!(outcome(result), expected, "{name}");
        };
        check("a", 5, Ok("<a>"), "safe: <a>");
        check("a", 5, Ok("<b>"), "safe: <a> for Some(5)");
        check(
            "b",
            5,
            Err(Error::value_error("broken")),
            "ValueError: broken",
        );
        check("b", 5, Ok("<b>"), "safe: <b>");
        check("c", 0, Ok("<c>"), "safe: <c>");
        check("c", -1, Ok("<d>"), "safe: <d>");
    }

    fn check(names: &'static [&'static str], wanted: Option<Value>, expected: &str) {
        let caches = Caches {
            names,
            ..Caches::default()
        };
        let environment = EnvironmentRef::new(&caches);
        let name = cache_name(&environment, wanted.as_ref()).map(Value::str);
        assert_eq!(outcome(name), expected, "{wanted:?}");
    }

    #[test]
    fn the_cache_is_the_one_named_or_the_one_for_fragments() {
        check(&["default"], None, "default");
        check(&["default", OWN_CACHE], None, OWN_CACHE);
        check(&["default", "other"], Some(v("other")), "other");
        check(
            &["default"],
            Some(v("unknown")),
            "TemplateSyntaxError: Invalid cache name specified for cache tag: 'unknown'",
        );
        check(
            &["default"],
            Some(Value::None),
            "TypeError: attribute name must be string, not 'NoneType'",
        );
    }
}

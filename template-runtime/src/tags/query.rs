//! `querystring`: the query of a URL, made of others and of changes to them.

use std::collections::HashMap;
use std::fmt::Write as _;

use hotplate_plugin_api::environment::HttpRequest;
use hotplate_plugin_api::value::{Callable, Lookup, ObjectRef, Value};

use crate::tagging::TagCall;
use crate::{Error, Result, python};

/// `querystring`: a query with the parameters of the mappings given, or of the request,
/// and with those given by name. `None` takes a parameter out.
///
/// # Errors
///
/// `TemplateSyntaxError` for a mapping that is none or has keys that are no strings;
/// `AttributeError` without any mapping or request.
pub fn querystring(call: &mut TagCall<'_, '_>) -> Result<Value> {
    let mut query = Query::default();
    let (keywords, mappings): (Vec<_>, Vec<_>) = call
        .arguments
        .iter()
        .partition(|argument| !argument.name.is_empty());
    if keywords.iter().any(|keyword| keyword.name == "context") {
        let message = "querystring() got multiple values for argument 'context'";
        return Err(Error::type_error(message));
    }
    if mappings.is_empty() {
        query.add_request(call.frame.request)?;
    }
    for mapping in mappings {
        query.add(&mapping.value)?;
    }
    for keyword in keywords {
        query.change(keyword.name, &keyword.value)?;
    }
    let text = query.text()?;
    if call.frame.autoescape && !call.assigned {
        return Ok(Value::safe(python::escape(&text)));
    }
    Ok(Value::str(text))
}

/// Parameters in the order in which they came.
#[derive(Default)]
struct Query {
    parameters: Vec<Option<(String, Vec<Value>)>>,
    places: HashMap<String, usize>,
}

impl Query {
    fn add_request(&mut self, request: Option<&HttpRequest>) -> Result<()> {
        let Some(request) = request else {
            return Err(Error::raise(
                "AttributeError",
                "'Context' object has no attribute 'request'",
            ));
        };
        for parameter in &request.query {
            let values = parameter
                .values
                .iter()
                .map(|value| Value::str(value.as_str()));
            self.set(parameter.name.as_str(), values.collect());
        }
        Ok(())
    }

    fn add(&mut self, mapping: &Value) -> Result<()> {
        let Some(pairs) = pairs(mapping)? else {
            return Err(Error::raise(
                "TemplateSyntaxError",
                format!(
                    "querystring requires mappings for positional arguments (got {} instead).",
                    python::repr(mapping)?
                ),
            ));
        };
        for (key, value) in pairs {
            match text_of(&key) {
                Some(Value::Str(key)) => self.change(key.as_str(), &value)?,
                _ => {
                    let key = python::repr(&key)?;
                    let message = format!(
                        "querystring requires strings for mapping keys (got {key} instead)."
                    );
                    return Err(Error::raise("TemplateSyntaxError", message));
                }
            }
        }
        Ok(())
    }

    fn change(&mut self, name: &str, value: &Value) -> Result<()> {
        if let Value::None = value {
            if let Some(place) = self.places.remove(name) {
                self.parameters[place] = None;
            }
            return Ok(());
        }
        let values = match several(value)? {
            Some(values) => values
                .into_iter()
                .filter(|value| !matches!(value, Value::None))
                .collect(),
            None => vec![value.clone()],
        };
        self.set(name, values);
        Ok(())
    }

    fn set(&mut self, name: &str, values: Vec<Value>) {
        let parameter = Some((name.to_owned(), values));
        match self.places.get(name) {
            Some(&place) => self.parameters[place] = parameter,
            None => {
                self.places.insert(name.to_owned(), self.parameters.len());
                self.parameters.push(parameter);
            }
        }
    }

    fn text(&self) -> Result<String> {
        let mut out = String::from("?");
        for (name, values) in self.parameters.iter().flatten() {
            for value in values {
                if out.len() > 1 {
                    out.push('&');
                }
                push_quoted(name, &mut out);
                out.push('=');
                match value {
                    Value::Bytes(bytes) => {
                        push_quoted(&String::from_utf8_lossy(bytes.as_slice()), &mut out);
                    }
                    value => push_quoted(python::text(value)?.as_str(), &mut out),
                }
            }
        }
        Ok(out)
    }
}

/// `quote_plus(text)`.
fn push_quoted(text: &str, out: &mut String) {
    for byte in text.bytes() {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || "_.-~".contains(character) {
            out.push(character);
        } else if byte == b' ' {
            out.push('+');
        } else {
            write!(out, "%{byte:02X}").expect("a string takes any text");
        }
    }
}

/// The string that a value is, or that an object also is.
fn text_of(value: &Value) -> Option<Value> {
    match value {
        Value::Str(_) => Some(value.clone()),
        Value::Object(object) => object
            .plain()
            .filter(|plain| matches!(plain, Value::Str(_))),
        _ => None,
    }
}

/// The items of what can be iterated over and is no string.
fn several(value: &Value) -> Result<Option<Vec<Value>>> {
    match value {
        Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::Dict(_) | Value::Bytes(_) => {
            let items = python::iterate(value)?;
            Ok(Some(items.map(|item| item.into_owned()).collect()))
        }
        Value::Object(object) if text_of(value).is_none() => Ok(object.items().transpose()?),
        _ => Ok(None),
    }
}

/// The keys and values of a mapping; nothing for what is none.
///
/// An object is a mapping if it has the methods `keys` and `items`; one of the class
/// `QueryDict` has lists of values, which its method `lists` gives.
fn pairs(value: &Value) -> Result<Option<Vec<(Value, Value)>>> {
    let object = match value {
        Value::Dict(dict) => {
            let pairs = dict.iter().map(|(key, value)| (key.clone(), value.clone()));
            return Ok(Some(pairs.collect()));
        }
        Value::Object(object) => object,
        _ => return Ok(None),
    };
    if let Some(plain @ Value::Dict(_)) = object.plain() {
        return pairs(&plain);
    }
    if let Lookup::Missing = object.attribute("keys") {
        return Ok(None);
    }
    if object.type_name() == "QueryDict"
        && let Some(lists) = method(object, "lists")?
    {
        return pairs_in(&lists).map(Some);
    }
    match method(object, "items")? {
        Some(items) => pairs_in(&items).map(Some),
        None => Ok(None),
    }
}

/// What a method gives, whether it still has to be called or not.
fn method(object: &ObjectRef, name: &str) -> Result<Option<Value>> {
    match object.attribute(name) {
        Lookup::Missing => Ok(None),
        Lookup::Raised(exception) => Err(exception.into()),
        Lookup::Found(Value::Object(method)) if method.callable() == Callable::Yes => {
            Ok(Some(method.call()?))
        }
        Lookup::Found(value) => Ok(Some(value)),
    }
}

fn pairs_in(items: &Value) -> Result<Vec<(Value, Value)>> {
    let mut pairs = Vec::new();
    for pair in python::iterate(items)? {
        let mut parts = python::iterate(&pair)?;
        let (key, value) = (parts.next(), parts.next());
        if let (Some(key), Some(value)) = (key, value) {
            pairs.push((key.into_owned(), value.into_owned()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::Parameter;
    use hotplate_plugin_api::value::{Bytes, Object};

    use super::*;
    use crate::testing::{dict, list, outcome, safe_str, tuple, v};

    /// A query as Django's requests have it.
    struct Parsed(&'static str, Vec<(Value, Value)>);

    impl Object for Parsed {
        fn type_name(&self) -> &str {
            self.0
        }

        fn attribute(&self, name: &str) -> Lookup {
            let pair = |(key, values): &(Value, Value)| match (name, values) {
                ("items", Value::List(values)) => {
                    Value::tuple([key.clone(), values.last().cloned().unwrap_or_default()])
                }
                _ => Value::tuple([key.clone(), values.clone()]),
            };
            match name {
                "keys" | "items" | "lists" => Lookup::Found(Value::list(self.1.iter().map(pair))),
                _ => Lookup::Missing,
            }
        }
    }

    fn check(mappings: &[Value], keywords: &[(&str, Value)], expected: &str) {
        let made = || {
            let mut query = Query::default();
            mappings.iter().try_for_each(|mapping| query.add(mapping))?;
            keywords
                .iter()
                .try_for_each(|(name, value)| query.change(name, value))?;
            query.text()
        };
        assert_eq!(outcome(made()), expected, "{mappings:?} {keywords:?}");
    }

    #[test]
    fn parameters_are_added_replaced_and_taken_out() {
        let given = || dict([(v("a"), v(5)), (v("b"), v(6)), (v("l"), list([v(1), v(2)]))]);
        check(&[given()], &[], "?a=5&b=6&l=1&l=2");
        check(
            &[given()],
            &[("a", v(1)), ("b", v(())), ("c", safe_str("x y"))],
            "?a=1&l=1&l=2&c=x+y",
        );
        check(
            &[given(), dict([(v("a"), v(()))]), dict([(v("a"), v(1))])],
            &[],
            "?b=6&l=1&l=2&a=1",
        );
        check(&[dict([])], &[("none", v(()))], "?");
        check(&[dict([])], &[("l", list([v(()), v(1), v(())]))], "?l=1");
    }

    #[test]
    fn values_are_quoted_texts() {
        check(
            &[],
            &[
                ("é ~/*", v("ü&")),
                ("f", v(1.5)),
                ("t", v(true)),
                ("l", list([tuple([v(1)])])),
                ("d", dict([(v("k"), v(1))])),
                ("b", Value::Bytes(Bytes::new(b"xy".to_vec()))),
            ],
            "?%C3%A9+~%2F%2A=%C3%BC%26&f=1.5&t=True&l=%281%2C%29&d=k&b=120&b=121",
        );
    }

    #[test]
    fn the_query_of_a_request_has_lists() {
        let lists = || vec![(v("a"), list([v("1"), v("2")])), (v("n"), list([v(())]))];
        check(
            &[Value::object(Parsed("QueryDict", lists()))],
            &[],
            "?a=1&a=2",
        );
        check(
            &[Value::object(Parsed("MultiValueDict", lists()))],
            &[],
            "?a=2",
        );
        let request = HttpRequest {
            query: [Parameter {
                name: "x".into(),
                values: ["y".into(), "z".into()].into_iter().collect(),
            }]
            .into_iter()
            .collect(),
            ..HttpRequest::default()
        };
        let mut query = Query::default();
        let added = query
            .add_request(Some(&request))
            .and_then(|()| query.text());
        assert_eq!(outcome(added), "?x=y&x=z");
        let added = query.add_request(None).and_then(|()| query.text());
        let expected = "AttributeError: 'Context' object has no attribute 'request'";
        assert_eq!(outcome(added), expected);
    }

    #[test]
    fn only_mappings_of_strings_can_be_added() {
        let mappings = "TemplateSyntaxError: querystring requires mappings for positional \
                        arguments (got None instead).";
        check(&[v(())], &[], mappings);
        let keys = "TemplateSyntaxError: querystring requires strings for mapping keys (got 0 \
                    instead).";
        check(&[dict([(v(0), v(1))])], &[], keys);
    }
}

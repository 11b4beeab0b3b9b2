//! Instances and functions, as their tables describe them.

use std::sync::Weak;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Callable, Exception, Lookup, Object, Text};
use hotplate_template_runtime::python;
use serde_json::{Map, Value as Json};

use crate::collections::place;
use crate::value::{decimal, float, integer, tag, text, written};
use crate::world::{World, exception};

type Fields = Map<String, Json>;

/// An instance or a function.
pub(crate) struct Instance {
    id: u64,
    world: Weak<World>,
    fields: Fields,
    /// The string or number that it is, by its class.
    plain: Option<Value>,
    calls: AtomicUsize,
}

impl Instance {
    /// An instance as a value. If its class adds nothing to a string or a number, it is
    /// that.
    pub(crate) fn value(id: u64, fields: &Fields, world: &Weak<World>) -> Result<Value, String> {
        let plain = plain(fields)?;
        if let Some(plain) = &plain
            && adds_nothing(fields, plain)
        {
            return Ok(plain.clone());
        }
        Ok(Value::object(Self {
            id,
            world: world.clone(),
            fields: fields.clone(),
            plain,
            calls: AtomicUsize::new(0),
        }))
    }

    fn with<T>(&self, look: impl FnOnce(&World) -> T) -> Option<T> {
        self.world.upgrade().map(|world| look(&world))
    }

    fn table(&self, name: &str, key: &str) -> Option<Lookup> {
        let entry = self.fields.get(name)?.get(key)?;
        self.with(|world| world.lookup(self.id, format!("{name}/{key}"), entry))
    }

    /// What `self[key]` gives. Exceptions of the kinds that a lookup passes over, and of
    /// their subclasses, mean that there is nothing.
    fn key(&self, name: &str, key: &str) -> Option<Lookup> {
        let entry = self.fields.get(name)?.get(key)?;
        match entry["builtin_base"].as_str() {
            Some("TypeError" | "AttributeError" | "KeyError" | "ValueError" | "IndexError")
                if entry["$"] == "raises" =>
            {
                Some(Lookup::Missing)
            }
            _ => self.table(name, key),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.fields.get(name) == Some(&Json::Bool(true))
    }

    fn call_flag(&self, name: &str) -> bool {
        self.fields
            .get("call")
            .is_some_and(|call| call[name] == true)
    }

    /// What `int()` or `float()` of it gives.
    fn converted(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Option<Result<Value, Exception>> {
        Some(match self.fields.get(name)? {
            Json::String(number) => read(number).map_err(|why| Exception::new("BadCase", why)),
            json => self.with(|world| world.result(json))?,
        })
    }
}

/// The string or number that an instance is, by its class.
fn plain(fields: &Fields) -> Result<Option<Value>, String> {
    if fields.get("is_str") == Some(&Json::Bool(true)) {
        let safe = fields.get("is_safe") == Some(&Json::Bool(true));
        let text = text(fields, "str_value").to_owned();
        return Ok(Some(Value::Str(Text::new(text, safe))));
    }
    let number = |name: &str| {
        fields.get(name).map(|number| match number {
            Json::Object(tagged) => text(tagged, "v").to_owned(),
            Json::String(number) => number.clone(),
            other => other.to_string(),
        })
    };
    if let Some(number) = number("int") {
        return integer(&number).map(Some);
    }
    if let Some(number) = number("float") {
        return float(&number).map(|number| Some(Value::Float(number)));
    }
    number("decimal").map(|number| decimal(&number)).transpose()
}

/// Whether an instance of a subclass of a plain type is as good as the plain value.
fn adds_nothing(fields: &Fields, plain: &Value) -> bool {
    let same_repr = match fields.get("repr").and_then(Json::as_str) {
        Some(repr) => python::repr(plain).is_ok_and(|own| own == repr),
        None => true,
    };
    let attributes = fields.get("fields").and_then(Json::as_object);
    let own_text = match fields.get("is_str") {
        Some(Json::Bool(true)) => fields.get("str_value"),
        _ => fields.get("int"),
    };
    let same_text = match (fields.get("str").and_then(written), own_text) {
        (None, _) => true,
        (Some(text), Some(Json::String(own))) => text.as_str() == own,
        (Some(text), Some(Json::Number(own))) => text.as_str() == own.to_string(),
        _ => false,
    };
    same_text
        && same_repr
        && attributes.is_none_or(Map::is_empty)
        && ["call", "html", "bool"]
            .into_iter()
            .all(|field| !fields.contains_key(field))
}

impl Object for Instance {
    fn type_name(&self) -> &str {
        match tag(&self.fields) {
            "callable" => "function",
            _ => text(&self.fields, "class")
                .rsplit('.')
                .next()
                .unwrap_or("object"),
        }
    }

    fn item(&self, key: &Value) -> Lookup {
        let entry = match key {
            Value::Str(key) => self.key("getitem", key.as_str()),
            Value::Int(number) => self.key("index", &number.to_string()).or_else(|| {
                let items = self.fields.get("items")?.as_array()?;
                let place = place(key, items.len()).filter(|_| self.flag("has_getitem"))?;
                self.with(|world| world.lookup(self.id, format!("items/{place}"), &items[place]))
            }),
            _ => None,
        };
        entry.unwrap_or(Lookup::Missing)
    }

    fn attribute(&self, name: &str) -> Lookup {
        self.table("fields", name).unwrap_or(Lookup::Missing)
    }

    fn callable(&self) -> Callable {
        if self.call_flag("do_not_call") {
            Callable::DoNotCall
        } else if self.call_flag("alters_data") {
            Callable::AltersData
        } else if self.call_flag("needs_args") {
            Callable::NeedsArguments
        } else if self.fields.contains_key("call") {
            Callable::Yes
        } else {
            Callable::No
        }
    }

    fn call(&self) -> Result<Value, Exception> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let call = self.fields.get("call").unwrap_or(&Json::Null);
        let result = match &call["results"] {
            Json::Array(results) => results.get(number).or_else(|| results.last()),
            _ => call.get("result").or_else(|| call.get("raises")),
        };
        let no_result = || Exception::new("BadCase", "a call whose result was not recorded");
        let result = result.ok_or_else(no_result)?;
        self.with(|world| world.result(result))
            .ok_or_else(no_result)?
    }

    fn text(&self) -> Result<Text, Exception> {
        let text = self.fields.get("str");
        if let Some(Json::Object(fields)) = text
            && tag(fields) == "raises"
        {
            return Err(exception(fields));
        }
        Ok(text
            .and_then(written)
            .unwrap_or_else(|| Text::new(self.repr(), false)))
    }

    fn repr(&self) -> String {
        if let Some(repr) = self.fields.get("repr").and_then(Json::as_str) {
            return repr.to_owned();
        }
        let text = self.fields.get("str").and_then(written);
        text.map_or_else(String::new, |text| text.as_str().to_owned())
    }

    fn truth(&self) -> bool {
        if let Some(truth) = self.fields.get("bool").and_then(Json::as_bool) {
            return truth;
        }
        if let Some(length) = self.length() {
            return length != 0;
        }
        match &self.plain {
            Some(Value::Str(text)) => !text.as_str().is_empty(),
            Some(Value::Int(number)) => *number != 0,
            Some(Value::Float(number)) => *number != 0.0,
            Some(Value::Decimal(number)) => number
                .as_str()
                .split(['E', 'e'])
                .next()
                .is_none_or(|digits| digits.contains(|c: char| !matches!(c, '-' | '.' | '0'))),
            _ => true,
        }
    }

    fn length(&self) -> Option<usize> {
        let length = self.fields.get("len")?.as_u64()?;
        usize::try_from(length).ok()
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        match self.fields.get("items")? {
            Json::Array(items) => {
                let found = self.with(|world| {
                    let item = |(place, item): (usize, &Json)| match world.lookup(
                        self.id,
                        format!("items/{place}"),
                        item,
                    ) {
                        Lookup::Found(value) => Ok(value),
                        Lookup::Raised(exception) => Err(exception),
                        Lookup::Missing => Ok(Value::None),
                    };
                    items.iter().enumerate().map(item).collect()
                });
                Some(found.unwrap_or_else(|| Ok(Vec::new())))
            }
            Json::Object(fields) if tag(fields) == "raises" => Some(Err(exception(fields))),
            _ => None,
        }
    }

    fn plain(&self) -> Option<Value> {
        self.plain.clone()
    }

    fn html(&self) -> Option<String> {
        let html = self.fields.get("html")?;
        written(html).map(|html| html.as_str().to_owned())
    }

    fn int(&self) -> Option<Result<Value, Exception>> {
        self.converted("as_int", integer)
    }

    fn float(&self) -> Option<Result<f64, Exception>> {
        let number = self.converted("as_float", |number| float(number).map(Value::Float))?;
        Some(number.and_then(|number| match number {
            Value::Float(number) => Ok(number),
            other => Err(Exception::new("BadCase", format!("{other:?} is no float"))),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::tests::object;

    #[test]
    fn calls_give_their_results_in_turn() {
        let context = json!({"x": {"$": "callable", "id": 1, "name": "f", "str": "f",
            "fields": {}, "call": {"results": [1, {"$": "raises", "type": "E", "message": "m"}]}}});
        object(&context, |function| {
            assert_eq!(function.callable(), Callable::Yes);
            assert!(matches!(function.call(), Ok(Value::Int(1))));
            let raised = function.call().expect_err("the second call raises");
            assert_eq!(raised.type_name.as_str(), "E");
        });
    }

    #[test]
    fn truth_is_that_of_python() {
        let cases = [
            (json!({"str": "x"}), true),
            (json!({"str": "x", "bool": false, "len": 1}), false),
            (json!({"str": "x", "len": 0}), false),
            (json!({"str": "0", "int": 0}), false),
            (json!({"str": "", "is_str": true, "str_value": ""}), false),
            (json!({"str": "x", "decimal": "-0.0E+3"}), false),
            (json!({"str": "x", "decimal": "0.01"}), true),
        ];
        for (fields, expected) in cases {
            let mut object_fields = fields.as_object().expect("an object").clone();
            object_fields.insert("$".into(), json!("object"));
            object_fields.insert("id".into(), json!(1));
            object_fields.insert("fields".into(), json!({"a": 1}));
            object(&json!({ "x": object_fields }), |object| {
                assert_eq!(object.truth(), expected, "{fields}");
            });
        }
    }

    #[test]
    fn a_key_that_raises_a_kind_of_key_error_is_not_there() {
        let raises = |base: &str| json!({"$": "raises", "type": "Own", "message": "m", "builtin_base": base});
        let context = json!({"x": {"$": "object", "id": 1, "str": "x", "has_getitem": true,
            "getitem": {"a": raises("KeyError"), "b": raises("Exception")}}});
        object(&context, |object| {
            assert!(matches!(object.item(&Value::str("a")), Lookup::Missing));
            assert!(matches!(object.item(&Value::str("b")), Lookup::Raised(_)));
        });
    }

    #[test]
    fn conversions_give_numbers_or_raise() {
        let context = json!({"x": {"$": "object", "id": 1, "str": "x", "as_float": "1.5",
            "as_int": {"$": "raises", "type": "TypeError", "message": "no"}}});
        object(&context, |object| {
            assert!(matches!(object.float(), Some(Ok(1.5))));
            assert!(matches!(object.int(), Some(Err(_))));
            assert_eq!(object.html(), None);
        });
    }

    #[test]
    fn a_subclass_that_adds_nothing_is_its_string_or_number() {
        let cases = [
            (
                json!({"is_str": true, "str_value": "a", "is_safe": true}),
                r#"safe("a")"#,
            ),
            (json!({"str": "3", "int": 3, "fields": {}}), "3"),
            (
                json!({"is_str": true, "str_value": "a", "repr": "'a'"}),
                r#""a""#,
            ),
            (
                json!({"is_str": true, "str_value": "a", "repr": "<a>"}),
                "<object object>",
            ),
            (json!({"str": "three", "int": 3}), "<object object>"),
            (
                json!({"str": "3", "int": 3, "fields": {"name": "three"}}),
                "<object object>",
            ),
        ];
        for (fields, expected) in cases {
            let mut fields = fields.as_object().expect("an object").clone();
            fields.insert("$".into(), json!("object"));
            fields.insert("class".into(), json!("object"));
            let value = Instance::value(1, &fields, &Weak::new()).expect("readable");
            assert_eq!(format!("{value:?}"), expected);
        }
    }
}

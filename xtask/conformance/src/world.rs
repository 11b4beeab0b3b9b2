//! The objects of a context: instances, functions, lazy strings, one-pass iterators.
//!
//! Objects refer to each other, in circles too, so a value is made when it is looked at.
//! Those with an identity are made once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Callable, Exception, Lookup, Object, Text};
use serde_json::{Map, Value as Json};

use crate::collections::{
    DefaultDict, LazyText, MultiDict, NamedTuple, OnePass, Sequence, lock, place, written,
};
use crate::value::{array, integer, tag, text};

type Fields = Map<String, Json>;

/// Everything that one context contains.
pub(crate) struct World {
    /// The objects and functions by identity.
    described: HashMap<u64, Fields>,
    made: Mutex<HashMap<u64, Value>>,
    this: Weak<World>,
}

impl World {
    /// Finds the objects of a context. The world has to outlive the values made in it.
    pub(crate) fn new(context: &Fields) -> Arc<Self> {
        let mut described = HashMap::new();
        context
            .values()
            .for_each(|json| describe(json, &mut described));
        Arc::new_cyclic(|this| Self {
            described,
            made: Mutex::default(),
            this: this.clone(),
        })
    }

    /// The context as a value.
    pub(crate) fn context(&self, context: &Fields) -> Result<Value, String> {
        let pairs = context
            .iter()
            .map(|(name, json)| Ok((Value::str(name), self.value(json)?)));
        Ok(Value::Dict(pairs.collect::<Result<_, String>>()?))
    }

    pub(crate) fn object(&self, fields: &Fields) -> Result<Value, String> {
        match tag(fields) {
            "object" | "callable" | "ref" => self.instance(fields),
            "lazystr" => Ok(Value::object(LazyText::new(&fields["v"])?)),
            "range" => Ok(Value::object(Sequence::range(fields)?)),
            "view" => Ok(Value::object(Sequence {
                class: "dict_view".to_owned(),
                repr: String::new(),
                items: self.values(array(fields, "items"))?,
                indexed: false,
            })),
            "generator" => Ok(Value::object(OnePass(Mutex::new(
                self.values(array(fields, "items"))?,
            )))),
            "namedtuple" => {
                let names = array(fields, "fields").iter().filter_map(Json::as_str);
                Ok(Value::object(NamedTuple {
                    class: text(fields, "name").to_owned(),
                    fields: names.map(str::to_owned).collect(),
                    items: self.values(array(fields, "items"))?,
                }))
            }
            "multidict" => Ok(Value::object(MultiDict {
                class: text(fields, "class").to_owned(),
                items: self.pairs(array(fields, "items"))?,
            })),
            "dict" => Ok(Value::object(DefaultDict {
                items: Mutex::new(self.pairs(array(fields, "items"))?),
                default: self.value(&fields["default"])?,
            })),
            other => Err(format!("no values of kind {other:?}")),
        }
    }

    fn instance(&self, fields: &Fields) -> Result<Value, String> {
        let id = fields
            .get("id")
            .and_then(Json::as_u64)
            .ok_or("an object without id")?;
        if let Some(value) = lock(&self.made).get(&id) {
            return Ok(value.clone());
        }
        let fields = self
            .described
            .get(&id)
            .ok_or_else(|| format!("no object has the id {id}"))?;
        let value = plain(fields)?.unwrap_or_else(|| {
            Value::object(Instance {
                world: self.this.clone(),
                fields: fields.clone(),
                calls: AtomicUsize::new(0),
            })
        });
        lock(&self.made).insert(id, value.clone());
        Ok(value)
    }

    fn lookup(&self, json: &Json) -> Lookup {
        match self.result(json) {
            Ok(value) => Lookup::Found(value),
            Err(exception) => Lookup::Raised(exception),
        }
    }

    /// A value, or the exception that stands in its place.
    fn result(&self, json: &Json) -> Result<Value, Exception> {
        match json {
            Json::Object(fields) if tag(fields) == "raises" => Err(exception(fields)),
            json => self
                .value(json)
                .map_err(|why| Exception::new("BadCase", why)),
        }
    }
}

fn describe(json: &Json, described: &mut HashMap<u64, Fields>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| describe(item, described)),
        Json::Object(fields) => {
            if matches!(tag(fields), "object" | "callable")
                && let Some(id) = fields.get("id").and_then(Json::as_u64)
            {
                described.insert(id, fields.clone());
            }
            fields.values().for_each(|field| describe(field, described));
        }
        _ => {}
    }
}

/// The string or number that an instance is, if its class adds nothing to it.
fn plain(fields: &Fields) -> Result<Option<Value>, String> {
    let attributes = fields.get("fields").and_then(Json::as_object);
    if fields.contains_key("call") || attributes.is_some_and(|attributes| !attributes.is_empty()) {
        return Ok(None);
    }
    if fields.get("is_str") == Some(&Json::Bool(true)) {
        let safe = fields.get("is_safe") == Some(&Json::Bool(true));
        let text = text(fields, "str_value").to_owned();
        return Ok(Some(Value::Str(Text::new(text, safe))));
    }
    match fields.get("int") {
        Some(number) if fields.get("str").and_then(Json::as_str) == Some(&number.to_string()) => {
            integer(&number.to_string()).map(Some)
        }
        _ => Ok(None),
    }
}

fn exception(fields: &Fields) -> Exception {
    let mut exception = Exception::new(text(fields, "type"), text(fields, "message"));
    exception.silent = fields.get("silent") == Some(&Json::Bool(true));
    exception
}

/// An instance or a function, as its tables describe it.
struct Instance {
    world: Weak<World>,
    fields: Fields,
    calls: AtomicUsize,
}

impl Instance {
    fn with<T>(&self, look: impl FnOnce(&World) -> T) -> Option<T> {
        self.world.upgrade().map(|world| look(&world))
    }

    fn table(&self, name: &str, key: &str) -> Option<Lookup> {
        let entry = self.fields.get(name)?.get(key)?;
        self.with(|world| world.lookup(entry))
    }

    fn flag(&self, name: &str) -> bool {
        self.fields.get(name) == Some(&Json::Bool(true))
    }

    fn call_flag(&self, name: &str) -> bool {
        self.fields
            .get("call")
            .is_some_and(|call| call[name] == true)
    }
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
            Value::Str(key) => self.table("getitem", key.as_str()),
            Value::Int(number) => self.table("index", &number.to_string()).or_else(|| {
                let items = self.fields.get("items")?.as_array()?;
                let place = place(key, items.len()).filter(|_| self.flag("has_getitem"))?;
                self.with(|world| world.lookup(&items[place]))
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
        let call = &self.fields.get("call").unwrap_or(&Json::Null);
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
        if self.flag("is_str") {
            return !text(&self.fields, "str_value").is_empty();
        }
        let number = ["int", "float"]
            .into_iter()
            .find_map(|kind| self.fields.get(kind));
        match number {
            Some(Json::Number(number)) => number.as_f64() != Some(0.0),
            Some(Json::String(number)) => number.parse() != Ok(0.0),
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
                let items = items.iter();
                self.with(|world| items.map(|item| world.result(item)).collect())
            }
            Json::Object(fields) if tag(fields) == "raises" => Some(Err(exception(fields))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(context: &Json, check: impl FnOnce(&hotplate_plugin_api::value::ObjectRef)) {
        let context = context.as_object().expect("an object");
        let world = World::new(context);
        match world.value(&context["x"]).expect("supported") {
            Value::Object(object) => check(&object),
            other => panic!("{other:?} is no object"),
        }
    }

    #[test]
    fn objects_refer_to_each_other_in_circles() {
        let context = json!({
            "x": {"$": "object", "id": 1, "class": "m.Node", "str": "n",
                  "fields": {"next": {"$": "ref", "id": 2}}},
            "y": {"$": "object", "id": 2, "class": "m.Node", "str": "o",
                  "fields": {"next": {"$": "ref", "id": 1}}},
        });
        object(&context, |first| {
            let Lookup::Found(Value::Object(second)) = first.attribute("next") else {
                panic!("no second node");
            };
            let Lookup::Found(Value::Object(third)) = second.attribute("next") else {
                panic!("no third node");
            };
            assert!(third.is(first));
            assert_eq!(first.type_name(), "Node");
        });
    }

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
    fn a_subclass_that_adds_nothing_is_its_string_or_number() {
        let world = World::new(&Map::new());
        let cases = [
            (
                json!({"is_str": true, "str_value": "a", "is_safe": true}),
                r#"safe("a")"#,
            ),
            (json!({"str": "3", "int": 3, "fields": {}}), "3"),
        ];
        for (fields, expected) in cases {
            let fields = fields.as_object().expect("an object");
            let value = plain(fields).expect("readable").expect("plain");
            assert_eq!(format!("{value:?}"), expected);
        }
        let own_text = json!({"$": "object", "id": 1, "str": "three", "int": 3});
        assert!(
            plain(own_text.as_object().expect("an object"))
                .expect("readable")
                .is_none()
        );
        assert!(
            world.value(&own_text).is_err(),
            "it was not found in the context"
        );
    }

    #[test]
    fn a_generator_is_gone_through_once() {
        let context = json!({"x": {"$": "generator", "items": [1, 2]}});
        object(&context, |generator| {
            let count = || {
                generator
                    .items()
                    .map(|items| items.map(|items| items.len()))
            };
            assert!(matches!(count(), Some(Ok(2))));
            assert!(matches!(count(), Some(Ok(0))));
            assert_eq!(generator.length(), None);
        });
    }

    #[test]
    fn a_range_has_items_and_a_length() {
        let context = json!({"x": {"$": "range", "start": 5, "stop": 0, "step": -2}});
        object(&context, |range| {
            assert_eq!(range.length(), Some(3));
            assert_eq!(range.repr(), "range(5, 0, -2)");
            assert!(matches!(
                range.item(&Value::Int(-1)),
                Lookup::Found(Value::Int(1))
            ));
        });
    }
}

//! The objects of a context: what refers to what, and which is which.
//!
//! Objects refer to each other, in circles too, so a value is made when it is looked at.
//! What is made once stays: an object is the same each time it is met, and so is an
//! attribute.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, Weak};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Exception, Lookup, TemplateName};
use serde_json::{Map, Value as Json};

use crate::collections::{
    DefaultDict, LazyText, MultiDict, NamedTuple, OnePass, Sequence, TemplateObject, lock,
};
use crate::instance::Instance;
use crate::templates::Embedded;
use crate::value::{array, tag, text};

type Fields = Map<String, Json>;

/// Everything that one context contains.
pub(crate) struct World {
    /// The objects and functions by identity.
    described: HashMap<u64, Fields>,
    made: Mutex<HashMap<u64, Value>>,
    /// What lookups in objects gave, by identity and path.
    looked_up: Mutex<HashMap<(u64, String), Lookup>>,
    /// The plugin with the templates that the context contains, and their names in it.
    plugin: String,
    templates: BTreeMap<Embedded, String>,
    this: Weak<World>,
}

impl World {
    /// Finds the objects in `places`, of which a context is one. The world has to outlive
    /// the values made in it.
    pub(crate) fn new<'j>(
        places: impl IntoIterator<Item = &'j Json>,
        plugin: &str,
        templates: BTreeMap<Embedded, String>,
    ) -> Arc<Self> {
        let mut described = HashMap::new();
        for place in places {
            describe(place, &mut described);
        }
        Arc::new_cyclic(|this| Self {
            described,
            made: Mutex::default(),
            looked_up: Mutex::default(),
            plugin: plugin.to_owned(),
            templates,
            this: this.clone(),
        })
    }

    #[cfg(test)]
    pub(crate) fn empty() -> Arc<Self> {
        Self::new([], "", BTreeMap::new())
    }

    /// The context as a value.
    pub(crate) fn context(&self, context: &Fields) -> Result<Value, String> {
        let pairs = context
            .iter()
            .map(|(name, json)| Ok((Value::str(name), self.value(json)?)));
        Ok(Value::Dict(pairs.collect::<Result<_, String>>()?))
    }

    pub(crate) fn object(&self, fields: &Fields) -> Result<Value, String> {
        let items = || self.values(array(fields, "items"));
        match tag(fields) {
            "object" | "callable" | "ref" => self.instance(fields),
            "lazystr" => Ok(Value::object(LazyText::new(&fields["v"])?)),
            "range" => Ok(Value::object(Sequence::range(fields)?)),
            "view" => Ok(Value::object(Sequence::view(items()?))),
            "generator" => Ok(Value::object(OnePass(Mutex::new(items()?)))),
            "namedtuple" => {
                let names = array(fields, "fields").iter().filter_map(Json::as_str);
                Ok(Value::object(NamedTuple {
                    class: text(fields, "name").to_owned(),
                    fields: names.map(str::to_owned).collect(),
                    items: items()?,
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
            "template" => self.template(fields).map(Value::object),
            other => Err(format!("no values of kind {other:?}")),
        }
    }

    fn template(&self, fields: &Fields) -> Result<TemplateObject, String> {
        let embedded = Embedded::of(fields);
        let name = self.templates.get(&embedded);
        let name = name.ok_or("a template that is not in the plugin")?;
        Ok(TemplateObject {
            name: embedded.name,
            source: embedded.source,
            place: TemplateName {
                plugin: self.plugin.as_str().into(),
                name: name.as_str().into(),
            },
        })
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
        let value = Instance::value(id, fields, &self.this)?;
        lock(&self.made).insert(id, value.clone());
        Ok(value)
    }

    /// What the object `id` has at `path`, which is described by `json`.
    pub(crate) fn lookup(&self, id: u64, path: String, json: &Json) -> Lookup {
        let key = (id, path);
        if let Some(found) = lock(&self.looked_up).get(&key) {
            return found.clone();
        }
        let found = match self.result(json) {
            Ok(value) => Lookup::Found(value),
            Err(exception) => Lookup::Raised(exception),
        };
        lock(&self.looked_up).insert(key, found.clone());
        found
    }

    /// A value, or the exception that stands in its place.
    pub(crate) fn result(&self, json: &Json) -> Result<Value, Exception> {
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

/// The exception that `raises` describes.
pub(crate) fn exception(fields: &Fields) -> Exception {
    let mut exception = Exception::new(text(fields, "type"), text(fields, "message"));
    exception.silent = fields.get("silent") == Some(&Json::Bool(true));
    exception
}

#[cfg(test)]
pub(crate) mod tests {
    use hotplate_plugin_api::value::{Callable, ObjectRef};
    use serde_json::json;

    use super::*;

    /// Makes the value `x` of a context, and looks at it.
    pub(crate) fn object(context: &Json, check: impl FnOnce(&ObjectRef)) {
        let world = World::new([context], "", BTreeMap::new());
        match world.value(&context["x"]).expect("readable") {
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
    fn an_attribute_is_the_same_each_time() {
        let context = json!({"x": {"$": "object", "id": 1, "class": "m.A", "str": "a",
            "fields": {"once": {"$": "generator", "items": [1, 2]}}}});
        object(&context, |instance| {
            let count = || match instance.attribute("once") {
                Lookup::Found(Value::Object(generator)) => match generator.items() {
                    Some(Ok(items)) => items.len(),
                    _ => panic!("it has no items"),
                },
                other => panic!("{other:?} is no object"),
            };
            assert_eq!((count(), count()), (2, 0));
        });
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
            assert_eq!(generator.callable(), Callable::No);
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

    #[test]
    fn a_template_in_a_context_is_one_of_the_plugin() {
        let json = json!({"$": "template", "name": null, "source": "x"});
        let embedded = Embedded::of(json.as_object().expect("an object"));
        let templates = BTreeMap::from([(embedded, "<template 0>".to_owned())]);
        let world = World::new([], "case-0001", templates);
        let Ok(Value::Object(object)) = world.value(&json) else {
            panic!("it is an object");
        };
        let place = object.template().expect("it is a template");
        assert_eq!(place.plugin.as_str(), "case-0001");
        assert_eq!(place.name.as_str(), "<template 0>");
        let other = json!({"$": "template", "name": null, "source": "y"});
        assert!(world.value(&other).is_err(), "it was not compiled");
    }
}

//! What Python has and values have not: lazy strings, ranges, views, one-pass iterators,
//! named tuples, dictionaries with a behaviour, templates.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Dict, Exception, Lookup, Object, TemplateName, Text};
use hotplate_template_runtime::python;
use serde_json::{Map, Value as Json};

use crate::value::written;

type Fields = Map<String, Json>;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place that a key means in a sequence; negative ones count from the end.
pub(crate) fn place(key: &Value, length: usize) -> Option<usize> {
    let Value::Int(key) = key else { return None };
    let key = match usize::try_from(*key) {
        Ok(key) => key,
        Err(_) => length.checked_sub(usize::try_from(key.unsigned_abs()).ok()?)?,
    };
    (key < length).then_some(key)
}

/// `repr()` of a value; of one that has none, nothing.
fn repr(value: &Value) -> String {
    python::repr(value).unwrap_or_default()
}

fn found(value: Option<&Value>) -> Lookup {
    value.map_or(Lookup::Missing, |value| Lookup::Found(value.clone()))
}

/// A lazy string: its text counts when it is used.
pub(crate) struct LazyText(Text);

impl LazyText {
    pub(crate) fn new(json: &Json) -> Result<Self, String> {
        written(json)
            .map(Self)
            .ok_or_else(|| format!("{json} is no text"))
    }
}

impl Object for LazyText {
    fn type_name(&self) -> &str {
        "__proxy__"
    }

    fn item(&self, key: &Value) -> Lookup {
        let chars: Vec<char> = self.0.as_str().chars().collect();
        place(key, chars.len()).map_or(Lookup::Missing, |place| {
            Lookup::Found(Value::str(chars[place]))
        })
    }

    fn text(&self) -> Result<Text, Exception> {
        Ok(self.0.clone())
    }

    fn length(&self) -> Option<usize> {
        Some(self.0.as_str().chars().count())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.0.as_str().chars().map(Value::str).collect()))
    }

    fn plain(&self) -> Option<Value> {
        Some(Value::Str(self.0.clone()))
    }
}

/// A range, or a view of a dictionary.
pub(crate) struct Sequence {
    class: &'static str,
    repr: String,
    items: Vec<Value>,
    indexed: bool,
}

impl Sequence {
    pub(crate) fn range(fields: &Fields) -> Result<Self, String> {
        let number = |name: &str| {
            let number = fields.get(name).and_then(Json::as_i64);
            number.ok_or_else(|| format!("a range without {name}"))
        };
        let (start, stop, step) = (number("start")?, number("stop")?, number("step")?);
        if step == 0 {
            return Err("a range without direction".to_owned());
        }
        let more = |at: &i64| if step > 0 { *at < stop } else { *at > stop };
        let numbers = std::iter::successors(Some(start), |at| at.checked_add(step));
        Ok(Self {
            class: "range",
            repr: match step {
                1 => format!("range({start}, {stop})"),
                _ => format!("range({start}, {stop}, {step})"),
            },
            items: numbers.take_while(more).map(Value::Int).collect(),
            indexed: true,
        })
    }

    /// A view whose kind was not recorded: pairs are those of `items()`.
    pub(crate) fn view(items: Vec<Value>) -> Self {
        let is_pair = |item: &Value| matches!(item, Value::Tuple(parts) if parts.len() == 2);
        let class = if items.iter().all(is_pair) {
            "dict_items"
        } else {
            "dict_values"
        };
        Self::dict_view(class, items)
    }

    fn dict_view(class: &'static str, items: Vec<Value>) -> Self {
        Self {
            class,
            repr: format!("{class}({})", repr(&Value::list(items.iter().cloned()))),
            items,
            indexed: false,
        }
    }
}

impl Object for Sequence {
    fn type_name(&self) -> &str {
        self.class
    }

    fn item(&self, key: &Value) -> Lookup {
        let place = place(key, self.items.len()).filter(|_| self.indexed);
        found(place.map(|place| &self.items[place]))
    }

    fn repr(&self) -> String {
        self.repr.clone()
    }

    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.items.clone()))
    }
}

/// A generator: it can be gone through once, and has no length.
pub(crate) struct OnePass(pub(crate) Mutex<Vec<Value>>);

impl Object for OnePass {
    fn type_name(&self) -> &str {
        "generator"
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(std::mem::take(&mut *lock(&self.0))))
    }
}

pub(crate) struct NamedTuple {
    pub(crate) class: String,
    pub(crate) fields: Vec<String>,
    pub(crate) items: Vec<Value>,
}

impl Object for NamedTuple {
    fn type_name(&self) -> &str {
        &self.class
    }

    fn item(&self, key: &Value) -> Lookup {
        found(place(key, self.items.len()).map(|place| &self.items[place]))
    }

    fn attribute(&self, name: &str) -> Lookup {
        let place = self.fields.iter().position(|field| field == name);
        found(place.and_then(|place| self.items.get(place)))
    }

    fn repr(&self) -> String {
        let fields = self.fields.iter().zip(&self.items);
        let fields: Vec<String> = fields
            .map(|(field, item)| format!("{field}={}", repr(item)))
            .collect();
        format!("{}({})", self.class, fields.join(", "))
    }

    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.items.clone()))
    }

    fn plain(&self) -> Option<Value> {
        Some(Value::tuple(self.items.iter().cloned()))
    }
}

/// A dictionary with lists of values; looking a key up gives the last one.
pub(crate) struct MultiDict {
    pub(crate) class: String,
    pub(crate) items: Vec<(Value, Value)>,
}

impl MultiDict {
    fn last(values: &Value) -> Value {
        match values {
            Value::List(values) => {
                let last = values.last().cloned();
                last.unwrap_or_else(|| Value::list([]))
            }
            other => other.clone(),
        }
    }
}

impl Object for MultiDict {
    fn type_name(&self) -> &str {
        &self.class
    }

    fn item(&self, key: &Value) -> Lookup {
        let entry = self.items.iter().find(|(own, _)| same_key(own, key));
        entry.map_or(Lookup::Missing, |(_, values)| {
            Lookup::Found(Self::last(values))
        })
    }

    fn attribute(&self, name: &str) -> Lookup {
        let pairs = self.items.iter();
        if name == "lists" {
            return dict_method("items", pairs.cloned());
        }
        dict_method(
            name,
            pairs.map(|(key, values)| (key.clone(), Self::last(values))),
        )
    }

    fn repr(&self) -> String {
        let lists = Value::Dict(Dict::from_iter(self.items.iter().cloned()));
        format!("<{}: {}>", self.class, repr(&lists))
    }

    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.items.iter().map(|(key, _)| key.clone()).collect()))
    }
}

/// A dictionary that adds a missing key when it is looked up.
pub(crate) struct DefaultDict {
    pub(crate) items: Mutex<Vec<(Value, Value)>>,
    pub(crate) default: Value,
}

impl Object for DefaultDict {
    fn type_name(&self) -> &str {
        "defaultdict"
    }

    fn item(&self, key: &Value) -> Lookup {
        let mut items = lock(&self.items);
        if let Some((_, value)) = items.iter().find(|(own, _)| same_key(own, key)) {
            return Lookup::Found(value.clone());
        }
        items.push((key.clone(), self.default.clone()));
        Lookup::Found(self.default.clone())
    }

    fn attribute(&self, name: &str) -> Lookup {
        dict_method(name, lock(&self.items).iter().cloned())
    }

    fn length(&self) -> Option<usize> {
        Some(lock(&self.items).len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(lock(&self.items)
            .iter()
            .map(|(key, _)| key.clone())
            .collect()))
    }
}

fn same_key(own: &Value, key: &Value) -> bool {
    python::equal(own, key)
}

/// A compiled template.
pub(crate) struct TemplateObject {
    pub(crate) name: Option<String>,
    pub(crate) source: String,
    pub(crate) place: TemplateName,
}

impl Object for TemplateObject {
    fn type_name(&self) -> &str {
        "Template"
    }

    fn attribute(&self, name: &str) -> Lookup {
        Lookup::Found(match name {
            "name" => self.name.clone().into(),
            "source" => Value::str(&self.source),
            _ => return Lookup::Missing,
        })
    }

    fn repr(&self) -> String {
        let words: Vec<&str> = self.source.split_whitespace().collect();
        let start: String = words.join(" ").chars().take(20).collect();
        format!("<Template template_string=\"{start}...\">")
    }

    fn template(&self) -> Option<TemplateName> {
        Some(self.place.clone())
    }
}

/// `items`, `keys` and `values` of a dictionary, already called.
fn dict_method(name: &str, pairs: impl Iterator<Item = (Value, Value)>) -> Lookup {
    let (class, items) = match name {
        "items" => (
            "dict_items",
            pairs
                .map(|(key, value)| Value::tuple([key, value]))
                .collect(),
        ),
        "keys" => ("dict_keys", pairs.map(|(key, _)| key).collect()),
        "values" => ("dict_values", pairs.map(|(_, value)| value).collect()),
        _ => return Lookup::Missing,
    };
    Lookup::Found(Value::object(Sequence::dict_view(class, items)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::world::tests::object;

    #[test]
    fn collections_print_as_in_python() {
        let cases = [
            (
                json!({"$": "namedtuple", "name": "P", "fields": ["x", "y"], "items": [1, "a"]}),
                "P(x=1, y='a')",
            ),
            (
                json!({"$": "multidict", "class": "QueryDict", "items": [["a", ["1", "2"]]]}),
                "<QueryDict: {'a': ['1', '2']}>",
            ),
            (
                json!({"$": "view", "items": [{"$": "tuple", "items": ["a", 1]}]}),
                "dict_items([('a', 1)])",
            ),
            (
                json!({"$": "range", "start": 0, "stop": 3, "step": 1}),
                "range(0, 3)",
            ),
        ];
        for (json, expected) in cases {
            object(&json!({ "x": json }), |collection| {
                assert_eq!(collection.repr(), expected);
            });
        }
    }
}

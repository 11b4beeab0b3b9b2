//! Of which type the data of a context are, as a program would have them.

use serde_json::{Map, Value as Json};

use crate::value::{array, tag, text};

/// The most items of tuples that can be fields of contexts.
const TUPLE: usize = 4;

/// A type, so far as the data tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Anything: that of items which there are none of.
    Unknown,
    Bool,
    /// A whole number; the least and the greatest one.
    Int(i64, i64),
    Float,
    Text,
    Safe,
    /// Strings of which some are safe.
    Markup,
    /// A type of the plugin API with this name.
    Named(&'static str),
    Option(Box<Shape>),
    List(Box<Shape>),
    /// A list whose items are of several types.
    Mixed,
    Tuple(Vec<Shape>),
    /// Fields in order; the names are identifiers.
    Record(Vec<(String, Shape)>),
    /// A map whose keys are in order, with the type of its values.
    Map(Key, Box<Shape>),
    /// What is no plain data.
    Value,
}

/// The type of a map's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Text,
    Int,
}

impl Shape {
    /// The fields of a context; nothing if a name is none that a field can have.
    pub(crate) fn of_context(context: &Map<String, Json>) -> Option<Vec<(String, Self)>> {
        let fields = context.iter().map(|(name, json)| {
            let shape = Self::of(json);
            is_identifier(name).then(|| (name.clone(), shape))
        });
        fields.collect()
    }

    pub(crate) fn of(json: &Json) -> Self {
        match json {
            Json::Null => Self::Option(Box::new(Self::Unknown)),
            Json::Bool(_) => Self::Bool,
            Json::Number(number) => number.as_i64().map_or(Self::Value, Self::int),
            Json::String(_) => Self::Text,
            Json::Array(items) => match common(items.iter().map(Self::of)) {
                Some(item) => Self::List(Box::new(item)),
                None => Self::Mixed,
            },
            Json::Object(fields) => Self::tagged(fields),
        }
    }

    fn int(number: i64) -> Self {
        Self::Int(number, number)
    }

    fn tagged(fields: &Map<String, Json>) -> Self {
        match tag(fields) {
            "safe" => Self::Safe,
            "int" => match text(fields, "v").parse() {
                Ok(number) => Self::int(number),
                Err(_) => Self::Named("BigInt"),
            },
            "float" => Self::Float,
            "decimal" => Self::Named("Decimal"),
            "bytes" => Self::Named("Bytes"),
            "date" => Self::Named("Date"),
            "time" => Self::Named("Time"),
            "datetime" => Self::Named("DateTime"),
            "timedelta" => Self::Named("TimeDelta"),
            "tuple" => match array(fields, "items") {
                items if (1..=TUPLE).contains(&items.len()) => {
                    Self::Tuple(items.iter().map(Self::of).collect())
                }
                _ => Self::Value,
            },
            "dict" if !fields.contains_key("default") => {
                Self::dict(array(fields, "items")).unwrap_or(Self::Value)
            }
            _ => Self::Value,
        }
    }

    fn dict(items: &[Json]) -> Option<Self> {
        let pairs = items.iter().map(|item| match item.as_array()?.as_slice() {
            [key, value] => Some((key, Self::of(value))),
            _ => None,
        });
        let pairs: Vec<(&Json, Self)> = pairs.collect::<Option<_>>()?;
        let named = pairs
            .iter()
            .map(|(key, shape)| Some((key.as_str()?.to_owned(), shape.clone())));
        if let Some(fields) = named.collect::<Option<Vec<_>>>() {
            let are_fields = fields.iter().all(|(name, _)| is_identifier(name));
            let record = Self::Record(fields);
            return if are_fields {
                Some(record)
            } else {
                record.into_map()
            };
        }
        let keys = pairs.iter().map(|(key, _)| key.as_i64());
        let keys: Vec<i64> = keys.collect::<Option<_>>()?;
        let value = common(pairs.into_iter().map(|(_, shape)| shape))?;
        keys.is_sorted()
            .then(|| Self::Map(Key::Int, Box::new(value)))
    }

    /// A record as a map, which has its keys in their own order.
    pub(crate) fn into_map(self) -> Option<Self> {
        match self {
            Self::Record(fields) => {
                if !fields.is_sorted_by_key(|(name, _)| name.clone()) {
                    return None;
                }
                let value = common(fields.into_iter().map(|(_, shape)| shape))?;
                Some(Self::Map(Key::Text, Box::new(value)))
            }
            map @ Self::Map(..) => Some(map),
            _ => None,
        }
    }

    /// The type that both are of.
    fn unify(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Unknown, shape) | (shape, Self::Unknown) => shape,
            (Self::Option(a), Self::Option(b)) => Self::Option(Box::new(a.unify(*b)?)),
            (Self::Option(a), b) | (b, Self::Option(a)) => Self::Option(Box::new(a.unify(b)?)),
            (Self::Int(a, b), Self::Int(c, d)) => Self::Int(a.min(c), b.max(d)),
            (Self::Text | Self::Markup, Self::Safe | Self::Markup)
            | (Self::Safe | Self::Markup, Self::Text) => Self::Markup,
            (Self::List(a), Self::List(b)) => match a.unify(*b) {
                Some(item) => Self::List(Box::new(item)),
                None => Self::Mixed,
            },
            (Self::Mixed, Self::List(_)) | (Self::List(_), Self::Mixed) => Self::Mixed,
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                let items = a.into_iter().zip(b).map(|(a, b)| a.unify(b));
                Self::Tuple(items.collect::<Option<_>>()?)
            }
            (Self::Record(a), Self::Record(b)) if same_names(&a, &b) => {
                let fields = a.into_iter().zip(b);
                let fields = fields.map(|((name, a), (_, b))| Some((name, a.unify(b)?)));
                Self::Record(fields.collect::<Option<_>>()?)
            }
            (Self::Map(a, value), Self::Map(b, other)) if a == b => {
                Self::Map(a, Box::new(value.unify(*other)?))
            }
            (a @ (Self::Record(_) | Self::Map(..)), b @ (Self::Record(_) | Self::Map(..))) => {
                match (a.into_map()?, b.into_map()?) {
                    (Self::Map(a, value), Self::Map(b, other)) if a == b => {
                        Self::Map(a, Box::new(value.unify(*other)?))
                    }
                    _ => return None,
                }
            }
            (a, b) if a == b => a,
            _ => return None,
        })
    }
}

/// The type that all are of.
fn common(mut shapes: impl Iterator<Item = Shape>) -> Option<Shape> {
    shapes.try_fold(Shape::Unknown, Shape::unify)
}

fn same_names(a: &[(String, Shape)], b: &[(String, Shape)]) -> bool {
    let names = |fields: &[(String, Shape)]| -> Vec<String> {
        fields.iter().map(|(name, _)| name.clone()).collect()
    };
    names(a) == names(b)
}

/// Whether a field in Rust can have this name, with `r#` before it if need be.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !matches!(name, "_" | "self" | "Self" | "super" | "crate")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(json: Json, expected: &str) {
        let shown = format!("{:?}", Shape::of(&json));
        assert_eq!(shown, expected, "{json}");
    }

    #[test]
    fn data_have_the_types_that_a_program_would_give_them() {
        let dict = |items: Json| json!({"$": "dict", "items": items});
        check(json!(3), "Int(3, 3)");
        check(json!([3, null, -1]), "List(Option(Int(-1, 3)))");
        check(json!([]), "List(Unknown)");
        check(json!([null]), "List(Option(Unknown))");
        check(json!([1, "a"]), "Mixed");
        check(json!([[1], ["a"]]), "List(Mixed)");
        check(json!(["a", {"$": "safe", "v": "b"}]), "List(Markup)");
        check(
            json!({"$": "tuple", "items": [1, "a"]}),
            "Tuple([Int(1, 1), Text])",
        );
        check(json!({"$": "tuple", "items": []}), "Value");
        check(
            json!({"$": "int", "v": "99999999999999999999"}),
            r#"Named("BigInt")"#,
        );
        check(
            dict(json!([["b", 1], ["a", "x"]])),
            r#"Record([("b", Int(1, 1)), ("a", Text)])"#,
        );
        check(dict(json!([["a b", 1], ["c", 2]])), "Map(Text, Int(1, 2))");
        check(dict(json!([["c", 1], ["a b", 2]])), "Value");
        check(dict(json!([[1, "a"], [2, "b"]])), "Map(Int, Text)");
        check(dict(json!([[2, "a"], [1, "b"]])), "Value");
        check(
            json!([dict(json!([["a", 1]])), dict(json!([["a", null]]))]),
            r#"List(Record([("a", Option(Int(1, 1)))]))"#,
        );
        check(
            json!([dict(json!([["a", 1]])), dict(json!([["b", 2]]))]),
            "List(Map(Text, Int(1, 2)))",
        );
        check(json!({"$": "set", "items": [1]}), "Value");
    }

    #[test]
    fn a_context_has_fields_if_its_names_can_be_those_of_fields() {
        let names = |json: Json| {
            let fields = Shape::of_context(json.as_object().expect("an object"))?;
            Some(fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(
            names(json!({"b": 1, "type": 2})),
            Some(vec!["b".into(), "type".into()])
        );
        assert_eq!(names(json!({"a": 1, "b-c": 2})), None);
        assert_eq!(names(json!({"self": 1})), None);
    }
}

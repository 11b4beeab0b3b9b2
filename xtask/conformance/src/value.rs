//! Contexts from their JSON form. What a tag means is said in the format's description.

use hotplate_plugin_api::Value;
use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{BigInt, Date, DateTime, Dict, Offset, Text, Time};
use serde_json::{Map, Value as Json};

use crate::world::World;

/// A kind of value that cannot be made yet, if `json` contains one.
pub(crate) fn unsupported(json: &Json) -> Option<String> {
    match json {
        Json::Array(items) => items.iter().find_map(unsupported),
        Json::Object(fields) => {
            let tag = tag(fields);
            match tag {
                "bytes" | "decimal" | "set" | "template" | "timedelta" | "tzinfo" => {
                    Some(tag.to_owned())
                }
                "time" if !fields.get("tz").is_none_or(Json::is_null) => {
                    Some("time with a zone".to_owned())
                }
                "datetime" if fields.get("tz").is_some_and(is_named_zone) => {
                    Some("datetime in a named zone".to_owned())
                }
                "object" if fields.contains_key("decimal") => Some("decimal".to_owned()),
                _ => fields.values().find_map(unsupported),
            }
        }
        _ => None,
    }
}

fn is_named_zone(zone: &Json) -> bool {
    zone["kind"] == "zone"
}

pub(crate) fn tag(fields: &Map<String, Json>) -> &str {
    fields.get("$").and_then(Json::as_str).unwrap_or_default()
}

pub(crate) fn text<'j>(fields: &'j Map<String, Json>, name: &str) -> &'j str {
    fields.get(name).and_then(Json::as_str).unwrap_or_default()
}

pub(crate) fn array<'j>(fields: &'j Map<String, Json>, name: &str) -> &'j [Json] {
    let items = fields.get(name).and_then(Json::as_array);
    items.map_or(&[], Vec::as_slice)
}

impl World {
    /// The value that `json` stands for. Errors name what is wrong with the JSON.
    pub(crate) fn value(&self, json: &Json) -> Result<Value, String> {
        match json {
            Json::Null => Ok(Value::None),
            Json::Bool(truth) => Ok(Value::Bool(*truth)),
            Json::Number(number) => number
                .as_i64()
                .map(Value::Int)
                .ok_or_else(|| format!("{number} is no small integer")),
            Json::String(text) => Ok(Value::str(text)),
            Json::Array(items) => Ok(Value::list(self.values(items)?)),
            Json::Object(fields) => self.tagged(fields),
        }
    }

    pub(crate) fn values(&self, items: &[Json]) -> Result<Vec<Value>, String> {
        items.iter().map(|item| self.value(item)).collect()
    }

    /// The pairs of a list of two-element lists.
    pub(crate) fn pairs(&self, items: &[Json]) -> Result<Vec<(Value, Value)>, String> {
        let pair = |item: &Json| match item.as_array().map(Vec::as_slice) {
            Some([key, value]) => Ok((self.value(key)?, self.value(value)?)),
            _ => Err(format!("{item} is no pair")),
        };
        items.iter().map(pair).collect()
    }

    fn tagged(&self, fields: &Map<String, Json>) -> Result<Value, String> {
        match tag(fields) {
            "safe" => Ok(Value::safe(text(fields, "v"))),
            "int" => integer(text(fields, "v")),
            "float" => float(text(fields, "v")).map(Value::Float),
            "tuple" => Ok(Value::tuple(self.values(array(fields, "items"))?)),
            "dict" if !fields.contains_key("default") => {
                let pairs = self.pairs(array(fields, "items"))?;
                Ok(Value::Dict(Dict::from_iter(pairs)))
            }
            "date" => date(text(fields, "v")).map(Value::Date),
            "time" => time(text(fields, "v")).map(Value::Time),
            "datetime" => date_time(fields).map(Value::DateTime),
            _ => self.object(fields),
        }
    }
}

pub(crate) fn integer(digits: &str) -> Result<Value, String> {
    match digits.parse() {
        Ok(number) => Ok(Value::Int(number)),
        Err(_) => BigInt::parse(digits)
            .map(Value::BigInt)
            .ok_or_else(|| format!("{digits:?} is no integer")),
    }
}

fn float(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is no float"))
}

fn date(text: &str) -> Result<Date, String> {
    let read = || {
        let mut parts = text.splitn(3, '-');
        Some(Date {
            year: parts.next()?.parse().ok()?,
            month: parts.next()?.parse().ok()?,
            day: parts.next()?.parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("{text:?} is no date"))
}

fn time(text: &str) -> Result<Time, String> {
    let read = || {
        let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let mut parts = clock.splitn(3, ':');
        Some(Time {
            hour: parts.next()?.parse().ok()?,
            minute: parts.next()?.parse().ok()?,
            second: parts.next().unwrap_or("0").parse().ok()?,
            microsecond: format!("{fraction:0<6}").parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("{text:?} is no time"))
}

fn date_time(fields: &Map<String, Json>) -> Result<DateTime, String> {
    let written = text(fields, "v");
    let (day, clock) = written
        .split_once(['T', ' '])
        .ok_or_else(|| format!("{written:?} is no datetime"))?;
    Ok(DateTime {
        date: date(day)?,
        time: time(clock)?,
        offset: match fields.get("tz").unwrap_or(&Json::Null) {
            Json::Null => ROption::RNone,
            zone => ROption::RSome(offset(zone)?),
        },
    })
}

fn offset(zone: &Json) -> Result<Offset, String> {
    let (seconds, name) = match zone["kind"].as_str() {
        Some("utc") => (Some(0), "UTC"),
        Some("offset") => (
            zone["seconds"].as_i64(),
            zone["name"].as_str().unwrap_or_default(),
        ),
        _ => (None, ""),
    };
    let seconds = seconds.and_then(|seconds| i32::try_from(seconds).ok());
    Ok(Offset {
        seconds: seconds.ok_or_else(|| format!("{zone} is no offset"))?,
        name: Text::new(name.to_owned(), false),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn makes_values_of_every_plain_kind() {
        let cases = [
            (json!(null), "None"),
            (json!([true, 1, "a"]), r#"[true, 1, "a"]"#),
            (json!({"$": "safe", "v": "<b>"}), r#"safe("<b>")"#),
            (json!({"$": "int", "v": "-7"}), "-7"),
            (
                json!({"$": "int", "v": "99999999999999999999"}),
                "99999999999999999999",
            ),
            (json!({"$": "float", "v": "1e+16"}), "1e16"),
            (json!({"$": "tuple", "items": [1, 2]}), "(1, 2)"),
            (json!({"$": "dict", "items": [[1, "a"]]}), r#"{1: "a"}"#),
            (
                json!({"$": "datetime", "v": "2008-01-02T03:04:05.5", "tz": null}),
                "2008-01-02T03:04:05.500000",
            ),
            (
                json!({"$": "datetime", "v": "2008-01-02T03:04:05", "tz": {"kind": "utc"}}),
                "2008-01-02T03:04:05.000000+0s",
            ),
        ];
        for (json, expected) in cases {
            let context = json!({ "x": json });
            let world = World::new(context.as_object().expect("an object"));
            let value = world.value(&context["x"]);
            assert_eq!(
                format!("{:?}", value.expect("supported")),
                expected,
                "{context}"
            );
            assert_eq!(unsupported(&context["x"]), None);
        }
    }

    #[test]
    fn says_which_kinds_cannot_be_made() {
        let zone = json!({"kind": "zone", "key": "Europe/Paris"});
        let cases = [
            (json!([{"$": "decimal", "v": "1.50"}]), "decimal"),
            (
                json!({"$": "dict", "items": [["a", {"$": "set", "items": []}]]}),
                "set",
            ),
            (
                json!({"$": "datetime", "v": "2008-01-02T03:04:05", "tz": zone}),
                "datetime in a named zone",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(unsupported(&json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let world = World::new(&Map::new());
        let cases = [
            json!({"$": "int", "v": "1x"}),
            json!({"$": "float", "v": "one"}),
            json!({"$": "date", "v": "2008-01"}),
            json!({"$": "nothing of the kind"}),
            json!({"$": "ref", "id": 7}),
        ];
        for json in cases {
            assert!(world.value(&json).is_err(), "{json}");
        }
    }
}

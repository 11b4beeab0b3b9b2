//! Contexts from their JSON form. What a tag means is said in the format's description.

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{BigInt, Bytes, Decimal, Dict, Text};
use serde_json::{Map, Value as Json};

use crate::temporal;
use crate::world::World;

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

/// The text of a string, plain or safe.
pub(crate) fn written(json: &Json) -> Option<Text> {
    match json {
        Json::String(text) => Some(Text::new(text.clone(), false)),
        Json::Object(fields) if tag(fields) == "safe" => {
            Some(Text::new(text(fields, "v").to_owned(), true))
        }
        _ => None,
    }
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
        let items = || self.values(array(fields, "items"));
        match tag(fields) {
            "safe" => Ok(Value::safe(text(fields, "v"))),
            "int" => integer(text(fields, "v")),
            "float" => float(text(fields, "v")).map(Value::Float),
            "decimal" => decimal(text(fields, "v")),
            "bytes" => bytes(text(fields, "hex")).map(|bytes| Value::Bytes(Bytes::new(bytes))),
            "tuple" => Ok(Value::tuple(items()?)),
            "set" => Ok(Value::set(items()?)),
            "dict" if !fields.contains_key("default") => {
                let pairs = self.pairs(array(fields, "items"))?;
                Ok(Value::Dict(Dict::from_iter(pairs)))
            }
            "date" => temporal::date(text(fields, "v")).map(Value::Date),
            // No part of a time of day depends on its zone.
            "time" => temporal::time(text(fields, "v")).map(Value::Time),
            "datetime" => temporal::date_time(fields).map(Value::from),
            "timedelta" => temporal::time_delta(fields).map(Value::TimeDelta),
            "tzinfo" => {
                let zone = fields.get("tz").ok_or("a tzinfo without tz")?;
                temporal::zone(zone).map(Value::from)
            }
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

pub(crate) fn float(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is no float"))
}

pub(crate) fn decimal(text: &str) -> Result<Value, String> {
    Decimal::parse(text)
        .map(Value::Decimal)
        .ok_or_else(|| format!("{text:?} is no decimal"))
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|_| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.ok_or_else(|| format!("{hex:?} is not hexadecimal"))
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
            (json!({"$": "decimal", "v": "1.50"}), "1.50"),
            (json!({"$": "bytes", "hex": "00ff41"}), r#"b"\x00\xffA""#),
            (json!({"$": "tuple", "items": [1, 2]}), "(1, 2)"),
            (json!({"$": "set", "items": [2, 1]}), "{2, 1}"),
            (json!({"$": "dict", "items": [[1, "a"]]}), r#"{1: "a"}"#),
            (
                json!({"$": "datetime", "v": "2008-01-02T03:04:05.5", "tz": null}),
                "2008-01-02T03:04:05.500000",
            ),
            (
                json!({"$": "datetime", "v": "2008-01-02T03:04:05", "tz": {"kind": "utc"}}),
                "2008-01-02T03:04:05.000000+0s",
            ),
            (
                json!({"$": "timedelta", "days": -1, "seconds": 2, "microseconds": 3}),
                "TimeDelta { days: -1, seconds: 2, microseconds: 3 }",
            ),
            (
                json!({"$": "tzinfo", "tz": {"kind": "zone", "key": "Asia/Tokyo"}}),
                r#"Named("Asia/Tokyo")"#,
            ),
        ];
        for (json, expected) in cases {
            let value = World::empty().value(&json);
            assert_eq!(format!("{:?}", value.expect("readable")), expected);
        }
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let world = World::empty();
        let cases = [
            json!({"$": "int", "v": "1x"}),
            json!({"$": "float", "v": "one"}),
            json!({"$": "decimal", "v": "one"}),
            json!({"$": "bytes", "hex": "0"}),
            json!({"$": "date", "v": "2008-01"}),
            json!({"$": "tzinfo", "tz": {"kind": "sundial"}}),
            json!({"$": "nothing of the kind"}),
            json!({"$": "ref", "id": 7}),
        ];
        for json in cases {
            assert!(world.value(&json).is_err(), "{json}");
        }
    }
}

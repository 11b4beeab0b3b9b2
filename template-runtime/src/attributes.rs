//! The attributes and methods of Python's own types that a template can reach.

use hotplate_plugin_api::value::{Date, Object, Time, Value};

use crate::{Result, python};

/// What a value has under the name of an attribute.
pub(crate) enum Attribute {
    /// A value, or the result of a method that needs no arguments.
    Value(Value),
    /// A method that needs arguments.
    NeedsArguments,
    /// Nothing.
    Missing,
}

impl<T: Into<Value>> From<T> for Attribute {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// The attribute `name` of a value that is no object.
pub(crate) fn attribute(value: &Value, name: &str) -> Result<Attribute> {
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Ok(Attribute::Missing);
    }
    Ok(match value {
        Value::Dict(dict) => {
            let entries = dict.entries().iter();
            match name {
                "items" => View::of(
                    "dict_items",
                    entries.map(|entry| Value::tuple([entry.key.clone(), entry.value.clone()])),
                ),
                "keys" => View::of("dict_keys", entries.map(|entry| entry.key.clone())),
                "values" => View::of("dict_values", entries.map(|entry| entry.value.clone())),
                "copy" => Attribute::Value(value.clone()),
                "get" | "pop" | "setdefault" | "fromkeys" => Attribute::NeedsArguments,
                _ => Attribute::Missing,
            }
        }
        Value::List(_) => match name {
            "copy" => Attribute::Value(value.clone()),
            "append" | "count" | "extend" | "index" | "insert" | "remove" => {
                Attribute::NeedsArguments
            }
            _ => Attribute::Missing,
        },
        Value::Tuple(_) => match name {
            "count" | "index" => Attribute::NeedsArguments,
            _ => Attribute::Missing,
        },
        Value::Str(text) => text_attribute(text.as_str(), name),
        Value::Bool(truth) => int_attribute(&Value::Int(i64::from(*truth)), name),
        Value::Int(_) | Value::BigInt(_) => int_attribute(value, name),
        Value::Float(number) => match name {
            "real" | "conjugate" => Attribute::from(*number),
            "imag" => Attribute::from(0.0),
            "is_integer" => Attribute::from(number.is_finite() && number.fract() == 0.0),
            _ => Attribute::Missing,
        },
        Value::Date(date) => match name {
            "isoformat" => python::text(value)?.into(),
            _ => date_attribute(*date, name),
        },
        Value::Time(time) => match name {
            "isoformat" => python::text(value)?.into(),
            _ => time_attribute(*time, name),
        },
        Value::DateTime(moment) => match name {
            "date" => moment.date.into(),
            "time" => moment.time.into(),
            "isoformat" => python::text(value)?.as_str().replacen(' ', "T", 1).into(),
            _ => match date_attribute(moment.date, name) {
                Attribute::Missing => time_attribute(moment.time, name),
                found => found,
            },
        },
        _ => Attribute::Missing,
    })
}

fn text_attribute(text: &str, name: &str) -> Attribute {
    let all = |test: fn(char) -> bool| Attribute::from(!text.is_empty() && text.chars().all(test));
    match name {
        "upper" => text.to_uppercase().into(),
        "lower" | "casefold" => text.to_lowercase().into(),
        "title" => python::title(text).into(),
        "capitalize" => {
            let mut rest = text.chars();
            let first = rest.next().map(char::to_uppercase).into_iter().flatten();
            first
                .chain(rest.as_str().to_lowercase().chars())
                .collect::<String>()
                .into()
        }
        "strip" => python::trim(text).into(),
        "lstrip" => text.trim_start_matches(python::is_space).into(),
        "rstrip" => text.trim_end_matches(python::is_space).into(),
        "split" | "rsplit" => python::split_words(text).collect::<Vec<_>>().into(),
        "splitlines" => text.lines().collect::<Vec<_>>().into(),
        "isdigit" | "isdecimal" => all(|c| python::decimal_digit(c).is_some()),
        "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(python::is_space),
        "isascii" => text.is_ascii().into(),
        "isupper" => is_cased(text, char::is_uppercase, char::is_lowercase).into(),
        "islower" => is_cased(text, char::is_lowercase, char::is_uppercase).into(),
        "center" | "count" | "endswith" | "find" | "index" | "join" | "ljust" | "partition"
        | "removeprefix" | "removesuffix" | "replace" | "rfind" | "rindex" | "rjust"
        | "rpartition" | "startswith" | "translate" | "zfill" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

/// Whether some characters are of one case and none of the other.
fn is_cased(text: &str, wanted: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    text.contains(wanted) && !text.contains(other)
}

fn int_attribute(number: &Value, name: &str) -> Attribute {
    match name {
        "real" | "numerator" | "conjugate" => Attribute::Value(number.clone()),
        "imag" => 0.into(),
        "denominator" => 1.into(),
        "is_integer" => true.into(),
        "bit_length" => match number {
            Value::Int(number) => (64 - number.unsigned_abs().leading_zeros()).into(),
            _ => Attribute::Missing,
        },
        _ => Attribute::Missing,
    }
}

fn date_attribute(date: Date, name: &str) -> Attribute {
    match name {
        "year" => date.year.into(),
        "month" => date.month.into(),
        "day" => date.day.into(),
        "weekday" => weekday(date).into(),
        "isoweekday" => (weekday(date) + 1).into(),
        "strftime" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

fn time_attribute(time: Time, name: &str) -> Attribute {
    match name {
        "hour" => time.hour.into(),
        "minute" => time.minute.into(),
        "second" => time.second.into(),
        "microsecond" => time.microsecond.into(),
        "strftime" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

/// The day of the week, Monday being 0, by Sakamoto's method.
fn weekday(date: Date) -> i32 {
    const SHIFTS: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let (month, day) = (i32::from(date.month), i32::from(date.day));
    let year = date.year - i32::from(month < 3);
    let shift = SHIFTS
        .get(usize::from(date.month.saturating_sub(1)))
        .copied()
        .unwrap_or(0);
    (year + year / 4 - year / 100 + year / 400 + shift + day + 6).rem_euclid(7)
}

/// A view of a dictionary: it can be counted and iterated over, but not indexed.
struct View {
    type_name: &'static str,
    items: Vec<Value>,
}

impl View {
    fn of(type_name: &'static str, items: impl Iterator<Item = Value>) -> Attribute {
        let items = items.collect();
        Attribute::Value(Value::object(Self { type_name, items }))
    }
}

impl Object for View {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn repr(&self) -> String {
        let items = Value::list(self.items.iter().cloned());
        let items = python::repr(&items).unwrap_or_default();
        format!("{}({items})", self.type_name)
    }

    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, hotplate_plugin_api::value::Exception>> {
        Some(Ok(self.items.clone()))
    }
}

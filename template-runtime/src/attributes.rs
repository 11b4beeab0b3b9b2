//! The attributes and methods of Python's own types that a template can reach.

use hotplate_plugin_api::value::{Exception, Object, Value};

use crate::filters::Call;
use crate::{Result, python};

mod numbers;
mod temporal;
mod text;

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
///
/// Methods that change the value are not there: values of templates do not change.
pub(crate) fn attribute(value: &Value, name: &str, call: &Call<'_>) -> Result<Attribute> {
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Ok(Attribute::Missing);
    }
    Ok(match value {
        Value::Dict(dict) => match name {
            "items" => {
                let pair = |(key, value): (&Value, &Value)| [key.clone(), value.clone()];
                View::of("dict_items", dict.iter().map(pair).map(Value::tuple))
            }
            "keys" => View::of("dict_keys", dict.shape().keys().iter().cloned()),
            "values" => View::of("dict_values", dict.values().iter().cloned()),
            "copy" => Attribute::Value(value.clone()),
            // Without arguments, it changes nothing.
            "update" => Attribute::Value(Value::None),
            "get" | "pop" | "setdefault" | "fromkeys" => Attribute::NeedsArguments,
            _ => Attribute::Missing,
        },
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
        Value::Set(_) => match name {
            "copy" | "union" | "intersection" | "difference" => Attribute::Value(value.clone()),
            "update" | "intersection_update" | "difference_update" => Attribute::Value(Value::None),
            "add"
            | "discard"
            | "isdisjoint"
            | "issubset"
            | "issuperset"
            | "remove"
            | "symmetric_difference"
            | "symmetric_difference_update" => Attribute::NeedsArguments,
            _ => Attribute::Missing,
        },
        Value::Str(text) => text::of_text(text.as_str(), name),
        Value::Bytes(bytes) => text::of_bytes(bytes.as_slice(), name)?,
        Value::Bool(truth) => numbers::of_integer(&Value::Int(i64::from(*truth)), name),
        Value::Int(_) | Value::BigInt(_) => numbers::of_integer(value, name),
        Value::Float(number) => numbers::of_float(*number, name)?,
        Value::Decimal(number) => numbers::of_decimal(number, name)?,
        Value::Date(date) => temporal::of_date(*date, name),
        Value::Time(time) => temporal::of_time(*time, name),
        Value::DateTime(moment) => temporal::of_datetime(moment, name, call),
        Value::TimeDelta(delta) => temporal::of_delta(delta, name),
        Value::TimeZone(zone) => temporal::of_zone(zone, name),
        Value::None | Value::Object(_) => Attribute::Missing,
        _ => Attribute::Missing,
    })
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

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self.items.clone()))
    }
}

/// A tuple whose items have names.
struct NamedTuple {
    type_name: &'static str,
    fields: Vec<(&'static str, Value)>,
}

impl NamedTuple {
    fn of<const N: usize>(
        type_name: &'static str,
        fields: [(&'static str, Value); N],
    ) -> Attribute {
        let fields = fields.into();
        Attribute::Value(Value::object(Self { type_name, fields }))
    }
}

impl Object for NamedTuple {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn item(&self, key: &Value) -> hotplate_plugin_api::value::Lookup {
        use hotplate_plugin_api::value::Lookup;
        let index = match key {
            Value::Int(index) => usize::try_from(*index).ok(),
            _ => None,
        };
        let item = index.and_then(|index| self.fields.get(index));
        item.map_or(Lookup::Missing, |(_, value)| Lookup::Found(value.clone()))
    }

    fn attribute(&self, name: &str) -> hotplate_plugin_api::value::Lookup {
        use hotplate_plugin_api::value::Lookup;
        let field = self.fields.iter().find(|(field, _)| *field == name);
        field.map_or(Lookup::Missing, |(_, value)| Lookup::Found(value.clone()))
    }

    fn repr(&self) -> String {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={}", python::repr(value).unwrap_or_default()))
            .collect();
        format!("{}({})", self.type_name, fields.join(", "))
    }

    fn length(&self) -> Option<usize> {
        Some(self.fields.len())
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(self
            .fields
            .iter()
            .map(|(_, value)| value.clone())
            .collect()))
    }

    fn plain(&self) -> Option<Value> {
        Some(Value::tuple(
            self.fields.iter().map(|(_, value)| value.clone()),
        ))
    }
}

#[cfg(test)]
mod tests;

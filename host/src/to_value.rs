//! Making a `Value` of anything that serde can serialise.

use std::fmt;

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Bytes, DictBuilder, Pattern};
use serde::ser::{self, Serialize};

use crate::error::Error;
use crate::json;

/// Makes a value of `data`: structs and maps become dictionaries, sequences lists, tuples
/// and arrays tuples, bytes bytes.
///
/// For JSON text [`from_json`](crate::from_json) keeps more: every digit of its numbers.
///
/// Use it at the edges; a value built with [`context!`](crate::context!) costs less.
///
/// ```
/// let value = hotplate::to_value(&vec![("a", 1)])?;
/// assert_eq!(format!("{value:?}"), r#"[("a", 1)]"#);
/// # Ok::<(), hotplate::Error>(())
/// ```
///
/// # Errors
///
/// If the `Serialize` implementation gives an error.
pub fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, Error> {
    data.serialize(ToValue(&mut Pattern::default()))
        .map_err(|error| Error::setup_from(format!("cannot make a value: {error}"), error))
}

#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Makes one value, which may be like those made with the pattern before.
struct ToValue<'p>(&'p mut Pattern);

/// Collects a sequence; wraps it in a dictionary for a data-carrying enum variant.
struct Items<'p> {
    items: Vec<Value>,
    pattern: &'p mut Pattern,
    tuple: bool,
    variant: Option<Variant<'p>>,
}

impl<'p> Items<'p> {
    fn new(pattern: &'p mut Pattern, tuple: bool) -> Self {
        Self {
            items: Vec::new(),
            pattern,
            tuple,
            variant: None,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Failure> {
        let place = if self.tuple { self.items.len() } else { 0 };
        let item = item.serialize(ToValue(self.pattern.part(place)))?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = if self.tuple {
            Value::tuple(self.items)
        } else {
            Value::list(self.items)
        };
        of_variant(self.variant, value)
    }
}

/// Collects a map or a struct.
struct Pairs<'p> {
    dict: DictBuilder<'p>,
    variant: Option<Variant<'p>>,
    /// Whether it is no struct but a number's digits in one.
    digits: bool,
}

/// The name of the struct that `serde_json` hides a number's digits in, where its feature
/// `arbitrary_precision` is on.
const JSON_NUMBER: &str = "$serde_json::private::Number";

impl<'p> Pairs<'p> {
    fn new(pattern: &'p mut Pattern) -> Self {
        Self {
            dict: DictBuilder::new(pattern),
            variant: None,
            digits: false,
        }
    }

    /// Gives the key that was added last its value.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = value.serialize(ToValue(self.dict.part()))?;
        self.dict.value(value);
        Ok(())
    }

    fn finish(self) -> Value {
        let dict = self.dict.finish();
        if self.digits
            && let [Value::Str(digits)] = dict.values()
            && let Some(number) = json::read_number(digits.as_str())
        {
            return number;
        }
        of_variant(self.variant, Value::Dict(dict))
    }
}

/// A variant of an enum with the pattern of the dictionary that names it.
struct Variant<'p> {
    name: &'static str,
    pattern: &'p mut Pattern,
}

fn of_variant(variant: Option<Variant<'_>>, value: Value) -> Value {
    let Some(Variant { name, pattern }) = variant else {
        return value;
    };
    let mut dict = DictBuilder::new(pattern);
    dict.key(name);
    dict.value(value);
    Value::Dict(dict.finish())
}

macro_rules! plain {
    ($($method:ident: $ty:ty),* $(,)?) => {$(
        fn $method(self, value: $ty) -> Result<Value, Failure> {
            Ok(value.into())
        }
    )*};
}

impl<'p> ser::Serializer for ToValue<'p> {
    type Ok = Value;
    type Error = Failure;
    type SerializeSeq = Items<'p>;
    type SerializeTuple = Items<'p>;
    type SerializeTupleStruct = Items<'p>;
    type SerializeTupleVariant = Items<'p>;
    type SerializeMap = Pairs<'p>;
    type SerializeStruct = Pairs<'p>;
    type SerializeStructVariant = Pairs<'p>;

    plain! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64,
        serialize_str: &str,
    }

    fn serialize_char(self, value: char) -> Result<Value, Failure> {
        Ok(Value::str(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Failure> {
        Ok(Value::Bytes(Bytes::new(value.to_vec())))
    }

    fn serialize_none(self) -> Result<Value, Failure> {
        Ok(Value::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Failure> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Failure> {
        Ok(Value::None)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Failure> {
        Ok(Value::None)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, Failure> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Value, Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Failure> {
        let (outer, inner) = self.0.two_parts();
        let variant = Variant {
            name: variant,
            pattern: outer,
        };
        Ok(of_variant(Some(variant), value.serialize(ToValue(inner))?))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'p>, Failure> {
        Ok(Items::new(self.0, false))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items<'p>, Failure> {
        Ok(Items::new(self.0, true))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Items<'p>, Failure> {
        self.serialize_tuple(length)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'p>, Failure> {
        let (outer, inner) = self.0.two_parts();
        Ok(Items {
            variant: Some(Variant {
                name: variant,
                pattern: outer,
            }),
            ..Items::new(inner, true)
        })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Pairs<'p>, Failure> {
        Ok(Pairs::new(self.0))
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Pairs<'p>, Failure> {
        Ok(Pairs {
            digits: name == JSON_NUMBER,
            ..Pairs::new(self.0)
        })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Pairs<'p>, Failure> {
        let (outer, inner) = self.0.two_parts();
        Ok(Pairs {
            variant: Some(Variant {
                name: variant,
                pattern: outer,
            }),
            ..Pairs::new(inner)
        })
    }
}

macro_rules! items {
    ($($collector:ident: $method:ident),* $(,)?) => {$(
        impl ser::$collector for Items<'_> {
            type Ok = Value;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.push(value)
            }

            fn end(self) -> Result<Value, Failure> {
                Ok(self.finish())
            }
        }
    )*};
}

items! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

impl ser::SerializeMap for Pairs<'_> {
    type Ok = Value;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        let key = key.serialize(ToValue(&mut Pattern::default()))?;
        self.dict.any_key(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.value(value)
    }

    fn end(self) -> Result<Value, Failure> {
        Ok(self.finish())
    }
}

macro_rules! fields {
    ($($collector:ident),* $(,)?) => {$(
        impl ser::$collector for Pairs<'_> {
            type Ok = Value;
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.dict.key(name);
                self.value(value)
            }

            fn end(self) -> Result<Value, Failure> {
                Ok(self.finish())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(serde::Serialize)]
    struct Article {
        title: &'static str,
        tags: Vec<&'static str>,
        state: State,
        views: u64,
    }

    #[derive(serde::Serialize)]
    enum State {
        Draft,
        Published { year: i32 },
        Moved(&'static str),
    }

    fn check(data: &impl Serialize, expected: &str) {
        let value = to_value(data).expect("the data serialises");
        assert_eq!(format!("{value:?}"), expected);
    }

    struct Blob;

    impl Serialize for Blob {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"\0x")
        }
    }

    #[derive(serde::Serialize)]
    #[serde(rename = "$serde_json::private::Number")]
    struct Number {
        #[serde(rename = "$serde_json::private::Number")]
        digits: &'static str,
    }

    #[test]
    fn bytes_and_long_numbers_stay_what_they_are() {
        check(&Blob, r#"b"\x00x""#);
        check(&(i128::MAX, 'c'), &format!("({}, \"c\")", i128::MAX));
        let digits = "123456789012345678901234567890";
        check(&Number { digits }, digits);
        check(
            &serde_json::json!([1, 1.5, "x", null]),
            r#"[1, 1.5, "x", None]"#,
        );
    }

    #[test]
    fn values_mirror_the_data() {
        let article = Article {
            title: "Plates",
            tags: vec!["hot"],
            state: State::Draft,
            views: u64::MAX,
        };
        check(
            &article,
            r#"{"title": "Plates", "tags": ["hot"], "state": "Draft", "views": 18446744073709551615}"#,
        );
        check(
            &vec![State::Published { year: 2026 }, State::Moved("x")],
            r#"[{"Published": {"year": 2026}}, {"Moved": "x"}]"#,
        );
        check(
            &BTreeMap::from([(1, Some(1.5)), (2, None)]),
            "{1: 1.5, 2: None}",
        );
    }
}

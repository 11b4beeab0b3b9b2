//! What is read of data of every type.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::mem::offset_of;
use std::sync::Arc;

use super::*;
use crate::value::Date;

struct Person<'a> {
    name: &'a str,
    age: u8,
    friends: Vec<Person<'a>>,
}

// SAFETY: the offsets are the compiler's, the tables those of the fields' types.
unsafe impl Field for Person<'_> {
    extern "C" fn table() -> &'static ViewTable {
        const {
            &ViewTable::in_module::<Person<'_>>(
                "Person",
                module_path!(),
                Kind::Record(RSlice::from_slice(
                    const {
                        &[
                            FieldEntry {
                                name: RStr::from_str("name"),
                                offset: offset_of!(Person<'_>, name),
                                table: TableFn::of::<&str>(),
                            },
                            FieldEntry {
                                name: RStr::from_str("age"),
                                offset: offset_of!(Person<'_>, age),
                                table: TableFn::of::<u8>(),
                            },
                            FieldEntry {
                                name: RStr::from_str("friends"),
                                offset: offset_of!(Person<'_>, friends),
                                table: TableFn::of::<Vec<Person<'_>>>(),
                            },
                        ]
                    },
                )),
            )
        }
    }
}

fn check<T: Field>(value: T, expected: &str) {
    assert_eq!(format!("{:?}", View::new(&value).to_value()), expected);
}

#[test]
fn every_type_becomes_the_value_that_it_stands_for() {
    check(true, "true");
    check(-5_i8, "-5");
    check(u64::MAX, "18446744073709551615");
    check(1.5_f32, "1.5");
    check('ß', r#""ß""#);
    check("a", r#""a""#);
    check(String::from("a"), r#""a""#);
    check(Cow::Borrowed("a"), r#""a""#);
    check(Arc::<str>::from("a"), r#""a""#);
    check(fields::Safe("<b>"), r#"safe("<b>")"#);
    check(None::<i64>, "None");
    check(Some(&Box::new(1)), "1");
    check(vec![Some(1), None], "[1, None]");
    check(&[1, 2][..], "[1, 2]");
    check([1, 2], "[1, 2]");
    check((1, "a", [true]), r#"(1, "a", [true])"#);
    check(BTreeMap::from([(2, "b"), (1, "a")]), r#"{1: "a", 2: "b"}"#);
    check(HashMap::from([("k".to_owned(), 1)]), r#"{"k": 1}"#);
    check(Value::list([Value::Int(1)]), "[1]");
    check(vec![Value::None], "[None]");
}

#[test]
fn a_struct_is_read_where_it_is() {
    let friend = |name| Person {
        name,
        age: 1,
        friends: Vec::new(),
    };
    let person = Person {
        name: "Ada",
        age: 36,
        friends: vec![friend("Bob"), friend("Cy")],
    };
    let view = View::new(&person);
    assert!(matches!(
        view.field("age").map(View::read),
        Some(Reading::Int(36))
    ));
    assert!(view.field("size").is_none());
    assert!(view.field_at(1, "age").is_some() && view.field_at(0, "age").is_none());
    let Some(Reading::Sequence(friends)) = view.field("friends").map(View::read) else {
        panic!("a vector is a sequence");
    };
    let names: Vec<Value> = friends
        .iter()
        .filter_map(|friend| friend.field("name"))
        .map(View::to_value)
        .collect();
    assert_eq!(format!("{names:?}"), r#"["Bob", "Cy"]"#);
    let Some(Reading::Text(name)) = view.field("name").map(View::read) else {
        panic!("a string is text");
    };
    assert!(std::ptr::eq(name.as_str(), person.name));
}

#[test]
fn options_and_references_lead_to_what_is_behind_them() {
    let person = Person {
        name: "Ada",
        age: 36,
        friends: Vec::new(),
    };
    let boxed = Some(Box::new(&person));
    assert!(View::new(&boxed).field("name").is_some());
    let nobody: Option<Box<Person<'_>>> = None;
    assert!(View::new(&nobody).field("name").is_none());
    assert!(matches!(View::new(&nobody).read(), Reading::None));
}

#[test]
fn a_value_in_a_field_is_a_value() {
    let date = Date {
        year: 2024,
        month: 2,
        day: 29,
    };
    let fields = (Value::Date(date), date);
    let Reading::Sequence(items) = View::new(&fields).read() else {
        panic!("a tuple is a sequence");
    };
    assert!(matches!(items.get(0).as_value(), Some(Value::Date(_))));
    assert!(matches!(
        items.get(1).read(),
        Reading::Owned(Value::Date(_))
    ));
}

#[test]
fn maps_are_read_by_keys_as_templates_write_them() {
    let numbers = BTreeMap::from([(1_i64, "one"), (20, "twenty")]);
    let Reading::Map(map) = View::new(&numbers).read() else {
        panic!("a map");
    };
    assert_eq!(map.len(), 2);
    let found = |key| map.get(key).map(|view| format!("{view:?}"));
    assert_eq!(found("20").as_deref(), Some(r#""twenty""#));
    assert_eq!(found("x"), None);
}

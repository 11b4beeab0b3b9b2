//! Dictionaries of every size and with keys of every kind.

use super::*;
use crate::value::{BigInt, Bytes, Date, DateTime, Decimal, Offset, Time};

fn numbered(count: i64) -> Dict {
    (0..count)
        .map(|number| (Value::str(format!("k{number}")), Value::Int(number)))
        .collect()
}

#[test]
fn finds_every_key_at_every_size() {
    for count in [0, 1, 8, 9, 500] {
        let dict = numbered(count);
        for number in 0..count {
            let found = dict.get_str(&format!("k{number}"));
            assert!(matches!(found, Some(Value::Int(n)) if *n == number));
        }
        assert!(dict.get_str("absent").is_none());
    }
}

#[test]
fn a_repeated_key_keeps_its_place_and_takes_the_last_value() {
    let pairs = [("a", 1), ("b", 2), ("a", 3), ("a", 4)];
    let dict: Dict = pairs
        .into_iter()
        .map(|(key, value)| (Value::str(key), Value::Int(value)))
        .collect();
    assert_eq!(format!("{:?}", Value::Dict(dict)), r#"{"a": 4, "b": 2}"#);
}

#[test]
fn equal_keys_are_one_key_however_they_are_written() {
    let decimal = |text| Decimal::parse(text).map(Value::Decimal).expect("a number");
    let big = |text| BigInt::parse(text).map(Value::BigInt).expect("a number");
    let date = |day| {
        Value::Date(Date {
            year: 2024,
            month: 2,
            day,
        })
    };
    let noon = |hour, offset| {
        let time = Time {
            hour,
            minute: 0,
            second: 0,
            microsecond: 0,
        };
        let day = Date {
            year: 2024,
            month: 3,
            day: 1,
        };
        Value::from(DateTime::aware(day, time, Offset::fixed(offset, "")))
    };
    let same = [
        vec![
            Value::Bool(true),
            Value::Int(1),
            Value::Float(1.0),
            decimal("1.00"),
        ],
        vec![
            Value::Float(-0.0),
            Value::Int(0),
            decimal("0E+5"),
            Value::Bool(false),
        ],
        vec![Value::Float(0.5), decimal("0.50")],
        vec![
            big("100000000000000000000"),
            decimal("1E+20"),
            Value::Float(1e20),
        ],
        vec![Value::Float(f64::INFINITY), decimal("Infinity")],
        vec![Value::None],
        vec![Value::str("1"), Value::safe("1")],
        vec![
            Value::tuple([Value::Int(1), Value::str("a")]),
            Value::tuple([decimal("1"), Value::str("a")]),
        ],
        vec![date(1), date(1)],
        vec![date(2)],
        vec![noon(12, 0), noon(13, 3600)],
        vec![noon(12, 3600)],
        vec![Value::Float(0.1)],
        vec![decimal("0.1")],
        vec![Value::Bytes(Bytes::new(b"1".to_vec()))],
    ];
    let entries = |filler: i64| {
        let fillers = (0..filler).map(|number| (Value::Int(number + 100), Value::None));
        let groups = same.iter().zip(0i64..).flat_map(|(group, number)| {
            let entry = move |key: &Value| (key.clone(), Value::Int(number));
            group.iter().map(entry)
        });
        fillers.chain(groups).collect::<Dict>()
    };
    for filler in [0, 100] {
        let dict = entries(filler);
        assert_eq!(dict.len() as i64, same.len() as i64 + filler);
        for (group, number) in same.iter().zip(0i64..) {
            for key in group {
                let found = dict.get(key);
                assert!(
                    matches!(found, Some(Value::Int(n)) if *n == number),
                    "{key:?}"
                );
            }
        }
        assert!(dict.get_int(1).is_some());
        assert!(dict.get_int(2).is_none());
        assert!(dict.get(&decimal("NaN")).is_none());
    }
}

//! Dictionaries of every size and with keys of every kind.

use super::*;
use crate::value::key;
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

fn check(pairs: Vec<(Value, i64)>, expected: &str) {
    let values = pairs.into_iter();
    let dict: Dict = values
        .map(|(key, value)| (key, Value::Int(value)))
        .collect();
    assert_eq!(dict.len(), dict.shape().keys().len());
    assert_eq!(format!("{:?}", Value::Dict(dict)), expected);
}

#[test]
fn a_repeated_key_keeps_its_place_and_takes_the_last_value() {
    let text = |pairs: &[(&str, i64)]| -> Vec<(Value, i64)> {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| (Value::str(*key), *value))
            .collect()
    };
    check(text(&[]), "{}");
    check(text(&[("b", 1), ("a", 2)]), r#"{"b": 1, "a": 2}"#);
    check(
        text(&[("a", 1), ("b", 2), ("a", 3), ("a", 4)]),
        r#"{"a": 4, "b": 2}"#,
    );
    check(
        vec![(Value::safe("a"), 1), (Value::str("a"), 2)],
        r#"{safe("a"): 2}"#,
    );
    check(
        vec![
            (Value::Int(1), 1),
            (Value::str("1"), 2),
            (Value::Bool(true), 3),
            (Value::Float(1.0), 4),
            (Value::None, 5),
        ],
        r#"{1: 4, "1": 2, None: 5}"#,
    );
    // Neither lists nor dictionaries are ever the same key, as they have no hash in Python.
    let list = || Value::list([Value::Int(1)]);
    let dict = || Value::Dict(Dict::from_iter([(Value::Int(1), Value::None)]));
    check(
        vec![(list(), 1), (dict(), 2), (dict(), 3), (list(), 4)],
        "{[1]: 1, {1: None}: 2, {1: None}: 3, [1]: 4}",
    );
}

/// Which place finds the pair with this key in a plain list of pairs.
fn place_in(pairs: &[(Value, Value)], key: &Value) -> Option<usize> {
    pairs.iter().position(|(known, _)| key::same(known, key))
}

#[test]
fn a_dictionary_does_what_a_list_of_pairs_does() {
    let mut state = 7_u64;
    let mut below = |end: u64| {
        // Knuth's MMIX generator, whose high bits are good.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut some_key = |kinds: u64| {
        let number = below(12);
        match below(kinds) {
            0 | 1 => Value::str(format!("k{number}")),
            2 => Value::safe(format!("k{number}")),
            3 => Value::str(format!("a key too long to be held in place {number}")),
            4 => Value::Int(number as i64),
            5 => Value::Float(number as f64 / 2.0),
            6 => Value::Bool(number % 2 == 0),
            _ => Value::tuple([Value::Int(number as i64)]),
        }
    };
    for round in 0..3_000_u64 {
        let kinds = 1 + round % 8;
        let mut model: Vec<(Value, Value)> = Vec::new();
        let mut pairs = Vec::new();
        for number in 0..(round % 30) as i64 {
            let (key, value) = (some_key(kinds), Value::Int(number));
            pairs.push((key.clone(), value.clone()));
            match place_in(&model, &key) {
                Some(place) => model[place].1 = value,
                None => model.push((key, value)),
            }
        }
        let dict = Dict::from_iter(pairs);
        let entries: Vec<(Value, Value)> = dict
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(format!("{entries:?}"), format!("{model:?}"));
        for _ in 0..20 {
            let key = some_key(8);
            let place = place_in(&model, &key);
            assert_eq!(dict.shape().place_of(&key), place, "{key:?} in {model:?}");
            let found = dict.get(&key).map(|value| format!("{value:?}"));
            assert_eq!(found, place.map(|place| format!("{:?}", model[place].1)));
            if let Value::Str(text) = &key {
                assert_eq!(dict.place(text.as_str()), place);
                let here = (0..30).filter(|&place| dict.shape().has(place, text.as_str()));
                assert_eq!(here.collect::<Vec<_>>(), Vec::from_iter(place));
                let mark = Mark::of(text.as_str());
                let here = (0..30).filter(|&place| dict.shape().has_mark(place, mark));
                let marked = place.filter(|_| text.as_str().len() <= Mark::LONGEST);
                assert_eq!(here.collect::<Vec<_>>(), Vec::from_iter(marked));
                let found = marked.and_then(|place| dict.at_mark(place, mark));
                assert_eq!(
                    found.map(|value| format!("{value:?}")),
                    marked.map(|place| format!("{:?}", model[place].1)),
                );
            }
        }
    }
}

/// Makes a list of dictionaries and says which has the shape of the one before.
fn check_list(items: Vec<Value>, expected: &[bool]) {
    let text = format!("{items:?}");
    let list = Value::list(items);
    assert_eq!(format!("{list:?}"), text);
    let Value::List(items) = list else {
        panic!("a list was made");
    };
    let shared = items.windows(2).map(|pair| match pair {
        [Value::Dict(before), Value::Dict(dict)] => dict.shape().is(before.shape()),
        _ => false,
    });
    assert_eq!(shared.collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn dictionaries_of_a_list_share_equal_shapes() {
    let dict = |keys: &[Value]| -> Value {
        let keys = keys.iter().cloned();
        Value::Dict(keys.zip((0i64..).map(Value::Int)).collect())
    };
    let (a, b) = (Value::str("a"), Value::str("b"));
    let ab = || dict(&[a.clone(), b.clone()]);
    check_list(vec![ab(), ab(), ab()], &[true, true]);
    check_list(vec![ab(), dict(&[b.clone(), a.clone()])], &[false]);
    check_list(
        vec![ab(), dict(std::slice::from_ref(&a)), ab()],
        &[false, false],
    );
    check_list(vec![dict(&[]), dict(&[])], &[true]);
    check_list(
        vec![dict(std::slice::from_ref(&a)), dict(&[Value::safe("a")])],
        &[false],
    );
    check_list(vec![ab(), Value::None, ab(), ab()], &[false, false, true]);
    let held = ab();
    check_list(vec![ab(), held.clone(), ab()], &[false, true]);
    assert_eq!(format!("{held:?}"), r#"{"a": 0, "b": 1}"#);
    let long: Vec<Value> = (0..20)
        .map(|number| Value::str(format!("k{number}")))
        .collect();
    check_list(vec![dict(&long), dict(&long)], &[true]);
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

//! Which dictionaries share a shape, and that they are the same as without.

use super::*;
use crate::view::View;

/// Numbers from SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn build(pattern: &mut Pattern, keys: &[Value]) -> Dict {
    let mut dict = DictBuilder::new(pattern);
    for (key, number) in keys.iter().zip(0i64..) {
        match key {
            Value::Str(text) if !text.is_safe() => dict.key(text.as_str()),
            _ => dict.any_key(key.clone()),
        }
        dict.value(Value::Int(number));
    }
    dict.finish()
}

fn collect(keys: &[Value]) -> Dict {
    let values = (0i64..).map(Value::Int);
    keys.iter().cloned().zip(values).collect()
}

/// The first dictionary whose shape each one has.
fn sharing(dicts: &[Dict]) -> Vec<usize> {
    let first = |dict: &Dict| {
        dicts
            .iter()
            .position(|known| known.shape().is(dict.shape()))
    };
    dicts.iter().filter_map(first).collect()
}

/// Makes dictionaries with these keys, one for each word, one after the other.
fn check(words: &str, shared: &[usize]) {
    let keys = |word: &str| -> Vec<Value> {
        let key = |letter: char| match letter {
            '0'..='9' => Value::Int(i64::from(letter as u32 - '0' as u32)),
            'T' => Value::Bool(true),
            'S' => Value::safe("s"),
            letter => Value::str(letter),
        };
        word.chars().filter(|c| *c != '-').map(key).collect()
    };
    let mut pattern = Pattern::default();
    let dicts: Vec<Dict> = words
        .split(' ')
        .map(|word| build(&mut pattern, &keys(word)))
        .collect();
    assert_eq!(sharing(&dicts), shared, "{words}");
    for (dict, word) in dicts.iter().zip(words.split(' ')) {
        let plain = Value::Dict(collect(&keys(word)));
        assert_eq!(
            format!("{:?}", Value::Dict(dict.clone())),
            format!("{plain:?}")
        );
    }
}

#[test]
fn dictionaries_with_the_same_keys_share_a_shape() {
    check("ab ab ab", &[0, 0, 0]);
    check("- - a -", &[0, 0, 2, 0]);
    check("abc ab abc ab a abc", &[0, 1, 0, 1, 4, 0]);
    check("ab abc ba ab abc ba", &[0, 1, 2, 0, 1, 2]);
    check("aba aba abab ab", &[0, 0, 0, 0]);
    check("a1 a1 aT 1 T sS S s", &[0, 0, 2, 3, 4, 5, 6, 5]);
    check("abcdefghijkl abcdefghijkl abcdefghijkm", &[0, 0, 2]);
}

#[test]
fn a_few_shapes_are_remembered() {
    check("a b c d a b c d", &[0, 1, 2, 3, 0, 1, 2, 3]);
    check("a b c d e e b d", &[0, 1, 2, 3, 4, 4, 1, 3]);
}

#[test]
fn built_and_collected_dictionaries_are_the_same() {
    let mut random = Random(5);
    let mut pattern = Pattern::default();
    for _ in 0..2_000 {
        let keys: Vec<Value> = (0..random.below(14))
            .map(|place| match random.below(12) {
                0 => Value::Int(random.below(3) as i64),
                1 => Value::Bool(true),
                2 => Value::safe("k1"),
                3 => Value::str(format!("k{}", random.below(9))),
                _ => Value::str(format!("a key that is longer than others {place}")),
            })
            .collect();
        let dict = build(&mut pattern, &keys);
        let plain = collect(&keys);
        for key in plain.shape().keys() {
            assert_eq!(dict.shape().place_of(key), plain.shape().place_of(key));
        }
        let (dict, plain) = (Value::Dict(dict), Value::Dict(plain));
        assert_eq!(format!("{dict:?}"), format!("{plain:?}"));
    }
}

#[test]
fn a_builder_takes_calls_in_any_order() {
    let mut pattern = Pattern::default();
    let mut dict = DictBuilder::new(&mut pattern);
    dict.value(Value::Int(0));
    dict.key("a");
    dict.key("b");
    dict.value(Value::Int(1));
    dict.value(Value::Int(2));
    let dict = Value::Dict(dict.finish());
    assert_eq!(format!("{dict:?}"), r#"{"a": None, "b": 2}"#);
}

/// How many shapes there are in a value.
fn count_shapes<'v>(value: &'v Value, shapes: &mut Vec<&'v Shape>) {
    match value {
        Value::Dict(dict) => {
            if !shapes.iter().any(|known| known.is(dict.shape())) {
                shapes.push(dict.shape());
            }
            dict.values()
                .iter()
                .for_each(|part| count_shapes(part, shapes));
        }
        Value::List(items) | Value::Tuple(items) => {
            items.iter().for_each(|item| count_shapes(item, shapes));
        }
        _ => {}
    }
}

fn check_shapes(value: &Value, expected: usize) {
    let mut shapes = Vec::new();
    count_shapes(value, &mut shapes);
    assert_eq!(shapes.len(), expected, "{value:?}");
}

#[test]
fn lists_share_shapes_at_every_depth() {
    use std::collections::BTreeMap;

    let map = |number| BTreeMap::from([("left", number), ("right", number)]);
    let twice = |number| BTreeMap::from([("a", vec![map(number)]), ("b", vec![map(2), map(3)])]);
    let none = || BTreeMap::from([("a", Vec::new()), ("b", Vec::new())]);
    check_shapes(&View::new(&vec![map(1), map(2)]).to_value(), 1);
    check_shapes(&View::new(&(map(1), Some(map(2)))).to_value(), 1);
    check_shapes(
        &View::new(&vec![map(1), BTreeMap::new(), map(2)]).to_value(),
        2,
    );
    // One for the outer ones, one for each field's items.
    let lists = vec![twice(1), none(), twice(2), twice(3)];
    check_shapes(&View::new(&lists).to_value(), 3);
    let many: BTreeMap<i64, _> = (0..200).map(|number| (number, map(1))).collect();
    check_shapes(&View::new(&many).to_value(), 2);
}

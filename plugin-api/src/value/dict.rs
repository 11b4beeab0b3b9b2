//! Ordered dictionaries.

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RVec};

use super::Value;
use super::key::{self, hash_bytes, same};
use super::text::same_text;

/// A shared, immutable dictionary that keeps the order of its entries.
///
/// ```
/// use hotplate_plugin_api::Value;
/// use hotplate_plugin_api::value::Dict;
///
/// let dict = Dict::from_iter([(Value::str("a"), Value::Int(1))]);
/// assert!(matches!(dict.get_str("a"), Some(Value::Int(1))));
/// assert!(dict.get_str("b").is_none());
/// ```
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct Dict(RArc<DictData>);

/// One key with its value.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Entry {
    /// The key.
    pub key: Value,
    /// The value.
    pub value: Value,
}

#[repr(C)]
#[derive(StableAbi)]
pub struct DictData {
    entries: RVec<Entry>,
    /// For dictionaries that are worth it: the keys' hashes with the places of their
    /// entries, sorted by hash.
    index: RVec<IndexEntry>,
}

#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
#[expect(unreachable_pub, reason = "its layout is part of the type beside it")]
pub struct IndexEntry {
    hash: u64,
    entry: u32,
}

/// Up to here, comparing the keys one by one is as quick as hashing.
const UNINDEXED: usize = 8;

impl Dict {
    /// The entries in order.
    #[inline]
    pub fn entries(&self) -> &[Entry] {
        self.0.entries.as_slice()
    }

    /// The value of a text key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        let is_key = |entry: &&Entry| is_text(&entry.key, key);
        let entries = self.entries();
        if entries.len() <= UNINDEXED {
            return entries.iter().find(is_key).map(|entry| &entry.value);
        }
        let hash = hash_bytes(key.bytes());
        self.of_hash(hash).find(is_key).map(|entry| &entry.value)
    }

    /// The place of a text key among the entries, for [`at`](Self::at).
    pub fn place(&self, key: &str) -> Option<usize> {
        let entries = self.entries();
        if entries.len() <= UNINDEXED {
            return entries.iter().position(|entry| is_text(&entry.key, key));
        }
        let mut places = self.places_of_hash(hash_bytes(key.bytes()));
        places.find(|&place| is_text(&entries[place].key, key))
    }

    /// The value in a place, if what is there has this text as its key.
    ///
    /// ```
    /// use hotplate_plugin_api::context;
    /// use hotplate_plugin_api::value::Value;
    ///
    /// let context = context! { a: 1, b: 2 };
    /// let Value::Dict(dict) = context else {
    ///     panic!("a context is a dictionary");
    /// };
    /// assert_eq!(dict.place("b"), Some(1));
    /// assert!(dict.at(1, "b").is_some() && dict.at(0, "b").is_none());
    /// ```
    #[inline]
    pub fn at(&self, place: usize, key: &str) -> Option<&Value> {
        match self.entries().get(place)? {
            Entry {
                key: Value::Str(known),
                value,
            } if same_text(known.as_str(), key) => Some(value),
            _ => None,
        }
    }

    /// The value of a whole-number key; as in Python, `True` and `1.0` are the key 1.
    pub fn get_int(&self, key: i64) -> Option<&Value> {
        self.get(&Value::Int(key))
    }

    /// The value of any key, by Python's rules of equality.
    ///
    /// ```
    /// use hotplate_plugin_api::Value;
    /// use hotplate_plugin_api::value::{Decimal, Dict};
    ///
    /// let pair = || Value::tuple([Value::from(1), Value::None]);
    /// let dict = Dict::from_iter([(pair(), Value::str("a")), (Value::from(2), Value::str("b"))]);
    /// assert!(dict.get(&pair()).is_some());
    /// let two = Decimal::parse("2.00").map(Value::Decimal);
    /// assert!(two.is_some_and(|two| dict.get(&two).is_some()));
    /// ```
    pub fn get(&self, key: &Value) -> Option<&Value> {
        if let Value::Str(text) = key {
            return self.get_str(text.as_str());
        }
        let is_key = |entry: &&Entry| same(&entry.key, key);
        let entries = self.entries();
        if entries.len() <= UNINDEXED {
            return entries.iter().find(is_key).map(|entry| &entry.value);
        }
        let hash = key::hash(key);
        self.of_hash(hash).find(is_key).map(|entry| &entry.value)
    }

    /// The entries of an indexed dictionary whose keys have this hash, in order.
    fn of_hash(&self, hash: u64) -> impl Iterator<Item = &Entry> {
        let places = self.places_of_hash(hash);
        places.map(|place| &self.entries()[place])
    }

    /// Their places.
    fn places_of_hash(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let index = self.0.index.as_slice();
        let first = index.partition_point(|entry| entry.hash < hash);
        index[first..]
            .iter()
            .take_while(move |entry| entry.hash == hash)
            .map(|entry| entry.entry as usize)
    }
}

/// Builds a dictionary; of equal keys the first keeps its place and the last its value.
impl FromIterator<(Value, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(pairs: I) -> Self {
        let entries = pairs.into_iter().map(|(key, value)| Entry { key, value });
        Self::from_entries(entries.collect())
    }
}

impl Dict {
    /// Not generic, so that iterators of every type share the code.
    fn from_entries(mut entries: Vec<Entry>) -> Self {
        let mut index: Vec<IndexEntry> = entries
            .iter()
            .zip(0u32..)
            .map(|(entry, place)| IndexEntry {
                hash: key::hash(&entry.key),
                entry: place,
            })
            .collect();
        index.sort_by_key(|entry| (entry.hash, entry.entry));
        let repeated = repeated_keys(&entries, &index);
        if !repeated.is_empty() {
            let mut dropped = vec![false; entries.len()];
            for &(first, later) in &repeated {
                entries[first].value = entries[later].value.clone();
                dropped[later] = true;
            }
            let mut dropped = dropped.into_iter();
            entries.retain(|_| dropped.next() == Some(false));
            return Self::from_entries(entries);
        }
        if entries.len() <= UNINDEXED {
            index.clear();
        }
        Self(RArc::new(DictData {
            entries: entries.into(),
            index: index.into(),
        }))
    }
}

/// Pairs of places with equal keys: the first one, and each later one in order.
fn repeated_keys(entries: &[Entry], index: &[IndexEntry]) -> Vec<(usize, usize)> {
    let key = |entry: &IndexEntry| &entries[entry.entry as usize].key;
    let mut repeated = Vec::new();
    for same_hash in index.chunk_by(|a, b| a.hash == b.hash) {
        // Almost always one key; where several have one hash, the list stays short.
        let mut firsts: Vec<&IndexEntry> = Vec::new();
        for entry in same_hash {
            match firsts.iter().find(|first| same(key(first), key(entry))) {
                Some(first) => repeated.push((first.entry as usize, entry.entry as usize)),
                None => firsts.push(entry),
            }
        }
    }
    repeated
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::Str(key) => same_text(key.as_str(), text),
        Value::Object(object) => {
            matches!(object.plain(), Some(Value::Str(key)) if key.as_str() == text)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!(dict.entries().len() as i64, same.len() as i64 + filler);
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
}

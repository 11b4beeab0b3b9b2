//! Ordered dictionaries.

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RVec};

use super::Value;

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
    /// For dictionaries that are worth it: the text keys' hashes with the places of
    /// their entries, sorted by hash.
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
    pub fn entries(&self) -> &[Entry] {
        self.0.entries.as_slice()
    }

    /// The value of a text key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        let entries = self.entries();
        if entries.len() <= UNINDEXED {
            let entry = entries.iter().find(|entry| is_text(&entry.key, key))?;
            return Some(&entry.value);
        }
        let hash = hash(key);
        let index = self.0.index.as_slice();
        let first = index.partition_point(|entry| entry.hash < hash);
        index[first..]
            .iter()
            .take_while(|entry| entry.hash == hash)
            .map(|entry| &entries[entry.entry as usize])
            .find(|entry| is_text(&entry.key, key))
            .map(|entry| &entry.value)
    }

    /// The value of a whole-number key; as in Python, `True` and `1.0` are the key 1.
    pub fn get_int(&self, key: i64) -> Option<&Value> {
        let entry = self.entries().iter().find(|entry| match entry.key {
            Value::Int(number) => number == key,
            Value::Bool(truth) => i64::from(truth) == key,
            #[expect(
                clippy::cast_precision_loss,
                reason = "Python compares the exact values"
            )]
            Value::Float(number) => number == key as f64 && number as i64 == key,
            _ => false,
        })?;
        Some(&entry.value)
    }
}

/// Builds a dictionary; of equal text keys the first keeps its place and the last its value.
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
            .filter_map(|(entry, place)| match &entry.key {
                Value::Str(text) => Some(IndexEntry {
                    hash: hash(text.as_str()),
                    entry: place,
                }),
                _ => None,
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

/// Pairs of places with equal text keys: the first one, and each later one in order.
fn repeated_keys(entries: &[Entry], index: &[IndexEntry]) -> Vec<(usize, usize)> {
    let mut repeated = Vec::new();
    for same_hash in index.chunk_by(|a, b| a.hash == b.hash) {
        for (place, later) in same_hash.iter().enumerate().skip(1) {
            let Value::Str(text) = &entries[later.entry as usize].key else {
                continue;
            };
            let first = same_hash[..place]
                .iter()
                .find(|earlier| is_text(&entries[earlier.entry as usize].key, text.as_str()));
            if let Some(first) = first {
                repeated.push((first.entry as usize, later.entry as usize));
            }
        }
    }
    repeated
}

fn is_text(value: &Value, text: &str) -> bool {
    matches!(value, Value::Str(key) if key.as_str() == text)
}

/// FNV-1a, 64 bits. Host and plugins must agree on it, so it is no library's choice.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn whole_numbers_are_one_key_however_they_are_written() {
        let dict = Dict::from_iter([
            (Value::Bool(true), Value::str("one")),
            (Value::Float(2.0), Value::str("two")),
        ]);
        assert!(dict.get_int(1).is_some());
        assert!(dict.get_int(2).is_some());
        assert!(dict.get_int(0).is_none());
    }
}

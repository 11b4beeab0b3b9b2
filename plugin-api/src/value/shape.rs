//! The keys of dictionaries, apart from their values.

use std::ptr;

use abi_stable::StableAbi;
use abi_stable::std_types::RVec;

use super::key::{self, hash_bytes, same};
use super::text::same_text;
use super::{Mark, ObjectRef, Value};

/// The keys of a dictionary in order, and the way to find them. Dictionaries that were made
/// one after the other with the same keys share it.
///
/// ```
/// use hotplate_plugin_api::context;
/// use hotplate_plugin_api::value::Value;
///
/// let context = context! { a: 1, b: 2 };
/// let Value::Dict(dict) = context else {
///     panic!("a context is a dictionary");
/// };
/// let shape = dict.shape();
/// assert_eq!(shape.place("b"), Some(1));
/// assert!(shape.has(1, "b") && !shape.has(0, "b"));
/// assert_eq!(shape.keys().len(), dict.values().len());
/// ```
#[repr(C)]
#[derive(StableAbi)]
pub struct Shape {
    /// The marks of the keys.
    marks: RVec<Mark>,
    keys: RVec<Value>,
    /// For shapes that are worth it: the keys' hashes with their places, sorted by hash.
    index: RVec<IndexEntry>,
}

#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
#[expect(unreachable_pub, reason = "its layout is part of the type beside it")]
pub struct IndexEntry {
    hash: u64,
    place: u32,
}

/// Up to here, comparing the keys one by one is as quick as hashing.
const UNINDEXED: usize = 8;

/// Keys of which some are equal.
pub(super) struct Repeated {
    pub(super) keys: Vec<Value>,
    /// The first place of a key, and each later one in order.
    pub(super) places: Vec<(usize, usize)>,
}

impl Shape {
    /// The shape with these keys, if they differ.
    pub(super) fn new(keys: Vec<Value>) -> Result<Self, Repeated> {
        if keys.len() <= UNINDEXED && are_different_texts(&keys) {
            return Ok(Self::of_parts(keys, Vec::new()));
        }
        let mut index: Vec<IndexEntry> = keys
            .iter()
            .zip(0u32..)
            .map(|(key, place)| IndexEntry {
                hash: key::hash(key),
                place,
            })
            .collect();
        index.sort_by_key(|entry| (entry.hash, entry.place));
        let places = repeated_keys(&keys, &index);
        if !places.is_empty() {
            return Err(Repeated { keys, places });
        }
        if keys.len() <= UNINDEXED {
            index = Vec::new();
        }
        Ok(Self::of_parts(keys, index))
    }

    fn of_parts(keys: Vec<Value>, index: Vec<IndexEntry>) -> Self {
        Self {
            marks: keys.iter().map(Mark::of_key).collect(),
            keys: keys.into(),
            index: index.into(),
        }
    }

    /// The keys in order.
    #[inline]
    pub fn keys(&self) -> &[Value] {
        self.keys.as_slice()
    }

    /// Whether both are one and the same, so that what is known of one's places is true of
    /// the other's. Equal shapes that were made apart are not.
    #[inline]
    pub fn is(&self, other: &Self) -> bool {
        ptr::eq(self, other)
    }

    /// Whether the key in a place is this text.
    #[inline]
    pub fn has(&self, place: usize, key: &str) -> bool {
        match self.keys().get(place) {
            Some(Value::Str(known)) => same_text(known.as_str(), key),
            _ => false,
        }
    }

    /// Whether the key in a place is the text that has this mark. Quicker than
    /// [`has`](Self::has), which has to be asked where it is not: nothing has the mark of
    /// what is too long for one.
    #[inline(always)]
    pub fn has_mark(&self, place: usize, mark: Mark) -> bool {
        let known = self.marks.as_slice().get(place);
        known.is_some_and(|known| *known == mark)
    }

    /// The place of a text key among the keys and the values.
    pub fn place(&self, key: &str) -> Option<usize> {
        let keys = self.keys();
        if keys.len() <= UNINDEXED {
            return keys.iter().position(|known| is_text(known, key));
        }
        let mut places = self.places_of_hash(hash_bytes(key.bytes()));
        places.find(|&place| is_text(&keys[place], key))
    }

    /// The place of any key, by Python's rules of equality.
    pub fn place_of(&self, key: &Value) -> Option<usize> {
        if let Value::Str(text) = key {
            return self.place(text.as_str());
        }
        let keys = self.keys();
        if keys.len() <= UNINDEXED {
            return keys.iter().position(|known| same(known, key));
        }
        let mut places = self.places_of_hash(key::hash(key));
        places.find(|&place| same(&keys[place], key))
    }

    /// The places of the keys of an indexed shape that have this hash, in order.
    fn places_of_hash(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let index = self.index.as_slice();
        let first = index.partition_point(|entry| entry.hash < hash);
        index[first..]
            .iter()
            .take_while(move |entry| entry.hash == hash)
            .map(|entry| entry.place as usize)
    }
}

/// Whether keys are the same in kind, too, so that one can stand for the other.
pub(super) fn is_identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => {
            left.is_safe() == right.is_safe() && same_text(left.as_str(), right.as_str())
        }
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::None, Value::None) => true,
        _ => false,
    }
}

/// Whether these are the same keys in the same order.
pub(super) fn are_identical(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| is_identical(left, right))
}

/// Whether all keys are texts and none is there twice; quick for a few keys.
fn are_different_texts(keys: &[Value]) -> bool {
    keys.iter().enumerate().all(|(place, key)| match key {
        Value::Str(key) => !keys[..place]
            .iter()
            .any(|before| matches!(before, Value::Str(before) if same_text(before.as_str(), key.as_str()))),
        _ => false,
    })
}

/// Pairs of places with equal keys: the first one, and each later one in order.
fn repeated_keys(keys: &[Value], index: &[IndexEntry]) -> Vec<(usize, usize)> {
    let key = |entry: &IndexEntry| &keys[entry.place as usize];
    let mut repeated = Vec::new();
    for same_hash in index.chunk_by(|a, b| a.hash == b.hash) {
        // Almost always one key; where several have one hash, the list stays short.
        let mut firsts: Vec<&IndexEntry> = Vec::new();
        for entry in same_hash {
            match firsts.iter().find(|first| same(key(first), key(entry))) {
                Some(first) => repeated.push((first.place as usize, entry.place as usize)),
                None => firsts.push(entry),
            }
        }
    }
    repeated
}

#[inline]
fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::Str(key) => same_text(key.as_str(), text),
        Value::Object(object) => is_plain_text(object, text),
        _ => false,
    }
}

#[cold]
fn is_plain_text(object: &ObjectRef, text: &str) -> bool {
    matches!(object.plain(), Some(Value::Str(key)) if key.as_str() == text)
}

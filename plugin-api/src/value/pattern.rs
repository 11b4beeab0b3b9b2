//! Making values that are alike one after the other.

use std::mem;

use abi_stable::std_types::RArc;

use super::Value;
use super::dict::Dict;
use super::shape::{Shape, are_identical, is_identical};
use super::text::same_text;

/// What a conversion remembers of the values that it made before, so that dictionaries with
/// the same keys in the same order share one [`Shape`], and their keys are made once.
///
/// It has parts, which are patterns too: one for the value of each key of a dictionary, and
/// one for all items of a list.
///
/// ```
/// use hotplate_plugin_api::Value;
/// use hotplate_plugin_api::value::{DictBuilder, Pattern};
///
/// let mut pattern = Pattern::default();
/// let dicts = [1, 2].map(|number| {
///     let mut dict = DictBuilder::new(pattern.part(0));
///     dict.key("number");
///     dict.value(Value::Int(number));
///     dict.finish()
/// });
/// assert!(dicts[0].shape().is(dicts[1].shape()));
/// assert_eq!(format!("{:?}", Value::list(dicts.map(Value::Dict))), r#"[{"number": 1}, {"number": 2}]"#);
/// ```
#[derive(Default)]
pub struct Pattern(Option<Box<Known>>);

#[derive(Default)]
struct Known {
    shapes: Vec<RArc<Shape>>,
    /// The shape of the dictionary before.
    latest: usize,
    parts: Vec<Pattern>,
}

/// How many shapes are remembered in one place.
const MOST_SHAPES: usize = 4;
/// How many parts are told apart; what comes after them shares the last one.
const MOST_PARTS: usize = 64;

impl Pattern {
    /// The pattern of part `place` of values that this is the pattern of.
    ///
    /// A part that is new takes the shape before as its first guess: values beside each other
    /// are often alike.
    pub fn part(&mut self, place: usize) -> &mut Self {
        self.known().part(place)
    }

    /// The patterns of two parts at once.
    pub fn two_parts(&mut self) -> (&mut Self, &mut Self) {
        let known = self.known();
        if known.parts.len() < 2 {
            known.parts.resize_with(2, Self::default);
        }
        let (first, rest) = known.parts.split_at_mut(1);
        (&mut first[0], &mut rest[0])
    }

    fn known(&mut self) -> &mut Known {
        self.0.get_or_insert_default()
    }
}

impl Known {
    fn part(&mut self, place: usize) -> &mut Pattern {
        let place = place.min(MOST_PARTS - 1);
        while self.parts.len() <= place {
            let part = self.parts.last().and_then(Pattern::guess);
            self.parts.push(part.unwrap_or_default());
        }
        &mut self.parts[place]
    }

    fn shape(&self, number: usize) -> Option<&RArc<Shape>> {
        self.shapes.get(number)
    }

    /// The keys of a shape before a place; none if there is no shape.
    fn keys_before(&self, shape: usize, place: usize) -> &[Value] {
        let keys = self.shape(shape).map_or(&[][..], |shape| shape.keys());
        keys.get(..place).unwrap_or(keys)
    }

    fn learn(&mut self, shape: RArc<Shape>) {
        if self.shapes.len() < MOST_SHAPES {
            self.latest = self.shapes.len();
            self.shapes.push(shape);
        } else {
            self.latest = (self.latest + 1) % MOST_SHAPES;
            self.shapes[self.latest] = shape;
        }
    }
}

impl Pattern {
    /// A pattern that knows the shape before.
    fn guess(&self) -> Option<Self> {
        let known = self.0.as_ref()?;
        let mut guess = Known::default();
        guess.learn(known.shape(known.latest)?.clone());
        Some(Self(Some(Box::new(guess))))
    }
}

/// Makes a dictionary key by key, with the shape of one before if the keys are the same.
///
/// Of equal keys the first keeps its place and the last its value. A key that is given no
/// value has `None`.
pub struct DictBuilder<'p> {
    known: &'p mut Known,
    /// The shape that has all keys up to now, unless they are in `keys`.
    shape: usize,
    keys: Option<Vec<Value>>,
    values: Vec<Value>,
}

/// A key that may have to be made.
enum Key<'k> {
    Text(&'k str),
    Value(Value),
}

impl Key<'_> {
    fn is(&self, known: &Value) -> bool {
        match (self, known) {
            (Self::Text(key), Value::Str(known)) => {
                !known.is_safe() && same_text(known.as_str(), key)
            }
            (Self::Text(_), _) => false,
            (Self::Value(key), known) => is_identical(key, known),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Value(value) => value,
        }
    }
}

impl<'p> DictBuilder<'p> {
    /// A dictionary that may be like those that were made with this pattern before.
    pub fn new(pattern: &'p mut Pattern) -> Self {
        let known = pattern.known();
        let shape = known.latest;
        let length = known.shape(shape).map_or(0, |shape| shape.keys().len());
        Self {
            known,
            shape,
            keys: None,
            values: Vec::with_capacity(length),
        }
    }

    /// Adds a key.
    pub fn key(&mut self, key: &str) {
        self.add(Key::Text(key));
    }

    /// Adds a key of any kind.
    pub fn any_key(&mut self, key: Value) {
        self.add(Key::Value(key));
    }

    /// The pattern of the value of the key that was added last.
    pub fn part(&mut self) -> &mut Pattern {
        self.known.part(self.values.len().saturating_sub(1))
    }

    /// Gives the key that was added last its value. Without a key there is nothing to do.
    pub fn value(&mut self, value: Value) {
        if let Some(last) = self.values.last_mut() {
            *last = value;
        }
    }

    fn add(&mut self, key: Key<'_>) {
        let place = self.values.len();
        match &mut self.keys {
            Some(keys) => keys.push(key.into_value()),
            None => {
                let shape = self.known.shape(self.shape);
                if !shape.is_some_and(|shape| has(shape, place, &key)) {
                    self.turn(place, key);
                }
            }
        }
        self.values.push(Value::None);
    }

    /// Goes on with another shape, or without, because this one has not the key.
    #[cold]
    fn turn(&mut self, place: usize, key: Key<'_>) {
        let before = self.known.keys_before(self.shape, place);
        let mut shapes = self.known.shapes.iter();
        let other = shapes.position(|shape| {
            has(shape, place, &key) && are_identical(&shape.keys()[..place], before)
        });
        match other {
            Some(other) => self.shape = other,
            None => {
                let mut keys = before.to_vec();
                keys.push(key.into_value());
                self.keys = Some(keys);
            }
        }
    }

    /// The dictionary.
    pub fn finish(mut self) -> Dict {
        let values = mem::take(&mut self.values);
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => {
                let length = values.len();
                let known = &mut *self.known;
                let keys = known.keys_before(self.shape, length);
                let is_whole = |shape: &RArc<Shape>| shape.keys().len() == length;
                let other =
                    |shape: &RArc<Shape>| is_whole(shape) && are_identical(shape.keys(), keys);
                let number = match known.shape(self.shape) {
                    Some(shape) if is_whole(shape) => Some(self.shape),
                    _ => known.shapes.iter().position(other),
                };
                if let Some(number) = number {
                    known.latest = number;
                    return Dict::with_shape(known.shapes[number].clone(), values);
                }
                keys.to_vec()
            }
        };
        self.finish_with(keys, values)
    }

    #[cold]
    fn finish_with(self, mut keys: Vec<Value>, mut values: Vec<Value>) -> Dict {
        keys.shrink_to_fit();
        values.shrink_to_fit();
        let mut dict = Dict::from_parts(keys, values);
        // Where keys were repeated, the shape may be known all the same.
        let mut shapes = self.known.shapes.iter();
        match shapes.position(|shape| dict.share(shape)) {
            Some(number) => self.known.latest = number,
            None => self.known.learn(dict.shared_shape().clone()),
        }
        dict
    }
}

fn has(shape: &Shape, place: usize, key: &Key<'_>) -> bool {
    shape.keys().get(place).is_some_and(|known| key.is(known))
}

#[cfg(test)]
mod tests;

//! Ordered dictionaries.

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RVec};

use super::shape::{Repeated, Shape, are_identical};
use super::{Mark, Value};

/// A shared, immutable dictionary that keeps the order of its entries: a [`Shape`], which
/// has the keys, and the values in the same places.
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

#[repr(C)]
#[derive(StableAbi)]
pub struct DictData {
    shape: RArc<Shape>,
    /// As many as the shape has keys.
    values: RVec<Value>,
}

impl Dict {
    /// The keys, and the way to find them.
    #[inline]
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// The values in order.
    #[inline]
    pub fn values(&self) -> &[Value] {
        self.0.values.as_slice()
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.values().len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    /// The keys with their values, in order.
    ///
    /// ```
    /// use hotplate_plugin_api::Value;
    /// use hotplate_plugin_api::value::Dict;
    ///
    /// let dict = Dict::from_iter([(Value::str("a"), Value::Int(1))]);
    /// for (key, value) in dict.iter() {
    ///     assert_eq!(format!("{key:?} {value:?}"), r#""a" 1"#);
    /// }
    /// ```
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> + DoubleEndedIterator {
        self.shape().keys().iter().zip(self.values())
    }

    /// The value of a text key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.in_place(self.place(key)?)
    }

    /// The place of a text key among the entries, for [`at`](Self::at).
    pub fn place(&self, key: &str) -> Option<usize> {
        self.shape().place(key)
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
        if self.shape().has(place, key) {
            self.in_place(place)
        } else {
            None
        }
    }

    /// The value in a place, if the key there is the text that has this mark; see
    /// [`Shape::has_mark`].
    ///
    /// ```
    /// use hotplate_plugin_api::context;
    /// use hotplate_plugin_api::value::{Mark, Value};
    ///
    /// let context = context! { a: 1, b: 2 };
    /// let Value::Dict(dict) = context else {
    ///     panic!("a context is a dictionary");
    /// };
    /// let b = const { Mark::of("b") };
    /// assert!(dict.at_mark(1, b).is_some() && dict.at_mark(0, b).is_none());
    /// ```
    #[inline(always)]
    pub fn at_mark(&self, place: usize, mark: Mark) -> Option<&Value> {
        if self.shape().has_mark(place, mark) {
            self.in_place(place)
        } else {
            None
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
        self.in_place(self.shape().place_of(key)?)
    }

    #[inline]
    fn in_place(&self, place: usize) -> Option<&Value> {
        self.values().get(place)
    }
}

/// Builds a dictionary; of equal keys the first keeps its place and the last its value.
impl FromIterator<(Value, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(pairs: I) -> Self {
        Self::from_pairs(pairs.into_iter().collect())
    }
}

impl Dict {
    /// Not generic, so that iterators of every type share the code.
    fn from_pairs(pairs: Vec<(Value, Value)>) -> Self {
        let (keys, values) = pairs.into_iter().unzip();
        Self::from_parts(keys, values)
    }

    /// A dictionary of as many keys as values.
    pub(super) fn from_parts(keys: Vec<Value>, mut values: Vec<Value>) -> Self {
        let Repeated { mut keys, places } = match Shape::new(keys) {
            Ok(shape) => return Self::with_shape(RArc::new(shape), values),
            Err(repeated) => repeated,
        };
        let mut kept = vec![true; keys.len()];
        for (first, later) in places {
            values.swap(first, later);
            kept[later] = false;
        }
        retain(&mut keys, &kept);
        retain(&mut values, &kept);
        Self::from_parts(keys, values)
    }

    /// A dictionary of as many values as the shape has keys.
    pub(super) fn with_shape(shape: RArc<Shape>, values: Vec<Value>) -> Self {
        let values = values.into();
        Self(RArc::new(DictData { shape, values }))
    }

    /// The shape, to be shared.
    pub(super) fn shared_shape(&self) -> &RArc<Shape> {
        &self.0.shape
    }

    /// Takes a shape instead of an equal one of its own. Says whether it has that shape now.
    pub(super) fn share(&mut self, shape: &RArc<Shape>) -> bool {
        if self.shape().is(shape) {
            return true;
        }
        if !are_identical(self.shape().keys(), shape.keys()) {
            return false;
        }
        match RArc::get_mut(&mut self.0) {
            Some(data) => {
                data.shape = shape.clone();
                true
            }
            None => false,
        }
    }
}

/// Keeps the items of some places.
fn retain(items: &mut Vec<Value>, kept: &[bool]) {
    let mut kept = kept.iter();
    items.retain(|_| kept.next() == Some(&true));
}

#[cfg(test)]
mod tests;

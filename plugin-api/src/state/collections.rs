//! State of the standard library's collections.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::Hash;

use super::saved::tuple_items;
use super::{Described, Layout, Misfit, Persist, Report};
use crate::value::Value;

fn save_items<'i, T: Persist>(items: impl IntoIterator<Item = &'i T>) -> Result<Value, Misfit> {
    let items = items.into_iter().enumerate().map(|(place, item)| {
        let saved = item.save();
        saved.map_err(|misfit| misfit.at(&format!("[{place}]")))
    });
    Ok(Value::list(items.collect::<Result<Vec<_>, _>>()?))
}

/// Restores items; sets, lists and tuples may become each other.
fn restore_items<T: Persist, C: FromIterator<T>>(
    saved: &Value,
    report: &mut Report,
) -> Result<C, Misfit> {
    let (Value::List(items) | Value::Tuple(items) | Value::Set(items)) = saved else {
        return Err(Misfit::expected("a list", saved));
    };
    let items = items.iter().enumerate().map(|(place, item)| {
        report.within(&format!("[{place}]"), |report| T::restore(item, report))
    });
    items.collect()
}

/// An error if equal items or keys have become one: nothing is dropped in silence.
fn all_differ(saved: &Value, kept: usize) -> Result<(), Misfit> {
    let count = match saved {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => items.len(),
        Value::Dict(dict) => dict.len(),
        _ => kept,
    };
    if count == kept {
        return Ok(());
    }
    Err(Misfit::new(format_args!(
        "of {count} items, only {kept} differ"
    )))
}

macro_rules! sequences {
    ($($collection:ident $(where $($bound:ident)+)?;)*) => {$(
        impl<T: Persist $($(+ $bound)+)?> Persist for $collection<T> {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.wrap(stringify!($collection), Layout::parameter::<T>)
            }

            fn save(&self) -> Result<Value, Misfit> {
                save_items(self)
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                let restored: Self = restore_items(saved, report)?;
                all_differ(saved, restored.len()).map(|()| restored)
            }
        }
    )*};
}

sequences! {
    Vec;
    VecDeque;
    BTreeSet where Ord;
    BinaryHeap where Ord;
    HashSet where Eq Hash;
}

impl<T: Persist> Persist for Box<[T]> {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.wrap("Box[]", Layout::parameter::<T>)
    }

    fn save(&self) -> Result<Value, Misfit> {
        save_items(self)
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        restore_items(saved, report)
    }
}

impl<T: Persist, const N: usize> Persist for [T; N] {
    fn describe(layout: &mut Layout) -> Described<Self> {
        layout.wrap(&format!("array{N}"), Layout::parameter::<T>)
    }

    fn save(&self) -> Result<Value, Misfit> {
        save_items(self)
    }

    fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
        let items: Vec<T> = restore_items(saved, report)?;
        let count = items.len();
        let array = items.try_into();
        array.map_err(|_| Misfit::new(format_args!("it has {N} items, and {count} were saved")))
    }
}

/// Keys that are text or whole numbers give a dictionary; others a list of pairs, since
/// values of other kinds are compared by the rules of templates.
fn save_entries<'e, K: Persist, V: Persist>(
    entries: impl IntoIterator<Item = (&'e K, &'e V)>,
) -> Result<Value, Misfit> {
    let entries = entries.into_iter().map(|(key, value)| {
        let key = key.save().map_err(|misfit| misfit.at("[key]"))?;
        let value = value.save();
        let value = value.map_err(|misfit| misfit.at(&format!("[{key:?}]")))?;
        Ok((key, value))
    });
    let entries = entries.collect::<Result<Vec<_>, Misfit>>()?;
    let is_plain = |(key, _): &(Value, Value)| matches!(key, Value::Str(_) | Value::Int(_));
    if entries.iter().all(is_plain) {
        return Ok(Value::Dict(entries.into_iter().collect()));
    }
    let pairs = entries.into_iter();
    Ok(Value::list(
        pairs.map(|(key, value)| Value::tuple([key, value])),
    ))
}

fn restore_entries<K: Persist, V: Persist, C: FromIterator<(K, V)>>(
    saved: &Value,
    report: &mut Report,
) -> Result<C, Misfit> {
    let mut entry = |key: &Value, value: &Value| {
        report.within(&format!("[{key:?}]"), |report| {
            Ok((K::restore(key, report)?, V::restore(value, report)?))
        })
    };
    match saved {
        Value::Dict(dict) => {
            let entries = dict.iter();
            entries.map(|(key, value)| entry(key, value)).collect()
        }
        Value::List(pairs) => {
            let pairs = pairs.iter().map(|pair| {
                let pair = tuple_items(pair, 2)?;
                entry(&pair[0], &pair[1])
            });
            pairs.collect()
        }
        _ => Err(Misfit::expected("keys with values", saved)),
    }
}

macro_rules! maps {
    ($($map:ident where $($bound:ident)+;)*) => {$(
        impl<K: Persist $(+ $bound)+, V: Persist> Persist for $map<K, V> {
            fn describe(layout: &mut Layout) -> Described<Self> {
                layout.wrap(stringify!($map), |layout| {
                    layout.parameter::<K>();
                    layout.parameter::<V>();
                })
            }

            fn save(&self) -> Result<Value, Misfit> {
                save_entries(self)
            }

            fn restore(saved: &Value, report: &mut Report) -> Result<Self, Misfit> {
                let restored: Self = restore_entries(saved, report)?;
                all_differ(saved, restored.len()).map(|()| restored)
            }
        }
    )*};
}

maps! {
    BTreeMap where Ord;
    HashMap where Eq Hash;
}

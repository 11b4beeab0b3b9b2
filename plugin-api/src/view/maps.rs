//! Maps.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use abi_stable::std_types::{ROption, RStr, RVec};

use super::table::{Kind, MapTable, Pair, TableFn, ViewTable};
use super::{Data, Field, View};

/// A view of a part of a map.
///
/// # Safety
///
/// 1. The part must live, and not change, during `'a`.
unsafe fn part<'a, T: Field>(part: &T) -> View<'a> {
    // SAFETY: by duty 1.
    unsafe { View::from_raw((&raw const *part).cast(), T::table()) }
}

/// The functions of a map type.
macro_rules! map_table {
    ([$($generics:tt)*] [$($names:ident),*] $ty:ty, $key_type:ty, $name:literal, $map:ident, $key:ident => $found:expr) => {{
        unsafe extern "C" fn len<$($generics)*>(data: Data<'_>) -> usize {
            // SAFETY: as `Kind` says, the data is of the table's type.
            unsafe { &*data.pointer().cast::<$ty>() }.len()
        }
        unsafe extern "C" fn get<'a, $($generics)*>(data: Data<'a>, key: RStr<'_>) -> ROption<View<'a>> {
            // SAFETY: as `Kind` says, the data is of the table's type.
            let $map = unsafe { &*data.pointer().cast::<$ty>() };
            let $key = key.as_str();
            let found: Option<&V> = $found;
            // SAFETY: duty 1, it is a part of the data.
            found.map(|value| unsafe { part(value) }).into()
        }
        unsafe extern "C" fn entries<$($generics)*>(data: Data<'_>) -> RVec<Pair<'_>> {
            // SAFETY: as `Kind` says, the data is of the table's type.
            let map = unsafe { &*data.pointer().cast::<$ty>() };
            let pairs = map.iter().map(|(key, value)| Pair {
                // SAFETY: duty 1, it is a part of the data.
                key: unsafe { part(key) },
                // SAFETY: likewise.
                value: unsafe { part(value) },
            });
            pairs.collect()
        }
        const {
            &ViewTable::new::<$ty>(
                $name,
                Kind::Map(MapTable {
                    key: TableFn::of::<$key_type>(),
                    value: TableFn::of::<V>(),
                    len: len::<$($names),*>,
                    get: get::<$($names),*>,
                    entries: entries::<$($names),*>,
                }),
            )
        }
    }};
}

/// Maps with keys of these types.
macro_rules! maps {
    ($($key:ty, $map:ident, $name:ident => $found:expr;)*) => {$(
        // SAFETY: duty 1, the functions are those of the type.
        unsafe impl<V: Field> Field for BTreeMap<$key, V> {
            extern "C" fn table() -> &'static ViewTable {
                map_table!(
                    [V: Field] [V] BTreeMap<$key, V>, $key, "BTreeMap", $map, $name => $found
                )
            }
        }

        // SAFETY: duty 1, the functions are those of the type.
        unsafe impl<V: Field, S: BuildHasher> Field for HashMap<$key, V, S> {
            extern "C" fn table() -> &'static ViewTable {
                map_table!(
                    [V: Field, S: BuildHasher] [V, S] HashMap<$key, V, S>, $key, "HashMap",
                    $map, $name => $found
                )
            }
        }
    )*};
}

maps! {
    String, map, name => map.get(name);
    &str, map, name => map.get(name);
    i32, map, name => name.parse().ok().and_then(|key: i32| map.get(&key));
    i64, map, name => name.parse().ok().and_then(|key: i64| map.get(&key));
    u32, map, name => name.parse().ok().and_then(|key: u32| map.get(&key));
    u64, map, name => name.parse().ok().and_then(|key: u64| map.get(&key));
    usize, map, name => name.parse().ok().and_then(|key: usize| map.get(&key));
}

//! Caches of rendered fragments, in memory and bounded.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use hotplate_plugin_api::environment::{Fragment, Instant};
use hotplate_plugin_api::value::Text;

use crate::sync::lock;

/// How many fragments a cache keeps where nothing else is said, as in Django.
const ENTRIES: usize = 300;
/// How many bytes of text they may have together.
const BYTES: usize = 32 << 20;

/// A cache in memory. When it is full, what was used longest ago goes.
#[derive(Debug, Clone, Copy)]
pub struct Cache {
    /// The most fragments that are kept; 300 by default.
    pub entries: usize,
    /// The most bytes that they may have together; 32 MiB by default.
    pub bytes: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            entries: ENTRIES,
            bytes: BYTES,
        }
    }
}

/// A cache with what it holds.
pub(super) struct Fragments {
    limits: Cache,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    fragments: HashMap<Key, Entry>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

/// A fragment's name, and what it varies on.
type Key = (String, Vec<String>);

struct Entry {
    text: Text,
    /// When it is no longer good.
    until: Option<Instant>,
    used: u64,
}

impl fmt::Debug for Fragments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fragments").field(&self.limits).finish()
    }
}

fn key(fragment: &Fragment<'_>) -> Key {
    let vary_on = fragment.vary_on.iter().map(ToString::to_string).collect();
    (fragment.name.as_str().to_owned(), vary_on)
}

fn size((name, vary_on): &Key, text: &Text) -> usize {
    name.len() + vary_on.iter().map(String::len).sum::<usize>() + text.as_str().len()
}

impl Held {
    fn remove(&mut self, key: &Key) {
        if let Some(held) = self.fragments.remove(key) {
            self.bytes -= size(key, &held.text);
        }
    }

    /// Makes room: first goes what is no longer good, then what was used longest ago, a
    /// third of all at once so that this is rare.
    fn cull(&mut self, limits: Cache, now: Instant) {
        let over = |held: &Entry| held.until.is_some_and(|until| until <= now);
        let expired: Vec<Key> = self
            .fragments
            .iter()
            .filter(|(_, held)| over(held))
            .map(|(key, _)| key.clone())
            .collect();
        for key in &expired {
            self.remove(key);
        }
        if self.fragments.len() <= limits.entries && self.bytes <= limits.bytes {
            return;
        }
        let mut by_use: Vec<(u64, Key)> = self
            .fragments
            .iter()
            .map(|(key, held)| (held.used, key.clone()))
            .collect();
        by_use.sort_unstable();
        let (entries, bytes) = (limits.entries * 2 / 3, limits.bytes * 2 / 3);
        for (_, key) in by_use {
            if self.fragments.len() <= entries.max(1) && self.bytes <= bytes {
                break;
            }
            self.remove(&key);
        }
    }
}

impl Fragments {
    pub(super) fn new(limits: Cache) -> Self {
        Self {
            limits,
            held: Mutex::default(),
        }
    }

    pub(super) fn get(&self, fragment: &Fragment<'_>, now: Instant) -> Option<Text> {
        let mut held = lock(&self.held);
        held.clock += 1;
        let clock = held.clock;
        let key = key(fragment);
        let found = held.fragments.get_mut(&key)?;
        if found.until.is_some_and(|until| until <= now) {
            held.remove(&key);
            return None;
        }
        found.used = clock;
        Some(found.text.clone())
    }

    pub(super) fn set(
        &self,
        fragment: &Fragment<'_>,
        text: &str,
        seconds: Option<i64>,
        now: Instant,
    ) {
        let mut held = lock(&self.held);
        let key = key(fragment);
        held.remove(&key);
        let text = Text::new(text.to_owned(), true);
        let size = size(&key, &text);
        if seconds.is_some_and(|seconds| seconds <= 0)
            || size > self.limits.bytes
            || self.limits.entries == 0
        {
            return;
        }
        held.clock += 1;
        let used = held.clock;
        let until = seconds.map(|seconds| Instant {
            seconds: now.seconds.saturating_add(seconds),
            ..now
        });
        held.bytes += size;
        held.fragments.insert(key, Entry { text, until, used });
        if held.fragments.len() > self.limits.entries || held.bytes > self.limits.bytes {
            held.cull(self.limits, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use abi_stable::std_types::RSlice;

    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant {
            seconds,
            microseconds: 0,
        }
    }

    fn fragment(name: &str) -> Fragment<'_> {
        Fragment {
            cache: "default".into(),
            name: name.into(),
            vary_on: RSlice::EMPTY,
        }
    }

    fn get(cache: &Fragments, name: &str, now: i64) -> Option<String> {
        let text = cache.get(&fragment(name), at(now))?;
        Some(text.as_str().to_owned())
    }

    #[test]
    fn a_fragment_is_kept_for_its_time() {
        let cache = Fragments::new(Cache::default());
        cache.set(&fragment("short"), "s", Some(10), at(100));
        cache.set(&fragment("ever"), "e", None, at(100));
        cache.set(&fragment("never"), "n", Some(0), at(100));
        cache.set(&fragment("past"), "p", Some(-5), at(100));
        assert_eq!(get(&cache, "short", 109).as_deref(), Some("s"));
        assert_eq!(get(&cache, "short", 110), None);
        assert_eq!(get(&cache, "ever", i64::MAX).as_deref(), Some("e"));
        assert_eq!(get(&cache, "never", 100), None);
        assert_eq!(get(&cache, "past", 100), None);
        cache.set(&fragment("ever"), "", Some(0), at(100));
        assert_eq!(get(&cache, "ever", 100), None, "it was replaced by nothing");
    }

    #[test]
    fn what_a_fragment_varies_on_is_part_of_its_key() {
        let cache = Fragments::new(Cache::default());
        let vary = [["a".into(), "b".into()], ["ab".into(), "".into()]];
        for (place, vary_on) in vary.iter().enumerate() {
            let fragment = Fragment {
                vary_on: vary_on.as_slice().into(),
                ..fragment("x")
            };
            assert!(cache.get(&fragment, at(0)).is_none());
            cache.set(&fragment, &place.to_string(), None, at(0));
        }
        assert_eq!(lock(&cache.held).fragments.len(), 2);
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let limits = Cache {
            entries: 3,
            ..Cache::default()
        };
        let cache = Fragments::new(limits);
        for name in ["a", "b", "c"] {
            cache.set(&fragment(name), name, None, at(0));
        }
        assert!(get(&cache, "a", 0).is_some());
        cache.set(&fragment("d"), "d", None, at(0));
        let left = ["a", "b", "c", "d"].map(|name| get(&cache, name, 0).is_some());
        assert_eq!(left, [true, false, false, true]);
    }

    #[test]
    fn texts_never_exceed_the_bytes_that_are_allowed() {
        let limits = Cache {
            bytes: 1000,
            ..Cache::default()
        };
        let cache = Fragments::new(limits);
        for number in 0..200 {
            cache.set(&fragment(&number.to_string()), &"x".repeat(90), None, at(0));
            assert!(lock(&cache.held).bytes <= 1000);
        }
        cache.set(&fragment("large"), &"x".repeat(2000), None, at(0));
        assert_eq!(get(&cache, "large", 0), None);
        assert!(get(&cache, "199", 0).is_some());
    }
}

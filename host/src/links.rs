//! What names in templates lead to: looked up once per snapshot.
//!
//! A snapshot never changes, so neither does what a name means in it. The table is filled
//! while templates are rendered, by whoever asks first; from then on an answer is read
//! without a lock, a count or any other write.

use hotplate_plugin_api::callee::{Callee, CalleeTable};
use hotplate_plugin_api::render::Link as Place;
use hotplate_plugin_api::value::same_text;
use hotplate_plugin_api::view::bound::NameBinding;

use crate::snapshot::SlotId;
use crate::sync::{Arc, AtomicUsize, OnceLock, Ordering};

/// The answers of one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Links {
    buckets: OnceLock<Box<[Bucket]>>,
    count: AtomicUsize,
    seen: OnceLock<Box<[OnceLock<Seen>]>>,
    bindings: OnceLock<Box<[OnceLock<Bound>]>>,
    callees: OnceLock<CalleeTable>,
}

type Bucket = OnceLock<Box<Link>>;

/// Where a place in a template leads to, for who asks often: the answer to a question that
/// was answered before, under the address of the place.
///
/// No other place has that address as long as the snapshot lives: it is a static of a
/// library that the snapshot's units keep mapped, or of one that is never unmapped.
#[derive(Debug)]
struct Seen {
    place: usize,
    from: usize,
    answer: usize,
}

/// How the names that a unit has code for are found in contexts of a type, by the addresses
/// of unit and type; nothing if they are not there.
#[derive(Debug)]
struct Bound {
    unit: usize,
    context: usize,
    binding: Option<NameBinding>,
}

/// How many entries a place may have its answer in.
const PROBES: usize = 4;

#[derive(Debug)]
struct Link {
    kind: Kind,
    from: usize,
    first: Box<str>,
    second: Box<str>,
    target: Target,
    next: Bucket,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The template, or partial, that a name means to the templates of a plugin.
    Named,
    /// A block of a template.
    Block,
    /// A partial of a template.
    Partial,
    /// A filter of a library.
    Filter,
    /// A tag of a library.
    Tag,
    /// The template, or partial, that a name means to the application.
    Application,
    /// The parent of the last template of a chain, by its name.
    Parent,
    /// The same, by plugin and name.
    ParentOf,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'n> {
    pub(crate) kind: Kind,
    /// The address of who asks, which lives as long as the snapshot: a plugin's name, a
    /// unit or a kept chain.
    pub(crate) from: usize,
    pub(crate) first: &'n str,
    pub(crate) second: &'n str,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Target {
    Unit(SlotId),
    Chain(Arc<Chain>),
}

/// A template with its parents, and what they define.
#[derive(Debug, Default, Clone)]
pub(crate) struct Chain {
    /// The template, its parent and so on.
    pub(crate) units: Vec<SlotId>,
    /// The hashes of the blocks' names, in the order of `blocks`.
    hashes: Vec<u64>,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
struct Block {
    name: Box<str>,
    /// The block's definitions, most derived first.
    definitions: Vec<SlotId>,
}

impl Chain {
    /// Adds a definition that is less derived than those that are there.
    pub(crate) fn define(&mut self, block: &str, definition: SlotId) {
        let index = self.block(block).unwrap_or_else(|| {
            self.hashes.push(hash(0, block));
            self.blocks.push(Block {
                name: block.into(),
                definitions: Vec::new(),
            });
            self.blocks.len() - 1
        });
        self.blocks[index].definitions.push(definition);
    }

    /// The number of a block.
    pub(crate) fn block(&self, name: &str) -> Option<usize> {
        let wanted = hash(0, name);
        let mut numbered = self.hashes.iter().zip(&self.blocks);
        numbered.position(|(hash, block)| *hash == wanted && same_text(&block.name, name))
    }

    /// How many blocks there are.
    pub(crate) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// A definition of a numbered block, counted from the most derived one.
    pub(crate) fn definition(&self, block: usize, depth: usize) -> Option<SlotId> {
        self.blocks.get(block)?.definitions.get(depth).copied()
    }
}

impl Links {
    /// What was kept for a place by [`keep_seen`](Self::keep_seen).
    #[inline(always)]
    pub(crate) fn seen(&self, place: &'static Place, from: usize) -> Option<usize> {
        let table = self.seen.get()?;
        let place = std::ptr::from_ref(place).addr();
        let seen = entry(table, place, from, 0).get()?;
        if seen.place == place && seen.from == from {
            return Some(seen.answer);
        }
        seen_behind(table, place, from)
    }

    /// Keeps a number for a place in a template and for `from`, an address of who asks, as
    /// in [`Name`]; in a table for a snapshot of so many units. Where there is no room, it
    /// does not.
    #[cold]
    pub(crate) fn keep_seen(
        &self,
        place: &'static Place,
        from: usize,
        answer: usize,
        units: usize,
    ) {
        let table = self.seen.get_or_init(|| entries(units));
        let place = std::ptr::from_ref(place).addr();
        let mut seen = Seen {
            place,
            from,
            answer,
        };
        for probe in 0..PROBES {
            match entry(table, place, from, probe).set(seen) {
                Ok(()) => return,
                Err(mine) => seen = mine,
            }
        }
    }

    /// The binding of a unit for a type of contexts, by their addresses, which `make` makes
    /// the first time; in a table for a snapshot of so many units. Where there is no room,
    /// there is none.
    #[inline(always)]
    pub(crate) fn binding(
        &self,
        unit: usize,
        context: usize,
        units: usize,
        make: impl FnOnce() -> Option<NameBinding>,
    ) -> Option<&NameBinding> {
        if let Some(table) = self.bindings.get()
            && let Some(bound) = entry(table, unit, context, 0).get()
            && bound.unit == unit
            && bound.context == context
        {
            return bound.binding.as_ref();
        }
        self.make_binding(unit, context, units, make)
    }

    #[inline(never)]
    fn make_binding(
        &self,
        unit: usize,
        context: usize,
        units: usize,
        make: impl FnOnce() -> Option<NameBinding>,
    ) -> Option<&NameBinding> {
        let table = self.bindings.get_or_init(|| entries(units));
        let mut make = Some(make);
        for probe in 0..PROBES {
            let bound = entry(table, unit, context, probe).get_or_init(|| Bound {
                unit,
                context,
                binding: make.take().and_then(|make| make()),
            });
            if bound.unit == unit && bound.context == context {
                return bound.binding.as_ref();
            }
        }
        None
    }

    /// Where links lead, once any is kept.
    #[inline]
    pub(crate) fn callees(&self) -> Option<&CalleeTable> {
        self.callees.get()
    }

    /// Keeps where a link leads; in a table for a snapshot of so many units.
    pub(crate) fn keep_callee(
        &self,
        link: &'static Place,
        callee: Option<Callee>,
        units: usize,
    ) -> Option<&Callee> {
        let table = self
            .callees
            .get_or_init(|| CalleeTable::with_capacity(units));
        table.keep(link, callee)
    }

    /// The known answer.
    pub(crate) fn get(&self, name: Name<'_>) -> Option<&Target> {
        let buckets = self.buckets.get()?;
        let mut bucket = &buckets[name.hash() & (buckets.len() - 1)];
        while let Some(link) = bucket.get() {
            if name.is_of(link) {
                return Some(&link.target);
            }
            bucket = &link.next;
        }
        None
    }

    /// Keeps an answer, in a table for a snapshot of so many units. Nothing comes back if
    /// there are too many: who asks can make names up, and memory is bounded.
    pub(crate) fn keep(&self, name: Name<'_>, target: Target, units: usize) -> Option<&Target> {
        if self.count.fetch_add(1, Ordering::Relaxed) > units.saturating_mul(4) + 1024 {
            return None;
        }
        let buckets = self.buckets.get_or_init(|| {
            let count = units.next_power_of_two().clamp(16, 4096);
            (0..count).map(|_| Bucket::new()).collect()
        });
        let mut link = Box::new(Link {
            kind: name.kind,
            from: name.from,
            first: name.first.into(),
            second: name.second.into(),
            target,
            next: Bucket::new(),
        });
        let mut bucket = &buckets[name.hash() & (buckets.len() - 1)];
        loop {
            let rejected = bucket.set(link);
            let found = bucket.get()?;
            match rejected {
                Err(mine) if !name.is_of(found) => {
                    link = mine;
                    bucket = &found.next;
                }
                // This answer, or an equal one that another thread was first with.
                _ => return Some(&found.target),
            }
        }
    }
}

impl Name<'_> {
    fn hash(&self) -> usize {
        let start = mix(self.from as u64, self.kind as u64);
        let hash = hash(hash(start, self.first), self.second);
        // The upper half of a product is the better mixed one.
        (hash >> 32) as usize
    }

    fn is_of(&self, link: &Link) -> bool {
        link.from == self.from
            && link.kind == self.kind
            && same_text(&link.first, self.first)
            && same_text(&link.second, self.second)
    }
}

/// The free entries of a table for a snapshot of so many units.
#[cold]
fn entries<T>(units: usize) -> Box<[OnceLock<T>]> {
    // Most are to find the first one free where they are looked for.
    let count = units.saturating_mul(4).clamp(64, 4096);
    let count = count.next_power_of_two();
    (0..count).map(|_| OnceLock::new()).collect()
}

/// The same as [`Links::seen`] where the first entry is another place's.
#[inline(never)]
fn seen_behind(table: &[OnceLock<Seen>], place: usize, from: usize) -> Option<usize> {
    for probe in 1..PROBES {
        let seen = entry(table, place, from, probe).get()?;
        if seen.place == place && seen.from == from {
            return Some(seen.answer);
        }
    }
    None
}

/// An entry for a place.
#[inline]
fn entry<T>(table: &[OnceLock<T>], place: usize, from: usize, probe: usize) -> &OnceLock<T> {
    // The upper half of a product is the better mixed one.
    let hash = (place ^ from.rotate_left(7)) as u64;
    let start = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize;
    &table[(start + probe) & (table.len() - 1)]
}

/// Mixes a text into a hash. What is equal is compared anyway, so speed counts most.
fn hash(start: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = mix(start, bytes.len() as u64);
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk() {
        hash = mix(hash, u64::from_le_bytes(*word));
        rest = more;
    }
    let last = if let (Some(first), Some(last)) = (rest.first_chunk(), rest.last_chunk()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else {
        rest.iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    mix(hash, last)
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Index;

    fn name(from: usize, first: &str) -> Name<'_> {
        Name {
            kind: Kind::Block,
            from,
            first,
            second: "main",
        }
    }

    fn slots(count: usize) -> Vec<SlotId> {
        let mut index = Index::default();
        let names = (0..count).map(|number| number.to_string().into());
        names
            .map(|name| index.slot_or_insert(&"plugin".into(), &name))
            .collect()
    }

    #[test]
    fn places_are_told_apart_by_address_and_by_who_asks() {
        let places: Vec<&'static Place> = (0..200)
            .map(|_| &*Box::leak(Box::new(Place::to_template("a.html"))))
            .collect();
        let links = Links::default();
        assert_eq!(links.seen(places[0], 1), None);
        for (answer, place) in places.iter().enumerate() {
            links.keep_seen(place, 1, answer, 100);
            links.keep_seen(place, 2, answer + 1000, 100);
        }
        let mut kept = 0;
        for (answer, place) in places.iter().enumerate() {
            for (from, answer) in [(1, answer), (2, answer + 1000)] {
                let seen = links.seen(place, from);
                kept += usize::from(seen.is_some());
                assert!(seen.is_none_or(|seen| seen == answer));
            }
            assert_eq!(links.seen(place, 3), None);
        }
        assert!(kept > 64, "of the 128 entries {kept} are used");
    }

    fn unit(target: Option<&Target>) -> Option<SlotId> {
        match target? {
            Target::Unit(slot) => Some(*slot),
            Target::Chain(_) => None,
        }
    }

    #[test]
    fn answers_are_kept_under_their_whole_name() {
        let links = Links::default();
        let slots = slots(3000);
        for (number, slot) in slots.iter().enumerate() {
            let first = format!("{}.html", number / 2);
            let name = name(number % 2, &first);
            assert_eq!(unit(links.get(name)), None);
            let kept = links.keep(name, Target::Unit(*slot), slots.len());
            assert_eq!(unit(kept), Some(*slot));
        }
        for (number, slot) in slots.iter().enumerate() {
            let first = format!("{}.html", number / 2);
            assert_eq!(unit(links.get(name(number % 2, &first))), Some(*slot));
            let other = Name {
                kind: Kind::Partial,
                ..name(number % 2, &first)
            };
            assert_eq!(unit(links.get(other)), None);
        }
    }

    #[test]
    fn the_first_answer_stays_and_there_is_a_bound() {
        let links = Links::default();
        let slots = slots(2);
        let kept = links.keep(name(1, "a"), Target::Unit(slots[0]), 2);
        assert_eq!(unit(kept), Some(slots[0]));
        let kept = links.keep(name(1, "a"), Target::Unit(slots[1]), 2);
        assert_eq!(unit(kept), Some(slots[0]));
        let refused = (0..2000).find(|number| {
            let target = Target::Unit(slots[0]);
            links.keep(name(*number, "b"), target, 2).is_none()
        });
        assert!(refused.is_some());
    }

    #[test]
    fn definitions_are_counted_from_the_most_derived_one() {
        let slots = slots(3);
        let mut chain = Chain::default();
        chain.define("main", slots[0]);
        chain.define("head", slots[1]);
        chain.define("main", slots[2]);
        let main = chain.block("main").expect("it is defined");
        let found = [0, 1, 2].map(|depth| chain.definition(main, depth));
        assert_eq!(found, [Some(slots[0]), Some(slots[2]), None]);
        assert_eq!(chain.block("foot"), None);
    }
}

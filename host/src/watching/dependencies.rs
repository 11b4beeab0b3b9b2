//! Who depends on whom in a snapshot, and when what a unit comes to changed last.
//!
//! What a template comes to also depends on its parents, on what it includes, and on the
//! filters and tags that it uses. A unit's descriptor names those; here the names are looked
//! up as a rendering would look them up. A name whose first candidates are gone still depends
//! on their slots, so that it counts as a change when another template takes over.

use std::collections::BTreeSet;

use hotplate_plugin_api::{ReferenceKind, UnitEntry};

use crate::expectation::Target;
use crate::layers::Layers;
use crate::snapshot::{SlotId, Snapshot};
use crate::unit::LiveUnit;

/// How a unit depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dependency {
    /// It is a template whose parent the other one is.
    Extends,
    /// It renders the other one: an include, or an inclusion tag's template.
    Includes,
    /// It uses a filter or a tag.
    Calls,
    /// It contains a block or a partial.
    Contains,
    /// It renders a template whose name is not known before, which may be any.
    MayInclude,
}

/// The dependencies between the units of one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Dependencies {
    /// For each slot, the slots of those who depend on it. The last entry stands for any
    /// template.
    users: Vec<Vec<(SlotId, Dependency)>>,
    /// For each slot, the generation in which what it comes to changed last.
    meaning: Vec<u64>,
}

impl Dependencies {
    pub(crate) fn of(snapshot: &Snapshot, layers: &Layers) -> Self {
        let any = snapshot.slots();
        let mut users: Vec<Vec<(SlotId, Dependency)>> = vec![Vec::new(); any + 1];
        for (slot, unit) in snapshot.live() {
            for (on, how) in named_by(snapshot, layers, slot, unit) {
                let place = on.map_or(any, SlotId::place);
                if let Some(users) = users.get_mut(place) {
                    users.push((slot, how));
                }
            }
            for former in snapshot.renames().former(slot) {
                if let Some(users) = users.get_mut(slot.place()) {
                    users.push((former, Dependency::Contains));
                }
            }
        }
        if !users[any].is_empty() {
            let is_template = |slot: SlotId| {
                let unit = snapshot.unit(slot);
                unit.is_none_or(|unit| unit.is_of_template())
            };
            let slots = (0..any).map(SlotId::at).filter(|slot| is_template(*slot));
            for slot in slots.collect::<Vec<_>>() {
                users[slot.place()].push((SlotId::at(any), Dependency::MayInclude));
            }
        }
        let meaning = spread(&users, |slot| snapshot.slot_changed(slot));
        Self { users, meaning }
    }

    /// The generation in which what a slot holds changed last, with all that it depends on.
    pub(crate) fn meaning(&self, slot: SlotId) -> u64 {
        self.meaning.get(slot.place()).copied().unwrap_or(0)
    }

    /// The same for what a handle means.
    pub(crate) fn meaning_of(&self, target: &Target, snapshot: &Snapshot, layers: &Layers) -> u64 {
        match target {
            Target::Slot(slot) => self.meaning(*slot),
            Target::Name(name) => {
                let slots = layers.candidates(snapshot, layers.first(), name, None);
                slots
                    .iter()
                    .map(|slot| self.meaning(*slot))
                    .max()
                    .unwrap_or(0)
            }
        }
    }

    /// All that depend on a slot, with how they do; those that depend on it through others
    /// last. Each once.
    pub(crate) fn users(&self, slot: SlotId) -> Vec<(SlotId, Dependency, bool)> {
        let any = SlotId::at(self.users.len().saturating_sub(1));
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([slot]);
        let mut next = vec![(slot, true)];
        while let Some((on, is_first)) = next.pop() {
            let users = self.users.get(on.place()).map_or(&[][..], Vec::as_slice);
            for (user, how) in users {
                if seen.insert(*user) {
                    if *user == any {
                        next.push((any, is_first));
                    } else {
                        found.push((*user, *how, is_first));
                        next.push((*user, false));
                    }
                }
            }
        }
        found.sort_by_key(|(slot, _, is_direct)| (!is_direct, *slot));
        found
    }
}

/// Gives each slot the latest generation that it or anything it depends on has.
fn spread(users: &[Vec<(SlotId, Dependency)>], own: impl Fn(SlotId) -> u64) -> Vec<u64> {
    let mut order: Vec<SlotId> = (0..users.len()).map(SlotId::at).collect();
    order.sort_by_key(|slot| std::cmp::Reverse(own(*slot)));
    let mut meaning: Vec<Option<u64>> = vec![None; users.len()];
    for start in order {
        let mut pending = vec![start];
        while let Some(slot) = pending.pop() {
            // Whoever was reached before was reached with a later generation.
            if meaning[slot.place()].is_none() {
                meaning[slot.place()] = Some(own(start));
                pending.extend(users[slot.place()].iter().map(|(user, _)| *user));
            }
        }
    }
    meaning.into_iter().map(Option::unwrap_or_default).collect()
}

/// The slots that a unit's names may lead to; nothing for any template.
fn named_by(
    snapshot: &Snapshot,
    layers: &Layers,
    slot: SlotId,
    unit: &LiveUnit,
) -> Vec<(Option<SlotId>, Dependency)> {
    let mut found = Vec::new();
    let index = snapshot.index();
    let plugin: &str = unit.plugin();
    let parent = unit.template().and_then(|entry| entry.parent.into_option());
    let is_parent = |name: &str| parent.is_some_and(|parent| parent.as_str() == name);
    let template = |name: &str| {
        let how = if is_parent(name) {
            Dependency::Extends
        } else {
            Dependency::Includes
        };
        let slots = layers.candidates(snapshot, plugin, name, Some(slot));
        let slots = slots.into_iter().map(|slot| (Some(slot), how));
        slots.collect::<Vec<_>>()
    };
    for reference in unit.references() {
        let name = reference.name.as_str();
        match reference.kind {
            ReferenceKind::Own => {
                let slot = index.slot(plugin, name);
                found.extend(slot.map(|slot| (Some(slot), Dependency::Contains)));
            }
            ReferenceKind::Template => found.extend(template(name)),
            ReferenceKind::Filter | ReferenceKind::Tag => {
                let slots = of_library(snapshot, plugin, name, reference.kind);
                found.extend(
                    slots
                        .into_iter()
                        .map(|slot| (Some(slot), Dependency::Calls)),
                );
            }
            _ => found.push((None, Dependency::MayInclude)),
        }
    }
    if let Some(entry) = unit.template() {
        // Code that was written by hand names nothing but its parent.
        if let Some(parent) = parent
            && unit.references().is_empty()
        {
            found.extend(template(parent.as_str()));
        }
        for block in entry.blocks.iter() {
            let slot = index.slot(plugin, &format!("{}/{block}", unit.name()));
            found.extend(slot.map(|slot| (Some(slot), Dependency::Contains)));
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|(slot, _)| *slot);
    found
}

/// The slots that a filter or tag may be in: the plugin's own, then the others', up to the
/// first that has one.
fn of_library(snapshot: &Snapshot, plugin: &str, name: &str, kind: ReferenceKind) -> Vec<SlotId> {
    let index = snapshot.index();
    let others = index.plugin_names().map(|other| &**other);
    let plugins = std::iter::once(plugin).chain(others.filter(|other| *other != plugin));
    let mut slots = Vec::new();
    for slot in plugins.filter_map(|plugin| index.slot(plugin, name)) {
        slots.push(slot);
        let fits = snapshot.unit(slot).is_some_and(|unit| match unit.entry() {
            UnitEntry::Filter(_) => kind == ReferenceKind::Filter,
            UnitEntry::Tag(_) => kind == ReferenceKind::Tag,
            _ => false,
        });
        if fits {
            break;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::{Dependency, SlotId, spread};

    #[test]
    fn the_latest_generation_reaches_all_who_depend_on_it_also_in_rings() {
        let check = |edges: &[(usize, usize)], own: &[u64], expected: &[u64]| {
            let mut users = vec![Vec::new(); own.len()];
            for (user, on) in edges {
                users[*on].push((SlotId::at(*user), Dependency::Includes));
            }
            assert_eq!(
                spread(&users, |slot| own[slot.place()]),
                expected,
                "{edges:?}"
            );
        };
        check(&[], &[1, 2], &[1, 2]);
        check(&[(0, 1)], &[1, 2], &[2, 2]);
        check(&[(0, 1)], &[3, 2], &[3, 2]);
        check(&[(0, 1), (1, 2)], &[1, 1, 5], &[5, 5, 5]);
        check(&[(0, 1), (1, 0), (1, 2)], &[1, 4, 2], &[4, 4, 2]);
        check(&[(0, 0)], &[7], &[7]);
    }
}

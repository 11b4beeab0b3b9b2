//! Snapshots: the immutable table of all live units.

use std::collections::{BTreeMap, HashMap};

use hotplate_plugin_api::render::Link;

use crate::links::{Chain, Links, Name, Target};
use crate::publish::{Holders, Trial};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// A unit's fixed place in every snapshot of a host; never reused for another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotId(usize);

/// The names of one plugin's units, present and past.
type PluginNames = HashMap<Arc<str>, SlotId>;

/// Which slot a name has. Grows only; shared between snapshots until a name is added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    plugins: BTreeMap<Arc<str>, Arc<PluginNames>>,
    slots: usize,
}

impl Index {
    pub(crate) fn slot(&self, plugin: &str, name: &str) -> Option<SlotId> {
        self.plugins.get(plugin)?.get(name).copied()
    }

    /// The slot of a name, a new one if the name is new.
    pub(crate) fn slot_or_insert(&mut self, plugin: &Arc<str>, name: &Arc<str>) -> SlotId {
        if let Some(slot) = self.slot(plugin, name) {
            return slot;
        }
        let slot = SlotId(self.slots);
        self.slots += 1;
        let names = self.plugins.entry(plugin.clone()).or_default();
        Arc::make_mut(names).insert(name.clone(), slot);
        slot
    }

    pub(crate) fn plugin_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.plugins.keys()
    }

    /// The slots of a plugin, in no order.
    pub(crate) fn plugin_slots(&self, plugin: &str) -> impl Iterator<Item = SlotId> {
        let names = self.plugins.get(plugin);
        names.into_iter().flat_map(|names| names.values().copied())
    }
}

/// All units that one generation consists of.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    generation: u64,
    index: Arc<Index>,
    units: Vec<Option<Arc<LiveUnit>>>,
    /// Whether some filter or tag has state, so that any template may touch it.
    renders_with_state: bool,
    links: Links,
    holders: Holders,
    /// Whether its calls are good, if that is to be found out.
    trial: Option<Arc<Trial>>,
}

impl Snapshot {
    pub(crate) fn new(
        generation: u64,
        index: Arc<Index>,
        units: Vec<Option<Arc<LiveUnit>>>,
    ) -> Self {
        let mut filters_and_tags = units.iter().flatten().filter(|unit| unit.is_custom());
        let renders_with_state = filters_and_tags.any(|unit| unit.needs_state());
        Self {
            generation,
            index,
            units,
            renders_with_state,
            links: Links::default(),
            holders: Holders::default(),
            trial: None,
        }
    }

    /// The same, on trial.
    pub(crate) fn tried(self, trial: Option<Arc<Trial>>) -> Self {
        Self { trial, ..self }
    }

    /// The trial that it is on, or was.
    pub(crate) fn trial(&self) -> Option<&Arc<Trial>> {
        self.trial.as_ref()
    }

    /// How many hold it.
    pub(crate) fn holders(&self) -> &Holders {
        &self.holders
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn index(&self) -> &Arc<Index> {
        &self.index
    }

    pub(crate) fn units(&self) -> &[Option<Arc<LiveUnit>>] {
        &self.units
    }

    /// Whether renderings may touch state.
    #[inline]
    pub(crate) fn renders_with_state(&self) -> bool {
        self.renders_with_state
    }

    /// Whether the unit in a slot touches state.
    #[inline]
    pub(crate) fn touches_state(&self, slot: SlotId) -> bool {
        self.unit(slot).is_some_and(|unit| unit.needs_state())
    }

    #[inline]
    pub(crate) fn unit(&self, slot: SlotId) -> Option<&Arc<LiveUnit>> {
        self.units.get(slot.0)?.as_ref()
    }

    pub(crate) fn find(&self, plugin: &str, name: &str) -> Option<&Arc<LiveUnit>> {
        self.unit(self.index.slot(plugin, name)?)
    }

    /// The unit that a name leads to, which `find` finds the first time.
    #[inline]
    pub(crate) fn linked<'s>(
        &'s self,
        name: Name<'_>,
        find: impl FnOnce() -> Option<&'s Arc<LiveUnit>>,
    ) -> Option<&'s Arc<LiveUnit>> {
        if let Some(Target::Unit(slot)) = self.links.get(name) {
            return self.unit(*slot);
        }
        let unit = find()?;
        if let Some(slot) = self.slot(unit) {
            self.links.keep(name, Target::Unit(slot), self.units.len());
        }
        Some(unit)
    }

    /// The unit that a link of the templates of `from` leads to, which `find` finds the
    /// first time.
    #[inline]
    pub(crate) fn seen<'s>(
        &'s self,
        link: &'static Link,
        from: usize,
        find: impl FnOnce() -> Option<&'s Arc<LiveUnit>>,
    ) -> Option<&'s Arc<LiveUnit>> {
        if let Some(number) = self.links.seen(link, from) {
            return self.units.get(number)?.as_ref();
        }
        let unit = find()?;
        if let Some(SlotId(number)) = self.slot(unit) {
            self.links.keep_seen(link, from, number, self.units.len());
        }
        Some(unit)
    }

    /// The number of the block that a link leads to, in a chain that this snapshot keeps.
    #[inline]
    pub(crate) fn seen_block(&self, link: &'static Link, chain: &Chain) -> Option<usize> {
        let from = std::ptr::from_ref(chain).addr();
        if let Some(number) = self.links.seen(link, from) {
            return Some(number);
        }
        let number = chain.block(link.block.as_str())?;
        self.links.keep_seen(link, from, number, self.units.len());
        Some(number)
    }

    /// The chain that a name leads to, if it is known.
    #[inline]
    pub(crate) fn chain(&self, name: Name<'_>) -> Option<&Chain> {
        match self.links.get(name)? {
            Target::Chain(chain) => Some(chain),
            Target::Unit(_) => None,
        }
    }

    /// Keeps the chain that a name leads to, unless there are too many.
    pub(crate) fn keep_chain(&self, name: Name<'_>, chain: Arc<Chain>) -> Option<&Chain> {
        let kept = self
            .links
            .keep(name, Target::Chain(chain), self.units.len());
        match kept? {
            Target::Chain(chain) => Some(chain),
            Target::Unit(_) => None,
        }
    }

    /// The slot of a unit of this snapshot.
    pub(crate) fn slot(&self, unit: &LiveUnit) -> Option<SlotId> {
        self.index.slot(unit.plugin(), unit.name())
    }

    /// The live units of a plugin, in no order.
    pub(crate) fn plugin_units(&self, plugin: &str) -> impl Iterator<Item = &Arc<LiveUnit>> {
        self.index
            .plugin_slots(plugin)
            .filter_map(|slot| self.unit(slot))
    }

    /// Stores `unit` in `slot` of a table that is being built.
    pub(crate) fn place(
        units: &mut Vec<Option<Arc<LiveUnit>>>,
        slot: SlotId,
        unit: Option<Arc<LiveUnit>>,
    ) {
        if units.len() <= slot.0 {
            units.resize(slot.0 + 1, None);
        }
        units[slot.0] = unit;
    }
}

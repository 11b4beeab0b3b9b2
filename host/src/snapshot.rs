//! Snapshots: the immutable table of all live units.

use std::collections::{BTreeMap, HashMap};

use hotplate_plugin_api::callee::{Callee, CalleeTable};
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::view::ViewTable;
use hotplate_plugin_api::view::bound::NameBinding;

use crate::layers::Layers;
use crate::links::{Chain, Links, Name, Target};
use crate::publish::{Holders, Trial};
use crate::sync::{Arc, OnceLock};
use crate::unit::LiveUnit;
use crate::watching::dependencies::Dependencies;
use crate::watching::intercept::Interceptors;
use crate::watching::renames::Renames;

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

    /// The names of a plugin's units, present and past, with their slots, in no order.
    pub(crate) fn plugin_names_of(
        &self,
        plugin: &str,
    ) -> impl Iterator<Item = (&Arc<str>, SlotId)> {
        let names = self.plugins.get(plugin);
        let names = names.into_iter().flat_map(|names| names.iter());
        names.map(|(name, slot)| (name, *slot))
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
    /// For each slot, the generation in which what it holds changed last.
    changed: Vec<u64>,
    renames: Arc<Renames>,
    dependencies: OnceLock<Dependencies>,
    interceptors: Option<Arc<Interceptors>>,
    holders: Holders,
    /// Whether its calls are good, if that is to be found out.
    trial: Option<Arc<Trial>>,
}

impl SlotId {
    /// Its place in tables of all slots.
    pub(crate) fn place(self) -> usize {
        self.0
    }

    /// The slot of a place in such a table.
    pub(crate) fn at(place: usize) -> Self {
        Self(place)
    }
}

impl Snapshot {
    /// The snapshot that follows `before`, in which units were renamed as `renames` says.
    pub(crate) fn after(
        before: &Self,
        index: Arc<Index>,
        mut units: Vec<Option<Arc<LiveUnit>>>,
        renames: Arc<Renames>,
    ) -> Self {
        renames.fill(&mut units);
        let mut filters_and_tags = units.iter().flatten().filter(|unit| unit.is_custom());
        let renders_with_state = filters_and_tags.any(|unit| unit.needs_state());
        let generation = before.generation + 1;
        let longest = units.len().max(before.units.len());
        let changed = (0..longest).map(|place| {
            let slot = SlotId(place);
            let same = match (before.unit(slot), units.get(place).and_then(Option::as_ref)) {
                (None, None) => true,
                (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old.same_behaviour(new),
                _ => false,
            };
            if same {
                before.slot_changed(slot)
            } else {
                generation
            }
        });
        Self {
            generation,
            changed: changed.collect(),
            index,
            units,
            renames,
            renders_with_state,
            ..Self::default()
        }
    }

    /// The snapshot that follows `before` and has the units of an earlier one.
    pub(crate) fn going_back(before: &Self, earlier: &Self) -> Self {
        let renames = Renames::going_back(before, earlier);
        let units = earlier.units.clone();
        Self::after(before, before.index.clone(), units, Arc::new(renames))
    }

    /// A snapshot like this one with other units of the same meaning in its slots.
    pub(crate) fn with_units(
        &self,
        generation: u64,
        mut units: Vec<Option<Arc<LiveUnit>>>,
    ) -> Self {
        self.renames.fill(&mut units);
        Self {
            generation,
            changed: self.changed.clone(),
            index: self.index.clone(),
            units,
            renames: self.renames.clone(),
            interceptors: self.interceptors.clone(),
            renders_with_state: self.renders_with_state,
            trial: self.trial.clone(),
            ..Self::default()
        }
    }

    /// The generation in which what a slot holds changed last.
    pub(crate) fn slot_changed(&self, slot: SlotId) -> u64 {
        self.changed.get(slot.0).copied().unwrap_or(0)
    }

    /// The generation in which any unit of a plugin changed last.
    pub(crate) fn plugin_changed(&self, plugin: &str) -> u64 {
        let slots = self.index.plugin_slots(plugin);
        let changed = slots.map(|slot| self.slot_changed(slot));
        changed.max().unwrap_or(0)
    }

    pub(crate) fn renames(&self) -> &Arc<Renames> {
        &self.renames
    }

    /// Who depends on whom; found out the first time that somebody asks.
    pub(crate) fn dependencies(&self, layers: &Layers) -> &Dependencies {
        self.dependencies
            .get_or_init(|| Dependencies::of(self, layers))
    }

    #[inline]
    pub(crate) fn interceptors(&self) -> Option<&Arc<Interceptors>> {
        self.interceptors.as_ref()
    }

    pub(crate) fn set_interceptors(&mut self, interceptors: Option<Arc<Interceptors>>) {
        self.interceptors = interceptors;
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

    /// Where links of its templates are known to lead, once any is.
    #[inline]
    pub(crate) fn callees(&self) -> Option<&CalleeTable> {
        self.links.callees()
    }

    /// Whether the code of a unit is another plugin's, too, to which its links may lead
    /// elsewhere.
    #[cold]
    pub(crate) fn is_shared(&self, unit: &LiveUnit) -> bool {
        let mut units = self.units.iter().flatten();
        units.any(|other| other.plugin() != unit.plugin() && other.shares_code(unit))
    }

    /// Keeps where a link leads, if that can be called directly, unless it is known already.
    pub(crate) fn keep_callee(
        &self,
        link: &'static Link,
        callee: Option<Callee>,
    ) -> Option<&Callee> {
        self.links.keep_callee(link, callee, self.units.len())
    }

    /// How the names that a unit has code for are found in contexts of a type; `make` is
    /// asked the first time.
    #[inline]
    pub(crate) fn binding(
        &self,
        unit: &LiveUnit,
        context: &'static ViewTable,
        make: impl FnOnce() -> Option<NameBinding>,
    ) -> Option<&NameBinding> {
        let place = std::ptr::from_ref(unit).addr();
        let context = std::ptr::from_ref(context).addr();
        self.links.binding(place, context, self.units.len(), make)
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
            .filter(|slot| !self.renames.is_former(*slot))
            .filter_map(|slot| self.unit(slot))
    }

    /// All live units with their slots, each once.
    pub(crate) fn live(&self) -> impl Iterator<Item = (SlotId, &Arc<LiveUnit>)> {
        let units = self.units.iter().enumerate();
        let units = units.filter_map(|(place, unit)| Some((SlotId(place), unit.as_ref()?)));
        units.filter(|(slot, _)| !self.renames.is_former(*slot))
    }

    /// The unit that has this name itself, and did not merely have it before.
    pub(crate) fn find_own(&self, plugin: &str, name: &str) -> Option<&Arc<LiveUnit>> {
        let slot = self.index.slot(plugin, name)?;
        self.unit(slot).filter(|_| !self.renames.is_former(slot))
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.index.slots
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

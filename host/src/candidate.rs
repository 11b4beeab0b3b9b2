//! Candidates, and what one changes in the snapshot that is current.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hotplate_plugin_api::Module;

use crate::artifact::ArtifactHash;
use crate::event::{Change, ChangeKind, Rename};
use crate::load::Library;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::{LiveUnit, Positions};
use crate::watching::renames::{self, Renames};

/// What the driver has loaded and checked, not yet visible.
#[derive(Debug, Default)]
pub(crate) struct Candidate {
    /// The units of each plugin that was built, complete.
    pub(crate) plugins: BTreeMap<Arc<str>, CandidatePlugin>,
    /// Some units of plugins whose others stay as they are.
    pub(crate) patches: BTreeMap<Arc<str>, PatchedUnits>,
    /// Plugins that are gone.
    pub(crate) removed: BTreeSet<Arc<str>>,
}

/// What a patch does to a plugin.
#[derive(Debug, Default)]
pub(crate) struct PatchedUnits {
    /// Units that take over, or are new.
    pub(crate) units: Vec<Arc<LiveUnit>>,
    /// Names that go.
    pub(crate) deleted: Vec<Arc<str>>,
    /// Units that mean the same and stand elsewhere in their source.
    pub(crate) moved: Vec<(Arc<str>, Positions)>,
    /// Whether the units only fold many libraries into one, and mean what they meant.
    pub(crate) folds: bool,
}

/// What the units of a patch are put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatchBase {
    /// What lives.
    Live,
    /// The functions that were built, and the templates that live.
    Functions,
    /// What was built, but for these templates.
    Built(BTreeSet<String>),
}

/// One plugin of a candidate.
#[derive(Debug)]
pub(crate) struct CandidatePlugin {
    units: Vec<Arc<LiveUnit>>,
    native: bool,
    hash: ArtifactHash,
}

impl CandidatePlugin {
    pub(crate) fn units(&self) -> &[Arc<LiveUnit>] {
        &self.units
    }
}

impl Candidate {
    /// Adds a plugin of a loaded library.
    ///
    /// # Errors
    ///
    /// If two units, or two plugins of the candidate, have one name.
    pub(crate) fn add(&mut self, module: &Module, library: &Arc<Library>) -> Result<(), String> {
        let name: Arc<str> = module.name.as_str().into();
        let mut seen = BTreeSet::new();
        let mut units = Vec::new();
        for descriptor in module.all_units() {
            let unit = LiveUnit::new(name.clone(), descriptor, library.clone());
            if !seen.insert(unit.name().clone()) {
                return Err(format!("two units are named {}", unit.path()));
            }
            units.push(Arc::new(unit));
        }
        let plugin = CandidatePlugin {
            units,
            native: module.is_native(),
            hash: library.hash(),
        };
        if self.plugins.insert(name.clone(), plugin).is_some() {
            return Err(format!("two plugins are named {name}"));
        }
        Ok(())
    }
}

impl Candidate {
    /// Adds a patch of a plugin.
    pub(crate) fn patch(
        &mut self,
        name: Arc<str>,
        live: &Snapshot,
        mut patch: PatchedUnits,
        base: &PatchBase,
    ) {
        if let Some(built) = self.plugins.get_mut(&name) {
            let mut units = std::mem::take(&mut built.units);
            match base {
                PatchBase::Live => {}
                PatchBase::Functions => {
                    units.retain(|unit| !unit.is_of_template());
                    let others = live
                        .plugin_units(&name)
                        .filter(|unit| unit.is_of_template());
                    let others = others.filter(|unit| !patch.deleted.contains(unit.name()));
                    units.extend(others.cloned());
                }
                PatchBase::Built(templates) => {
                    units.retain(|unit| !(unit.is_of_template() && unit.stands_in(templates)));
                }
            }
            let patched: BTreeSet<Arc<str>> =
                patch.units.iter().map(|unit| unit.name().clone()).collect();
            units.retain(|unit| !patched.contains(unit.name()));
            units.append(&mut patch.units);
            patch.deleted.clear();
            built.units = units;
        }
        self.patches.insert(name, patch);
    }
}

/// What a candidate changes.
pub(crate) struct Difference {
    pub(crate) changes: Vec<Change>,
    pub(crate) artifacts: Vec<(String, ArtifactHash)>,
    /// What the units that take over were called before, where that lived.
    pub(crate) renames: Vec<Rename>,
    /// The units that take over, and the names that go.
    units: Vec<Arc<LiveUnit>>,
    deleted: Vec<SlotId>,
    /// Units that take over without a change of meaning.
    folded: Vec<Arc<LiveUnit>>,
    /// Live units that stay, and where they stand now.
    moved: Vec<(Arc<LiveUnit>, Positions)>,
}

impl Difference {
    pub(crate) fn between(before: &Snapshot, candidate: &Candidate) -> Self {
        let mut difference = Self {
            changes: Vec::new(),
            artifacts: Vec::new(),
            renames: Vec::new(),
            units: Vec::new(),
            deleted: Vec::new(),
            folded: Vec::new(),
            moved: Vec::new(),
        };
        for (name, plugin) in &candidate.plugins {
            difference.plugin(before, name, plugin);
        }
        for (name, patch) in &candidate.patches {
            difference.patch(before, name, patch);
        }
        for name in &candidate.removed {
            difference.delete(before, name, |_| true);
        }
        difference.report_renames(before);
        difference.changes.sort_unstable();
        difference.renames.sort_unstable();
        difference
    }

    fn plugin(&mut self, before: &Snapshot, name: &Arc<str>, plugin: &CandidatePlugin) {
        let changes_before = self.changes.len();
        let mut moved = Vec::new();
        for unit in &plugin.units {
            let kind = match before.find_own(name, unit.name()) {
                Some(old) if old.same_meaning(unit) => {
                    moved.push((old.clone(), unit.positions()));
                    continue;
                }
                Some(_) => ChangeKind::Update,
                None => ChangeKind::Add,
            };
            self.changes.push(change(unit, kind));
        }
        let names: BTreeSet<&str> = plugin.units.iter().map(|unit| &**unit.name()).collect();
        self.delete(before, name, |unit| !names.contains(&**unit.name()));

        let rebuilt = before
            .plugin_units(name)
            .any(|old| old.library().hash() != plugin.hash);
        if self.changes.len() == changes_before {
            if !plugin.native || !rebuilt {
                self.moved.extend(moved);
                return;
            }
            // Code that the functions call changed: each of them may behave differently.
            let updates = plugin.units.iter();
            self.changes
                .extend(updates.map(|unit| change(unit, ChangeKind::Update)));
        }
        self.artifacts.push((name.to_string(), plugin.hash));
        self.units.extend(plugin.units.iter().cloned());
    }

    fn patch(&mut self, before: &Snapshot, name: &Arc<str>, patch: &PatchedUnits) {
        if patch.folds {
            self.folded.extend(patch.units.iter().cloned());
            return;
        }
        for unit in &patch.units {
            let kind = match before.find_own(name, unit.name()) {
                Some(_) => ChangeKind::Update,
                None => ChangeKind::Add,
            };
            self.changes.push(change(unit, kind));
            let artifact = (name.to_string(), unit.library().hash());
            if !self.artifacts.contains(&artifact) {
                self.artifacts.push(artifact);
            }
        }
        self.units.extend(patch.units.iter().cloned());
        self.delete(before, name, |unit| patch.deleted.contains(unit.name()));
        let moved = patch.moved.iter().filter_map(|(unit, positions)| {
            let live = before.find(name, unit)?;
            Some((live.clone(), positions.clone()))
        });
        self.moved.extend(moved);
    }

    fn delete(&mut self, before: &Snapshot, plugin: &str, gone: impl Fn(&LiveUnit) -> bool) {
        for unit in before.plugin_units(plugin).filter(|unit| gone(unit)) {
            self.deleted
                .extend(before.index().slot(plugin, unit.name()));
            self.changes.push(Change {
                line: None,
                ..change(unit, ChangeKind::Delete)
            });
        }
    }

    /// The current snapshot with folded units in place of their equals; nothing if there
    /// are none, or one of them has been replaced meanwhile.
    pub(crate) fn fold(&self, before: &Snapshot) -> Option<Snapshot> {
        let mut units = before.units().to_vec();
        for unit in &self.folded {
            let slot = before.index().slot(unit.plugin(), unit.name())?;
            before.unit(slot).filter(|live| live.same_meaning(unit))?;
            Snapshot::place(&mut units, slot, Some(unit.clone()));
        }
        (!self.folded.is_empty()).then(|| before.with_units(before.generation(), units))
    }

    pub(crate) fn apply(&self, before: &Snapshot) -> Snapshot {
        let mut index = before.index().clone();
        let mut units = before.units().to_vec();
        let mut renames = before.renames().clone();
        for slot in &self.deleted {
            Snapshot::place(&mut units, *slot, None);
        }
        for unit in &self.units {
            let slot = match index.slot(unit.plugin(), unit.name()) {
                Some(slot) => slot,
                None => Arc::make_mut(&mut index).slot_or_insert(unit.plugin(), unit.name()),
            };
            Snapshot::place(&mut units, slot, Some(unit.clone()));
        }
        Renames::declared(&mut renames, &mut index, &self.units, &units);
        Snapshot::after(before, index, units, renames)
    }

    /// Reports what was renamed as that, in place of what was deleted and added.
    fn report_renames(&mut self, before: &Snapshot) {
        let placed = self.units.iter();
        let placed: BTreeSet<(&str, &str)> = placed
            .map(|unit| (&**unit.plugin(), &**unit.name()))
            .collect();
        for unit in &self.units {
            for former in unit
                .former_names()
                .filter(|former| *former != &**unit.name())
            {
                let renamed = renames::of_unit(unit, former, before, &placed);
                self.renames.extend(renamed);
            }
        }
        let renames = &self.renames;
        self.changes.retain_mut(|change| {
            let of_plugin = |rename: &&Rename| rename.plugin == change.plugin;
            let mut renames = renames.iter().filter(of_plugin);
            match change.kind {
                ChangeKind::Delete => !renames.any(|rename| rename.from == change.unit),
                ChangeKind::Add => {
                    if renames.any(|rename| rename.to == change.unit) {
                        change.kind = ChangeKind::Rename;
                    }
                    true
                }
                ChangeKind::Update | ChangeKind::Rename => true,
            }
        });
    }

    /// Keeps error positions right of units that stay but whose text moved.
    pub(crate) fn move_positions(&self) {
        for (live, positions) in &self.moved {
            live.move_to(positions.clone());
        }
    }
}

fn change(unit: &LiveUnit, kind: ChangeKind) -> Change {
    Change {
        plugin: unit.plugin().to_string(),
        unit: unit.name().to_string(),
        kind,
        line: Some(unit.line()),
    }
}

/// What differs between two snapshots, for a rollback.
pub(crate) fn changes_between(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    let own = |snapshot: &Snapshot, place| -> Option<Arc<LiveUnit>> {
        let slot = SlotId::at(place);
        let is_own = !snapshot.renames().is_former(slot);
        snapshot.unit(slot).filter(|_| is_own).cloned()
    };
    let longest = before.units().len().max(after.units().len());
    for place in 0..longest {
        let (old, new) = (own(before, place), own(after, place));
        let (old, new) = (old.as_ref(), new.as_ref());
        changes.extend(match (old, new) {
            (Some(old), Some(new)) if Arc::ptr_eq(old, new) => None,
            (Some(old), Some(new)) if old.same_meaning(new) && !new.library().is_native() => None,
            (Some(_), Some(new)) => Some(change(new, ChangeKind::Update)),
            (None, Some(new)) => Some(change(new, ChangeKind::Add)),
            (Some(old), None) => Some(Change {
                line: None,
                ..change(old, ChangeKind::Delete)
            }),
            (None, None) => None,
        });
    }
    changes.sort_unstable();
    changes
}

/// The libraries that take over between two snapshots.
pub(crate) fn artifacts_between(
    before: &Snapshot,
    after: &Snapshot,
) -> Vec<(String, ArtifactHash)> {
    // By plugin and library: a library may hold several plugins, a plugin several libraries.
    // Units of one library mostly stand beside each other, so most are not looked up.
    let mut old = HashSet::new();
    let mut last = None;
    for unit in before.units().iter().flatten() {
        let key = (Arc::as_ptr(unit.library()), &**unit.plugin());
        if last.replace(key) != Some(key) {
            old.insert(key);
        }
    }
    let mut new = BTreeMap::new();
    let mut last = None;
    for unit in after.units().iter().flatten() {
        let key = (Arc::as_ptr(unit.library()), &**unit.plugin());
        if last.replace(key) != Some(key) && !old.contains(&key) {
            new.insert((key.1, key.0), unit.library().hash());
        }
    }
    let new = new.into_iter();
    new.map(|((plugin, _), hash)| (plugin.to_owned(), hash))
        .collect()
}

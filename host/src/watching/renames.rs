//! Units that were called something else before: handles of the old name run them.
//!
//! A unit that [declares](LiveUnit::former_names) an old name takes over the slot of that
//! name: each snapshot holds the unit in both slots. So a call by an old handle costs what any
//! call costs, and sees the new unit from the same store on that publishes it.
//!
//! Once renamed, a name stays renamed, also when the declaration is taken away: until a unit
//! of that very name is published again.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Diagnostic, Rejection, Rename, Stage};
use crate::snapshot::{Index, SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// The slots of former names, with those of the names that came after them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Renames(BTreeMap<SlotId, SlotId>);

impl Renames {
    /// Whether a slot holds what belongs to another name.
    #[inline]
    pub(crate) fn is_former(&self, slot: SlotId) -> bool {
        !self.0.is_empty() && self.0.contains_key(&slot)
    }

    /// The former names of a slot's unit, by their slots.
    pub(crate) fn former(&self, slot: SlotId) -> impl Iterator<Item = SlotId> {
        let all = self.0.keys().copied();
        all.filter(move |former| self.end(*former) == slot)
    }

    /// The slot that a former name leads to, through all names in between; of any other, its
    /// own.
    pub(crate) fn end(&self, former: SlotId) -> SlotId {
        let mut slot = former;
        // There are no rings, since a name that lives leads nowhere; the bound is for reason.
        for _ in 0..=self.0.len() {
            match self.0.get(&slot) {
                Some(next) => slot = *next,
                None => break,
            }
        }
        slot
    }

    /// Puts units into the slots of their former names.
    pub(crate) fn fill(&self, units: &mut Vec<Option<Arc<LiveUnit>>>) {
        for former in self.0.keys() {
            let unit = units.get(self.end(*former).place()).cloned().flatten();
            Snapshot::place(units, *former, unit);
        }
    }

    /// Takes in what `placed` units declare; `units` is the table that they were placed in,
    /// before [`fill`](Self::fill).
    pub(crate) fn declared(
        renames: &mut Arc<Self>,
        index: &mut Arc<Index>,
        placed: &[Arc<LiveUnit>],
        units: &[Option<Arc<LiveUnit>>],
    ) {
        for unit in placed {
            if let Some(slot) = index.slot(unit.plugin(), unit.name())
                && renames.is_former(slot)
            {
                // The name is a unit's own again.
                Arc::make_mut(renames).0.remove(&slot);
            }
        }
        for unit in placed {
            for former in unit.former_names() {
                for (from, to) in names(unit, former, index) {
                    let plugin = unit.plugin();
                    let known = index.slot(plugin, &from);
                    let slot =
                        known.unwrap_or_else(|| Arc::make_mut(index).slot_or_insert(plugin, &from));
                    let lives = units.get(slot.place()).is_some_and(Option::is_some);
                    // What lives under the old name is not its own only if it is renamed.
                    if slot != to && (!lives || renames.is_former(slot)) {
                        Arc::make_mut(renames).0.insert(slot, to);
                    }
                }
            }
        }
    }

    /// The renames in a snapshot that has the units of an earlier one again: what was renamed
    /// since has its old name, and handles of the new one run it.
    pub(crate) fn going_back(before: &Snapshot, earlier: &Snapshot) -> Self {
        let mut renames = (**earlier.renames()).clone();
        for (former, later) in &before.renames().0 {
            if !renames.is_former(*former)
                && !renames.is_former(*later)
                && earlier.unit(*former).is_some()
                && earlier.unit(*later).is_none()
            {
                renames.0.insert(*later, *former);
            }
        }
        renames
    }
}

/// The names that are renamed with a unit, and the slots of the new ones: of a template, its
/// blocks and partials have new names, too.
fn names(unit: &LiveUnit, former: &str, index: &Index) -> Vec<(Arc<str>, SlotId)> {
    let own: &str = unit.name();
    let all = index.plugin_names_of(unit.plugin());
    all.filter_map(|(name, slot)| {
        let rest = name.strip_prefix(own)?;
        let is_part = unit.template().is_some() && rest.starts_with(['/', '#']);
        (rest.is_empty() || is_part).then(|| (format!("{former}{rest}").into(), slot))
    })
    .collect()
}

/// What a unit and its parts were called before, where that lived; for receipts.
pub(crate) fn of_unit(
    unit: &LiveUnit,
    former: &str,
    before: &Snapshot,
    placed: &BTreeSet<(&str, &str)>,
) -> Vec<Rename> {
    let plugin = unit.plugin();
    let old = before.plugin_units(plugin).filter_map(|old| {
        let rest = old.name().strip_prefix(former)?;
        let is_part = unit.template().is_some() && rest.starts_with(['/', '#']);
        let to = format!("{}{rest}", unit.name());
        let counts = rest.is_empty() || is_part;
        (counts && placed.contains(&(&**plugin, to.as_str()))).then(|| Rename {
            plugin: plugin.to_string(),
            from: old.name().to_string(),
            to,
        })
    });
    old.collect()
}

/// Why a snapshot cannot become current: a name that a unit says it had is another unit's.
pub(crate) fn contradiction(before: &Snapshot, next: &Snapshot) -> Option<Rejection> {
    let mut claims: BTreeMap<(&str, &str), &LiveUnit> = BTreeMap::new();
    for (_, unit) in next.live() {
        for former in unit
            .former_names()
            .filter(|former| *former != &**unit.name())
        {
            let message = if next.find_own(unit.plugin(), former).is_some() {
                format!(
                    "{} says that it was renamed from {former}, which is still there; delete \
                     {former}, or take the declaration away",
                    unit.path()
                )
            } else if let Some(other) = claims.insert((unit.plugin(), former), unit) {
                format!(
                    "both {} and {} say that they were renamed from {former}; take one of the \
                     declarations away",
                    other.path(),
                    unit.path()
                )
            } else {
                continue;
            };
            let mut diagnostic = Diagnostic::message(message);
            diagnostic.file = Some(unit.file());
            diagnostic.line = Some(unit.line());
            return Some(Rejection {
                stage: Stage::Source,
                plugin: Some(unit.plugin().to_string()),
                diagnostics: vec![diagnostic],
                serving: before.generation(),
            });
        }
    }
    None
}

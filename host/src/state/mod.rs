//! State: what plugins keep between calls, and how it gets from one build to the next.
//!
//! The host owns one [`Cell`] for each state type of each plugin: the object, if functions
//! share one, and references to the instances that the program holds. A unit that uses state
//! is [bound](Binding) to cells before it becomes current, and finds their objects through the
//! data pointer that it is called with.
//!
//! A publish asks [`States::plan`] what has to happen to each type that the next snapshot
//! uses. If a type is the same in memory, the next unit is bound to the same cell, while calls
//! go on. If it is not, the [`Gate`] is closed: calls that touch state wait, and the publish
//! waits for those inside, for a while. Then old code saves each object, new code makes
//! another of it, and a new cell takes the old one's place together with the snapshot. Until
//! then nothing that old code uses has been changed, so that each failure leaves all as it was.
//!
//! ```text
//!  plan ─► close the gate, if a type changed ─► save, restore ─► bind ─► store ─► commit, open
//! ```
//!
//! A cell that was replaced is *retired*: units that are bound to it, in snapshots that are
//! kept or pinned, refuse their calls. Going back to such a snapshot is a publish, which binds
//! its units anew.
//!
//! State of types that no unit uses any more is kept until the type comes back, somebody
//! [forgets](crate::Host::forget_state) it, or the host is dropped.

mod carry;
mod cell;
mod disk;
mod encode;
mod entry;
mod gate;
mod instance;
mod object;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use carry::{Carried, Fault};
pub(crate) use cell::Binding;
pub(crate) use entry::{inside_gate, with_snapshot, within};
pub use instance::Instance;
pub use report::{Migration, StateInfo, StateReport};

use cell::Cell;
use disk::Stored;
use gate::{Closed, Gate};

use crate::error::{Error, suggestions};
use crate::snapshot::Snapshot;
use crate::sync::{Arc, Mutex, lock};

/// A plugin's name and a state type's.
type Key = (Arc<str>, Arc<str>);

/// All state of a host.
#[derive(Debug)]
pub(crate) struct States {
    gate: Gate,
    /// How long a migration waits for calls.
    patience: Duration,
    types: Mutex<Types>,
}

#[derive(Debug, Default)]
struct Types {
    cells: BTreeMap<Key, Arc<Cell>>,
    /// What was read from disk, for types that were not there since.
    stored: BTreeMap<Key, Stored>,
    /// Where that was read from.
    file: PathBuf,
}

impl States {
    /// State that migrates within `patience`, and begins with what a file holds.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read.
    pub(crate) fn new(patience: Duration, file: Option<&Path>) -> Result<Self, Error> {
        let mut types = Types::default();
        if let Some(file) = file {
            types.stored = disk::read(file)?;
            file.clone_into(&mut types.file);
        }
        Ok(Self {
            gate: Gate::new(),
            patience,
            types: Mutex::new(types),
        })
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Holds calls that touch state back, once those inside have ended.
    ///
    /// # Errors
    ///
    /// If they do not end in time.
    pub(crate) fn close_gate(&self) -> Result<Closed<'_>, String> {
        self.gate.close(self.patience).ok_or_else(|| {
            format!(
                "its state is still in use: a call that touches state did not end within {:?}",
                self.patience
            )
        })
    }

    /// Lets go of all objects; those that running calls use live until the calls end.
    pub(crate) fn close(&self) {
        let types = std::mem::take(&mut *lock(&self.types));
        drop(types);
    }

    /// How often calls were held back.
    pub(crate) fn pauses(&self) -> usize {
        self.gate.closings()
    }

    /// What there is, by plugin and name.
    pub(crate) fn list(&self, current: &Snapshot) -> Vec<StateInfo> {
        let (cells, stored) = {
            let types = lock(&self.types);
            let stored: Vec<(Key, Stored)> = types
                .stored
                .iter()
                .map(|(key, stored)| (key.clone(), stored.clone()))
                .collect();
            (types.cells.clone(), stored)
        };
        let used = carry::used_cells(current);
        let mut infos: Vec<StateInfo> = cells
            .values()
            .map(|cell| cell.info(used.contains(&Arc::as_ptr(cell))))
            .collect();
        infos.extend(stored.into_iter().map(|(key, stored)| stored.info(&key)));
        infos.sort_by(|a, b| (&a.plugin, &a.name).cmp(&(&b.plugin, &b.name)));
        infos
    }

    /// Drops the object of a type that no unit of the current snapshot uses.
    ///
    /// # Errors
    ///
    /// If there is no such state, it is in use, or a call with an old pin uses it too long.
    pub(crate) fn forget(
        &self,
        current: impl FnOnce() -> Arc<Snapshot>,
        plugin: &str,
        name: &str,
    ) -> Result<(), Error> {
        let key: Key = (plugin.into(), name.into());
        let path = format!("{plugin}::{name}");
        let refuse = |why: &str| Error::state(format!("{path} cannot be forgotten: {why}"));
        let closed = self.close_gate().map_err(|why| refuse(&why))?;
        let mut types = lock(&self.types);
        let was_stored = types.stored.remove(&key).is_some();
        let Some(cell) = types.cells.get(&key).cloned() else {
            if was_stored {
                return Ok(());
            }
            let names = types.cells.keys().chain(types.stored.keys());
            let names: Vec<String> = names
                .map(|(plugin, name)| format!("{plugin}::{name}"))
                .collect();
            let names = names.iter().map(String::as_str);
            return Err(Error::unknown(
                format!("state {path}"),
                suggestions(&path, names),
            ));
        };
        if carry::used_cells(&current()).contains(&Arc::as_ptr(&cell)) {
            return Err(refuse("functions that live use it"));
        }
        match cell.without_object() {
            Some(rest) => types.cells.insert(key, rest),
            None => types.cells.remove(&key),
        };
        drop(types);
        let object = cell.retire();
        drop(closed);
        drop(object);
        Ok(())
    }

    /// Writes all state to a file, in place of the one that is there.
    ///
    /// # Errors
    ///
    /// If something cannot be saved or written, or calls use the state for too long; the file
    /// is then as it was.
    pub(crate) fn save(&self, file: &Path) -> Result<(), Error> {
        let refuse = |why: String| Error::state(format!("the state cannot be saved: {why}"));
        let closed = self.close_gate().map_err(refuse)?;
        let types = lock(&self.types);
        let mut stored = types.stored.clone();
        for (key, cell) in &types.cells {
            if let Some(saved) = cell.stored().map_err(refuse)? {
                stored.insert(key.clone(), saved);
            }
        }
        drop(types);
        drop(closed);
        disk::write(file, &stored)
    }
}

//! Modes: what is asked of the driver while it runs.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Instant;

use super::{Answer, Driver};
use crate::candidate::Candidate;
use crate::event::{Change, Event};
use crate::reload::machine::{ChangeSet, Input, SourceId};
use crate::reload::modes::{ModeChange, PluginMode};
use crate::reload::watchlist::Source;
use crate::source::PluginSource;
use crate::sync::Arc;
use crate::watching::lookup::Place;

impl Driver {
    pub(super) fn set_mode(&mut self, change: ModeChange, answer: &mpsc::Sender<()>) {
        self.modes.change(change);
        self.apply_modes();
        self.give_up_recoding();
        let left_out = self.left_out.iter().copied();
        let is_taken = |source: &SourceId| {
            let mut plugins = self.plugins_of(*source).into_iter();
            plugins.all(|plugin| self.modes.of(&plugin) == PluginMode::On)
        };
        let taken: ChangeSet = left_out.filter(is_taken).collect();
        self.take_left_out(taken);
        // Whoever asked may have gone.
        let _ = answer.send(());
    }

    pub(super) fn reload_now(&mut self, answer: mpsc::Sender<Answer>) {
        if self.machine.is_idle() {
            self.latest = Ok(None);
        }
        self.is_forced = true;
        self.apply_modes();
        self.take_left_out(self.left_out.clone());
        self.refresh(answer);
    }

    /// Compares sources anew of which something was left out.
    fn take_left_out(&mut self, taken: ChangeSet) {
        for source in &taken {
            self.left_out.remove(source);
            self.dirty.entry(*source).or_default().everywhere = true;
        }
        self.changed(taken);
    }

    /// Tells the machine what is off, if that has changed.
    pub(super) fn apply_modes(&mut self) {
        let off = if self.is_forced {
            ChangeSet::new()
        } else {
            // The first version is taken in any mode.
            let live = self.owners.values().copied();
            let live = live.map(|source| (source, self.plugins_of(source)));
            self.modes.off(live)
        };
        if off != self.off {
            if !self.machine.held().is_subset(&off) {
                self.noticed.get_or_insert_with(Instant::now);
            }
            self.off.clone_from(&off);
            self.feed(Input::Off(off));
        }
    }

    /// Leaves out of a candidate what modes say; gives what that is.
    pub(super) fn restrict(
        &mut self,
        candidate: &mut Candidate,
        owners: &mut BTreeMap<Arc<str>, SourceId>,
    ) -> Vec<Change> {
        if self.is_forced {
            return Vec::new();
        }
        let left_out = self.modes.restrict(candidate, &self.shared.pin());
        for (name, source) in &self.owners {
            if !candidate.removed.contains(name) {
                // A plugin that is gone and was left where it is.
                owners.entry(name.clone()).or_insert(*source);
            }
        }
        for change in &left_out {
            self.left_out.extend(owners.get(change.plugin.as_str()));
        }
        if !left_out.is_empty() {
            let changes = left_out.clone();
            self.shared.emit(Event::LeftOut { changes });
        }
        left_out
    }

    /// Says of sources that changed that they are held back.
    pub(super) fn report_held(&self, before: &ChangeSet) {
        let held = self.machine.held().difference(before);
        let plugins: Vec<String> = held.flat_map(|source| self.plugins_of(*source)).collect();
        if !plugins.is_empty() {
            self.shared.emit(Event::Held { plugins });
        }
    }

    /// The plugins that a source makes, as far as that is known.
    pub(super) fn plugins_of(&self, id: SourceId) -> Vec<String> {
        if let Source::Plugin(plugin) = self.sources.get(id) {
            return vec![plugin.name().to_owned()];
        }
        let owned = self.owners.iter().filter(|(_, source)| **source == id);
        owned.map(|(name, _)| name.to_string()).collect()
    }
}

/// Where a plugin's sources are.
pub(super) fn place(plugin: &PluginSource) -> Place {
    match plugin {
        PluginSource::Crate(plugin) => Place {
            templates: plugin.templates.clone(),
            // Cargo runs the compiler in the workspace's directory.
            sources: vec![plugin.workspace_root.clone(), plugin.directory.clone()],
        },
        PluginSource::Templates(folder) => Place {
            templates: Some(folder.templates.clone()),
            sources: vec![folder.directory.clone()],
        },
    }
}

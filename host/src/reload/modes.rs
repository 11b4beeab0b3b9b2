//! What is reloaded: which plugins, and how much of them.
//!
//! A plugin that is not reloaded is watched all the same. What changes in it is kept in mind
//! by the state machine, and built as soon as the plugin is reloaded again, so no edit is lost.
//! The first version of a plugin is always taken.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::{ChangeSet, SourceId};
use crate::candidate::{Candidate, PatchedUnits};
use crate::error::Error;
use crate::event::{Change, ChangeKind};
use crate::host::Host;
use crate::reload::driver::Message;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// Which plugins are reloaded when they change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReloadMode {
    /// All.
    #[default]
    All,
    /// All but these.
    AllBut(BTreeSet<String>),
    /// These alone.
    Only(BTreeSet<String>),
    /// None, until [`Host::reload_now`] is called.
    Off,
}

impl ReloadMode {
    /// These plugins alone.
    pub fn only<T: Into<String>>(plugins: impl IntoIterator<Item = T>) -> Self {
        Self::Only(plugins.into_iter().map(Into::into).collect())
    }

    /// All plugins but these.
    pub fn all_but<T: Into<String>>(plugins: impl IntoIterator<Item = T>) -> Self {
        Self::AllBut(plugins.into_iter().map(Into::into).collect())
    }

    fn has(&self, plugin: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(plugins) => !plugins.contains(plugin),
            Self::Only(plugins) => plugins.contains(plugin),
            Self::Off => false,
        }
    }
}

/// How much of a plugin is reloaded when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PluginMode {
    /// Everything.
    On,
    /// New units are taken; those that are there are neither replaced nor deleted. What is
    /// left out is reported, and taken when the plugin is [`On`](Self::On) again.
    Additive,
    /// Nothing, until it is [`On`](Self::On) again or [`Host::reload_now`] is called.
    Off,
}

/// The modes of a host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Modes {
    pub(crate) mode: ReloadMode,
    pub(crate) additive: bool,
    pub(crate) plugins: BTreeMap<String, PluginMode>,
}

/// A change of the modes.
#[derive(Debug)]
pub(crate) enum ModeChange {
    Mode(ReloadMode),
    Additive(bool),
    Plugin(String, Option<PluginMode>),
}

impl Modes {
    /// How much of a plugin is reloaded.
    pub(crate) fn of(&self, plugin: &str) -> PluginMode {
        match self.plugins.get(plugin) {
            Some(mode) => *mode,
            None if !self.mode.has(plugin) => PluginMode::Off,
            None if self.additive => PluginMode::Additive,
            None => PluginMode::On,
        }
    }

    pub(crate) fn change(&mut self, change: ModeChange) {
        match change {
            ModeChange::Mode(mode) => self.mode = mode,
            ModeChange::Additive(additive) => self.additive = additive,
            ModeChange::Plugin(plugin, Some(mode)) => {
                self.plugins.insert(plugin, mode);
            }
            ModeChange::Plugin(plugin, None) => {
                self.plugins.remove(&plugin);
            }
        }
    }

    /// Takes out of a candidate what plugins that only take additions do not take; gives it.
    /// Plugins that were never published are complete.
    pub(crate) fn restrict(&self, candidate: &mut Candidate, before: &Snapshot) -> Vec<Change> {
        let is_additive = |plugin: &Arc<str>| {
            self.of(plugin) == PluginMode::Additive && before.plugin_units(plugin).next().is_some()
        };
        let mut left_out = Vec::new();
        let names: Vec<Arc<str>> = candidate.plugins.keys().cloned().collect();
        for name in names.iter().filter(|name| is_additive(name)) {
            if let Some(plugin) = candidate.plugins.remove(name) {
                let units = plugin.units();
                let names: BTreeSet<&str> = units.iter().map(|unit| &**unit.name()).collect();
                let gone = before.plugin_units(name);
                let gone = gone.filter(|unit| !names.contains(&**unit.name()));
                left_out.extend(gone.map(|unit| deleted(name, unit.name())));
                let mut patch = PatchedUnits {
                    units: units.to_vec(),
                    ..PatchedUnits::default()
                };
                additions(name, &mut patch, before, &mut left_out);
                candidate.patches.insert(name.clone(), patch);
            }
        }
        for (name, patch) in &mut candidate.patches {
            if is_additive(name) && !patch.folds {
                let deleted_names = std::mem::take(&mut patch.deleted);
                left_out.extend(deleted_names.iter().map(|unit| deleted(name, unit)));
                additions(name, patch, before, &mut left_out);
            }
        }
        let removed = std::mem::take(&mut candidate.removed);
        for name in removed {
            if is_additive(&name) {
                let units = before.plugin_units(&name);
                left_out.extend(units.map(|unit| deleted(&name, unit.name())));
            } else {
                candidate.removed.insert(name);
            }
        }
        left_out.sort_unstable();
        left_out.dedup();
        left_out
    }

    /// The sources that are not reloaded, of those for which `plugins` gives the names.
    pub(super) fn off(&self, sources: impl Iterator<Item = (SourceId, Vec<String>)>) -> ChangeSet {
        let is_off = |plugin: &String| self.of(plugin) == PluginMode::Off;
        let sources = sources.filter(|(_, plugins)| plugins.iter().any(is_off));
        sources.map(|(source, _)| source).collect()
    }
}

/// Leaves only new units in a patch, and notes the others that differ from what lives.
fn additions(
    plugin: &Arc<str>,
    patch: &mut PatchedUnits,
    before: &Snapshot,
    left_out: &mut Vec<Change>,
) {
    patch.units.retain(|unit| {
        let kind = match before.find_own(plugin, unit.name()) {
            Some(live) if live.same_meaning(unit) => return false,
            Some(_) => ChangeKind::Update,
            // It would take over the handles of a name, which is to replace what they run.
            None if replaces(unit, before) => ChangeKind::Rename,
            None => return true,
        };
        left_out.push(Change {
            plugin: plugin.to_string(),
            unit: unit.name().to_string(),
            kind,
            line: Some(unit.line()),
        });
        false
    });
}

/// Whether a unit takes the place of one that had the name which it says it had.
fn replaces(unit: &LiveUnit, before: &Snapshot) -> bool {
    let mut former = unit.former_names();
    former.any(|former| before.find_own(unit.plugin(), former).is_some())
}

fn deleted(plugin: &str, unit: &str) -> Change {
    Change {
        plugin: plugin.to_owned(),
        unit: unit.to_owned(),
        kind: ChangeKind::Delete,
        line: None,
    }
}

/// Reload modes. They count from the moment that a call returns: a build that is under way of
/// a plugin that is switched off is given up.
impl Host {
    /// Sets which plugins are reloaded when they change. What changed in a plugin while it was
    /// not is built and published when it is again.
    ///
    /// ```no_run
    /// use hotplate::ReloadMode;
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// host.set_mode(ReloadMode::Off)?;
    /// // Edits wait.
    /// host.set_mode(ReloadMode::only(["site"]))?;
    /// // Those of `site` are published now; the others go on waiting.
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the host is stopped or dropped, or all its plugins are linked.
    pub fn set_mode(&self, mode: ReloadMode) -> Result<(), Error> {
        self.change_mode(ModeChange::Mode(mode))
    }

    /// Sets whether plugins whose own mode was not set take only
    /// [additions](PluginMode::Additive).
    ///
    /// # Errors
    ///
    /// As [`set_mode`](Self::set_mode).
    pub fn set_additive(&self, additive: bool) -> Result<(), Error> {
        self.change_mode(ModeChange::Additive(additive))
    }

    /// Sets how much of one plugin is reloaded, whatever holds for the others; nothing for
    /// what holds for them.
    ///
    /// # Errors
    ///
    /// As [`set_mode`](Self::set_mode).
    pub fn set_plugin_mode(
        &self,
        plugin: &str,
        mode: impl Into<Option<PluginMode>>,
    ) -> Result<(), Error> {
        self.change_mode(ModeChange::Plugin(plugin.to_owned(), mode.into()))
    }

    /// How much of a plugin is reloaded now.
    ///
    /// # Errors
    ///
    /// As [`set_mode`](Self::set_mode).
    pub fn plugin_mode(&self, plugin: &str) -> Result<PluginMode, Error> {
        let plugin = plugin.to_owned();
        self.must_reload()?;
        self.ask(|answer| Message::ModeOf(plugin, answer))
    }

    /// Builds and publishes everything that changed, once, whatever the modes say, and waits
    /// for it. As [`refresh`](Self::refresh), which leaves alone what is not reloaded.
    ///
    /// # Errors
    ///
    /// If the change set was rejected; what served goes on serving.
    pub fn reload_now(&self) -> Result<Option<crate::Receipt>, Error> {
        if self.is_fixed() {
            return Ok(None);
        }
        self.ask(Message::ReloadNow)?
    }

    fn change_mode(&self, change: ModeChange) -> Result<(), Error> {
        self.must_reload()?;
        self.ask(|answer| Message::SetMode(change, answer))
    }

    fn must_reload(&self) -> Result<(), Error> {
        if self.is_fixed() {
            let message = "all plugins are linked into the program, so none is ever reloaded";
            return Err(Error::setup(message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_s_own_mode_counts_before_those_of_all() {
        let check = |modes: &Modes, expected: [PluginMode; 2]| {
            assert_eq!(
                ["a", "b"].map(|plugin| modes.of(plugin)),
                expected,
                "{modes:?}"
            );
        };
        use PluginMode::{Additive, Off, On};
        let mut modes = Modes::default();
        check(&modes, [On, On]);
        modes.change(ModeChange::Mode(ReloadMode::only(["a"])));
        check(&modes, [On, Off]);
        modes.change(ModeChange::Additive(true));
        check(&modes, [Additive, Off]);
        modes.change(ModeChange::Mode(ReloadMode::all_but(["a"])));
        check(&modes, [Off, Additive]);
        modes.change(ModeChange::Plugin("a".into(), Some(On)));
        check(&modes, [On, Additive]);
        modes.change(ModeChange::Mode(ReloadMode::Off));
        check(&modes, [On, Off]);
        modes.change(ModeChange::Plugin("a".into(), None));
        check(&modes, [Off, Off]);
    }
}

//! Plugins that appear in directories which are searched for them, and go again.
//!
//! A directory is copied file by file, so a new one is left alone until nothing in it has
//! changed for a while: what is half-copied is no mistake. Then it is asked what it is. One
//! that is no plugin is passed over, and looked at again when it changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::control::place;
use super::{Driver, Message};
use crate::build::CancelToken;
use crate::error::with_causes;
use crate::event::{Event, Rejection, Stage};
use crate::files::{FileChange, FileChangeKind};
use crate::reload::machine::{ChangeSet, Input, SourceId};
use crate::reload::setup::{is_no_plugin, sub_directories};
use crate::sync::{Arc, lock};

/// A new directory must have been still for this long, or for more quiet periods.
const SHORTEST_STILLNESS: Duration = Duration::from_millis(250);
const STILL_PERIODS: u32 = 40;

impl Driver {
    /// The next message; nothing when the driver is to end. Looks at new directories when
    /// their time has come.
    pub(super) fn next_message(&mut self, messages: &mpsc::Receiver<Message>) -> Option<Message> {
        loop {
            let Some(due) = self.arrivals.values().min().copied() else {
                return messages.recv().ok();
            };
            let left = due.saturating_duration_since(Instant::now());
            match messages.recv_timeout(left) {
                Ok(message) => return Some(message),
                Err(mpsc::RecvTimeoutError::Timeout) => self.arrive(),
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Puts off changes in directories that are new, or on their way out; gives the others.
    pub(super) fn put_off(&mut self, changes: &[FileChange]) -> Vec<FileChange> {
        let mut rest = Vec::new();
        let mut moving = BTreeSet::new();
        for change in changes {
            match self.moving_directory(change, &moving) {
                Some(directory) => {
                    moving.insert(directory);
                }
                None => rest.push(change.clone()),
            }
        }
        let quiet = self.settings.quiet_period.saturating_mul(STILL_PERIODS);
        let due = Instant::now() + quiet.max(SHORTEST_STILLNESS);
        for directory in moving {
            self.arrivals.insert(directory, due);
        }
        rest
    }

    /// The directory, if it is one to be searched for plugins, that a change lies in and that
    /// is new, or loses its plugin.
    fn moving_directory(&self, change: &FileChange, moving: &BTreeSet<PathBuf>) -> Option<PathBuf> {
        let parents = self.sources.discovered_in();
        let directory = parents.iter().find_map(|parent| {
            let rest = change.path.strip_prefix(parent).ok()?;
            let mut parts = rest.components();
            let first = parts.next()?;
            parts.next().map(|_| parent.join(first))
        })?;
        if moving.contains(&directory) || self.arrivals.contains_key(&directory) {
            return Some(directory);
        }
        let Some(source) = self.sources.source_of(&directory) else {
            // It may lie in the directory of a plugin that was named.
            let is_owned = self.sources.is_owned(&change.path);
            return (!is_owned).then_some(directory);
        };
        let is_moving = self.absent.contains(&source)
            || change.kind == FileChangeKind::Removed && !self.is_whole(&directory);
        (is_moving && self.discovered.contains(&source)).then_some(directory)
    }

    /// Whether a directory may be a plugin's.
    fn is_whole(&self, directory: &Path) -> bool {
        let found = lock(&self.manifests).discover(directory, &CancelToken::new());
        found.is_ok()
    }

    /// Looks at those new directories that have been still for long enough.
    fn arrive(&mut self) {
        let now = Instant::now();
        let due = self.arrivals.iter().filter(|(_, due)| **due <= now);
        let due: Vec<PathBuf> = due.map(|(directory, _)| directory.clone()).collect();
        let mut changed = ChangeSet::new();
        for directory in due {
            self.arrivals.remove(&directory);
            let source = match self.sources.source_of(&directory) {
                Some(known) => Some(known),
                None => self.discover(&directory),
            };
            changed.extend(source);
        }
        for source in &changed {
            self.dirty.entry(*source).or_default().outside = true;
        }
        self.libraries.forget();
        self.changed(changed);
        if !self.waiting.is_empty() && self.arrivals.is_empty() {
            self.feed(Input::Retry);
        }
    }

    /// Takes a new directory in, if it is a plugin.
    fn discover(&mut self, directory: &Path) -> Option<SourceId> {
        let found = lock(&self.manifests).discover(directory, &CancelToken::new());
        let plugin = match found {
            Ok(plugin) => plugin,
            Err(error) => {
                if !is_no_plugin(&error) {
                    self.refuse_directory(None, with_causes(&error));
                }
                return None;
            }
        };
        let name = plugin.name().to_owned();
        let other = self.sources.plugin_named(&name);
        if self.linked.contains(name.as_str()) || other.is_some() {
            let other = other.unwrap_or_else(|| "one that is linked into the program".to_owned());
            let message = format!(
                "two plugins are named {name}: {} and {other}; rename one",
                directory.display()
            );
            self.refuse_directory(Some(name), message);
            return None;
        }
        self.shared.places.set(&name, place(&plugin));
        if plugin.is_crate() {
            self.libraries.add(plugin.root().to_owned());
        }
        let source = self.sources.add(Arc::new(plugin));
        self.discovered.insert(source);
        self.shared.emit(Event::Discovered {
            plugin: name,
            path: directory.to_owned(),
        });
        let further = self.watch_contexts();
        self.concerned(further);
        Some(source)
    }

    fn refuse_directory(&mut self, plugin: Option<String>, message: String) {
        let rejection: Rejection = self.rejection(Stage::Source, plugin, message);
        self.shared.emit(Event::Rejected(rejection));
    }

    /// Notes which plugins have gone and which are there.
    pub(super) fn note_absent(&mut self, gone: &[SourceId], set: &ChangeSet) {
        self.absent.retain(|source| !set.contains(source));
        self.absent.extend(gone);
    }
}

/// The plugins in directories that are searched for them, at the start.
pub(super) fn found_in(parents: &[PathBuf]) -> Vec<PathBuf> {
    let found = parents.iter().flat_map(|parent| sub_directories(parent));
    found.collect()
}

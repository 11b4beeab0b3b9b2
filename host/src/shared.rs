//! What a host's handles share: the current snapshot, and the one place where a new
//! one becomes current.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::Deref;
use std::sync::Weak;
use std::sync::mpsc;
use std::time::Instant;

use arc_swap::cache::Cache;
use arc_swap::{ArcSwap, Guard};
use hotplate_plugin_api::UnitEntry;
use hotplate_plugin_api::signature::{LayoutFn, Signature};

use crate::candidate::{Candidate, Difference, artifacts_between, changes_between};
use crate::error::{Error, suggestions};
use crate::event::{Cause, Diagnostic, Event, Events, Receipt, Rejection, Stage, Timings};
use crate::layout;
use crate::options::Defaults;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, lock};
use crate::unit::LiveUnit;

/// How a publish ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A new snapshot is current.
    Published(Receipt),
    /// Every unit means what it meant.
    Unchanged(Vec<String>),
    /// Units of these plugins moved to fewer libraries.
    Folded(Vec<String>),
    /// A live handle would have broken.
    Refused(Rejection),
}

/// The current snapshot as one thread last saw it: a look costs one atomic load unless
/// there is a newer one.
///
/// It keeps that snapshot alive until the next look.
pub(crate) struct LocalSnapshot {
    shared: Arc<Shared>,
    cache: Cache<Current, Arc<Snapshot>>,
}

struct Current(Arc<Shared>);

impl Deref for Current {
    type Target = ArcSwap<Snapshot>;

    fn deref(&self) -> &ArcSwap<Snapshot> {
        &self.0.current
    }
}

impl LocalSnapshot {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            cache: Cache::new(Current(shared.clone())),
            shared,
        }
    }

    /// The current snapshot.
    pub(crate) fn get(&mut self) -> Result<&Snapshot, Error> {
        let snapshot = self.cache.load();
        if snapshot.generation() == 0 {
            // A host that is gone leaves an empty snapshot behind.
            self.shared.check_open()?;
        }
        Ok(snapshot)
    }
}

impl fmt::Debug for LocalSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalSnapshot")
    }
}

/// What a live function handle needs its unit to be.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) parameters: Vec<LayoutFn>,
    pub(crate) returned: LayoutFn,
}

impl Expectation {
    pub(crate) fn compare(&self, found: &Signature) -> Result<(), String> {
        layout::compare_signatures(&self.parameters, self.returned, found)
    }
}

/// Shared by a host and its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    current: ArcSwap<Snapshot>,
    closed: AtomicBool,
    pub(crate) defaults: Defaults,
    keep: usize,
    /// Held while a snapshot is published and while a handle is made, so that no handle
    /// misses the check of a publish.
    table: Mutex<Table>,
    listeners: Mutex<Vec<mpsc::Sender<Event>>>,
    rejection: Mutex<Option<Rejection>>,
}

#[derive(Debug, Default)]
struct Table {
    expectations: HashMap<SlotId, Vec<Weak<Expectation>>>,
    /// Snapshots that were current, the latest last.
    kept: VecDeque<Arc<Snapshot>>,
}

impl Shared {
    pub(crate) fn new(defaults: Defaults, keep: usize) -> Self {
        Self {
            current: ArcSwap::default(),
            closed: AtomicBool::new(false),
            defaults,
            keep,
            table: Mutex::default(),
            listeners: Mutex::default(),
            rejection: Mutex::default(),
        }
    }

    /// The current snapshot, for the length of a call.
    pub(crate) fn current(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// The current snapshot, to keep.
    pub(crate) fn pin(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The current generation.
    pub(crate) fn generation(&self) -> u64 {
        self.current.load().generation()
    }

    /// An error once the host has been dropped.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) {
            Err(Error::closed())
        } else {
            Ok(())
        }
    }

    /// Ends the host's side: handles give errors from here on, and what only snapshots
    /// kept alive is retired. Calls that are running keep theirs.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let kept = std::mem::take(&mut lock(&self.table).kept);
        let last = self.current.swap(Arc::default());
        lock(&self.listeners).clear();
        drop((kept, last));
    }

    pub(crate) fn kept_snapshots(&self) -> usize {
        lock(&self.table).kept.len()
    }

    /// The earlier snapshots that can be gone back to, the latest last.
    pub(crate) fn kept(&self) -> Vec<Arc<Snapshot>> {
        lock(&self.table).kept.iter().cloned().collect()
    }

    pub(crate) fn rejection(&self) -> Option<Rejection> {
        lock(&self.rejection).clone()
    }

    pub(crate) fn subscribe(&self) -> Events {
        let (sender, receiver) = mpsc::channel();
        self.add_listener(sender);
        Events(receiver)
    }

    pub(crate) fn add_listener(&self, listener: mpsc::Sender<Event>) {
        lock(&self.listeners).push(listener);
    }

    /// Tells everybody; listeners that are gone are forgotten.
    pub(crate) fn emit(&self, event: Event) {
        trace(&event);
        match &event {
            Event::Rejected(rejection) => *lock(&self.rejection) = Some(rejection.clone()),
            Event::Resolved { outstanding } => (*lock(&self.rejection)).clone_from(outstanding),
            _ => {}
        }
        lock(&self.listeners).retain(|listener| listener.send(event.clone()).is_ok());
    }

    /// The slot of a unit that lives or lived, with the unit if it lives.
    pub(crate) fn find(
        &self,
        kind: &'static str,
        plugin: &str,
        name: &str,
    ) -> Result<SlotId, Error> {
        self.check_open()?;
        let snapshot = self.current();
        find_in(&snapshot, kind, plugin, name)
    }

    /// Finds a function, checks its signature and has every later publish check it again.
    /// Gives the slot and the generation in which it was checked.
    pub(crate) fn expect(
        &self,
        plugin: &str,
        name: &str,
        expectation: &Arc<Expectation>,
    ) -> Result<(SlotId, u64), Error> {
        self.check_open()?;
        let mut table = lock(&self.table);
        let snapshot = self.current();
        let slot = find_in(&snapshot, "function", plugin, name)?;
        if let Some(unit) = snapshot.unit(slot)
            && let Some(function) = unit.function()
        {
            expectation
                .compare(&function.signature)
                .map_err(|difference| Error::incompatible(unit.path(), difference))?;
        }
        let waiting = table.expectations.entry(slot).or_default();
        waiting.retain(|expectation| expectation.strong_count() > 0);
        waiting.push(Arc::downgrade(expectation));
        Ok((slot, snapshot.generation()))
    }

    /// Makes `candidate` current, or says why not. One caller at a time: the driver.
    pub(crate) fn publish(
        &self,
        candidate: Candidate,
        cause: Cause,
        mut timings: Timings,
        noticed: Instant,
    ) -> Outcome {
        let began = Instant::now();
        let mut table = lock(&self.table);
        let before = self.pin();
        let differing = Difference::between(&before, &candidate);
        if differing.changes.is_empty() && differing.artifacts.is_empty() {
            differing.move_positions();
            if let Some(next) = differing.fold(&before) {
                // The same meaning in fewer libraries: the same generation.
                self.store(next);
                let plugins = candidate.patches.keys().map(ToString::to_string);
                return Outcome::Folded(plugins.collect());
            }
            let built = candidate.plugins.keys().chain(candidate.patches.keys());
            return Outcome::Unchanged(built.map(ToString::to_string).collect());
        }
        let next = differing.apply(&before);
        if let Some(rejection) = table.broken_handle(&before, &next) {
            return Outcome::Refused(rejection);
        }
        let generation = next.generation();
        // Nobody wants to go back to what there was before the start.
        let keeps = cause != Cause::Start;
        self.make_current(&mut table, keeps.then_some(before), next);
        drop(table);
        differing.move_positions();
        timings.publish = began.elapsed();
        timings.total = noticed.elapsed();
        Outcome::Published(Receipt {
            generation,
            cause,
            changes: differing.changes,
            artifacts: differing.artifacts,
            timings,
        })
    }

    /// Publishes the snapshot that was current before the current one.
    pub(crate) fn rollback(&self) -> Result<Receipt, Error> {
        let began = Instant::now();
        let mut table = lock(&self.table);
        let Some(earlier) = table.kept.back().cloned() else {
            return Err(Error::nothing_to_roll_back_to());
        };
        let before = self.pin();
        let index = before.index().clone();
        let next = Snapshot::new(before.generation() + 1, index, earlier.units().to_vec());
        if let Some(rejection) = table.broken_handle(&before, &next) {
            return Err(Error::rejected(rejection));
        }
        let changes = changes_between(&before, &next);
        let artifacts = artifacts_between(&before, &next);
        table.kept.pop_back();
        let generation = next.generation();
        self.store(next);
        drop(table);
        drop(before);
        let elapsed = began.elapsed();
        Ok(Receipt {
            generation,
            cause: Cause::Rollback,
            changes,
            artifacts,
            timings: Timings {
                publish: elapsed,
                total: elapsed,
                ..Timings::default()
            },
        })
    }

    fn make_current(&self, table: &mut Table, before: Option<Arc<Snapshot>>, next: Snapshot) {
        self.store(next);
        table.kept.extend(before);
        while table.kept.len() > self.keep {
            table.kept.pop_front();
        }
    }

    /// The one atomic step.
    fn store(&self, next: Snapshot) {
        self.current.store(Arc::new(next));
    }
}

impl Table {
    /// The first live handle that `next` would break, as a rejection.
    fn broken_handle(&mut self, before: &Snapshot, next: &Snapshot) -> Option<Rejection> {
        for (slot, expectations) in &mut self.expectations {
            expectations.retain(|expectation| expectation.strong_count() > 0);
            let Some(unit) = next.unit(*slot) else {
                continue;
            };
            if before.unit(*slot).is_some_and(|old| Arc::ptr_eq(old, unit)) {
                continue;
            }
            let broken = match unit.entry() {
                UnitEntry::Function(function) => expectations
                    .iter()
                    .filter_map(Weak::upgrade)
                    .find_map(|expectation| expectation.compare(&function.signature).err()),
                _ if expectations.is_empty() => None,
                _ => Some(format!("it is a {} now", unit.kind())),
            };
            if let Some(difference) = broken {
                let mut diagnostic = Diagnostic::message(format!(
                    "{} is in use with another signature: {difference}; put the signature back, \
                     or restart the host with handles of the new one",
                    unit.path()
                ));
                diagnostic.file = Some(unit.file());
                diagnostic.line = Some(unit.line());
                return Some(Rejection {
                    stage: Stage::Signature,
                    plugin: Some(unit.plugin().to_string()),
                    diagnostics: vec![diagnostic],
                    serving: before.generation(),
                });
            }
        }
        None
    }
}

/// Whether a unit is of a kind; a partial can be rendered as a template is.
fn is_of(kind: &str, unit: &LiveUnit) -> bool {
    unit.kind() == kind || kind == "template" && unit.is_renderable()
}

fn find_in(
    snapshot: &Snapshot,
    kind: &'static str,
    plugin: &str,
    name: &str,
) -> Result<SlotId, Error> {
    let index = snapshot.index();
    if let Some(slot) = index.slot(plugin, name) {
        return match snapshot.unit(slot) {
            Some(unit) if !is_of(kind, unit) => {
                Err(Error::wrong_kind(unit.path(), kind, unit.kind()))
            }
            _ => Ok(slot),
        };
    }
    if !index.plugin_names().any(|known| &**known == plugin) {
        let names = index.plugin_names().map(|name| &**name);
        return Err(Error::unknown(
            format!("plugin {plugin}"),
            suggestions(plugin, names),
        ));
    }
    let of_kind = snapshot
        .plugin_units(plugin)
        .filter(|unit| is_of(kind, unit));
    Err(Error::unknown(
        format!("{kind} {name} in plugin {plugin}"),
        suggestions(name, of_kind.map(|unit| &**unit.name())),
    ))
}

fn trace(event: &Event) {
    match event {
        Event::Published(receipt) => tracing::info!(
            generation = receipt.generation,
            changes = receipt.changes.len(),
            total_ms = receipt.timings.total.as_secs_f64() * 1000.0,
            "published"
        ),
        Event::Rejected(rejection) => tracing::warn!(
            stage = rejection.stage.as_str(),
            plugin = rejection.plugin.as_deref(),
            serving = rejection.serving,
            "{rejection}"
        ),
        Event::Polling { path, reason } => {
            tracing::warn!(path = %path.display(), "polling: {reason}");
        }
        Event::WatchFailed { path, message } => {
            tracing::warn!(path = %path.display(), "cannot watch: {message}");
        }
        other => tracing::debug!(event = ?other),
    }
}

//! What a host's handles share: the current snapshot, and the one place where a new
//! one becomes current.

use std::collections::{HashMap, VecDeque};
use std::sync::Weak;
use std::sync::mpsc;
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};

use crate::candidate::{Candidate, Difference, artifacts_between, changes_between};
use crate::error::{Error, suggestions};
use crate::event::{Cause, Event, Events, Receipt, Rejection, Timings};
use crate::expectation::{Expectation, Target};
use crate::options::Defaults;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::{Arc, AtomicBool, AtomicUsize, Mutex, Ordering, lock};
use crate::unit::LiveUnit;
use crate::watching::changes::Changes;
use crate::watching::intercept::Interceptions;
use crate::watching::lookup::Places;
use crate::watching::renames;

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
#[derive(Debug)]
pub(crate) struct LocalSnapshot {
    snapshot: Arc<Snapshot>,
}

impl LocalSnapshot {
    pub(crate) fn new(shared: &Shared) -> Self {
        Self {
            snapshot: shared.pin(),
        }
    }

    /// The snapshot that was seen last, if it is the current one.
    #[inline]
    pub(crate) fn fresh(&self, shared: &Shared) -> Option<&Arc<Snapshot>> {
        // Nothing else can have the address of a snapshot that is kept alive here.
        let is_current = shared.is_current(address(&self.snapshot));
        is_current.then_some(&self.snapshot)
    }

    /// The snapshot that was seen last.
    #[inline]
    pub(crate) fn latest(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The current snapshot, looked at anew.
    #[cold]
    pub(crate) fn renew(&mut self, shared: &Shared) -> Result<&Arc<Snapshot>, Error> {
        self.snapshot = shared.pin();
        if self.snapshot.generation() == 0 {
            // A host that is gone leaves an empty snapshot behind.
            shared.check_open()?;
        }
        Ok(&self.snapshot)
    }
}

/// By which [`Shared::is_current`] knows a snapshot, for who keeps it alive.
pub(crate) fn address(snapshot: &Arc<Snapshot>) -> usize {
    Arc::as_ptr(snapshot).addr()
}

/// What every call looks at, on a cache line that nobody writes between publishes.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Current {
    snapshot: ArcSwap<Snapshot>,
    /// Where the snapshot lies, for those who have it already; 0 if that is to be looked up.
    address: AtomicUsize,
    closed: AtomicBool,
}

/// Shared by a host and its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    current: Current,
    pub(crate) defaults: Defaults,
    keep: usize,
    /// Held while a snapshot is published and while a handle is made, so that no handle
    /// misses the check of a publish.
    table: Mutex<Table>,
    listeners: Mutex<Vec<mpsc::Sender<Event>>>,
    rejection: Mutex<Option<Rejection>>,
    pub(crate) changes: Changes,
    pub(crate) interceptions: Interceptions,
    pub(crate) places: Places,
}

#[derive(Debug, Default)]
struct Table {
    expectations: HashMap<Target, Vec<Weak<Expectation>>>,
    /// Snapshots that were current, the latest last.
    kept: VecDeque<Arc<Snapshot>>,
}

impl Shared {
    pub(crate) fn new(defaults: Defaults, keep: usize) -> Self {
        Self {
            current: Current::default(),
            defaults,
            keep,
            table: Mutex::default(),
            listeners: Mutex::default(),
            rejection: Mutex::default(),
            changes: Changes::default(),
            interceptions: Interceptions::default(),
            places: Places::default(),
        }
    }

    /// Whether the snapshot at this address is the current one, or false if that is being
    /// replaced.
    #[inline]
    pub(crate) fn is_current(&self, address: usize) -> bool {
        self.current.address.load(Ordering::Acquire) == address
    }

    /// The current snapshot, for the length of a call.
    #[inline]
    pub(crate) fn current(&self) -> Guard<Arc<Snapshot>> {
        self.current.snapshot.load()
    }

    /// The current snapshot, to keep.
    pub(crate) fn pin(&self) -> Arc<Snapshot> {
        self.current.snapshot.load_full()
    }

    /// The current generation.
    pub(crate) fn generation(&self) -> u64 {
        self.current.snapshot.load().generation()
    }

    /// An error once the host has been dropped.
    #[inline]
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.current.closed.load(Ordering::Acquire) {
            Err(Error::closed())
        } else {
            Ok(())
        }
    }

    /// Ends the host's side: handles give errors from here on, and what only snapshots
    /// kept alive is retired. Calls that are running keep theirs.
    pub(crate) fn close(&self) {
        self.current.closed.store(true, Ordering::Release);
        let kept = std::mem::take(&mut lock(&self.table).kept);
        let last = self.current.snapshot.swap(Arc::default());
        self.current.address.store(0, Ordering::Release);
        lock(&self.listeners).clear();
        drop((kept, last));
        self.changes.stop();
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

    /// Compares the unit that a new handle means with what it expects, and has every later
    /// publish compare it again. Gives the generation in which it was compared.
    pub(crate) fn expect(
        &self,
        target: Target,
        expectation: &Arc<Expectation>,
    ) -> Result<u64, Error> {
        self.check_open()?;
        let mut table = lock(&self.table);
        let snapshot = self.current();
        if let Some(unit) = target.unit(&snapshot, &self.defaults.layers) {
            expectation.check(&snapshot, unit)?;
        }
        let waiting = table.expectations.entry(target).or_default();
        waiting.push(Arc::downgrade(expectation));
        Ok(snapshot.generation())
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
            if let Some(next) = differing.fold(&before)
                && self.broken_handle(&mut table, &before, &next).is_none()
            {
                // The same meaning in fewer libraries: the same generation.
                self.store(next);
                let plugins = candidate.patches.keys().map(ToString::to_string);
                return Outcome::Folded(plugins.collect());
            }
            let built = candidate.plugins.keys().chain(candidate.patches.keys());
            return Outcome::Unchanged(built.map(ToString::to_string).collect());
        }
        let next = differing.apply(&before);
        if let Some(rejection) = renames::contradiction(&before, &next) {
            return Outcome::Refused(rejection);
        }
        if let Some(rejection) = self.broken_handle(&mut table, &before, &next) {
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
            renames: differing.renames,
            left_out: Vec::new(),
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
        let next = Snapshot::going_back(&before, &earlier);
        if let Some(rejection) = self.broken_handle(&mut table, &before, &next) {
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
            renames: Vec::new(),
            left_out: Vec::new(),
            artifacts,
            timings: Timings {
                publish: elapsed,
                total: elapsed,
                ..Timings::default()
            },
        })
    }

    /// The first live handle that `next` would break, as a rejection.
    fn broken_handle(
        &self,
        table: &mut Table,
        before: &Snapshot,
        next: &Snapshot,
    ) -> Option<Rejection> {
        let layers = &self.defaults.layers;
        table.expectations.retain(|_, expectations| {
            expectations.retain(|expectation| expectation.strong_count() > 0);
            !expectations.is_empty()
        });
        let mut broken = table
            .expectations
            .iter()
            .filter_map(|(target, expectations)| {
                let unit = target.unit(next, layers)?;
                // The same function was compared before. Of a template, blocks may differ.
                let same = target
                    .unit(before, layers)
                    .is_some_and(|old| Arc::ptr_eq(old, unit));
                if same && unit.function().is_some() {
                    return None;
                }
                let mut expectations = expectations.iter().filter_map(Weak::upgrade);
                expectations.find_map(|expectation| expectation.refusal(before, next, unit))
            });
        broken.next()
    }

    fn make_current(&self, table: &mut Table, before: Option<Arc<Snapshot>>, next: Snapshot) {
        self.store(next);
        table.kept.extend(before);
        while table.kept.len() > self.keep {
            table.kept.pop_front();
        }
    }

    /// The one atomic step.
    fn store(&self, mut next: Snapshot) {
        next.set_interceptors(self.interceptions.over(&next));
        let next = Arc::new(next);
        let address = address(&next);
        let before = self.current.snapshot.swap(next.clone());
        self.current.address.store(address, Ordering::Release);
        self.changes.tell(before, next);
    }

    /// Makes the current snapshot current again, with the interceptors that there are now.
    pub(crate) fn store_again(&self) {
        let _table = lock(&self.table);
        if self.check_open().is_ok() {
            let before = self.pin();
            self.store(before.with_units(before.generation(), before.units().to_vec()));
        }
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

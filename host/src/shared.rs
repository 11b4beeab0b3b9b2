//! What a host's handles share: the current snapshot, and the one place where a new
//! one becomes current.

use std::collections::HashMap;
use std::sync::Weak;
use std::sync::mpsc;
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};

use crate::candidate::{Candidate, Difference, artifacts_between, changes_between};
use crate::error::{Error, suggestions};
use crate::event::{Cause, Event, Events, Receipt, Rejection, Timings};
use crate::expectation::{Expectation, Target};
use crate::options::Defaults;
use crate::pin;
use crate::publish::{Held, History, HistoryEntry, Holder, Proposal, Publishing, Verdict};
use crate::snapshot::{SlotId, Snapshot};
use crate::state::{self, Carried, Fault, States};
use crate::sync::{Arc, AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering, lock};
use crate::unit::LiveUnit;
use crate::watching::changes::Changes;
use crate::watching::intercept::Interceptions;
use crate::watching::lookup::Places;
use crate::watching::renames;

/// How a publish ended.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each publish, and taken apart at once"
)]
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
    snapshot: Held,
}

impl LocalSnapshot {
    pub(crate) fn new(shared: &Shared) -> Self {
        Self {
            snapshot: Held::by_local_handle(shared.pin()),
        }
    }

    /// The snapshot that was seen last, if it is the current one.
    #[inline]
    pub(crate) fn fresh(&self, shared: &Shared) -> Option<&Arc<Snapshot>> {
        // Nothing else can have the address of a snapshot that is kept alive here.
        let is_current = shared.is_current(address(&self.snapshot));
        is_current.then_some(&*self.snapshot)
    }

    /// The snapshot that was seen last.
    #[inline]
    pub(crate) fn latest(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The current snapshot, looked at anew.
    #[cold]
    pub(crate) fn renew(&mut self, shared: &Shared) -> Result<&Arc<Snapshot>, Error> {
        self.snapshot = Held::by_local_handle(shared.pin());
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
    /// What calls have to take notice of: 0 if there is nothing, [`CLOSED`], or else the
    /// generation that is on trial.
    attention: AtomicU64,
}

/// The host has been dropped.
const CLOSED: u64 = u64::MAX;

/// Shared by a host and its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    current: Current,
    pub(crate) defaults: Defaults,
    pub(crate) publishing: Publishing,
    /// What plugins keep between calls.
    pub(crate) states: States,
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
    history: History,
}

impl Shared {
    pub(crate) fn new(
        defaults: Defaults,
        keep: usize,
        states: States,
        publishing: Publishing,
    ) -> Self {
        Self {
            current: Current::default(),
            defaults,
            publishing,
            states,
            table: Mutex::new(Table {
                expectations: HashMap::new(),
                history: History::new(keep),
            }),
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
        if self.current.attention.load(Ordering::Acquire) == CLOSED {
            Err(Error::closed())
        } else {
            Ok(())
        }
    }

    /// Whether calls have to take the way of those that are counted, or refused.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        self.current.attention.load(Ordering::Acquire) != 0
    }

    /// The current snapshot, for a call with nothing else to take notice of: none is running on
    /// this thread, and none is counted or refused.
    #[inline(always)]
    pub(crate) fn current_undisturbed(&self) -> Option<Guard<Arc<Snapshot>>> {
        if pin::is_in_call() {
            return None;
        }
        let current = self.current();
        // Looked at after the snapshot, so that no call of a generation on trial is missed.
        (!self.needs_attention()).then_some(current)
    }

    /// Does something in the snapshot of the call that is running on this thread, else in the
    /// current one, inside the gate if `touches` says that it may touch state there; an error
    /// once the host has been dropped.
    #[inline]
    pub(crate) fn run<R>(
        &self,
        touches: impl Fn(&Snapshot) -> bool,
        body: impl FnOnce(&Snapshot) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.needs_attention() {
            return self.run_attended(touches, body);
        }
        state::with_snapshot(self, touches, body)
    }

    /// As [`run`](Self::run), in a snapshot that the caller holds.
    #[inline]
    pub(crate) fn run_in<R>(
        &self,
        snapshot: &Snapshot,
        touches: impl Fn(&Snapshot) -> bool,
        body: impl FnOnce(&Snapshot) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.needs_attention() && !pin::is_running(self) {
            let counted = |snapshot: &Snapshot| self.count(snapshot, || body(snapshot));
            return state::within(self, snapshot, touches, counted);
        }
        state::within(self, snapshot, touches, body)
    }

    #[cold]
    fn run_attended<R>(
        &self,
        touches: impl Fn(&Snapshot) -> bool,
        body: impl FnOnce(&Snapshot) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.check_open()?;
        // What is called from inside of a call is part of that.
        if pin::is_running(self) {
            return state::with_snapshot(self, touches, body);
        }
        let counted = |snapshot: &Snapshot| self.count(snapshot, || body(snapshot));
        state::with_snapshot(self, touches, counted)
    }

    /// Makes a call in a snapshot, and counts it if that is on trial.
    #[cold]
    fn count<R>(
        &self,
        snapshot: &Snapshot,
        call: impl FnOnce() -> Result<R, Error>,
    ) -> Result<R, Error> {
        let Some(trial) = snapshot.trial() else {
            return call();
        };
        let (result, verdict) = trial.observe(call);
        if trial.is_over() {
            // Unless the host has been dropped, or another generation is on trial.
            let _ = self.current.attention.compare_exchange(
                trial.generation(),
                0,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
        }
        if let Some(verdict) = verdict {
            self.publishing.report(verdict);
        }
        result
    }

    /// Ends the host's side: handles give errors from here on, and what only snapshots
    /// kept alive is retired. Calls that are running keep theirs.
    pub(crate) fn close(&self) {
        self.current.attention.store(CLOSED, Ordering::Release);
        let kept = lock(&self.table).history.take();
        let last = self.current.snapshot.swap(Arc::default());
        self.current.address.store(0, Ordering::Release);
        lock(&self.listeners).clear();
        self.publishing.close();
        drop((kept, last));
        self.changes.stop();
        self.states.close();
    }

    pub(crate) fn kept_snapshots(&self) -> usize {
        lock(&self.table).history.snapshots().len()
    }

    /// The snapshots that can be gone back to, the one that was left last at the end.
    pub(crate) fn kept(&self) -> Vec<Arc<Snapshot>> {
        lock(&self.table).history.snapshots().cloned().collect()
    }

    pub(crate) fn history(&self) -> Vec<HistoryEntry> {
        lock(&self.table).history.entries()
    }

    pub(crate) fn holders(&self) -> Vec<Holder> {
        lock(&self.table).history.holders()
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
        self.publishing.tell(self, &event);
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
        self: &Arc<Self>,
        candidate: Candidate,
        cause: Cause,
        mut timings: Timings,
        noticed: Instant,
    ) -> Outcome {
        let began = Instant::now();
        let before = self.pin();
        let differing = Difference::between(&before, &candidate);
        if differing.changes.is_empty() && differing.artifacts.is_empty() {
            differing.move_positions();
            let mut table = lock(&self.table);
            if let Some(next) = differing.fold(&before)
                && self.broken_handle(&mut table, &before, &next).is_none()
            {
                // The same meaning in fewer libraries: the same generation.
                let left = self.store(&mut table, next);
                drop(table);
                drop(left);
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
        let generation = next.generation();
        let proposal = Proposal {
            generation,
            serving: before.generation(),
            cause,
            changes: &differing.changes,
            artifacts: &differing.artifacts,
        };
        // Without the lock, so that who is asked may use the host.
        match self.publishing.approve(self, &before, &next, &proposal) {
            Ok(canaries) => timings.canaries = canaries,
            Err(rejection) => return Outcome::Refused(rejection),
        }
        let mut table = lock(&self.table);
        if let Some(rejection) = self.broken_handle(&mut table, &before, &next) {
            return Outcome::Refused(rejection);
        }
        let (mut table, next, carried) = match self.carry_state(table, &before, next) {
            Ok(carried) => carried,
            Err(rejection) => return Outcome::Refused(rejection),
        };
        // There is nothing to go back to before the start.
        let trial = (cause != Cause::Start).then(|| self.publishing.trial(generation));
        let left = self.store(&mut table, next.tried(trial.flatten()));
        drop(table);
        drop(left);
        let state = carried.commit();
        timings.publish = began.elapsed().saturating_sub(timings.canaries);
        timings.total = noticed.elapsed();
        differing.move_positions();
        let receipt = Receipt {
            generation,
            cause,
            changes: differing.changes,
            renames: differing.renames,
            left_out: Vec::new(),
            artifacts: differing.artifacts,
            state,
            timings,
        };
        let surplus = lock(&self.table).history.publish(&receipt, before, None);
        drop(surplus);
        Outcome::Published(receipt)
    }

    /// Publishes a snapshot again that was current earlier: that of a kept generation, or
    /// else what served before the current one.
    pub(crate) fn rollback(&self, to: Option<u64>, cause: Cause) -> Result<Receipt, Error> {
        let began = Instant::now();
        let earlier = lock(&self.table).history.find(to)?;
        let before = self.pin();
        let next = Snapshot::going_back(&before, &earlier.snapshot);
        let generation = next.generation();
        let changes = changes_between(&before, &next);
        let artifacts = artifacts_between(&before, &next);
        let proposal = Proposal {
            generation,
            serving: before.generation(),
            cause,
            changes: &changes,
            artifacts: &artifacts,
        };
        self.publishing
            .ask(self, &proposal)
            .map_err(Error::rejected)?;
        let mut table = lock(&self.table);
        if let Some(rejection) = self.broken_handle(&mut table, &before, &next) {
            return Err(Error::rejected(rejection));
        }
        let (mut table, next, carried) = self
            .carry_state(table, &before, next)
            .map_err(Error::rejected)?;
        let left = self.store(&mut table, next);
        drop(table);
        drop(left);
        let state = carried.commit();
        let elapsed = began.elapsed();
        let receipt = Receipt {
            generation,
            cause,
            changes,
            renames: Vec::new(),
            left_out: Vec::new(),
            artifacts,
            state,
            timings: Timings {
                publish: elapsed,
                total: elapsed,
                ..Timings::default()
            },
        };
        let mut table = lock(&self.table);
        let surplus = table.history.publish(&receipt, before, Some(&earlier));
        drop(table);
        drop(surplus);
        Ok(receipt)
    }

    /// Goes back because too many calls of the current generation failed, and keeps in mind
    /// what it had changed.
    pub(crate) fn leave(&self, verdict: &Verdict) -> Result<Receipt, Error> {
        let left = self.pin();
        let record = lock(&self.table).history.current().cloned();
        let result = self.rollback(
            None,
            Cause::Automatic {
                left: verdict.generation,
                calls: verdict.calls,
                failures: verdict.failures,
            },
        );
        if let (Ok(_), Some(record)) = (&result, record) {
            self.publishing.blame(verdict, &left, &record);
            lock(&self.table).history.mark_failed(verdict.generation);
        }
        result
    }

    /// Carries state into `next`, which has been checked. If state migrates, calls that touch
    /// it are held back until what is returned is committed or dropped; the table is let go of
    /// meanwhile, for calls that make handles, and `next` is checked again.
    fn carry_state<'s>(
        &'s self,
        mut table: MutexGuard<'s, Table>,
        before: &Snapshot,
        next: Snapshot,
    ) -> Result<(MutexGuard<'s, Table>, Snapshot, Carried<'s>), Rejection> {
        let refuse = |fault: Fault| fault.rejection(before.generation());
        let plan = self.states.plan(&next).map_err(refuse)?;
        let mut closed = None;
        if plan.needs_gate() {
            drop(table);
            let gate = self.states.close_gate();
            closed = Some(gate.map_err(|why| refuse(Fault::new(why)))?);
            table = lock(&self.table);
            if let Some(rejection) = self.broken_handle(&mut table, before, &next) {
                return Err(rejection);
            }
        }
        let carried = self.states.carry(plan, before, next, closed);
        let (next, carried) = carried.map_err(refuse)?;
        Ok((table, next, carried))
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

    /// The one atomic step. Gives what was current, which is to be dropped once the table is
    /// let go of: with it may go interceptors, which the program has made.
    #[must_use = "it is dropped without the table"]
    fn store(&self, table: &mut Table, mut next: Snapshot) -> Arc<Snapshot> {
        next.set_interceptors(self.interceptions.over(&next));
        let next = Arc::new(next);
        table.history.see(&next);
        let address = address(&next);
        let trial = next.trial().filter(|trial| !trial.is_over());
        let attention = trial.map_or(0, |trial| trial.generation());
        // First, so that no call of a generation on trial is missed.
        self.current.attention.store(attention, Ordering::Release);
        let before = self.current.snapshot.swap(next.clone());
        self.current.address.store(address, Ordering::Release);
        self.changes.tell(&before, &next);
        before
    }

    /// Makes the current snapshot current again, with the interceptors that there are now.
    pub(crate) fn store_again(&self) {
        let mut table = lock(&self.table);
        if self.check_open().is_ok() {
            let before = self.pin();
            let next = before.with_units(before.generation(), before.units().to_vec());
            let left = self.store(&mut table, next);
            drop(table);
            drop((before, left));
        }
    }
}

/// Whether a unit is of a kind; a partial can be rendered as a template is.
fn is_of(kind: &str, unit: &LiveUnit) -> bool {
    unit.kind() == kind || kind == "template" && unit.is_renderable()
}

/// The slot of a unit of a snapshot.
pub(crate) fn find_in(
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
        Event::Rejected(rejection) | Event::RollbackRefused(rejection) => tracing::warn!(
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

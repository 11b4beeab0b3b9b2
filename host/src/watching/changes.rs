//! Callbacks after a publish that changed a unit.
//!
//! They run on a thread of their own, one after the other, in the order of the publishes: a
//! callback may call the host, also to publish, and may take its time. That thread starts
//! with the first registration and ends with the host.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Weak, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::error::Error;
use crate::event::Event;
use crate::expectation::Target;
use crate::publish::panic_message;
use crate::registration::Registration;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::sync::{Arc, Condvar, Mutex, lock};

/// What a publish did to a unit that somebody watches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitChange {
    /// What it did.
    pub kind: UnitChangeKind,
    /// The generation that it made current.
    pub generation: u64,
    /// The unit that the handle means now, as `plugin::unit`; of one that is gone, its name.
    pub unit: String,
}

/// What a publish did to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnitChangeKind {
    /// What it comes to may be another thing now.
    Updated,
    /// It is gone.
    Removed,
    /// It was gone and is there again.
    Returned,
}

struct Callback {
    target: Target,
    path: Arc<str>,
    /// The generation that was current when it was registered.
    since: u64,
    call: Mutex<Box<Call>>,
}

type Call = dyn FnMut(&UnitChange) + Send;

/// Those who are told of publishes.
#[derive(Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    /// Told of every publish, and of the end.
    published: Condvar,
}

#[derive(Default)]
struct State {
    callbacks: Vec<Weak<Callback>>,
    sender: Option<mpsc::Sender<Publish>>,
    thread: Option<JoinHandle<()>>,
    /// How many publishes there were.
    publishes: u64,
    /// Whether nothing will be published any more.
    ended: bool,
}

/// The snapshots before and after a publish.
type Publish = (Arc<Snapshot>, Arc<Snapshot>);

impl Changes {
    /// Has `call` called after each later publish that changes what `target` means.
    pub(crate) fn register(
        &self,
        shared: &Arc<Shared>,
        target: Target,
        path: Arc<str>,
        call: impl FnMut(&UnitChange) + Send + 'static,
    ) -> Result<Registration, Error> {
        let mut state = lock(&self.state);
        shared.check_open()?;
        if state.sender.is_none() {
            let (sender, publishes) = mpsc::channel();
            let host = Arc::downgrade(shared);
            let thread = thread::Builder::new()
                .name("hotplate-changes".to_owned())
                .spawn(move || run(&host, &publishes))
                .map_err(|error| Error::setup_from("cannot start a thread", error))?;
            state.sender = Some(sender);
            state.thread = Some(thread);
        }
        let callback = Arc::new(Callback {
            target,
            path,
            // A publish that is not told of yet, but stored, is not later.
            since: shared.generation(),
            call: Mutex::new(Box::new(call)),
        });
        state.callbacks.push(Arc::downgrade(&callback));
        Ok(Registration::new(callback))
    }

    /// Passes on that `next` took the place of `before`.
    pub(crate) fn tell(&self, before: &Arc<Snapshot>, next: &Arc<Snapshot>) {
        let mut state = lock(&self.state);
        if before.generation() == next.generation() {
            return;
        }
        state.publishes += 1;
        state
            .callbacks
            .retain(|callback| callback.strong_count() > 0);
        if !state.callbacks.is_empty()
            && let Some(sender) = &state.sender
        {
            // An error means that the thread has ended, with the host.
            let _ = sender.send((before.clone(), next.clone()));
        }
        drop(state);
        self.published.notify_all();
    }

    /// Waits until `done` says so, which is asked now and after each publish; the error says
    /// that there will be none any more, and nothing that the time is over.
    pub(crate) fn wait<T>(
        &self,
        deadline: Option<Instant>,
        mut done: impl FnMut() -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mut state = lock(&self.state);
        loop {
            let publishes = state.publishes;
            drop(state);
            if let Some(result) = done() {
                return Ok(Some(result));
            }
            state = lock(&self.state);
            while state.publishes == publishes {
                if state.ended {
                    return Err(Error::closed());
                }
                let woken = match deadline {
                    None => self
                        .published
                        .wait(state)
                        .map_err(|error| error.into_inner()),
                    Some(deadline) => {
                        let left = deadline.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return Ok(None);
                        }
                        let woken = self.published.wait_timeout(state, left);
                        woken
                            .map(|(state, _)| state)
                            .map_err(|error| error.into_inner().0)
                    }
                };
                state = woken.unwrap_or_else(|state| state);
            }
        }
    }

    /// Wakes those who wait, so that they ask again.
    pub(crate) fn wake(&self) {
        lock(&self.state).publishes += 1;
        self.published.notify_all();
    }

    /// Nothing will be published any more.
    pub(crate) fn end(&self) {
        lock(&self.state).ended = true;
        self.published.notify_all();
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(&self) {
        self.end();
        let mut state = lock(&self.state);
        state.sender = None;
        let thread = state.thread.take();
        drop(state);
        // A callback may drop the host.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }

    fn callbacks(&self) -> Vec<Weak<Callback>> {
        lock(&self.state).callbacks.clone()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Changes({})", lock(&self.state).callbacks.len())
    }
}

/// The thread's body: calls who is concerned by each publish.
fn run(host: &Weak<Shared>, publishes: &mpsc::Receiver<Publish>) {
    while let Ok((before, next)) = publishes.recv() {
        let Some(shared) = host.upgrade() else {
            return;
        };
        for callback in shared.changes.callbacks() {
            // Looked at anew each time: a callback may end others, and the host.
            if shared.check_open().is_err() {
                return;
            }
            if let Some(callback) = callback.upgrade() {
                callback.tell(&shared, &before, &next);
            }
        }
    }
}

impl Callback {
    fn tell(&self, shared: &Shared, before: &Snapshot, next: &Snapshot) {
        if next.generation() <= self.since {
            return;
        }
        let layers = &shared.defaults.layers;
        let old = self.target.unit(before, layers);
        let new = self.target.unit(next, layers);
        let kind = match (old, new) {
            (None, None) => return,
            (Some(_), None) => UnitChangeKind::Removed,
            (None, Some(_)) => UnitChangeKind::Returned,
            (Some(_), Some(_)) => {
                let dependencies = next.dependencies(layers);
                let changed = dependencies.meaning_of(&self.target, next, layers);
                if changed < next.generation() {
                    return;
                }
                UnitChangeKind::Updated
            }
        };
        let change = UnitChange {
            kind,
            generation: next.generation(),
            unit: new.map_or_else(|| self.path.to_string(), |unit| unit.path()),
        };
        let mut call = lock(&self.call);
        let result = panic::catch_unwind(AssertUnwindSafe(|| (*call)(&change)));
        drop(call);
        if let Err(panic) = result {
            shared.emit(Event::CallbackPanicked {
                unit: self.path.to_string(),
                message: panic_message(&*panic),
            });
        }
    }
}

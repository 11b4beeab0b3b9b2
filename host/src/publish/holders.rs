//! Who keeps snapshots alive: pins, and handles of one thread.

use std::fmt;
use std::ops::Deref;

use crate::snapshot::Snapshot;
use crate::sync::{Arc, AtomicUsize, Ordering};

/// A generation that somebody holds, as [`Host::holders`](crate::Host::holders) lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The generation.
    pub generation: u64,
    /// How many pins hold it.
    pub pins: usize,
    /// How many handles of one thread have it from their last call.
    pub local_handles: usize,
    /// Whether it is the current one.
    pub is_current: bool,
    /// Whether the host keeps it, so that it can be gone back to. The libraries of one that is
    /// neither kept nor current go when its last holder does.
    pub is_kept: bool,
}

/// How many hold a snapshot. Nobody looks at these numbers during a call.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    pins: AtomicUsize,
    local_handles: AtomicUsize,
}

impl Holders {
    /// Pins, and local handles.
    pub(crate) fn count(&self) -> (usize, usize) {
        (
            self.pins.load(Ordering::Relaxed),
            self.local_handles.load(Ordering::Relaxed),
        )
    }

    fn of(&self, by: By) -> &AtomicUsize {
        match by {
            By::Pin => &self.pins,
            By::LocalHandle => &self.local_handles,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum By {
    Pin,
    LocalHandle,
}

/// A snapshot that is counted as held until this is dropped.
pub(crate) struct Held {
    snapshot: Arc<Snapshot>,
    by: By,
}

impl Held {
    /// Held by a pin.
    pub(crate) fn by_pin(snapshot: Arc<Snapshot>) -> Self {
        Self::new(snapshot, By::Pin)
    }

    /// Held by a handle of one thread.
    pub(crate) fn by_local_handle(snapshot: Arc<Snapshot>) -> Self {
        Self::new(snapshot, By::LocalHandle)
    }

    fn new(snapshot: Arc<Snapshot>, by: By) -> Self {
        snapshot.holders().of(by).fetch_add(1, Ordering::Relaxed);
        Self { snapshot, by }
    }
}

impl Deref for Held {
    type Target = Arc<Snapshot>;

    #[inline]
    fn deref(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        Self::new(self.snapshot.clone(), self.by)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let count = self.snapshot.holders().of(self.by);
        count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {} by {:?}", self.generation(), self.by)
    }
}

//! Pins: a call runs inside exactly one snapshot, and so does everything it calls.
#![expect(
    unsafe_code,
    reason = "a thread's running calls form a list of references into its own stack"
)]

use std::cell::Cell;
use std::fmt;
use std::ptr;

use crate::publish::Held;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::sync::Arc;

/// Proof that calls run inside one snapshot, for those who make several that belong
/// together.
///
/// Calls through `…_in(&pin, …)` run the code of the pinned snapshot, whatever is
/// published meanwhile. A pin keeps its snapshot, and the libraries in it, alive.
#[derive(Clone)]
pub struct Pin {
    pub(crate) shared: Arc<Shared>,
    pub(crate) snapshot: Held,
}

impl Pin {
    /// The generation of the pinned snapshot.
    pub fn generation(&self) -> u64 {
        self.snapshot.generation()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin(generation {})", self.generation())
    }
}

/// A call that is running on this thread. Lives in the stack frame of `nested`, or in a
/// handle.
struct Active {
    host: *const Shared,
    snapshot: *const Snapshot,
    outer: *const Active,
    /// Whether it has gone through the gate of its host's state.
    inside_gate: bool,
}

thread_local! {
    static INNERMOST: Cell<*const Active> = const { Cell::new(ptr::null()) };
}

/// What a handle of one thread keeps ready, so that a call need not write it down.
pub(crate) struct Ready(Active);

// SAFETY: the pointers are used by the calls of `outermost` alone, whose duty 1 is that they
// are valid.
unsafe impl Send for Ready {}
// SAFETY: as for `Send`; nothing is written through them.
unsafe impl Sync for Ready {}

impl Ready {
    /// For calls of a host in a snapshot, which are made inside the gate or not.
    pub(crate) fn new(shared: &Shared, snapshot: &Snapshot, inside_gate: bool) -> Self {
        Self(Active {
            host: shared,
            snapshot,
            outer: ptr::null(),
            inside_gate,
        })
    }
}

/// As [`within`], where no call of any host is running on this thread.
///
/// # Safety
///
/// 1. The host and the snapshot that `ready` was made for must be alive.
/// 2. [`is_in_call`] must be false.
#[inline(always)]
pub(crate) unsafe fn outermost<R>(ready: &Ready, call: impl FnOnce() -> R) -> R {
    let _leave = Leave(ptr::null());
    INNERMOST.set(&raw const ready.0);
    call()
}

/// Takes the last entry off the list, also when a call unwinds.
struct Leave(*const Active);

impl Drop for Leave {
    #[inline(always)]
    fn drop(&mut self) {
        INNERMOST.set(self.0);
    }
}

/// Runs `call` in the snapshot of the call that is already running on this thread, else
/// in the current one.
#[inline]
pub(crate) fn with_snapshot<R>(shared: &Shared, call: impl FnOnce(&Snapshot) -> R) -> R {
    match running(shared) {
        // SAFETY: `running` gives a snapshot that a frame of `nested` further up this
        // thread's stack, which outlasts this call, holds a reference to, or that is alive
        // during a call of `outermost` there by its duty 1.
        Some(snapshot) => call(unsafe { &*snapshot }),
        None => {
            let current = shared.current();
            within(shared, &current, call)
        }
    }
}

/// Whether a call of any host is running on this thread.
#[inline]
pub(crate) fn is_in_call() -> bool {
    !INNERMOST.get().is_null()
}

/// Whether a call of this host is running on this thread.
#[inline]
pub(crate) fn is_running(shared: &Shared) -> bool {
    running(shared).is_some()
}

/// Runs `call` in `snapshot`, and with it all calls of the same host that it makes on
/// this thread.
#[inline]
pub(crate) fn within<R>(
    shared: &Shared,
    snapshot: &Snapshot,
    call: impl FnOnce(&Snapshot) -> R,
) -> R {
    nested(shared, snapshot, false, || call(snapshot))
}

/// As [`within`], for a call that is inside the gate of the host's state.
#[inline]
pub(crate) fn within_gate<R>(
    shared: &Shared,
    snapshot: &Snapshot,
    call: impl FnOnce(&Snapshot) -> R,
) -> R {
    nested(shared, snapshot, true, || call(snapshot))
}

/// Runs code of a plugin that is no unit, and so in no snapshot: a panic in it is reported as
/// that of a call.
pub(crate) fn apart<R>(call: impl FnOnce() -> R) -> R {
    nested(ptr::null(), ptr::null(), false, call)
}

#[inline]
fn nested<R>(
    host: *const Shared,
    snapshot: *const Snapshot,
    inside_gate: bool,
    call: impl FnOnce() -> R,
) -> R {
    let active = Active {
        host,
        snapshot,
        outer: INNERMOST.get(),
        inside_gate,
    };
    let _leave = Leave(active.outer);
    INNERMOST.set(&raw const active);
    call()
}

/// Whether a call that is running on this thread has gone through the gate of this host.
pub(crate) fn is_inside_gate(shared: &Shared) -> bool {
    let is_inside =
        |active: &Active| (ptr::eq(active.host, shared) && active.inside_gate).then_some(());
    search(INNERMOST.get(), is_inside).is_some()
}

#[inline]
fn running(shared: &Shared) -> Option<*const Snapshot> {
    let innermost = INNERMOST.get();
    if innermost.is_null() {
        return None;
    }
    search(innermost, |active| {
        ptr::eq(active.host, shared).then_some(active.snapshot)
    })
}

/// What `find` gives for the first of the calls from `entry` outwards, which are running on
/// this thread.
fn search<T>(mut entry: *const Active, find: impl Fn(&Active) -> Option<T>) -> Option<T> {
    while !entry.is_null() {
        // SAFETY: entries are put on the list by `nested` and `outermost` on this thread,
        // and taken off before the borrow of them ends.
        let active = unsafe { &*entry };
        if let Some(found) = find(active) {
            return Some(found);
        }
        entry = active.outer;
    }
    None
}

//! Where calls from outside enter a snapshot, through the gate if they may touch state.

use crate::pin;
use crate::shared::Shared;
use crate::snapshot::Snapshot;

/// Runs `call` in the snapshot of the call that is running on this thread, else in the current
/// one; inside the gate if `touches` says that it may touch state there.
#[inline]
pub(crate) fn with_snapshot<R>(
    shared: &Shared,
    touches: impl Fn(&Snapshot) -> bool,
    call: impl FnOnce(&Snapshot) -> R,
) -> R {
    if pin::is_running(shared) {
        return pin::with_snapshot(shared, |snapshot| within(shared, snapshot, touches, call));
    }
    let current = shared.current();
    if !touches(&current) {
        return pin::within(shared, &current, call);
    }
    drop(current);
    inside_gate(shared, call)
}

/// Runs `call` in the current snapshot, inside the gate, where no call of the host is running on
/// this thread.
#[inline]
pub(crate) fn inside_gate<R>(shared: &Shared, call: impl FnOnce(&Snapshot) -> R) -> R {
    let _inside = shared.states.gate().enter();
    // Inside the gate, what is current stays the latest that state was migrated for.
    let current = shared.current();
    pin::within_gate(shared, &current, call)
}

/// Runs `call` in a snapshot, inside the gate if it may touch state there.
#[inline]
pub(crate) fn within<R>(
    shared: &Shared,
    snapshot: &Snapshot,
    touches: impl Fn(&Snapshot) -> bool,
    call: impl FnOnce(&Snapshot) -> R,
) -> R {
    if !touches(snapshot) {
        return pin::within(shared, snapshot, call);
    }
    // A thread that is inside may go on: a migration waits for it.
    let inside = (!pin::is_inside_gate(shared)).then(|| shared.states.gate().enter());
    let result = pin::within_gate(shared, snapshot, call);
    drop(inside);
    result
}

//! The budget of hand-written libraries, which stay mapped for good.
//!
//! Each one may take a thread key of the process, of which there are 1,024 for all
//! libraries together; running out aborts the process. The count is the one piece of
//! state that belongs to the process and not to a host, because the limit does.

use std::fmt;

use crate::sync::{AtomicUsize, Ordering};

/// The limit of thread keys on Linux, `PTHREAD_KEYS_MAX`.
const THREAD_KEYS: usize = 1024;

/// Keys left to the host's own libraries.
const RESERVE: usize = 128;

/// The most hand-written libraries that a process may load, whatever a host is told.
pub(crate) const LIMIT: usize = THREAD_KEYS - RESERVE;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// How many hand-written libraries are mapped in this process.
pub(crate) fn taken() -> usize {
    TAKEN.load(Ordering::Relaxed)
}

/// A hand-written library's place in the budget; given back on drop.
#[derive(Debug)]
pub(crate) struct NativeSlot(());

/// The budget does not allow another hand-written library.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BudgetSpent {
    budget: usize,
}

impl NativeSlot {
    /// Takes a place if fewer than `budget`, and fewer than [`LIMIT`], are taken.
    pub(crate) fn take(budget: usize) -> Result<Self, BudgetSpent> {
        let budget = budget.min(LIMIT);
        TAKEN
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < budget).then_some(taken + 1)
            })
            .map(|_| Self(()))
            .map_err(|_| BudgetSpent { budget })
    }

    /// Leaves the place taken until the process ends.
    pub(crate) fn keep_for_good(self) {
        std::mem::forget(self);
    }
}

impl Drop for NativeSlot {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Display for BudgetSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the budget of {} hand-written libraries is spent: each stays mapped and may hold one \
             of the process's {THREAD_KEYS} thread keys; restart the process to load more",
            self.budget
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_beyond_the_budget_and_takes_places_back() {
        let already = taken();
        let first = NativeSlot::take(already + 1).expect("one place is free");
        let spent = NativeSlot::take(already + 1).expect_err("no place is free");
        assert!(spent.to_string().contains("restart the process"));
        drop(first);
        NativeSlot::take(already + 1).expect("the place is free again");
    }
}

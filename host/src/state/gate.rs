//! The gate: calls that touch state go through it, and a migration closes it.

use std::fmt;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::sync::{AtomicBool, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, lock};

/// A count of calls, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(AtomicUsize);

/// Counts the calls inside, and keeps others out while it is closed.
///
/// Who enters counts itself and then looks whether the gate is closed; who closes it says so
/// and then looks at the counts. Of the two, in one total order, at least one sees the other.
pub(crate) struct Gate {
    shards: Box<[Shard]>,
    closed: AtomicBool,
    /// The thread that has closed it.
    holder: Mutex<Option<ThreadId>>,
    changed: Condvar,
    closings: AtomicUsize,
}

thread_local! {
    /// Its address tells threads apart.
    static PLACE: u8 = const { 0 };
}

impl Gate {
    pub(crate) fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = (threads * 8).next_power_of_two().clamp(32, 256);
        Self {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            closed: AtomicBool::new(false),
            holder: Mutex::default(),
            changed: Condvar::new(),
            closings: AtomicUsize::new(0),
        }
    }

    /// How often it was closed.
    pub(crate) fn closings(&self) -> usize {
        self.closings.load(Ordering::Relaxed)
    }

    /// Goes inside; waits while the gate is closed. The thread that closed it may enter.
    #[inline]
    pub(crate) fn enter(&self) -> Inside<'_> {
        let count = &self.shards[self.place()].0;
        count.fetch_add(1, Ordering::SeqCst);
        if self.closed.load(Ordering::SeqCst) {
            self.wait_outside(count);
        }
        Inside { gate: self, count }
    }

    /// The shard of this thread.
    #[inline]
    fn place(&self) -> usize {
        let address = PLACE.with(|place| (&raw const *place).addr());
        // Thread-local memory of two threads is pages apart.
        let mixed = (address as u64 >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed as usize & (self.shards.len() - 1)
    }

    #[cold]
    fn wait_outside(&self, count: &AtomicUsize) {
        let me = std::thread::current().id();
        loop {
            let mut holder = lock(&self.holder);
            if *holder == Some(me) {
                return;
            }
            count.fetch_sub(1, Ordering::SeqCst);
            self.changed.notify_all();
            while holder.is_some() {
                holder = self.wait(holder);
            }
            drop(holder);
            count.fetch_add(1, Ordering::SeqCst);
            if !self.closed.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    fn wait<'g>(
        &self,
        holder: MutexGuard<'g, Option<ThreadId>>,
    ) -> MutexGuard<'g, Option<ThreadId>> {
        let woken = self.changed.wait(holder);
        woken.unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Closes the gate and waits for who is inside; nothing if that takes longer than
    /// `patience`, and then it is open again.
    pub(crate) fn close(&self, patience: Duration) -> Option<Closed<'_>> {
        let deadline = Instant::now() + patience;
        let mut holder =
            self.wait_until(lock(&self.holder), deadline, |holder| holder.is_none())?;
        *holder = Some(std::thread::current().id());
        self.closings.fetch_add(1, Ordering::Relaxed);
        self.closed.store(true, Ordering::SeqCst);
        let closed = Closed {
            gate: self,
            since: Instant::now(),
        };
        let is_empty = |_: &Option<ThreadId>| {
            let mut counts = self.shards.iter();
            counts.all(|shard| shard.0.load(Ordering::SeqCst) == 0)
        };
        let empty = self.wait_until(holder, deadline, is_empty);
        // Opening takes the lock.
        let is_empty = empty.is_some();
        drop(empty);
        is_empty.then_some(closed)
    }

    fn wait_until<'g>(
        &self,
        mut holder: MutexGuard<'g, Option<ThreadId>>,
        deadline: Instant,
        condition: impl Fn(&Option<ThreadId>) -> bool,
    ) -> Option<MutexGuard<'g, Option<ThreadId>>> {
        while !condition(&holder) {
            let left = deadline.checked_duration_since(Instant::now())?;
            let woken = self.changed.wait_timeout(holder, left);
            (holder, _) = woken.unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        Some(holder)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate(closed {} times)", self.closings())
    }
}

/// A call that is inside.
#[derive(Debug)]
pub(crate) struct Inside<'g> {
    gate: &'g Gate,
    count: &'g AtomicUsize,
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
        if self.gate.closed.load(Ordering::SeqCst) {
            tell(self.gate);
        }
    }
}

/// Tells who closed the gate that a call has ended. The lock is taken so that this cannot
/// fall between its look at the counts and its wait.
#[cold]
fn tell(gate: &Gate) {
    drop(lock(&gate.holder));
    gate.changed.notify_all();
}

/// A gate that is closed, with nobody inside but the thread that closed it; opens on drop.
#[derive(Debug)]
pub(crate) struct Closed<'g> {
    gate: &'g Gate,
    since: Instant,
}

impl Closed<'_> {
    /// For how long it has been closed.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let mut holder = lock(&self.gate.holder);
        self.gate.closed.store(false, Ordering::SeqCst);
        *holder = None;
        drop(holder);
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_call_inside_keeps_it_from_closing_and_one_outside_waits() {
        let gate = Gate::new();
        let inside = gate.enter();
        assert!(gate.close(Duration::ZERO).is_none(), "somebody is inside");
        drop(inside);
        let closed = gate.close(LONG).expect("nobody is inside");
        let (entered, entries) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let inside = gate.enter();
                entered.send(()).expect("the test waits");
                drop(inside);
            });
            // Its own thread is let in, and nobody else.
            drop(gate.enter());
            assert!(entries.try_recv().is_err());
            drop(closed);
            entries.recv().expect("it is let in");
        });
        assert_eq!(gate.closings(), 2);
    }

    #[test]
    fn nobody_is_inside_a_closed_gate() {
        let gate = Gate::new();
        let value = AtomicUsize::new(0);
        let done = AtomicBool::new(false);
        let calls = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut calls = 0;
                        while !done.load(Ordering::Relaxed) {
                            let _inside = gate.enter();
                            value.fetch_add(1, Ordering::Relaxed);
                            calls += 1;
                        }
                        calls
                    })
                })
                .collect();
            for _ in 0..200 {
                let closed = gate.close(LONG).expect("calls are short");
                let before = value.load(Ordering::Relaxed);
                std::thread::yield_now();
                assert_eq!(value.load(Ordering::Relaxed), before);
                drop(closed);
            }
            done.store(true, Ordering::Relaxed);
            let counts = callers.into_iter().map(|caller| caller.join());
            counts
                .map(|count| count.expect("no caller panics"))
                .sum::<usize>()
        });
        assert_eq!(value.into_inner(), calls);
    }
}

//! Keeping the thread that measures on one core.

use crate::Fault;

/// Keeps this thread, and what it starts meanwhile, on one core until it is dropped.
#[derive(Debug)]
pub(crate) struct Pinned {
    #[cfg(target_os = "linux")]
    before: rustix::thread::CpuSet,
}

impl Pinned {
    /// Pins this thread to the last core that it may use: interrupts prefer the first.
    ///
    /// Gives nothing on systems other than Linux.
    #[cfg(target_os = "linux")]
    pub(crate) fn to_one_core() -> Result<Option<Self>, Fault> {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let before = sched_getaffinity(None)?;
        let last = (0..CpuSet::MAX_CPU)
            .rev()
            .find(|&core| before.is_set(core))
            .ok_or("this thread may use no core")?;
        let mut only = CpuSet::new();
        only.set(last);
        sched_setaffinity(None, &only)?;
        Ok(Some(Self { before }))
    }

    /// Pins nothing here.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn to_one_core() -> Result<Option<Self>, Fault> {
        Ok(None)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Pinned {
    fn drop(&mut self) {
        // It was allowed before.
        let _ = rustix::thread::sched_setaffinity(None, &self.before);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::sched_getaffinity;

    use super::*;

    #[test]
    fn a_thread_is_pinned_for_a_while() {
        let before = sched_getaffinity(None).expect("it is known");
        let pinned = Pinned::to_one_core().expect("it is allowed");
        let during = sched_getaffinity(None).expect("it is known");
        assert_eq!((pinned.is_some(), during.count()), (true, 1));
        drop(pinned);
        assert_eq!(sched_getaffinity(None).expect("it is known"), before);
    }
}

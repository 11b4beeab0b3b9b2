//! The snapshots that can be gone back to, and how each came to be.
//!
//! A generation that is left is kept, also one that a rollback leaves, so that one can go back
//! and forth. A rollback shows units of an *origin*: while that is kept, the rollback itself is
//! not. Each record knows its *parent*, the origin that served before it; an undo follows the
//! parents, so that a second undo goes further back and not forward again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Weak;
use std::time::SystemTime;

use super::Holder;
use crate::artifact::ArtifactHash;
use crate::error::Error;
use crate::event::{Cause, Change, Receipt};
use crate::snapshot::Snapshot;
use crate::sync::Arc;

/// A generation that is current or kept, as [`Host::history`](crate::Host::history) lists it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The number of its snapshot.
    pub generation: u64,
    /// Why it was published.
    pub cause: Cause,
    /// What it changed, plugin by plugin, in order of name.
    pub changes: Vec<Change>,
    /// The libraries that took over, with their plugins.
    pub artifacts: Vec<(String, ArtifactHash)>,
    /// When it was published.
    pub published: SystemTime,
    /// The earlier generation whose units it brought back, for a rollback.
    pub restores: Option<u64>,
    /// Whether it is the current one. All others can be gone back to.
    pub is_current: bool,
    /// Whether it was left because too many of its first calls failed.
    pub has_failed: bool,
    /// How many pins hold it.
    pub pins: usize,
    /// How many handles of one thread have it from their last call.
    pub local_handles: usize,
}

/// How a generation came to be.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) generation: u64,
    /// The generation whose units these are: its own, but for a rollback.
    pub(crate) origin: u64,
    /// The origin of what an undo goes back to.
    pub(crate) parent: Option<u64>,
    pub(crate) cause: Cause,
    pub(crate) changes: Vec<Change>,
    pub(crate) artifacts: Vec<(String, ArtifactHash)>,
    published: SystemTime,
    has_failed: bool,
}

/// What can be gone back to.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) origin: u64,
    parent: Option<u64>,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(crate) struct History {
    keep: usize,
    current: Option<Record>,
    /// What was left, the latest last.
    kept: VecDeque<(Record, Arc<Snapshot>)>,
    /// Every snapshot that somebody may hold.
    seen: Vec<Weak<Snapshot>>,
}

impl History {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// The record of the current generation.
    pub(crate) fn current(&self) -> Option<&Record> {
        self.current.as_ref()
    }

    /// The snapshots that can be gone back to, the one that was left last at the end.
    pub(crate) fn snapshots(&self) -> impl ExactSizeIterator<Item = &Arc<Snapshot>> {
        self.kept.iter().map(|(_, snapshot)| snapshot)
    }

    /// Takes note of a publish. `back_to` is what a rollback went back to. Gives what is no
    /// longer kept.
    pub(crate) fn publish(
        &mut self,
        receipt: &Receipt,
        before: Arc<Snapshot>,
        back_to: Option<&Kept>,
    ) -> Vec<Arc<Snapshot>> {
        // Nobody wants to go back to what there was before the start.
        let keeps = receipt.cause != Cause::Start;
        let own_parent = self.current.as_ref().filter(|_| keeps);
        let own_parent = own_parent.map(|current| current.origin);
        let record = Record {
            generation: receipt.generation,
            origin: back_to.map_or(receipt.generation, |kept| kept.origin),
            parent: back_to.map_or(own_parent, |kept| kept.parent),
            cause: receipt.cause,
            changes: receipt.changes.clone(),
            artifacts: receipt.artifacts.clone(),
            published: SystemTime::now(),
            has_failed: false,
        };
        let left = self.current.replace(record).filter(|_| keeps);
        if let Some(left) = left {
            let place = self.place_of(left.origin);
            let entry = place.and_then(|place| self.kept.remove(place));
            self.kept.push_back(entry.unwrap_or((left, before)));
        }
        let surplus = self.kept.len().saturating_sub(self.keep);
        let dropped = self.kept.drain(..surplus);
        dropped.map(|(_, snapshot)| snapshot).collect()
    }

    /// Takes note of a snapshot that is about to be current.
    pub(crate) fn see(&mut self, snapshot: &Arc<Snapshot>) {
        self.seen.retain(|seen| seen.strong_count() > 0);
        self.seen.push(Arc::downgrade(snapshot));
    }

    /// What to go back to: a kept generation, or else what served before.
    pub(crate) fn find(&self, generation: Option<u64>) -> Result<Kept, Error> {
        let current = self.current.as_ref();
        let place = match generation {
            Some(wanted) => {
                if let Some(current) = current
                    && (current.generation == wanted || current.origin == wanted)
                {
                    return Err(Error::setup(format!(
                        "generation {wanted} is what serves already"
                    )));
                }
                let exact = self.kept.iter();
                let exact = exact
                    .clone()
                    .position(|(kept, _)| kept.generation == wanted);
                exact
                    .or_else(|| self.place_of(wanted))
                    .ok_or_else(|| self.not_kept(wanted))?
            }
            None => current
                .and_then(|current| self.place_of(current.parent?))
                .ok_or_else(Error::nothing_to_roll_back_to)?,
        };
        let (record, snapshot) = &self.kept[place];
        Ok(Kept {
            snapshot: snapshot.clone(),
            origin: record.origin,
            parent: record.parent,
        })
    }

    fn place_of(&self, origin: u64) -> Option<usize> {
        self.kept.iter().position(|(kept, _)| kept.origin == origin)
    }

    fn not_kept(&self, wanted: u64) -> Error {
        let mut kept: Vec<u64> = self.kept.iter().map(|(kept, _)| kept.generation).collect();
        kept.sort_unstable_by_key(|generation| (generation.abs_diff(wanted), *generation));
        kept.truncate(3);
        let kept = kept.iter().map(ToString::to_string).collect();
        Error::unknown(format!("kept generation {wanted}"), kept)
    }

    /// Marks a kept generation as one whose calls failed.
    pub(crate) fn mark_failed(&mut self, generation: u64) {
        for (record, _) in &mut self.kept {
            record.has_failed |= record.generation == generation;
        }
    }

    /// Who holds what, by generation.
    fn held(&self) -> BTreeMap<u64, (usize, usize)> {
        let mut held: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
        for snapshot in self.seen.iter().filter_map(Weak::upgrade) {
            let (pins, local_handles) = snapshot.holders().count();
            let sum = held.entry(snapshot.generation()).or_default();
            *sum = (sum.0 + pins, sum.1 + local_handles);
        }
        held
    }

    /// The generations that somebody holds, in order.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        let current = self.current.as_ref().map(|record| record.generation);
        let held = self.held().into_iter();
        held.filter(|(_, counts)| *counts != (0, 0))
            .map(|(generation, (pins, local_handles))| Holder {
                generation,
                pins,
                local_handles,
                is_current: current == Some(generation),
                is_kept: self
                    .kept
                    .iter()
                    .any(|(kept, _)| kept.generation == generation),
            })
            .collect()
    }

    /// All that is kept, and what is current, in order.
    pub(crate) fn entries(&self) -> Vec<HistoryEntry> {
        let held = self.held();
        let entry = |record: &Record, is_current| {
            let (pins, local_handles) = held.get(&record.generation).copied().unwrap_or_default();
            HistoryEntry {
                generation: record.generation,
                cause: record.cause,
                changes: record.changes.clone(),
                artifacts: record.artifacts.clone(),
                published: record.published,
                restores: (record.origin != record.generation).then_some(record.origin),
                is_current,
                has_failed: record.has_failed,
                pins,
                local_handles,
            }
        };
        let kept = self.kept.iter().map(|(record, _)| entry(record, false));
        let current = self.current.iter().map(|record| entry(record, true));
        let mut entries: Vec<HistoryEntry> = kept.chain(current).collect();
        entries.sort_unstable_by_key(|entry| entry.generation);
        entries
    }

    /// Lets go of everything.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.keep))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Timings;
    use crate::state::StateReport;

    /// Publishes as `Shared` does; gives the origin that is current then.
    struct Timeline {
        history: History,
        snapshot: Arc<Snapshot>,
    }

    impl Timeline {
        fn new(keep: usize) -> Self {
            let mut timeline = Self {
                history: History::new(keep),
                snapshot: Arc::default(),
            };
            timeline.step(Cause::Start, None);
            timeline
        }

        fn step(&mut self, cause: Cause, back_to: Option<&Kept>) {
            let generation = self.snapshot.generation() + 1;
            let next = self.snapshot.with_units(generation, Vec::new());
            let before = std::mem::replace(&mut self.snapshot, Arc::new(next));
            let receipt = Receipt {
                generation,
                cause,
                changes: Vec::new(),
                renames: Vec::new(),
                left_out: Vec::new(),
                artifacts: Vec::new(),
                state: StateReport::default(),
                timings: Timings::default(),
            };
            self.history.publish(&receipt, before, back_to);
        }

        fn back(&mut self, generation: Option<u64>) -> Option<u64> {
            let kept = self.history.find(generation).ok()?;
            self.step(Cause::Rollback, Some(&kept));
            Some(kept.origin)
        }

        fn kept(&self) -> Vec<u64> {
            let entries = self.history.entries().into_iter();
            let kept = entries.filter(|entry| !entry.is_current);
            kept.map(|entry| entry.generation).collect()
        }
    }

    /// Each step is an edit, an undo, or a rollback to a generation; with it the origin that
    /// serves then, or 0 if it is refused, and what is kept.
    enum Step {
        Edit,
        Undo(u64),
        To(u64, u64),
    }

    fn check(keep: usize, steps: &[(Step, &[u64])]) {
        let mut timeline = Timeline::new(keep);
        for (number, (step, kept)) in steps.iter().enumerate() {
            match step {
                Step::Edit => timeline.step(Cause::Edit, None),
                Step::Undo(origin) => {
                    assert_eq!(timeline.back(None).unwrap_or(0), *origin, "step {number}");
                }
                Step::To(wanted, origin) => {
                    let found = timeline.back(Some(*wanted)).unwrap_or(0);
                    assert_eq!(found, *origin, "step {number}");
                }
            }
            assert_eq!(timeline.kept(), *kept, "step {number}");
        }
    }

    #[test]
    fn undoing_twice_goes_further_back() {
        check(
            8,
            &[
                (Step::Undo(0), &[]),
                (Step::Edit, &[1]),
                (Step::Edit, &[1, 2]),
                (Step::Undo(2), &[1, 2, 3]),
                (Step::Undo(1), &[1, 2, 3]),
                (Step::Undo(0), &[1, 2, 3]),
                (Step::Edit, &[1, 2, 3]),
                (Step::Undo(1), &[1, 2, 3, 6]),
            ],
        );
    }

    #[test]
    fn one_can_go_to_any_kept_generation_and_forward_again() {
        check(
            8,
            &[
                (Step::Edit, &[1]),
                (Step::Edit, &[1, 2]),
                (Step::To(1, 1), &[1, 2, 3]),
                (Step::To(1, 0), &[1, 2, 3]),
                (Step::To(4, 0), &[1, 2, 3]),
                (Step::To(3, 3), &[1, 2, 3]),
                (Step::Undo(2), &[1, 2, 3]),
                (Step::To(99, 0), &[1, 2, 3]),
            ],
        );
    }

    #[test]
    fn no_more_is_kept_than_was_asked_for() {
        check(0, &[(Step::Edit, &[]), (Step::Undo(0), &[])]);
        check(
            1,
            &[
                (Step::Edit, &[1]),
                (Step::Edit, &[2]),
                (Step::Undo(2), &[3]),
                // Its origin is gone, so the rollback stands for itself.
                (Step::To(3, 3), &[4]),
                (Step::To(4, 2), &[5]),
            ],
        );
    }

    #[test]
    fn what_is_not_kept_is_named_with_what_is() {
        let mut timeline = Timeline::new(8);
        timeline.step(Cause::Edit, None);
        timeline.step(Cause::Edit, None);
        let error = timeline.history.find(Some(7)).expect_err("it never was");
        assert!(error.is_unknown());
        assert_eq!(
            error.to_string(),
            "no kept generation 7; did you mean 2 or 1?"
        );
    }
}

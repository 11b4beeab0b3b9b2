//! The reload state machine: when to build, cancel, publish and carry over.
//!
//! Pure: no path, clock or thread in it. Sources are numbers, builds are numbers,
//! and everything it wants done it returns as actions for the driver.

use std::collections::BTreeSet;

/// A plugin's sources, or a prebuilt library, by its place in the driver's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SourceId(pub(crate) usize);

/// A set of sources that are built and published together.
pub(crate) type ChangeSet = BTreeSet<SourceId>;

/// A build's number; a later build has a greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BuildId(pub(crate) u64);

/// Something the machine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The contents of these sources changed.
    Changed(ChangeSet),
    /// From now on these sources are not to be built, and no others.
    Off(ChangeSet),
    /// Somebody waits for everything that is not published yet to be tried again.
    Retry,
    /// A build ended and made a candidate.
    Built(BuildId),
    /// A build ended and made none, for a reason that the driver has reported or that
    /// it was cancelled.
    BuildFailed(BuildId),
    /// The caller's synchronisation point was reached.
    Synchronise,
    /// The candidate was published, or found to change nothing.
    Settled(BuildId),
    /// The candidate was refused.
    Refused(BuildId),
    /// What was refused is not wanted any more: these sources are what lives.
    Withdrawn(ChangeSet),
}

/// Something the machine wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start building these sources.
    Build(BuildId, ChangeSet),
    /// Stop a build that is out of date; `BuildFailed` or `Built` still follows.
    Cancel(BuildId),
    /// Forget what a build made: it is out of date.
    Discard(BuildId),
    /// Report that a build failed, unless it was out of date.
    Report(BuildId),
    /// Check the candidate against what lives and make it current.
    Publish(BuildId),
    /// Nothing is under way any more: answer those who wait.
    Rest,
}

/// When candidates may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As soon as they are ready.
    Background,
    /// Only at a synchronisation point.
    Manual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// Nothing under way.
    Idle,
    /// A build runs. What changed since then makes it out of date.
    Building {
        id: BuildId,
        set: ChangeSet,
        since: ChangeSet,
        /// Whether it is out of date. It may be with nothing to be built in its place.
        is_stale: bool,
    },
    /// A candidate waits for a synchronisation point.
    Ready { id: BuildId, set: ChangeSet },
    /// The driver is publishing.
    Publishing { id: BuildId, set: ChangeSet },
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Machine {
    mode: Mode,
    phase: Phase,
    next: u64,
    /// Sources of refused change sets that had more than one member: edited together,
    /// they appear together, when the last of them is right.
    together: ChangeSet,
    /// Sources whose own last build was refused.
    refused: ChangeSet,
    /// Sources that are not to be built.
    off: ChangeSet,
    /// Those of them that changed meanwhile.
    held: ChangeSet,
    /// Whether somebody waits for the candidate, so that `Manual` does not hold it back.
    synchronising: bool,
}

impl Machine {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            phase: Phase::Idle,
            next: 1,
            together: ChangeSet::new(),
            refused: ChangeSet::new(),
            off: ChangeSet::new(),
            held: ChangeSet::new(),
            synchronising: false,
        }
    }

    /// Whether nothing is under way and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    /// The sources of the change set that is under way.
    pub(crate) fn in_flight(&self) -> ChangeSet {
        match &self.phase {
            Phase::Idle => ChangeSet::new(),
            Phase::Building { set, since, .. } => set.union(since).copied().collect(),
            Phase::Ready { set, .. } | Phase::Publishing { set, .. } => set.clone(),
        }
    }

    pub(crate) fn step(&mut self, input: Input) -> Vec<Action> {
        match input {
            Input::Changed(changed) if changed.is_empty() => Vec::new(),
            Input::Changed(changed) => self.changed(changed),
            Input::Off(off) => self.switch_off(off),
            Input::Retry => self.retry(),
            Input::Built(id) => self.ended(id, true),
            Input::BuildFailed(id) => self.ended(id, false),
            Input::Synchronise => self.synchronise(),
            Input::Settled(id) => self.settled(id),
            Input::Refused(id) => self.refused(id),
            Input::Withdrawn(set) => self.withdrawn(&set),
        }
    }

    /// The sources that changed and are not to be built.
    pub(crate) fn held(&self) -> &ChangeSet {
        &self.held
    }

    /// Keeps in mind what is not to be built; gives the rest.
    fn hold(&mut self, set: ChangeSet) -> ChangeSet {
        let is_off = |source: &SourceId| self.off.contains(source);
        let (held, rest): (ChangeSet, ChangeSet) = set.into_iter().partition(is_off);
        self.held.extend(held);
        rest
    }

    fn switch_off(&mut self, off: ChangeSet) -> Vec<Action> {
        self.off = off;
        let held = std::mem::take(&mut self.held);
        let released = self.hold(held);
        let in_flight = self.in_flight();
        let concerns = !in_flight.is_disjoint(&self.off);
        match self.phase.clone() {
            Phase::Building {
                id,
                set,
                since,
                is_stale,
            } if concerns => {
                let set = self.hold(set);
                let mut since = self.hold(since);
                since.extend(released);
                self.phase = Phase::Building {
                    id,
                    set,
                    since,
                    is_stale: true,
                };
                if is_stale {
                    Vec::new()
                } else {
                    vec![Action::Cancel(id)]
                }
            }
            Phase::Ready { id, set } | Phase::Publishing { id, set } if concerns => {
                let mut set = self.hold(set);
                set.extend(released);
                let mut actions = vec![Action::Discard(id)];
                actions.extend(self.build(set));
                actions
            }
            _ if released.is_empty() => Vec::new(),
            _ => self.changed(released),
        }
    }

    fn changed(&mut self, changed: ChangeSet) -> Vec<Action> {
        let changed = self.hold(changed);
        if changed.is_empty() {
            return Vec::new();
        }
        match &mut self.phase {
            Phase::Idle => self.build(changed),
            Phase::Building {
                id,
                since,
                is_stale,
                ..
            } => {
                since.extend(changed);
                if std::mem::replace(is_stale, true) {
                    Vec::new()
                } else {
                    vec![Action::Cancel(*id)]
                }
            }
            Phase::Ready { id, set } | Phase::Publishing { id, set } => {
                let discard = Action::Discard(*id);
                let set = set.union(&changed).copied().collect();
                let mut actions = vec![discard];
                actions.extend(self.build(set));
                actions
            }
        }
    }

    fn retry(&mut self) -> Vec<Action> {
        self.synchronising = true;
        match self.phase.clone() {
            Phase::Idle => {
                let waiting: ChangeSet = self.together.union(&self.refused).copied().collect();
                let waiting = self.hold(waiting);
                if waiting.is_empty() {
                    self.rest()
                } else {
                    self.build(waiting)
                }
            }
            Phase::Ready { id, set } => self.publish(id, set),
            Phase::Building { .. } | Phase::Publishing { .. } => Vec::new(),
        }
    }

    fn synchronise(&mut self) -> Vec<Action> {
        match self.phase.clone() {
            Phase::Ready { id, set } => self.publish(id, set),
            _ => Vec::new(),
        }
    }

    fn ended(&mut self, ended: BuildId, built: bool) -> Vec<Action> {
        let Phase::Building {
            id,
            set,
            since,
            is_stale,
        } = self.phase.clone()
        else {
            return if built {
                vec![Action::Discard(ended)]
            } else {
                Vec::new()
            };
        };
        if id != ended {
            return if built {
                vec![Action::Discard(ended)]
            } else {
                Vec::new()
            };
        }
        if is_stale {
            let mut actions = if built {
                vec![Action::Discard(id)]
            } else {
                Vec::new()
            };
            actions.extend(self.build(set.union(&since).copied().collect()));
            return actions;
        }
        if !built {
            let mut actions = vec![Action::Report(id)];
            actions.extend(self.carry_over(set));
            return actions;
        }
        if self.mode == Mode::Manual && !self.synchronising {
            self.phase = Phase::Ready { id, set };
            return vec![Action::Rest];
        }
        self.publish(id, set)
    }

    fn publish(&mut self, id: BuildId, set: ChangeSet) -> Vec<Action> {
        self.phase = Phase::Publishing { id, set };
        vec![Action::Publish(id)]
    }

    fn settled(&mut self, settled: BuildId) -> Vec<Action> {
        match self.phase.clone() {
            Phase::Publishing { id, set } if id == settled => {
                for source in &set {
                    self.together.remove(source);
                    self.refused.remove(source);
                }
                self.rest()
            }
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, refused: BuildId) -> Vec<Action> {
        match self.phase.clone() {
            Phase::Publishing { id, set } if id == refused => self.carry_over(set),
            _ => Vec::new(),
        }
    }

    fn withdrawn(&mut self, set: &ChangeSet) -> Vec<Action> {
        self.refused.retain(|source| !set.contains(source));
        self.together.retain(|source| !set.contains(source));
        Vec::new()
    }

    fn carry_over(&mut self, set: ChangeSet) -> Vec<Action> {
        self.refused.extend(&set);
        if set.len() > 1 {
            self.together.extend(set);
        }
        self.rest()
    }

    fn build(&mut self, mut set: ChangeSet) -> Vec<Action> {
        if set.iter().any(|source| self.together.contains(source)) {
            set.extend(&self.together);
        }
        let set = self.hold(set);
        if set.is_empty() {
            return self.rest();
        }
        let id = BuildId(self.next);
        self.next += 1;
        self.phase = Phase::Building {
            id,
            set: set.clone(),
            since: ChangeSet::new(),
            is_stale: false,
        };
        vec![Action::Build(id, set)]
    }

    fn rest(&mut self) -> Vec<Action> {
        self.phase = Phase::Idle;
        self.synchronising = false;
        vec![Action::Rest]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(sources: &[usize]) -> ChangeSet {
        sources.iter().copied().map(SourceId).collect()
    }

    fn changed(sources: &[usize]) -> Input {
        Input::Changed(set(sources))
    }

    fn build(id: u64, sources: &[usize]) -> Action {
        Action::Build(BuildId(id), set(sources))
    }

    /// Feeds each input and compares the actions that it gives.
    fn check(mode: Mode, steps: &[(Input, &[Action])]) -> Machine {
        let mut machine = Machine::new(mode);
        for (number, (input, expected)) in steps.iter().enumerate() {
            let actions = machine.step(input.clone());
            assert_eq!(actions.as_slice(), *expected, "step {number}: {input:?}");
        }
        machine
    }

    const FIRST: BuildId = BuildId(1);
    const SECOND: BuildId = BuildId(2);

    #[test]
    fn an_edit_is_built_and_published() {
        let machine = check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Built(FIRST), &[Action::Publish(FIRST)]),
                (Input::Settled(FIRST), &[Action::Rest]),
            ],
        );
        assert!(machine.is_idle());
    }

    #[test]
    fn what_was_withdrawn_is_not_tried_again() {
        let machine = check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (
                    Input::BuildFailed(FIRST),
                    &[Action::Report(FIRST), Action::Rest],
                ),
                (Input::Withdrawn(set(&[0])), &[]),
                (Input::Retry, &[Action::Rest]),
            ],
        );
        assert!(machine.is_idle());
    }

    #[test]
    fn an_empty_change_does_nothing() {
        check(Mode::Background, &[(changed(&[]), &[])]);
    }

    #[test]
    fn saves_during_a_build_cancel_it_once_and_give_one_more() {
        check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (changed(&[1]), &[Action::Cancel(FIRST)]),
                (changed(&[0]), &[]),
                (changed(&[2]), &[]),
                (Input::BuildFailed(FIRST), &[build(2, &[0, 1, 2])]),
            ],
        );
    }

    #[test]
    fn a_build_that_ends_out_of_date_is_never_published() {
        check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (changed(&[0]), &[Action::Cancel(FIRST)]),
                (
                    Input::Built(FIRST),
                    &[Action::Discard(FIRST), build(2, &[0])],
                ),
                (Input::Built(FIRST), &[Action::Discard(FIRST)]),
                (Input::Built(SECOND), &[Action::Publish(SECOND)]),
            ],
        );
    }

    #[test]
    fn plugins_edited_together_wait_for_each_other() {
        check(
            Mode::Background,
            &[
                (changed(&[0, 1]), &[build(1, &[0, 1])]),
                (
                    Input::BuildFailed(FIRST),
                    &[Action::Report(FIRST), Action::Rest],
                ),
                (changed(&[1]), &[build(2, &[0, 1])]),
                (Input::Built(SECOND), &[Action::Publish(SECOND)]),
                (Input::Settled(SECOND), &[Action::Rest]),
                (changed(&[1]), &[build(3, &[1])]),
            ],
        );
    }

    #[test]
    fn a_broken_plugin_does_not_hold_back_another() {
        check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (
                    Input::BuildFailed(FIRST),
                    &[Action::Report(FIRST), Action::Rest],
                ),
                (changed(&[1]), &[build(2, &[1])]),
            ],
        );
    }

    #[test]
    fn a_retry_builds_what_was_refused() {
        check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Built(FIRST), &[Action::Publish(FIRST)]),
                (Input::Refused(FIRST), &[Action::Rest]),
                (Input::Retry, &[build(2, &[0])]),
                (Input::Built(SECOND), &[Action::Publish(SECOND)]),
                (Input::Settled(SECOND), &[Action::Rest]),
                (Input::Retry, &[Action::Rest]),
            ],
        );
    }

    #[test]
    fn in_manual_mode_a_candidate_waits() {
        check(
            Mode::Manual,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Synchronise, &[]),
                (Input::Built(FIRST), &[Action::Rest]),
                (Input::Synchronise, &[Action::Publish(FIRST)]),
                (Input::Settled(FIRST), &[Action::Rest]),
                (Input::Synchronise, &[]),
            ],
        );
    }

    #[test]
    fn a_waiting_candidate_that_is_out_of_date_is_built_again() {
        check(
            Mode::Manual,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Built(FIRST), &[Action::Rest]),
                (changed(&[1]), &[Action::Discard(FIRST), build(2, &[0, 1])]),
            ],
        );
    }

    fn off(sources: &[usize]) -> Input {
        Input::Off(set(sources))
    }

    #[test]
    fn what_changes_while_it_is_off_is_built_when_it_is_on_again() {
        let machine = check(
            Mode::Background,
            &[
                (off(&[0]), &[]),
                (changed(&[0]), &[]),
                (Input::Retry, &[Action::Rest]),
                (changed(&[0, 1]), &[build(1, &[1])]),
                (Input::Built(FIRST), &[Action::Publish(FIRST)]),
                (Input::Settled(FIRST), &[Action::Rest]),
                (off(&[]), &[build(2, &[0])]),
            ],
        );
        assert!(machine.held().is_empty());
    }

    #[test]
    fn a_build_of_what_is_switched_off_is_given_up() {
        check(
            Mode::Background,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (off(&[0]), &[Action::Cancel(FIRST)]),
                (Input::Built(FIRST), &[Action::Discard(FIRST), Action::Rest]),
                (off(&[]), &[build(2, &[0])]),
            ],
        );
        check(
            Mode::Background,
            &[
                (changed(&[0, 1]), &[build(1, &[0, 1])]),
                (off(&[0]), &[Action::Cancel(FIRST)]),
                (off(&[]), &[]),
                (Input::BuildFailed(FIRST), &[build(2, &[0, 1])]),
            ],
        );
        check(
            Mode::Manual,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Built(FIRST), &[Action::Rest]),
                (off(&[0]), &[Action::Discard(FIRST), Action::Rest]),
                (Input::Synchronise, &[]),
            ],
        );
    }

    #[test]
    fn what_was_refused_together_waits_for_what_is_off() {
        check(
            Mode::Background,
            &[
                (changed(&[0, 1]), &[build(1, &[0, 1])]),
                (
                    Input::BuildFailed(FIRST),
                    &[Action::Report(FIRST), Action::Rest],
                ),
                (off(&[0]), &[]),
                (changed(&[1]), &[build(2, &[1])]),
                (off(&[]), &[Action::Cancel(SECOND)]),
            ],
        );
    }

    #[test]
    fn a_refresh_publishes_in_manual_mode() {
        check(
            Mode::Manual,
            &[
                (changed(&[0]), &[build(1, &[0])]),
                (Input::Retry, &[]),
                (Input::Built(FIRST), &[Action::Publish(FIRST)]),
            ],
        );
    }
}

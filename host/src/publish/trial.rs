//! Trials: the first calls of a new generation, and what follows if too many of them fail.
//!
//! A call looks at one number that it looks at anyway, to see whether the host is open. While
//! a generation is on trial that number is not zero, and calls take a way of their own
//! (`Shared::run`), on which they are counted; handles of one thread do not use what they
//! keep. Once the trial is over the number is zero again, and nothing is counted.

use std::collections::VecDeque;

use crate::artifact::ArtifactHash;
use crate::error::Error;
use crate::event::{Diagnostic, Rejection, Stage};
use crate::snapshot::Snapshot;
use crate::sync::{Arc, AtomicBool, AtomicU64, Ordering};
use crate::unit::LiveUnit;

use super::Record;

/// How many failed generations are kept in mind.
const REMEMBERED: usize = 32;

/// When a host goes back by itself: [`Builder::rollback_on_failures`].
///
/// [`Builder::rollback_on_failures`]: crate::Builder::rollback_on_failures
///
/// ```
/// use hotplate::RollbackPolicy;
///
/// // More than five of the first hundred calls.
/// let policy = RollbackPolicy::new(100, 0.05);
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RollbackPolicy {
    calls: u64,
    rate: f64,
    function_errors: bool,
}

impl RollbackPolicy {
    /// Goes back when more than `rate` of the first `calls` calls of a generation fail: 0
    /// allows no failure, 0.5 half of them. It goes back as soon as that is certain, so with
    /// 100 calls and 0.05 at the sixth failure, even if there were only six calls.
    ///
    /// A call is one from outside, a rendering or a call of a function, through any handle or
    /// pin; calls that it makes itself are part of it. These count as failures: a panic, an
    /// exception of a template, a limit that is exceeded, and a call of a unit that the
    /// generation has removed. These do not: a writer that fails, an error that a plugin's
    /// function returns, and what a handle refuses before anything runs.
    pub fn new(calls: u64, rate: f64) -> Self {
        Self {
            calls,
            rate,
            function_errors: false,
        }
    }

    /// Counts also the errors that plugin functions return. By default they are taken for
    /// answers, such as to arguments that the function refuses.
    #[must_use]
    pub fn counting_function_errors(mut self) -> Self {
        self.function_errors = true;
        self
    }

    /// What is wrong with it.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        if self.calls == 0 {
            return Some("a rollback on failures needs at least one call to judge by");
        }
        if !(0.0..1.0).contains(&self.rate) {
            return Some("the rate of a rollback on failures is at least 0 and less than 1");
        }
        None
    }

    /// How many failures are still good.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate below one of a number of calls, which need not be exact beyond 2⁵²"
    )]
    fn allowed(&self) -> u64 {
        // 29 of 100 are not more than 0.29, whatever the product is rounded to.
        (self.rate * self.calls as f64 + 1e-9) as u64
    }

    fn counts(&self, error: &Error) -> bool {
        error.is_panic()
            || error.is_render_failure()
            || error.is_limit()
            || error.is_removed()
            || self.function_errors && error.is_function_error()
    }
}

/// The trial of one generation.
#[derive(Debug)]
pub(crate) struct Trial {
    policy: RollbackPolicy,
    generation: u64,
    allowed: u64,
    begun: AtomicU64,
    ended: AtomicU64,
    failures: AtomicU64,
    is_over: AtomicBool,
}

/// How a trial ended.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) generation: u64,
    /// How many calls had ended by then.
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    /// The last failure, if there were too many.
    pub(crate) example: Option<String>,
}

impl Trial {
    pub(crate) fn new(policy: RollbackPolicy, generation: u64) -> Self {
        Self {
            allowed: policy.allowed(),
            policy,
            generation,
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether there is nothing more to count.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
            || self.begun.load(Ordering::Relaxed) >= self.policy.calls
    }

    /// Makes a call, and gives the verdict if it decides the trial.
    pub(crate) fn observe<R>(
        &self,
        call: impl FnOnce() -> Result<R, Error>,
    ) -> (Result<R, Error>, Option<Verdict>) {
        if self.begun.fetch_add(1, Ordering::Relaxed) >= self.policy.calls {
            return (call(), None);
        }
        let result = call();
        let failure = result.as_ref().err();
        let failure = failure.filter(|error| self.policy.counts(error));
        let verdict = self.count(failure);
        (result, verdict)
    }

    fn count(&self, failure: Option<&Error>) -> Option<Verdict> {
        let mut verdict = None;
        let failures = match failure {
            Some(_) => self.failures.fetch_add(1, Ordering::Relaxed) + 1,
            None => self.failures.load(Ordering::Relaxed),
        };
        // Ordered, so that whose call is the last has seen the failures of all others.
        let ended = self.ended.fetch_add(1, Ordering::AcqRel) + 1;
        if let Some(error) = failure
            && failures == self.allowed + 1
        {
            verdict = Some(Some(error.to_string()));
        } else if ended == self.policy.calls {
            let failures = self.failures.load(Ordering::Relaxed);
            verdict = (failures <= self.allowed).then_some(None);
        }
        let example = verdict?;
        self.is_over.store(true, Ordering::Relaxed);
        Some(Verdict {
            generation: self.generation,
            calls: ended,
            failures: self.failures.load(Ordering::Relaxed),
            example,
        })
    }
}

/// The code of generations that were left because their calls failed.
#[derive(Debug, Default)]
pub(super) struct Blame(VecDeque<Failed>);

#[derive(Debug)]
struct Failed {
    generation: u64,
    calls: u64,
    failures: u64,
    /// What the generation changed, as it was then; nothing for a unit that it deleted.
    units: Vec<(String, String, Option<Code>)>,
}

/// What code a unit runs.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    source_hash: u64,
    /// Hand-written functions may call others, so theirs is the whole library.
    library: Option<ArtifactHash>,
}

impl Code {
    fn of(unit: &Arc<LiveUnit>) -> Self {
        let is_whole = unit.is_of_template();
        Self {
            source_hash: unit.source_hash(),
            library: (!is_whole).then(|| unit.library().hash()),
        }
    }
}

impl Failed {
    fn is_in(&self, snapshot: &Snapshot) -> bool {
        let mut units = self.units.iter();
        units.all(|(plugin, unit, code)| snapshot.find_own(plugin, unit).map(Code::of) == *code)
    }
}

impl Blame {
    pub(super) fn add(&mut self, verdict: &Verdict, left: &Snapshot, record: &Record) {
        let changes = record.changes.iter();
        let units = changes.map(|change| {
            let code = left.find_own(&change.plugin, &change.unit).map(Code::of);
            (change.plugin.clone(), change.unit.clone(), code)
        });
        self.0.push_back(Failed {
            generation: verdict.generation,
            calls: verdict.calls,
            failures: verdict.failures,
            units: units.collect(),
        });
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// Why `next` cannot take the place of `before`: it brings back all that a failed
    /// generation had changed.
    pub(super) fn refusal(&self, before: &Snapshot, next: &Snapshot) -> Option<Rejection> {
        let mut failed = self.0.iter().rev();
        let failed = failed.find(|failed| failed.is_in(next) && !failed.is_in(before))?;
        let Failed {
            generation,
            calls,
            failures,
            units,
        } = failed;
        let names: Vec<String> = units
            .iter()
            .take(3)
            .map(|(plugin, unit, _)| format!("{plugin}::{unit}"))
            .collect();
        let names = names.join(", ");
        let more = units.len().checked_sub(3).filter(|more| *more > 0);
        let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
        let first = &units.first()?.0;
        let is_one = units.iter().all(|(plugin, ..)| plugin == first);
        Some(Rejection {
            stage: Stage::Trial,
            plugin: is_one.then(|| first.clone()),
            diagnostics: vec![Diagnostic::message(format!(
                "{names}{more} would be again as in generation {generation}, which was left \
                 because {failures} of its first {calls} calls failed; change what is wrong"
            ))],
            serving: before.generation(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotplate_plugin_api::{ErrorKind, ErrorRecord};

    fn error(kind: ErrorKind) -> Error {
        let record = ErrorRecord {
            kind,
            message: "it broke".to_owned(),
            ..ErrorRecord::default()
        };
        Error::call("site::page.html".to_owned(), record, Vec::new())
    }

    /// Calls that fail where there is a `!`; the number of the call that decides, whether the
    /// generation stays, and how many failures were seen.
    fn check(policy: RollbackPolicy, calls: &str, expected: Option<(usize, bool, u64)>) {
        let trial = Trial::new(policy, 5);
        let mut decided = None;
        for (number, call) in calls.chars().enumerate() {
            let result = match call {
                '!' => Err(error(ErrorKind::Panic)),
                '?' => Err(error(ErrorKind::Function)),
                'w' => Err(Error::write(
                    String::new(),
                    std::io::ErrorKind::BrokenPipe.into(),
                )),
                '-' => Err(Error::removed("site::page.html".to_owned())),
                _ => Ok(()),
            };
            if let Some(verdict) = trial.observe(|| result).1 {
                assert_eq!(decided, None, "{calls}");
                decided = Some((number + 1, verdict.example.is_none(), verdict.failures));
                assert_eq!(verdict.calls, number as u64 + 1, "{calls}");
                assert!(trial.is_over());
            }
        }
        assert_eq!(decided, expected, "{calls}");
    }

    #[test]
    fn a_trial_is_decided_as_soon_as_it_is_certain() {
        let half = || RollbackPolicy::new(4, 0.5);
        check(half(), "...", None);
        check(half(), "....!!!", Some((4, true, 0)));
        check(half(), "!!..", Some((4, true, 2)));
        check(half(), "!!!", Some((3, false, 3)));
        check(half(), "!!.!!!", Some((4, false, 3)));
        check(half(), "wwww", Some((4, true, 0)));
        check(half(), "---", Some((3, false, 3)));
        check(half(), "???..", Some((4, true, 0)));
        check(
            half().counting_function_errors(),
            "???",
            Some((3, false, 3)),
        );
        assert_eq!(RollbackPolicy::new(100, 0.29).allowed(), 29);
        check(RollbackPolicy::new(1, 0.0), "!", Some((1, false, 1)));
        check(RollbackPolicy::new(100, 0.0), ".!", Some((2, false, 1)));
    }

    #[test]
    fn what_cannot_be_judged_by_is_a_mistake() {
        assert_eq!(RollbackPolicy::new(1, 0.0).mistake(), None);
        for (calls, rate) in [(0, 0.5), (1, 1.0), (1, -0.1), (1, f64::NAN)] {
            assert!(RollbackPolicy::new(calls, rate).mistake().is_some());
        }
    }
}

//! Long loops: a plugin's function is called for one item after the other, and takes on new
//! code at each turn.

use std::fmt;
use std::ops::ControlFlow;

use hotplate_plugin_api::Returned;

use crate::error::Error;
use crate::event::{Event, NextStep};
use crate::handle::{Arguments, Function};
use crate::host::Host;
use crate::publish::check_may_wait;
use crate::shared::Shared;
use crate::sync::{Arc, AtomicBool, Ordering};

/// What a loop does when a step fails or panics.
///
/// By default it waits for an edit and tries the same item again, for as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one item may fail before `then`.
    attempts: Option<u32>,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Skip,
    GiveUp,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::edit_and_go_on()
    }
}

impl RetryPolicy {
    /// Waits for the next publish that changes the plugin and goes on with the same item.
    pub const fn edit_and_go_on() -> Self {
        Self {
            attempts: None,
            then: Then::GiveUp,
        }
    }

    /// The same until an item has failed so many times; then the loop ends with the error.
    pub const fn give_up_after(attempts: u32) -> Self {
        Self {
            attempts: Some(attempts),
            then: Then::GiveUp,
        }
    }

    /// The same until an item has failed so many times; then it is left out.
    pub const fn skip_after(attempts: u32) -> Self {
        Self {
            attempts: Some(attempts),
            then: Then::Skip,
        }
    }

    fn next(self, attempts: u32) -> NextStep {
        match (self.attempts, self.then) {
            (Some(most), Then::Skip) if attempts >= most => NextStep::Skip,
            (Some(most), Then::GiveUp) if attempts >= most => NextStep::GiveUp,
            _ => NextStep::WaitForEdit,
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step<R> {
    /// The function's result.
    Done(R),
    /// The item failed, and is left out.
    Skipped,
    /// The loop was stopped before the item was done.
    Stopped,
}

/// What a loop did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepCounts {
    /// Items that were done.
    pub done: usize,
    /// Items that failed and were left out.
    pub skipped: usize,
    /// Failures, those included that were put right by an edit.
    pub failures: usize,
    /// Whether the loop was [stopped](StepStopper).
    pub is_stopped: bool,
}

/// A loop over a plugin's function; see [`Host::steps`].
pub struct Steps<A, R> {
    function: Function<A, R>,
    plugin: String,
    path: String,
    retry: RetryPolicy,
    stopped: Arc<AtomicBool>,
    failures: usize,
}

/// Stops a loop from another thread; see [`Steps::stopper`].
#[derive(Debug, Clone)]
pub struct StepStopper {
    stopped: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl StepStopper {
    /// Stops the loop: before its next item, or while it waits for an edit. A step that is
    /// running goes on to its end.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.shared.changes.wake();
    }
}

impl Host {
    /// A loop in which a plugin's function is called once for each item, each time as it is
    /// by then.
    ///
    /// If a step fails or panics, the loop waits for an edit of the plugin and goes on with
    /// the same item, unless another [policy](Steps::retry) says otherwise. Events say
    /// what it waits for: [`Event::StepFailed`] and [`Event::StepResumed`].
    ///
    /// ```no_run
    /// use hotplate::RetryPolicy;
    /// use std::ops::ControlFlow;
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/text").start()?;
    /// let mut steps = host.steps::<(&str,), String>("text", "slugify")?;
    /// steps.retry(RetryPolicy::skip_after(3));
    /// let titles = ["Hot Plates", "Cold Plates"];
    /// let counts = steps.run(titles, |title| (*title,), |title, slug| {
    ///     println!("{title}: {slug}");
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(counts.done, 2);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`function`](Self::function).
    pub fn steps<A: Arguments, R: Returned>(
        &self,
        plugin: &str,
        function: &str,
    ) -> Result<Steps<A, R>, Error> {
        Ok(Steps {
            function: self.function(plugin, function)?,
            plugin: plugin.to_owned(),
            path: format!("{plugin}::{function}"),
            retry: RetryPolicy::default(),
            stopped: Arc::default(),
            failures: 0,
        })
    }
}

impl<A: Arguments, R: Returned> Steps<A, R> {
    /// Sets what is done when a step fails.
    pub fn retry(&mut self, policy: RetryPolicy) -> &mut Self {
        self.retry = policy;
        self
    }

    /// What stops the loop from another thread.
    pub fn stopper(&self) -> StepStopper {
        StepStopper {
            stopped: self.stopped.clone(),
            shared: self.function.shared().clone(),
        }
    }

    /// Does one step, with arguments that `arguments` makes for each attempt.
    ///
    /// # Errors
    ///
    /// If the policy gives up, or nothing will be published any more because the host was
    /// stopped or dropped, or because it waits for this thread, as for that of a listener: the
    /// error of the last attempt.
    pub fn step<'a>(
        &mut self,
        mut arguments: impl FnMut() -> A::Values<'a>,
    ) -> Result<Step<R>, Error> {
        let shared = self.function.shared().clone();
        let mut attempts = 0;
        loop {
            if self.stopped.load(Ordering::Acquire) {
                return Ok(Step::Stopped);
            }
            // What is published from here on may be what puts it right.
            let tried = shared.generation();
            let error = match self.function.call(arguments()) {
                Ok(result) => return Ok(Step::Done(result)),
                Err(error) if error.is_closed() => return Err(error),
                Err(error) => error,
            };
            attempts += 1;
            self.failures += 1;
            let next = self.retry.next(attempts);
            shared.emit(Event::StepFailed {
                unit: self.path.clone(),
                message: error.to_string(),
                attempts,
                next,
            });
            match next {
                NextStep::Skip => return Ok(Step::Skipped),
                NextStep::GiveUp => return Err(error),
                // A publish may wait for this thread.
                NextStep::WaitForEdit if check_may_wait().is_err() => return Err(error),
                NextStep::WaitForEdit => {}
            }
            let changed = shared.changes.wait(None, || {
                let snapshot = shared.pin();
                let is_over = self.stopped.load(Ordering::Acquire)
                    || snapshot.plugin_changed(&self.plugin) > tried;
                is_over.then(|| snapshot.generation())
            });
            let Ok(changed) = changed else {
                return Err(error);
            };
            if let Some(generation) = changed
                && !self.stopped.load(Ordering::Acquire)
            {
                shared.emit(Event::StepResumed {
                    unit: self.path.clone(),
                    generation,
                });
            }
        }
    }

    /// Does a step for each item, until they end, `each` breaks, or the loop is stopped.
    ///
    /// `arguments` makes the arguments for an item, once for each attempt; `each` gets what
    /// the step gave.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    pub fn run<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        arguments: impl for<'i> Fn(&'i T) -> A::Values<'i>,
        mut each: impl FnMut(T, R) -> ControlFlow<()>,
    ) -> Result<StepCounts, Error> {
        let before = self.failures;
        let mut counts = StepCounts::default();
        for item in items {
            match self.step(|| arguments(&item))? {
                Step::Done(result) => {
                    counts.done += 1;
                    if each(item, result).is_break() {
                        break;
                    }
                }
                Step::Skipped => counts.skipped += 1,
                Step::Stopped => {
                    counts.is_stopped = true;
                    break;
                }
            }
        }
        counts.failures = self.failures - before;
        Ok(counts)
    }
}

impl<A, R> fmt::Debug for Steps<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Steps({})", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::RetryPolicy;
    use crate::event::NextStep::{self, GiveUp, Skip, WaitForEdit};

    #[test]
    fn policies_count_attempts() {
        let check = |policy: RetryPolicy, expected: [NextStep; 3]| {
            let found = [1, 2, 3].map(|attempts| policy.next(attempts));
            assert_eq!(found, expected, "{policy:?}");
        };
        check(RetryPolicy::default(), [WaitForEdit; 3]);
        check(RetryPolicy::give_up_after(2), [WaitForEdit, GiveUp, GiveUp]);
        check(RetryPolicy::skip_after(1), [Skip; 3]);
        check(RetryPolicy::give_up_after(0), [GiveUp; 3]);
    }
}

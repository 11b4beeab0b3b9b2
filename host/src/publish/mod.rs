//! What stands between a good candidate and a publish, and what follows it.
//!
//! A change set that was built and loaded is not visible yet. In this order it meets:
//!
//! 1. the memory of what failed ([`trial`]): code that was left because calls of it failed
//!    is not published again as it is;
//! 2. canaries ([`canary`]): trial renderings and calls, given by the host or the plugin, in a
//!    snapshot that nobody else sees;
//! 3. listeners ([`listeners`]): each hears what would change, and may veto;
//! 4. in `Shared::publish`, the signatures of live handles, and the store.
//!
//! The command of [`test_command`] runs earlier, in the build job, since it judges sources.
//! A rollback meets the listeners and the signatures only: what it goes back to has served.
//!
//! After the store, `Shared::emit` tells the listeners, [`history`] keeps what was left, and
//! a generation may be on [`trial`]: if too many of its first calls fail, the driver goes
//! back by itself.
//!
//! All of it runs on the driver's thread, one change set at a time and with no lock held, so
//! that listeners and canaries may use the host. Only what waits for the driver is refused to
//! them ([`check_may_wait`]).

mod api;
mod canary;
mod history;
mod holders;
mod listeners;
mod test_command;
mod trial;

use std::cell::Cell;
use std::time::{Duration, Instant};

pub use canary::CandidateView;
pub use history::HistoryEntry;
pub(crate) use history::{History, Record};
pub use holders::Holder;
pub(crate) use holders::{Held, Holders};
pub use listeners::{Proposal, PublishListener};
pub(crate) use test_command::{TestCommand, TestFailure};
pub use trial::RollbackPolicy;
pub(crate) use trial::{Trial, Verdict};

use canary::Canaries;
use listeners::Listeners;
use trial::Blame;

use crate::error::Error;
use crate::event::{Event, Rejection, Stage};
use crate::reload::driver::Message;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::sync::{Arc, Mutex, lock};

/// What a host does around its publishes.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    listeners: Listeners,
    canaries: Canaries,
    policy: Option<RollbackPolicy>,
    blame: Mutex<Blame>,
    /// Where verdicts on trials go.
    driver: Mutex<Option<std::sync::mpsc::Sender<Message>>>,
}

impl Publishing {
    /// Says where the driver listens.
    pub(crate) fn connect(&self, driver: std::sync::mpsc::Sender<Message>) {
        *lock(&self.driver) = Some(driver);
    }

    /// Ends the waiting for a canary that is running.
    pub(crate) fn stop(&self) {
        self.canaries.stop();
    }

    /// Lets go of all that may refer to the host.
    pub(crate) fn close(&self) {
        self.listeners.clear();
        self.canaries.clear();
        lock(&self.driver).take();
    }

    /// Asks everybody about a change set. The error says why it is not to be published; what
    /// is good is how long the canaries took.
    pub(crate) fn approve(
        &self,
        shared: &Arc<Shared>,
        before: &Snapshot,
        next: &Snapshot,
        proposal: &Proposal<'_>,
    ) -> Result<Duration, Rejection> {
        if let Some(rejection) = lock(&self.blame).refusal(before, next) {
            return Err(rejection);
        }
        let began = Instant::now();
        let failures = self.canaries.run(shared, next, proposal);
        let elapsed = began.elapsed();
        if !failures.is_empty() {
            let mut plugins = failures.iter().map(|failure| failure.plugin.clone());
            let first = plugins.next().flatten();
            let plugin = first.filter(|first| plugins.all(|other| other.as_ref() == Some(first)));
            return Err(Rejection {
                stage: Stage::Canary,
                plugin,
                diagnostics: failures
                    .into_iter()
                    .map(|failure| failure.diagnostic)
                    .collect(),
                serving: proposal.serving,
            });
        }
        self.ask(shared, proposal)?;
        Ok(elapsed)
    }

    /// Asks the listeners alone.
    pub(crate) fn ask(&self, shared: &Shared, proposal: &Proposal<'_>) -> Result<(), Rejection> {
        let diagnostics = self.listeners.before(shared, proposal);
        if diagnostics.is_empty() {
            return Ok(());
        }
        Err(Rejection {
            stage: Stage::Veto,
            plugin: None,
            diagnostics,
            serving: proposal.serving,
        })
    }

    /// Tells the listeners of what became of a change set or a rollback.
    pub(crate) fn tell(&self, shared: &Shared, event: &Event) {
        match event {
            Event::Published(receipt) => self.listeners.after(shared, receipt),
            Event::Rejected(rejection) | Event::RollbackRefused(rejection) => {
                self.listeners.failed(shared, rejection);
            }
            _ => {}
        }
    }

    /// The trial of a new generation, if the host tries them.
    pub(crate) fn trial(&self, generation: u64) -> Option<Arc<Trial>> {
        let policy = self.policy.clone()?;
        Some(Arc::new(Trial::new(policy, generation)))
    }

    /// Has the driver act on a verdict.
    pub(crate) fn report(&self, verdict: Verdict) {
        if let Some(driver) = &*lock(&self.driver) {
            // An error means that the driver has ended: nothing is published any more.
            let _ = driver.send(Message::Judged(verdict));
        }
    }

    /// Keeps in mind what a generation consisted of that differs from the one before.
    pub(crate) fn blame(&self, verdict: &Verdict, left: &Snapshot, record: &Record) {
        lock(&self.blame).add(verdict, left, record);
    }
}

thread_local! {
    /// Whether the driver waits for this thread.
    static AWAITED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what the driver waits for.
fn awaited<R>(body: impl FnOnce() -> R) -> R {
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            AWAITED.set(self.0);
        }
    }

    let _before = Before(AWAITED.replace(true));
    body()
}

/// An error on a thread that the driver waits for, which would wait for the driver.
pub(crate) fn check_may_wait() -> Result<(), Error> {
    if AWAITED.get() {
        return Err(Error::setup(
            "a listener or a canary cannot wait for another publish: call `refresh`, `tick` and \
             `rollback` on a thread that the host does not wait for",
        ));
    }
    Ok(())
}

/// The text of a panic.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is not text".to_owned())
}

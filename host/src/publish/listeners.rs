//! Those who hear of publishes, and may veto them.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Weak;

use super::{awaited, panic_message};
use crate::artifact::ArtifactHash;
use crate::event::{Cause, Change, Diagnostic, Event, Receipt, Rejection};
use crate::registration::Registration;
use crate::shared::Shared;
use crate::sync::{Arc, Mutex, lock};

/// What would change if nobody objected.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Proposal<'p> {
    /// The generation that it would be.
    pub generation: u64,
    /// The generation that serves.
    pub serving: u64,
    /// Why there is something to publish.
    pub cause: Cause,
    /// What would change, plugin by plugin, in order of name.
    pub changes: &'p [Change],
    /// The libraries that would take over, with their plugins.
    pub artifacts: &'p [(String, ArtifactHash)],
}

type Before = dyn Fn(&Proposal<'_>) -> Result<(), String> + Send + Sync;
type After = dyn Fn(&Receipt) + Send + Sync;
type Failed = dyn Fn(&Rejection) + Send + Sync;

/// Somebody who hears of every publish: edits, rollbacks, and whatever else there will be.
///
/// What is not set is not called. Who heard [`before`](Self::before) of a change set hears
/// [`after`](Self::after) or [`failed`](Self::failed) of it; `failed` also comes alone, for
/// what went wrong earlier, such as in a build.
///
/// The functions are called on the host's reload thread, one at a time, so what is slow delays
/// the next reload. They may use the host: render through handles, make handles, subscribe. What
/// waits for the reload thread, [`Host::refresh`](crate::Host::refresh),
/// [`tick`](crate::Host::tick) and the rollbacks, gives an error there. A function should not
/// hold the host itself, or the host is never dropped.
///
/// A listener that panics is reported by [`Event::ListenerPanicked`] and hurts nobody; a panic
/// in `before` is a veto.
///
/// ```no_run
/// use hotplate::PublishListener;
///
/// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
/// let freeze = PublishListener::new("freeze")
///     .before(|proposal| match proposal.changes.len() {
///         0..=50 => Ok(()),
///         many => Err(format!("{many} units at once need somebody who watches")),
///     })
///     .after(|receipt| println!("generation {} is live", receipt.generation))
///     .failed(|rejection| eprintln!("{rejection}"));
/// let registration = host.on_publish(freeze);
/// // …
/// drop(registration);
/// # Ok::<(), hotplate::Error>(())
/// ```
#[must_use = "a listener hears nothing before `on_publish`"]
pub struct PublishListener {
    name: String,
    before: Option<Box<Before>>,
    after: Option<Box<After>>,
    failed: Option<Box<Failed>>,
}

impl PublishListener {
    /// A listener that does nothing yet. Vetoes and reports of panics give its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            before: None,
            after: None,
            failed: None,
        }
    }

    /// Called with what would change, before anything does. An error is a veto, and its text
    /// the reason: the change set is refused at [`Stage::Veto`](crate::Stage::Veto), and what
    /// served goes on serving. All listeners are asked, also after one has objected.
    pub fn before<E: fmt::Display>(
        mut self,
        ask: impl Fn(&Proposal<'_>) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let ask = move |proposal: &Proposal<'_>| ask(proposal).map_err(|error| error.to_string());
        self.before = Some(Box::new(ask));
        self
    }

    /// Called with the receipt of what is live now.
    pub fn after(mut self, tell: impl Fn(&Receipt) + Send + Sync + 'static) -> Self {
        self.after = Some(Box::new(tell));
        self
    }

    /// Called with what was refused, at whatever stage; what served goes on serving.
    pub fn failed(mut self, tell: impl Fn(&Rejection) + Send + Sync + 'static) -> Self {
        self.failed = Some(Box::new(tell));
        self
    }
}

impl fmt::Debug for PublishListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishListener({})", self.name)
    }
}

/// What is registered with a host: for as long as it lives, or until a registration goes.
#[derive(Debug)]
pub(super) struct Registry<T>(Mutex<Registered<T>>);

#[derive(Debug)]
struct Registered<T> {
    lasting: Vec<Arc<T>>,
    /// Weak, so that what is registered may hold handles of the host without keeping itself.
    passing: Vec<Weak<T>>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self(Mutex::new(Registered {
            lasting: Vec::new(),
            passing: Vec::new(),
        }))
    }
}

impl<T: Send + Sync + 'static> Registry<T> {
    pub(super) fn add_lasting(&self, item: T) {
        lock(&self.0).lasting.push(Arc::new(item));
    }

    pub(super) fn add(&self, item: T) -> Registration {
        let item = Arc::new(item);
        lock(&self.0).passing.push(Arc::downgrade(&item));
        Registration::new(item)
    }

    /// All of them, in order of registration.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        let mut registered = lock(&self.0);
        registered.passing.retain(|item| item.strong_count() > 0);
        let passing = registered.passing.iter().filter_map(Weak::upgrade);
        registered.lasting.iter().cloned().chain(passing).collect()
    }

    pub(super) fn clear(&self) {
        let lasting = std::mem::take(&mut lock(&self.0).lasting);
        // Outside of the lock: a listener's own drop may do anything.
        drop(lasting);
    }
}

/// The listeners of a host.
#[derive(Debug, Default)]
pub(super) struct Listeners(Registry<PublishListener>);

impl Listeners {
    pub(super) fn add_lasting(&self, listener: PublishListener) {
        self.0.add_lasting(listener);
    }

    pub(super) fn add(&self, listener: PublishListener) -> Registration {
        self.0.add(listener)
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }

    /// Asks all of them; gives what they object to.
    pub(super) fn before(&self, shared: &Shared, proposal: &Proposal<'_>) -> Vec<Diagnostic> {
        let mut objections = Vec::new();
        for listener in self.0.all() {
            let Some(before) = &listener.before else {
                continue;
            };
            let name = &listener.name;
            match guarded(shared, name, "before", || before(proposal)) {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => objections.push(format!("{name} objects: {reason}")),
                Err(message) => objections.push(format!("{name} panicked: {message}")),
            }
        }
        objections.into_iter().map(Diagnostic::message).collect()
    }

    pub(super) fn after(&self, shared: &Shared, receipt: &Receipt) {
        for listener in self.0.all() {
            if let Some(after) = &listener.after {
                // Reported by an event; there is nothing to undo.
                let _ = guarded(shared, &listener.name, "after", || after(receipt));
            }
        }
    }

    pub(super) fn failed(&self, shared: &Shared, rejection: &Rejection) {
        for listener in self.0.all() {
            if let Some(failed) = &listener.failed {
                // As in `after`.
                let _ = guarded(shared, &listener.name, "failed", || failed(rejection));
            }
        }
    }
}

/// Calls a listener; a panic is reported, and its message the error.
fn guarded<R>(
    shared: &Shared,
    listener: &str,
    during: &'static str,
    call: impl FnOnce() -> R,
) -> Result<R, String> {
    let result = panic::catch_unwind(AssertUnwindSafe(|| awaited(call)));
    result.map_err(|payload| {
        let message = panic_message(&*payload);
        shared.emit(Event::ListenerPanicked {
            listener: listener.to_owned(),
            during,
            message: message.clone(),
        });
        message
    })
}

//! Handles to plugin functions.
#![expect(
    unsafe_code,
    reason = "a handle vouches for the signature of the function it calls"
)]

use std::fmt;
use std::marker::PhantomData;

use hotplate_plugin_api::Returned;
use hotplate_plugin_api::failure::LazyRecord;

use super::{Arguments, CallReceipt, generation, live};
use crate::call::{self, Code};
use crate::error::Error;
use crate::expectation::{Expectation, Target};
use crate::pin::{self, Pin, Ready};
use crate::shared::{LocalSnapshot, Shared, address};
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;
use crate::watching::changes::{Registration, UnitChange};

/// A handle to a plugin function with arguments `A`, a tuple, and result `R`.
///
/// The signature is compared with the function's when the handle is made and again at
/// every publish: a change set that would break a live handle is refused.
pub struct Function<A, R> {
    shared: Arc<Shared>,
    slot: SlotId,
    path: Arc<str>,
    /// Keeps the publishes checking.
    expectation: Arc<Expectation>,
    /// The generation that the handle was made in. This and all later ones were checked.
    since: u64,
    signature: PhantomData<fn(A) -> R>,
}

impl<A: Arguments, R: Returned> Function<A, R> {
    pub(crate) fn new(shared: Arc<Shared>, plugin: &str, name: &str) -> Result<Self, Error> {
        let expectation = Arc::new(Expectation::Signature {
            parameters: A::layouts(),
            returned: R::layout,
        });
        let slot = shared.find("function", plugin, name)?;
        let since = shared.expect(Target::Slot(slot), &expectation)?;
        Ok(Self {
            shared,
            slot,
            since,
            path: format!("{plugin}::{name}").into(),
            expectation,
            signature: PhantomData,
        })
    }

    /// Calls the function as it is when the call begins.
    ///
    /// # Errors
    ///
    /// If the function was removed, returns an error or panics, or the host has been
    /// dropped.
    pub fn call(&self, arguments: A::Values<'_>) -> Result<R, Error> {
        self.shared.check_open()?;
        pin::with_snapshot(&self.shared, |snapshot| {
            let unit = live(snapshot, self.slot, &self.path)?;
            self.run(snapshot, unit, arguments)
        })
    }

    /// Calls the function, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with_receipt(&self, arguments: A::Values<'_>) -> Result<(R, CallReceipt), Error> {
        self.shared.check_open()?;
        pin::with_snapshot(&self.shared, |snapshot| {
            let unit = live(snapshot, self.slot, &self.path)?;
            let result = self.run(snapshot, unit, arguments)?;
            Ok((result, CallReceipt::new(snapshot, unit)))
        })
    }

    /// Calls the function inside a pinned snapshot.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), and if the pin belongs to another host, or is of a
    /// snapshot in which the function had another signature.
    pub fn call_in(&self, pin: &Pin, arguments: A::Values<'_>) -> Result<R, Error> {
        if !Arc::ptr_eq(&self.shared, &pin.shared) {
            return Err(Error::setup(
                "the pin belongs to another host than the handle",
            ));
        }
        pin::within(&self.shared, &pin.snapshot, |snapshot| {
            let unit = live(snapshot, self.slot, &self.path)?;
            self.run(snapshot, unit, arguments)
        })
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalFunction<A, R> {
        LocalFunction {
            snapshot: LocalSnapshot::new(&self.shared),
            found: None,
            function: self.clone(),
        }
    }

    #[inline]
    fn run(
        &self,
        snapshot: &Snapshot,
        unit: &LiveUnit,
        arguments: A::Values<'_>,
    ) -> Result<R, Error> {
        let code = self.code(snapshot, unit)?;
        // SAFETY: duty 1, the snapshot keeps the unit alive. Duty 2 by `code`.
        let result = unsafe { call::function::<A, R>(code, arguments) };
        result.map_err(|record| failed(unit, record))
    }

    /// The code of a unit of a snapshot. Its signature is that of the handle: an older
    /// snapshot is checked here; in the snapshot in which the handle was made
    /// `Shared::expect` compared the signature, and `Shared::publish` and
    /// `Shared::rollback` make no later one current without comparing it for every handle
    /// that lives, as this one.
    #[inline]
    fn code(&self, snapshot: &Snapshot, unit: &LiveUnit) -> Result<Code, Error> {
        let Some(code) = Code::of(unit) else {
            return Err(Error::wrong_kind(unit.path(), "function", unit.kind()));
        };
        if snapshot.generation() < self.since {
            // A snapshot that was pinned before the handle was made.
            self.expectation.check(snapshot, unit)?;
        }
        match snapshot.interceptors() {
            None => Ok(code),
            Some(interceptors) => Ok(interceptors.of(unit).unwrap_or(code)),
        }
    }
}

impl<A, R> Function<A, R> {
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn slot(&self) -> SlotId {
        self.slot
    }

    /// The generation in which what the function does changed last, as seen by a call: whoever
    /// keeps something that it derived from the function compares numbers. In a crate that was
    /// rebuilt and differs, all functions count as changed, since they may call what did.
    ///
    /// Of a function that is gone, the generation in which it went.
    pub fn generation(&self) -> u64 {
        generation(&self.shared, &Target::Slot(self.slot))
    }

    /// Has `callback` called after each later publish that changed, removed or brought back
    /// the function, until what this gives is dropped. A change counts as for
    /// [`generation`](Self::generation).
    ///
    /// Callbacks run on a thread of the host's own, one after the other: they may call the
    /// host. A publish does not wait for them, so whoever must not use anything old compares
    /// generations. A panic in one is an event.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/text").start()?;
    /// let slugify = host.function::<(&str,), String>("text", "slugify")?;
    /// let registration = slugify.on_change(|change| println!("{:?}", change.kind))?;
    /// # drop(registration);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the host has been dropped, or no thread can be started.
    pub fn on_change(
        &self,
        callback: impl FnMut(&UnitChange) + Send + 'static,
    ) -> Result<Registration, Error> {
        let target = Target::Slot(self.slot);
        let changes = &self.shared.changes;
        changes.register(&self.shared, target, self.path.clone(), callback)
    }
}

#[cold]
fn failed(unit: &LiveUnit, record: LazyRecord) -> Error {
    Error::call(unit.path(), record.into_record(), Vec::new())
}

impl<A, R> Clone for Function<A, R> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            slot: self.slot,
            since: self.since,
            path: self.path.clone(),
            expectation: self.expectation.clone(),
            signature: PhantomData,
        }
    }
}

impl<A, R> fmt::Debug for Function<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.path)
    }
}

/// A function handle of one thread.
///
/// It keeps the snapshot of its last call, and so that snapshot's libraries, until its
/// next call or drop.
pub struct LocalFunction<A, R> {
    function: Function<A, R>,
    snapshot: LocalSnapshot,
    found: Option<Found>,
}

/// A function's code in a snapshot.
struct Found {
    code: Code,
    /// The snapshot's address.
    snapshot: usize,
    ready: Ready,
}

impl<A: Arguments, R: Returned> LocalFunction<A, R> {
    /// Calls the function as it is when the call begins.
    ///
    /// # Errors
    ///
    /// As [`Function::call`].
    #[inline]
    pub fn call(&mut self, arguments: A::Values<'_>) -> Result<R, Error> {
        if let Some(found) = &self.found
            && self.function.shared.is_current(found.snapshot)
            && !pin::is_in_call()
        {
            let call = || {
                // SAFETY: duty 1, the code is of a unit of the snapshot that is kept alive
                // here. Duty 2, as in `Function::code`, which gave it.
                unsafe { call::function::<A, R>(found.code, arguments) }
            };
            // SAFETY: duty 1, host and snapshot are kept alive here; duty 2 was just looked
            // at.
            let result = unsafe { pin::outermost(&found.ready, call) };
            return result.map_err(|record| self.failed(record));
        }
        self.call_anew(arguments)
    }

    #[cold]
    fn call_anew(&mut self, arguments: A::Values<'_>) -> Result<R, Error> {
        let Self { function, .. } = self;
        if pin::is_running(&function.shared) {
            return function.call(arguments);
        }
        self.found = None;
        let snapshot = self.snapshot.renew(&function.shared)?;
        let unit = live(snapshot, function.slot, &function.path)?;
        self.found = Some(Found {
            code: function.code(snapshot, unit)?,
            snapshot: address(snapshot),
            ready: Ready::new(&function.shared, snapshot),
        });
        pin::within(&function.shared, snapshot, |snapshot| {
            function.run(snapshot, unit, arguments)
        })
    }

    #[cold]
    fn failed(&self, record: LazyRecord) -> Error {
        let path = self.function.path.to_string();
        Error::call(path, record.into_record(), Vec::new())
    }
}

impl<A, R> fmt::Debug for LocalFunction<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalFunction({})", self.function.path)
    }
}

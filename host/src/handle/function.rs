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
use crate::registration::Registration;
use crate::shared::{LocalSnapshot, Shared, address};
use crate::snapshot::{SlotId, Snapshot};
use crate::state;
use crate::sync::Arc;
use crate::unit::LiveUnit;
use crate::watching::changes::UnitChange;

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

    /// Calls a function of a snapshot, once, whatever signatures handles may need.
    pub(crate) fn call_once(
        shared: &Arc<Shared>,
        snapshot: &Snapshot,
        slot: SlotId,
        path: String,
        arguments: A::Values<'_>,
    ) -> Result<R, Error> {
        let function = Self {
            shared: shared.clone(),
            slot,
            path: path.into(),
            expectation: Arc::new(Expectation::Signature {
                parameters: A::layouts(),
                returned: R::layout,
            }),
            // Later than any snapshot, so that the signature is compared in each.
            since: u64::MAX,
            signature: PhantomData,
        };
        pin::within(shared, snapshot, |snapshot| {
            let unit = live(snapshot, slot, &function.path)?;
            function.run(snapshot, unit, arguments)
        })
    }

    /// Calls the function as it is when the call begins.
    ///
    /// # Errors
    ///
    /// If the function was removed, returns an error or panics, or the host has been
    /// dropped.
    #[inline]
    pub fn call(&self, arguments: A::Values<'_>) -> Result<R, Error> {
        let Some(snapshot) = self.shared.current_undisturbed() else {
            return self.call_attentively(arguments);
        };
        if let Some(code) = self.plain_code(&snapshot) {
            let ready = Ready::new(&self.shared, &snapshot, false);
            let call = || {
                // SAFETY: duty 1, the code is of a unit of the snapshot that is kept alive here.
                // Duty 2, as in `code`: the snapshot is not older than the handle. Duty 3, it
                // uses none.
                unsafe { call::function::<A, R>(code, arguments) }
            };
            // SAFETY: duty 1, host and snapshot are kept alive here; duty 2 is what
            // `current_undisturbed` has looked at.
            let result = unsafe { pin::outermost(&ready, call) };
            return result.map_err(|record| self.failed_in(&snapshot, record));
        }
        let touches_state = snapshot.touches_state(self.slot);
        drop(snapshot);
        if touches_state {
            self.call_inside_gate(arguments)
        } else {
            self.call_attentively(arguments)
        }
    }

    /// Calls the function, which touches state, where there is nothing else to take notice of.
    #[inline(never)]
    fn call_inside_gate(&self, arguments: A::Values<'_>) -> Result<R, Error> {
        state::inside_gate(&self.shared, |snapshot| {
            let unit = live(snapshot, self.slot, &self.path)?;
            self.run(snapshot, unit, arguments)
        })
    }

    /// Calls the function where there may be something to take notice of: another call that
    /// this one is part of, a trial, interceptors, or that the function is not there.
    #[cold]
    fn call_attentively(&self, arguments: A::Values<'_>) -> Result<R, Error> {
        self.shared.run(self.touches_state(), |snapshot| {
            let unit = live(snapshot, self.slot, &self.path)?;
            self.run(snapshot, unit, arguments)
        })
    }

    /// The function's code in a snapshot, if a call has nothing else to do than to run it.
    #[inline(always)]
    fn plain_code(&self, snapshot: &Snapshot) -> Option<Code> {
        let unit = snapshot.unit(self.slot)?;
        let is_plain = !unit.needs_state()
            && snapshot.interceptors().is_none()
            && snapshot.generation() >= self.since;
        if is_plain { Code::of(unit) } else { None }
    }

    /// The error of a call in a snapshot.
    #[cold]
    fn failed_in(&self, snapshot: &Snapshot, record: LazyRecord) -> Error {
        match live(snapshot, self.slot, &self.path) {
            Ok(unit) => failed(unit, record),
            Err(removed) => removed,
        }
    }

    /// Calls the function, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with_receipt(&self, arguments: A::Values<'_>) -> Result<(R, CallReceipt), Error> {
        self.shared.run(self.touches_state(), |snapshot| {
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
    /// snapshot in which the function had another signature, or is older than the state that
    /// there is: then [`Error::is_stale`] is true.
    pub fn call_in(&self, pin: &Pin, arguments: A::Values<'_>) -> Result<R, Error> {
        if !Arc::ptr_eq(&self.shared, &pin.shared) {
            return Err(Error::setup(
                "the pin belongs to another host than the handle",
            ));
        }
        self.shared
            .run_in(&pin.snapshot, self.touches_state(), |snapshot| {
                let unit = live(snapshot, self.slot, &self.path)?;
                self.run(snapshot, unit, arguments)
            })
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalFunction<A, R> {
        LocalFunction {
            snapshot: LocalSnapshot::new(&self.shared),
            found: None,
            with_state: None,
            function: self.clone(),
        }
    }

    /// Tells whether the function touches state in a snapshot.
    #[inline]
    fn touches_state(&self) -> impl Fn(&Snapshot) -> bool {
        let slot = self.slot;
        move |snapshot| snapshot.touches_state(slot)
    }

    #[inline]
    fn run(
        &self,
        snapshot: &Snapshot,
        unit: &LiveUnit,
        arguments: A::Values<'_>,
    ) -> Result<R, Error> {
        let code = self.code(snapshot, unit)?;
        // SAFETY: duty 1, the snapshot keeps the unit alive. Duty 2 by `code`, and duty 3; who
        // gives the snapshot goes through the gate if the unit touches state in it.
        let result = unsafe { call::function::<A, R>(code, arguments) };
        let mut result = result.map_err(|record| failed(unit, record))?;
        if let Some(binding) = unit.binding() {
            result.adopt(binding);
        }
        Ok(result)
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
        if unit.needs_state() && unit.is_stale() {
            return Err(Error::stale(unit.path()));
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
    /// Of a function that touches no state.
    found: Option<Found>,
    /// Of one that does.
    with_state: Option<(Found, Arc<LiveUnit>)>,
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
                // here. Duty 2, as in `Function::code`, which gave it. Duty 3, it uses none.
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
        if let Some((found, unit)) = &self.with_state
            && !pin::is_in_call()
        {
            let _inside = self.function.shared.states.gate().enter();
            if self.function.shared.is_current(found.snapshot) {
                return self.call_with_state(found, unit, arguments);
            }
        }
        let Self { function, .. } = self;
        if pin::is_running(&function.shared) {
            return function.call(arguments);
        }
        self.found = None;
        self.with_state = None;
        let snapshot = self.snapshot.renew(&function.shared)?;
        if function.shared.needs_attention() {
            return function.call(arguments);
        }
        let unit = live(snapshot, function.slot, &function.path)?;
        let touches_state = unit.needs_state();
        if touches_state && unit.is_stale() {
            // State is migrating right now.
            return function.call(arguments);
        }
        let found = Found {
            code: function.code(snapshot, unit)?,
            snapshot: address(snapshot),
            ready: Ready::new(&function.shared, snapshot, touches_state),
        };
        if touches_state {
            self.with_state = Some((found, unit.clone()));
            return function.call(arguments);
        }
        self.found = Some(found);
        pin::within(&function.shared, snapshot, |snapshot| {
            function.run(snapshot, unit, arguments)
        })
    }

    /// Calls a function that touches state, inside the gate, where the snapshot that it was
    /// found in is still current.
    fn call_with_state(
        &self,
        found: &Found,
        unit: &LiveUnit,
        arguments: A::Values<'_>,
    ) -> Result<R, Error> {
        let call = || {
            // SAFETY: duties 1 and 2, as in `call`. Duty 3: state migrates only while nobody is
            // inside the gate, together with a change of the snapshot.
            unsafe { call::function::<A, R>(found.code, arguments) }
        };
        // SAFETY: duty 1, host and snapshot are kept alive here; duty 2, `call_anew` has
        // looked.
        let result = unsafe { pin::outermost(&found.ready, call) };
        let mut result = result.map_err(|record| self.failed(record))?;
        if let Some(binding) = unit.binding() {
            result.adopt(binding);
        }
        Ok(result)
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

//! Functions that the calls of a plugin function go through.
//!
//! A snapshot holds, for each unit that somebody intercepts, an entry point to call in place
//! of the unit's own; snapshots without any hold nothing, and a call looks at no more than
//! that. What is called has the ABI of the function itself, so that every handle of the
//! function is redirected, whatever types it was made with. A new snapshot has the
//! interceptors that there are then, so that they survive swaps.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use hotplate_plugin_api::Returned;

use crate::call::Code;
use crate::error::Error;
use crate::handle::{Arguments, Function, Redirect};
use crate::host::Host;
use crate::shared::Shared;
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::{Arc, Mutex, lock};
use crate::unit::LiveUnit;

/// What is to be called in place of the units of one snapshot, by the units' addresses.
#[derive(Debug)]
pub(crate) struct Interceptors(HashMap<usize, Links>);

/// The interceptors of one unit. Each is pointed at by the one after it.
type Links = Vec<Arc<Link>>;

/// One interceptor of a unit, in one snapshot.
pub(crate) struct Link {
    redirect: Arc<dyn Redirected>,
    /// What comes after it: the unit, or an interceptor that was there before.
    next: Code,
    unit: Arc<LiveUnit>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.unit.path())
    }
}

/// An interceptor, whatever the types of its function.
pub(crate) trait Redirected: Send + Sync {
    /// The entry that calls it, with the link as data.
    fn code(&self, link: &Link) -> Code;
}

impl Interceptors {
    /// What to call in place of a unit.
    #[cold]
    pub(crate) fn of(&self, unit: &LiveUnit) -> Option<Code> {
        let last = self.0.get(&address(unit))?.last()?;
        Some(last.redirect.code(last))
    }
}

impl Link {
    pub(crate) fn next(&self) -> Code {
        self.next
    }

    /// The unit that is intercepted.
    pub(crate) fn unit(&self) -> &LiveUnit {
        &self.unit
    }

    pub(crate) fn redirect(&self) -> &Arc<dyn Redirected> {
        &self.redirect
    }
}

fn address(unit: &LiveUnit) -> usize {
    std::ptr::from_ref(unit).addr()
}

/// All interceptors of a host, the latest last.
#[derive(Default)]
pub(crate) struct Interceptions(Mutex<Vec<Installed>>);

struct Installed {
    slot: SlotId,
    number: u64,
    redirect: Arc<dyn Redirected>,
}

impl fmt::Debug for Interceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interceptions({})", lock(&self.0).len())
    }
}

impl Interceptions {
    /// What a snapshot is to hold.
    pub(crate) fn over(&self, snapshot: &Snapshot) -> Option<Arc<Interceptors>> {
        let all = lock(&self.0);
        if all.is_empty() {
            return None;
        }
        let mut links: HashMap<usize, Links> = HashMap::new();
        for Installed { slot, redirect, .. } in all.iter() {
            let Some((unit, code)) = snapshot
                .unit(*slot)
                .and_then(|unit| Some((unit, Code::of(unit)?)))
            else {
                // The function is gone; it may return.
                continue;
            };
            let links = links.entry(address(unit)).or_default();
            let next = links.last().map(|link| link.redirect.code(link));
            links.push(Arc::new(Link {
                redirect: redirect.clone(),
                next: next.unwrap_or(code),
                unit: unit.clone(),
            }));
        }
        Some(Arc::new(Interceptors(links)))
    }

    fn add(&self, slot: SlotId, redirect: Arc<dyn Redirected>) -> u64 {
        let mut all = lock(&self.0);
        let numbers = all.iter().map(|known| known.number + 1);
        let number = numbers.max().unwrap_or(0);
        all.push(Installed {
            slot,
            number,
            redirect,
        });
        number
    }

    /// Gives what was removed, whose drop may do anything.
    #[must_use = "it is dropped without the lock"]
    fn remove(&self, number: u64) -> Option<Installed> {
        let mut all = lock(&self.0);
        let place = all.iter().position(|known| known.number == number);
        place.map(|place| all.remove(place))
    }
}

/// The rest of an intercepted call: the function, or an interceptor that was there before.
pub struct Next<'n, A, R> {
    link: &'n Link,
    signature: PhantomData<fn(A) -> R>,
}

impl<'n, A: Arguments, R: Returned> Next<'n, A, R> {
    pub(crate) fn new(link: &'n Link) -> Self {
        Self {
            link,
            signature: PhantomData,
        }
    }

    /// Goes on with the call, with these arguments or others; as often as wanted.
    ///
    /// # Errors
    ///
    /// As [`Function::call`].
    pub fn call(&self, arguments: A::Values<'_>) -> Result<R, Error> {
        crate::handle::call_next::<A, R>(self.link, arguments)
    }
}

impl<A, R> fmt::Debug for Next<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({})", self.link.unit.path())
    }
}

/// An interceptor that is in force until this is dropped.
#[must_use = "the interceptor is gone once this is dropped"]
pub struct Interception<A, R> {
    number: u64,
    shared: Arc<Shared>,
    /// Has every publish keep the signature that the interceptor was made for.
    function: Function<A, R>,
}

impl<A, R> Drop for Interception<A, R> {
    fn drop(&mut self) {
        let removed = self.shared.interceptions.remove(self.number);
        drop(removed);
        self.shared.store_again();
    }
}

impl<A, R> fmt::Debug for Interception<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interception of {:?}", self.function)
    }
}

impl<A: Arguments + 'static, R: Returned> Function<A, R> {
    /// Redirects all calls of the function, by any handle, through `interceptor` until what
    /// this gives is dropped. It gets the arguments, and the rest of the call, which it may
    /// make with other arguments, more than once or not at all.
    ///
    /// It survives swaps: after one, the rest of the call is the new code. Calls in snapshots
    /// that were pinned before do not see it. Of several, the last one is called first. A
    /// panic in it reaches the caller as an error. Calls of other functions cost what they
    /// did.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/text").start()?;
    /// let slugify = host.function::<(&str,), String>("text", "slugify")?;
    /// let shouting = slugify.intercept(|(text,), next| Ok(next.call((text,))?.to_uppercase()));
    /// assert_eq!(slugify.call(("Hot Plates",))?, "HOT-PLATES");
    /// drop(shouting);
    /// assert_eq!(slugify.call(("Hot Plates",))?, "hot-plates");
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn intercept<F>(&self, interceptor: F) -> Interception<A, R>
    where
        F: Fn(A::Values<'_>, &Next<'_, A, R>) -> Result<R, Error> + Send + Sync + 'static,
    {
        let shared = self.shared().clone();
        let redirect = Arc::new(Redirect::<A, R>::new(interceptor));
        let number = shared.interceptions.add(self.slot(), redirect);
        shared.store_again();
        Interception {
            number,
            shared,
            function: self.clone(),
        }
    }
}

impl Host {
    /// Redirects all calls of a function, as [`Function::intercept`] does.
    ///
    /// # Errors
    ///
    /// As [`function`](Self::function).
    pub fn intercept<A: Arguments + 'static, R: Returned>(
        &self,
        plugin: &str,
        function: &str,
        interceptor: impl Fn(A::Values<'_>, &Next<'_, A, R>) -> Result<R, Error> + Send + Sync + 'static,
    ) -> Result<Interception<A, R>, Error> {
        Ok(self
            .function::<A, R>(plugin, function)?
            .intercept(interceptor))
    }
}

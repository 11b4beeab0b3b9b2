//! Calls that go through a function of the application's before they reach the plugin's.
#![expect(
    unsafe_code,
    reason = "an interceptor is called as the function is that it stands in for"
)]

use hotplate_plugin_api::unit::UnitData;
use hotplate_plugin_api::{ErrorKind, Failure, Returned, Status, panic};

use super::Arguments;
use crate::call::{self, Code};
use crate::error::Error;
use crate::watching::intercept::{Link, Next, Redirected};

type Interceptor<A, R> =
    dyn Fn(<A as Arguments>::Values<'_>, &Next<'_, A, R>) -> Result<R, Error> + Send + Sync;

/// An interceptor of functions with one signature.
pub(crate) struct Redirect<A: Arguments, R> {
    call: Box<Interceptor<A, R>>,
}

impl<A: Arguments, R: Returned> Redirect<A, R> {
    pub(crate) fn new<F>(call: F) -> Self
    where
        F: Fn(A::Values<'_>, &Next<'_, A, R>) -> Result<R, Error> + Send + Sync + 'static,
    {
        let call = Box::new(call);
        Self { call }
    }
}

impl<A: Arguments, R: Returned> Redirected for Redirect<A, R> {
    fn code(&self, link: &Link) -> Code {
        let data = UnitData(std::ptr::from_ref(link).cast());
        Code::redirected(A::redirected::<R>(), data)
    }
}

/// Calls an interceptor, in place of the function.
///
/// # Safety
///
/// 1. `data` must be the link of a `Redirect<A, R>`, as [`Redirect::code`] gives it, and the
///    snapshot that holds the link must be alive.
/// 2. `result` must point to memory for an `R::Abi`; it is initialised exactly if the status
///    is `Ok`.
pub(super) unsafe fn run<'v, A: Arguments, R: Returned>(
    data: UnitData,
    failure: Failure<'_>,
    values: impl FnOnce() -> A::Values<'v>,
    result: *mut R::Abi,
) -> Status {
    // SAFETY: by duty 1.
    let link = unsafe { &*data.0.cast::<Link>() };
    let redirect: *const dyn Redirected = &raw const **link.redirect();
    // SAFETY: by duty 1 it is of this type, and the link keeps it alive.
    let redirect = unsafe { &*redirect.cast::<Redirect<A, R>>() };
    panic::guard(failure, || {
        match (redirect.call)(values(), &Next::new(link)) {
            Ok(value) => {
                // SAFETY: by duty 2 there is room.
                unsafe { result.write(value.into_abi()) };
                Status::Ok
            }
            Err(error) => {
                // What the function reports reaches the caller as if nothing stood in between.
                match error.record() {
                    Some(record) => failure.report(record.kind, &record.exception, &record.message),
                    None => failure.report(ErrorKind::Function, "", &error.to_string()),
                }
                Status::Failed
            }
        }
    })
}

/// Calls what comes after an interceptor.
pub(crate) fn call_next<A: Arguments, R: Returned>(
    link: &Link,
    arguments: A::Values<'_>,
) -> Result<R, Error> {
    // SAFETY: duty 1, a link is borrowed from a call in the snapshot that holds both it and the
    // unit. Duty 2, the interceptor was made by a handle with this signature, which it keeps, so
    // that it was compared with the unit of every snapshot that has such a link. Duty 3, the
    // call that the link is borrowed from is inside the gate if the unit uses state, and was
    // made because that is not stale.
    let result = unsafe { call::function::<A, R>(link.next(), arguments) };
    let unit = link.unit();
    let mut result =
        result.map_err(|record| Error::call(unit.path(), record.into_record(), Vec::new()))?;
    if let Some(binding) = unit.binding() {
        result.adopt(binding);
    }
    Ok(result)
}

//! Catching panics at the boundary, and saying where they started.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::failure::{ErrorKind, Failure, Status};
use crate::unit::SourcePosition;

thread_local! {
    /// The sink of the innermost guarded call on this thread. Without a
    /// destructor, and so without a thread key that would outlive the library.
    static CURRENT: Cell<Option<Failure<'static>>> = const { Cell::new(None) };
}

/// Runs `body`; a panic in it is reported into `failure`, with its place, and gives `Failed`.
///
/// Every entry point that crosses the boundary runs inside one of these.
pub fn guard(failure: Failure<'_>, body: impl FnOnce() -> Status) -> Status {
    catch(failure, body).unwrap_or(Status::Failed)
}

/// Runs `body`; a panic in it is reported into `failure`, with its place, and gives nothing.
#[inline]
pub fn catch<T>(failure: Failure<'_>, body: impl FnOnce() -> T) -> Option<T> {
    let outer = CURRENT.replace(Some(failure.outlive()));
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    CURRENT.set(outer);
    match result {
        Ok(result) => Some(result),
        Err(payload) => {
            report_payload(failure, payload);
            None
        }
    }
}

#[cold]
fn report_payload(failure: Failure<'_>, payload: Box<dyn Any + Send>) {
    // The hook has reported already, unless the library's hook is not ours.
    failure.report(ErrorKind::Panic, "", message(&*payload));
    // A payload whose own drop panics must not unwind out of the library.
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Installs a hook that reports into the current call's sink and touches no thread key.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(report_panic));
}

/// Installs a hook that reports panics in calls, and leaves all others to the hook that is
/// there: that of the program, which plugins are linked into.
pub(crate) fn install_hook_in_program() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !report_in_call(info) {
            others(info);
        }
    }));
}

fn report_panic(info: &PanicHookInfo<'_>) {
    if !report_in_call(info) {
        let place = info
            .location()
            .map_or_else(String::new, ToString::to_string);
        let text = message(info.payload());
        crate::log!(
            crate::log::Level::Error,
            "panic outside a call at {place}: {text}"
        );
    }
}

/// Reports a panic into the current call's sink; false if there is no call.
fn report_in_call(info: &PanicHookInfo<'_>) -> bool {
    let Some(failure) = CURRENT.get() else {
        return false;
    };
    failure.report(ErrorKind::Panic, "", message(info.payload()));
    if let Some(location) = info.location() {
        failure.locate(&SourcePosition {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        });
    }
    true
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic with a payload that is not text")
}

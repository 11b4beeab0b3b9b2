//! Catching panics at the boundary, and saying where they started.

use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::failure::{ErrorKind, Failure, Status};
use crate::render::Frame;
use crate::unit::SourcePosition;

/// Where a panic started.
struct Place {
    file: String,
    line: u32,
    column: u32,
}

thread_local! {
    /// Where the last panic of a call on this thread started, for who catches it. Without
    /// a destructor, and so without a thread key that would outlive the library.
    static STARTED: Cell<Option<ManuallyDrop<Box<Place>>>> = const { Cell::new(None) };
}

/// Runs `body`; a panic in it is reported into `failure`, with its place, and gives `Failed`.
///
/// Every entry point that crosses the boundary runs inside one of these.
#[inline(always)]
pub fn guard(failure: Failure<'_>, body: impl FnOnce() -> Status) -> Status {
    catch(failure, body).unwrap_or(Status::Failed)
}

/// As [`guard`], for what renders: the sink is the frame's, and is read if it is needed.
#[inline(always)]
pub fn guard_frame<'a>(
    frame: &mut Frame<'a>,
    body: impl FnOnce(&mut Frame<'a>) -> Status,
) -> Status {
    match panic::catch_unwind(AssertUnwindSafe(|| body(frame))) {
        Ok(status) => status,
        Err(payload) => {
            report_payload(frame.failure, payload);
            Status::Failed
        }
    }
}

/// Runs `body`; a panic in it is reported into `failure`, with its place, and gives nothing.
#[inline(always)]
pub fn catch<T>(failure: Failure<'_>, body: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(payload) => {
            report_payload(failure, payload);
            None
        }
    }
}

#[cold]
#[inline(never)]
fn report_payload(failure: Failure<'_>, payload: Box<dyn Any + Send>) {
    failure.report(ErrorKind::Panic, "", message(&*payload));
    // There is none if the library's hook is not ours.
    if let Some(place) = STARTED.take().map(ManuallyDrop::into_inner) {
        failure.locate(&SourcePosition {
            file: place.file.as_str().into(),
            line: place.line,
            column: place.column,
        });
    }
    // A payload whose own drop panics must not unwind out of the library.
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Installs a hook that keeps the place for who catches the panic, and touches no thread key.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(report_panic));
}

/// Installs a hook that reports panics in calls, and leaves all others to the hook that is
/// there: that of the program, which plugins are linked into.
pub(crate) fn install_hook_in_program() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !keep_place(info) {
            others(info);
        }
    }));
}

fn report_panic(info: &PanicHookInfo<'_>) {
    if !keep_place(info) {
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

/// Keeps the place of a panic for who catches it; false if no call is running.
fn keep_place(info: &PanicHookInfo<'_>) -> bool {
    if !crate::log::is_in_call() {
        return false;
    }
    let place = info.location().map(|location| {
        ManuallyDrop::new(Box::new(Place {
            file: location.file().to_owned(),
            line: location.line(),
            column: location.column(),
        }))
    });
    drop(STARTED.replace(place).map(ManuallyDrop::into_inner));
    true
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic with a payload that is not text")
}

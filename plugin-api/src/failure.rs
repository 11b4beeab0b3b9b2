//! How an error crosses the boundary: a status, and a sink that the caller owns.
#![expect(
    unsafe_code,
    reason = "the sink hands the caller's record over as a raw pointer"
)]

use std::fmt;
use std::marker::PhantomData;

use abi_stable::StableAbi;
use abi_stable::std_types::RStr;

use crate::unit::SourcePosition;
use crate::value::Exception;

/// What an entry point returns; the particulars of a failure are in the caller's record.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a failed status means that the output is incomplete"]
pub enum Status {
    /// The call did all it had to do.
    Ok,
    /// The call failed and has said why in the failure sink.
    Failed,
}

/// What kind of failure a unit reports.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing has been reported.
    #[default]
    None,
    /// An exception of the template language, with Django's type and message.
    Exception,
    /// A plugin function returned an error.
    Function,
    /// The code panicked.
    Panic,
    /// A limit on nesting, output or arguments was reached.
    Limit,
    /// State does not fit the code: an instance is of another type, or was migrated.
    State,
}

/// Where a unit reports why it failed. The caller owns what is behind it.
///
/// Copies lead to the same record. The sink is not `Send`, so that only the
/// thread that makes the call can write to it.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Failure<'a> {
    owner: *mut (),
    functions: &'static FailureFunctions,
    _record: PhantomData<&'a ()>,
}

/// What can be done with the owner of a sink.
#[repr(C)]
#[derive(StableAbi)]
struct FailureFunctions {
    report: unsafe extern "C" fn(*mut (), ErrorKind, RStr<'_>, RStr<'_>),
    locate: unsafe extern "C" fn(*mut (), &SourcePosition<'_>),
    trace: unsafe extern "C" fn(*mut (), RStr<'_>, u32),
}

impl Failure<'_> {
    /// Reports an error. The first report of a call counts; later ones are consequences.
    ///
    /// `exception` is the name of the exception's type, such as `TypeError`; it may be empty.
    pub fn report(&self, kind: ErrorKind, exception: &str, message: &str) {
        // SAFETY: `owner` and the functions come from `sink`, whose borrow `'a` keeps the
        // owner alive and out of others' reach.
        unsafe { (self.functions.report)(self.owner, kind, exception.into(), message.into()) }
    }

    /// Adds the position in Rust source where a panic started.
    pub fn locate(&self, position: &SourcePosition<'_>) {
        // SAFETY: as in `report`.
        unsafe { (self.functions.locate)(self.owner, position) }
    }

    /// Adds a line to the traceback: the failure passed through `site` of `unit`.
    ///
    /// Innermost first. A site is an index into the unit's
    /// [`sites`](crate::UnitDescriptor::sites).
    pub fn trace(&self, unit: &str, site: u32) {
        // SAFETY: as in `report`.
        unsafe { (self.functions.trace)(self.owner, unit.into(), site) }
    }
}

/// The caller's record of a failed call.
///
/// ```
/// use hotplate_plugin_api::{ErrorKind, ErrorRecord};
///
/// let mut record = ErrorRecord::default();
/// record.failure().report(ErrorKind::Exception, "ValueError", "no such format");
/// assert_eq!(record.to_string(), "ValueError: no such format");
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ErrorRecord {
    /// What kind of failure this is.
    pub kind: ErrorKind,
    /// The exception's type name, or nothing.
    pub exception: String,
    /// What went wrong.
    pub message: String,
    /// Where a panic started: file, line, column.
    pub location: Option<(String, u32, u32)>,
    /// The units and sites that the failure passed through, innermost first.
    pub trace: Vec<(String, u32)>,
}

impl ErrorRecord {
    /// The sink that a unit reports into.
    pub fn failure(&mut self) -> Failure<'_> {
        sink(self)
    }
}

/// A record that is made at the first report, so that a call that succeeds pays nothing
/// for it.
///
/// ```
/// use hotplate_plugin_api::ErrorKind;
/// use hotplate_plugin_api::failure::LazyRecord;
///
/// let mut record = LazyRecord::default();
/// record.failure().report(ErrorKind::Limit, "", "too deep");
/// assert_eq!(record.into_record().message, "too deep");
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LazyRecord(Option<Box<ErrorRecord>>);

impl LazyRecord {
    /// The sink that a unit reports into.
    #[inline]
    pub fn failure(&mut self) -> Failure<'_> {
        sink(self)
    }

    /// What was reported; an empty record if nothing was.
    #[cold]
    pub fn into_record(self) -> ErrorRecord {
        self.0.map(|record| *record).unwrap_or_default()
    }
}

/// What a sink leads to.
trait Owner {
    fn record(&mut self) -> &mut ErrorRecord;
}

impl Owner for ErrorRecord {
    fn record(&mut self) -> &mut ErrorRecord {
        self
    }
}

impl Owner for LazyRecord {
    fn record(&mut self) -> &mut ErrorRecord {
        self.0.get_or_insert_default()
    }
}

#[inline]
fn sink<O: Owner>(owner: &mut O) -> Failure<'_> {
    Failure {
        owner: (&raw mut *owner).cast(),
        functions: const {
            &FailureFunctions {
                report: report::<O>,
                locate: locate::<O>,
                trace: trace::<O>,
            }
        },
        _record: PhantomData,
    }
}

impl ErrorRecord {
    /// The failure as an exception. What is no exception of the template language becomes
    /// a `RuntimeError`.
    pub fn into_exception(self) -> Exception {
        let is_exception = self.kind == ErrorKind::Exception && !self.exception.is_empty();
        let name = if is_exception {
            self.exception.as_str()
        } else {
            "RuntimeError"
        };
        Exception::new(name, self.message)
    }

    /// Reports the failure, with all that is known of it, into the record of a caller
    /// further out.
    pub fn pass_on(&self, failure: &Failure<'_>) {
        failure.report(self.kind, &self.exception, &self.message);
        if let Some((file, line, column)) = &self.location {
            failure.locate(&SourcePosition {
                file: file.as_str().into(),
                line: *line,
                column: *column,
            });
        }
        for (unit, site) in &self.trace {
            failure.trace(unit, *site);
        }
    }
}

impl fmt::Display for ErrorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.exception.is_empty() {
            write!(f, "{}: ", self.exception)?;
        }
        f.write_str(&self.message)?;
        match &self.location {
            Some((file, line, column)) => write!(f, " at {file}:{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// # Safety
///
/// 1. `owner` must be the `O` that `sink` borrowed.
unsafe extern "C" fn report<O: Owner>(
    owner: *mut (),
    kind: ErrorKind,
    exception: RStr<'_>,
    message: RStr<'_>,
) {
    // SAFETY: by duty 1; all copies of the sink are on this thread, and none is in use here.
    let record = unsafe { &mut *owner.cast::<O>() }.record();
    if record.kind == ErrorKind::None {
        record.kind = kind;
        record.exception = exception.as_str().to_owned();
        record.message = message.as_str().to_owned();
    }
}

/// # Safety
///
/// 1. `owner` must be the `O` that `sink` borrowed.
unsafe extern "C" fn locate<O: Owner>(owner: *mut (), position: &SourcePosition<'_>) {
    // SAFETY: by duty 1; all copies of the sink are on this thread, and none is in use here.
    let record = unsafe { &mut *owner.cast::<O>() }.record();
    record.location.get_or_insert_with(|| {
        let file = position.file.as_str().to_owned();
        (file, position.line, position.column)
    });
}

/// # Safety
///
/// 1. `owner` must be the `O` that `sink` borrowed.
unsafe extern "C" fn trace<O: Owner>(owner: *mut (), unit: RStr<'_>, site: u32) {
    // SAFETY: by duty 1; all copies of the sink are on this thread, and none is in use here.
    let record = unsafe { &mut *owner.cast::<O>() }.record();
    record.trace.push((unit.as_str().to_owned(), site));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lazy_record_is_what_was_reported() {
        assert_eq!(LazyRecord::default().into_record(), ErrorRecord::default());
        let mut lazy = LazyRecord::default();
        let mut eager = ErrorRecord::default();
        for failure in [lazy.failure(), eager.failure()] {
            failure.trace("page.html", 1);
            failure.report(ErrorKind::Function, "", "message");
        }
        assert_eq!(lazy.into_record(), eager);
    }

    #[test]
    fn the_first_report_counts_and_the_trace_grows() {
        let mut record = ErrorRecord::default();
        let failure = record.failure();
        failure.report(ErrorKind::Panic, "", "first");
        failure.report(ErrorKind::Limit, "", "second");
        failure.trace("inner.html", 3);
        failure.trace("outer.html", 0);
        assert_eq!(record.kind, ErrorKind::Panic);
        assert_eq!(record.message, "first");
        let expected = [("inner.html".to_owned(), 3), ("outer.html".to_owned(), 0)];
        assert_eq!(record.trace, expected);
    }
}

//! The host's error: opaque, cheap to pass on, with predicates to branch on.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use hotplate_plugin_api::{ErrorKind, ErrorRecord};

use crate::event::Rejection;

/// Why something could not be done.
///
/// Ask the predicates to decide what to do; print it to tell a person.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: Kind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

enum Kind {
    /// A change set was refused.
    Rejected(Rejection),
    /// There never was such a plugin or unit.
    Unknown {
        what: String,
        suggestions: Vec<String>,
    },
    /// The unit is of another kind than the handle.
    Mistaken {
        unit: String,
        expected: &'static str,
        found: &'static str,
    },
    /// The unit existed and is gone.
    Removed { unit: String },
    /// The signature is another than the caller's.
    Incompatible { unit: String, difference: String },
    /// The struct that a template was compiled for is another than the caller's.
    UnfitContext { unit: String, difference: String },
    /// A writer did not take what was rendered; the cause says why.
    Write { unit: String },
    /// State that the unit is bound to has migrated since.
    Stale { unit: String },
    /// State cannot be saved, shown or forgotten.
    State(String),
    /// A call failed.
    Call(CallFailure),
    /// The host has been dropped.
    Closed,
    /// There is no earlier snapshot.
    NothingToRollBackTo,
    /// A mistake in how the host was set up or in what it was given.
    Setup(String),
}

struct CallFailure {
    unit: String,
    record: ErrorRecord,
    trace: Vec<TraceLine>,
}

/// One line of a template traceback: a failure passed through here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLine {
    /// The unit, such as `index.html` or `index.html/content`.
    pub unit: String,
    /// The template it was made from.
    pub file: String,
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
}

impl fmt::Display for TraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self(Arc::new(Inner { kind, source: None }))
    }

    pub(crate) fn rejected(rejection: Rejection) -> Self {
        Self::new(Kind::Rejected(rejection))
    }

    pub(crate) fn unknown(what: String, suggestions: Vec<String>) -> Self {
        Self::new(Kind::Unknown { what, suggestions })
    }

    pub(crate) fn wrong_kind(unit: String, expected: &'static str, found: &'static str) -> Self {
        Self::new(Kind::Mistaken {
            unit,
            expected,
            found,
        })
    }

    pub(crate) fn removed(unit: String) -> Self {
        Self::new(Kind::Removed { unit })
    }

    pub(crate) fn incompatible(unit: String, difference: String) -> Self {
        Self::new(Kind::Incompatible { unit, difference })
    }

    pub(crate) fn unfit_context(unit: String, difference: String) -> Self {
        Self::new(Kind::UnfitContext { unit, difference })
    }

    pub(crate) fn write(unit: String, source: io::Error) -> Self {
        Self(Arc::new(Inner {
            kind: Kind::Write { unit },
            source: Some(Box::new(source)),
        }))
    }

    pub(crate) fn call(unit: String, record: ErrorRecord, trace: Vec<TraceLine>) -> Self {
        Self::new(Kind::Call(CallFailure {
            unit,
            record,
            trace,
        }))
    }

    #[cold]
    pub(crate) fn stale(unit: String) -> Self {
        Self::new(Kind::Stale { unit })
    }

    pub(crate) fn state(message: String) -> Self {
        Self::new(Kind::State(message))
    }

    pub(crate) fn closed() -> Self {
        Self::new(Kind::Closed)
    }

    pub(crate) fn nothing_to_roll_back_to() -> Self {
        Self::new(Kind::NothingToRollBackTo)
    }

    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::new(Kind::Setup(message.into()))
    }

    pub(crate) fn setup_from(
        message: impl Into<String>,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            kind: Kind::Setup(message.into()),
            source: Some(Box::new(source)),
        }))
    }

    /// Whether a change set was refused, at any stage; [`rejection`](Self::rejection) has it.
    pub fn is_rejected(&self) -> bool {
        matches!(self.0.kind, Kind::Rejected(_))
    }

    /// Whether sources did not build: a mistake in a template or in Rust, or no cargo.
    pub fn is_build_failure(&self) -> bool {
        use crate::event::Stage;
        self.rejection()
            .is_some_and(|rejection| matches!(rejection.stage, Stage::Template | Stage::Build))
    }

    /// Whether a signature, struct or layout is another than the one expected.
    pub fn is_incompatible(&self) -> bool {
        use crate::event::Stage;
        matches!(
            self.0.kind,
            Kind::Incompatible { .. } | Kind::UnfitContext { .. }
        ) || self
            .rejection()
            .is_some_and(|rejection| matches!(rejection.stage, Stage::Layout | Stage::Signature))
    }

    /// Whether a writer did not take what was rendered; its error is the
    /// [source](StdError::source).
    pub fn is_write_failure(&self) -> bool {
        matches!(self.0.kind, Kind::Write { .. })
    }

    /// Whether the code of a call does not fit the state that there is: it is of an old pin,
    /// and the state has migrated since, or an instance is of another type, plugin or host.
    pub fn is_stale(&self) -> bool {
        matches!(self.0.kind, Kind::Stale { .. }) || self.call_kind() == Some(ErrorKind::State)
    }

    /// Whether a change set was refused because its code could not take over the state that
    /// there is, or state could not be saved, shown or forgotten.
    pub fn is_state_failure(&self) -> bool {
        use crate::event::Stage;
        matches!(self.0.kind, Kind::State(_))
            || self
                .rejection()
                .is_some_and(|rejection| rejection.stage == Stage::State)
    }

    /// Whether the unit existed and is gone; the same handle works when it returns.
    pub fn is_removed(&self) -> bool {
        matches!(self.0.kind, Kind::Removed { .. })
    }

    /// Whether there never was such a plugin or unit.
    pub fn is_unknown(&self) -> bool {
        matches!(self.0.kind, Kind::Unknown { .. })
    }

    /// Whether a template raised while it was rendered.
    pub fn is_render_failure(&self) -> bool {
        self.call_kind() == Some(ErrorKind::Exception)
    }

    /// Whether a plugin function returned an error.
    pub fn is_function_error(&self) -> bool {
        self.call_kind() == Some(ErrorKind::Function)
    }

    /// Whether the called code panicked.
    pub fn is_panic(&self) -> bool {
        self.call_kind() == Some(ErrorKind::Panic)
    }

    /// Whether a limit on depth or output was reached.
    pub fn is_limit(&self) -> bool {
        self.call_kind() == Some(ErrorKind::Limit)
    }

    /// Whether values that were passed to a plugin function do not fit its parameters, or its
    /// result has no form as a value.
    pub fn is_unfit_arguments(&self) -> bool {
        self.call_kind() == Some(ErrorKind::Arguments)
    }

    /// Whether the host of the handle has been dropped.
    pub fn is_closed(&self) -> bool {
        matches!(self.0.kind, Kind::Closed)
    }

    /// Names that are near to the unknown one, best first.
    pub fn suggestions(&self) -> &[String] {
        match &self.0.kind {
            Kind::Unknown { suggestions, .. } => suggestions,
            _ => &[],
        }
    }

    /// The refused change set, if that is what this is.
    pub fn rejection(&self) -> Option<&Rejection> {
        match &self.0.kind {
            Kind::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// The type name of the exception that a template raised, such as `TypeError`.
    pub fn exception(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Call(failure) if !failure.record.exception.is_empty() => {
                Some(&failure.record.exception)
            }
            _ => None,
        }
    }

    /// The message of a failed call alone, without exception type or place.
    pub fn message(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Call(failure) => Some(&failure.record.message),
            _ => None,
        }
    }

    /// Where a panic started: file, line, column.
    pub fn panic_location(&self) -> Option<(&str, u32, u32)> {
        match &self.0.kind {
            Kind::Call(failure) => {
                let (file, line, column) = failure.record.location.as_ref()?;
                Some((file, *line, *column))
            }
            _ => None,
        }
    }

    /// The template traceback of a failed rendering, outermost template first.
    pub fn trace(&self) -> &[TraceLine] {
        match &self.0.kind {
            Kind::Call(failure) => &failure.trace,
            _ => &[],
        }
    }

    /// What a call that failed reported.
    pub(crate) fn record(&self) -> Option<&ErrorRecord> {
        match &self.0.kind {
            Kind::Call(failure) => Some(&failure.record),
            _ => None,
        }
    }

    fn call_kind(&self) -> Option<ErrorKind> {
        match &self.0.kind {
            Kind::Call(failure) => Some(failure.record.kind),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Rejected(rejection) => rejection.fmt(f),
            Kind::Unknown { what, suggestions } => {
                write!(f, "no {what}")?;
                match suggestions.as_slice() {
                    [] => Ok(()),
                    [names @ .., last] if !names.is_empty() => {
                        write!(f, "; did you mean {} or {last}?", names.join(", "))
                    }
                    names => write!(f, "; did you mean {}?", names.join(", ")),
                }
            }
            Kind::Mistaken {
                unit,
                expected,
                found,
            } => write!(f, "{unit} is a {found}, not a {expected}"),
            Kind::Removed { unit } => write!(f, "{unit} was removed from its plugin"),
            Kind::Incompatible { unit, difference } => {
                write!(f, "the signature of {unit} differs: {difference}")
            }
            Kind::UnfitContext { unit, difference } => {
                write!(f, "{unit} was not built for this struct: {difference}")
            }
            Kind::Write { unit } => write!(f, "cannot write what {unit} renders"),
            Kind::Call(failure) => {
                if failure.record.kind == ErrorKind::Arguments {
                    return write!(f, "{} was not called: {}", failure.unit, failure.record);
                }
                write!(f, "{} failed: {}", failure.unit, failure.record)?;
                for (number, line) in failure.trace.iter().enumerate() {
                    let before = if number == 0 {
                        "\ntemplate traceback: "
                    } else {
                        " → "
                    };
                    write!(f, "{before}{}:{}", line.file, line.line)?;
                }
                Ok(())
            }
            Kind::Stale { unit } => write!(f, "{unit} is older than the state that there is"),
            Kind::State(message) => f.write_str(message),
            Kind::Closed => f.write_str("the host has been dropped"),
            Kind::NothingToRollBackTo => f.write_str("there is no earlier snapshot to go back to"),
            Kind::Setup(message) => f.write_str(message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

/// An error with what it was caused by, on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The names nearest to `wanted`, best first, at most three.
pub(crate) fn suggestions<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (edit_distance(wanted, name), name))
        .filter(|&(distance, name)| distance <= wanted.len().max(name.len()) / 2)
        .collect();
    near.sort_unstable();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// Levenshtein's distance in bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_near_names_best_first() {
        let names = ["index.html", "about.html", "base.html", "_byline.html"];
        assert_eq!(suggestions("indx.html", names)[0], "index.html");
        assert!(suggestions("zzz", names).is_empty());
    }

    #[test]
    fn an_unknown_unit_reads_as_a_question() {
        let error = Error::unknown(
            "template x in plugin site".into(),
            vec!["y".into(), "z".into()],
        );
        assert_eq!(
            error.to_string(),
            "no template x in plugin site; did you mean y or z?"
        );
    }
}

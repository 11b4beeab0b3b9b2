//! Mistakes in what a template says of its context, where the struct is known.

use super::Mistake;
use crate::contexts::Record;
use crate::source::Span;

fn missing(span: Span, message: String) -> Mistake {
    Mistake {
        exception: "VariableDoesNotExist",
        message,
        span,
        notes: Vec::new(),
    }
}

fn type_error(span: Span, message: String) -> Mistake {
    Mistake {
        exception: "TypeError",
        message,
        span,
        notes: Vec::new(),
    }
}

impl Mistake {
    fn defined(self, struct_name: &str, record: &Record) -> Self {
        self.note(format!("'{struct_name}' is defined in {}", record.place))
    }
}

/// The last part of a struct's path.
fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// A name that the struct of a template does not have. `is_open` says that the name stands
/// in a block of a template that extends another, which may set names.
pub(crate) fn unknown_name(
    name: &str,
    record_name: &str,
    record: &Record,
    is_open: bool,
    span: Span,
) -> Mistake {
    let fields = record.fields.iter().map(|field| field.name.as_str());
    let struct_name = short(record_name);
    let mistake = missing(span, format!("'{struct_name}' has no field '{name}'"))
        .suggest(name, fields)
        .defined(struct_name, record);
    if is_open {
        mistake.note("a name that the parent template sets around the block must be a field too")
    } else {
        mistake
    }
}

/// A part of a dotted name that a struct does not have.
pub(crate) fn unknown_field(
    name: &str,
    path: &str,
    record_name: &str,
    record: &Record,
    span: Span,
) -> Mistake {
    let fields = record.fields.iter().map(|field| field.name.as_str());
    let struct_name = short(record_name);
    missing(
        span,
        format!("'{path}' is a '{struct_name}', which has no field '{name}'"),
    )
    .suggest(name, fields)
    .defined(struct_name, record)
}

/// A part of a dotted name that values of a type do not have.
pub(crate) fn unknown_part(name: &str, path: &str, kind: &str, span: Span) -> Mistake {
    missing(span, format!("'{path}' is {kind}, which has no '{name}'"))
}

/// An index beyond the end of a tuple.
pub(crate) fn no_such_item(index: &str, path: &str, length: usize, span: Span) -> Mistake {
    let s = if length == 1 { "" } else { "s" };
    missing(
        span,
        format!("'{path}' is a tuple of {length} item{s} and has no item {index}"),
    )
    .note("items are counted from 0")
}

/// A loop over what cannot be iterated over.
pub(crate) fn not_iterable(path: &str, kind: &str, span: Span) -> Mistake {
    type_error(
        span,
        format!("'{path}' is {kind} and cannot be iterated over"),
    )
}

/// A loop with another number of variables than the items have parts.
pub(crate) fn unpacked(path: &str, length: usize, wanted: usize, span: Span) -> Mistake {
    let mut mistake = type_error(
        span,
        format!(
            "the items of '{path}' are tuples of {length}, but the loop has {wanted} variables"
        ),
    );
    mistake.exception = "ValueError";
    mistake
}

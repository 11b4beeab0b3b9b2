//! Mistakes in `load` and in the arguments of libraries' tags.

use super::{Mistake, syntax};
use crate::source::Span;

pub(crate) fn unknown_library<'c>(
    name: &str,
    registered: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    let registered: Vec<&str> = registered.into_iter().collect();
    let message = format!(
        "'{name}' is not a registered tag library. Must be one of:\n{}",
        registered.join("\n")
    );
    syntax(span, message).suggest(name, registered)
}

pub(crate) fn not_in_library<'c>(
    name: &str,
    library: &str,
    known: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    let message = format!("'{name}' is not a valid tag or filter in tag library '{library}'");
    syntax(span, message).suggest(name, known)
}

pub(crate) fn unexpected_keyword(tag: &str, keyword: &str, span: Span) -> Mistake {
    let message = format!("'{tag}' received unexpected keyword argument '{keyword}'");
    syntax(span, message)
}

pub(crate) fn repeated_keyword(tag: &str, keyword: &str, span: Span) -> Mistake {
    let message = format!("'{tag}' received multiple values for keyword argument '{keyword}'");
    syntax(span, message)
}

pub(crate) fn positional_after_keyword(tag: &str, span: Span) -> Mistake {
    let message =
        format!("'{tag}' received some positional argument(s) after some keyword argument(s)");
    syntax(span, message)
}

pub(crate) fn too_many_positional(tag: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'{tag}' received too many positional arguments"),
    )
}

pub(crate) fn missing_arguments(tag: &str, names: &[&str], span: Span) -> Mistake {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let message = format!(
        "'{tag}' did not receive value(s) for the argument(s): {}",
        names.join(", ")
    );
    syntax(span, message)
}

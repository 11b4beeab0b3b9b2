//! Mistakes in the tags that hold state, capture output or define partials.

use super::{Mistake, repr, syntax};
use crate::source::Span;

pub(crate) fn cycle_arguments(span: Span) -> Mistake {
    syntax(span, "'cycle' tag requires at least two arguments")
        .note("write {% cycle 'odd' 'even' %}")
}

pub(crate) fn no_named_cycles(name: &str, span: Span) -> Mistake {
    let message = format!("No named cycles in template. '{name}' is not defined");
    syntax(span, message).note("a cycle needs at least two values")
}

pub(crate) fn unknown_cycle<'c>(
    name: &str,
    known: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    syntax(span, format!("Named cycle '{name}' does not exist")).suggest(name, known)
}

pub(crate) fn cycle_flag(flag: &str, span: Span) -> Mistake {
    let message = format!("Only 'silent' flag is allowed after cycle's name, not '{flag}'.");
    syntax(span, message)
}

pub(crate) fn resetcycle_arguments(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(span, format!("{tag} tag accepts at most one argument."))
}

pub(crate) fn unknown_cycle_to_reset<'c>(
    name: &str,
    known: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    syntax(span, format!("Named cycle '{name}' does not exist.")).suggest(name, known)
}

pub(crate) fn no_cycles(span: Span) -> Mistake {
    syntax(span, "No cycles in template.")
}

pub(crate) fn filter_not_permitted(filter: &str, span: Span) -> Mistake {
    let message =
        format!("\"filter {filter}\" is not permitted. Use the \"autoescape\" tag instead.");
    syntax(span, message)
}

/// Django's code unpacks the words of the tag here.
pub(crate) fn filter_without_filters(span: Span) -> Mistake {
    Mistake {
        exception: "ValueError",
        ..syntax(span, "not enough values to unpack (expected 2, got 1)")
    }
    .note("write {% filter upper %}")
}

pub(crate) fn firstof_arguments(span: Span) -> Mistake {
    syntax(span, "'firstof' statement requires at least one argument")
}

pub(crate) fn regroup_arguments(span: Span) -> Mistake {
    syntax(span, "'regroup' tag takes five arguments")
        .note("write {% regroup people by country as groups %}")
}

pub(crate) fn regroup_by(span: Span) -> Mistake {
    syntax(span, "second argument to 'regroup' tag must be 'by'")
}

pub(crate) fn regroup_as(span: Span) -> Mistake {
    syntax(span, "next-to-last argument to 'regroup' tag must be 'as'")
}

pub(crate) fn partialdef_name(span: Span) -> Mistake {
    syntax(span, "'partialdef' tag requires a name")
}

pub(crate) fn partialdef_inline(span: Span) -> Mistake {
    let message = "The 'inline' argument does not have any parameters; either use 'inline' or remove it completely.";
    syntax(span, message)
}

pub(crate) fn partialdef_arguments(span: Span) -> Mistake {
    syntax(span, "'partialdef' tag takes at most 2 arguments")
}

pub(crate) fn partial_repeated(name: &str, template: &str, span: Span) -> Mistake {
    let message = format!("Partial '{name}' is already defined in the '{template}' template.");
    syntax(span, message)
}

pub(crate) fn partial_arguments(span: Span) -> Mistake {
    syntax(span, "'partial' tag requires a single argument")
}

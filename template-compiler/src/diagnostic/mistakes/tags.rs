//! Mistakes in the tags whose work functions of the runtime do.

use super::{Mistake, repr, syntax};
use crate::source::Span;

pub(crate) fn now_arguments(span: Span) -> Mistake {
    syntax(span, "'now' statement takes one argument")
        .note("write {% now \"DATE_FORMAT\" %} or a format such as \"j.n.Y\"")
}

pub(crate) fn url_arguments(tag: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'{tag}' takes at least one argument, a URL pattern name."),
    )
}

pub(crate) fn lorem_format(tag: &str, span: Span) -> Mistake {
    syntax(span, format!("Incorrect format for {} tag", repr(tag)))
        .note("write {% lorem count method random %}, where the method is w, p or b")
}

pub(crate) fn templatetag_arguments(span: Span) -> Mistake {
    syntax(span, "'templatetag' statement takes one argument")
}

pub(crate) fn templatetag_unknown(name: &str, known: &[&'static str], span: Span) -> Mistake {
    let names: Vec<String> = known.iter().map(|name| repr(name)).collect();
    let message = format!(
        "Invalid templatetag argument: '{name}'. Must be one of: [{}]",
        names.join(", ")
    );
    syntax(span, message).suggest(name, known.iter().copied())
}

pub(crate) fn widthratio_arguments(span: Span) -> Mistake {
    syntax(span, "widthratio takes at least three arguments")
        .note("write {% widthratio value maximum width %}")
}

pub(crate) fn widthratio_keyword(span: Span) -> Mistake {
    syntax(
        span,
        "Invalid syntax in widthratio tag. Expecting 'as' keyword",
    )
}

pub(crate) fn static_arguments(tag: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'{tag}' takes at least one argument (path to file)"),
    )
}

pub(crate) fn prefix_keyword(tag: &str, span: Span) -> Mistake {
    syntax(span, format!("First argument in '{tag}' must be 'as'"))
}

pub(crate) fn name_missing(span: Span) -> Mistake {
    let mistake = Mistake {
        exception: "IndexError",
        ..syntax(span, "list index out of range")
    };
    mistake.note("a name must follow 'as'")
}

pub(crate) fn cache_arguments(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(span, format!("'{tag}' tag requires at least 2 arguments."))
        .note("write {% cache seconds name %}")
}

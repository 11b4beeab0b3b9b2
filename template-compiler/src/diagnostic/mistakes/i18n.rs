//! Mistakes in the tags of the libraries `i18n`, `l10n` and `tz`.

use super::{Mistake, repr, syntax};
use crate::source::Span;

pub(crate) fn as_variable(tag: &str, words: &[&str], span: Span) -> Mistake {
    let words = repr_list(words);
    syntax(
        span,
        format!("'{tag}' requires 'as variable' (got {words})"),
    )
}

/// `kind` is what the tag is about: a string or a sequence.
pub(crate) fn for_as_variable(tag: &str, kind: &str, words: &[&str], span: Span) -> Mistake {
    let words = repr_list(words);
    syntax(
        span,
        format!("'{tag}' requires 'for {kind} as variable' (got {words})"),
    )
}

/// `repr()` of a list of Python strings.
fn repr_list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| repr(word)).collect();
    format!("[{}]", words.join(", "))
}

/// `what` is what the tag is about, in Django's words.
pub(crate) fn one_argument(tag: &str, what: &str, span: Span) -> Mistake {
    syntax(span, format!("'{tag}' takes one argument ({what})"))
}

pub(crate) fn on_or_off(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(span, format!("{tag} argument should be 'on' or 'off'"))
}

pub(crate) fn translate_arguments(tag: &str, span: Span) -> Mistake {
    syntax(span, format!("'{tag}' takes at least one argument"))
        .note("write {% translate \"text\" %}")
}

pub(crate) fn translate_option_repeated(option: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("The '{option}' option was specified more than once."),
    )
}

pub(crate) fn option_without_argument(tag: &str, option: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("No argument provided to the '{tag}' tag for the {option} option."),
    )
}

pub(crate) fn translate_context(tag: &str, argument: &str, span: Span) -> Mistake {
    let message =
        format!("Invalid argument '{argument}' provided to the '{tag}' tag for the context option");
    syntax(span, message)
}

pub(crate) fn translate_unknown_option(tag: &str, option: &str, span: Span) -> Mistake {
    let message = format!(
        "Unknown argument for '{tag}' tag: '{option}'. The only options available are 'noop', 'context' \"xxx\", and 'as VAR'."
    );
    syntax(span, message).suggest(option, ["noop", "context", "as"])
}

pub(crate) fn block_with(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(
        span,
        format!("\"with\" in {tag} tag needs at least one keyword argument."),
    )
}

/// `kind` tells arguments with a name from others.
pub(crate) fn block_one_argument(tag: &str, option: &str, kind: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(
        span,
        format!("\"{option}\" in {tag} tag expected exactly one {kind}argument."),
    )
}

pub(crate) fn block_unknown_option(tag: &str, option: &str, span: Span) -> Mistake {
    let (tag, shown) = (repr(tag), repr(option));
    let options = ["with", "count", "context", "trimmed", "asvar"];
    syntax(span, format!("Unknown argument for {tag} tag: {shown}.")).suggest(option, options)
}

pub(crate) fn plural_missing(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(
        span,
        format!("{tag} doesn't allow other block tags inside it"),
    )
    .note("after a text that counts, {% plural %} must follow")
}

pub(crate) fn tag_in_translation(tag: &str, seen: &str, span: Span) -> Mistake {
    let (tag, seen) = (repr(tag), repr(seen));
    let message = format!("{tag} doesn't allow other block tags (seen {seen}) inside it");
    syntax(span, message).note("a text to translate holds nothing but text and variables")
}

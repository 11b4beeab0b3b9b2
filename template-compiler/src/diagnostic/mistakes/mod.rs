//! Every mistake a template can contain, one function each, in Django's words.
//!
//! Tags that share a library have a module of their own.

mod contexts;
mod i18n;
mod libraries;
mod structure;
mod tags;

pub(crate) use contexts::*;
pub(crate) use i18n::*;
pub(crate) use libraries::*;
pub(crate) use structure::*;
pub(crate) use tags::*;

use std::fmt::Write;

use super::{Mistake, nearest};
use crate::lexer::Token;
use crate::source::Span;

/// A `TemplateSyntaxError`.
pub(crate) fn syntax(span: Span, message: impl Into<String>) -> Mistake {
    Mistake {
        exception: "TemplateSyntaxError",
        message: message.into(),
        span,
        notes: Vec::new(),
    }
}

impl Mistake {
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn suggest<'c>(
        self,
        name: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Self {
        match nearest(name, candidates) {
            Some(near) => self.note(format!("did you mean '{near}'?")),
            None => self,
        }
    }
}

/// `repr()` of a Python string.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if u32::from(c) >= 0x80 && (c.is_control() || crate::unicode::is_space(c)) => {
                let code = u32::from(c);
                let _ = if code <= 0xff {
                    write!(out, "\\x{code:02x}")
                } else {
                    write!(out, "\\u{code:04x}")
                };
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

// Tokens and structure.

pub(crate) fn empty_variable(token: &Token<'_>) -> Mistake {
    syntax(
        token.span,
        format!("Empty variable tag on line {}", token.line),
    )
    .note("write an expression between the braces, such as {{ name }}")
}

pub(crate) fn empty_block_tag(token: &Token<'_>) -> Mistake {
    syntax(
        token.span,
        format!("Empty block tag on line {}", token.line),
    )
    .note("write a tag between the braces, such as {% if name %}")
}

pub(crate) fn invalid_block_tag<'c>(
    token: &Token<'_>,
    command: &str,
    expected: &[&str],
    known: impl IntoIterator<Item = &'c str>,
) -> Mistake {
    let line = token.line;
    let expected = match expected {
        [] => String::new(),
        [one] => format!(", expected '{one}'"),
        [first @ .., last] => format!(", expected '{}' or '{last}'", first.join("', '")),
    };
    let message = format!(
        "Invalid block tag on line {line}: '{command}'{expected}. Did you forget to register or load this tag?"
    );
    syntax(token.span, message).suggest(command, known)
}

pub(crate) fn unclosed_tag(token: &Token<'_>, command: &str, expected: &[&str]) -> Mistake {
    let (line, expected) = (token.line, expected.join(", "));
    let message =
        format!("Unclosed tag on line {line}: '{command}'. Looking for one of: {expected}.");
    syntax(token.span, message).note("the template ends before this tag is closed")
}

pub(crate) fn malformed_tag(token: &Token<'_>) -> Mistake {
    let (line, contents) = (token.line, token.contents);
    let message = format!("Malformed template tag at line {line}: \"{contents}\"");
    let note = if contents.starts_with("else if ") {
        "write {% elif … %} for a further condition"
    } else {
        "closing tags take no arguments"
    };
    syntax(token.span, message).note(note)
}

pub(crate) fn nested_too_deeply(token: &Token<'_>, limit: usize) -> Mistake {
    syntax(
        token.span,
        format!("Tags are nested more than {limit} levels deep"),
    )
    .note("move the inner part into a template of its own and include it")
}

pub(crate) fn too_long(what: &str, limit: usize, span: Span) -> Mistake {
    syntax(span, format!("More than {limit} {what} in one expression"))
}

pub(crate) fn too_many_values(limit: usize, span: Span) -> Mistake {
    syntax(span, format!("More than {limit} values in one tag"))
}

pub(crate) fn too_large() -> Mistake {
    syntax(Span::default(), "The template is larger than 4 GiB")
}

pub(crate) fn name_repeated(name: &str) -> Mistake {
    syntax(
        Span::default(),
        format!("Two templates of the set are named {}", repr(name)),
    )
}

// Expressions.

pub(crate) fn stray_characters(token: &str, done: usize, next: usize, span: Span) -> Mistake {
    let (before, stray, after) = (&token[..done], &token[done..next], &token[next..]);
    syntax(
        span,
        format!("Could not parse some characters: {before}|{stray}|{after}"),
    )
}

pub(crate) fn no_variable(token: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("Could not find variable at start of {token}."),
    )
}

pub(crate) fn remainder(token: &str, done: usize, span: Span) -> Mistake {
    let rest = &token[done..];
    let mistake = syntax(
        span,
        format!("Could not parse the remainder: '{rest}' from '{token}'"),
    );
    let note = match token {
        "=" => "equality is written ==",
        "&&" => "write 'and'",
        "||" => "write 'or'",
        "!" => "write 'not'",
        _ if rest.starts_with(':') => COLON,
        _ if rest.starts_with('(') => {
            "functions are called without parentheses, and take no arguments"
        }
        _ if rest.starts_with(['=', '<', '>', '!']) => "operators need a space on both sides",
        _ => return mistake,
    };
    mistake.note(note)
}

const COLON: &str = "no space may stand before or after the colon of a filter";

pub(crate) fn leading_underscore(name: &str, span: Span) -> Mistake {
    let message = format!("Variables and attributes may not begin with underscores: '{name}'");
    syntax(span, message)
}

pub(crate) fn invalid_character(character: char, name: &str, span: Span) -> Mistake {
    let message = format!("Invalid character ('{character}') in variable name: '{name}'");
    syntax(span, message)
}

pub(crate) fn invalid_filter<'c>(
    name: &str,
    known: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    syntax(span, format!("Invalid filter: '{name}'")).suggest(name, known)
}

pub(crate) fn filter_arguments(name: &str, required: usize, given: usize, span: Span) -> Mistake {
    let message = format!("{name} requires {required} arguments, {given} provided");
    syntax(span, message).note("the value before the bar counts as the first argument")
}

/// The same for a filter whose argument is separated from its colon.
pub(crate) fn filter_argument_apart(name: &str, required: usize, span: Span) -> Mistake {
    let mut mistake = filter_arguments(name, required, 1, span);
    mistake.notes = vec![COLON.to_owned()];
    mistake
}

pub(crate) fn unclosed_translation(span: Span) -> Mistake {
    // Django's code runs past the last word here, and the exception has no message.
    let mistake = Mistake {
        exception: "StopIteration",
        ..syntax(span, "")
    };
    mistake.note("a string in _( ) must be a word of its own: nothing may follow its bracket")
}

// Conditions.

pub(crate) fn operator_in_place_of_value(operator: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("Not expecting '{operator}' in this position in if tag."),
    )
}

pub(crate) fn not_an_infix_operator(operator: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("Not expecting '{operator}' as infix operator in if tag."),
    )
}

pub(crate) fn end_of_condition(span: Span) -> Mistake {
    syntax(span, "Unexpected end of expression in if tag.")
}

pub(crate) fn unused_in_condition(text: &str, span: Span) -> Mistake {
    syntax(span, format!("Unused '{text}' at end of if expression."))
        .note("an operator such as 'and', 'or' or '==' is missing before it")
}

// Tags.

pub(crate) fn autoescape_arguments(span: Span) -> Mistake {
    syntax(span, "'autoescape' tag requires exactly one argument.")
        .note("write {% autoescape on %} or {% autoescape off %}")
}

pub(crate) fn autoescape_setting(span: Span) -> Mistake {
    syntax(span, "'autoescape' argument should be 'on' or 'off'")
}

pub(crate) fn for_words(contents: &str, span: Span) -> Mistake {
    let message = format!("'for' statements should have at least four words: {contents}");
    syntax(span, message).note("write {% for item in list %}")
}

pub(crate) fn for_format(contents: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'for' statements should use the format 'for x in y': {contents}"),
    )
}

pub(crate) fn for_variable(contents: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'for' tag received an invalid argument: {contents}"),
    )
    .note("loop variables are names separated by commas")
}

pub(crate) fn with_nothing(tag: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("{} expected at least one variable assignment", repr(tag)),
    )
    .note("write {% with name=value %}")
}

pub(crate) fn with_invalid_token(tag: &str, token: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("{} received an invalid token: {}", repr(tag), repr(token)),
    )
}

pub(crate) fn block_arguments(tag: &str, span: Span) -> Mistake {
    syntax(span, format!("'{tag}' tag takes only one argument"))
}

pub(crate) fn block_repeated(tag: &str, name: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'{tag}' tag with name '{name}' appears more than once"),
    )
}

pub(crate) fn extends_arguments(tag: &str, span: Span) -> Mistake {
    syntax(span, format!("'{tag}' takes one argument"))
}

pub(crate) fn extends_repeated(tag: &str, span: Span) -> Mistake {
    syntax(
        span,
        format!("'{tag}' cannot appear more than once in the same template"),
    )
}

pub(crate) fn must_be_first(contents: &str, template: &str, span: Span) -> Mistake {
    let template = match template {
        "" => "the template".to_owned(),
        name => repr(name),
    };
    syntax(
        span,
        format!("{{% {contents} %}} must be the first tag in {template}."),
    )
    .note("only text and {# comments #} may stand before it")
}

pub(crate) fn include_arguments(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    let message =
        format!("{tag} tag takes at least one argument: the name of the template to be included.");
    syntax(span, message)
}

pub(crate) fn include_option_repeated(option: &str, span: Span) -> Mistake {
    let option = repr(option);
    syntax(
        span,
        format!("The {option} option was specified more than once."),
    )
}

pub(crate) fn include_with_nothing(tag: &str, span: Span) -> Mistake {
    let tag = repr(tag);
    syntax(
        span,
        format!("\"with\" in {tag} tag needs at least one keyword argument."),
    )
}

pub(crate) fn include_unknown_argument(tag: &str, option: &str, span: Span) -> Mistake {
    let (tag, option) = (repr(tag), repr(option));
    syntax(span, format!("Unknown argument for {tag} tag: {option}."))
}

pub(crate) fn path_from_nowhere(path: &str, span: Span) -> Mistake {
    let message =
        format!("The relative path {path} cannot be evaluated due to an unknown template origin.");
    syntax(span, message)
}

pub(crate) fn path_outside(path: &str, template: &str, span: Span) -> Mistake {
    let message = format!(
        "The relative path '{path}' points outside the file hierarchy that template '{template}' is in."
    );
    syntax(span, message)
}

pub(crate) fn path_to_itself(path: &str, template: &str, span: Span) -> Mistake {
    let message = format!(
        "The relative path '{path}' was translated to template name '{template}', the same template in which the tag appears."
    );
    syntax(span, message)
}

// Warnings.

pub(crate) fn unknown_template<'c>(
    name: &str,
    known: impl IntoIterator<Item = &'c str>,
    span: Span,
) -> Mistake {
    let mistake = Mistake {
        exception: "TemplateDoesNotExist",
        ..syntax(span, format!("no template is named '{name}'"))
    };
    mistake.suggest(name, known)
}

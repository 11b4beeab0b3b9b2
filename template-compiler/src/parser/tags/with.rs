//! `{% with a=b c=d %}…{% endwith %}` and the older `{% with b as a and d as c %}`.

use std::iter::Peekable;

use crate::ast::{Binding, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::{Word, keyword};
use crate::parser::{Parser, VALUE_LIMIT, words};

pub(super) const ENDS: &[&str] = &["endwith"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let bindings = {
        let bindings = bindings(parser, token);
        parser.recover(bindings)
    };
    let (body, _) = parser.body(ENDS);
    let bindings = bindings?;
    Some(NodeKind::With { bindings, body })
}

fn bindings(parser: &Parser<'_>, token: &Token<'_>) -> Result<Vec<Binding>, Mistake> {
    let tag = "with";
    let words = words::quoted(token)?;
    let mut words = words.into_iter().skip(1).peekable();
    let bindings = match words.peek() {
        Some(first) if keyword(first).is_some() => keyword_bindings(parser, &mut words)?,
        _ => return legacy_bindings(parser, tag, words.collect(), token),
    };
    match words.next() {
        Some(word) => Err(mistakes::with_invalid_token(tag, &word.text, word.span)),
        None => Ok(bindings),
    }
}

/// Takes `name=value` words as long as there are any.
pub(crate) fn keyword_bindings<'s>(
    parser: &Parser<'_>,
    words: &mut Peekable<impl Iterator<Item = Word<'s>>>,
) -> Result<Vec<Binding>, Mistake> {
    let mut bindings = Vec::new();
    while let Some(word) = words.next_if(|word| keyword(word).is_some()) {
        if let Some((name, value)) = keyword(&word) {
            let value = parser.expression(&value)?;
            bind(&mut bindings, name, value);
        }
    }
    Ok(bindings)
}

/// Reads `value as name and value as name …`.
fn legacy_bindings(
    parser: &Parser<'_>,
    tag: &str,
    words: Vec<Word<'_>>,
    token: &Token<'_>,
) -> Result<Vec<Binding>, Mistake> {
    let mut bindings = Vec::new();
    let mut rest = words.as_slice();
    while let [value, between, name, after @ ..] = rest
        && between.text == "as"
    {
        bind(&mut bindings, &name.text, parser.expression(value)?);
        match after {
            [and, after @ ..] if and.text == "and" => rest = after,
            after => {
                rest = after;
                break;
            }
        }
    }
    match rest {
        _ if bindings.is_empty() => Err(mistakes::with_nothing(tag, token.span)),
        [] => Ok(bindings),
        [word, ..] => Err(mistakes::with_invalid_token(tag, &word.text, word.span)),
    }
}

/// Of equal names the first keeps its place and the last its value.
pub(crate) fn bind(bindings: &mut Vec<Binding>, name: &str, value: crate::ast::Expression) {
    // A tag with so many is refused, however many more there are.
    let is_full = bindings.len() > VALUE_LIMIT;
    match bindings.iter_mut().find(|binding| binding.name == name) {
        Some(binding) => binding.value = value,
        None if is_full => {}
        None => bindings.push(Binding {
            name: name.to_owned(),
            value,
        }),
    }
}

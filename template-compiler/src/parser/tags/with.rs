//! `{% with a=b c=d %}…{% endwith %}` and the older `{% with b as a and d as c %}`.

use std::iter::Peekable;

use crate::ast::{Binding, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::{Word, keyword};
use crate::parser::{Parser, expression, words};

pub(super) const ENDS: &[&str] = &["endwith"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let bindings = parser.recover(bindings(token));
    let (body, _) = parser.body(ENDS);
    let bindings = bindings?;
    Some(NodeKind::With { bindings, body })
}

fn bindings(token: &Token<'_>) -> Result<Vec<Binding>, Mistake> {
    let tag = "with";
    let words = words::quoted(token)?;
    let mut words = words.into_iter().skip(1).peekable();
    let bindings = match words.peek() {
        Some(first) if keyword(first).is_some() => keyword_bindings(&mut words)?,
        _ => return legacy_bindings(tag, words.collect(), token),
    };
    match words.next() {
        Some(word) => Err(mistakes::with_invalid_token(tag, &word.text, word.span)),
        None => Ok(bindings),
    }
}

/// Takes `name=value` words as long as there are any.
pub(super) fn keyword_bindings<'s>(
    words: &mut Peekable<impl Iterator<Item = Word<'s>>>,
) -> Result<Vec<Binding>, Mistake> {
    let mut bindings = Vec::new();
    while let Some(word) = words.next_if(|word| keyword(word).is_some()) {
        if let Some((name, value)) = keyword(&word) {
            let value = expression::parse(&value)?;
            bind(&mut bindings, name, value);
        }
    }
    Ok(bindings)
}

/// Reads `value as name and value as name …`.
fn legacy_bindings(
    tag: &str,
    words: Vec<Word<'_>>,
    token: &Token<'_>,
) -> Result<Vec<Binding>, Mistake> {
    let mut bindings = Vec::new();
    let mut rest = words.as_slice();
    while let [value, between, name, after @ ..] = rest
        && between.text == "as"
    {
        bind(&mut bindings, &name.text, expression::parse(value)?);
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
fn bind(bindings: &mut Vec<Binding>, name: &str, value: crate::ast::Expression) {
    match bindings.iter_mut().find(|binding| binding.name == name) {
        Some(binding) => binding.value = value,
        None => bindings.push(Binding {
            name: name.to_owned(),
            value,
        }),
    }
}

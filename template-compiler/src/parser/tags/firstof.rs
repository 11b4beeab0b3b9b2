//! `{% firstof a b "c" as name %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let words = words.get(1..).unwrap_or_default();
    if words.is_empty() {
        return Err(mistakes::firstof_arguments(token.span));
    }
    let (values, assign) = words::split_as(words);
    let values = values.iter().map(|word| parser.expression(word));
    Ok(NodeKind::FirstOf {
        values: values.collect::<Result<_, _>>()?,
        assign,
    })
}

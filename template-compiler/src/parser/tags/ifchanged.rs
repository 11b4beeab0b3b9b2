//! `{% ifchanged a b %}…{% else %}…{% endifchanged %}`.

use crate::ast::{Expression, NodeKind};
use crate::diagnostic::Mistake;
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["else", "endifchanged"];
const ENDS_ELSE: &[&str] = &["endifchanged"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let words = words::quoted(token);
    let words = parser.recover(words);
    let (body, closing) = parser.body(ENDS);
    let otherwise = match closing {
        Some(closing) if closing.contents == "else" => parser.body(ENDS_ELSE).0,
        _ => Vec::new(),
    };
    let words = words?;
    let values: Result<Vec<Expression>, Mistake> = words
        .iter()
        .skip(1)
        .map(|word| parser.expression(word))
        .collect();
    Some(NodeKind::IfChanged {
        values: parser.recover(values)?,
        body,
        otherwise,
    })
}

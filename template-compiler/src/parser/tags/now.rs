//! `{% now "format" %}` and `{% now "format" as name %}`.

use crate::ast::{Call, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(token);
    parser.recover(node)
}

fn node(token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let (words, assign) = match words.len() {
        4 => words::split_as(&words),
        _ => (words.as_slice(), None),
    };
    let [_, format] = words else {
        return Err(mistakes::now_arguments(token.span));
    };
    // What should be quotes is cut off without a look at it.
    let mut format = format.text.chars();
    format.next();
    format.next_back();
    Ok(NodeKind::Call(Box::new(Call {
        options: vec![format.as_str().to_owned()],
        assign,
        ..Call::runtime("tags::clock::now")
    })))
}

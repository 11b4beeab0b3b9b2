//! `{% widthratio value maximum width %}` and `{% widthratio value maximum width as name %}`.

use crate::ast::{Argument, Call, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let (operands, assign) = match words.as_slice() {
        [_, operands @ ..] if operands.len() == 3 => (operands, None),
        [_, operands @ .., between, name] if operands.len() == 3 => {
            if between.text != "as" {
                return Err(mistakes::widthratio_keyword(between.span));
            }
            (operands, Some(name.text.clone().into_owned()))
        }
        _ => return Err(mistakes::widthratio_arguments(token.span)),
    };
    let mut arguments = Vec::with_capacity(operands.len());
    for word in operands {
        arguments.push(Argument::positional(parser.expression(word)?));
    }
    Ok(NodeKind::Call(Box::new(Call {
        arguments,
        assign,
        catches: true,
        ..Call::runtime("tags::ratio::widthratio")
    })))
}

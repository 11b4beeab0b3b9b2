//! `{% csrf_token %}`, which takes no notice of what else stands in it.

use std::borrow::Cow;

use crate::ast::{Argument, Call, Missing, NodeKind};
use crate::diagnostic::Mistake;
use crate::lexer::Token;
use crate::parser::Parser;
use crate::parser::words::Word;

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let value = from_context(parser, token, "csrf_token");
    let value = parser.recover(value)?;
    Some(NodeKind::Call(Box::new(Call {
        arguments: vec![value],
        ..Call::runtime("tags::csrf::csrf_token")
    })))
}

/// A name of the context as an argument, `None` if it is not there.
pub(super) fn from_context(
    parser: &Parser<'_>,
    token: &Token<'_>,
    name: &str,
) -> Result<Argument, Mistake> {
    let word = Word {
        text: Cow::Borrowed(name),
        span: token.contents_span,
    };
    Ok(Argument {
        missing: Missing::None,
        ..Argument::positional(parser.expression(&word)?)
    })
}

//! `{% debug %}`, which takes no notice of what else stands in it.

use crate::ast::{Call, NodeKind};
use crate::lexer::Token;
use crate::parser::Parser;

pub(super) fn parse<'s>(_: &mut Parser<'s>, _: &Token<'s>) -> Option<NodeKind> {
    Some(NodeKind::Call(Box::new(Call {
        whole_context: true,
        ..Call::runtime("tags::debug::debug")
    })))
}

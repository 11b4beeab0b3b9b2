//! `{% spaceless %}…{% endspaceless %}`.

use crate::ast::NodeKind;
use crate::lexer::Token;
use crate::parser::Parser;

pub(super) const ENDS: &[&str] = &["endspaceless"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, _token: &Token<'s>) -> Option<NodeKind> {
    let (body, _) = parser.body(ENDS);
    Some(NodeKind::Spaceless { body })
}

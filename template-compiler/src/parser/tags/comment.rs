//! `{% comment %}…{% endcomment %}`, whose content need not parse.

use crate::ast::NodeKind;
use crate::lexer::Token;
use crate::parser::Parser;

pub(super) const END: &str = "endcomment";

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    parser.skip_past(END, token);
    Some(NodeKind::Silent)
}

//! `{% autoescape on %}…{% endautoescape %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["endautoescape"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let on = parser.recover(setting(token));
    let (body, _) = parser.body(ENDS);
    Some(NodeKind::Autoescape { on: on?, body })
}

fn setting(token: &Token<'_>) -> Result<bool, Mistake> {
    match words::plain(token).as_slice() {
        [_, argument] => match &*argument.text {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(mistakes::autoescape_setting(argument.span)),
        },
        _ => Err(mistakes::autoescape_arguments(token.span)),
    }
}

//! `{% if %}…{% elif %}…{% else %}…{% endif %}`.

use crate::ast::{Condition, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, condition, words};
use crate::source::Span;

pub(super) const ENDS: &[&str] = &["elif", "else", "endif"];
const ENDS_ELSE: &[&str] = &["endif"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let mut branches = Vec::new();
    let mut otherwise = Vec::new();
    let mut opening = Some(*token);
    let mut complete = true;
    let mut closing = None;
    while let Some(tag) = opening {
        let condition = header(parser, &tag);
        let condition = parser.recover(condition);
        let (body, next) = parser.body(ENDS);
        complete &= condition.is_some();
        branches.extend(condition.map(|condition| (condition, body)));
        opening = next.filter(|next| next.contents.starts_with("elif"));
        closing = next;
    }
    if closing.is_some_and(|closing| closing.contents == "else") {
        (otherwise, closing) = parser.body(ENDS_ELSE);
    }
    if let Some(closing) = closing
        && closing.contents != "endif"
    {
        parser.record_nesting(mistakes::malformed_tag(&closing));
    }
    complete.then_some(NodeKind::If {
        branches,
        otherwise,
    })
}

fn header(parser: &Parser<'_>, token: &Token<'_>) -> Result<Condition, Mistake> {
    let words = words::quoted(token)?;
    let end = Span {
        start: token.contents_span.end,
        ..token.span
    };
    condition::parse(words.get(1..).unwrap_or_default(), end, &parser.loaded)
}

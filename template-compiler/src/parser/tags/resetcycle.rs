//! `{% resetcycle %}` and `{% resetcycle name %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let cycle = cycle(parser, token);
    Some(NodeKind::ResetCycle(parser.recover(cycle)?))
}

fn cycle(parser: &Parser<'_>, token: &Token<'_>) -> Result<usize, Mistake> {
    let words = words::quoted(token)?;
    match words.as_slice() {
        [] | [_] => {
            let last = parser.cycles.len().checked_sub(1);
            last.ok_or_else(|| mistakes::no_cycles(token.span))
        }
        [_, name] => parser
            .named_cycles
            .get(&*name.text)
            .copied()
            .ok_or_else(|| {
                let known = parser.named_cycles.keys().map(String::as_str);
                mistakes::unknown_cycle_to_reset(&name.text, known, name.span)
            }),
        [tag, ..] => Err(mistakes::resetcycle_arguments(&tag.text, token.span)),
    }
}

//! `{% extends "parent" %}`, whose body is the rest of the template.

use crate::ast::{Expression, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::path::{Recursion, absolute};
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let parent = parent(parser, token);
    let parent = parser.recover(parent);
    let before = parser.extends;
    let (body, _) = parser.body(&[]);
    if parser.extends > before {
        parser.record(mistakes::extends_repeated("extends", token.span));
    }
    parser.extends += 1;
    let parent = parent?;
    Some(NodeKind::Extends { parent, body })
}

fn parent(parser: &Parser<'_>, token: &Token<'_>) -> Result<Expression, Mistake> {
    let words = words::quoted(token)?;
    let Ok([_, parent]) = <[_; 2]>::try_from(words) else {
        return Err(mistakes::extends_arguments("extends", token.span));
    };
    parser.expression(&absolute(parent, parser.template, Recursion::Refused)?)
}

//! `{% regroup target by key as name %}`.

use std::borrow::Cow;

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let [_, target, by, key, r#as, name] = words.as_slice() else {
        return Err(mistakes::regroup_arguments(token.span));
    };
    let target = parser.expression(target)?;
    if by.text != "by" {
        return Err(mistakes::regroup_by(by.span));
    }
    if r#as.text != "as" {
        return Err(mistakes::regroup_as(r#as.span));
    }
    let key = Word {
        text: Cow::Owned(format!("{}.{}", name.text, key.text)),
        span: key.span,
    };
    Ok(NodeKind::Regroup {
        target,
        key: parser.expression(&key)?,
        name: name.text.clone().into_owned(),
    })
}

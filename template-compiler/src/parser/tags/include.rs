//! `{% include "name" with a=b only %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::path::{Recursion, absolute};
use crate::parser::tags::with::keyword_bindings;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let tag = "include";
    let mut words = words::quoted(token)?.into_iter().skip(1).peekable();
    let Some(name) = words.next() else {
        return Err(mistakes::include_arguments(tag, token.span));
    };
    let mut bindings = None;
    let mut only = false;
    while let Some(option) = words.next() {
        let repeated = match &*option.text {
            "with" => bindings.is_some(),
            "only" => only,
            _ => false,
        };
        if repeated {
            return Err(mistakes::include_option_repeated(&option.text, option.span));
        }
        match &*option.text {
            "with" => {
                let found = keyword_bindings(parser, &mut words)?;
                if found.is_empty() {
                    return Err(mistakes::include_with_nothing(tag, option.span));
                }
                bindings = Some(found);
            }
            "only" => only = true,
            text => return Err(mistakes::include_unknown_argument(tag, text, option.span)),
        }
    }
    Ok(NodeKind::Include {
        name: parser.expression(&absolute(name, parser.template, Recursion::Allowed)?)?,
        bindings: bindings.unwrap_or_default(),
        only,
    })
}

//! `{% querystring mapping name=value as variable %}`.

use crate::ast::{Call, NodeKind};
use crate::diagnostic::Mistake;
use crate::lexer::Token;
use crate::libraries::ParameterSpec;
use crate::parser::library_tag::checked_arguments;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let (words, assign) = words::split_as(words.get(1..).unwrap_or_default());
    let parameters = ParameterSpec {
        varargs: true,
        varkw: true,
        ..ParameterSpec::default()
    };
    Ok(NodeKind::Call(Box::new(Call {
        arguments: checked_arguments(parser, "querystring", words, &parameters, token)?,
        assign,
        ..Call::runtime("tags::query::querystring")
    })))
}

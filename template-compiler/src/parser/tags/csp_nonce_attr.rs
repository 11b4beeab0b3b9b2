//! `{% csp_nonce_attr %}` and `{% csp_nonce_attr media %}`, with `as name`.

use super::csrf_token::from_context;
use crate::ast::{Call, NodeKind};
use crate::diagnostic::Mistake;
use crate::lexer::Token;
use crate::libraries::{Parameter, ParameterSpec};
use crate::parser::library_tag::checked_arguments;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

/// The first argument of the call is the nonce.
fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let (words, assign) = words::split_as(words.get(1..).unwrap_or_default());
    let parameters = ParameterSpec {
        positional: vec![Parameter::optional("media")],
        ..ParameterSpec::default()
    };
    let given = checked_arguments(parser, "csp_nonce_attr", words, &parameters, token)?;
    let mut arguments = vec![from_context(parser, token, "csp_nonce")?];
    arguments.extend(given);
    Ok(NodeKind::Call(Box::new(Call {
        arguments,
        assign,
        ..Call::runtime("tags::csrf::csp_nonce_attr")
    })))
}

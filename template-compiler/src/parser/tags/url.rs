//! `{% url "name" argument name=argument as variable %}`.

use crate::ast::{Argument, Call, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::keyword;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

/// The arguments of the call are those of the URL, and then the view's name.
fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let [_, view, rest @ ..] = words.as_slice() else {
        return Err(mistakes::url_arguments("url", token.span));
    };
    let view = parser.expression(view)?;
    let (rest, assign) = words::split_as(rest);
    let mut arguments = Vec::new();
    let mut keywords: Vec<Argument> = Vec::new();
    for word in rest {
        let Some((name, value)) = keyword(word) else {
            arguments.push(Argument::positional(parser.expression(word)?));
            continue;
        };
        let argument = Argument::keyword(name, parser.expression(&value)?);
        // Of equal names the first keeps its place and the last its value.
        match keywords
            .iter_mut()
            .find(|known| known.name == argument.name)
        {
            Some(known) => *known = argument,
            None => keywords.push(argument),
        }
    }
    arguments.append(&mut keywords);
    arguments.push(Argument::positional(view));
    Ok(NodeKind::Call(Box::new(Call {
        arguments,
        assign,
        ..Call::runtime("tags::urls::url")
    })))
}

//! `{% lorem count method random %}`, where each word can be left out.

use std::borrow::Cow;

use crate::ast::{Argument, Call, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(parser, token);
    parser.recover(node)
}

/// The options of the call are the method, and whether the text begins as usual.
fn node(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let mut words = words::quoted(token)?;
    let beginning = words.pop_if(|word| word.text == "random");
    let method = words.pop_if(|word| matches!(&*word.text, "w" | "p" | "b"));
    let count = match words.len() {
        ..=1 => None,
        _ => words.pop(),
    };
    let count = count.unwrap_or(Word {
        text: Cow::Borrowed("1"),
        span: token.contents_span,
    });
    let count = parser.expression(&count)?;
    if words.len() != 1 {
        return Err(mistakes::lorem_format("lorem", token.span));
    }
    let method = method.map_or(Cow::Borrowed("b"), |word| word.text);
    let beginning = if beginning.is_some() {
        "random"
    } else {
        "common"
    };
    Ok(NodeKind::Call(Box::new(Call {
        options: vec![method.into_owned(), beginning.to_owned()],
        arguments: vec![Argument::positional(count)],
        ..Call::runtime("tags::lorem::lorem")
    })))
}

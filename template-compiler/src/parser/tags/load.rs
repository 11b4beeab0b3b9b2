//! `{% load library %}` and `{% load name from library %}`, which only note the library.

use crate::ast::NodeKind;
use crate::lexer::Token;
use crate::parser::Parser;
use crate::unicode::split;

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let words: Vec<&str> = split(token.contents).collect();
    let libraries = match words.as_slice() {
        [_, _, .., "from", library] => std::slice::from_ref(library),
        words => words.get(1..).unwrap_or_default(),
    };
    for library in libraries {
        if !parser.libraries.iter().any(|known| known == library) {
            parser.libraries.push((*library).to_owned());
        }
    }
    Some(NodeKind::Silent)
}

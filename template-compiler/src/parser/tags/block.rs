//! `{% block name %}…{% endblock name %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::Parser;
use crate::unicode::split;

pub(super) const ENDS: &[&str] = &["endblock"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let name = name(parser, token);
    let name = parser.recover(name);
    let (body, closing) = parser.body(ENDS);
    if let (Some(name), Some(closing)) = (name, closing) {
        let with_name = format!("endblock {name}");
        if closing.contents != "endblock" && closing.contents != with_name {
            let expected = ["endblock", &with_name];
            let mistake =
                mistakes::invalid_block_tag(&closing, "endblock", &expected, std::iter::empty());
            parser.record(mistake);
        }
    }
    Some(NodeKind::Block {
        name: name?.to_owned(),
        body,
    })
}

fn name<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Result<&'s str, Mistake> {
    let mut words = split(token.contents);
    let (Some(tag), Some(name), None) = (words.next(), words.next(), words.next()) else {
        return Err(mistakes::block_arguments("block", token.span));
    };
    if !parser.blocks.insert(name) {
        return Err(mistakes::block_repeated(tag, name, token.span));
    }
    Ok(name)
}

//! `{% templatetag openblock %}`: the characters that tags are made of.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

const CHARACTERS: [(&str, &str); 8] = [
    ("openblock", "{%"),
    ("closeblock", "%}"),
    ("openvariable", "{{"),
    ("closevariable", "}}"),
    ("openbrace", "{"),
    ("closebrace", "}"),
    ("opencomment", "{#"),
    ("closecomment", "#}"),
];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = node(token);
    parser.recover(node)
}

fn node(token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::plain(token);
    let [_, wanted] = words.as_slice() else {
        return Err(mistakes::templatetag_arguments(token.span));
    };
    let mut known = CHARACTERS.iter();
    match known.find(|(name, _)| *name == wanted.text) {
        Some((_, characters)) => Ok(NodeKind::Constant((*characters).to_owned())),
        None => {
            let names = CHARACTERS.map(|(name, _)| name);
            Err(mistakes::templatetag_unknown(
                &wanted.text,
                &names,
                wanted.span,
            ))
        }
    }
}

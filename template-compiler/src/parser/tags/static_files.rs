//! The library `static`: `{% static path as name %}`, `{% get_static_prefix as name %}` and
//! `{% get_media_prefix as name %}`.

use crate::ast::{Argument, Call, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = file(parser, token);
    parser.recover(node)
}

pub(super) fn parse_static_prefix<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    let node = prefix(token, "get_static_prefix", "STATIC_URL");
    parser.recover(node)
}

pub(super) fn parse_media_prefix<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    let node = prefix(token, "get_media_prefix", "MEDIA_URL");
    parser.recover(node)
}

fn file(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let Some(path) = words.get(1) else {
        return Err(mistakes::static_arguments("static", token.span));
    };
    let path = parser.expression(path)?;
    let assign = match words.as_slice() {
        // The name is the fourth word, wherever `as` stands.
        [.., between, last] if between.text == "as" => match words.get(3) {
            Some(name) => Some(name.text.clone().into_owned()),
            None => return Err(mistakes::name_missing(last.span)),
        },
        _ => None,
    };
    Ok(NodeKind::Call(Box::new(Call {
        arguments: vec![Argument::positional(path)],
        assign,
        ..Call::runtime("tags::static_files::static_file")
    })))
}

fn prefix(token: &Token<'_>, tag: &str, setting: &str) -> Result<NodeKind, Mistake> {
    let words = words::plain(token);
    let assign = match words.get(1..).unwrap_or_default() {
        [] => None,
        [between, ..] if between.text != "as" => {
            return Err(mistakes::prefix_keyword(tag, between.span));
        }
        [between] => return Err(mistakes::name_missing(between.span)),
        [_, name, ..] => Some(name.text.clone().into_owned()),
    };
    Ok(NodeKind::Call(Box::new(Call {
        options: vec![setting.to_owned()],
        assign,
        ..Call::runtime("tags::static_files::prefix")
    })))
}

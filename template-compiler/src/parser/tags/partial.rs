//! `{% partialdef name inline %}…{% endpartialdef name %}` and `{% partial name %}`.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["endpartialdef"];

pub(super) fn parse_definition<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let header = header(token);
    let header = parser.recover(header);
    let with_name = header
        .as_ref()
        .map(|(name, _)| format!("endpartialdef {name}"));
    let shown: Vec<&str> = ENDS.iter().copied().chain(with_name.as_deref()).collect();
    let (body, closing) = parser.body_shown_as(ENDS, &shown);
    if let Some(closing) = closing
        && header.is_some()
        && !shown.contains(&closing.contents)
    {
        let nothing = std::iter::empty();
        let mistake = mistakes::invalid_block_tag(&closing, "endpartialdef", &shown, nothing);
        parser.record(mistake);
    }
    let (name, inline) = header?;
    if !parser.partials.insert(name.clone()) {
        let origin = match parser.template {
            "" => "<unknown source>",
            name => name,
        };
        let mistake = mistakes::partial_repeated(&name, origin, token.span);
        parser.record(mistake);
    }
    Some(NodeKind::PartialDef { name, inline, body })
}

fn header(token: &Token<'_>) -> Result<(String, bool), Mistake> {
    let words = words::quoted(token)?;
    match words.as_slice() {
        [_] => Err(mistakes::partialdef_name(token.span)),
        [_, name] => Ok((name.text.clone().into_owned(), false)),
        [_, name, inline] if inline.text == "inline" => Ok((name.text.clone().into_owned(), true)),
        [_, _, other] => Err(mistakes::partialdef_inline(other.span)),
        _ => Err(mistakes::partialdef_arguments(token.span)),
    }
}

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let name = name(token);
    let name = parser.recover(name)?;
    Some(NodeKind::Partial { name })
}

fn name(token: &Token<'_>) -> Result<String, Mistake> {
    let words = words::quoted(token)?;
    match words.as_slice() {
        [_, name] => Ok(name.text.clone().into_owned()),
        _ => Err(mistakes::partial_arguments(token.span)),
    }
}

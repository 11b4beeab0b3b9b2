//! `{% for a, b in sequence reversed %}…{% empty %}…{% endfor %}`.

use crate::ast::{Expression, For, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["empty", "endfor"];
const ENDS_EMPTY: &[&str] = &["endfor"];

struct Header {
    variables: Vec<String>,
    sequence: Expression,
    reversed: bool,
}

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let header = header(parser, token);
    let header = parser.recover(header);
    let (body, closing) = parser.body(ENDS);
    let empty = match closing {
        Some(closing) if closing.contents == "empty" => parser.body(ENDS_EMPTY).0,
        _ => Vec::new(),
    };
    let header = header?;
    Some(NodeKind::For(For {
        variables: header.variables,
        sequence: header.sequence,
        reversed: header.reversed,
        body,
        empty,
    }))
}

fn header(parser: &Parser<'_>, token: &Token<'_>) -> Result<Header, Mistake> {
    let words = words::quoted(token)?;
    let contents = token.contents;
    if words.len() < 4 {
        return Err(mistakes::for_words(contents, token.span));
    }
    let reversed = words.last().is_some_and(|last| last.text == "reversed");
    let in_place = words.len() - if reversed { 3 } else { 2 };
    if words[in_place].text != "in" {
        return Err(mistakes::for_format(contents, token.span));
    }
    let names: Vec<&str> = words
        .get(1..in_place)
        .unwrap_or_default()
        .iter()
        .map(|word| &*word.text)
        .collect();
    // Words are joined by single spaces and hold none outside quotes, which are refused.
    let variables: Vec<String> = names
        .join(" ")
        .split(',')
        .map(|name| name.trim_matches(' ').to_owned())
        .collect();
    let is_invalid = |name: &String| name.is_empty() || name.contains([' ', '"', '\'', '|']);
    if variables.iter().any(is_invalid) {
        return Err(mistakes::for_variable(contents, token.span));
    }
    Ok(Header {
        variables,
        sequence: parser.expression(&words[in_place + 1])?,
        reversed,
    })
}

//! `{% blocktranslate with a=b count c=d context "e" trimmed asvar f %}…{% plural %}…
//! {% endblocktranslate %}`.
//!
//! The text becomes a message with `%(name)s` in place of each variable.

use std::collections::BTreeSet;

use super::{CONTEXT, bound_context, context_operand, tag_of};
use crate::ast::{Argument, Binding, Call, Expression, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::{Token, TokenKind};
use crate::parser::tags::with::bind;
use crate::parser::words::{Word, keyword};
use crate::parser::{Parser, words};
use crate::unicode::{is_space, split, strip};

pub(in super::super) const ENDS: &[&str] = &["plural", END];
pub(in super::super) const OLD_ENDS: &[&str] = &["plural", OLD_END];
const END: &str = "endblocktranslate";
const OLD_END: &str = "endblocktrans";

pub(in super::super) fn parse_block<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    let tag = split(token.contents).next().unwrap_or_default();
    let end = if tag == "blocktrans" { OLD_END } else { END };
    let header = header(parser, token);
    let Some(header) = parser.recover(header) else {
        parser.skip_past(end, token);
        return None;
    };
    let (body, last) = body(parser, token, tag, end, header.count.is_some());
    let body = match body {
        Ok(body) => body,
        Err(mistake) => {
            parser.record_nesting(mistake);
            skip(parser, last, end);
            return None;
        }
    };
    Some(NodeKind::Call(Box::new(call(tag, header, &body))))
}

/// What stands in the tag itself.
#[derive(Default)]
struct Header {
    bindings: Vec<Binding>,
    count: Option<Binding>,
    context: Option<Expression>,
    is_trimmed: bool,
    assign: Option<String>,
}

fn header(parser: &Parser<'_>, token: &Token<'_>) -> Result<Header, Mistake> {
    let words = words::quoted(token)?;
    let tag = tag_of(&words);
    let mut header = Header::default();
    let mut seen = Vec::new();
    let mut rest = words.get(1..).unwrap_or_default();
    while let [word, after @ ..] = rest {
        rest = after;
        let option = &*word.text;
        if seen.contains(&option) {
            return Err(mistakes::include_option_repeated(option, word.span));
        }
        seen.push(option);
        match option {
            "with" => {
                header.bindings = bindings(parser, &mut rest)?;
                if header.bindings.is_empty() {
                    return Err(mistakes::block_with(tag, word.span));
                }
            }
            "count" => {
                let mut counts = bindings(parser, &mut rest)?;
                header.count = counts.pop();
                if header.count.is_none() || !counts.is_empty() {
                    let kind = "keyword ";
                    return Err(mistakes::block_one_argument(tag, "count", kind, word.span));
                }
            }
            "context" => {
                let context = next(&mut rest).map(|value| parser.expression(value));
                let Some(Ok(context)) = context else {
                    return Err(mistakes::block_one_argument(tag, "context", "", word.span));
                };
                header.context = Some(context);
            }
            "trimmed" => header.is_trimmed = true,
            "asvar" => {
                let Some(name) = next(&mut rest) else {
                    return Err(mistakes::option_without_argument(tag, "asvar", word.span));
                };
                header.assign = Some(name.text.clone().into_owned());
            }
            option => return Err(mistakes::block_unknown_option(tag, option, word.span)),
        }
    }
    Ok(header)
}

fn next<'w, 's>(rest: &mut &'w [Word<'s>]) -> Option<&'w Word<'s>> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(first)
}

/// Takes words of the form `name=value`, or else of the form `value as name and …`, as
/// long as there are any.
fn bindings(parser: &Parser<'_>, rest: &mut &[Word<'_>]) -> Result<Vec<Binding>, Mistake> {
    let mut bindings = Vec::new();
    if rest.first().is_some_and(|word| keyword(word).is_some()) {
        while let Some((name, value)) = rest.first().and_then(keyword) {
            bind(&mut bindings, name, parser.expression(&value)?);
            *rest = &rest[1..];
        }
        return Ok(bindings);
    }
    while let [value, r#as, name, after @ ..] = *rest
        && r#as.text == "as"
    {
        *rest = after;
        bind(&mut bindings, &name.text, parser.expression(value)?);
        match *rest {
            [and, after @ ..] if and.text == "and" => *rest = after,
            _ => break,
        }
    }
    Ok(bindings)
}

/// The text of a message, for one and for several.
struct Body<'s> {
    singular: Vec<Token<'s>>,
    plural: Vec<Token<'s>>,
}

/// Reads the body; gives the last token that was read too.
fn body<'s>(
    parser: &mut Parser<'s>,
    opening: &Token<'s>,
    tag: &str,
    end: &str,
    counts: bool,
) -> (Result<Body<'s>, Mistake>, Token<'s>) {
    let (singular, mut last) = text(parser, *opening);
    let mut plural = Vec::new();
    if counts {
        if strip(last.contents) != "plural" {
            return (Err(mistakes::plural_missing(tag, last.span)), last);
        }
        (plural, last) = text(parser, last);
    }
    if strip(last.contents) != end {
        let mistake = mistakes::tag_in_translation(tag, last.contents, last.span);
        return (Err(mistake), last);
    }
    (Ok(Body { singular, plural }), last)
}

/// Takes text and variables, and the token after them; if there is none, the last one
/// stands for it, as it does in Django.
fn text<'s>(parser: &mut Parser<'s>, before: Token<'s>) -> (Vec<Token<'s>>, Token<'s>) {
    let mut tokens = Vec::new();
    let mut last = before;
    while let Some(token) = parser.next_token() {
        last = token;
        match token.kind {
            TokenKind::Text | TokenKind::Variable => tokens.push(token),
            TokenKind::Block | TokenKind::Comment => break,
        }
    }
    (tokens, last)
}

/// Skips what is left of a body, starting with `token`.
fn skip<'s>(parser: &mut Parser<'s>, token: Token<'s>, end: &str) {
    let mut next = Some(token);
    while let Some(token) = next {
        if token.kind == TokenKind::Block {
            if token.contents == end {
                return;
            }
            let command = split(token.contents).next().unwrap_or_default();
            if parser.ends_outer_body(command) {
                parser.put_back(token);
                return;
            }
        }
        next = parser.next_token();
    }
}

/// The options of the call are the tag's name, the message, its plural and the name of
/// what is counted, both empty if nothing is, and the names in the messages. It looks
/// up these itself.
fn call(tag: &str, header: Header, body: &Body<'_>) -> Call {
    let mut names = Names::default();
    let singular = message(&body.singular, header.is_trimmed, &mut names);
    // A plural without any text counts for nothing in Django.
    let count = header.count.filter(|_| !body.plural.is_empty());
    let plural = match &count {
        Some(_) => message(&body.plural, header.is_trimmed, &mut names),
        None => String::new(),
    };
    let counted = count.as_ref().map(|count| count.name.clone());
    let mut options = vec![
        tag.to_owned(),
        singular,
        plural,
        counted.unwrap_or_default(),
    ];
    let mut arguments = Vec::new();
    let mut bindings = Vec::new();
    if let Some(context) = header.context {
        arguments.push(Argument::keyword(
            "context",
            Expression {
                text: CONTEXT.to_owned(),
                span: context.span,
                operand: context_operand(),
                filters: Vec::new(),
            },
        ));
        bindings.push(bound_context(context));
    }
    bindings.extend(header.bindings);
    if let Some(count) = count {
        arguments.push(Argument::keyword("count", count.value));
    }
    options.extend(names.in_order.iter().map(|&name| name.to_owned()));
    Call {
        options,
        bindings,
        arguments,
        assign: header.assign,
        reads: names.in_order.iter().map(|&name| name.to_owned()).collect(),
        ..Call::runtime("tags::i18n::block_translate")
    }
}

/// The names in a text, each once.
#[derive(Default)]
struct Names<'s> {
    in_order: Vec<&'s str>,
    known: BTreeSet<&'s str>,
}

/// The message that a text is.
fn message<'s>(tokens: &[Token<'s>], is_trimmed: bool, names: &mut Names<'s>) -> String {
    let mut message = String::new();
    for token in tokens {
        if token.kind == TokenKind::Text {
            message.push_str(&token.contents.replace('%', "%%"));
            continue;
        }
        message.push_str("%(");
        message.push_str(token.contents);
        message.push_str(")s");
        if names.known.insert(token.contents) {
            names.in_order.push(token.contents);
        }
    }
    if is_trimmed {
        let lines = message.split('\n').map(|line| line.trim_matches(is_space));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        return lines.join(" ");
    }
    message
}

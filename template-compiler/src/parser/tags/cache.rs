//! `{% cache seconds name vary_on using="cache" %}…{% endcache %}`.

use std::borrow::Cow;

use crate::ast::{Argument, Call, Expression, Literal, NodeKind, Operand};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["endcache"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let (body, _) = parser.body(ENDS);
    let call = call(parser, token);
    let call = parser.recover(call)?;
    Some(NodeKind::Call(Box::new(Call {
        bodies: vec![body],
        ..call
    })))
}

/// The arguments of the call are the seconds, the cache as `using`, and what to vary on.
/// Its options are the fragment's name and how the variables of the first two are shown.
fn call(parser: &Parser<'_>, token: &Token<'_>) -> Result<Call, Mistake> {
    let words = words::quoted(token)?;
    let [_, seconds, fragment, rest @ ..] = words.as_slice() else {
        return Err(mistakes::cache_arguments("cache", token.span));
    };
    let cache = rest.last().and_then(cache_name);
    let vary_on = match cache {
        Some(_) => &rest[..rest.len() - 1],
        None => rest,
    };
    let cache = cache.map(|cache| parser.expression(&cache)).transpose()?;
    let seconds = parser.expression(seconds)?;
    let mut options = vec![fragment.text.clone().into_owned(), shown(&seconds)];
    options.extend(cache.as_ref().map(shown));
    let mut arguments = vec![Argument::positional(seconds)];
    arguments.extend(cache.map(|cache| Argument::keyword("using", cache)));
    for word in vary_on {
        arguments.push(Argument::positional(parser.expression(word)?));
    }
    Ok(Call {
        options,
        arguments,
        catches: true,
        ..Call::runtime("tags::cache::cache")
    })
}

/// What Python shows of the variable or the constant that an expression starts from.
fn shown(expression: &Expression) -> String {
    match &expression.operand {
        Operand::Literal(Literal::Text { text, .. }) => mistakes::repr(text),
        Operand::Literal(_) => {
            let number = expression.text.split('|').next().unwrap_or_default();
            format!("<Variable: {}>", mistakes::repr(number.trim()))
        }
        Operand::Name(parts) => format!("<Variable: {}>", mistakes::repr(&parts.join("."))),
    }
}

fn cache_name<'w>(word: &'w Word<'_>) -> Option<Word<'w>> {
    let name = word.text.strip_prefix("using=")?;
    // An expression without any text is `None`.
    Some(Word {
        text: Cow::Borrowed(if name.is_empty() { "None" } else { name }),
        span: word.part_of(name),
    })
}

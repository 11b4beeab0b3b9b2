//! `{% cycle a b as name silent %}` and `{% cycle name %}`, which is the same tag again.

use crate::ast::{Cycle, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, VALUE_LIMIT, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let cycle = cycle(parser, token);
    Some(NodeKind::Cycle(parser.recover(cycle)?))
}

fn cycle(parser: &mut Parser<'_>, token: &Token<'_>) -> Result<usize, Mistake> {
    let words = words::quoted(token)?;
    let words = match words.as_slice() {
        [_, name] => return named(parser, name),
        [_, words @ ..] if !words.is_empty() => words,
        _ => return Err(mistakes::cycle_arguments(token.span)),
    };
    let (values, name, silent) = match words {
        [_, _, .., flag] if words.len() > 3 && words[words.len() - 3].text == "as" => {
            if flag.text != "silent" {
                return Err(mistakes::cycle_flag(&flag.text, flag.span));
            }
            let count = words.len() - 3;
            (&words[..count], Some(&words[count + 1]), true)
        }
        [.., r#as, name] if words.len() > 3 && r#as.text == "as" => {
            (&words[..words.len() - 2], Some(name), false)
        }
        words => (words, None, false),
    };
    if values.len() > VALUE_LIMIT {
        return Err(mistakes::too_many_values(VALUE_LIMIT, token.span));
    }
    let values = values.iter().map(|value| parser.expression(value));
    let cycle = Cycle {
        values: values.collect::<Result<_, _>>()?,
        name: name.map(|name| name.text.clone().into_owned()),
        silent,
    };
    let place = parser.cycles.len();
    if let Some(name) = &cycle.name {
        parser.named_cycles.insert(name.clone(), place);
    }
    parser.cycles.push(cycle);
    Ok(place)
}

fn named(parser: &Parser<'_>, name: &Word<'_>) -> Result<usize, Mistake> {
    if parser.named_cycles.is_empty() {
        return Err(mistakes::no_named_cycles(&name.text, name.span));
    }
    parser
        .named_cycles
        .get(&*name.text)
        .copied()
        .ok_or_else(|| {
            let known = parser.named_cycles.keys().map(String::as_str);
            mistakes::unknown_cycle(&name.text, known, name.span)
        })
}

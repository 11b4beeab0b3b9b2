//! Filter expressions: `name.part|filter:argument`, as Django's expression splits them.

use crate::ast::{Expression, FilterCall, Literal, Operand};
use crate::diagnostic::{Mistake, mistakes};
use crate::filters::Argument;
use crate::parser::loaded::Loaded;
use crate::parser::words::Word;
use crate::source::Span;
use crate::unicode::{digit, is_space, is_word};

/// The most filters in one expression.
const FILTER_LIMIT: usize = 100;

/// Reads a filter expression.
pub(crate) fn parse(word: &Word<'_>, loaded: &Loaded<'_>) -> Result<Expression, Mistake> {
    let token = &*word.text;
    let mut operand = None;
    let mut calls = Vec::new();
    let mut done = 0;
    while let Some(found) = next_match(token, done, operand.is_none() && done == 0) {
        if found.start != done {
            let stray = word.part(done..found.start);
            return Err(mistakes::stray_characters(token, done, found.start, stray));
        }
        match (found.kind, &operand) {
            (MatchKind::Operand(text), _) => {
                operand = Some(parse_operand(text, word.part(found.start..found.end))?);
            }
            (MatchKind::Filter { .. }, None) => {
                return Err(mistakes::no_variable(token, word.span));
            }
            (MatchKind::Filter { name, argument }, Some(_)) => {
                if calls.len() == FILTER_LIMIT {
                    return Err(mistakes::too_long("filters", FILTER_LIMIT, word.span));
                }
                let span = |text: &str| word.part_of(text);
                let colon_follows = token[found.end..].starts_with(':');
                calls.push(parse_filter(name, argument, colon_follows, span, loaded)?);
            }
        }
        done = found.end;
    }
    if done != token.len() {
        let rest = word.part(done..token.len());
        return Err(mistakes::remainder(token, done, rest));
    }
    let Some(operand) = operand else {
        return Err(mistakes::no_variable(token, word.span));
    };
    Ok(Expression {
        text: token.to_owned(),
        span: word.span,
        operand,
        filters: calls,
    })
}

fn parse_filter(
    name: &str,
    argument: Option<&str>,
    colon_follows: bool,
    span: impl Fn(&str) -> Span,
    loaded: &Loaded<'_>,
) -> Result<FilterCall, Mistake> {
    let given = argument
        .map(|text| parse_operand(text, span(text)))
        .transpose()?;
    let Some(filter) = loaded.filter(name) else {
        let mistake = mistakes::invalid_filter(name, loaded.filter_names(), span(name));
        let libraries = loaded.libraries_with_filter(name);
        return Err(match libraries.first() {
            Some(library) => mistake.note(format!("it comes with {{% load {library} %}}")),
            None => mistake,
        });
    };
    let accepted = match filter.argument {
        Argument::None => given.is_none(),
        Argument::Optional => true,
        Argument::Required => given.is_some(),
    };
    if !accepted {
        let required = 1 + usize::from(filter.argument == Argument::Required);
        if colon_follows {
            return Err(mistakes::filter_argument_apart(name, required, span(name)));
        }
        let provided = 1 + usize::from(given.is_some());
        return Err(mistakes::filter_arguments(
            name,
            required,
            provided,
            span(name),
        ));
    }
    Ok(FilterCall {
        filter: filter.function,
        argument: given,
    })
}

struct Match<'t> {
    start: usize,
    end: usize,
    kind: MatchKind<'t>,
}

enum MatchKind<'t> {
    Operand(&'t str),
    Filter {
        name: &'t str,
        argument: Option<&'t str>,
    },
}

/// The first match of Django's `filter_re` at `from` or later.
fn next_match(token: &str, from: usize, at_start: bool) -> Option<Match<'_>> {
    if at_start && let Some(length) = operand_length(token) {
        return Some(Match {
            start: 0,
            end: length,
            kind: MatchKind::Operand(&token[..length]),
        });
    }
    let mut search = from;
    loop {
        let bar = search + token[search..].find('|')?;
        let after_bar = &token[bar + 1..];
        let name_and_rest = after_bar.trim_start_matches(is_space);
        let name_length = prefix_length(name_and_rest, is_word);
        if name_length == 0 {
            search = bar + 1;
            continue;
        }
        let (name, rest) = name_and_rest.split_at(name_length);
        let argument = rest
            .strip_prefix(':')
            .and_then(|rest| Some(&rest[..operand_length(rest)?]));
        let consumed = argument.map_or(0, |argument| argument.len() + 1);
        return Some(Match {
            start: from + token[from..bar].trim_end_matches(is_space).len(),
            end: token.len() - rest.len() + consumed,
            kind: MatchKind::Filter { name, argument },
        });
    }
}

/// The length of the constant or the variable that `text` starts with.
fn operand_length(text: &str) -> Option<usize> {
    let is_variable = |c: char| is_word(c) || matches!(c, '.' | '+' | '-');
    constant_length(text).or_else(|| {
        let length = prefix_length(text, is_variable);
        (length > 0).then_some(length)
    })
}

fn prefix_length(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// The length of the quoted string that `text` starts with, marked for translation or not.
fn constant_length(text: &str) -> Option<usize> {
    if let Some(marked) = text.strip_prefix("_(") {
        let length = quoted_length(marked)?;
        return marked[length..].starts_with(')').then_some(length + 3);
    }
    quoted_length(text)
}

fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut characters = text.char_indices().skip(1);
    while let Some((place, c)) = characters.next() {
        if c == quote {
            return Some(place + 1);
        }
        if c == '\\' {
            characters.next().filter(|&(_, escaped)| escaped != '\n')?;
        }
    }
    None
}

/// What Django's `Variable` makes of a text: a number, a string or a dotted name.
fn parse_operand(text: &str, span: Span) -> Result<Operand, Mistake> {
    if let Some(number) = parse_number(text) {
        return Ok(Operand::Literal(number));
    }
    let marked = text
        .strip_prefix("_(")
        .and_then(|text| text.strip_suffix(')'));
    let name = marked.unwrap_or(text);
    if let Some(text) = unescape(name) {
        return Ok(Operand::Literal(Literal::Text {
            text,
            translated: marked.is_some(),
        }));
    }
    if name.starts_with('_') || name.contains("._") {
        return Err(mistakes::leading_underscore(name, span));
    }
    for character in ['+', '-'] {
        if name.contains(character) {
            return Err(mistakes::invalid_character(character, name, span));
        }
    }
    Ok(Operand::Name(name.split('.').map(str::to_owned).collect()))
}

/// `unescape_string_literal`: nothing if the text is not in quotes.
fn unescape(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text[1..].strip_suffix(quote)?;
    let quoted: String = ['\\', quote].into_iter().collect();
    Some(
        inner
            .replace(&quoted, quote.encode_utf8(&mut [0; 4]))
            .replace("\\\\", "\\"),
    )
}

/// `float()` of a text with a point or an exponent, else `int()`.
fn parse_number(text: &str) -> Option<Literal> {
    if text.contains(['.', 'e', 'E']) {
        if text.ends_with('.') {
            return None;
        }
        return parse_float(text).map(Literal::Float);
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = parse_digits(unsigned)?;
    // Python refuses to convert longer texts, so that they count as names.
    if digits.len() > 4300 {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let number = match (digits, negative) {
        ("", _) => "0".to_owned(),
        (digits, true) => format!("-{digits}"),
        (digits, false) => digits.to_owned(),
    };
    Some(match number.parse() {
        Ok(number) => Literal::Int(number),
        Err(_) => Literal::BigInt(number),
    })
}

/// Digits of any script with single underscores between them, as ASCII digits.
fn parse_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let mut after_digit = false;
    for c in text.chars() {
        match digit(c).and_then(|value| char::from_digit(value, 10)) {
            Some(value) => {
                digits.push(value);
                after_digit = true;
            }
            None if c == '_' && after_digit => after_digit = false,
            None => return None,
        }
    }
    after_digit.then_some(digits)
}

fn parse_float(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (&text[..1], rest),
        None => ("", text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits_or_nothing = |text: &str| match text {
        "" => Some(String::new()),
        text => parse_digits(text),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (whole, fraction) = (digits_or_nothing(whole)?, digits_or_nothing(fraction)?);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut plain = format!("{sign}{whole}.{fraction}");
    if let Some(exponent) = exponent {
        let digits = parse_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?;
        plain.push('e');
        plain.push_str(if exponent.starts_with('-') { "-" } else { "" });
        plain.push_str(&digits);
    }
    plain.parse().ok()
}

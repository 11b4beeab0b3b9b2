//! The conditions of `if`: an operator-precedence parser with Django's binding powers.

use crate::ast::{Condition, Operator};
use crate::diagnostic::{Mistake, mistakes};
use crate::parser::expression;
use crate::parser::loaded::Loaded;
use crate::parser::words::Word;
use crate::source::Span;

/// The most operators in one condition, which also bounds how deep it nests.
const OPERATOR_LIMIT: usize = 200;

/// Reads the words of a condition; `end` is where a missing operand belongs.
pub(crate) fn parse(
    words: &[Word<'_>],
    end: Span,
    loaded: &Loaded<'_>,
) -> Result<Condition, Mistake> {
    let tokens = tokens(words, loaded)?;
    let operators = tokens
        .iter()
        .filter(|token| !matches!(token.kind, Kind::Value(_)));
    if operators.count() > OPERATOR_LIMIT {
        return Err(mistakes::too_long("operators", OPERATOR_LIMIT, end));
    }
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
        end,
    };
    let condition = parser.expression(0)?;
    match parser.tokens.next() {
        None => Ok(condition),
        Some(token) => Err(mistakes::unused_in_condition(&token.text, token.span)),
    }
}

struct Token {
    kind: Kind,
    text: String,
    span: Span,
}

enum Kind {
    Value(Box<Condition>),
    Not,
    Infix(Operator, u8),
}

impl Kind {
    /// How strongly an infix operator binds what stands left of it.
    fn left_power(&self) -> u8 {
        match self {
            Self::Value(_) => 0,
            Self::Not => NOT_POWER,
            Self::Infix(_, power) => *power,
        }
    }
}

const NOT_POWER: u8 = 8;

fn operator(text: &str) -> Option<Kind> {
    let (operator, power) = match text {
        "or" => (Operator::Or, 6),
        "and" => (Operator::And, 7),
        "not" => return Some(Kind::Not),
        "in" => (Operator::In, 9),
        "not in" => (Operator::NotIn, 9),
        "is" => (Operator::Is, 10),
        "is not" => (Operator::IsNot, 10),
        "==" => (Operator::Equal, 10),
        "!=" => (Operator::NotEqual, 10),
        ">" => (Operator::Greater, 10),
        ">=" => (Operator::GreaterEqual, 10),
        "<" => (Operator::Less, 10),
        "<=" => (Operator::LessEqual, 10),
        _ => return None,
    };
    Some(Kind::Infix(operator, power))
}

fn tokens(words: &[Word<'_>], loaded: &Loaded<'_>) -> Result<Vec<Token>, Mistake> {
    let mut tokens = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let second = match &*word.text {
            "is" => words.next_if(|next| next.text == "not"),
            "not" => words.next_if(|next| next.text == "in"),
            _ => None,
        };
        let (text, span) = match second {
            Some(second) => {
                let span = Span {
                    start: word.span.start,
                    end: second.span.end,
                };
                (format!("{} {}", word.text, second.text), span)
            }
            None => (word.text.clone().into_owned(), word.span),
        };
        let kind = match operator(&text) {
            Some(kind) => kind,
            None => Kind::Value(Box::new(Condition::Value(expression::parse(word, loaded)?))),
        };
        tokens.push(Token { kind, text, span });
    }
    Ok(tokens)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    end: Span,
}

impl Parser {
    /// Recursion is bounded by the number of operators.
    fn expression(&mut self, right_power: u8) -> Result<Condition, Mistake> {
        let Some(token) = self.tokens.next() else {
            return Err(mistakes::end_of_condition(self.end));
        };
        let mut left = match token.kind {
            Kind::Value(value) => *value,
            Kind::Not => Condition::Not(Box::new(self.expression(NOT_POWER)?)),
            Kind::Infix(..) => {
                return Err(mistakes::operator_in_place_of_value(
                    &token.text,
                    token.span,
                ));
            }
        };
        while let Some(token) = self
            .tokens
            .next_if(|next| right_power < next.kind.left_power())
        {
            let Kind::Infix(operator, power) = token.kind else {
                return Err(mistakes::not_an_infix_operator(&token.text, token.span));
            };
            let right = self.expression(power)?;
            left = Condition::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }
}

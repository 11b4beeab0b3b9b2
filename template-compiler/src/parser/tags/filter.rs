//! `{% filter upper|cut:"x" %}…{% endfilter %}`.

use std::borrow::Cow;

use crate::ast::{Expression, FilterFunction, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};
use crate::unicode::is_space;

pub(super) const ENDS: &[&str] = &["endfilter"];

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let filters = filters(parser, token);
    let filters = parser.recover(filters);
    let (body, _) = parser.body(ENDS);
    let filters = filters?;
    Some(NodeKind::Filter { filters, body })
}

fn filters(parser: &Parser<'_>, token: &Token<'_>) -> Result<Expression, Mistake> {
    let whole = words::whole(token);
    let rest = token
        .contents
        .split_once(is_space)
        .map_or("", |(_, rest)| rest.trim_start_matches(is_space));
    if rest.is_empty() {
        return Err(mistakes::filter_without_filters(token.span));
    }
    let span = whole.part_of(rest);
    let filters = parser.expression(&Word {
        text: Cow::Owned(format!("var|{rest}")),
        span,
    })?;
    for call in &filters.filters {
        if let FilterFunction::Builtin(filter) = &call.filter
            && matches!(filter.name, "escape" | "safe")
        {
            return Err(mistakes::filter_not_permitted(filter.name, span));
        }
    }
    Ok(filters)
}

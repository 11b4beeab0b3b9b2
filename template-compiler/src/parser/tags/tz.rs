//! The library `tz`: `{% localtime on %}…{% endlocaltime %}`,
//! `{% timezone zone %}…{% endtimezone %}` and `{% get_current_timezone as name %}`.

use super::{i18n, l10n};
use crate::ast::NodeKind;
use crate::lexer::Token;
use crate::parser::Parser;

pub(super) const LOCALTIME_ENDS: &[&str] = &["endlocaltime"];
pub(super) const TIMEZONE_ENDS: &[&str] = &["endtimezone"];

pub(super) fn parse_localtime<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let on = parser.recover(l10n::is_on(token));
    let (body, _) = parser.body(LOCALTIME_ENDS);
    Some(NodeKind::Setting {
        function: if on? {
            "tags::settings::local_time_on"
        } else {
            "tags::settings::local_time_off"
        },
        arguments: Vec::new(),
        body,
    })
}

pub(super) fn parse_timezone<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let zone = i18n::only_argument(parser, token, "timezone");
    let zone = parser.recover(zone);
    let (body, _) = parser.body(TIMEZONE_ENDS);
    Some(NodeKind::Setting {
        function: "tags::settings::timezone",
        arguments: vec![zone?],
        body,
    })
}

pub(super) fn parse_current_timezone<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    parser.recover(i18n::named(token, "tags::tz::current_timezone"))
}

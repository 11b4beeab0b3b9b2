//! The library `l10n`: `{% localize on %}…{% endlocalize %}`.

use super::i18n::tag_of;
use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::{Parser, words};

pub(super) const ENDS: &[&str] = &["endlocalize"];

pub(super) fn parse_localize<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let on = parser.recover(is_on(token));
    let (body, _) = parser.body(ENDS);
    Some(NodeKind::Setting {
        function: if on? {
            "tags::settings::localize_on"
        } else {
            "tags::settings::localize_off"
        },
        arguments: Vec::new(),
        body,
    })
}

/// Whether a tag says `on`, which it need not, or `off`.
pub(super) fn is_on(token: &Token<'_>) -> Result<bool, Mistake> {
    let words = words::quoted(token)?;
    match words.as_slice() {
        [_] => Ok(true),
        [_, word] if word.text == "on" => Ok(true),
        [_, word] if word.text == "off" => Ok(false),
        words => Err(mistakes::on_or_off(tag_of(words), token.span)),
    }
}

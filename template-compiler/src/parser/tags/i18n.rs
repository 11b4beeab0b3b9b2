//! The library `i18n`: `translate`, `language` and the tags that tell about languages.

mod block;

pub(super) use block::{ENDS, OLD_ENDS, parse_block};

use crate::ast::{
    Argument, Binding, Call, Expression, FilterCall, FilterFunction, Literal, NodeKind, Operand,
};
use crate::diagnostic::{Mistake, mistakes};
use crate::filters::{self, Filter};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};

pub(super) const LANGUAGE_ENDS: &[&str] = &["endlanguage"];

/// The name that the context of a message is bound to. No name in a template spans lines.
const CONTEXT: &str = "\ncontext";

/// Translates what `translate` is given, before any filters in the template.
static TRANSLATE: Filter = Filter {
    name: "translate",
    library: "i18n",
    argument: filters::Argument::Optional,
    is_safe: false,
    function: "languages::translate",
};

pub(super) fn parse_translate<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let node = translate(parser, token);
    parser.recover(node)
}

pub(super) fn parse_available_languages<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    parser.recover(named(token, "tags::i18n::available_languages"))
}

pub(super) fn parse_current_language<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    parser.recover(named(token, "tags::i18n::current_language"))
}

pub(super) fn parse_current_language_bidi<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    parser.recover(named(token, "tags::i18n::current_language_bidi"))
}

pub(super) fn parse_language_info<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    let node = named_for(parser, token, "string", "tags::i18n::language_info");
    parser.recover(node)
}

pub(super) fn parse_language_info_list<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
) -> Option<NodeKind> {
    let node = named_for(parser, token, "sequence", "tags::i18n::language_info_list");
    parser.recover(node)
}

pub(super) fn parse_language<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let language = only_argument(parser, token, "language");
    let language = parser.recover(language);
    let (body, _) = parser.body(LANGUAGE_ENDS);
    Some(NodeKind::Setting {
        function: "tags::settings::language",
        arguments: vec![language?],
        body,
    })
}

/// The argument of a tag that takes just one.
pub(super) fn only_argument(
    parser: &Parser<'_>,
    token: &Token<'_>,
    what: &str,
) -> Result<Argument, Mistake> {
    match words::quoted(token)?.as_slice() {
        [_, value] => Ok(Argument::positional(parser.expression(value)?)),
        words => Err(mistakes::one_argument(tag_of(words), what, token.span)),
    }
}

/// A tag of the form `tag as name`.
pub(super) fn named(token: &Token<'_>, function: &'static str) -> Result<NodeKind, Mistake> {
    let words = words::plain(token);
    match words.as_slice() {
        [_, r#as, name] if r#as.text == "as" => Ok(NodeKind::Call(Box::new(Call {
            assign: Some(name.text.clone().into_owned()),
            ..Call::runtime(function)
        }))),
        words => {
            let texts = texts(words);
            Err(mistakes::as_variable(tag_of(words), &texts, token.span))
        }
    }
}

/// A tag of the form `tag for value as name`.
fn named_for(
    parser: &Parser<'_>,
    token: &Token<'_>,
    kind: &str,
    function: &'static str,
) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    match words.as_slice() {
        [_, r#for, value, r#as, name] if r#for.text == "for" && r#as.text == "as" => {
            Ok(NodeKind::Call(Box::new(Call {
                arguments: vec![Argument::positional(parser.expression(value)?)],
                assign: Some(name.text.clone().into_owned()),
                ..Call::runtime(function)
            })))
        }
        words => {
            let (tag, texts) = (tag_of(words), texts(words));
            let after = texts.get(1..).unwrap_or_default();
            Err(mistakes::for_as_variable(tag, kind, after, token.span))
        }
    }
}

/// The name that a tag is used by.
pub(super) fn tag_of<'w>(words: &'w [Word<'_>]) -> &'w str {
    words.first().map_or("", |word| &*word.text)
}

fn texts<'w>(words: &'w [Word<'_>]) -> Vec<&'w str> {
    words.iter().map(|word| &*word.text).collect()
}

/// `translate`: the message is the argument, translated already.
fn translate(parser: &Parser<'_>, token: &Token<'_>) -> Result<NodeKind, Mistake> {
    let words = words::quoted(token)?;
    let tag = tag_of(&words);
    let [_, message, options @ ..] = words.as_slice() else {
        return Err(mistakes::translate_arguments(tag, token.span));
    };
    let mut message = parser.expression(message)?;
    let (mut is_kept, mut context, mut assign) = (false, None, None);
    let mut seen = Vec::new();
    let mut rest = options.iter();
    while let Some(word) = rest.next() {
        let option = &*word.text;
        if seen.contains(&option) {
            return Err(mistakes::translate_option_repeated(option, word.span));
        }
        seen.push(option);
        match option {
            "noop" => is_kept = true,
            "context" | "as" => {
                let Some(value) = rest.next() else {
                    return Err(mistakes::option_without_argument(tag, option, word.span));
                };
                match &*value.text {
                    name if option == "as" => assign = Some(name.to_owned()),
                    found @ ("as" | "noop") => {
                        return Err(mistakes::translate_context(tag, found, value.span));
                    }
                    _ => context = Some(parser.expression(value)?),
                }
            }
            option => return Err(mistakes::translate_unknown_option(tag, option, word.span)),
        }
    }
    if let Operand::Literal(Literal::Text {
        text,
        translated: false,
    }) = &mut message.operand
    {
        // Django reads the literal once more, in single quotes.
        *text = text.replace("\\'", "'").replace("\\\\", "\\");
    }
    if !is_kept {
        translated(&mut message, context.is_some());
    }
    Ok(NodeKind::Call(Box::new(Call {
        bindings: context.map(bound_context).into_iter().collect(),
        arguments: vec![Argument::positional(message)],
        assign,
        ..Call::runtime("tags::i18n::translate")
    })))
}

fn bound_context(value: Expression) -> Binding {
    Binding {
        name: CONTEXT.to_owned(),
        value,
    }
}

fn context_operand() -> Operand {
    Operand::Name(vec![CONTEXT.to_owned()])
}

/// Has the start of an expression translated. A literal that is marked is so already.
fn translated(message: &mut Expression, has_context: bool) {
    match &mut message.operand {
        Operand::Literal(Literal::Text { translated, .. }) if *translated || !has_context => {
            *translated = true;
        }
        _ => {
            let translate = FilterCall {
                filter: FilterFunction::Builtin(&TRANSLATE),
                argument: has_context.then(context_operand),
            };
            message.filters.insert(0, translate);
        }
    }
}

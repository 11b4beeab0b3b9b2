//! `{% load library %}` and `{% load name from library %}`, in force from their place on.

use crate::ast::NodeKind;
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::parser::words::Word;
use crate::parser::{Parser, words};

pub(super) fn parse<'s>(parser: &mut Parser<'s>, token: &Token<'s>) -> Option<NodeKind> {
    let words = words::plain(token);
    let loaded = match words.as_slice() {
        [_, names @ .., from, library] if !names.is_empty() && from.text == "from" => {
            load_names(parser, names, library)
        }
        words => words
            .iter()
            .skip(1)
            .try_for_each(|library| load_library(parser, library).map(|_| ())),
    };
    parser.recover(loaded)?;
    Some(NodeKind::Silent)
}

fn load_library<'s>(parser: &mut Parser<'s>, word: &Word<'s>) -> Result<(), Mistake> {
    let library = find_library(parser, word)?;
    parser.loaded.load(library, None);
    Ok(())
}

fn load_names<'s>(
    parser: &mut Parser<'s>,
    names: &[Word<'s>],
    library: &Word<'s>,
) -> Result<(), Mistake> {
    let library = find_library(parser, library)?;
    let known = parser.loaded.names_in(library);
    for name in names {
        if !known.contains(&&*name.text) {
            let known = known.iter().copied();
            return Err(mistakes::not_in_library(
                &name.text, library, known, name.span,
            ));
        }
    }
    for name in names {
        parser.loaded.load(library, Some(&name.text));
    }
    Ok(())
}

fn find_library<'s>(parser: &mut Parser<'s>, word: &Word<'s>) -> Result<&'s str, Mistake> {
    let registered = parser.loaded.registered();
    let Some(&library) = registered.iter().find(|&&library| library == word.text) else {
        return Err(mistakes::unknown_library(&word.text, registered, word.span));
    };
    if !parser.libraries.iter().any(|known| known == library) {
        parser.libraries.push(library.to_owned());
    }
    Ok(library)
}

//! Tags of plugins' libraries, read as their specifications say.

use std::collections::BTreeSet;

use crate::ast::{Argument, Call, Function, LibraryTag, NodeKind};
use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::libraries::{ParameterSpec, TagKind, TagSpec};
use crate::parser::words::{Word, keyword};
use crate::parser::{Parser, words};
use crate::unicode::is_space;

/// Reads a tag of a library, its bodies included.
pub(crate) fn parse<'s>(
    parser: &mut Parser<'s>,
    token: &Token<'s>,
    name: &'s str,
    library: &'s str,
    spec: &'s TagSpec,
) -> Option<NodeKind> {
    let words = words::quoted(token);
    let words = parser.recover(words);
    let bodies = bodies(parser, spec);
    let words = words?;
    let words = words.get(1..).unwrap_or_default();
    let (words, assign) = match (&spec.kind, &spec.parameters) {
        // The tag makes of its words what it wants, from its text.
        (_, None) => (&[][..], None),
        (TagKind::Inclusion { .. }, _) => (words, None),
        _ => words::split_as(words),
    };
    let arguments = match &spec.parameters {
        Some(parameters) => checked_arguments(parser, name, words, parameters, token),
        None => Ok(Vec::new()),
    };
    let arguments = parser.recover(arguments)?;
    let text = token.contents.trim_start_matches(|c| !is_space(c));
    Some(NodeKind::Call(Box::new(Call {
        function: Function::Library(LibraryTag {
            library: library.to_owned(),
            name: name.to_owned(),
            text: text.trim_start_matches(is_space).to_owned(),
            kind: spec.kind.clone(),
        }),
        options: Vec::new(),
        bindings: Vec::new(),
        arguments,
        assign,
        bodies,
        reads: Vec::new(),
        catches: false,
        whole_context: match &spec.kind {
            TagKind::Simple { takes_context } | TagKind::Inclusion { takes_context, .. } => {
                *takes_context
            }
            TagKind::Full { names } => names.is_none(),
        },
    })))
}

fn bodies<'s>(parser: &mut Parser<'s>, spec: &'s TagSpec) -> Vec<Vec<crate::ast::Node>> {
    let mut bodies = Vec::new();
    let mut ends: Vec<&'s str> = spec.ends.iter().map(String::as_str).collect();
    let Some(&last) = ends.last() else {
        return bodies;
    };
    loop {
        let (body, closing) = parser.body(&ends);
        bodies.push(body);
        let command = closing.and_then(|closing| closing.contents.split(is_space).next());
        let Some(place) = ends.iter().position(|&end| Some(end) == command) else {
            return bodies;
        };
        if ends[place] == last {
            return bodies;
        }
        // A part that was left out is an empty body.
        bodies.extend(std::iter::repeat_n(Vec::new(), place));
        ends.drain(..=place);
    }
}

fn argument(parser: &Parser<'_>, word: &Word<'_>) -> Result<Argument, Mistake> {
    match keyword(word) {
        Some((name, value)) => Ok(Argument::keyword(name, parser.expression(&value)?)),
        None => Ok(Argument::positional(parser.expression(word)?)),
    }
}

/// `parse_bits`: checks the arguments against the parameters.
pub(crate) fn checked_arguments(
    parser: &Parser<'_>,
    tag: &str,
    words: &[Word<'_>],
    spec: &ParameterSpec,
    token: &Token<'_>,
) -> Result<Vec<Argument>, Mistake> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut given: BTreeSet<String> = BTreeSet::new();
    let mut positional = 0;
    for word in words {
        let argument = argument(parser, word)?;
        match &argument.name {
            Some(name) => {
                let declared = spec.positional.iter().chain(&spec.keyword_only);
                if !spec.varkw && !declared.into_iter().any(|known| known.name == *name) {
                    return Err(mistakes::unexpected_keyword(tag, name, word.span));
                }
                if !given.insert(name.clone()) {
                    return Err(mistakes::repeated_keyword(tag, name, word.span));
                }
            }
            None if !given.is_empty() => {
                return Err(mistakes::positional_after_keyword(tag, word.span));
            }
            None => {
                positional += 1;
                if positional > spec.positional.len() && !spec.varargs {
                    return Err(mistakes::too_many_positional(tag, word.span));
                }
            }
        }
        arguments.push(argument);
    }
    // What is left of the parameters, less as many at the end as there are defaults.
    let defaults = spec.positional.iter().filter(|known| known.has_default);
    let mut missing: Vec<&str> = spec
        .positional
        .iter()
        .skip(positional)
        .map(|known| known.name.as_str())
        .filter(|name| !given.contains(*name))
        .collect();
    missing.truncate(missing.len().saturating_sub(defaults.count()));
    let keyword_only = spec.keyword_only.iter();
    missing.extend(
        keyword_only
            .filter(|known| !known.has_default && !given.contains(&known.name))
            .map(|known| known.name.as_str()),
    );
    if missing.is_empty() {
        Ok(arguments)
    } else {
        Err(mistakes::missing_arguments(tag, &missing, token.span))
    }
}

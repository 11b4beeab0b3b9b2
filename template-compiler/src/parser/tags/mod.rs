//! The tags: one file each, and one row in the table below.

mod autoescape;
mod block;
mod comment;
mod extends;
mod r#for;
mod r#if;
mod include;
mod load;
mod verbatim;
mod with;

use super::Parser;
use crate::ast::NodeKind;
use crate::lexer::Token;

/// Reads a tag, its body included. Nothing if a mistake was recorded.
type ParseTag = for<'s> fn(&mut Parser<'s>, &Token<'s>) -> Option<NodeKind>;

/// A tag's name, its parser, and the tags that end a part of its body.
struct Tag {
    name: &'static str,
    parse: ParseTag,
    ends: &'static [&'static str],
}

/// All tags, sorted by name.
#[rustfmt::skip]
static TAGS: &[Tag] = &[
    Tag { name: "autoescape", parse: autoescape::parse, ends: autoescape::ENDS },
    Tag { name: "block",      parse: block::parse,      ends: block::ENDS },
    Tag { name: "comment",    parse: comment::parse,    ends: &[comment::END] },
    Tag { name: "extends",    parse: extends::parse,    ends: &[] },
    Tag { name: "for",        parse: r#for::parse,      ends: r#for::ENDS },
    Tag { name: "if",         parse: r#if::parse,       ends: r#if::ENDS },
    Tag { name: "include",    parse: include::parse,    ends: &[] },
    Tag { name: "load",       parse: load::parse,       ends: &[] },
    Tag { name: "verbatim",   parse: verbatim::parse,   ends: verbatim::ENDS },
    Tag { name: "with",       parse: with::parse,       ends: with::ENDS },
];

/// The parser of the tag of this name.
pub(super) fn find(name: &str) -> Option<ParseTag> {
    let place = TAGS.binary_search_by(|tag| tag.name.cmp(name)).ok()?;
    Some(TAGS[place].parse)
}

/// The names that a tag can have, those of closing tags included.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let ends = TAGS.iter().flat_map(|tag| tag.ends.iter().copied());
    TAGS.iter().map(|tag| tag.name).chain(ends)
}

/// Whether a tag of this name ends a part of some tag's body.
pub(super) fn ends_some_body(name: &str) -> bool {
    TAGS.iter().any(|tag| tag.ends.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TAGS.is_sorted_by(|a, b| a.name < b.name));
    }
}

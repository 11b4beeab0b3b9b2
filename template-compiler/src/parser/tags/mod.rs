//! The tags: one file each, and one row in the table below.

mod autoescape;
mod block;
mod cache;
mod comment;
mod csp_nonce_attr;
mod csrf_token;
mod cycle;
mod debug;
mod extends;
mod filter;
mod firstof;
mod r#for;
mod i18n;
mod r#if;
mod ifchanged;
mod include;
mod l10n;
mod load;
mod lorem;
mod now;
mod partial;
mod querystring;
mod regroup;
mod resetcycle;
mod spaceless;
mod static_files;
mod templatetag;
mod tz;
mod url;
mod verbatim;
mod widthratio;
pub(crate) mod with;

use super::Parser;
use crate::ast::NodeKind;
use crate::lexer::Token;

/// Reads a tag, its body included. Nothing if a mistake was recorded.
type ParseTag = for<'s> fn(&mut Parser<'s>, &Token<'s>) -> Option<NodeKind>;

/// A tag's name, the library it belongs to, its parser, and the tags that end a part of
/// its body.
pub(crate) struct Tag {
    pub(crate) name: &'static str,
    /// The library that `load` must name; empty for a tag that is always there.
    pub(crate) library: &'static str,
    pub(crate) parse: ParseTag,
    pub(crate) ends: &'static [&'static str],
}

/// All tags, sorted by name.
#[rustfmt::skip]
static TAGS: &[Tag] = &[
    Tag { name: "autoescape", library: "", parse: autoescape::parse, ends: autoescape::ENDS },
    Tag { name: "block",      library: "", parse: block::parse,      ends: block::ENDS },
    Tag { name: "blocktrans", library: "i18n", parse: i18n::parse_block, ends: i18n::OLD_ENDS },
    Tag { name: "blocktranslate", library: "i18n", parse: i18n::parse_block, ends: i18n::ENDS },
    Tag { name: "cache",      library: "cache", parse: cache::parse, ends: cache::ENDS },
    Tag { name: "comment",    library: "", parse: comment::parse,    ends: &[comment::END] },
    Tag { name: "csp_nonce_attr", library: "", parse: csp_nonce_attr::parse, ends: &[] },
    Tag { name: "csrf_token", library: "", parse: csrf_token::parse, ends: &[] },
    Tag { name: "cycle",      library: "", parse: cycle::parse,      ends: &[] },
    Tag { name: "debug",      library: "", parse: debug::parse,      ends: &[] },
    Tag { name: "extends",    library: "", parse: extends::parse,    ends: &[] },
    Tag { name: "filter",     library: "", parse: filter::parse,     ends: filter::ENDS },
    Tag { name: "firstof",    library: "", parse: firstof::parse,    ends: &[] },
    Tag { name: "for",        library: "", parse: r#for::parse,      ends: r#for::ENDS },
    Tag { name: "get_available_languages", library: "i18n", parse: i18n::parse_available_languages, ends: &[] },
    Tag { name: "get_current_language", library: "i18n", parse: i18n::parse_current_language, ends: &[] },
    Tag { name: "get_current_language_bidi", library: "i18n", parse: i18n::parse_current_language_bidi, ends: &[] },
    Tag { name: "get_current_timezone", library: "tz", parse: tz::parse_current_timezone, ends: &[] },
    Tag { name: "get_language_info", library: "i18n", parse: i18n::parse_language_info, ends: &[] },
    Tag { name: "get_language_info_list", library: "i18n", parse: i18n::parse_language_info_list, ends: &[] },
    Tag { name: "get_media_prefix", library: "static", parse: static_files::parse_media_prefix, ends: &[] },
    Tag { name: "get_static_prefix", library: "static", parse: static_files::parse_static_prefix, ends: &[] },
    Tag { name: "if",         library: "", parse: r#if::parse,       ends: r#if::ENDS },
    Tag { name: "ifchanged",  library: "", parse: ifchanged::parse,  ends: ifchanged::ENDS },
    Tag { name: "include",    library: "", parse: include::parse,    ends: &[] },
    Tag { name: "language", library: "i18n", parse: i18n::parse_language, ends: i18n::LANGUAGE_ENDS },
    Tag { name: "load",       library: "", parse: load::parse,       ends: &[] },
    Tag { name: "localize", library: "l10n", parse: l10n::parse_localize, ends: l10n::ENDS },
    Tag { name: "localtime", library: "tz", parse: tz::parse_localtime, ends: tz::LOCALTIME_ENDS },
    Tag { name: "lorem",      library: "", parse: lorem::parse,      ends: &[] },
    Tag { name: "now",        library: "", parse: now::parse,        ends: &[] },
    Tag { name: "partial",    library: "", parse: partial::parse,    ends: &[] },
    Tag { name: "partialdef", library: "", parse: partial::parse_definition, ends: partial::ENDS },
    Tag { name: "querystring", library: "", parse: querystring::parse, ends: &[] },
    Tag { name: "regroup",    library: "", parse: regroup::parse,    ends: &[] },
    Tag { name: "resetcycle", library: "", parse: resetcycle::parse, ends: &[] },
    Tag { name: "spaceless",  library: "", parse: spaceless::parse,  ends: spaceless::ENDS },
    Tag { name: "static",     library: "static", parse: static_files::parse, ends: &[] },
    Tag { name: "templatetag", library: "", parse: templatetag::parse, ends: &[] },
    Tag { name: "timezone", library: "tz", parse: tz::parse_timezone, ends: tz::TIMEZONE_ENDS },
    Tag { name: "trans", library: "i18n", parse: i18n::parse_translate, ends: &[] },
    Tag { name: "translate", library: "i18n", parse: i18n::parse_translate, ends: &[] },
    Tag { name: "url",        library: "", parse: url::parse,        ends: &[] },
    Tag { name: "verbatim",   library: "", parse: verbatim::parse,   ends: verbatim::ENDS },
    Tag { name: "widthratio", library: "", parse: widthratio::parse, ends: &[] },
    Tag { name: "with",       library: "", parse: with::parse,       ends: with::ENDS },
];

/// The tag of this name, if it belongs to `library`.
pub(crate) fn find(library: &str, name: &str) -> Option<&'static Tag> {
    let place = TAGS.binary_search_by(|tag| tag.name.cmp(name)).ok()?;
    Some(&TAGS[place]).filter(|tag| tag.library == library)
}

/// The tags of a library; of the name "" those that are always there.
pub(crate) fn of_library(library: &str) -> impl Iterator<Item = &'static Tag> {
    TAGS.iter().filter(move |tag| tag.library == library)
}

/// The names that a tag of a library can have, those of closing tags included.
pub(crate) fn names_of(library: &str) -> impl Iterator<Item = &'static str> {
    of_library(library).flat_map(|tag| std::iter::once(tag.name).chain(tag.ends.iter().copied()))
}

/// Whether a tag of this name ends a part of some tag's body.
pub(crate) fn ends_some_body(name: &str) -> bool {
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

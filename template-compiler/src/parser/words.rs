//! Splitting a tag's contents into words, with and without regard to quotes.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Mistake, mistakes};
use crate::lexer::Token;
use crate::source::Span;
use crate::unicode::{is_space, split};

/// A part of a tag and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) span: Span,
}

impl Word<'_> {
    /// The place of the bytes `range` of the text; the whole word where the text was made up.
    pub(crate) fn part(&self, range: Range<usize>) -> Span {
        match self.text {
            Cow::Borrowed(_) => self.span.part(range),
            Cow::Owned(_) => self.span,
        }
    }

    /// The place of `part`, which must be a slice of the text.
    pub(crate) fn part_of(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.part(start..start + part.len())
    }
}

/// The whole contents of a token as one word.
pub(crate) fn whole<'s>(token: &Token<'s>) -> Word<'s> {
    Word {
        text: Cow::Borrowed(token.contents),
        span: token.contents_span,
    }
}

/// `contents.split()`.
pub(crate) fn plain<'s>(token: &Token<'s>) -> Vec<Word<'s>> {
    split(token.contents)
        .map(|text| word_of(token, text))
        .collect()
}

/// `token.split_contents()`: quoted strings stay together.
pub(crate) fn quoted<'s>(token: &Token<'s>) -> Result<Vec<Word<'s>>, Mistake> {
    let mut words = Vec::new();
    let mut bits = smart_split(token.contents).into_iter();
    while let Some(bit) = bits.next() {
        let mut word = word_of(token, bit);
        if bit.starts_with("_(\"") || bit.starts_with("_('") {
            let closing = format!("{})", &bit[2..3]);
            let mut last = bit;
            while !last.ends_with(&closing) {
                last = bits
                    .next()
                    .ok_or_else(|| mistakes::unclosed_translation(word.span))?;
                let joined = word.text.to_mut();
                joined.push(' ');
                joined.push_str(last);
                word.span.end = word_of(token, last).span.end;
            }
        }
        words.push(word);
    }
    Ok(words)
}

fn word_of<'s>(token: &Token<'s>, text: &'s str) -> Word<'s> {
    let whole = whole(token);
    Word {
        text: Cow::Borrowed(text),
        span: whole.part_of(text),
    }
}

/// The matches of Django's `smart_split_re`.
fn smart_split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let length =
            quoted_word_length(rest).unwrap_or_else(|| rest.find(is_space).unwrap_or(rest.len()));
        let (word, after) = rest.split_at(length);
        words.push(word);
        rest = after.trim_start_matches(is_space);
    }
    words
}

/// The length of a word that contains at least one closed quoted string.
fn quoted_word_length(text: &str) -> Option<usize> {
    let is_plain = |c: char| !is_space(c) && c != '"' && c != '\'';
    let plain_length = |text: &str| text.find(|c| !is_plain(c)).unwrap_or(text.len());
    let mut length = plain_length(text);
    let mut quoted = None;
    while let Some(string) = string_length(&text[length..]) {
        length += string;
        length += plain_length(&text[length..]);
        quoted = Some(length);
    }
    quoted
}

fn string_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut characters = text.char_indices().skip(1);
    while let Some((place, c)) = characters.next() {
        if c == quote {
            return Some(place + 1);
        }
        if c == '\\' {
            characters.next()?;
        }
    }
    None
}

/// Splits `as name` off the end of a tag's words, as Django's own tags do.
pub(crate) fn split_as<'w, 's>(words: &'w [Word<'s>]) -> (&'w [Word<'s>], Option<String>) {
    match words {
        [before @ .., r#as, name] if r#as.text == "as" => {
            (before, Some(name.text.clone().into_owned()))
        }
        words => (words, None),
    }
}

/// Splits `name=value` as Django's `kwarg_re` does; nothing if it is not of that form.
pub(crate) fn keyword<'w>(word: &'w Word<'_>) -> Option<(&'w str, Word<'w>)> {
    let place = word.text.find(|c| !crate::unicode::is_word(c))?;
    let value = word.text[place..].strip_prefix('=')?;
    if place == 0 || value.is_empty() {
        return None;
    }
    let span = word.part_of(value);
    let text = Cow::Borrowed(value);
    Some((&word.text[..place], Word { text, span }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_python_does() {
        let cases: [(&str, &[&str]); 7] = [
            ("if a", &["if", "a"]),
            ("x \"a b\" c", &["x", "\"a b\"", "c"]),
            ("a|b:\"c d\"|e f", &["a|b:\"c d\"|e", "f"]),
            ("'a\\'b c'd", &["'a\\'b c'd"]),
            ("\"a b", &["\"a", "b"]),
            ("\"a\"b\"c d", &["\"a\"b", "\"c", "d"]),
            ("a\u{a0}b", &["a", "b"]),
        ];
        for (text, expected) in cases {
            assert_eq!(smart_split(text), expected, "{text:?}");
        }
    }
}

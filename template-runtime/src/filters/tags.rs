//! Taking tags out of text, with the tolerance of Python's HTML parser.
//!
//! The parser reads its text twice: once as if more were to come, stopping at what might
//! be unfinished, and from there once more as all there is. What is no tag either way is
//! text. Searches for closing marks are remembered when they fail, so that text full of
//! unfinished tags takes linear time.

use crate::python::{is_space, repr_str};
use crate::{Error, Result};

/// How often tags may come to light by taking others out.
const MAX_ROUNDS: usize = 50;
/// From this length on, an open tag may not contain [`MAX_ROUNDS`] others.
const LONG_TAG: usize = 1000;

/// `text` without tags, comments, declarations and the contents of unfinished scripts.
///
/// # Errors
///
/// `SuspiciousOperation` for an absurd nesting of tags; `AssertionError` for a marked
/// section that the parser does not know.
pub(super) fn strip(text: &str) -> Result<String> {
    for segment in text.split('>') {
        if let Some(start) = long_open_tag(segment)
            && segment[start..].matches('<').count() >= MAX_ROUNDS
        {
            return Err(suspicious());
        }
    }
    let mut text = text.to_owned();
    for round in 0.. {
        if !(text.contains('<') && text.contains('>')) {
            break;
        }
        if round >= MAX_ROUNDS {
            return Err(suspicious());
        }
        let stripped = strip_once(&text)?;
        if stripped.matches('<').count() == text.matches('<').count() {
            break;
        }
        text = stripped;
    }
    Ok(text)
}

#[cold]
fn suspicious() -> Error {
    Error::raise("SuspiciousOperation", "")
}

/// Where a tag opens that is long and not closed in this text without a `>`.
fn long_open_tag(segment: &str) -> Option<usize> {
    let start = segment
        .match_indices('<')
        .map(|(place, _)| place)
        .find(|place| segment[place + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))?;
    segment[start + 2..]
        .chars()
        .nth(LONG_TAG - 1)
        .map(|_| start)
}

fn strip_once(text: &str) -> Result<String> {
    let mut parser = Parser {
        text,
        place: 0,
        raw: None,
        out: String::with_capacity(text.len()),
        closers: Closers::default(),
    };
    parser.go_ahead(false)?;
    parser.go_ahead(true)?;
    Ok(parser.out)
}

struct Parser<'a> {
    text: &'a str,
    place: usize,
    /// The element whose contents are no markup, while inside one.
    raw: Option<&'static str>,
    out: String,
    closers: Closers,
}

/// What does not occur any more, from where on.
#[derive(Default)]
struct Closers {
    failed: Vec<(&'static str, usize)>,
}

impl Closers {
    /// The end of the first `pattern` from `from` on; its parts may have white space
    /// between them.
    fn find(&mut self, text: &str, pattern: &'static str, from: usize) -> Option<usize> {
        let known = self
            .failed
            .iter()
            .any(|(failed, place)| *failed == pattern && *place <= from);
        if known {
            return None;
        }
        let found = find_pattern(text, pattern, from);
        if found.is_none() {
            self.failed.push((pattern, from));
        }
        found
    }
}

/// A closing mark: a space in the pattern is any white space.
fn find_pattern(text: &str, pattern: &str, from: usize) -> Option<usize> {
    let (first, rest) = pattern.split_once(' ').unwrap_or((pattern, ""));
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find(first)?;
        let mut end = start + first.len();
        let complete = rest.is_empty()
            || rest.split(' ').all(|part| {
                end = skip(text, end, is_space);
                let matches = text[end..].starts_with(part);
                end += if matches { part.len() } else { 0 };
                matches
            });
        if complete {
            return Some(end);
        }
        from = start + 1;
    }
}

/// The place after all characters from `place` on that are of a kind.
fn skip(text: &str, place: usize, kind: impl Fn(char) -> bool) -> usize {
    text.len() - text[place..].trim_start_matches(kind).len()
}

/// White space, and slashes but for one before a `>`.
fn skip_separators(text: &str, place: usize) -> usize {
    let end = skip(text, place, |c| is_space(c) || c == '/');
    if end > place && text[..end].ends_with('/') && text[end..].starts_with('>') {
        return end - 1;
    }
    end
}

fn ends_tag_name(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | '\x0c' | ' ' | '/' | '>' | '\0'
    )
}

/// How a piece of markup ends.
enum End {
    /// There.
    At(usize),
    /// Not in this text.
    Missing,
}

impl From<Option<usize>> for End {
    fn from(place: Option<usize>) -> Self {
        place.map_or(Self::Missing, Self::At)
    }
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.place..]
    }

    /// Writes the text up to there.
    fn write_to(&mut self, end: usize) {
        self.out.push_str(&self.text[self.place..end]);
        self.place = end;
    }

    /// Reads on, as far as what comes is finished, or to the end if this is all.
    fn go_ahead(&mut self, is_all: bool) -> Result<()> {
        while self.place < self.text.len() {
            let next = match self.raw {
                Some(element) => find_raw_end(self.text, element, self.place),
                None => self
                    .rest()
                    .find(['<', '&'])
                    .map(|offset| self.place + offset),
            };
            match next {
                Some(next) => self.write_to(next),
                None if self.raw.is_some() => break,
                None => self.write_to(self.text.len()),
            }
            if self.rest().is_empty() {
                break;
            }
            let goes_on = match self.rest().as_bytes()[0] {
                b'<' => self.markup(is_all)?,
                _ => self.reference(is_all),
            };
            if !goes_on {
                break;
            }
        }
        if is_all && self.raw.is_none() {
            self.write_to(self.text.len());
        }
        Ok(())
    }

    /// Reads what a `<` begins; false if the rest has to wait.
    fn markup(&mut self, is_all: bool) -> Result<bool> {
        let (start, rest) = (self.place, self.rest());
        let end = if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.start_tag()
        } else if rest.starts_with("</") {
            self.end_tag()
        } else if rest.starts_with("<!--") {
            self.closers.find(self.text, "-- >", start + 4).into()
        } else if rest.starts_with("<![") {
            self.marked_section()?
        } else if is_doctype(rest) {
            self.closers.find(self.text, ">", start + 9).into()
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            self.closers.find(self.text, ">", start + 2).into()
        } else if rest.len() > 1 {
            self.write_to(start + 1);
            return Ok(true);
        } else {
            return Ok(false);
        };
        match end {
            End::At(end) => self.place = end,
            End::Missing if !is_all => return Ok(false),
            End::Missing => {
                let end = self.closers.find(self.text, ">", start + 1);
                let end = end.or_else(|| Some(start + 1 + self.text[start + 1..].find('<')?));
                self.write_to(end.unwrap_or(start + 1));
            }
        }
        Ok(true)
    }

    fn start_tag(&mut self) -> End {
        let (text, start) = (self.text, self.place);
        let name_end = skip(text, start + 1, |c| !ends_tag_name(c));
        let mut place = skip(text, name_end, |c| is_space(c) || c == '/');
        let mut closes_itself = text[name_end..place].ends_with('/');
        while let Some(end) = self.attribute(place) {
            place = skip_separators(text, end);
            closes_itself = text[place..].starts_with("/>");
        }
        let end = match text[place..].bytes().next() {
            Some(b'>') => place + 1,
            Some(b'/') if closes_itself => place + 2,
            Some(b'/' | b'=') | None => return End::Missing,
            Some(byte) if byte.is_ascii_alphabetic() => return End::Missing,
            // Not a tag after all.
            Some(_) => {
                self.write_to(place);
                return End::At(place);
            }
        };
        let name = &text[start + 1..name_end];
        if !closes_itself {
            self.raw = ["script", "style"]
                .into_iter()
                .find(|element| name.to_lowercase() == *element);
        }
        End::At(end)
    }

    /// The end of the attribute that begins here, if one does.
    fn attribute(&mut self, start: usize) -> Option<usize> {
        let text = self.text;
        let before = text[..start].chars().next_back()?;
        let first = text[start..].chars().next()?;
        let begins = matches!(before, '\'' | '"' | '/') || is_space(before);
        if !begins || is_space(first) || matches!(first, '/' | '>') {
            return None;
        }
        let after_first = start + first.len_utf8();
        let name_end = skip(text, after_first, |c| {
            !(is_space(c) || matches!(c, '/' | '=' | '>'))
        });
        Some(self.attribute_value(name_end).unwrap_or(name_end))
    }

    /// The end of the value whose equals sign may come here.
    fn attribute_value(&mut self, name_end: usize) -> Option<usize> {
        let text = self.text;
        let equals = skip(text, name_end, is_space);
        let equals_end = skip(text, equals, |c| c == '=');
        if equals_end == equals {
            return None;
        }
        let value = skip(text, equals_end, is_space);
        let is_bare = |c: char| c != '>' && !is_space(c);
        let quote = match text[value..].bytes().next() {
            Some(b'"') => "\"",
            Some(b'\'') => "'",
            _ => return Some(skip(text, skip(text, value, is_bare), is_space)),
        };
        let end = match self.closers.find(text, quote, value + 1) {
            Some(end) => end,
            // A quote that is not closed begins no value. The value is empty if white
            // space stands before it, else what the last of several equals signs begins.
            None if value > equals_end => value,
            None if equals_end - equals > 1 => skip(text, value, is_bare),
            None => return None,
        };
        Some(skip(text, end, is_space))
    }

    fn end_tag(&mut self) -> End {
        let end = self.closers.find(self.text, ">", self.place + 2);
        if end.is_some() {
            // Inside raw text, only the end tag that ends it is looked for.
            self.raw = None;
        }
        end.into()
    }

    /// `<![CDATA[…]]>` and its like.
    fn marked_section(&mut self) -> Result<End> {
        let (text, start) = (self.text, self.place);
        let keyword = start + 3;
        let Some(first) = text[keyword..].chars().next() else {
            return Ok(End::Missing);
        };
        if !first.is_ascii_alphabetic() {
            let shown: String = text[start..].chars().take(20).collect();
            let message = format!("expected name token at {}", repr_str(&shown));
            return Err(Error::raise("AssertionError", message));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let keyword_end = skip(text, keyword, is_name);
        let end = skip(text, keyword_end, is_space);
        if end == text.len() {
            return Ok(End::Missing);
        }
        let close = match text[keyword..keyword_end].to_ascii_lowercase().as_str() {
            "temp" | "cdata" | "ignore" | "include" | "rcdata" => "] ] >",
            "if" | "else" | "endif" => "] >",
            _ => {
                let shown = repr_str(&text[keyword..end]);
                let message = format!("unknown status keyword {shown} in marked section");
                return Err(Error::raise("AssertionError", message));
            }
        };
        Ok(self.closers.find(text, close, keyword).into())
    }

    /// Reads what an `&` begins; false if the rest has to wait.
    ///
    /// A reference gets its semicolon if it has none.
    fn reference(&mut self, is_all: bool) -> bool {
        let rest = self.rest();
        if let Some(number) = rest.strip_prefix("&#") {
            return match numeric_reference(number) {
                Some(length) => self.write_reference(2 + length),
                None => {
                    if self.closers.find(self.text, ";", self.place).is_some() {
                        self.write_to(self.place + 2);
                    }
                    false
                }
            };
        }
        if let Some(length) = named_reference(&rest[1..]) {
            return self.write_reference(1 + length);
        }
        if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            if is_all && rest.len() == 2 {
                self.place += 1;
            }
            return false;
        }
        if rest.len() > 1 {
            self.write_to(self.place + 1);
        }
        // A lone ampersand at the end waits.
        self.rest() != "&"
    }

    fn write_reference(&mut self, length: usize) -> bool {
        self.write_to(self.place + length);
        self.out.push(';');
        self.place += usize::from(self.rest().starts_with(';'));
        true
    }
}

fn is_doctype(rest: &str) -> bool {
    rest.as_bytes()
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype"))
}

/// Where the end tag of an element with raw text begins.
fn find_raw_end(text: &str, element: &str, from: usize) -> Option<usize> {
    text[from..]
        .match_indices("</")
        .map(|(place, _)| from + place)
        .find(|place| {
            let name = skip(text, place + 2, is_space);
            let name_end = name + element.len();
            text.get(name..name_end)
                .is_some_and(|name| name.eq_ignore_ascii_case(element))
                && text[skip(text, name_end, is_space)..].starts_with('>')
        })
}

/// The length of a numeric reference after `&#`, if something other than a digit ends it.
fn numeric_reference(text: &str) -> Option<usize> {
    let (prefix, digits) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (1, digits),
        None => (0, text),
    };
    let length = match prefix {
        0 => skip(digits, 0, |c| c.is_ascii_digit()),
        _ => skip(digits, 0, |c| c.is_ascii_hexdigit()),
    };
    let ends = digits[length..].starts_with(|c: char| !c.is_ascii_hexdigit());
    (length > 0 && ends).then_some(prefix + length)
}

/// The length of an entity's name after `&`, if something other than a letter or digit
/// ends it.
fn named_reference(text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = skip(text, 0, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.')
    });
    if length < text.len() {
        return Some(length);
    }
    text[..length].rfind(['-', '.'])
}

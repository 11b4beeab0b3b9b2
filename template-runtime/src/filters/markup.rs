//! Reading HTML with the tolerance of Python's parser.
//!
//! What might be unfinished at the end waits for more; if there is no more, it is text.
//! Searches for closing marks are remembered when they fail, so that text full of
//! unfinished tags takes linear time.

use super::entities::unescape;
use crate::python::{is_space, repr_str};
use crate::{Error, Result};

/// Takes what a parser reads, in order.
pub(super) trait Sink {
    /// Whether references to characters are replaced by what they stand for, as part of
    /// the text around them.
    const REPLACES_REFERENCES: bool;

    /// Text between tags.
    fn text(&mut self, text: &str) -> Result<(), Stop>;

    /// A reference to a character, without the semicolon at its end.
    fn reference(&mut self, reference: &str) -> Result<(), Stop> {
        self.text(reference)
    }

    /// The tag that begins an element.
    fn start_tag(&mut self, _tag: &StartTag<'_>) {}

    /// The tag that ends an element of this name, in lower case.
    fn end_tag(&mut self, _name: &str) {}
}

/// A tag that begins an element.
#[derive(Debug)]
pub(super) struct StartTag<'a> {
    /// The tag, as it was written.
    pub(super) source: &'a str,
    /// The element's name, in lower case.
    pub(super) name: String,
    /// Whether it ends the element, too.
    pub(super) closes_itself: bool,
}

/// Why a parser stops early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The sink needs no more.
    Complete,
    /// Something failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads a text of which more might come: what is unfinished at its end is left out.
///
/// # Errors
///
/// What stops the sink; `AssertionError` for a marked section of an unknown kind.
pub(super) fn read_part<S: Sink>(text: &str, sink: &mut S) -> Result<(), Stop> {
    Parser::new(text, sink).go_ahead(false)
}

/// Reads a text, once as if more were to come, and from where that stopped once more as
/// all there is.
///
/// # Errors
///
/// As for [`read_part`].
pub(super) fn read_all<S: Sink>(text: &str, sink: &mut S) -> Result<(), Stop> {
    let mut parser = Parser::new(text, sink);
    parser.go_ahead(false)?;
    parser.go_ahead(true)
}

struct Parser<'a, S> {
    text: &'a str,
    place: usize,
    /// The element whose contents are no markup, while inside one.
    raw: Option<&'static str>,
    sink: &'a mut S,
    closers: Closers,
}

/// From so many characters before the end on, a reference may be unfinished.
const LONGEST_REFERENCE: usize = 34;

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

impl<'a, S: Sink> Parser<'a, S> {
    fn new(text: &'a str, sink: &'a mut S) -> Self {
        Self {
            text,
            place: 0,
            raw: None,
            sink,
            closers: Closers::default(),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.place..]
    }

    /// Hands over the text up to there, as it is.
    fn pass_to(&mut self, end: usize) -> Result<(), Stop> {
        let piece = &self.text[self.place..end];
        self.place = end;
        if piece.is_empty() {
            return Ok(());
        }
        self.sink.text(piece)
    }

    /// Hands over the text up to there, with references replaced where they are.
    fn write_to(&mut self, end: usize) -> Result<(), Stop> {
        let piece = &self.text[self.place..end];
        if !S::REPLACES_REFERENCES || self.raw.is_some() || piece.is_empty() {
            return self.pass_to(end);
        }
        self.place = end;
        self.sink.text(&unescape(piece)?)
    }

    /// Reads on, as far as what comes is finished, or to the end if this is all.
    fn go_ahead(&mut self, is_all: bool) -> Result<(), Stop> {
        while self.place < self.text.len() {
            let offset = match self.raw {
                Some(element) => find_raw_end(self.rest(), element),
                None if S::REPLACES_REFERENCES => self.rest().find('<'),
                None => self.rest().find(['<', '&']),
            };
            match offset {
                Some(offset) => self.write_to(self.place + offset)?,
                None if self.raw.is_some() => break,
                None if S::REPLACES_REFERENCES && ends_in_reference(self.rest()) => break,
                None => self.write_to(self.text.len())?,
            }
            if self.rest().is_empty() {
                break;
            }
            let goes_on = match self.rest().as_bytes()[0] {
                b'<' => self.markup(is_all)?,
                _ => self.reference(is_all)?,
            };
            if !goes_on {
                break;
            }
        }
        if is_all && self.raw.is_none() {
            self.write_to(self.text.len())?;
        }
        Ok(())
    }

    /// Reads what a `<` begins; false if the rest has to wait.
    fn markup(&mut self, is_all: bool) -> Result<bool, Stop> {
        let (start, rest) = (self.place, self.rest());
        let end = if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.start_tag()?
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
            self.pass_to(start + 1)?;
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
                self.write_to(end.unwrap_or(start + 1))?;
            }
        }
        Ok(true)
    }

    fn start_tag(&mut self) -> Result<End, Stop> {
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
            Some(b'/' | b'=') | None => return Ok(End::Missing),
            Some(byte) if byte.is_ascii_alphabetic() => return Ok(End::Missing),
            // Not a tag after all.
            Some(_) => {
                self.pass_to(place)?;
                return Ok(End::At(place));
            }
        };
        let tag = StartTag {
            source: &text[start..end],
            name: text[start + 1..name_end].to_lowercase(),
            closes_itself,
        };
        if !closes_itself {
            self.raw = ["script", "style"]
                .into_iter()
                .find(|element| tag.name == *element);
        }
        self.sink.start_tag(&tag);
        Ok(End::At(end))
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
        if let Some(end) = end {
            // Inside raw text, only the end tag that ends it is looked for.
            self.raw = None;
            if let Some(name) = end_tag_name(&self.text[self.place..end]) {
                self.sink.end_tag(&name.to_lowercase());
            }
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
    fn reference(&mut self, is_all: bool) -> Result<bool, Stop> {
        let rest = self.rest();
        if let Some(number) = rest.strip_prefix("&#") {
            if let Some(length) = numeric_reference(number) {
                return self.pass_reference(2 + length);
            }
            if self.closers.find(self.text, ";", self.place).is_some() {
                self.pass_to(self.place + 2)?;
            }
            return Ok(false);
        }
        if let Some(length) = named_reference(&rest[1..]) {
            return self.pass_reference(1 + length);
        }
        if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            if is_all && rest.len() == 2 {
                self.place += 1;
            }
            return Ok(false);
        }
        if rest.len() > 1 {
            self.pass_to(self.place + 1)?;
        }
        // A lone ampersand at the end waits.
        Ok(self.rest() != "&")
    }

    fn pass_reference(&mut self, length: usize) -> Result<bool, Stop> {
        let reference = &self.rest()[..length];
        self.place += length;
        self.place += usize::from(self.rest().starts_with(';'));
        self.sink.reference(reference)?;
        Ok(true)
    }
}

/// Whether a reference at the end of this text may not be all of it.
fn ends_in_reference(text: &str) -> bool {
    let window = text
        .char_indices()
        .rev()
        .take(LONGEST_REFERENCE)
        .find(|(_, character)| *character == '&');
    window.is_some_and(|(place, _)| !text[place..].contains(|c| is_space(c) || c == ';'))
}

/// The name in an end tag: any after white space if nothing else follows it, else one
/// that stands at once.
fn end_tag_name(tag: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let start = skip(tag, 2, is_space);
    let end = skip(tag, start, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_')
    });
    let is_plain =
        tag[start..].starts_with(is_letter) && tag[skip(tag, end, is_space)..].starts_with('>');
    if is_plain {
        return Some(&tag[start..end]);
    }
    tag[2..]
        .starts_with(is_letter)
        .then(|| &tag[2..skip(tag, 2, |c| !ends_tag_name(c))])
}

fn is_doctype(rest: &str) -> bool {
    rest.as_bytes()
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype"))
}

/// Where the end tag of an element with raw text begins.
fn find_raw_end(text: &str, element: &str) -> Option<usize> {
    text.match_indices("</")
        .map(|(place, _)| place)
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

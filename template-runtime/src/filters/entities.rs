//! References to characters in HTML, such as `&amp;` and `&#39;`.

use std::borrow::Cow;

use entities::{ENTITIES, Entity};

use crate::{Error, Result};

/// The longest name of a reference, in characters.
const MAX_NAME: usize = 32;
/// How many digits Python reads as an integer.
const MAX_DIGITS: usize = 4300;

/// What stands for the numbers 0x80 to 0x9f: the characters of Windows' Latin code page.
const WINDOWS: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// `html.unescape(text)`: the text with what its references stand for.
///
/// As browsers do, it takes names and numbers without a semicolon, too.
///
/// # Errors
///
/// `ValueError` for a decimal number of more than 4,300 digits.
pub(super) fn unescape(text: &str) -> Result<Cow<'_, str>> {
    let Some(first) = text.find('&') else {
        return Ok(Cow::Borrowed(text));
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let length = match after.strip_prefix('#') {
            Some(number) => push_number(number, &mut out)?.map(|length| length + 1),
            None => push_named(after, &mut out),
        };
        if length.is_none() {
            out.push('&');
        }
        rest = &after[length.unwrap_or(0)..];
        let next = rest.find('&').unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Ok(Cow::Owned(out))
}

/// Appends what a number after `&#` stands for, and gives the length of it with its
/// semicolon; nothing if there is no number.
fn push_number(text: &str, out: &mut String) -> Result<Option<usize>> {
    let (radix, prefix) = match text.strip_prefix(['x', 'X']) {
        Some(_) => (16, 1),
        None => (10, 0),
    };
    let digits = &text[prefix..];
    let length = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    if length == 0 {
        return Ok(None);
    }
    if radix == 10 && length > MAX_DIGITS {
        return Err(Error::value_error(format!(
            "Exceeds the limit (4300 digits) for integer string conversion: value has {length} \
             digits; use sys.set_int_max_str_digits() to increase the limit"
        )));
    }
    let semicolon = usize::from(digits[length..].starts_with(';'));
    // What is too large for the type is no character either.
    let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    out.extend(numbered(number));
    Ok(Some(prefix + length + semicolon))
}

/// The character of a number, if it stands for one.
fn numbered(number: u32) -> Option<char> {
    match number {
        0 => Some('\u{fffd}'),
        0x80..=0x9f => Some(WINDOWS[number as usize - 0x80]),
        0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => None,
        _ if number <= 0x10_ffff && number & 0xfffe == 0xfffe => None,
        _ => Some(char::from_u32(number).unwrap_or('\u{fffd}')),
    }
}

/// Appends what a name after `&` stands for, and what follows the name in the same word;
/// gives the length of all that, or nothing if there is no name.
fn push_named(text: &str, out: &mut String) -> Option<usize> {
    let length = text
        .char_indices()
        .take(MAX_NAME)
        .take_while(|(_, c)| !matches!(c, '\t' | '\n' | '\x0c' | ' ' | '<' | '&' | '#' | ';'))
        .map(|(place, character)| place + character.len_utf8())
        .last()?;
    let length = length + usize::from(text[length..].starts_with(';'));
    let word = &text[..length];
    let found = named(word).map(|characters| (characters, ""));
    let found = found.or_else(|| {
        // Names are ASCII, so that one ends before the first other character.
        let ascii = word.find(|c: char| !c.is_ascii()).unwrap_or(length);
        let longest = ascii.min(length.saturating_sub(1));
        (2..=longest)
            .rev()
            .find_map(|end| Some((named(&word[..end])?, &word[end..])))
    });
    let (characters, rest) = found?;
    out.push_str(characters);
    out.push_str(rest);
    Some(length)
}

/// What a name stands for, semicolon included.
fn named(name: &str) -> Option<&'static str> {
    let start = ENTITIES.partition_point(|entity| key(name_of(entity)).lt(key(name)));
    ENTITIES[start..]
        .iter()
        .take_while(|entity| key(name_of(entity)).eq(key(name)))
        .find(|entity| name_of(entity) == name)
        .map(|entity| entity.characters)
}

/// A name without the ampersand before it.
fn name_of(entity: &Entity) -> &str {
    entity.entity.trim_start_matches('&')
}

/// What the table of names is sorted by.
fn key(name: &str) -> impl Iterator<Item = u8> {
    name.trim_end_matches(';')
        .bytes()
        .map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;

//! Python's string methods where they differ from Rust's.

use super::decimal_digit;
use crate::{Error, Result};

/// `character.isspace()`: Unicode's white space and the four separators of ASCII.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// `text.strip()`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.split()`: the words between white space.
pub fn split_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `bytes.decode()`.
///
/// # Errors
///
/// `UnicodeDecodeError` for what is not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str> {
    str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let (end, reason) = match error.error_len() {
            None => (bytes.len(), "unexpected end of data"),
            Some(length) if matches!(bytes[start], 0x80..=0xc1 | 0xf5..) => {
                (start + length, "invalid start byte")
            }
            Some(length) => (start + length, "invalid continuation byte"),
        };
        let place = if end - start == 1 {
            format!("byte 0x{:02x} in position {start}", bytes[start])
        } else {
            format!("bytes in position {start}-{}", end - 1)
        };
        Error::raise(
            "UnicodeDecodeError",
            format!("'utf-8' codec can't decode {place}: {reason}"),
        )
    })
}

/// The text with the decimal digits of all scripts as ASCII ones.
pub fn fold_digits(text: &str) -> String {
    text.chars()
        .map(|character| match decimal_digit(character) {
            Some(digit) => char::from(b'0' + digit),
            None => character,
        })
        .collect()
}

/// `text.title()`: each run of cased characters starts with a title-case letter and goes
/// on in lower case.
pub fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Lower case depends on the neighbours (final sigma), so that it is taken from
    // the whole text; each character has its share of it.
    let lower = text.to_lowercase();
    let mut lower = lower.chars();
    let mut inside_word = false;
    for character in text.chars() {
        let share = lower.by_ref().take(character.to_lowercase().count());
        if inside_word {
            out.extend(share);
        } else {
            share.for_each(drop);
            push_title(character, &mut out);
        }
        inside_word = is_cased(character);
    }
    out
}

/// Unicode's `Cased`.
fn is_cased(character: char) -> bool {
    character.is_lowercase() || character.is_uppercase() || is_title_case(character)
}

/// The letters that are title case themselves (category Lt).
fn is_title_case(character: char) -> bool {
    matches!(
        character,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}'
            | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}'
            | '\u{1ffc}'
    )
}

/// Appends the title case of a character, which is its upper case but for a few letters.
fn push_title(character: char, out: &mut String) {
    let single = match character {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian has capitals, but does not use them so.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => character,
        // Greek letters with iota below keep it there.
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(character) | 8).unwrap_or(character),
        '\u{1fb3}' | '\u{1fbc}' => '\u{1fbc}',
        '\u{1fc3}' | '\u{1fcc}' => '\u{1fcc}',
        '\u{1ff3}' | '\u{1ffc}' => '\u{1ffc}',
        _ => {
            push_upper_as_title(character, out);
            return;
        }
    };
    out.push(single);
}

/// Where the upper case is several letters, only the first of a ligature stays a
/// capital, and a Greek iota goes below.
fn push_upper_as_title(character: char, out: &mut String) {
    let mut upper = character.to_uppercase();
    if upper.len() == 1 || character == '\u{149}' {
        out.extend(upper);
        return;
    }
    out.extend(upper.next());
    for letter in upper {
        match letter {
            '\u{399}' => out.push('\u{345}'),
            _ => out.extend(letter.to_lowercase()),
        }
    }
}

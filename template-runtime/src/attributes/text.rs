//! What strings and bytes have.

use hotplate_plugin_api::value::{Bytes, Value};

use super::Attribute;
use crate::{Result, python};

pub(super) fn of_text(text: &str, name: &str) -> Attribute {
    let all = |test: fn(char) -> bool| Attribute::from(!text.is_empty() && text.chars().all(test));
    match name {
        "upper" => text.to_uppercase().into(),
        "lower" | "casefold" => text.to_lowercase().into(),
        "title" => python::title(text).into(),
        "capitalize" => {
            // The first letter as in a title, the rest in lower case.
            let lower = text.to_lowercase();
            let mut rest = text.chars();
            let Some(first) = rest.next() else {
                return "".into();
            };
            let skipped = first.to_lowercase().count();
            let rest: String = lower.chars().skip(skipped).collect();
            format!("{}{rest}", python::title(first.encode_utf8(&mut [0; 4]))).into()
        }
        "swapcase" => text
            .chars()
            .flat_map(|c| {
                let swapped: String = if c.is_uppercase() {
                    c.to_lowercase().collect()
                } else {
                    c.to_uppercase().collect()
                };
                swapped.chars().collect::<Vec<_>>()
            })
            .collect::<String>()
            .into(),
        "strip" => python::trim(text).into(),
        "lstrip" => text.trim_start_matches(python::is_space).into(),
        "rstrip" => text.trim_end_matches(python::is_space).into(),
        "split" | "rsplit" => python::split_words(text).collect::<Vec<_>>().into(),
        "splitlines" => split_lines(text).into(),
        "expandtabs" => expand_tabs(text).into(),
        "encode" => Value::Bytes(Bytes::new(text.as_bytes().to_vec())).into(),
        "isdigit" | "isdecimal" => all(|c| python::decimal_digit(c).is_some()),
        "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(python::is_space),
        "isascii" => text.is_ascii().into(),
        "isupper" => is_cased(text, char::is_uppercase, char::is_lowercase).into(),
        "islower" => is_cased(text, char::is_lowercase, char::is_uppercase).into(),
        "istitle" => {
            let has_case = text.contains(|c: char| c.is_uppercase() || c.is_lowercase());
            (has_case && python::title(text) == text).into()
        }
        "isidentifier" => {
            let mut rest = text.chars();
            let starts = rest.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            (starts && rest.all(|c| c == '_' || c.is_alphanumeric())).into()
        }
        "center" | "count" | "endswith" | "find" | "format_map" | "index" | "join" | "ljust"
        | "maketrans" | "partition" | "removeprefix" | "removesuffix" | "replace" | "rfind"
        | "rindex" | "rjust" | "rpartition" | "startswith" | "translate" | "zfill" => {
            Attribute::NeedsArguments
        }
        _ => Attribute::Missing,
    }
}

/// Whether some characters are of one case and none of the other.
fn is_cased(text: &str, wanted: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    text.contains(wanted) && !text.contains(other)
}

/// `text.splitlines()`.
fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| {
            matches!(
                c,
                '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}'
            ) || matches!(c, '\u{2028}' | '\u{2029}')
        });
        let Some(end) = end else {
            lines.push(rest);
            break;
        };
        let (line, after) = rest.split_at(end);
        lines.push(line);
        let length = after.chars().next().map_or(0, char::len_utf8);
        rest = after.strip_prefix("\r\n").unwrap_or(&after[length..]);
    }
    lines
}

/// `text.expandtabs()`.
fn expand_tabs(text: &str) -> String {
    const WIDTH: usize = 8;
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let missing = WIDTH - column % WIDTH;
                out.extend(std::iter::repeat_n(' ', missing));
                column += missing;
            }
            '\n' | '\r' => {
                out.push(character);
                column = 0;
            }
            _ => {
                out.push(character);
                column += 1;
            }
        }
    }
    out
}

pub(super) fn of_bytes(bytes: &[u8], name: &str) -> Result<Attribute> {
    let made = |bytes: Vec<u8>| Attribute::from(Bytes::new(bytes));
    let all = |test: fn(&u8) -> bool| Attribute::from(!bytes.is_empty() && bytes.iter().all(test));
    Ok(match name {
        "decode" => python::decode(bytes)?.into(),
        "hex" => bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into(),
        "upper" => made(bytes.to_ascii_uppercase()),
        "lower" => made(bytes.to_ascii_lowercase()),
        "strip" => made(bytes.trim_ascii().to_vec()),
        "lstrip" => made(bytes.trim_ascii_start().to_vec()),
        "rstrip" => made(bytes.trim_ascii_end().to_vec()),
        "split" | "rsplit" => bytes
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .map(|word| Bytes::new(word.to_vec()))
            .collect::<Vec<_>>()
            .into(),
        "isdigit" => all(u8::is_ascii_digit),
        "isalpha" => all(u8::is_ascii_alphabetic),
        "isalnum" => all(u8::is_ascii_alphanumeric),
        "isascii" => bytes.is_ascii().into(),
        "center" | "count" | "endswith" | "find" | "index" | "join" | "ljust" | "partition"
        | "removeprefix" | "removesuffix" | "replace" | "rfind" | "rindex" | "rjust"
        | "rpartition" | "startswith" | "translate" | "zfill" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    })
}

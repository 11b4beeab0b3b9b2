//! How long a text takes to read.

use hotplate_plugin_api::plugin_fn;
use pulldown_cmark::{Event, Tag, TagEnd};

use crate::markdown::parse;

/// Effort is counted in twenty-fifths of a word, so that all rates are whole numbers.
const WORD: u64 = 25;

/// 500 characters a minute, in scripts that put no blanks between words.
const IDEOGRAPH: u64 = 11;

/// A line of code takes as long as six words.
const CODE_LINE: u64 = 6 * WORD;

/// 220 words.
const MINUTE: u64 = 220 * WORD;

/// Estimates how many minutes a Markdown text takes to read, at least 1.
///
/// Prose counts 220 words a minute, or 500 characters in Chinese and Japanese. A line
/// of a code block counts as six words, however long; blank lines and addresses of
/// links count nothing.
///
/// ```
/// assert_eq!(text::reading_time("A short note."), 1);
/// assert_eq!(text::reading_time(&"word ".repeat(660)), 3);
/// ```
#[plugin_fn]
pub fn reading_time(text: &str) -> i64 {
    let minutes = (effort(text) + MINUTE / 2) / MINUTE;
    i64::try_from(minutes.max(1)).unwrap_or(i64::MAX)
}

fn effort(text: &str) -> u64 {
    let mut total = 0;
    let mut in_code = false;
    // A word may reach over several events (`*un*believable`), so prose is gathered first.
    let mut prose = String::new();
    for event in parse(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(code) if in_code => {
                total += CODE_LINE * count(code.lines().filter(|line| !line.trim().is_empty()));
            }
            Event::Text(part) | Event::Code(part) => prose.push_str(&part),
            Event::SoftBreak | Event::HardBreak => prose.push(' '),
            Event::End(end) if ends_a_word(end) => prose.push(' '),
            _ => {}
        }
    }
    total + prose_effort(&prose)
}

fn ends_a_word(end: TagEnd) -> bool {
    !matches!(
        end,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link
    )
}

fn prose_effort(prose: &str) -> u64 {
    let ideographs = count(prose.chars().filter(|character| is_ideograph(*character)));
    let words = prose
        .split(|character: char| character.is_whitespace() || is_ideograph(character))
        .filter(|word| word.chars().any(char::is_alphanumeric));
    ideographs * IDEOGRAPH + count(words) * WORD
}

/// Han, Hiragana and Katakana.
fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3134f}'
    )
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.fold(0, |total, _| total + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_minutes_and_never_to_none() {
        let cases = [
            (0, 1),
            (1, 1),
            (220, 1),
            (329, 1),
            (330, 2),
            (440, 2),
            (2200, 10),
        ];
        for (words, expected) in cases {
            let text = "word ".repeat(words);
            assert_eq!(reading_time(&text), expected, "{words} words");
        }
    }

    #[test]
    fn counts_what_is_read() {
        let cases = [
            ("", 0),
            ("one two", 2 * WORD),
            ("*un*believable — really", 2 * WORD),
            ("one\ntwo\n\nthree", 3 * WORD),
            ("- one\n- two", 2 * WORD),
            ("[one](https://example.org/two/three)", WORD),
            ("Use `cargo build` now", 4 * WORD),
            (
                "```\nlet a = 1;\n\nlet b = a + a + a + a;\n```",
                2 * CODE_LINE,
            ),
            ("温度が高い", 5 * IDEOGRAPH),
            ("Rust は速い", WORD + 3 * IDEOGRAPH),
        ];
        for (input, expected) in cases {
            assert_eq!(effort(input), expected, "{input}");
        }
    }
}

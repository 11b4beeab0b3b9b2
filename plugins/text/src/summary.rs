//! What an article begins with.

use hotplate_plugin_api::plugin_fn;
use pulldown_cmark::{Event, Tag, TagEnd};

use crate::markdown::parse;

/// The first paragraph of a Markdown text as plain text, in at most `limit` characters.
///
/// A longer paragraph is cut after the last word that fits, without the punctuation
/// that follows it, and ends with `…`. Headings, code blocks, quotations, lists and
/// paragraphs that only hold pictures are passed over. The result is plain text and
/// has to be escaped in HTML.
///
/// ```
/// let article = "# Plates\n\nA *hot* plate, well tended, stays hot.";
/// assert_eq!(text::summary(article, 100), "A hot plate, well tended, stays hot.");
/// assert_eq!(text::summary(article, 14), "A hot plate…");
/// ```
#[plugin_fn]
pub fn summary(text: &str, limit: i64) -> String {
    let limit = usize::try_from(limit).unwrap_or(0);
    cut(&first_paragraph(text), limit)
}

fn first_paragraph(text: &str) -> String {
    let mut paragraph = String::new();
    let mut depth = 0usize;
    let mut pictures = 0usize;
    let mut inside = false;
    for event in parse(text) {
        match event {
            Event::Start(Tag::Paragraph) if depth == 0 => inside = true,
            Event::End(TagEnd::Paragraph) if depth == 0 => {
                inside = false;
                if !paragraph.trim().is_empty() {
                    break;
                }
                paragraph.clear();
            }
            Event::Start(Tag::Image { .. }) if inside => pictures += 1,
            Event::End(TagEnd::Image) if inside => pictures -= 1,
            Event::Start(_) if !inside => depth += 1,
            Event::End(_) if !inside => depth = depth.saturating_sub(1),
            Event::Text(part) | Event::Code(part) if inside && pictures == 0 => {
                paragraph.push_str(&part);
            }
            Event::SoftBreak | Event::HardBreak if inside => paragraph.push(' '),
            _ => {}
        }
    }
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts at a word, so that the result with its `…` has at most `limit` characters.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let Some(room) = limit.checked_sub(1) else {
        return String::new();
    };
    let end = text
        .char_indices()
        .nth(room)
        .map_or(text.len(), |(offset, _)| offset);
    let (head, rest) = text.split_at(end);
    let words = if rest.starts_with(' ') {
        head
    } else {
        // A first word longer than the limit is the only one that is cut inside.
        head.rfind(' ').map_or(head, |blank| &head[..blank])
    };
    let words = words.trim_end_matches(|character: char| {
        character.is_whitespace() || matches!(character, ',' | ';' | ':' | '.' | '–' | '—' | '-')
    });
    format!("{words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_paragraph() {
        let cases = [
            ("", ""),
            ("One.\n\nTwo.", "One."),
            ("# Title\n\nOne *and* `two`.", "One and two."),
            ("> quoted\n\nOne.", "One."),
            ("- item\n\n  more\n\nOne.", "One."),
            ("```\ncode\n```\nOne.", "One."),
            ("![A plate](a.png)\n\nOne.", "One."),
            ("One\ntwo  \nthree", "One two three"),
            ("[One](/a) ![x](b) two", "One two"),
            ("a <b>c</b>", "a c"),
            ("# Only a title", ""),
        ];
        for (input, expected) in cases {
            assert_eq!(first_paragraph(input), expected, "{input}");
        }
    }

    #[test]
    fn cuts_at_a_word() {
        let cases = [
            ("one two three", 13, "one two three"),
            ("one two three", 12, "one two…"),
            ("one two three", 8, "one two…"),
            ("one two three", 7, "one…"),
            ("one, two three", 6, "one…"),
            ("unbelievable", 5, "unbe…"),
            ("één twee", 5, "één…"),
            ("one two", 1, "…"),
            ("one two", 0, ""),
            ("", 0, ""),
        ];
        for (input, limit, expected) in cases {
            let found = cut(input, limit);
            assert_eq!(found, expected, "{input} in {limit}");
            assert!(found.chars().count() <= limit, "{input} in {limit}");
        }
    }

    #[test]
    fn a_negative_limit_leaves_nothing() {
        assert_eq!(summary("One.", -1), "");
        assert_eq!(summary("One.", i64::MIN), "");
        assert_eq!(summary("One.", i64::MAX), "One.");
    }
}

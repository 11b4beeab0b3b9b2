//! Markdown to HTML.

use std::collections::HashSet;

use hotplate_plugin_api::plugin_fn;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::slug::slugify;

/// Converts Markdown to HTML.
///
/// CommonMark with tables, footnotes, strikethrough, task lists and typographic
/// quotes. Headings get an `id` made from their text, so that they can be linked to.
///
/// The result may be marked safe whoever wrote `text`: raw HTML is shown as text, and
/// a link or image keeps its address only if that is relative, `http`, `https`,
/// `mailto` or `tel`.
///
/// ```
/// let html = text::markdown("*Hot* <b>plate</b>");
/// assert_eq!(html, "<p><em>Hot</em> &lt;b&gt;plate&lt;/b&gt;</p>\n");
/// ```
#[plugin_fn]
pub fn markdown(text: &str) -> String {
    let mut events: Vec<Event<'_>> = parse(text).map(without_markup).collect();
    add_heading_ids(&mut events);
    let mut output = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut output, events.into_iter());
    output
}

/// The events of a Markdown text, with the extensions that articles may use.
pub(crate) fn parse(text: &str) -> Parser<'_> {
    // Heading attributes stay off: they could carry event handlers.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    Parser::new_ext(text, options)
}

/// Turns what could run in a browser into what cannot.
fn without_markup(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(markup) | Event::InlineHtml(markup) => Event::Text(markup),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: harmless_address(dest_url),
            title,
            id,
        }),
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Image {
            link_type,
            dest_url: harmless_address(dest_url),
            title,
            id,
        }),
        other => other,
    }
}

/// The address itself, or `#` for one whose scheme a browser might execute.
fn harmless_address(address: CowStr<'_>) -> CowStr<'_> {
    if is_harmless(&address) {
        address
    } else {
        CowStr::Borrowed("#")
    }
}

fn is_harmless(address: &str) -> bool {
    // Browsers drop control characters and leading blanks before they look for a scheme.
    let visible: String = address
        .chars()
        .filter(|character| !character.is_control() && !character.is_whitespace())
        .collect();
    let Some(end) = visible.find([':', '/', '?', '#']) else {
        return true;
    };
    if !visible[end..].starts_with(':') {
        return true;
    }
    let scheme = visible[..end].to_ascii_lowercase();
    // An autolinked mail address arrives here without its scheme.
    matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel")
}

/// Gives each heading an id made from its text; a repeated one gets a number.
fn add_heading_ids(events: &mut [Event<'_>]) {
    let mut taken = HashSet::new();
    let mut text = String::new();
    let mut start = None;
    for index in 0..events.len() {
        match &events[index] {
            Event::Start(Tag::Heading { .. }) => {
                start = Some(index);
                text.clear();
            }
            Event::Text(part) | Event::Code(part) if start.is_some() => text.push_str(part),
            Event::SoftBreak | Event::HardBreak if start.is_some() => text.push(' '),
            Event::End(TagEnd::Heading(_)) => {
                let Some(start) = start.take() else { continue };
                let Some(unique) = unique_id(&slugify(&text), &mut taken) else {
                    continue;
                };
                if let Event::Start(Tag::Heading { id, .. }) = &mut events[start] {
                    *id = Some(unique.into());
                }
            }
            _ => {}
        }
    }
}

fn unique_id(slug: &str, taken: &mut HashSet<String>) -> Option<String> {
    if slug.is_empty() {
        return None;
    }
    let mut candidate = slug.to_owned();
    let mut number = 1;
    while !taken.insert(candidate.clone()) {
        number += 1;
        candidate = format!("{slug}-{number}");
    }
    Some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts() {
        let cases = [
            ("", ""),
            ("plain", "<p>plain</p>\n"),
            (
                "*a* **b** `c`",
                "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n",
            ),
            ("~~old~~", "<p><del>old</del></p>\n"),
            ("\"quoted\" -- it's", "<p>“quoted” – it’s</p>\n"),
            (
                "```rust\nlet a = 1 < 2;\n```",
                "<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n</code></pre>\n",
            ),
            ("[a](/b)", "<p><a href=\"/b\">a</a></p>\n"),
            (
                "<me@example.org>",
                "<p><a href=\"mailto:me@example.org\">me@example.org</a></p>\n",
            ),
            ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
        ];
        for (input, expected) in cases {
            assert_eq!(markdown(input), expected, "{input}");
        }
    }

    #[test]
    fn headings_get_ids() {
        let cases = [
            ("# Hot plates", "<h1 id=\"hot-plates\">Hot plates</h1>\n"),
            (
                "## The `serve` command",
                "<h2 id=\"the-serve-command\">The <code>serve</code> command</h2>\n",
            ),
            (
                "# A\n# A\n# A",
                "<h1 id=\"a\">A</h1>\n<h1 id=\"a-2\">A</h1>\n<h1 id=\"a-3\">A</h1>\n",
            ),
            ("# ☕", "<h1>☕</h1>\n"),
            (
                "# A {#b onclick=x}",
                "<h1 id=\"a-b-onclick-x\">A {#b onclick=x}</h1>\n",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(markdown(input), expected, "{input}");
        }
    }

    #[test]
    fn markup_is_shown_and_not_run() {
        let cases = [
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            (
                "a <img src=x onerror=y> b",
                "<p>a &lt;img src=x onerror=y&gt; b</p>\n",
            ),
            ("[a](javascript:x)", "<p><a href=\"#\">a</a></p>\n"),
            ("[a](JaVa&#10;Script:x)", "<p><a href=\"#\">a</a></p>\n"),
            ("[a](data:text/html,x)", "<p><a href=\"#\">a</a></p>\n"),
            ("![a](vbscript:x)", "<p><img src=\"#\" alt=\"a\" /></p>\n"),
        ];
        for (input, expected) in cases {
            assert_eq!(markdown(input), expected, "{input}");
        }
    }

    #[test]
    fn tells_harmless_addresses_from_others() {
        let cases = [
            ("", true),
            ("/a:b", true),
            ("a/b", true),
            ("?q=a:b", true),
            ("#a:b", true),
            ("HTTPS://example.org", true),
            ("tel:123", true),
            ("javascript:x", false),
            (" java\tscript:x", false),
            ("file:///x", false),
        ];
        for (input, expected) in cases {
            assert_eq!(is_harmless(input), expected, "{input}");
        }
    }
}

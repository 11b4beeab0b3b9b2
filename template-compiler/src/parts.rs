//! Where the parts of a template that are units of their own stand in its text.

use crate::lexer::{TokenKind, tokenize};
use crate::source::Span;
use crate::unicode::split;

/// A block or partial in a template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What follows the template's name in the unit's: `/content` or `#row`.
    pub suffix: String,
    /// From the first byte of the opening tag to the last of the closing one.
    pub span: Span,
}

/// Finds the blocks and partials of a template, in the order in which they end.
///
/// The text may have line ends of any kind. Of text that does not compile, what can be told
/// apart is found.
///
/// ```
/// let parts = hotplate_template_compiler::parts("a{% block b %}c{% endblock %}d");
/// assert_eq!(parts[0].suffix, "/b");
/// assert_eq!(parts[0].span.range(), 1..29);
/// ```
pub fn parts(text: &str) -> Vec<Part> {
    let mut open: Vec<(&str, String, u32)> = Vec::new();
    let mut parts = Vec::new();
    let mut in_comment = false;
    for token in tokenize(text) {
        if token.kind != TokenKind::Block {
            continue;
        }
        let mut words = split(token.contents);
        let command = words.next().unwrap_or_default();
        if in_comment {
            in_comment = command != "endcomment";
            continue;
        }
        match command {
            "comment" => in_comment = true,
            "block" => {
                let suffix = format!("/{}", words.next().unwrap_or_default());
                open.push(("endblock", suffix, token.span.start));
            }
            "partialdef" => {
                let suffix = format!("#{}", words.next().unwrap_or_default());
                open.push(("endpartialdef", suffix, token.span.start));
            }
            "endblock" | "endpartialdef" => {
                if open.last().is_some_and(|(end, ..)| *end == command)
                    && let Some((_, suffix, start)) = open.pop()
                {
                    let span = Span {
                        start,
                        end: token.span.end,
                    };
                    parts.push(Part { suffix, span });
                }
            }
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_partials_are_found_with_their_tags() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = parts(text);
            let found: Vec<_> = found
                .iter()
                .map(|part| (part.suffix.as_str(), &text[part.span.range()]))
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check("none", &[]);
        check(
            "é{% block a %}x{% endblock %}\r\n{% partialdef b inline %}y{% endpartialdef b %}",
            &[
                ("/a", "{% block a %}x{% endblock %}"),
                ("#b", "{% partialdef b inline %}y{% endpartialdef b %}"),
            ],
        );
        check(
            "{% block a %}{% block b %}{% endblock b %}{% endblock a %}",
            &[
                ("/b", "{% block b %}{% endblock b %}"),
                (
                    "/a",
                    "{% block a %}{% block b %}{% endblock b %}{% endblock a %}",
                ),
            ],
        );
        check(
            "{% verbatim %}{% block a %}{% endverbatim %}{% comment %}{% block a %}\
             {% endcomment %}{# {% block a %} #}{% block a %}{% endblock %}",
            &[("/a", "{% block a %}{% endblock %}")],
        );
        check("{% block a %}", &[]);
        check("{% endblock %}", &[]);
    }
}

//! Text to tokens, exactly where Django's tag expression splits it.

use crate::source::{LineIndex, Span};
use crate::unicode::strip;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Text that is output as it is.
    Text,
    /// `{{ … }}`.
    Variable,
    /// `{% … %}`.
    Block,
    /// `{# … #}`.
    Comment,
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'s> {
    /// What it is.
    pub kind: TokenKind,
    /// The text, of a tag without its braces and the space inside them.
    pub contents: &'s str,
    /// The whole token.
    pub span: Span,
    /// Where `contents` stands.
    pub contents_span: Span,
    /// The line the token starts on.
    pub line: u32,
}

/// Splits a template into tokens. Never fails: what is no tag is text.
pub fn tokenize(text: &str) -> Vec<Token<'_>> {
    let lines = LineIndex::new(text);
    let mut tags = TagFinder::new(text);
    let mut verbatim: Option<String> = None;
    let mut tokens = Vec::new();
    let mut done = 0;
    while let Some((start, end)) = tags.next_from(done) {
        if done < start {
            tokens.push(token(text, &lines, TokenKind::Text, done, start));
        }
        let mut kind = match text.as_bytes()[start + 1] {
            b'%' => TokenKind::Block,
            b'{' => TokenKind::Variable,
            _ => TokenKind::Comment,
        };
        let tag = token(text, &lines, kind, start, end);
        match &verbatim {
            Some(closing) if kind == TokenKind::Block && tag.contents == closing => verbatim = None,
            Some(_) => kind = TokenKind::Text,
            None if kind == TokenKind::Block && opens_verbatim(tag.contents) => {
                verbatim = Some(format!("end{}", tag.contents));
            }
            None => {}
        }
        tokens.push(token(text, &lines, kind, start, end));
        done = end;
    }
    if done < text.len() {
        tokens.push(token(text, &lines, TokenKind::Text, done, text.len()));
    }
    tokens
}

fn opens_verbatim(contents: &str) -> bool {
    contents == "verbatim" || contents.starts_with("verbatim ")
}

fn token<'s>(
    text: &'s str,
    lines: &LineIndex,
    kind: TokenKind,
    start: usize,
    end: usize,
) -> Token<'s> {
    let span = Span::new(start, end);
    let (contents, contents_span) = if kind == TokenKind::Text {
        (&text[start..end], span)
    } else {
        let inner = &text[start + 2..end - 2];
        let contents = strip(inner);
        let leading = inner.len() - inner.trim_start_matches(crate::unicode::is_space).len();
        let first = start + 2 + leading;
        (contents, Span::new(first, first + contents.len()))
    };
    Token {
        kind,
        contents,
        span,
        contents_span,
        line: lines.line(span.start),
    }
}

/// Finds matches of `{%.*?%}|{{.*?}}|{#.*?#}`, where `.` is anything but a line feed.
struct TagFinder<'s> {
    text: &'s str,
    /// For each kind of tag, an offset before which no closing stands any more.
    unclosed_before: [usize; 3],
    /// The end of the line that was looked at last.
    line_end: usize,
}

impl<'s> TagFinder<'s> {
    const CLOSINGS: [&'static str; 3] = ["%}", "}}", "#}"];

    fn new(text: &'s str) -> Self {
        Self {
            text,
            unclosed_before: [0; 3],
            line_end: 0,
        }
    }

    /// The first match that starts at `from` or later.
    fn next_from(&mut self, from: usize) -> Option<(usize, usize)> {
        let bytes = self.text.as_bytes();
        let mut place = from;
        loop {
            place += self.text[place..].find('{')?;
            let kind = match bytes.get(place + 1) {
                Some(b'%') => Some(0),
                Some(b'{') => Some(1),
                Some(b'#') => Some(2),
                _ => None,
            };
            if let Some(kind) = kind
                && let Some(end) = self.closing(kind, place + 2)
            {
                return Some((place, end));
            }
            place += 1;
        }
    }

    fn closing(&mut self, kind: usize, from: usize) -> Option<usize> {
        if from < self.unclosed_before[kind] {
            return None;
        }
        if self.line_end < from {
            let line = self.text[from..].find('\n');
            self.line_end = line.map_or(self.text.len(), |length| from + length);
        }
        match self.text[from..self.line_end].find(Self::CLOSINGS[kind]) {
            Some(place) => Some(from + place + 2),
            None => {
                self.unclosed_before[kind] = self.line_end;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(TokenKind, &str)]) {
        let tokens = tokenize(text);
        let found: Vec<_> = tokens
            .iter()
            .map(|token| (token.kind, token.contents))
            .collect();
        assert_eq!(found, expected, "{text:?}");
        let whole: String = tokens
            .iter()
            .map(|token| &text[token.span.range()])
            .collect();
        assert_eq!(whole, text, "the tokens cover the text");
        for token in &tokens {
            assert_eq!(&text[token.contents_span.range()], token.contents);
        }
    }

    #[test]
    fn splits_where_django_does() {
        use TokenKind::{Block, Comment, Text, Variable};
        check("", &[]);
        check("a{{ b }}c", &[(Text, "a"), (Variable, "b"), (Text, "c")]);
        check(
            "{%\u{a0}if x\t%}{#no#}",
            &[(Block, "if x"), (Comment, "no")],
        );
        // A tag never spans lines, but a lone carriage return is no line.
        check("{{ a\n}}", &[(Text, "{{ a\n}}")]);
        check("{{ a\r}}", &[(Variable, "a")]);
        // The first closing counts, even inside quotes.
        check("{{ '}}' }}", &[(Variable, "'"), (Text, "' }}")]);
        check("{{{ b }}}", &[(Variable, "{ b"), (Text, "}")]);
        check("{%}", &[(Text, "{%}")]);
        check("{{ {% x %}", &[(Text, "{{ "), (Block, "x")]);
        check("{{}}{%%}", &[(Variable, ""), (Block, "")]);
    }

    #[test]
    fn verbatim_ends_at_the_same_words_only() {
        use TokenKind::{Block, Text};
        check(
            "{% verbatim  x %}{{ a }}{% endverbatim %}{% endverbatim  x %}",
            &[
                (Block, "verbatim  x"),
                (Text, "{{ a }}"),
                (Text, "{% endverbatim %}"),
                (Block, "endverbatim  x"),
            ],
        );
    }

    #[test]
    fn unclosed_tags_take_linear_time() {
        let text = "{{{%{#".repeat(200_000);
        assert_eq!(tokenize(&text).len(), 1);
    }
}

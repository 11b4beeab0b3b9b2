//! One mistake in a file, as this command reports it.

use std::ops::Range;

use hotplate::Diagnostic;

/// What is wrong, where, and the whole report as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) message: String,
    /// In the form of rustc's diagnostics: place, source line and marker.
    pub(crate) rendered: String,
}

impl Problem {
    /// A mistake without a place in the file.
    pub(crate) fn in_file(file: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            file: Some(file.to_owned()),
            line: None,
            column: None,
            rendered: format!("error: {message}\n --> {file}\n"),
            message,
        }
    }

    /// A mistake at a span of bytes of `source`, which is all of `file`.
    pub(crate) fn at(
        file: &str,
        source: &str,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        let start = source.floor_char_boundary(span.start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |length| start + length);
        let line = count(source[..line_start].matches('\n'));
        let column = count(source[line_start..start].chars());
        let end = source.floor_char_boundary(span.end.clamp(start, line_end));
        let width = source[start..end].trim_end().chars().count().max(1);
        let text = source[line_start..line_end].trim_end();
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs stay tabs, so that the marker stands below what it marks.
        let indent: String = source[line_start..start]
            .chars()
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        let marker = "^".repeat(width);
        Self {
            file: Some(file.to_owned()),
            line: Some(line),
            column: Some(column),
            rendered: format!(
                "error: {message}\n{gutter}--> {file}:{line}:{column}\n{gutter} |\n{number} | {text}\n{gutter} | {indent}{marker}\n"
            ),
            message,
        }
    }

    /// The place as `file:line:column`, as far as it is known.
    pub(crate) fn place(&self) -> Option<String> {
        let mut place = self.file.clone()?;
        for number in [self.line, self.column].into_iter().flatten() {
            place.push(':');
            place.push_str(&number.to_string());
        }
        Some(place)
    }
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Self {
        let mut problem = Self {
            file: diagnostic.file.clone(),
            line: diagnostic.line,
            column: diagnostic.column,
            message: diagnostic.message.clone(),
            rendered: diagnostic.rendered.clone(),
        };
        // What is not shown in a source file still has a place to go to.
        if let Some(place) = problem.place()
            && !problem.rendered.contains("-->")
        {
            let rendered = problem.rendered.trim_end();
            problem.rendered = format!("{rendered}\n --> {place}\n");
        }
        problem
    }
}

/// One more than the number of items, as lines and columns count from one.
fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    items.fold(1, |total: u32, _| total.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_becomes_a_place_and_a_picture() {
        let source = "a = 1\nbé = oops\n";
        let problem = Problem::at("site.toml", source, 12..16, "no such value");
        assert_eq!(problem.place().as_deref(), Some("site.toml:2:6"));
        let expected = [
            "error: no such value",
            " --> site.toml:2:6",
            "  |",
            "2 | bé = oops",
            "  |      ^^^^",
            "",
        ];
        assert_eq!(problem.rendered, expected.join("\n"));
    }

    #[test]
    fn every_span_has_a_place() {
        let cases = [
            ("", 0..0, "f:1:1"),
            ("", 5..9, "f:1:1"),
            ("a\n", 2..2, "f:2:1"),
            ("a\nb", 0..3, "f:1:1"),
            ("é", 1..2, "f:1:1"),
            ("a\r\nb", 3..4, "f:2:1"),
        ];
        for (source, span, expected) in cases {
            let problem = Problem::at("f", source, span, "m");
            assert_eq!(problem.place().as_deref(), Some(expected), "{source:?}");
        }
    }
}

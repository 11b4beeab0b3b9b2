//! Template sources, and places in them.

use std::fmt;
use std::ops::Range;

/// One template: its name in the set and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name, `/`-separated, relative to the set's root: `articles/list.html`; empty
    /// for a template without a name, in which relative names mean nothing.
    pub name: String,
    /// The text, with line ends already made `\n`.
    pub text: String,
}

impl Source {
    /// Makes a source.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// A range of bytes of one template's text.
#[derive(Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`. Sources are refused beyond 4 GiB, so offsets fit.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let offset = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self {
            start: offset(start),
            end: offset(end),
        }
    }

    /// The part `range` of this span.
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        let start = self.start as usize;
        Self::new(start + range.start, start + range.end)
    }

    /// The bytes, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A line and a column, counted from one; a column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Where the lines and the wide characters of a text are, so that an offset becomes a
/// position quickly, however long the lines.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// Where each line starts.
    starts: Vec<u32>,
    /// For each character of more than one byte, where it starts, and how many bytes
    /// beyond one for each character there are up to its end.
    wide: Vec<(u32, u32)>,
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut wide = Vec::new();
        let mut extra = 0;
        for (place, c) in text.char_indices() {
            let span = Span::new(place, place + c.len_utf8());
            if c == '\n' {
                starts.push(span.end);
            } else if !c.is_ascii() {
                extra += span.end - span.start - 1;
                wide.push((span.start, extra));
            }
        }
        Self { starts, wide }
    }

    /// The line of an offset, counted from one.
    pub fn line(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// The position of an offset, which must be that of a character.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1];
        let wide = self.extra_bytes(offset) - self.extra_bytes(start);
        Position {
            line,
            column: offset - start - wide + 1,
        }
    }

    /// How many bytes beyond one for each character stand before an offset.
    fn extra_bytes(&self, offset: u32) -> u32 {
        let before = self.wide.partition_point(|&(start, _)| start < offset);
        before.checked_sub(1).map_or(0, |last| self.wide[last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "aß\n\nxy中z";
        let index = LineIndex::new(text);
        let cases = [
            (0, (1, 1)),
            (3, (1, 3)),
            (4, (2, 1)),
            (5, (3, 1)),
            (7, (3, 3)),
            (10, (3, 4)),
            (11, (3, 5)),
        ];
        for (offset, (line, column)) in cases {
            assert_eq!(
                index.position(offset),
                Position { line, column },
                "{offset}"
            );
        }
    }
}

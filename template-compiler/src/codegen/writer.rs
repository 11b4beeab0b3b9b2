//! Text with indentation that knows which line it is on.

use crate::source::Position;
use crate::source_map::SourceMap;

#[derive(Default)]
pub(super) struct Writer {
    text: String,
    indent: usize,
    /// How many lines are complete.
    lines: u32,
    map: SourceMap,
}

impl Writer {
    /// Writes a line. `text` contains no line end.
    pub(super) fn line(&mut self, text: &str) {
        if !text.is_empty() {
            for _ in 0..self.indent {
                self.text.push_str("    ");
            }
            self.text.push_str(text);
        }
        self.text.push('\n');
        self.lines += 1;
    }

    /// Writes a line and indents the lines after it.
    pub(super) fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
    }

    /// Ends an indentation and writes a line.
    pub(super) fn close(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
    }

    /// Ends an indentation, writes a line and indents again.
    pub(super) fn close_and_open(&mut self, text: &str) {
        self.close(text);
        self.indent += 1;
    }

    /// Says where the lines from here on come from.
    pub(super) fn origin(&mut self, template: &str, position: Position) {
        self.map.add(self.lines + 1, template, position);
    }

    pub(super) fn finish(self) -> (String, SourceMap) {
        (self.text, self.map)
    }
}

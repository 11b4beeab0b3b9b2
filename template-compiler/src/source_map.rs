//! From lines of generated Rust back to places in templates.

use crate::source::Position;

/// Which line of generated Rust comes from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    entries: Vec<Mapping>,
}

/// The origin of the generated lines from one line on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The first generated line, counted from one.
    pub generated_line: u32,
    /// The template; empty for lines that belong to none.
    pub template: String,
    /// The place in the template.
    pub position: Position,
}

impl SourceMap {
    /// Says where the lines from `generated_line` on come from; lines must not go down.
    pub(crate) fn add(&mut self, generated_line: u32, template: &str, position: Position) {
        self.entries.push(Mapping {
            generated_line,
            template: template.to_owned(),
            position,
        });
    }

    /// Where a generated line comes from.
    pub fn find(&self, generated_line: u32) -> Option<&Mapping> {
        let after = self
            .entries
            .partition_point(|entry| entry.generated_line <= generated_line);
        let entry = &self.entries[after.checked_sub(1)?];
        (!entry.template.is_empty()).then_some(entry)
    }
}

//! The one renderer of diagnostics, in the manner of rustc.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// How a diagnostic is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// ASCII without colour.
    Plain,
    /// Colours, as ANSI escape sequences.
    Coloured,
}

impl Diagnostic {
    /// The diagnostic as text: what is wrong, the line it is in, and notes.
    ///
    /// `path` names the template for the reader, such as the path of its file, and
    /// `text` is the template's text.
    pub fn render(&self, path: &str, text: &str, style: Style) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let before = text.get(..self.span.start as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |place| place + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let start = before.len() - line_start;
        let end = (self.span.end as usize).saturating_sub(line_start);
        let end = end.clamp(start, line.len().max(start));
        let snippet = Snippet::source(line)
            .line_start(self.position.line as usize)
            .path(path)
            .annotation(AnnotationKind::Primary.span(start..end));
        let title = match self.message.as_str() {
            "" => self.exception,
            message => message,
        };
        let mut group = level.primary_title(title).element(snippet);
        for note in &self.notes {
            group = group.element(Level::NOTE.message(note));
        }
        let renderer = match style {
            Style::Plain => Renderer::plain().decor_style(DecorStyle::Ascii),
            Style::Coloured => Renderer::styled().decor_style(DecorStyle::Unicode),
        };
        renderer.render(&[group]).clone()
    }
}

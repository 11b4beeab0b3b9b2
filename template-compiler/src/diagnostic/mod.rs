//! What is wrong with a template, for people.

pub(crate) mod mistakes;
mod render;
mod suggest;

pub use render::Style;
pub use suggest::nearest;

use crate::source::{LineIndex, Position, Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The template cannot be compiled.
    Error,
    /// The template compiles but will probably fail.
    Warning,
}

/// A mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The name of the exception that Django raises.
    pub exception: &'static str,
    /// Django's message, without the template's name.
    pub message: String,
    /// The template's name.
    pub template: String,
    /// The place in the template's text.
    pub span: Span,
    /// The line and column where the span starts.
    pub position: Position,
    /// What else helps.
    pub notes: Vec<String>,
}

impl Diagnostic {
    pub(crate) fn new(
        severity: Severity,
        mistake: Mistake,
        source: &Source,
        lines: &LineIndex,
    ) -> Self {
        Self {
            severity,
            exception: mistake.exception,
            message: mistake.message,
            template: source.name.clone(),
            span: mistake.span,
            position: lines.position(mistake.span.start),
            notes: mistake.notes,
        }
    }
}

/// A mistake whose template is known from the place it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) exception: &'static str,
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) notes: Vec<String>,
}

//! Colours, where somebody can see them.

use std::fmt::{self, Display};
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const UPDATE: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const ADD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const DELETE: Style = AnsiColor::Red.on_default().bold();
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();

/// Whether to colour what is written to `stream`: on a terminal, unless `NO_COLOR` is
/// set to anything but nothing.
pub(crate) fn colours_for(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !refused
}

/// Whether text for one stream is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    coloured: bool,
}

impl Palette {
    /// The palette for what is written to `stream`.
    pub(crate) fn for_stream(stream: &impl IsTerminal) -> Self {
        Self {
            coloured: colours_for(stream),
        }
    }

    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self { coloured: false }
    }

    #[cfg(test)]
    pub(crate) const fn coloured() -> Self {
        Self { coloured: true }
    }

    /// An error, with its word.
    pub(crate) fn error(self, message: impl Display) -> String {
        format!("{} {message}", self.paint(ERROR, "error:"))
    }

    /// The text in a style.
    pub(crate) fn paint<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: if self.coloured { style } else { Style::new() },
            text,
        }
    }
}

/// Text with its style.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { style, text } = self;
        write!(f, "{style}{text}{style:#}")
    }
}

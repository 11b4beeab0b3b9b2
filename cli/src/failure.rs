//! How a command ends when it cannot do what it was asked.

use std::fmt::Display;
use std::io::{self, Write};

use crate::problem::Problem;

/// Why a command gave up.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One line says it all.
    Line(String),
    /// Sources are wrong: every problem, then a line.
    Problems(Vec<Problem>, String),
    /// Everything has been said.
    Said,
}

impl Failure {
    pub(crate) fn line(message: impl Display) -> Self {
        Self::Line(message.to_string())
    }

    /// A host's error: what its sources did wrong, or one line.
    pub(crate) fn host(error: &hotplate::Error) -> Self {
        match error.rejection() {
            Some(rejection)
                if rejection
                    .diagnostics
                    .iter()
                    .any(|found| found.file.is_some()) =>
            {
                let problems: Vec<Problem> =
                    rejection.diagnostics.iter().map(Problem::from).collect();
                let stage = rejection.stage.as_str();
                let summary = match &rejection.plugin {
                    Some(plugin) => format!("{plugin} was rejected at stage {stage}"),
                    None => format!("rejected at stage {stage}"),
                };
                Self::Problems(problems, summary)
            }
            Some(rejection) => {
                let messages = rejection
                    .diagnostics
                    .iter()
                    .map(|found| found.message.as_str());
                Self::Line(messages.collect::<Vec<_>>().join("; "))
            }
            None => Self::line(with_sources(error)),
        }
    }

    /// Writes to standard error what has not been said yet.
    pub(crate) fn report(&self) {
        let mut stderr = io::stderr().lock();
        // Nobody is left to tell if standard error is closed.
        let _ = match self {
            Self::Said => Ok(()),
            Self::Line(message) => writeln!(stderr, "error: {}", one_line(message)),
            Self::Problems(problems, summary) => problems
                .iter()
                .try_for_each(|problem| writeln!(stderr, "{}\n", problem.rendered.trim_end()))
                .and_then(|()| writeln!(stderr, "error: {}", one_line(summary))),
        };
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::line(format_args!("cannot write the output: {error}"))
    }
}

/// An error's message with those of its causes.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors repeat what they were caused by.
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = error.source();
    }
    message
}

/// The text without line breaks, so that one mistake is one line.
fn one_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let cases = [("a", "a"), ("a\n  b\r\n\nc\n", "a b c"), ("", "")];
        for (input, expected) in cases {
            assert_eq!(one_line(input), expected, "{input:?}");
        }
    }
}

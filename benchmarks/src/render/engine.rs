//! What the engines have in common.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hotplate_plugin_api::value::Date;

use super::workload::Data;
use crate::Fault;

/// A template engine, with its templates ready to render.
pub(super) trait Engine {
    /// What its rows are called.
    fn name(&self) -> &'static str;

    /// Prepares a workload, its context too, so that nothing is left to do but render.
    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault>;
}

/// An engine that is ready to render a workload.
pub(super) type Contender<'d> = Box<dyn Renderer + 'd>;

/// Renders one workload.
pub(super) trait Renderer {
    /// Renders into a text of its own.
    fn text(&mut self) -> Result<String, Fault>;

    /// Renders so many times, and tells how long that took.
    fn repeat(&mut self, renderings: usize) -> Result<Duration, Fault>;
}

impl<F: FnMut() -> Result<String, Fault>> Renderer for F {
    fn text(&mut self) -> Result<String, Fault> {
        self()
    }

    fn repeat(&mut self, renderings: usize) -> Result<Duration, Fault> {
        let began = Instant::now();
        for _ in 0..renderings {
            black_box(self()?);
        }
        Ok(began.elapsed())
    }
}

/// A contender that is a function.
pub(super) fn contender<'d>(render: impl FnMut() -> Result<String, Fault> + 'd) -> Contender<'d> {
    Box::new(render)
}

/// The names of the months, as dates show them.
pub(super) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The short name of a date's month.
pub(super) fn month(date: Date) -> &'static str {
    let month = usize::from(date.month).wrapping_sub(1);
    MONTHS.get(month).copied().unwrap_or_default()
}

/// The date that a peer's context has as text, `2026-03-07`, as `Mar 7, 2026`.
pub(super) fn day(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{month} {}, {year}", day.trim_start_matches('0')))
}

/// The plural's ending.
pub(super) fn plural(number: i64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_shown_as_in_django() {
        let cases = [
            ("2026-03-07", Some("Mar 7, 2026")),
            ("2025-12-10", Some("Dec 10, 2025")),
            ("2025-13-10", None),
            ("2025-00-10", None),
            ("2025", None),
        ];
        for (text, expected) in cases {
            assert_eq!(day(text).as_deref(), expected, "{text}");
        }
    }
}

//! Places of the chart's bars.

use std::time::Duration;

use dashboard::{Bar, Chart, GridLine, Segment, Stage};
use hotplate::{Cause, Timings};

use super::record::Publish;

/// The stages from the bottom up; also the classes of their colours.
pub(crate) const STAGES: [&str; 5] = ["build", "verify", "tests", "canaries", "publish"];

/// How long each of [`STAGES`] took.
pub(crate) fn stages_of(timings: &Timings) -> [Duration; 5] {
    [
        timings.build,
        timings.verify,
        timings.tests,
        timings.canaries,
        timings.publish,
    ]
}

// All in pixels.
const LEFT: u32 = 64;
const TOP: u32 = 24;
const PLOT: u32 = 180;
const BOTTOM: u32 = TOP + PLOT;
const STEP: u32 = 60;
const BAR: u32 = 34;
const LEAST: u32 = 2;

/// Narrower than so many bars the chart never is.
const LEAST_BARS: u32 = 5;

/// More bars than so many would not fit beside each other on a usual screen.
const MOST_BARS: usize = 18;

/// Draws the latest of some publishes, of which the oldest comes first.
pub(crate) fn draw(publishes: &[Publish], current: u64) -> Chart {
    let publishes = &publishes[publishes.len().saturating_sub(MOST_BARS)..];
    let top = scale(publishes);
    let bars: Vec<Bar> = (0..)
        .zip(publishes)
        .map(|(place, publish)| bar(publish, place, top, current))
        .collect();
    let places = u32::try_from(bars.len())
        .unwrap_or(u32::MAX)
        .max(LEAST_BARS);
    let lines = (0..=4).map(|quarter| {
        let y = BOTTOM - PLOT * quarter / 4;
        GridLine {
            y,
            label_y: y + 4,
            label: format!("{} ms", number(top / 4.0 * f64::from(quarter))),
        }
    });
    let stages = STAGES.map(|name| Stage {
        name: name.to_owned(),
    });
    Chart {
        width: LEFT + STEP * places,
        height: BOTTOM + 24,
        left: LEFT,
        bottom: BOTTOM,
        number_y: BOTTOM + 16,
        summary: format!(
            "A bar for each of {} generations, each with the milliseconds of its stages. The \
             table below has the same figures.",
            bars.len()
        ),
        stages: stages.to_vec(),
        lines: lines.collect(),
        has_clipped: bars.iter().any(|bar| bar.is_clipped),
        bars,
    }
}

/// The milliseconds at the plot's upper edge: those of the longest edit, since the first
/// build would make all others too small to see.
fn scale(publishes: &[Publish]) -> f64 {
    let longest = |with_start: bool| {
        let publishes = publishes.iter();
        let publishes =
            publishes.filter(|publish| with_start || publish.receipt.cause != Cause::Start);
        let sums = publishes.map(|publish| milliseconds(sum(&publish.receipt.timings)));
        sums.fold(0.0_f64, f64::max)
    };
    let edits = longest(false);
    round_up(if edits > 0.0 { edits } else { longest(true) })
}

/// The next number of milliseconds that is one digit, or 1.2, 1.6, 2.4 or 3.2, and zeros.
fn round_up(milliseconds: f64) -> f64 {
    let power = 10_f64.powf(milliseconds.max(1.0).log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0];
    let fits = steps.iter().find(|step| **step * power >= milliseconds);
    fits.unwrap_or(&10.0) * power
}

fn bar(publish: &Publish, place: u32, top: f64, current: u64) -> Bar {
    let receipt = &publish.receipt;
    let x = LEFT + STEP * place + (STEP - BAR) / 2;
    let durations = stages_of(&receipt.timings);
    let whole = sum(&receipt.timings);
    let mut segments = Vec::new();
    let (mut below, mut edge) = (Duration::ZERO, BOTTOM);
    let mut parts = Vec::new();
    for (stage, duration) in STAGES.iter().zip(durations) {
        if duration.is_zero() {
            continue;
        }
        below += duration;
        let title = format!("{stage} {} ms", shown(duration));
        let y = BOTTOM - pixels(below, top);
        if y < edge {
            segments.push(Segment {
                stage: (*stage).to_owned(),
                y,
                height: edge - y,
                title: title.clone(),
            });
        }
        edge = y;
        parts.push(title);
    }
    if segments.is_empty() {
        // Too quick to see; but there is something to point at.
        let longest = STAGES.iter().zip(durations).max_by_key(|(_, time)| *time);
        segments.extend(
            longest
                .filter(|(_, time)| !time.is_zero())
                .map(|(stage, _)| {
                    let title = parts.join(", ");
                    edge = BOTTOM - LEAST;
                    Segment {
                        stage: (*stage).to_owned(),
                        y: edge,
                        height: LEAST,
                        title,
                    }
                }),
        );
    }
    Bar {
        generation: receipt.generation,
        x,
        center: x + BAR / 2,
        width: BAR,
        label_y: edge - 6,
        sum: shown(whole),
        summary: format!(
            "Generation {}, {}: {} ms{}{}",
            receipt.generation,
            receipt.cause,
            shown(whole),
            if parts.is_empty() { "" } else { ", of which " },
            parts.join(", ")
        ),
        is_current: receipt.generation == current,
        is_clipped: milliseconds(whole) > top,
        segments,
    }
}

fn sum(timings: &Timings) -> Duration {
    stages_of(timings).iter().sum()
}

/// How high something is in the plot, which ends at `top` milliseconds.
fn pixels(duration: Duration, top: f64) -> u32 {
    let part = (milliseconds(duration) / top).clamp(0.0, 1.0);
    // Between 0 and the plot's height.
    (part * f64::from(PLOT)).round() as u32
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Milliseconds as people want to read them: `0.12`, `3.4`, `118`, `20 882`.
pub(crate) fn shown(duration: Duration) -> String {
    number(milliseconds(duration))
}

fn number(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value < 1.0 {
        format!("{value:.2}")
    } else if value < 10.0 && value.fract() != 0.0 {
        format!("{value:.1}")
    } else {
        grouped(format!("{value:.0}"))
    }
}

/// Digits with a narrow space before each three of them, from five digits on.
fn grouped(digits: String) -> String {
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0, "0"),
            (120, "0.12"),
            (3_400, "3.4"),
            (2_000, "2"),
            (118_400, "118"),
            (9_999_000, "9999"),
            (195_190_000, "195\u{202f}190"),
            (1_195_190_000, "1\u{202f}195\u{202f}190"),
        ];
        for (microseconds, expected) in cases {
            assert_eq!(shown(Duration::from_micros(microseconds)), expected);
        }
    }

    #[test]
    fn the_scale_is_a_round_number() {
        let cases = [
            (0.0, 1.0),
            (0.3, 1.0),
            (1.0, 1.0),
            (118.0, 120.0),
            (121.0, 160.0),
            (99.0, 100.0),
            (20_882.0, 24_000.0),
        ];
        for (milliseconds, expected) in cases {
            let found = round_up(milliseconds);
            assert!((found - expected).abs() < 1e-6, "{milliseconds}: {found}");
        }
    }

    #[test]
    fn an_empty_chart_has_no_bars() {
        let chart = draw(&[], 1);
        assert!(chart.bars.is_empty() && !chart.has_clipped);
        assert_eq!(chart.width, LEFT + STEP * LEAST_BARS);
    }

    #[test]
    fn nothing_leaves_the_plot() {
        let cases = [(0, 0), (50, 90), (100, 180), (20_000, 180)];
        for (milliseconds, expected) in cases {
            let found = pixels(Duration::from_millis(milliseconds), 100.0);
            assert_eq!(found, expected, "{milliseconds}");
        }
    }
}

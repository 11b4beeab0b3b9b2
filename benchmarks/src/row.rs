//! Results: one row per subject, as JSON and as a table.

use std::fmt::Write as _;

use serde::Serialize;

/// What one subject took, over all rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The benchmark, such as `dispatch`.
    pub bench: &'static str,
    /// What was done, such as `call-1t`.
    pub workload: String,
    /// Who did it.
    pub subject: String,
    /// The unit of the figures.
    pub unit: &'static str,
    /// Half of the rounds took less.
    pub median: f64,
    /// One round in ten took less.
    pub p10: f64,
    /// Nine rounds in ten took less.
    pub p90: f64,
    /// 99 rounds in a hundred took less.
    pub p99: f64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Row {
    /// Sums `samples` up. They are in seconds; `unit` is `ns`, `us` or `ms`.
    pub(crate) fn new(
        bench: &'static str,
        workload: impl Into<String>,
        subject: impl Into<String>,
        unit: &'static str,
        mut samples: Vec<f64>,
    ) -> Self {
        let factor = match unit {
            "ns" => 1e9,
            "us" => 1e6,
            _ => 1e3,
        };
        samples.sort_by(f64::total_cmp);
        let at = |percent: usize| factor * percentile(&samples, percent);
        Self {
            bench,
            workload: workload.into(),
            subject: subject.into(),
            unit,
            median: at(50),
            p10: at(10),
            p90: at(90),
            p99: at(99),
            rounds: samples.len(),
        }
    }
}

/// The sample that so many percent of the sorted samples do not exceed; 0 of no samples.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The rows as a table; each workload's last column is the ratio to its first subject.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<10} {:<22} {:<20} {:>10} {:>10} {:>10} {:>10}      ratio\n",
        "bench", "workload", "subject", "median", "p10", "p90", "p99"
    );
    for row in rows {
        let first = rows
            .iter()
            .find(|other| other.bench == row.bench && other.workload == row.workload)
            .map_or(row.median, |first| first.median);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<10} {:<22} {:<20} {:>10.2} {:>10.2} {:>10.2} {:>10.2} {} {:>7.2}",
            row.bench,
            row.workload,
            row.subject,
            row.median,
            row.p10,
            row.p90,
            row.p99,
            row.unit,
            row.median / first
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        let cases = [(10, 10.0), (50, 50.0), (90, 90.0), (99, 99.0)];
        for (percent, expected) in cases {
            assert_eq!(percentile(&samples, percent), expected);
        }
        assert_eq!(percentile(&[3.0], 10), 3.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn a_row_is_in_its_unit() {
        let row = Row::new("b", "w", "s", "us", vec![3e-6, 1e-6, 2e-6]);
        assert!((row.median - 2.0).abs() < 1e-9, "{row:?}");
        assert!((row.p99 - 3.0).abs() < 1e-9, "{row:?}");
        assert_eq!(row.rounds, 3);
    }

    #[test]
    fn a_table_compares_with_the_first_subject() {
        let rows = [
            Row::new("b", "w", "plain", "ns", vec![2e-9]),
            Row::new("b", "w", "ours", "ns", vec![5e-9]),
        ];
        let text = table(&rows);
        assert!(
            text.lines()
                .nth(2)
                .is_some_and(|line| line.ends_with("2.50")),
            "{text}"
        );
    }
}

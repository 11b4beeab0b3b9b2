//! Results: one row per subject, as JSON and as a table.

use std::collections::BTreeMap;
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
    /// Where the time went, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Stages>,
    /// This subject's time as a multiple of each other's: the median over the rounds, both
    /// times being of the same round.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ratio: BTreeMap<String, f64>,
    /// The multiples that one round in ten, and nine in ten, are below.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ratio_spread: BTreeMap<String, [f64; 2]>,
}

/// The medians of the stages of a reload, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stages {
    /// What the other stages do not explain: above all noticing the change.
    pub wait: f64,
    /// Compiling.
    pub build: f64,
    /// Checking and loading what was built.
    pub verify: f64,
    /// Making it current.
    pub publish: f64,
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
            stages: None,
            ratio: BTreeMap::new(),
            ratio_spread: BTreeMap::new(),
        }
    }

    /// The rows of one workload with the ratios between them; `samples` are in seconds, for
    /// each subject those of the same rounds.
    pub(crate) fn paired(
        bench: &'static str,
        workload: &str,
        unit: &'static str,
        subjects: &[&'static str],
        samples: &[Vec<f64>],
    ) -> Vec<Self> {
        let row = |(subject, own): (&&'static str, &Vec<f64>)| {
            let mut row = Self::new(bench, workload, *subject, unit, own.clone());
            for (other, others) in subjects.iter().zip(samples) {
                if other == subject {
                    continue;
                }
                let pairs = own.iter().zip(others);
                let mut ratios: Vec<f64> = pairs.map(|(own, other)| own / other).collect();
                ratios.sort_by(f64::total_cmp);
                let at = |percent: usize| percentile(&ratios, percent);
                row.ratio.insert((*other).to_owned(), at(50));
                row.ratio_spread
                    .insert((*other).to_owned(), [at(10), at(90)]);
            }
            row
        };
        subjects.iter().zip(samples).map(row).collect()
    }

    /// The row with the medians of the stages, whose samples are in seconds.
    pub(crate) fn with_stages(mut self, samples: &[[f64; 4]]) -> Self {
        let median = |stage: usize| {
            let mut samples: Vec<f64> = samples.iter().map(|sample| sample[stage]).collect();
            samples.sort_by(f64::total_cmp);
            1e3 * percentile(&samples, 50)
        };
        if !samples.is_empty() {
            self.stages = Some(Stages {
                wait: median(0),
                build: median(1),
                verify: median(2),
                publish: median(3),
            });
        }
        self
    }
}

/// The sample that so many percent of the sorted samples do not exceed; 0 of no samples.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The subject that a table compares the others with, where it was measured.
const YARDSTICK: &str = "sailfish";

/// The rows as a table.
///
/// The last columns compare each row with sailfish, or else with the first subject of its
/// workload: the median ratio and, of rows whose rounds are paired, what nine in ten of
/// the ratios are above and below.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<10} {:<22} {:<20} {:>12} {:>12} {:>12} {:>12}       ratio\n",
        "bench", "workload", "subject", "median", "p10", "p90", "p99"
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{:<10} {:<22} {:<20} {:>12.2} {:>12.2} {:>12.2} {:>12.2} {} {}",
            row.bench,
            row.workload,
            row.subject,
            row.median,
            row.p10,
            row.p90,
            row.p99,
            row.unit,
            ratio(row, rows)
        );
        if let Some(stages) = row.stages {
            let _ = write!(
                text,
                "  wait {:.1}, build {:.1}, verify {:.1}, publish {:.2}",
                stages.wait, stages.build, stages.verify, stages.publish
            );
        }
        text.push('\n');
    }
    text
}

/// How a row compares with the one that its workload is compared with.
fn ratio(row: &Row, rows: &[Row]) -> String {
    let of_workload = || {
        rows.iter()
            .filter(|other| other.bench == row.bench && other.workload == row.workload)
    };
    let yardstick = of_workload().find(|other| other.subject == YARDSTICK);
    let Some(other) = yardstick.or_else(|| of_workload().next()) else {
        return String::new();
    };
    match (
        row.ratio.get(&other.subject),
        row.ratio_spread.get(&other.subject),
    ) {
        (Some(ratio), Some([low, high])) => format!("{ratio:>9.3} [{low:.3}, {high:.3}]"),
        _ => format!("{:>9.2}", row.median / other.median),
    }
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
    fn stages_are_medians_in_milliseconds() {
        let row = Row::new("b", "w", "s", "ms", vec![1.0]);
        assert_eq!(row.clone().with_stages(&[]), row);
        let samples = [
            [0.3, 1.0, 2.0, 3.0],
            [0.1, 1.0, 2.0, 3.0],
            [0.2, 1.0, 2.0, 3.0],
        ];
        let row = row.with_stages(&samples);
        assert_eq!(row.stages.map(|stages| stages.wait), Some(200.0));
        let text = table(&[row]);
        assert!(
            text.ends_with("1.00  wait 200.0, build 1000.0, verify 2000.0, publish 3000.00\n"),
            "{text}"
        );
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
    #[test]
    fn ratios_are_of_the_same_round() {
        // The machine is slower in each round; the ratio is the same.
        let samples = [
            vec![1e-9, 2e-9, 4e-9],
            vec![2e-9, 4e-9, 8e-9],
            vec![1e-9; 3],
        ];
        let subjects = ["ours", "sailfish", "steady"];
        let rows = Row::paired("b", "w", "ns", &subjects, &samples);
        assert_eq!(rows[0].ratio["sailfish"], 0.5);
        assert_eq!(rows[0].ratio_spread["sailfish"], [0.5, 0.5]);
        assert_eq!(rows[1].ratio["steady"], 4.0);
        assert_eq!(rows[1].ratio_spread["steady"], [2.0, 8.0]);
        assert!(!rows[1].ratio.contains_key("sailfish"));
        let text = table(&rows);
        let ends: Vec<&str> = text.lines().skip(1).map(|line| &line[98..]).collect();
        let expected = [
            "    0.500 [0.500, 0.500]",
            "     1.00",
            "    0.250 [0.125, 0.500]",
        ];
        assert_eq!(ends, expected, "{text}");
        let json = serde_json::to_value(&rows[0]).expect("it is plain data");
        assert_eq!(json["ratio"]["steady"], 2.0);
    }
}

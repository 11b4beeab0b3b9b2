//! What the person at the terminal gets to see, and what is kept of failures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::case::{Answer, Case};
use crate::judge::{Tally, Verdict};
use crate::plan::Prepared;
use xtask::failure::Failure;

/// Prints failures by tag and filter, the reasons of skips, and the first failures.
pub(crate) fn print(cases: &[Case], verdicts: &[Verdict], list: usize) {
    let tags = |case: &Case| names(&case.uses.tags, "(no tag)");
    let filters = |case: &Case| names(&case.uses.filters, "(no filter)");
    print_groups("tag", cases, verdicts, tags);
    print_groups("filter", cases, verdicts, filters);
    print_skips(verdicts);
    let failed = cases
        .iter()
        .zip(verdicts)
        .filter_map(|(case, verdict)| match verdict {
            Verdict::Failed(kind, detail) => Some((case, kind, detail)),
            _ => None,
        });
    let failed: Vec<_> = failed.collect();
    if list > 0 && !failed.is_empty() {
        println!("\nfailures");
        for (case, kind, detail) in failed.iter().take(list) {
            println!("  {}\n      {kind}: {}", case.id, shorten(detail, 200));
        }
        if failed.len() > list {
            println!("  … and {} more", failed.len() - list);
        }
    }
}

fn names(names: &[String], none: &str) -> Vec<String> {
    match names {
        [] => vec![none.to_owned()],
        names => names.to_vec(),
    }
}

/// Prints the groups that have failures, the worst first.
fn print_groups(
    title: &str,
    cases: &[Case],
    verdicts: &[Verdict],
    groups: impl Fn(&Case) -> Vec<String>,
) {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        for group in groups(case) {
            let tally = tallies.entry(group).or_default();
            match verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::Failed(..) => tally.failed += 1,
                Verdict::Skipped(_) => tally.skipped += 1,
            }
        }
    }
    let mut failing: Vec<(String, Tally)> = tallies
        .into_iter()
        .filter(|(_, tally)| tally.failed > 0)
        .collect();
    if failing.is_empty() {
        return;
    }
    failing.sort_by(|(a, x), (b, y)| y.failed.cmp(&x.failed).then_with(|| a.cmp(b)));
    println!(
        "\n{:<36} passed  failed skipped",
        format!("failing, by {title}")
    );
    for (group, tally) in failing {
        let group = shorten(&group, 33);
        println!(
            "  {group:<34} {:>6}  {:>6}  {:>6}",
            tally.passed, tally.failed, tally.skipped
        );
    }
}

fn print_skips(verdicts: &[Verdict]) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in verdicts {
        if let Verdict::Skipped(reason) = verdict {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    if !reasons.is_empty() {
        println!("\nskipped");
    }
    for (reason, count) in reasons {
        println!("  {count:>6}  {reason}");
    }
}

/// As what the contexts of cases could be given to templates.
#[derive(Default)]
pub(crate) struct Forms {
    /// How many cases have no struct.
    untyped: usize,
    /// The cases with structs that their templates are not compiled for, with the reasons.
    refused: Vec<(String, String)>,
}

impl Forms {
    pub(crate) fn count(&mut self, id: &str, prepared: &Prepared) {
        if prepared.structs.is_none() {
            self.untyped += 1;
        }
        if let Some(reason) = &prepared.refused {
            self.refused.push((id.to_owned(), reason.clone()));
        }
    }

    /// Prints why types were refused, and how many cases were rendered in each form.
    pub(crate) fn print(&self, answers: &[Answer]) {
        let mut reasons: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        for (id, reason) in &self.refused {
            let kind = reasons.entry(without_names(reason)).or_insert((0, id));
            kind.0 += 1;
        }
        if !reasons.is_empty() {
            println!("\nrefused by types");
        }
        for (reason, (count, id)) in reasons {
            println!("  {count:>6}  {} ({id})", shorten(&reason, 120));
        }
        let typed = answers.iter().filter(|answer| answer.typed.is_some());
        let viewed = answers.iter().filter(|answer| answer.view.is_some());
        println!(
            "\ntyped {}, as a view {}, not typable {}, refused by types {}",
            typed.count(),
            viewed.count(),
            self.untyped,
            self.refused.len()
        );
    }
}

/// A message without what it quotes.
fn without_names(message: &str) -> String {
    let parts = message.split('\'').enumerate();
    let kept = parts.map(|(place, part)| if place % 2 == 0 { part } else { "'…'" });
    kept.collect()
}

fn shorten(text: &str, length: usize) -> String {
    let line = text.replace('\n', "⏎");
    if line.chars().count() <= length {
        return line;
    }
    let start: String = line.chars().take(length).collect();
    format!("{start}…")
}

/// A failure as it is kept, with all that is needed to look into it.
#[derive(Serialize)]
struct Kept<'a> {
    id: &'a str,
    status: &'a str,
    detail: &'a str,
    got: &'a Answer,
    case: &'a Case,
}

/// Writes each failure with its case, one JSON object a line.
pub(crate) fn write_failures(
    path: &Path,
    cases: &[Case],
    answers: &[Answer],
    verdicts: &[Verdict],
) -> Result<(), Failure> {
    let mut text = String::new();
    for ((case, got), verdict) in cases.iter().zip(answers).zip(verdicts) {
        let Verdict::Failed(status, detail) = verdict else {
            continue;
        };
        let kept = Kept {
            id: &case.id,
            status,
            detail,
            got,
            case,
        };
        let line = serde_json::to_string(&kept).map_err(Failure::at("cannot write a failure"))?;
        text.push_str(&line);
        text.push('\n');
    }
    fs::write(path, text).map_err(Failure::at(format!("cannot write {}", path.display())))
}

//! `cargo xtask ci`: every check, in the order of what fails soonest.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::commands::{conformance, tidy};
use xtask::failure::Failure;
use xtask::project;

/// Where the case files are, if not beside the checkout.
const CASES_VARIABLE: &str = "HOTPLATE_CONFORMANCE";

/// What the test of the dev server in a browser looks for.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The fewest cases of each file that must pass; `NAME_strict` counts those whose error
/// messages are right too.
const FLOORS: &str = "xtask/conformance-floors.toml";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these steps
    #[arg(value_enum)]
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    Fmt,
    Tidy,
    Clippy,
    Test,
    Doc,
    Conformance,
}

enum Outcome {
    Passed(String),
    Skipped(String),
    Failed(String),
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut summary = Vec::new();
    let mut failed = false;
    for step in Step::value_variants() {
        if !arguments.steps.is_empty() && !arguments.steps.contains(step) {
            continue;
        }
        let name = step.name();
        println!("\n── {name} ──");
        let began = Instant::now();
        let outcome = step.perform()?;
        let line = describe(&name, &outcome, began.elapsed());
        println!("{line}");
        summary.push(line);
        if matches!(outcome, Outcome::Failed(_)) {
            failed = true;
            break;
        }
    }
    println!("\n── summary ──");
    for line in summary {
        println!("{line}");
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn describe(name: &str, outcome: &Outcome, took: Duration) -> String {
    let (word, detail) = match outcome {
        Outcome::Passed(detail) => ("passed", detail),
        Outcome::Skipped(detail) => ("skipped", detail),
        Outcome::Failed(detail) => ("FAILED", detail),
    };
    let seconds = took.as_secs_f64();
    let line = format!("{name:<12} {word:<8} {seconds:>7.1} s  {detail}");
    line.trim_end().to_owned()
}

impl Step {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn perform(self) -> Result<Outcome, Failure> {
        match self {
            Self::Fmt => cargo(&["fmt", "--check"], &[]),
            Self::Tidy => {
                let faults = tidy::faults()?;
                for fault in &faults {
                    println!("{fault}");
                }
                Ok(match faults.len() {
                    0 => Outcome::Passed(String::new()),
                    count => Outcome::Failed(format!("{count} faults")),
                })
            }
            Self::Clippy => {
                let arguments = "clippy --workspace --all-targets -- -D warnings";
                cargo(&arguments.split(' ').collect::<Vec<_>>(), &[])
            }
            Self::Test => Ok(match cargo(&["test", "--workspace"], &[])? {
                Outcome::Passed(_) if !has_browser() => {
                    Outcome::Passed("without the test in a browser: there is none".to_owned())
                }
                outcome => outcome,
            }),
            Self::Doc => {
                let flags = [("RUSTDOCFLAGS", "-D warnings")];
                cargo(&["doc", "--workspace", "--no-deps"], &flags)
            }
            Self::Conformance => conformance_files(),
        }
    }
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Outcome, Failure> {
    let status = project::cargo()
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .map_err(Failure::at("cannot run cargo"))?;
    Ok(if status.success() {
        Outcome::Passed(String::new())
    } else {
        Outcome::Failed(format!("cargo {}: {status}", arguments.join(" ")))
    })
}

fn has_browser() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories = env::split_paths(&path);
    directories.any(|directory| BROWSERS.iter().any(|name| directory.join(name).is_file()))
}

/// Runs every case file that there is, each against its floor.
fn conformance_files() -> Result<Outcome, Failure> {
    let folder = match env::var_os(CASES_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => project::root().join("../shared/conformance"),
    };
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(Outcome::Skipped(format!(
            "no folder of case files; {CASES_VARIABLE} can name one"
        )));
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    if files.is_empty() {
        return Ok(Outcome::Skipped("no case files".to_owned()));
    }
    let floors = floors()?;
    let mut details = Vec::new();
    let mut below = false;
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let floor = |key: &str| floors.get(key).copied().unwrap_or(0);
        let (least, strictly) = (floor(&name), floor(&format!("{name}_strict")));
        println!("{name}: at least {least} must pass, {strictly} strictly");
        let (passed, tally) = conformance_file(&file, least, strictly)?;
        below |= !passed;
        details.push(format!("{name}: {tally}, floors {least} and {strictly}"));
    }
    let details = details.join("; ");
    Ok(if below {
        Outcome::Failed(details)
    } else {
        Outcome::Passed(details)
    })
}

/// Runs one case file and shows what it prints; gives the last line of that.
fn conformance_file(
    file: &Path,
    floor: usize,
    strict_floor: usize,
) -> Result<(bool, String), Failure> {
    let mut child = conformance::command()
        .arg(file)
        .args(["--floor", &floor.to_string()])
        .args(["--strict-floor", &strict_floor.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::at("cannot run cargo"))?;
    let mut last = String::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            last = line.map_err(Failure::at("cannot read what the run says"))?;
            println!("{last}");
        }
    }
    let status = child.wait().map_err(Failure::at("cannot wait for cargo"))?;
    Ok((status.success(), last))
}

fn floors() -> Result<BTreeMap<String, usize>, Failure> {
    let path = project::root().join(FLOORS);
    let text = fs::read_to_string(path).map_err(Failure::at(format!("cannot read {FLOORS}")))?;
    toml::from_str(&text).map_err(Failure::at(format!("{FLOORS} is not what it should be")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floors_can_be_read() {
        let floors = floors().expect("the file is there and correct");
        assert!(floors.contains_key("dev"));
    }

    #[test]
    fn a_summary_line_says_what_and_how_long() {
        let outcome = Outcome::Failed("3 faults".to_owned());
        let line = describe("tidy", &outcome, Duration::from_millis(1520));
        assert_eq!(line, "tidy         FAILED       1.5 s  3 faults");
    }
}

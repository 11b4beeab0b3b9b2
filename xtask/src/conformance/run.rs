//! Running built cases in child processes, and telling which case a crash belongs to.

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hotplate::{Error, Host, RenderOptions, Value};
use serde::{Deserialize, Serialize};

use super::build::{Batch, plugin_name};
use super::case::{Case, Outcome, Phase};
use super::plan::Prepared;
use super::world::World;
use crate::failure::Failure;

/// The longest that one case may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A case as a child process reads it.
#[derive(Deserialize, Serialize)]
struct Order {
    place: usize,
    case: Case,
}

/// A line that a child process writes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    /// It begins with this case.
    Begin(usize),
    /// It is done with this case.
    End(usize, Outcome),
    /// It could not begin at all.
    Fault(String),
}

/// Runs the cases of all libraries; gives the outcomes by place.
pub(crate) fn run(
    cases: &[Case],
    runnable: &[(usize, Prepared)],
    libraries: &[(PathBuf, Batch)],
) -> Result<Vec<(usize, Outcome)>, Failure> {
    let queue: Mutex<VecDeque<&(PathBuf, Batch)>> = Mutex::new(libraries.iter().collect());
    let outcomes = Mutex::new(Ok(Vec::new()));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some((library, batch)) = next else { break };
                    let done = run_library(cases, runnable, library, batch);
                    let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                    match (&mut *outcomes, done) {
                        (Ok(all), Ok(done)) => all.extend(done),
                        (Ok(_), Err(failure)) => *outcomes = Err(failure),
                        (Err(_), _) => break,
                    }
                }
            });
        }
    });
    outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

fn run_library(
    cases: &[Case],
    runnable: &[(usize, Prepared)],
    library: &Path,
    batch: &[usize],
) -> Result<Vec<(usize, Outcome)>, Failure> {
    let orders = library.join("cases.jsonl");
    let mut left: Vec<usize> = batch.to_vec();
    let mut outcomes = Vec::new();
    while !left.is_empty() {
        let mut text = String::new();
        for &place in &left {
            let case = cases[runnable[place].0].clone();
            let line = serde_json::to_string(&Order { place, case })
                .map_err(Failure::at("cannot write a case"))?;
            text.push_str(&line);
            text.push('\n');
        }
        fs::write(&orders, text).map_err(Failure::at("cannot write the cases"))?;
        let before = outcomes.len();
        run_child(library, &orders, &mut outcomes)?;
        let answered: Vec<usize> = outcomes[before..].iter().map(|(place, _)| *place).collect();
        if answered.is_empty() {
            return Err(Failure::new(format!(
                "no case of {} could be run",
                library.display()
            )));
        }
        left.retain(|place| !answered.contains(place));
    }
    Ok(outcomes)
}

/// Runs one child until it has done everything, crashed or taken too long.
fn run_child(
    library: &Path,
    orders: &Path,
    outcomes: &mut Vec<(usize, Outcome)>,
) -> Result<(), Failure> {
    let program = env::current_exe().map_err(Failure::at("cannot find this program"))?;
    let mut child = Command::new(program)
        .arg("conformance-batch")
        .args([library, orders])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Failure::at("cannot start a child process"))?;
    let Some(output) = child.stdout.take() else {
        return Err(Failure::new("a child process has no output"));
    };
    let (sender, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut running = None;
    let mut fault = None;
    let verdict = loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Report::Begin(place)) => running = Some(place),
                Ok(Report::End(place, outcome)) => {
                    outcomes.push((place, outcome));
                    running = None;
                }
                Ok(Report::Fault(message)) => fault = Some(message),
                Err(_) => {}
            },
            Err(RecvTimeoutError::Timeout) => break end(&mut child, true)?,
            Err(RecvTimeoutError::Disconnected) => break end(&mut child, false)?,
        }
    };
    // The child has ended, so its output has too.
    let _ = reader.join();
    if let Some(message) = fault {
        return Err(Failure::new(message));
    }
    if let (Some(place), Some(verdict)) = (running, verdict) {
        outcomes.push((place, Outcome::Broken(verdict)));
    }
    Ok(())
}

/// Waits for a child, and says in words how it failed.
fn end(child: &mut Child, overdue: bool) -> Result<Option<String>, Failure> {
    if overdue {
        child
            .kill()
            .map_err(Failure::at("cannot end a child process"))?;
    }
    let status = child
        .wait()
        .map_err(Failure::at("cannot wait for a child process"))?;
    Ok(if overdue {
        Some(format!("took longer than {} seconds", PATIENCE.as_secs()))
    } else if status.success() {
        None
    } else {
        Some(format!("the process crashed: {status}"))
    })
}

/// The child's part: loads the library and answers case by case.
pub(crate) fn perform_batch(library: &Path, orders: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(orders).map_err(Failure::at("cannot read the cases"))?;
    let host = match Host::builder().artifacts(library).manual().start() {
        Ok(host) => host,
        Err(error) => return report(&Report::Fault(format!("the library is refused: {error}"))),
    };
    for line in text.lines() {
        let order: Order = serde_json::from_str(line).map_err(Failure::at("cannot read a case"))?;
        report(&Report::Begin(order.place))?;
        let outcome = perform(&host, &plugin_name(order.place), &order.case);
        report(&Report::End(order.place, outcome))?;
    }
    Ok(())
}

fn report(report: &Report) -> Result<(), Failure> {
    let line = serde_json::to_string(report).map_err(Failure::at("cannot write an answer"))?;
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")
        .and_then(|()| output.flush())
        .map_err(Failure::at("cannot write an answer"))
}

fn perform(host: &Host, plugin: &str, case: &Case) -> Outcome {
    let world = World::new(&case.context);
    let context = match world.context(&case.context) {
        Ok(context) => context,
        Err(why) => return Outcome::Broken(format!("the context cannot be made: {why}")),
    };
    let options = RenderOptions {
        autoescape: case.options.autoescape,
        string_if_invalid: case.options.string_if_invalid.clone(),
    };
    render_entry(host, plugin, case, &context, &options)
}

fn render_entry(
    host: &Host,
    plugin: &str,
    case: &Case,
    context: &Value,
    options: &RenderOptions,
) -> Outcome {
    for name in case.entry.names() {
        match host.template(plugin, name) {
            Ok(template) => {
                return match template.render_with(context, options) {
                    Ok(rendered) => Outcome::Output(rendered.text),
                    Err(error) => raised(&error),
                };
            }
            Err(error) if error.is_unknown() => {}
            Err(error) => return Outcome::Broken(error.to_string()),
        }
    }
    Outcome::Error {
        type_name: "TemplateDoesNotExist".to_owned(),
        message: case.entry.names().join(", "),
        phase: Phase::Compile,
    }
}

fn raised(error: &Error) -> Outcome {
    match (error.exception(), error.message()) {
        (Some(type_name), Some(message)) => Outcome::Error {
            type_name: type_name.to_owned(),
            message: message.to_owned(),
            phase: Phase::Render,
        },
        _ => Outcome::Broken(error.to_string()),
    }
}

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

use crate::build::{Batch, plugin_name};
use crate::case::{Case, Outcome, Phase};
use crate::plan::Prepared;
use crate::world::World;
use xtask::failure::Failure;

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
    let program = env::current_exe().map_err(Failure::at("cannot find this program"))?;
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
        let mut command = Command::new(&program);
        command.arg("--batch").args([library, &orders]);
        let ran = run_child(command, PATIENCE)?;
        if ran.outcomes.is_empty() {
            let reason = ran
                .fault
                .unwrap_or_else(|| "its library ran no case".to_owned());
            let lost = left
                .into_iter()
                .map(|place| (place, Outcome::Broken(reason.clone())));
            outcomes.extend(lost);
            break;
        }
        left.retain(|place| ran.outcomes.iter().all(|(done, _)| done != place));
        outcomes.extend(ran.outcomes);
    }
    Ok(outcomes)
}

/// What one child process did.
#[derive(Default)]
struct Ran {
    outcomes: Vec<(usize, Outcome)>,
    /// Why it did nothing.
    fault: Option<String>,
}

/// Runs a child until it has done everything, crashed or taken too long over one case.
fn run_child(mut command: Command, patience: Duration) -> Result<Ran, Failure> {
    let mut child = command
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
    let mut ran = Ran::default();
    let mut running = None;
    let verdict = loop {
        match lines.recv_timeout(patience) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Report::Begin(place)) => running = Some(place),
                Ok(Report::End(place, outcome)) => {
                    ran.outcomes.push((place, outcome));
                    running = None;
                }
                Ok(Report::Fault(message)) => ran.fault = Some(message),
                Err(_) => {}
            },
            Err(RecvTimeoutError::Timeout) => break end(&mut child, Some(patience))?,
            Err(RecvTimeoutError::Disconnected) => break end(&mut child, None)?,
        }
    };
    // The child has ended, so its output has too.
    let _ = reader.join();
    match (running, verdict) {
        (Some(place), Some(verdict)) => ran.outcomes.push((place, Outcome::Broken(verdict))),
        (None, Some(verdict)) => ran.fault = ran.fault.or(Some(verdict)),
        (_, None) => {}
    }
    Ok(ran)
}

/// Waits for a child, and says in words how it failed.
fn end(child: &mut Child, overdue: Option<Duration>) -> Result<Option<String>, Failure> {
    if overdue.is_some() {
        child
            .kill()
            .map_err(Failure::at("cannot end a child process"))?;
    }
    let status = child
        .wait()
        .map_err(Failure::at("cannot wait for a child process"))?;
    Ok(match overdue {
        Some(patience) => Some(format!("took longer than {patience:?}")),
        None if status.success() => None,
        None => Some(format!("the process crashed: {status}")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_childs_end_is_told_from_a_crash_and_from_silence() {
        let begin = r#"echo '{"begin":7}'"#;
        let end = r#"echo '{"end":[7,{"output":"x"}]}'"#;
        let fault = r#"echo '{"fault":"no"}'"#;
        let cases = [
            (
                format!("{begin}; {end}"),
                Some(Outcome::Output("x".to_owned())),
                None,
            ),
            (
                format!("{begin}; kill -SEGV $$"),
                Some(Outcome::Broken(
                    "the process crashed: signal: 11 (SIGSEGV)".to_owned(),
                )),
                None,
            ),
            (
                format!("{begin}; exec sleep 60"),
                Some(Outcome::Broken("took longer than 300ms".to_owned())),
                None,
            ),
            (
                "exit 3".to_owned(),
                None,
                Some("the process crashed: exit status: 3"),
            ),
            (fault.to_owned(), None, Some("no")),
        ];
        for (script, outcome, fault) in cases {
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            let ran = run_child(command, Duration::from_millis(300)).expect("sh runs");
            let outcomes: Vec<_> = outcome.into_iter().map(|outcome| (7, outcome)).collect();
            assert_eq!(ran.outcomes, outcomes, "{script}");
            assert_eq!(ran.fault.as_deref(), fault, "{script}");
        }
    }
}

//! Running built cases in child processes, and telling which case a crash belongs to.

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hotplate::{Error, Host, RenderOptions, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::batches::Batch;
use crate::build::plugin_name;
use crate::case::{Case, Outcome, Phase};
use crate::environment::{self, Tables};
use crate::plan::{self, Prepared};
use crate::templates;
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
    let orders: Vec<Order> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(Failure::at("cannot read a case"))?;
    let builder = Host::builder().artifacts(library).manual();
    let builder = orders.iter().fold(builder, |builder, order| {
        builder.layers(plugins(order.place, &order.case))
    });
    let host = match builder.start() {
        Ok(host) => host,
        Err(error) => return report(&Report::Fault(format!("the library is refused: {error}"))),
    };
    for order in orders {
        report(&Report::Begin(order.place))?;
        let outcome = perform(&host, order.place, &order.case);
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

/// The plugins of a case, one for each layer of its templates.
fn plugins(place: usize, case: &Case) -> Vec<String> {
    let layers = 0..plan::layers(case).len();
    layers.map(|layer| plugin_name(place, layer)).collect()
}

fn perform(host: &Host, place: usize, case: &Case) -> Outcome {
    let plugins = plugins(place, case);
    let context = Json::Object(case.context.clone());
    let tables = Json::Object(case.options.host.clone());
    let world = World::new([&tables, &context], &plugins[0], templates::embedded(case));
    let made = world
        .context(&case.context)
        .and_then(|context| Ok((context, options(case, &world)?)));
    match made {
        Ok((context, options)) => render_entry(host, &plugins, case, &context, &options),
        Err(why) => Outcome::Broken(format!("the case cannot be set up: {why}")),
    }
}

fn options(case: &Case, world: &World) -> Result<RenderOptions, String> {
    let options = &case.options;
    Ok(RenderOptions {
        autoescape: options.autoescape,
        string_if_invalid: options.string_if_invalid.clone(),
        environment: Some(Arc::new(Tables::new(options, world)?)),
        settings: Some(environment::settings(options)),
        locale: Some(environment::locale(options)?),
        request: environment::request(options),
    })
}

fn render_entry(
    host: &Host,
    plugins: &[String],
    case: &Case,
    context: &Value,
    options: &RenderOptions,
) -> Outcome {
    let mut missing = Vec::new();
    for name in case.entry.names() {
        for plugin in plugins {
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
        missing.push(missing_name(case, name));
    }
    Outcome::Error {
        type_name: "TemplateDoesNotExist".to_owned(),
        message: missing.join(", "),
        phase: Phase::Compile,
    }
}

/// What there is not: the template, or a part of one that there is.
fn missing_name<'n>(case: &Case, name: &'n str) -> &'n str {
    let layers = plan::layers(case);
    match name.split_once('#') {
        Some((template, part)) if layers.iter().any(|layer| layer.contains_key(template)) => part,
        _ => name,
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

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
use crate::case::{Answer, Case, Outcome, Phase};
use crate::environment::{self, Tables};
use crate::library::{Form, plugin_name};
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
    /// Whether its library has structs for it.
    structs: bool,
}

/// A line that a child process writes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    /// It begins with this case.
    Begin(usize),
    /// It is done with this case.
    End(usize, Answer),
    /// It could not begin at all.
    Fault(String),
}

/// Runs the cases of all libraries; gives the answers by place.
pub(crate) fn run(
    cases: &[Case],
    runnable: &[(usize, Prepared)],
    libraries: &[(PathBuf, Batch)],
) -> Result<Vec<(usize, Answer)>, Failure> {
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
) -> Result<Vec<(usize, Answer)>, Failure> {
    let program = env::current_exe().map_err(Failure::at("cannot find this program"))?;
    let orders = library.join("cases.jsonl");
    let mut left: Vec<usize> = batch.to_vec();
    let mut answers = Vec::new();
    while !left.is_empty() {
        let mut text = String::new();
        for &place in &left {
            let (number, prepared) = &runnable[place];
            let order = Order {
                place,
                case: cases[*number].clone(),
                structs: prepared.structs.is_some(),
            };
            let line = serde_json::to_string(&order).map_err(Failure::at("cannot write a case"))?;
            text.push_str(&line);
            text.push('\n');
        }
        fs::write(&orders, text).map_err(Failure::at("cannot write the cases"))?;
        let mut command = Command::new(&program);
        command.arg("--batch").args([library, &orders]);
        let ran = run_child(command, PATIENCE)?;
        if ran.answers.is_empty() {
            let reason = ran
                .fault
                .unwrap_or_else(|| "its library ran no case".to_owned());
            let lost = left
                .into_iter()
                .map(|place| (place, Outcome::Broken(reason.clone()).into()));
            answers.extend(lost);
            break;
        }
        left.retain(|place| ran.answers.iter().all(|(done, _)| done != place));
        answers.extend(ran.answers);
    }
    Ok(answers)
}

/// What one child process did.
#[derive(Default)]
struct Ran {
    answers: Vec<(usize, Answer)>,
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
                Ok(Report::End(place, answer)) => {
                    ran.answers.push((place, answer));
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
        (Some(place), Some(verdict)) => ran.answers.push((place, Outcome::Broken(verdict).into())),
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
        let forms = order.forms().iter();
        forms.fold(builder, |builder, form| {
            builder.layers(plugins(order.place, &order.case, *form))
        })
    });
    let host = match builder.start() {
        Ok(host) => host,
        Err(error) => return report(&Report::Fault(format!("the library is refused: {error}"))),
    };
    for order in orders {
        report(&Report::Begin(order.place))?;
        let answer = order.answer(&host);
        report(&Report::End(order.place, answer))?;
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

impl Order {
    fn forms(&self) -> &'static [Form] {
        if self.structs {
            &[Form::Value, Form::View, Form::Typed]
        } else {
            &[Form::Value]
        }
    }

    /// Renders the case with each form of its context that there is a plugin for.
    fn answer(&self, host: &Host) -> Answer {
        let form = |form| {
            let plugins = plugins(self.place, &self.case, form);
            let mut names = self.case.entry.names().iter();
            let has = |name| {
                let mut plugins = plugins.iter();
                plugins.any(|plugin| host.template(plugin, name).is_ok())
            };
            let is_there = names.any(|name| has(name));
            is_there.then(|| perform(host, &plugins, &self.case))
        };
        Answer {
            value: perform(
                host,
                &plugins(self.place, &self.case, Form::Value),
                &self.case,
            ),
            view: form(Form::View),
            typed: form(Form::Typed),
        }
    }
}

/// The plugins of a case, one for each layer of its templates.
fn plugins(place: usize, case: &Case, form: Form) -> Vec<String> {
    let layers = 0..plan::layers(case).len();
    layers
        .map(|layer| plugin_name(place, layer, form))
        .collect()
}

fn perform(host: &Host, plugins: &[String], case: &Case) -> Outcome {
    let context = Json::Object(case.context.clone());
    let tables = Json::Object(case.options.host.clone());
    let world = World::new([&tables, &context], &plugins[0], templates::embedded(case));
    let made = world
        .context(&case.context)
        .and_then(|context| Ok((context, options(case, &world)?)));
    match made {
        Ok((context, options)) => render_entry(host, plugins, case, &context, &options),
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
        let end = r#"echo '{"end":[7,{"value":{"output":"x"},"view":null,"typed":null}]}'"#;
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
            let answers = outcome.into_iter().map(|outcome| (7, outcome.into()));
            assert_eq!(ran.answers, answers.collect::<Vec<_>>(), "{script}");
            assert_eq!(ran.fault.as_deref(), fault, "{script}");
        }
    }
}

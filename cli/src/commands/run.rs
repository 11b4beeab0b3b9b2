//! `hotplate run`: a host on plugin directories; a function of one, a console, or neither.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hotplate::{Event, Events, Host, Value};
use tokio::runtime::Runtime;

use super::serve::{first_build, log_to_stderr, report, stop_signal};
use crate::args::{FunctionName, RunArguments};
use crate::console::{self, Input};
use crate::failure::Failure;
use crate::plugin_dir::{PluginDir, require_cargo};
use crate::report::{Notice, Place, Reporter, SharedReporter, TextReporter};

/// The status of a process that a signal ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// How long plugin code may go on once the command has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the command.
///
/// # Errors
///
/// If something about the arguments is wrong, the first build or the function fails, or a
/// command of a script does.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    if arguments.verbose > 1 {
        log_to_stderr();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::line(format_args!("cannot start: {error}")))?;
    let has_results = arguments.function.is_some() || arguments.script.json;
    let place = if has_results {
        Place::Errors
    } else {
        Place::Output
    };
    let running = Running::start(&runtime, arguments, place)?;
    let done = go_on(runtime, arguments, &running);
    running.end();
    done
}

fn go_on(runtime: Runtime, arguments: &RunArguments, running: &Running) -> Result<(), Failure> {
    let wants_console = arguments.interactive || arguments.script.json;
    if let Some(function) = &arguments.function
        && !arguments.script.json
    {
        let called = call(&runtime, running, function);
        // With `-i` the console is for finding out why.
        match called {
            Err(failure) if arguments.interactive => failure.report(),
            called => called?,
        }
    }
    if wants_console {
        let mut input = Input::of_stdin().with(arguments.script);
        if let Some(name) = &arguments.function
            && arguments.script.json
        {
            input = input.after(format!("call {} {}", name.plugin, name.function));
        }
        runtime.shutdown_timeout(PATIENCE);
        let target = console::Target::Running {
            host: running.host.clone(),
            reporter: running.reporter.clone(),
            verbose: arguments.verbose > 0,
        };
        return console::start(Some(target), input);
    }
    if arguments.function.is_none() {
        let stop = stop_signal(&runtime)
            .map_err(|error| Failure::line(format_args!("cannot wait for signals: {error}")))?;
        runtime.block_on(stop);
        report(&running.reporter, &Notice::Stopped);
    }
    runtime.shutdown_timeout(PATIENCE);
    Ok(())
}

/// Calls a function without parameters and prints its result: text as it is, nothing for no
/// result, JSON for the rest. A signal ends the process.
fn call(runtime: &Runtime, running: &Running, name: &FunctionName) -> Result<(), Failure> {
    let host = running.host.clone();
    let FunctionName { plugin, function } = name.clone();
    let calling = runtime.spawn_blocking(move || host.call_value(&plugin, &function, &[]));
    let stop = stop_signal(runtime)
        .map_err(|error| Failure::line(format_args!("cannot wait for signals: {error}")))?;
    let called = runtime.block_on(async move {
        tokio::select! {
            called = calling => Some(called),
            () = stop => None,
        }
    });
    let value = match called {
        Some(Ok(called)) => called.map_err(|error| Failure::host(&error))?,
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        None => {
            // The function cannot be ended but with the process.
            running.host.close_control();
            std::process::exit(INTERRUPTED);
        }
    };
    let mut stdout = io::stdout().lock();
    match value {
        Value::None => {}
        Value::Str(text) => writeln!(stdout, "{}", text.as_str())?,
        other => writeln!(stdout, "{}", hotplate::to_json(&other))?,
    }
    stdout.flush()?;
    Ok(())
}

/// A host that runs, with the thread that tells what happens in it.
pub(crate) struct Running {
    pub(crate) host: Arc<Host>,
    pub(crate) reporter: SharedReporter,
    follower: JoinHandle<bool>,
}

impl Running {
    /// Starts a host on plugin directories and waits for the first build.
    ///
    /// # Errors
    ///
    /// If a directory is no plugin, or the build fails.
    pub(crate) fn start(
        runtime: &Runtime,
        arguments: &RunArguments,
        place: Place,
    ) -> Result<Self, Failure> {
        let mut builder = Host::builder();
        for directory in &arguments.directories {
            builder = builder.plugin(&PluginDir::open(directory)?.path);
        }
        for path in &arguments.watch {
            builder = builder.watch(path);
        }
        if let Some(directory) = &arguments.target_dir {
            builder = builder.target_dir(directory);
        }
        if let Some(quiet) = arguments.debounce {
            builder = builder.quiet_period(quiet);
        }
        if let Some(interval) = arguments.poll {
            builder = builder.poll(interval);
        }
        let control = arguments.control.path();
        if let Some(path) = &control {
            builder = builder.control_socket(path);
        }
        require_cargo()?;
        let reporter: Box<dyn Reporter> = Box::new(TextReporter::new(arguments.verbose > 0, place));
        Self::of(runtime, builder, reporter, control)
    }

    fn of(
        runtime: &Runtime,
        mut builder: hotplate::Builder,
        reporter: Box<dyn Reporter>,
        control: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let events = builder.subscribe();
        let reporter: SharedReporter = Arc::new(Mutex::new(reporter));
        let (started, has_started) = std::sync::mpsc::channel();
        let telling = reporter.clone();
        let follower = thread::Builder::new()
            .name("hotplate-events".to_owned())
            .spawn(move || follow(&events, &telling, &started))
            .map_err(|error| Failure::line(format_args!("cannot start a thread: {error}")))?;
        match first_build(runtime, builder) {
            Ok(host) => {
                // So that the first generation is told before anything else is.
                let _ = has_started.recv();
                if let Some(path) = control {
                    report(&reporter, &Notice::Control { path: &path });
                }
                Ok(Self {
                    host: Arc::new(host),
                    reporter,
                    follower,
                })
            }
            Err(error) if error.is_closed() => {
                Err(Failure::line("told to end before the first build was done"))
            }
            Err(error) => {
                let reported = follower.join().unwrap_or(false);
                Err(if reported {
                    Failure::line("the first build was rejected, so there is nothing to run")
                } else {
                    Failure::host(&error)
                })
            }
        }
    }

    /// Ends the host, and waits until everything is told.
    pub(crate) fn end(self) {
        let is_last = Arc::into_inner(self.host).is_some();
        if is_last {
            // With the host its events have ended.
            let _ = self.follower.join();
        }
    }
}

/// Tells events until the host is gone. Gives whether a change was rejected.
fn follow(
    events: &Events,
    reporter: &SharedReporter,
    started: &std::sync::mpsc::Sender<()>,
) -> bool {
    let mut rejected = false;
    while let Some(event) = events.recv() {
        rejected |= matches!(event, Event::Rejected(_));
        report(reporter, &Notice::Host(&event));
        if matches!(event, Event::Published(_) | Event::Unchanged { .. }) {
            // Only the start waits for this, and only for the first.
            let _ = started.send(());
        }
    }
    rejected
}

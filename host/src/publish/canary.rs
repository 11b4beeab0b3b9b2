//! Canaries: trial renderings and calls in a candidate, before anybody else sees it.
//!
//! Each runs on a thread of its own, inside the candidate's snapshot, so that all handles of
//! the host mean the candidate there. That snapshot is a copy with the generation 0: functions
//! compare signatures in it at each call, and it can never be mistaken for a published one.
//!
//! One that does not end in time refuses the change set. Its thread cannot be ended, so it is
//! left alone; it keeps the candidate's libraries, and there may not be many of them.

use std::error::Error as StdError;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::mpsc;
use std::time::Duration;

use hotplate_plugin_api::view::{self, View};
use hotplate_plugin_api::{Returned, UnitEntry};

use super::listeners::Registry;
use super::{Proposal, awaited, panic_message};
use crate::call;
use crate::error::Error;
use crate::event::{Change, Diagnostic};
use crate::expectation::Expectation;
use crate::handle::{Arguments, Function};
use crate::host::UnitInfo;
use crate::pin;
use crate::registration::Registration;
use crate::render::{self, Context};
use crate::shared::{Shared, find_in};
use crate::snapshot::Snapshot;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, lock};
use crate::unit::LiveUnit;

/// How many canaries that never ended are put up with.
const STUCK_LIMIT: usize = 8;

/// A candidate, as a canary sees it: everything as it would be, and nothing published.
///
/// While a canary runs, the host's handles mean the candidate on the canary's thread. For units
/// that the candidate adds there are no handles yet; the methods here reach them by name.
pub struct CandidateView {
    shared: Arc<Shared>,
    snapshot: Arc<Snapshot>,
    generation: u64,
    changes: Vec<Change>,
}

impl CandidateView {
    /// The generation that it would be.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What it changes, plugin by plugin, in order of name.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// All units that it consists of, by plugin and name.
    pub fn units(&self) -> Vec<UnitInfo> {
        UnitInfo::of(&self.snapshot, &self.shared.places)
    }

    /// Renders a template, or a partial, of a plugin.
    ///
    /// # Errors
    ///
    /// If there is no such template, or as [`Template::render`](crate::Template::render).
    pub fn render<'c>(
        &self,
        plugin: &str,
        name: &str,
        context: impl Into<View<'c>>,
    ) -> Result<String, Error> {
        let unit = self.template(plugin, name)?;
        self.render_unit(unit, Context::dynamic(context.into()))
    }

    /// Renders the template of a plugin that was compiled for the struct `T`.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn render_typed<T: view::Template>(
        &self,
        plugin: &str,
        context: &T::Of<'_>,
    ) -> Result<String, Error> {
        let table = <T::Of<'static> as view::Field>::table();
        let unit = self.template(plugin, T::PATH)?;
        Expectation::Context(table).check(&self.snapshot, unit)?;
        self.render_unit(unit, Context::typed(View::new(context)))
    }

    /// Calls a plugin function.
    ///
    /// # Errors
    ///
    /// If there is no such function, its signature is another one, or as
    /// [`Function::call`](crate::Function::call).
    pub fn call<A: Arguments, R: Returned>(
        &self,
        plugin: &str,
        name: &str,
        arguments: A::Values<'_>,
    ) -> Result<R, Error> {
        let slot = find_in(&self.snapshot, "function", plugin, name)?;
        let path = format!("{plugin}::{name}");
        Function::<A, R>::call_once(&self.shared, &self.snapshot, slot, path, arguments)
    }

    fn template(&self, plugin: &str, name: &str) -> Result<&Arc<LiveUnit>, Error> {
        let slot = find_in(&self.snapshot, "template", plugin, name)?;
        let unit = self.snapshot.unit(slot);
        unit.ok_or_else(|| Error::removed(format!("{plugin}::{name}")))
    }

    fn render_unit(&self, unit: &LiveUnit, context: Context<'_>) -> Result<String, Error> {
        let circumstances = self.shared.defaults.circumstances();
        pin::within(&self.shared, &self.snapshot, |snapshot| {
            render::render(snapshot, unit, context, &circumstances)
        })
    }
}

impl fmt::Debug for CandidateView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CandidateView(generation {})", self.generation)
    }
}

/// What a canary says that is not good.
type Complaint = Box<dyn StdError + Send + Sync>;

type TrialRun = dyn Fn(&CandidateView) -> Result<(), Complaint> + Send + Sync;

/// A canary that the program has given.
pub(super) struct HostCanary {
    name: String,
    place: &'static Location<'static>,
    run: Box<TrialRun>,
}

impl HostCanary {
    pub(super) fn new<E: Into<Complaint>>(
        name: String,
        place: &'static Location<'static>,
        run: impl Fn(&CandidateView) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            place,
            run: Box::new(move |candidate| run(candidate).map_err(Into::into)),
        }
    }
}

impl fmt::Debug for HostCanary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostCanary({})", self.name)
    }
}

/// What is wrong with a candidate.
#[derive(Debug)]
pub(super) struct CanaryFailure {
    /// The plugin whose canary it was.
    pub(super) plugin: Option<String>,
    pub(super) diagnostic: Diagnostic,
}

/// A canary that is about to run.
enum Check {
    Host(Arc<HostCanary>),
    Plugin(Arc<LiveUnit>),
}

/// How waiting for a canary ended.
enum Ended {
    Good,
    Failed(Complaint),
    Panicked(String),
    Stopped,
}

/// The canaries of a host.
#[derive(Debug)]
pub(super) struct Canaries {
    host: Registry<HostCanary>,
    limit: Duration,
    /// A clone for each thread of a canary, so that those that never end can be counted.
    threads: Arc<()>,
    stopped: AtomicBool,
    /// Tells who waits for a canary that the host stops.
    waiting: Mutex<Option<mpsc::Sender<Ended>>>,
}

impl Default for Canaries {
    fn default() -> Self {
        Self {
            host: Registry::default(),
            limit: Duration::from_secs(10),
            threads: Arc::default(),
            stopped: AtomicBool::default(),
            waiting: Mutex::default(),
        }
    }
}

impl Canaries {
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    pub(super) fn add_lasting(&self, canary: HostCanary) {
        self.host.add_lasting(canary);
    }

    pub(super) fn add(&self, canary: HostCanary) -> Registration {
        self.host.add(canary)
    }

    pub(super) fn clear(&self) {
        self.host.clear();
    }

    /// Ends the waiting for a canary that runs; later ones are not started.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        if let Some(waiting) = &*lock(&self.waiting) {
            // An error means that the waiting has ended by itself.
            let _ = waiting.send(Ended::Stopped);
        }
    }

    /// Runs the host's canaries, and those of the plugins that `proposal` changes.
    pub(super) fn run(
        &self,
        shared: &Arc<Shared>,
        next: &Snapshot,
        proposal: &Proposal<'_>,
    ) -> Vec<CanaryFailure> {
        let host = self.host.all().into_iter().map(Check::Host);
        let checks: Vec<Check> = host.chain(checks_of_plugins(next, proposal)).collect();
        if checks.is_empty() {
            return Vec::new();
        }
        let view = Arc::new(CandidateView {
            shared: shared.clone(),
            // Without interceptors: whether they still fit is looked at later.
            snapshot: Arc::new(next.with_units(0, next.units().to_vec())),
            generation: proposal.generation,
            changes: proposal.changes.to_vec(),
        });
        let mut failures = Vec::new();
        for check in checks {
            let check = Arc::new(check);
            match self.try_one(&check, &view) {
                Ok(None) => {}
                Ok(Some(diagnostic)) => failures.push(check.failure(diagnostic)),
                Err(diagnostic) => {
                    // Nothing can be said of the others.
                    failures.push(check.failure(diagnostic));
                    break;
                }
            }
        }
        failures
    }

    /// What a canary complains about; the error says why that is not known.
    fn try_one(
        &self,
        check: &Arc<Check>,
        view: &Arc<CandidateView>,
    ) -> Result<Option<Diagnostic>, Diagnostic> {
        let name = check.name();
        let stuck = Arc::strong_count(&self.threads) - 1;
        if stuck >= STUCK_LIMIT {
            return Err(check.diagnostic(format!(
                "canary {name} was not run: {stuck} canaries of earlier change sets never ended; \
                 mend them and restart the host"
            )));
        }
        let (sender, ended) = mpsc::channel();
        *lock(&self.waiting) = Some(sender.clone());
        if self.stopped.load(Ordering::Acquire) {
            return Err(check.diagnostic(format!("canary {name} was not run: the host stops")));
        }
        let (own_check, own_view) = (check.clone(), view.clone());
        let alive = self.threads.clone();
        let thread = std::thread::Builder::new()
            .name("hotplate-canary".to_owned())
            .spawn(move || {
                let result = own_check.run(&own_view);
                // Before the word is given: who hears it may ask what is still alive.
                drop((own_check, own_view, alive));
                // An error means that nobody waits any more.
                let _ = sender.send(result);
            });
        let thread = thread.map_err(|error| {
            check.diagnostic(format!("canary {name} was not run: no thread: {error}"))
        })?;
        let result = ended.recv_timeout(self.limit);
        lock(&self.waiting).take();
        let result = match result {
            Ok(Ended::Stopped) => {
                return Err(check.diagnostic(format!("canary {name} was cut off: the host stops")));
            }
            Ok(result) => {
                // It has given its word, and catches its panics itself.
                let _ = thread.join();
                result
            }
            Err(_) => {
                return Err(check.diagnostic(format!(
                    "canary {name} did not end within {:?}; its thread is left behind",
                    self.limit
                )));
            }
        };
        Ok(match result {
            Ended::Good | Ended::Stopped => None,
            Ended::Failed(complaint) => Some(check.complaint(&*complaint)),
            Ended::Panicked(message) => {
                Some(check.diagnostic(format!("canary {name} panicked: {message}")))
            }
        })
    }
}

/// The canaries of the plugins that change, in order of name.
fn checks_of_plugins<'n>(
    next: &'n Snapshot,
    proposal: &Proposal<'n>,
) -> impl Iterator<Item = Check> + use<'n> {
    let mut plugins: Vec<&'n str> = Vec::new();
    for change in proposal.changes {
        if plugins.last() != Some(&change.plugin.as_str()) {
            plugins.push(&change.plugin);
        }
    }
    plugins.into_iter().flat_map(|plugin| {
        let units = next.plugin_units(plugin);
        let mut units: Vec<&Arc<LiveUnit>> = units.filter(|unit| unit.canary().is_some()).collect();
        units.sort_unstable_by_key(|unit| unit.name().clone());
        units.into_iter().cloned().map(Check::Plugin)
    })
}

impl Check {
    fn name(&self) -> String {
        match self {
            Self::Host(canary) => canary.name.clone(),
            Self::Plugin(unit) => unit.path(),
        }
    }

    fn failure(&self, diagnostic: Diagnostic) -> CanaryFailure {
        let plugin = match self {
            Self::Host(_) => None,
            Self::Plugin(unit) => Some(unit.plugin().to_string()),
        };
        CanaryFailure { plugin, diagnostic }
    }

    /// Runs on the canary's thread.
    fn run(&self, view: &CandidateView) -> Ended {
        let body = || {
            awaited(|| {
                pin::within(&view.shared, &view.snapshot, |_| match self {
                    Self::Host(canary) => (canary.run)(view),
                    Self::Plugin(unit) => run_plugin_canary(unit, view).map_err(Into::into),
                })
            })
        };
        match panic::catch_unwind(AssertUnwindSafe(body)) {
            Ok(Ok(())) => Ended::Good,
            Ok(Err(complaint)) => Ended::Failed(complaint),
            Err(payload) => Ended::Panicked(panic_message(&*payload)),
        }
    }

    /// A message about the place of the canary itself.
    fn diagnostic(&self, message: String) -> Diagnostic {
        let (file, line, column) = match self {
            Self::Host(canary) => (
                canary.place.file().to_owned(),
                canary.place.line(),
                canary.place.column(),
            ),
            Self::Plugin(unit) => {
                let place = unit.start();
                (place.file, place.line, place.column)
            }
        };
        Diagnostic::at(message, file, line, column)
    }

    /// A message about the place that is at fault, as far as that is known.
    fn complaint(&self, complaint: &(dyn StdError + Send + Sync + 'static)) -> Diagnostic {
        let name = self.name();
        let Some(error) = complaint.downcast_ref::<Error>() else {
            return self.diagnostic(format!("canary {name} failed: {complaint}"));
        };
        let text = error.to_string();
        // A plugin's canary is a unit, whose errors name it already.
        let own = format!("{name} failed: ");
        let text = text.strip_prefix(&own).unwrap_or(&text);
        let message = format!("canary {name} failed: {text}");
        if let Some(line) = error.trace().last() {
            return Diagnostic::at(message, line.file.clone(), line.line, line.column);
        }
        match error.panic_location() {
            Some((file, line, column)) => Diagnostic::at(message, file.to_owned(), line, column),
            None => self.diagnostic(message),
        }
    }
}

/// Calls a plugin's canary, and renders what it asks for.
fn run_plugin_canary(unit: &LiveUnit, view: &CandidateView) -> Result<(), Error> {
    let given = call::canary(unit)
        .map_err(|record| Error::call(unit.path(), record.into_record(), Vec::new()))?;
    let Some((template, context)) = given else {
        return Ok(());
    };
    let layers = &view.shared.defaults.layers;
    let found = layers.find(&view.snapshot, unit.plugin(), template, &[]);
    let found = found.ok_or_else(|| {
        let units = view.snapshot.plugin_units(unit.plugin());
        let templates = units.filter(|unit| matches!(unit.entry(), UnitEntry::Template(_)));
        Error::unknown(
            format!("template {template} in plugin {}", unit.plugin()),
            crate::error::suggestions(template, templates.map(|unit| &**unit.name())),
        )
    })?;
    view.render_unit(found, Context::dynamic((&context).into()))?;
    Ok(())
}

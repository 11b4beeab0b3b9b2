//! The driver: one thread that feeds the state machine and does what it says.

mod control;
mod discovery;
mod going_back;
mod loading;
mod recoding;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Instant;

use hotplate_plugin_api::Module;

use super::job::{self, Dirty, Failure, Job, Product};
use super::machine::{Action, BuildId, ChangeSet, Input, Machine, SourceId};
use super::memory::Memory;
use super::modes::{ModeChange, Modes, PluginMode};
use super::patch;
use super::setup::{check_layers, check_names, discover, existing, open_cache};
use super::watchlist::{Concern, Source, Watchlist};
use crate::artifact::{ArtifactHash, ArtifactStore};
use crate::build::CancelToken;
use crate::builder::{Builder, Settings};
use crate::cache::{Cache, CacheWriter};
use crate::error::Error;
use crate::event::{Diagnostic, Event, Receipt, Rejection, Stage, Timings};
use crate::files::{FileChange, FileTable};
use crate::libraries::Libraries;
use crate::linked::Linked;
use crate::load::Library;
use crate::publish::Verdict;
use crate::recoder::change::FollowUp;
use crate::recoder::desk::Desk;
use crate::recoder::{Place, Request};
use crate::retire::Reclaimer;
use crate::shared::{Outcome, Shared};
use crate::source::Sources as Manifests;
use crate::sync::{Arc, Mutex, lock};
use crate::watch::{Hint, WatchEvent, WatchOptions, Watcher};
use control::place;
use discovery::found_in;

/// The answer to a refresh or a tick.
pub(crate) type Answer = Result<Option<Receipt>, Error>;

/// What the driver is told.
pub(crate) enum Message {
    /// The watcher noticed something.
    Watch(WatchEvent),
    /// A build thread is done.
    Built(BuildId, Result<Product, Failure>),
    /// Somebody waits until everything is tried.
    Refresh(mpsc::Sender<Answer>),
    /// Somebody wants what is ready published now.
    Tick(mpsc::Sender<Answer>),
    /// Somebody wants everything tried, whatever the modes say.
    ReloadNow(mpsc::Sender<Answer>),
    /// Somebody changes what is reloaded.
    SetMode(ModeChange, mpsc::Sender<()>),
    /// Somebody asks how much of a plugin is reloaded.
    ModeOf(String, mpsc::Sender<PluginMode>),
    /// Somebody wants to go back: to a generation, or to what served before.
    Rollback(Option<u64>, mpsc::Sender<Result<Receipt, Error>>),
    /// A generation's trial is over.
    Judged(Verdict),
    /// Somebody wants a recoder for a unit, or for a whole file.
    FindPlace {
        plugin: String,
        name: String,
        is_file: bool,
        answer: mpsc::Sender<Result<Place, Error>>,
    },
    /// A recoder wants something.
    Recode(Request),
    /// The host goes away.
    Stop,
}

/// The driver's state; all of it belongs to its thread.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    settings: Settings,
    machine: Machine,
    sources: Watchlist,
    manifests: Arc<Mutex<Manifests>>,
    files: FileTable,
    /// Watches until it is dropped.
    watcher: Watcher,
    /// Files that were reported as unreadable.
    unreadable: BTreeSet<PathBuf>,
    inbox: mpsc::Sender<Message>,
    store: Arc<ArtifactStore>,
    reclaimer: Reclaimer,
    builds: HashMap<BuildId, Build>,
    finished: HashMap<BuildId, (Product, Instant)>,
    failed: HashMap<BuildId, Failure>,
    /// What changed in each source since it was last settled.
    dirty: BTreeMap<SourceId, Dirty>,
    /// How many small libraries a plugin had when they were last to be folded.
    fold_attempts: BTreeMap<SourceId, usize>,
    /// What one job learns for the next.
    memory: Arc<Mutex<Memory>>,
    libraries: Arc<Libraries>,
    cache: Option<Cache>,
    /// Waited for when the driver goes.
    cache_writer: Option<CacheWriter>,
    /// What each build that is not settled was made of.
    sets: HashMap<BuildId, ChangeSet>,
    /// Change sets that are refused and were not put right since, the latest last.
    outstanding: Vec<(ChangeSet, Rejection)>,
    /// When the oldest change that is not published yet was noticed.
    noticed: Option<Instant>,
    waiting: Vec<mpsc::Sender<Answer>>,
    /// How the last change set ended, for those who wait.
    latest: Answer,
    /// Hand-written libraries by hash and header: mapped for good, so used again.
    natives: HashMap<(ArtifactHash, String), (Arc<Library>, Vec<Module>)>,
    /// The plugins that are linked into the program.
    linked: BTreeSet<Arc<str>>,
    /// The generation before the first publish of what was built.
    first: u64,
    /// Which source a live plugin came from.
    owners: BTreeMap<Arc<str>, SourceId>,
    modes: Modes,
    /// What the machine was told is not to be built.
    off: ChangeSet,
    /// Whether everything is reloaded once, whatever the modes say.
    is_forced: bool,
    /// Sources of which something was left out.
    left_out: ChangeSet,
    /// Directories that may become plugins, and when they are looked at if they stay as they
    /// are.
    arrivals: BTreeMap<PathBuf, Instant>,
    /// Plugins that were found in a directory that is searched.
    discovered: ChangeSet,
    /// Those of them that are gone.
    absent: ChangeSet,
    /// Edits that are in no file.
    desk: Desk,
}

struct Build {
    cancel: CancelToken,
    plugins: Vec<String>,
    thread: JoinHandle<()>,
}

impl Driver {
    /// Looks at the paths, starts watching them, and prepares the artifact directory.
    pub(crate) fn new(
        builder: Builder,
        linked: &Linked,
        shared: Arc<Shared>,
        reclaimer: Reclaimer,
        inbox: mpsc::Sender<Message>,
    ) -> Result<Self, Error> {
        let settings = builder.settings.clone();
        let mut manifests = Manifests::new(settings.cargo.clone());
        let parents = existing(&builder.discover, "a directory of plugins", Path::is_dir)?;
        let found = found_in(&parents);
        let plugins = discover(&builder.plugins, &found, &mut manifests)?;
        check_names(&plugins, linked)?;
        check_layers(&builder, &plugins, linked)?;
        let artifacts = existing(&builder.artifacts, "a folder of libraries", Path::is_dir)?;
        let watch = existing(&builder.watch, "a path to watch", Path::exists)?;
        let data = existing(&builder.data, "a path to watch", Path::exists)?;
        let crates = plugins.iter().filter(|plugin| plugin.is_crate());
        let libraries = Libraries::new(
            crates.map(|plugin| plugin.root().to_owned()).collect(),
            settings.nesting_limit,
        );
        for plugin in &plugins {
            shared.places.set(plugin.name(), place(plugin));
        }
        let mut sources = Watchlist::new(plugins, artifacts, watch, data);
        sources.discover_in(parents);
        let discovered = found.iter().filter_map(|found| sources.source_of(found));
        let discovered = discovered.collect();
        sources.find_contexts();

        let store = ArtifactStore::new()
            .map_err(|error| Error::setup_from("cannot make the artifact directory", error))?;
        let cache = open_cache(&settings);
        let cache_writer = cache
            .clone()
            .map(CacheWriter::start)
            .transpose()
            .map_err(|error| Error::setup_from("cannot start the caching thread", error))?;
        let options = WatchOptions {
            quiet_period: settings.quiet_period,
            poll: settings.poll,
            leave_out: builder.leave_out.clone(),
            ..WatchOptions::default()
        };
        let sink = inbox.clone();
        let watcher = Watcher::start(options, move |event| {
            // An error means that the driver has ended; so will the watcher.
            let _ = sink.send(Message::Watch(event));
        })
        .map_err(|error| Error::setup_from("cannot start the watching thread", error))?;
        for root in sources.roots() {
            watcher.watch(&root);
        }
        Ok(Self {
            machine: Machine::new(settings.mode),
            files: FileTable::new(builder.leave_out),
            shared,
            settings,
            sources,
            manifests: Arc::new(Mutex::new(manifests)),
            watcher,
            unreadable: BTreeSet::new(),
            inbox,
            store: Arc::new(store),
            reclaimer,
            builds: HashMap::new(),
            finished: HashMap::new(),
            failed: HashMap::new(),
            dirty: BTreeMap::new(),
            fold_attempts: BTreeMap::new(),
            memory: Arc::default(),
            libraries: Arc::new(libraries),
            cache,
            cache_writer,
            sets: HashMap::new(),
            outstanding: Vec::new(),
            noticed: None,
            waiting: Vec::new(),
            latest: Ok(None),
            natives: HashMap::new(),
            linked: linked.names().cloned().collect(),
            first: 0,
            owners: BTreeMap::new(),
            modes: builder.modes,
            off: ChangeSet::new(),
            is_forced: false,
            left_out: ChangeSet::new(),
            arrivals: BTreeMap::new(),
            discovered,
            absent: ChangeSet::new(),
            desk: Desk::default(),
        })
    }

    /// Runs until told to stop.
    pub(crate) fn run(mut self, messages: &mpsc::Receiver<Message>) {
        self.first = self.shared.generation();
        let roots = self.sources.roots();
        let found = self.files.scan(&roots);
        for path in roots {
            let files = self.files.files_under(&path);
            self.shared.emit(Event::Watching { path, files });
        }
        let concern = self.sources.concern(&found);
        self.concerned(concern);
        while let Some(message) = self.next_message(messages) {
            match message {
                Message::Watch(event) => self.watched(event),
                Message::Built(id, result) => self.built(id, result),
                Message::Refresh(answer) => self.refresh(answer),
                Message::Tick(answer) => self.tick(&answer),
                Message::Rollback(to, answer) => self.rollback(to, &answer),
                Message::Judged(verdict) => self.judged(verdict),
                Message::ReloadNow(answer) => self.reload_now(answer),
                Message::SetMode(change, answer) => self.set_mode(change, &answer),
                Message::ModeOf(plugin, answer) => {
                    // Whoever asked may have gone.
                    let _ = answer.send(self.modes.of(&plugin));
                }
                Message::Stop => break,
                other => drop(self.recoder_message(other)),
            }
            self.continue_recoding();
        }
        self.stop();
    }

    fn stop(mut self) {
        for build in self.builds.values() {
            build.cancel.cancel();
        }
        for (_, build) in self.builds.drain() {
            // A build thread reports panics itself.
            let _ = build.thread.join();
        }
        self.shared.changes.end();
    }

    fn watched(&mut self, event: WatchEvent) {
        match event {
            WatchEvent::Hint(hint) => {
                let changes = match hint {
                    Hint::Paths(paths) => self.files.check(&paths),
                    Hint::Rescan => self.files.rescan(),
                };
                self.files_changed(&changes);
            }
            WatchEvent::Polling { path, reason } => {
                self.shared.emit(Event::Polling { path, reason });
            }
            WatchEvent::Failed { path, message } => {
                self.shared.emit(Event::WatchFailed { path, message });
            }
        }
    }

    fn files_changed(&mut self, changes: &[FileChange]) {
        self.report_unreadable();
        let changes = self.put_off(changes);
        let changes = self.without_edited(&changes);
        let mut concern = self.sources.concern(&changes);
        if !concern.data.is_empty() {
            let paths = std::mem::take(&mut concern.data);
            self.shared.emit(Event::DataChanged { paths });
        }
        if !concern.paths.is_empty() {
            let paths = std::mem::take(&mut concern.paths);
            self.shared.emit(Event::Changed { paths });
        }
        self.concerned(concern);
    }

    /// Watches the crates that manifests name by now; gives what is new in them.
    fn watch_contexts(&mut self) -> Concern {
        let further = self.sources.find_contexts();
        if further.is_empty() {
            return Concern::default();
        }
        for root in &further {
            self.watcher.watch(root);
        }
        let found = self.files.scan(&self.sources.roots());
        self.sources.concern(&found)
    }

    fn concerned(&mut self, mut concern: Concern) {
        let is_manifest = |(_, file): &(SourceId, PathBuf)| file.ends_with("Cargo.toml");
        if concern.owned.iter().any(is_manifest) {
            let further = self.watch_contexts();
            concern.add(further);
        }
        let files = concern.owned.iter().map(|(_, file)| file);
        if !concern.others.is_empty() || files.into_iter().any(|file| Libraries::depend_on(file)) {
            self.libraries.forget();
            let root = |id| match self.sources.get(id) {
                Source::Plugin(plugin) => Some(plugin.root().to_owned()),
                Source::Prebuilt(_) => None,
            };
            let outdated = lock(&self.memory).outdated(&self.libraries, root);
            concern.sources.extend(&outdated);
            concern.others.extend(outdated);
        }
        if !concern.sources.is_empty() {
            // Folding waits until there is nothing else to do.
            for (source, dirty) in &mut self.dirty {
                if std::mem::take(&mut dirty.fold) {
                    self.fold_attempts.remove(source);
                }
            }
        }
        for (source, file) in concern.owned {
            self.dirty.entry(source).or_default().files.insert(file);
        }
        for source in concern.others {
            self.dirty.entry(source).or_default().outside = true;
        }
        self.changed(concern.sources);
    }

    /// Says once of each file that it cannot be read; what was read last still counts.
    fn report_unreadable(&mut self) {
        let unreadable = self.files.unreadable();
        let known = std::mem::take(&mut self.unreadable);
        for (path, message) in unreadable {
            if !known.contains(&path) {
                let path = path.clone();
                self.shared.emit(Event::WatchFailed { path, message });
            }
            self.unreadable.insert(path);
        }
    }

    fn changed(&mut self, sources: ChangeSet) {
        if !sources.is_empty() {
            self.noticed.get_or_insert_with(Instant::now);
        }
        let held = self.machine.held().clone();
        self.feed(Input::Changed(sources));
        self.report_held(&held);
        if self.machine.is_idle() {
            self.noticed = None;
        }
    }

    fn refresh(&mut self, answer: mpsc::Sender<Answer>) {
        if self.machine.is_idle() {
            self.latest = Ok(None);
        }
        let changes = self.files.rescan();
        self.files_changed(&changes);
        self.waiting.push(answer);
        self.feed(Input::Retry);
    }

    fn tick(&mut self, answer: &mpsc::Sender<Answer>) {
        self.latest = Ok(None);
        self.feed(Input::Synchronise);
        // Whoever asked may have gone.
        let _ = answer.send(std::mem::replace(&mut self.latest, Ok(None)));
    }

    fn built(&mut self, id: BuildId, result: Result<Product, Failure>) {
        if let Some(build) = self.builds.remove(&id) {
            // The message is the last thing that a build thread does.
            let _ = build.thread.join();
        }
        match result {
            Ok(product) => {
                let noticed = self.noticed.unwrap_or_else(Instant::now);
                self.finished.insert(id, (product, noticed));
                self.feed(Input::Built(id));
            }
            Err(failure) => {
                self.failed.insert(id, failure);
                self.feed(Input::BuildFailed(id));
                self.failed.remove(&id);
                self.sets.remove(&id);
            }
        }
    }

    fn feed(&mut self, input: Input) {
        for action in self.machine.step(input) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Build(id, set) => self.build(id, &set),
            Action::Cancel(id) => {
                if let Some(build) = self.builds.get(&id) {
                    build.cancel.cancel();
                    let plugins = build.plugins.clone();
                    self.shared.emit(Event::BuildCancelled { plugins });
                }
            }
            Action::Discard(id) => {
                self.finished.remove(&id);
                self.sets.remove(&id);
            }
            Action::Report(id) => {
                if let Some(Failure::Rejected(rejection)) = self.failed.remove(&id) {
                    self.reject(id, rejection);
                }
            }
            Action::Publish(id) => self.publish(id),
            Action::Rest => self.rest(),
        }
    }

    fn rest(&mut self) {
        if self.machine.is_idle() {
            self.noticed = None;
            self.is_forced = false;
            self.apply_modes();
        }
        let builds_again = matches!(self.desk.follow_up, Some(FollowUp::Build(_)));
        if !self.waiting.is_empty() && self.arrivals.is_empty() && !builds_again {
            let latest = std::mem::replace(&mut self.latest, Ok(None));
            for answer in self.waiting.drain(..) {
                // Whoever asked may have gone.
                let _ = answer.send(latest.clone());
            }
        }
        self.consolidate();
    }

    /// Starts folding small libraries where there are many, if nothing else is to be done.
    fn consolidate(&mut self) {
        let Some(limit) = self.settings.consolidate_after else {
            return;
        };
        if !self.machine.is_idle() {
            return;
        }
        let live = self.shared.pin();
        let mut crowded = ChangeSet::new();
        for source in self.sources.ids() {
            let count = patch::count_small_libraries(&self.sources.get(source).name(), &live);
            let attempted = self.fold_attempts.entry(source).or_default();
            *attempted = count.min(*attempted);
            let is_on = !self.off.contains(&source);
            if is_on && count > *attempted + limit && !self.dirty.contains_key(&source) {
                *attempted = count;
                self.dirty.entry(source).or_default().fold = true;
                crowded.insert(source);
            }
        }
        self.feed(Input::Changed(crowded));
    }

    fn build(&mut self, id: BuildId, set: &ChangeSet) {
        let mut job = Job {
            plugins: Vec::new(),
            prebuilt: Vec::new(),
            discovered: self.discovered.clone(),
            store: self.store.clone(),
            manifests: self.manifests.clone(),
            settings: self.settings.clone(),
            memory: self.memory.clone(),
            libraries: self.libraries.clone(),
            cache: self.cache.clone(),
            queue: self.cache_writer.as_ref().and_then(CacheWriter::queue),
            live: self.shared.pin(),
            kept: self.shared.kept(),
            is_first: self.shared.generation() == self.first,
            announce: announcer(&self.shared),
            overlay: self.desk.overlay().clone(),
        };
        let mut names = Vec::new();
        for &source in set {
            let name = self.sources.get(source).name();
            match self.sources.get(source).clone() {
                Source::Plugin(plugin) => {
                    let dirty = self.dirty.get(&source).cloned().unwrap_or_default();
                    job.plugins.push((source, plugin, dirty));
                }
                Source::Prebuilt(path) => job.prebuilt.push((source, path)),
            }
            names.push(name);
        }
        self.sets.insert(id, set.clone());
        self.shared.emit(Event::BuildStarted {
            plugins: names.clone(),
        });
        let cancel = CancelToken::new();
        let token = cancel.clone();
        let outbox = self.inbox.clone();
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new()
            .name(format!("hotplate-build-{}", id.0))
            .spawn(move || {
                let result = job::run(&job, &token, &|message| {
                    shared.emit(Event::BuildProgress { message });
                });
                // An error means that the driver has ended.
                let _ = outbox.send(Message::Built(id, result));
            });
        match thread {
            Ok(thread) => {
                let build = Build {
                    cancel,
                    plugins: names,
                    thread,
                };
                self.builds.insert(id, build);
            }
            Err(error) => {
                let rejection = self.rejection(
                    Stage::Build,
                    None,
                    format!("cannot start a build thread: {error}"),
                );
                let failed = Message::Built(id, Err(Failure::Rejected(rejection)));
                // The driver holds the other end itself.
                let _ = self.inbox.send(failed);
            }
        }
    }

    fn publish(&mut self, id: BuildId) {
        let Some((product, noticed)) = self.finished.remove(&id) else {
            self.feed(Input::Refused(id));
            return;
        };
        let began = Instant::now();
        for (source, plugin) in product.plugins {
            self.shared.places.set(plugin.name(), place(&plugin));
            self.sources.replace_plugin(source, plugin);
        }
        let loaded = self
            .load(product.libraries, &product.gone, &product.recoded)
            .and_then(|(candidate, owners)| self.load_patches(candidate, owners, product.patches));
        let (mut candidate, mut owners) = match loaded {
            Ok(loaded) => loaded,
            Err(rejection) => {
                self.reject(id, rejection);
                self.feed(Input::Refused(id));
                return;
            }
        };
        let timings = Timings {
            build: product.build_time,
            verify: product.verify_time + began.elapsed(),
            tests: product.test_time,
            ..Timings::default()
        };
        let set = self.sets.get(&id).cloned().unwrap_or_default();
        let cause = self.cause(&set);
        let left_out = self.restrict(&mut candidate, &mut owners);
        if let Some(rejection) = self.left_out_of_patch(&set, &left_out) {
            self.reject(id, rejection);
            self.feed(Input::Refused(id));
            return;
        }
        match self.shared.publish(candidate, cause, timings, noticed) {
            Outcome::Published(mut receipt) => {
                receipt.left_out = left_out;
                self.note_absent(&product.gone, &set);
                self.owners = owners;
                self.resolve(id);
                self.shared.emit(Event::Published(receipt.clone()));
                self.recoded(&set, Some(&receipt));
                self.latest = Ok(Some(receipt));
                self.feed(Input::Settled(id));
            }
            Outcome::Unchanged(plugins) => {
                self.note_absent(&product.gone, &set);
                self.owners = owners;
                self.resolve(id);
                self.shared.emit(Event::Unchanged { plugins });
                self.recoded(&set, None);
                self.latest = Ok(None);
                self.feed(Input::Settled(id));
            }
            Outcome::Folded(plugins) => {
                self.resolve(id);
                self.shared.emit(Event::Consolidated { plugins });
                self.latest = Ok(None);
                self.feed(Input::Settled(id));
            }
            Outcome::Refused(rejection) => {
                self.reject(id, rejection);
                self.feed(Input::Refused(id));
            }
        }
    }

    fn reject(&mut self, id: BuildId, rejection: Rejection) {
        let Some(rejection) = self.refuse_recoding(id, rejection) else {
            return;
        };
        let set = self.sets.remove(&id).unwrap_or_default();
        self.outstanding
            .retain(|(earlier, _)| !earlier.is_subset(&set));
        self.outstanding.push((set, rejection.clone()));
        self.latest = Err(Error::rejected(rejection.clone()));
        self.shared.emit(Event::Rejected(rejection));
    }

    /// Forgets the rejections that a good build of the same sources has put right.
    fn resolve(&mut self, id: BuildId) {
        let set = self.sets.remove(&id).unwrap_or_default();
        self.dirty.retain(|source, _| !set.contains(source));
        let before = self.outstanding.len();
        self.outstanding
            .retain(|(refused, _)| refused.is_disjoint(&set));
        if self.outstanding.len() < before {
            let latest = self.outstanding.last();
            let outstanding = latest.map(|(_, rejection)| rejection.clone());
            self.shared.emit(Event::Resolved { outstanding });
        }
    }

    fn rejection(&self, stage: Stage, plugin: Option<String>, message: String) -> Rejection {
        Rejection {
            stage,
            plugin,
            diagnostics: vec![Diagnostic::message(message)],
            serving: self.shared.generation(),
        }
    }
}

/// What tells everybody of an event.
fn announcer(shared: &Arc<Shared>) -> Box<dyn Fn(Event) + Send + Sync> {
    let shared = shared.clone();
    Box::new(move |event| shared.emit(event))
}

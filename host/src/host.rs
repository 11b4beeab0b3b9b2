//! The host: what an application holds.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use hotplate_plugin_api::{Returned, view};

use crate::builder::Builder;
use crate::control::Control;
use crate::error::Error;
use crate::event::{Event, Events, Receipt, Rejection};
use crate::handle::{Arguments, Function, Template, TypedTemplate};
use crate::linked::Linked;
use crate::load;
use crate::options::RenderOptions;
use crate::pin::Pin;
use crate::publish::{Held, check_may_wait};
use crate::recoder::Recoder;
use crate::reload::driver::{Driver, Message};
use crate::reload::setup::check_layers;
use crate::retire::{Reclaimer, ReclaimerThread};
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::state::{StateInfo, States};
use crate::sync::Arc;
use crate::unit::LiveUnit;
use crate::watching::lookup::Places;

/// Watches plugins, builds and loads them, and hands out handles to their units.
///
/// A host is a value: several can live side by side in a process. Dropping it stops its
/// threads and waits for them; calls that are running finish, later ones give an error
/// for which [`Error::is_closed`] is true.
///
/// ```no_run
/// use hotplate::{Host, context};
///
/// let host = Host::builder().plugin("plugins/site").start()?;
/// let page = host.template("site", "index.html")?;
/// println!("{}", page.render(&context! { title: "Hello" })?);
/// # Ok::<(), hotplate::Error>(())
/// ```
pub struct Host {
    pub(crate) shared: Arc<Shared>,
    inbox: mpsc::Sender<Message>,
    /// None if all plugins are linked, so that there is nothing to watch.
    driver: Option<DriverThread>,
    reclaimer: Option<Reclaimer>,
    native_budget: usize,
    control: Control,
    /// Whether what the host runs ends with this value; it does not with an observer's.
    is_owner: bool,
    /// Stopped last, after the driver has let go of its libraries.
    _reclaimer_thread: Option<ReclaimerThread>,
}

/// The thread that builds and publishes.
enum DriverThread {
    Own(JoinHandle<()>),
    /// Of the host that is observed.
    Other,
}

/// A live unit, as [`Host::units`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitInfo {
    /// The plugin.
    pub plugin: String,
    /// The unit's name in the plugin.
    pub name: String,
    /// `template`, `block`, `partial`, `function`, `filter`, `tag` or `canary`.
    pub kind: &'static str,
    /// The source file.
    pub file: String,
    /// The line where it starts.
    pub line: u32,
    /// The line where it ends; that where it starts if it is not known.
    pub end_line: u32,
    /// The source file, absolute, if the host watches the plugin's sources.
    pub path: Option<PathBuf>,
}

impl UnitInfo {
    /// All units of a snapshot, by plugin and name.
    pub(crate) fn of(snapshot: &Snapshot, places: &Places) -> Vec<Self> {
        let units = snapshot.live();
        let mut units: Vec<Self> = units.map(|(_, unit)| Self::new(unit, places)).collect();
        units.sort_unstable_by(|a, b| (&a.plugin, &a.name).cmp(&(&b.plugin, &b.name)));
        units
    }

    /// What there is to say of one unit.
    pub(crate) fn new(unit: &LiveUnit, places: &Places) -> Self {
        let positions = unit.positions();
        Self {
            plugin: unit.plugin().to_string(),
            name: unit.name().to_string(),
            kind: unit.kind(),
            line: positions.line,
            end_line: positions.end_line.max(positions.line),
            path: places.file(unit),
            file: positions.file,
        }
    }
}

/// How much a host holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The current generation.
    pub generation: u64,
    /// Earlier snapshots that can be gone back to.
    pub kept_snapshots: usize,
    /// Hand-written libraries mapped in the process, by all hosts.
    pub native_libraries: usize,
    /// How many of those there may be.
    pub native_budget: usize,
    /// Template libraries that were unmapped so far.
    pub reclaimed_libraries: usize,
    /// How often calls that touch state were held back: for a migration, or to save or forget
    /// state.
    pub state_pauses: usize,
}

impl Host {
    /// Begins to set up a host.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn start(mut builder: Builder) -> Result<Self, Error> {
        let publishing = std::mem::take(&mut builder.publishing);
        let settings = &builder.settings;
        let native_budget = settings.native_budget.min(crate::native_budget::LIMIT);
        let defaults = builder.defaults.clone();
        let states = States::new(settings.migration_timeout, settings.state_file.as_deref())?;
        let keep = settings.keep_snapshots;
        let shared = Arc::new(Shared::new(defaults, keep, states, publishing));
        for listener in &builder.listeners {
            shared.add_listener(listener.clone());
        }
        let linked = Linked::new(&builder.linked)?;
        let (inbox, messages) = mpsc::channel();
        if builder.has_only_linked() {
            check_layers(&builder, &[], &linked)?;
            linked.publish(&shared)?;
            shared.changes.end();
            return Ok(Self {
                shared,
                inbox,
                driver: None,
                reclaimer: None,
                native_budget,
                control: Control::default(),
                is_owner: true,
                _reclaimer_thread: None,
            });
        }
        let listening = shared.clone();
        let reclaimer_thread = ReclaimerThread::start(move |reclamation| {
            listening.emit(Event::Reclaimed {
                plugin: reclamation.plugins.join(", "),
                artifact: reclamation.hash,
                unmapped: reclamation.unmapped,
            });
        })
        .map_err(|error| Error::setup_from("cannot start the reclaiming thread", error))?;
        let reclaimer = reclaimer_thread.reclaimer().clone();

        let (own_shared, own_reclaimer) = (shared.clone(), reclaimer.clone());
        let driver = Driver::new(builder, &linked, own_shared, own_reclaimer, inbox.clone())?;
        shared.publishing.connect(inbox.clone());
        linked.publish(&shared)?;
        let driver = std::thread::Builder::new()
            .name("hotplate-driver".to_owned())
            .spawn(move || driver.run(&messages))
            .map_err(|error| Error::setup_from("cannot start the reload thread", error))?;
        Ok(Self {
            shared,
            inbox,
            driver: Some(DriverThread::Own(driver)),
            reclaimer: Some(reclaimer),
            native_budget,
            control: Control::default(),
            is_owner: true,
            _reclaimer_thread: Some(reclaimer_thread),
        })
    }

    /// A handle to a template, or with `name#partial` to a partial of one.
    ///
    /// # Errors
    ///
    /// If there never was such a template; the error suggests similar names.
    pub fn template(&self, plugin: &str, name: &str) -> Result<Template, Error> {
        Template::new(self.shared.clone(), plugin, name)
    }

    /// A handle to whatever template a name means: that of the first layer that has one,
    /// or of any plugin if there are no [layers](Builder::layers). Each rendering looks
    /// again, so that a template that appears in an earlier layer takes over.
    ///
    /// # Errors
    ///
    /// If there is no such template now; the error suggests similar names.
    pub fn find_template(&self, name: &str) -> Result<Template, Error> {
        Template::named(self.shared.clone(), name)
    }

    /// A handle to the template of a plugin that was compiled for the struct `T`.
    ///
    /// The plugin must be built with the crate that the struct is defined in.
    ///
    /// ```no_run
    /// use hotplate_plugin_api::Template;
    ///
    /// #[derive(Template)]
    /// #[template(path = "about.html")]
    /// struct About {
    ///     title: String,
    /// }
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// let page = host.typed::<About>("site")?;
    /// let title = "About".to_owned();
    /// println!("{}", page.render(&About { title })?);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there never was such a template, or it was compiled for another struct, or for
    /// none: then [`Error::is_incompatible`] is true.
    pub fn typed<T: view::Template>(&self, plugin: &str) -> Result<TypedTemplate<T>, Error> {
        TypedTemplate::new(self.shared.clone(), plugin)
    }

    /// A handle to whatever template the name of `T`'s template means, as
    /// [`find_template`](Self::find_template) finds it.
    ///
    /// # Errors
    ///
    /// As [`typed`](Self::typed).
    pub fn find_typed<T: view::Template>(&self) -> Result<TypedTemplate<T>, Error> {
        TypedTemplate::named(self.shared.clone())
    }

    /// The options that say what this host's defaults are, to be changed in part.
    pub fn render_options(&self) -> RenderOptions {
        self.shared.defaults.options()
    }

    /// A handle to a plugin function.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/text").start()?;
    /// let slugify = host.function::<(&str,), String>("text", "slugify")?;
    /// assert_eq!(slugify.call(("Hot Plates",))?, "hot-plates");
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there never was such a function, or its signature is another one.
    pub fn function<A: Arguments, R: Returned>(
        &self,
        plugin: &str,
        name: &str,
    ) -> Result<Function<A, R>, Error> {
        Function::new(self.shared.clone(), plugin, name)
    }

    /// Pins the current snapshot for several calls that belong together.
    pub fn pin(&self) -> Pin {
        Pin {
            shared: self.shared.clone(),
            snapshot: Held::by_pin(self.shared.pin()),
        }
    }

    /// The number of the current snapshot.
    pub fn generation(&self) -> u64 {
        self.shared.generation()
    }

    /// Looks at all files now, builds what changed and publishes it; also tries again
    /// what was rejected before. Nothing if there was nothing to publish.
    ///
    /// # Errors
    ///
    /// If the change set was rejected; what served goes on serving.
    pub fn refresh(&self) -> Result<Option<Receipt>, Error> {
        if self.driver.is_none() {
            return Ok(None);
        }
        self.ask(Message::Refresh)?
    }

    /// Publishes what is ready, without waiting for anything that is not.
    ///
    /// For hosts set up as [`manual`](Builder::manual): call it where a swap is welcome.
    ///
    /// # Errors
    ///
    /// If the candidate was rejected; what served goes on serving.
    pub fn tick(&self) -> Result<Option<Receipt>, Error> {
        if self.driver.is_none() {
            return Ok(None);
        }
        self.ask(Message::Tick)?
    }

    /// Goes back to the snapshot before the current one, without a build; after a rollback,
    /// further back. [`rollback_to`](Self::rollback_to) goes to any that is kept.
    ///
    /// Files are not touched; the next edit is published on top as usual.
    ///
    /// # Errors
    ///
    /// If no earlier snapshot is kept, a live handle needs another signature, a listener
    /// objects, or the earlier code cannot take over the state that there is.
    pub fn rollback(&self) -> Result<Receipt, Error> {
        if self.is_fixed() {
            return Err(Error::nothing_to_roll_back_to());
        }
        self.ask(|answer| Message::Rollback(None, answer))?
    }

    /// A recoder for a unit: a template (`article.html`), a block or partial of one
    /// (`article.html/content`, `article.html#row`), a plugin function, or a filter or tag.
    ///
    /// # Errors
    ///
    /// If there is no such unit now, or its source cannot be patched: the plugin is linked
    /// or prebuilt, or the function was made by a macro.
    pub fn recoder(&self, plugin: &str, unit: &str) -> Result<Recoder, Error> {
        self.find_recoder(plugin, unit, false)
    }

    /// A recoder for a whole file of a plugin: a Rust file or a template, by its path in the
    /// plugin's directory, such as `src/lib.rs`. The file need not be there yet.
    ///
    /// # Errors
    ///
    /// If there is no such plugin, or the path is not that of a Rust file or template in it.
    pub fn module_recoder(&self, plugin: &str, file: &str) -> Result<Recoder, Error> {
        self.find_recoder(plugin, file, true)
    }

    fn find_recoder(&self, plugin: &str, name: &str, is_file: bool) -> Result<Recoder, Error> {
        if self.driver.is_none() {
            let message = format!("plugin {plugin} is not built by this host, so it has no source");
            return Err(Error::setup(message));
        }
        let place = self.ask(|answer| Message::FindPlace {
            plugin: plugin.to_owned(),
            name: name.to_owned(),
            is_file,
            answer,
        })??;
        let (shared, inbox) = (self.shared.clone(), self.inbox.clone());
        Ok(Recoder::new(shared, inbox, place))
    }

    /// Subscribes to events from now on.
    pub fn events(&self) -> Events {
        self.shared.subscribe()
    }

    /// The latest change set that was rejected, until its sources are right.
    pub fn rejection(&self) -> Option<Rejection> {
        self.shared.rejection()
    }

    /// All live units, by plugin and name.
    pub fn units(&self) -> Vec<UnitInfo> {
        UnitInfo::of(&self.shared.pin(), &self.shared.places)
    }

    /// The state that plugins keep, by plugin and type, with what it holds now.
    ///
    /// Calls go on meanwhile, so fields may be of different moments.
    pub fn states(&self) -> Vec<StateInfo> {
        self.shared.states.list(&self.shared.pin())
    }

    /// Writes the state of all plugins to a file of JSON, from which
    /// [`Builder::restore_state`] restores it after a restart. Instances are not part of it.
    ///
    /// Calls that touch state are held back while it is saved, and not while the file is
    /// written. The file is replaced at once: whoever reads it finds the old or the new one.
    ///
    /// # Errors
    ///
    /// If a call does not end in time, something cannot be saved, or the file not be written;
    /// then [`Error::is_state_failure`] or the [source](std::error::Error::source) say why, and
    /// the file is as it was.
    pub fn save_state(&self, file: impl AsRef<Path>) -> Result<(), Error> {
        self.shared.states.save(file.as_ref())
    }

    /// Drops state that no live unit uses: that of a plugin that is gone, say. Otherwise it
    /// is kept for as long as the host lives, so that the plugin finds it when it comes back.
    ///
    /// # Errors
    ///
    /// If there is no such state, it is in use, or a call with an old pin does not end in time.
    pub fn forget_state(&self, plugin: &str, name: &str) -> Result<(), Error> {
        let current = || self.shared.pin();
        self.shared.states.forget(current, plugin, name)
    }

    /// How much the host holds.
    pub fn stats(&self) -> Stats {
        Stats {
            generation: self.generation(),
            kept_snapshots: self.shared.kept_snapshots(),
            native_libraries: load::native_libraries(),
            native_budget: self.native_budget,
            state_pauses: self.shared.states.pauses(),
            reclaimed_libraries: self.reclaimer.as_ref().map_or(0, Reclaimer::reclaimed),
        }
    }

    /// Ends watching and building, and with them every wait of other threads in
    /// [`refresh`](Self::refresh). What is live goes on running until the host is dropped.
    pub fn stop(&self) {
        self.shared.publishing.stop();
        // An error means that the driver has ended already.
        let _ = self.inbox.send(Message::Stop);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// The same host for somebody who may outlive it: nothing ends when it is dropped.
    pub(crate) fn observer(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            inbox: self.inbox.clone(),
            driver: self.driver.as_ref().map(|_| DriverThread::Other),
            reclaimer: self.reclaimer.clone(),
            native_budget: self.native_budget,
            control: Control::default(),
            is_owner: false,
            _reclaimer_thread: None,
        }
    }

    /// Whether nothing is ever swapped, since all plugins are linked.
    pub(crate) fn is_fixed(&self) -> bool {
        self.driver.is_none()
    }

    /// Sends the driver a question and waits for its answer.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(mpsc::Sender<T>) -> Message,
    ) -> Result<T, Error> {
        check_may_wait()?;
        let (answer, answers) = mpsc::channel();
        self.inbox
            .send(question(answer))
            .map_err(|_| Error::closed())?;
        answers.recv().map_err(|_| Error::closed())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        // Sessions that wait for a build wait no longer.
        self.stop();
        self.control.close();
        if let Some(DriverThread::Own(driver)) = self.driver.take()
            // A listener that held the host lets go of it on that very thread.
            && driver.thread().id() != std::thread::current().id()
        {
            let _ = driver.join();
        }
        self.shared.close();
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host(generation {})", self.generation())
    }
}

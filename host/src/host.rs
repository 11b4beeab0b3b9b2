//! The host: what an application holds.

use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

use hotplate_plugin_api::{Returned, view};

use crate::builder::Builder;
use crate::error::Error;
use crate::event::{Event, Events, Receipt, Rejection};
use crate::handle::{Arguments, Function, Template, TypedTemplate};
use crate::linked::Linked;
use crate::load;
use crate::options::RenderOptions;
use crate::pin::Pin;
use crate::reload::driver::{Driver, Message};
use crate::reload::setup::check_layers;
use crate::retire::{Reclaimer, ReclaimerThread};
use crate::shared::Shared;
use crate::sync::Arc;

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
    shared: Arc<Shared>,
    inbox: mpsc::Sender<Message>,
    /// None if all plugins are linked, so that there is nothing to watch.
    driver: Option<JoinHandle<()>>,
    reclaimer: Option<Reclaimer>,
    native_budget: usize,
    /// Stopped last, after the driver has let go of its libraries.
    _reclaimer_thread: Option<ReclaimerThread>,
}

/// A live unit, as [`Host::units`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitInfo {
    /// The plugin.
    pub plugin: String,
    /// The unit's name in the plugin.
    pub name: String,
    /// `template`, `block`, `partial`, `function`, `filter` or `tag`.
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
}

impl Host {
    /// Begins to set up a host.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn start(builder: Builder) -> Result<Self, Error> {
        let settings = &builder.settings;
        let native_budget = settings.native_budget.min(crate::native_budget::LIMIT);
        let defaults = builder.defaults.clone();
        let shared = Arc::new(Shared::new(defaults, settings.keep_snapshots));
        for listener in &builder.listeners {
            shared.add_listener(listener.clone());
        }
        let linked = Linked::new(&builder.linked)?;
        let (inbox, messages) = mpsc::channel();
        if builder.has_only_linked() {
            check_layers(&builder, &[], &linked)?;
            linked.publish(&shared);
            shared.changes.end();
            return Ok(Self {
                shared,
                inbox,
                driver: None,
                reclaimer: None,
                native_budget,
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
        linked.publish(&shared);
        let driver = std::thread::Builder::new()
            .name("hotplate-driver".to_owned())
            .spawn(move || driver.run(&messages))
            .map_err(|error| Error::setup_from("cannot start the reload thread", error))?;
        Ok(Self {
            shared,
            inbox,
            driver: Some(driver),
            reclaimer: Some(reclaimer),
            native_budget,
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
            snapshot: self.shared.pin(),
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

    /// Goes back to the snapshot before the current one, without a build.
    ///
    /// Files are not touched; the next edit is published on top as usual.
    ///
    /// # Errors
    ///
    /// If no earlier snapshot is kept, or a live handle needs another signature.
    pub fn rollback(&self) -> Result<Receipt, Error> {
        if self.driver.is_none() {
            return Err(Error::nothing_to_roll_back_to());
        }
        self.ask(Message::Rollback)?
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
        let snapshot = self.shared.pin();
        let mut units: Vec<UnitInfo> = snapshot.live().map(|(_, unit)| self.info(unit)).collect();
        units.sort_unstable_by(|a, b| (&a.plugin, &a.name).cmp(&(&b.plugin, &b.name)));
        units
    }

    /// How much the host holds.
    pub fn stats(&self) -> Stats {
        Stats {
            generation: self.generation(),
            kept_snapshots: self.shared.kept_snapshots(),
            native_libraries: load::native_libraries(),
            native_budget: self.native_budget,
            reclaimed_libraries: self.reclaimer.as_ref().map_or(0, Reclaimer::reclaimed),
        }
    }

    /// Ends watching and building, and with them every wait of other threads in
    /// [`refresh`](Self::refresh). What is live goes on running until the host is dropped.
    pub fn stop(&self) {
        // An error means that the driver has ended already.
        let _ = self.inbox.send(Message::Stop);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Whether all plugins are linked, so that nothing is ever reloaded.
    pub(crate) fn has_no_driver(&self) -> bool {
        self.driver.is_none()
    }

    /// Sends the driver a question and waits for its answer.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(mpsc::Sender<T>) -> Message,
    ) -> Result<T, Error> {
        let (answer, answers) = mpsc::channel();
        self.inbox
            .send(question(answer))
            .map_err(|_| Error::closed())?;
        answers.recv().map_err(|_| Error::closed())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
        if let Some(driver) = self.driver.take() {
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

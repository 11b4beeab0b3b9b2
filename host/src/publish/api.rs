//! What applications call: on the builder before the start, on the host later.

use std::ffi::OsString;
use std::panic::Location;
use std::time::Duration;

use super::canary::HostCanary;
use super::{CandidateView, HistoryEntry, Holder, PublishListener, RollbackPolicy, TestCommand};
use crate::builder::Builder;
use crate::error::Error;
use crate::event::Receipt;
use crate::host::Host;
use crate::registration::Registration;
use crate::reload::driver::Message;

impl Builder {
    /// Adds a listener that hears of every publish from the first one on, for as long as the
    /// host lives.
    ///
    /// ```no_run
    /// use hotplate::{Host, PublishListener};
    ///
    /// let log = PublishListener::new("log").after(|receipt| println!("{receipt:?}"));
    /// let host = Host::builder().plugin("plugins/site").on_publish(log).start()?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn on_publish(self, listener: PublishListener) -> Self {
        self.publishing.listeners.add_lasting(listener);
        self
    }

    /// Adds a canary: a trial rendering or call, or several, that every change set has to pass
    /// before it is published, the first one included.
    ///
    /// It runs on a thread of its own. An error or a panic refuses the change set at
    /// [`Stage::Canary`](crate::Stage::Canary), with the message, and the place in the template
    /// or plugin that failed where there is one, else that of this call. Plugins have canaries
    /// of their own, with `#[canary]`.
    ///
    /// ```no_run
    /// use hotplate::{Host, context};
    ///
    /// let host = Host::builder()
    ///     .plugin("plugins/site")
    ///     .canary("front page", |candidate| -> Result<(), hotplate::Error> {
    ///         candidate.render("site", "index.html", &context! { title: "Hello" })?;
    ///         Ok(())
    ///     })
    ///     .start()?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    #[track_caller]
    pub fn canary<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        self,
        name: impl Into<String>,
        run: impl Fn(&CandidateView) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let canary = HostCanary::new(name.into(), Location::caller(), run);
        self.publishing.canaries.add_lasting(canary);
        self
    }

    /// How long one canary may take; ten seconds by default. One that takes longer refuses the
    /// change set; its thread is left behind, since nothing can end it.
    pub fn canary_timeout(mut self, limit: Duration) -> Self {
        self.publishing.canaries.set_limit(limit);
        self
    }

    /// Publishes only if a command succeeds: the tests of the plugins, say.
    ///
    /// It runs after each build, but for the one that starts the host, in the directory of
    /// each plugin that is to be swapped. `HOTPLATE_PLUGIN` names that plugin,
    /// `HOTPLATE_PLUGINS` all of the change set with commas between, and
    /// `HOTPLATE_GENERATION` is the number that the change set would get. A status that is not
    /// zero refuses the change set at [`Stage::Tests`](crate::Stage::Tests), with the end of
    /// the output. A newer edit ends it, with all processes that it has started.
    ///
    /// ```no_run
    /// # use hotplate::Host;
    /// let host = Host::builder()
    ///     .plugin("plugins/text")
    ///     .test_command(["cargo", "test", "--quiet"])
    ///     .start()?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn test_command<T: Into<OsString>>(mut self, command: impl IntoIterator<Item = T>) -> Self {
        let mut words = command.into_iter().map(Into::into);
        match words.next() {
            Some(program) => {
                self.settings.test_command = Some(TestCommand {
                    program,
                    arguments: words.collect(),
                });
            }
            None => self.mistake = Some("the test command names no program".to_owned()),
        }
        self
    }

    /// How long the test command may take in one plugin; ten minutes by default.
    pub fn test_timeout(mut self, limit: Duration) -> Self {
        self.settings.test_timeout = limit;
        self
    }

    /// Goes back by itself when too many of the first calls of a new generation fail.
    ///
    /// [`Event::TrialFailed`](crate::Event::TrialFailed) says why, and the receipt has
    /// [`Cause::Automatic`](crate::Cause::Automatic). The same sources are not published again
    /// until they change: a change set that would bring back all that the failed generation
    /// had changed is refused at [`Stage::Trial`](crate::Stage::Trial). The first generation,
    /// and what a rollback went back to, are not on trial.
    ///
    /// Calls cost nothing more while no generation is on trial.
    ///
    /// ```no_run
    /// # use hotplate::{Host, RollbackPolicy};
    /// let host = Host::builder()
    ///     .plugin("plugins/site")
    ///     .rollback_on_failures(RollbackPolicy::new(100, 0.05))
    ///     .start()?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn rollback_on_failures(mut self, policy: RollbackPolicy) -> Self {
        if let Some(mistake) = policy.mistake() {
            self.mistake = Some(mistake.to_owned());
        }
        self.publishing.policy = Some(policy);
        self
    }

    /// What is wrong with what was asked for together.
    pub(crate) fn publishing_mistake(&self) -> Option<&'static str> {
        let is_tried = self.publishing.policy.is_some();
        (is_tried && self.settings.keep_snapshots == 0)
            .then_some("a rollback on failures needs an earlier snapshot that is kept")
    }
}

impl Host {
    /// Adds a listener that hears of every publish from now on, until the registration is
    /// dropped.
    ///
    /// See [`PublishListener`] for what it may do.
    pub fn on_publish(&self, listener: PublishListener) -> Registration {
        self.shared.publishing.listeners.add(listener)
    }

    /// Adds a canary as [`Builder::canary`] does, for all later change sets, until the
    /// registration is dropped.
    ///
    /// On the canary's thread, the host's handles mean the candidate:
    ///
    /// ```no_run
    /// use hotplate::context;
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// let page = host.template("site", "index.html")?;
    /// let registration = host.canary("title", move |_| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     let text = page.render(&context! { title: "Hello" })?;
    ///     if text.contains("Hello") { Ok(()) } else { Err("the title is missing".into()) }
    /// });
    /// # drop(registration);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    #[track_caller]
    pub fn canary<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        name: impl Into<String>,
        run: impl Fn(&CandidateView) -> Result<(), E> + Send + Sync + 'static,
    ) -> Registration {
        let canary = HostCanary::new(name.into(), Location::caller(), run);
        self.shared.publishing.canaries.add(canary)
    }

    /// Goes back to a generation that is kept, or forward again to one that was left, without
    /// a build; [`history`](Self::history) lists them.
    ///
    /// It becomes current under a new number. Files are not touched; the next edit is
    /// published on top as usual.
    ///
    /// # Errors
    ///
    /// If the generation is not kept, for which [`Error::is_unknown`] is true, or serves
    /// already, a live handle needs another signature, or a listener objects.
    pub fn rollback_to(&self, generation: u64) -> Result<Receipt, Error> {
        if self.is_fixed() {
            return Err(Error::nothing_to_roll_back_to());
        }
        self.ask(|answer| Message::Rollback(Some(generation), answer))?
    }

    /// The generations that can be gone back to, and the current one, in order.
    pub fn history(&self) -> Vec<HistoryEntry> {
        self.shared.history()
    }

    /// The generations that pins and handles of one thread hold, in order, also such as are
    /// no longer kept. What is not listed is held by nobody but the host, and perhaps by calls
    /// that are running.
    pub fn holders(&self) -> Vec<Holder> {
        self.shared.holders()
    }
}

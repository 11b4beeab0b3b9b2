//! Notices that something beneath a watched path may have changed.
//!
//! A [`Watcher`] is an actor: one thread of ours that takes events from
//! [`notify`], gathers them until nothing new arrived for a quiet period, and
//! hands one hint to a sink. Hints say where to look; whether anything really
//! changed is for [`FileTable`](crate::files::FileTable) to find out.
//!
//! Every directory is watched by itself: those beneath a root, the real ones
//! behind links, and all those above, so that a root may be deleted, renamed
//! and made again. Where events cannot be had, the watcher polls and says so.

mod actor;
mod survey;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use notify::{EventHandler, RecommendedWatcher};

use crate::files::{PathFilter, leave_out_nothing};
use actor::{Actor, Message};

/// How to watch.
pub(crate) struct WatchOptions {
    /// A hint is given when nothing happened for this long, or after forty times
    /// as long if something keeps happening. Many paths at once take longer.
    pub(crate) quiet_period: Duration,
    /// Ask for no events, and give a [`Hint::Rescan`] in this interval.
    pub(crate) poll: Option<Duration>,
    /// The interval of polling for a path where events cannot be had.
    pub(crate) fallback_poll: Duration,
    /// Says which paths are not worth a hint. It is asked about real paths.
    pub(crate) leave_out: PathFilter,
}

impl Default for WatchOptions {
    fn default() -> WatchOptions {
        WatchOptions {
            quiet_period: Duration::from_millis(5),
            poll: None,
            fallback_poll: Duration::from_secs(1),
            leave_out: leave_out_nothing(),
        }
    }
}

/// Where to look for changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// At these real paths, each a file, a directory or a link, and beneath them.
    Paths(BTreeSet<PathBuf>),
    /// Everywhere: events were lost, or there are none.
    Rescan,
}

/// What a watcher reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WatchEvent {
    /// Something may have changed.
    Hint(Hint),
    /// A watched path is polled from now on.
    Polling {
        /// The path, as it was given to [`Watcher::watch`].
        path: PathBuf,
        /// Why there are no events for it.
        reason: String,
    },
    /// The source of events reported a fault; watching goes on.
    Failed {
        /// What the fault concerns; empty if that is unknown.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
}

type Sink = Box<dyn Fn(WatchEvent) + Send>;
type Backend = Box<dyn notify::Watcher + Send>;

/// The handle of the actor. Dropping it ends its thread and waits for that.
pub(crate) struct Watcher {
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watcher").finish_non_exhaustive()
    }
}

impl Watcher {
    /// Starts a watcher that watches nothing yet. The sink runs on the watcher's
    /// thread, which waits for it.
    ///
    /// # Errors
    ///
    /// Fails if no thread can be started.
    pub(crate) fn start(
        options: WatchOptions,
        sink: impl Fn(WatchEvent) + Send + 'static,
    ) -> io::Result<Watcher> {
        Watcher::start_with(options, sink, |handler| {
            // Links are followed by the survey, one directory at a time.
            let config = notify::Config::default().with_follow_symlinks(false);
            let watcher = <RecommendedWatcher as notify::Watcher>::new(handler, config)?;
            Ok(Box::new(watcher))
        })
    }

    fn start_with(
        options: WatchOptions,
        sink: impl Fn(WatchEvent) + Send + 'static,
        make_backend: impl FnOnce(ForwardEvents) -> notify::Result<Backend>,
    ) -> io::Result<Watcher> {
        let (messages, inbox) = mpsc::channel();
        let backend = match options.poll {
            Some(_) => Err("polling was asked for".to_owned()),
            None => {
                make_backend(ForwardEvents(messages.clone())).map_err(|error| error.to_string())
            }
        };
        let actor = Actor::new(options, Box::new(sink), backend, inbox);
        let thread = thread::Builder::new()
            .name("hotplate-watch".to_owned())
            .spawn(move || actor.run())?;
        Ok(Watcher {
            messages: Some(messages),
            thread: Some(thread),
        })
    }

    /// Watches a path and everything beneath it, whether it exists yet or not.
    ///
    /// When this returns, every later change gives a hint: watch first, then
    /// scan. Called from the sink, it returns before that.
    pub(crate) fn watch(&self, path: &Path) {
        let (done, wait) = mpsc::channel();
        if let Some(messages) = &self.messages {
            let sent = messages.send(Message::Watch(path.to_path_buf(), done));
            if sent.is_ok() && !self.is_own_thread() {
                // An error means that the actor answered by dropping its end.
                let _ = wait.recv();
            }
        }
    }

    fn is_own_thread(&self) -> bool {
        let thread = self.thread.as_ref();
        thread.is_some_and(|thread| thread.thread().id() == thread::current().id())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let own_thread = self.is_own_thread();
        if let Some(messages) = self.messages.take() {
            let _ = messages.send(Message::Stop);
        }
        if let Some(thread) = self.thread.take().filter(|_| !own_thread) {
            let _ = thread.join();
        }
    }
}

/// Passes on every event that can mean a change. Opening and reading are left
/// out here, so that reading a file in order to hash it is no reason to do so again.
struct ForwardEvents(Sender<Message>);

impl EventHandler for ForwardEvents {
    fn handle_event(&mut self, event: notify::Result<notify::Event>) {
        use notify::event::{AccessKind, AccessMode, EventKind};
        let only_read = event.as_ref().is_ok_and(|event| {
            let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
            event.kind.is_access() && event.kind != written
        });
        if !only_read {
            // An error means that the actor has ended.
            let _ = self.0.send(Message::Event(event));
        }
    }
}

#[cfg(test)]
mod tests;

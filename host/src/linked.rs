//! Plugins that are linked into the program: there from the start, and never swapped.

use std::time::Instant;

use hotplate_plugin_api::StaticPlugin;

use crate::candidate::Candidate;
use crate::error::Error;
use crate::event::{Cause, Event, Timings};
use crate::load::Library;
use crate::shared::{Outcome, Shared};
use crate::sync::Arc;

/// Linked plugins, checked and not yet visible.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    candidate: Candidate,
}

impl Linked {
    /// Checks the plugins against this host.
    ///
    /// # Errors
    ///
    /// If one was built with another version of the plugin API, or two have one name.
    pub(crate) fn new(plugins: &[StaticPlugin]) -> Result<Self, Error> {
        let mut linked = Self::default();
        for plugin in plugins {
            let (library, modules) = Library::link(*plugin).map_err(|failure| {
                Error::setup(format!(
                    "a linked plugin cannot be used: {}",
                    failure.message
                ))
            })?;
            let library = Arc::new(library);
            for module in &modules {
                let added = linked.candidate.add(module, &library);
                added.map_err(|message| Error::setup(format!("linked plugins: {message}")))?;
            }
        }
        Ok(linked)
    }

    /// The plugins' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.candidate.plugins.keys()
    }

    /// Makes the plugins' units current, in the first snapshot of a host.
    ///
    /// # Errors
    ///
    /// If a canary fails, a listener objects, or their state cannot be made or restored.
    pub(crate) fn publish(self, shared: &Arc<Shared>) -> Result<(), Error> {
        if self.candidate.plugins.is_empty() {
            return Ok(());
        }
        let timings = Timings::default();
        let outcome = shared.publish(self.candidate, Cause::Start, timings, Instant::now());
        match outcome {
            Outcome::Published(receipt) => shared.emit(Event::Published(receipt)),
            Outcome::Unchanged(plugins) => shared.emit(Event::Unchanged { plugins }),
            Outcome::Refused(rejection) => {
                shared.emit(Event::Rejected(rejection.clone()));
                return Err(Error::rejected(rejection));
            }
            // There is no library to fold.
            Outcome::Folded(plugins) => shared.emit(Event::Consolidated { plugins }),
        }
        Ok(())
    }
}

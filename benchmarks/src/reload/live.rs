//! A running host, and edits of what it watches.

use std::path::Path;
use std::time::Instant;

use hotplate::{Builder, Event, Events, Function, Host, Receipt, Template, Value};

use super::contender::Sample;
use super::scene::{PATIENCE, write};
use crate::Fault;

/// The call that shows which code runs.
pub(super) enum Probe {
    Template(Template, Value),
    Function(Function<(&'static str,), String>),
}

impl Probe {
    fn call(&self) -> Result<String, Fault> {
        Ok(match self {
            Self::Template(template, context) => template.render(context)?,
            Self::Function(function) => function.call(("hot plates are hot",))?,
        })
    }
}

/// A host with one handle.
pub(super) struct Live {
    probe: Probe,
    events: Events,
    _host: Host,
}

/// Which unit of which plugin is called.
pub(super) enum Call<'c> {
    Template(&'c str, &'c str, &'c Value),
    Function(&'c str, &'c str),
}

impl Live {
    /// Starts a host and makes the first call, whose text must have `mark`. The sample is
    /// the time from the start of the host to the end of the call.
    pub(super) fn start(
        mut builder: Builder,
        call: &Call<'_>,
        mark: &str,
    ) -> Result<(Self, Sample), Fault> {
        let events = builder.subscribe();
        let began = Instant::now();
        let host = builder.start()?;
        let probe = match *call {
            Call::Template(plugin, name, context) => {
                Probe::Template(host.template(plugin, name)?, context.clone())
            }
            Call::Function(plugin, name) => Probe::Function(host.function(plugin, name)?),
        };
        let text = probe.call()?;
        let total = began.elapsed();
        if !text.contains(mark) {
            return Err(format!("the first call gives {text:?}, without {mark}").into());
        }
        let first = |event| match event {
            Event::Published(receipt) => Some(receipt.timings),
            _ => None,
        };
        let timings = std::iter::from_fn(|| events.try_recv()).find_map(first);
        let live = Self {
            probe,
            events,
            _host: host,
        };
        Ok((live, Sample { total, timings }))
    }

    /// Writes a file and waits until calls run it: until their text has `mark`.
    pub(super) fn edit(&self, path: &Path, text: &str, mark: &str) -> Result<Sample, Fault> {
        while self.events.try_recv().is_some() {}
        let began = Instant::now();
        write(path, text)?;
        loop {
            let receipt = self.published(began)?;
            if self.probe.call()?.contains(mark) {
                return Ok(Sample {
                    total: began.elapsed(),
                    timings: Some(receipt.timings),
                });
            }
        }
    }

    /// Waits for the next publish.
    fn published(&self, began: Instant) -> Result<Receipt, Fault> {
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            match self.events.recv_timeout(left) {
                Some(Event::Published(receipt)) => return Ok(receipt),
                Some(Event::Rejected(rejection)) => return Err(rejection.to_string().into()),
                Some(_) => {}
                None => return Err("an edit was not published".into()),
            }
        }
    }
}

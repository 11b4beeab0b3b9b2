//! Saying what happens, for people or for programs.

mod lines;
mod spinner;
mod style;
mod text;

use std::path::Path;
use std::sync::{Arc, Mutex};

use hotplate::Event;

use crate::args::EventFormat;
use crate::serve::overlay::Refusal;

pub(crate) use spinner::Spinner;
pub(crate) use style::{Palette, colours_for};
pub(crate) use text::{Place, PromptReporter, TextReporter};

/// Something to report.
#[derive(Debug)]
pub(crate) enum Notice<'a> {
    /// Pages are served.
    Ready { url: &'a str, generation: u64 },
    /// The host can be attached to through this socket.
    Control { path: &'a Path },
    /// The host has something to say.
    Host(&'a Event),
    /// The site's own files have mistakes.
    SiteRejected(&'a Refusal),
    /// The server has ended.
    Stopped,
}

/// Who is told. Never fails: a report that nobody can read must not end the server.
pub(crate) trait Reporter: Send {
    /// Reports one thing, at once.
    fn report(&mut self, notice: &Notice<'_>);
}

/// A reporter that several threads use, and that can be replaced.
pub(crate) type SharedReporter = Arc<Mutex<Box<dyn Reporter>>>;

/// The reporter for a format.
pub(crate) fn reporter(format: EventFormat, verbose: u8) -> Box<dyn Reporter> {
    match format {
        EventFormat::Text => Box::new(text::TextReporter::new(verbose > 0, Place::Output)),
        EventFormat::Json => Box::new(lines::JsonReporter),
    }
}

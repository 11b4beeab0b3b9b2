//! Recoders: new source for what runs, from the program itself.
//!
//! A [`Recoder`] stands for a piece of a plugin's source: a template, a block or partial of
//! one, a Rust function, or a whole file. It gives the driver *edits* of a file's text;
//! the driver keeps them ([`desk`]), says how they stand ([`status`]), and every build takes the edited text in place of the
//! file's ([`overlay`]). Templates are compiled from it as after a save. For Rust, rustc is
//! called as cargo would call it, on a mirror of the sources in which the file is replaced
//! (`build/replay.rs`). Neither the file nor what cargo knows of it is touched.
//!
//! The text of a file is its *base*, what the file had when the first edit was made, with
//! the edits applied in order ([`edits`]). An edit finds its piece by name ([`locate`]), so
//! that any of them can be taken out and the others still fit.
//!
//! An edit is tried as a change set of its own. If that is refused, the edit is dropped, and
//! the sources are what they were. When one is published, the units that it replaced are
//! remembered with it: taking it out again makes them current without a build, unless
//! something else was published over it.
//!
//! [`commit`] writes a file so that a crash leaves the old or the new text.

pub(crate) mod change;
mod commit;
pub(crate) mod desk;
mod edits;
mod locate;
mod overlay;
mod requests;
mod status;

use std::fmt;
use std::sync::mpsc;

pub(crate) use locate::{Piece, function_of};
pub(crate) use overlay::Overlay;
pub(crate) use requests::{Answer, EditId, Lane, Operation, Place, Reply, Request};

use crate::error::Error;
use crate::event::{Event, Receipt};
use crate::reload::driver::Message;
use crate::shared::Shared;
use crate::sync::Arc;

/// Replaces a piece of a plugin's source while it runs: a template, a block or partial, a
/// Rust function, or a whole file. [`Host::recoder`](crate::Host::recoder) and
/// [`Host::module_recoder`](crate::Host::module_recoder) make one.
///
/// A patch is live like an edit that was saved, with the same checks, but the file stays as
/// it is until [`commit`](Self::commit). A patch that was not committed is gone when the
/// host is.
///
/// A recoder is a name for its piece, not an owner: two for the same piece see each other's
/// patches, and a patch stays when its recoder is dropped.
///
/// ```no_run
/// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
/// let about = host.recoder("site", "about.html")?;
/// about.patch("<h1>{{ title }}</h1>")?;
/// // Pages show the patch. Was it better before?
/// about.revert()?;
/// # Ok::<(), hotplate::Error>(())
/// ```
#[derive(Clone)]
pub struct Recoder {
    shared: Arc<Shared>,
    inbox: mpsc::Sender<Message>,
    place: Place,
}

/// How a piece of source and its file stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecoderStatus {
    /// What runs is what the file has; no patch is there.
    Original,
    /// A patch runs, and the file is what it was when the patch was made.
    Live,
    /// A patch runs, and the file was changed or removed meanwhile:
    /// [`commit`](Recoder::commit) is refused, [`revert`](Recoder::revert) brings the file's
    /// newest version. If the file gets its earlier content back, this is `Live` again.
    OutOfSync,
    /// The latest patch was refused and no earlier one is there: what runs is what the file
    /// has.
    Refused,
    /// There is a patch, but a [rollback](crate::Host::rollback) put an earlier version in
    /// its place. As with an edit of a file, the next change of the plugin brings it back;
    /// `revert` drops it.
    RolledBack,
    /// The patch was written into the file, which was not changed since.
    Saved,
}

impl RecoderStatus {
    /// The status in lower-case words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Live => "live",
            Self::OutOfSync => "out of sync",
            Self::Refused => "refused",
            Self::RolledBack => "rolled back",
            Self::Saved => "saved",
        }
    }
}

impl fmt::Display for RecoderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Recoder {
    pub(crate) fn new(shared: Arc<Shared>, inbox: mpsc::Sender<Message>, place: Place) -> Self {
        Self {
            shared,
            inbox,
            place,
        }
    }

    /// Builds `source` in place of this piece and publishes it, without touching the file.
    ///
    /// What is replaced is what [`source`](Self::source) gives: of a block or partial
    /// everything from its opening to its closing tag, of a function the whole item with
    /// its attributes and documentation. The new text must define the same block, partial
    /// or function; it may define more beside it. A patch takes the place of the one before.
    ///
    /// Gives nothing if the new text means what runs already. A host set up as
    /// [`manual`](crate::Builder::manual) publishes what waits for a tick, too.
    ///
    /// # Errors
    ///
    /// If the patch is refused: [`Error::rejection`] has the diagnostics, whose file is the
    /// patched one, and whose lines and columns count from the start of `source` where they
    /// lie in it. What served goes on serving, an earlier patch included.
    pub fn patch(&self, source: &str) -> Result<Option<Receipt>, Error> {
        let reply = self.ask(Operation::Patch(Some(source.into())))?;
        Ok(reply.receipt)
    }

    /// Removes this piece: the template, the block with its tags, the function, the file.
    ///
    /// [`commit`](Self::commit) then removes it from the file, or removes the file.
    ///
    /// # Errors
    ///
    /// As [`patch`](Self::patch).
    pub fn delete(&self) -> Result<Option<Receipt>, Error> {
        Ok(self.ask(Operation::Patch(None))?.receipt)
    }

    /// Adds Rust items to the module of this function: helpers, imports, types. They are
    /// there for later patches, and count as a part of this recoder's patch for
    /// [`revert`](Self::revert) and [`commit`](Self::commit). New items take the place of
    /// those added before.
    ///
    /// # Errors
    ///
    /// As [`patch`](Self::patch), and if this is no Rust function or Rust file.
    pub fn patch_module(&self, items: &str) -> Result<Option<Receipt>, Error> {
        Ok(self.ask(Operation::Items(items.into()))?.receipt)
    }

    /// Puts back the last committed version: at once and without a build, if the file was
    /// not changed meanwhile. If it was, its newest version is built and published.
    ///
    /// When a later patch of the same plugin's Rust code is there, the function is put back
    /// at once, and a build follows that frees the later patch's own calls of it. Gives
    /// nothing if there was nothing to put back.
    ///
    /// # Errors
    ///
    /// If the file's newest version is refused, or a live handle needs the signature that the
    /// patch has: then the patch stays.
    pub fn revert(&self) -> Result<Option<Receipt>, Error> {
        Ok(self.ask(Operation::Revert)?.receipt)
    }

    /// Writes the patch into the file, in one step: whoever reads the file finds the old or
    /// the new text, after a crash too. Links, the file's mode and its kind of line ends are
    /// kept. Nothing is built, for what the file has then is what runs.
    ///
    /// Of several patches of a file only this one is written.
    ///
    /// # Errors
    ///
    /// If there is no patch, an [override](Self::override_with) is in force, the file was
    /// changed since the patch was made, or it cannot be written.
    pub fn commit(&self) -> Result<(), Error> {
        self.ask(Operation::Commit).map(drop)
    }

    /// How this piece and its file stand to each other.
    ///
    /// # Errors
    ///
    /// If the host is gone.
    pub fn status(&self) -> Result<RecoderStatus, Error> {
        Ok(self.ask(Operation::Status)?.status)
    }

    /// The text of this piece as builds see it: with the patch, if there is one. Nothing if
    /// it was deleted.
    ///
    /// # Errors
    ///
    /// If the piece is not in the file any more.
    pub fn source(&self) -> Result<Option<String>, Error> {
        Ok(self.ask(Operation::Source)?.text)
    }

    /// A patch for the lifetime of a value, for tests and mocking: when the guard is
    /// dropped, what was there before is put back.
    ///
    /// Guards nest, and may be dropped in any order: the latest that is left counts.
    ///
    /// # Errors
    ///
    /// As [`patch`](Self::patch).
    pub fn override_with(&self, source: &str) -> Result<OverrideGuard, Error> {
        let reply = self.ask(Operation::Override(source.into()))?;
        Ok(OverrideGuard {
            recoder: self.clone(),
            edit: reply.edit,
        })
    }

    /// The plugin.
    pub fn plugin(&self) -> &str {
        &self.place.plugin
    }

    /// The unit, such as `article.html/content` or `slugify`; for a whole file its path in
    /// the plugin.
    pub fn unit(&self) -> &str {
        &self.place.unit
    }

    fn ask(&self, operation: Operation) -> Result<Reply, Error> {
        let (answer, answers) = mpsc::channel();
        let request = Request {
            place: self.place.clone(),
            operation,
            answer,
        };
        self.inbox
            .send(Message::Recode(request))
            .map_err(|_| Error::closed())?;
        answers.recv().map_err(|_| Error::closed())?
    }
}

impl fmt::Debug for Recoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recoder({}::{})", self.plugin(), self.unit())
    }
}

/// Keeps an override in force; made by [`Recoder::override_with`].
///
/// Dropping it never panics, also while the thread panics. If what was there before cannot
/// be put back, the override stays, and [`Event::RevertFailed`] says why.
#[derive(Debug)]
#[must_use = "the override ends when the guard is dropped"]
pub struct OverrideGuard {
    recoder: Recoder,
    edit: EditId,
}

impl OverrideGuard {
    /// The recoder that the guard came from.
    pub fn recoder(&self) -> &Recoder {
        &self.recoder
    }
}

impl Drop for OverrideGuard {
    fn drop(&mut self) {
        match self.recoder.ask(Operation::End(self.edit)) {
            Ok(_) => {}
            // With the host its patches are gone.
            Err(error) if error.is_closed() => {}
            Err(error) => self.recoder.shared.emit(Event::RevertFailed {
                plugin: self.recoder.plugin().to_owned(),
                unit: self.recoder.unit().to_owned(),
                message: error.to_string(),
            }),
        }
    }
}

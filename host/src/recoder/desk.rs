//! The edits of a host, and what is known of each piece: all of it belongs to the driver.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::RecoderStatus;
use super::change::{FollowUp, LaneUnits, Pending, Replaced, Way};
use super::commit::commit;
use super::edits::{Edit, EditKind, FileEdits, Misfit};
use super::locate::Piece;
use super::overlay::Overlay;
use super::requests::{Answer, EditId, Lane, Operation, Place, Request};
use super::status::Known;
use crate::error::Error;
use crate::event::{Diagnostic, Rejection, Stage};
use crate::reload::machine::SourceId;
use crate::sync::Arc;
use crate::templates::TemplateSet;

/// The driver's part of all recoders.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(super) files: BTreeMap<PathBuf, FileEdits>,
    overlay: Arc<Overlay>,
    last_edit: u64,
    last_state: u64,
    /// Which state each half of a plugin is in: equal numbers mean equal units.
    states: BTreeMap<(SourceId, Lane), u64>,
    /// What each half of a plugin consisted of before its first edit.
    originals: BTreeMap<(SourceId, Lane), Arc<LaneUnits>>,
    pub(super) known: BTreeMap<(PathBuf, Piece), Known>,
    /// The current generation, for those who are told that it serves on.
    pub(crate) serving: u64,
    pub(crate) pending: Option<Pending>,
    pub(crate) queue: VecDeque<Request>,
    pub(crate) follow_up: Option<FollowUp>,
    /// Sources whose next publish completes a revert.
    pub(crate) reverting: BTreeSet<SourceId>,
}

impl Desk {
    /// What builds take in place of files.
    pub(crate) fn overlay(&self) -> &Arc<Overlay> {
        &self.overlay
    }

    pub(crate) fn state(&self, source: SourceId, lane: Lane) -> u64 {
        self.states.get(&(source, lane)).copied().unwrap_or(0)
    }

    pub(crate) fn restore_state(&mut self, source: SourceId, lane: Lane, state: u64) {
        self.states.insert((source, lane), state);
    }

    /// Takes notice that units of a half of a plugin were replaced.
    pub(crate) fn replaced(&mut self, source: SourceId, lane: Lane) {
        self.last_state += 1;
        self.states.insert((source, lane), self.last_state);
    }

    /// A file's text as builds see it.
    pub(crate) fn text_of(&self, path: &Path) -> io::Result<Option<Arc<str>>> {
        match self.overlay.get(path) {
            Some(text) => Ok(text.clone()),
            None => read(path),
        }
    }

    /// The text of a piece as builds see it.
    pub(crate) fn source(&self, place: &Place) -> Result<Option<String>, Error> {
        let text = self
            .text_of(&place.path)
            .map_err(|error| unreadable(place, error))?;
        let edits = self.files.get(&place.path);
        let latest = edits.and_then(|file| {
            let of_piece = file.of_piece(&place.piece);
            of_piece
                .filter(|edit| !matches!(edit.kind, EditKind::Items(_)))
                .last()
        });
        if latest.is_some_and(|edit| edit.kind == EditKind::Replace(None)) {
            return Ok(None);
        }
        let Some(text) = text else {
            return Ok(None);
        };
        match place.piece.locate(&text) {
            Ok(range) => Ok(text.get(range).map(str::to_owned)),
            Err(_) => Err(Error::setup(format!(
                "there is no {} in the source of {} any more",
                place.piece.describe(),
                place.unit
            ))),
        }
    }

    /// Adds an edit. Gives the change, for which the driver starts a build, or why the edit
    /// does not fit.
    pub(crate) fn add(
        &mut self,
        place: &Place,
        operation: Operation,
        before: Arc<LaneUnits>,
        answer: &mpsc::Sender<Answer>,
    ) -> Result<Pending, Error> {
        let kind = match operation {
            Operation::Patch(text) => EditKind::Replace(text),
            Operation::Items(items) => EditKind::Items(items),
            Operation::Override(text) => EditKind::Override(text),
            _ => return Err(Error::setup("this is no edit")),
        };
        if matches!(kind, EditKind::Items(_)) && place.lane != Lane::Rust {
            let message = format!("{} is a template: there is no module to add to", place.unit);
            return Err(Error::setup(message));
        }
        let previous = self.files.get(&place.path).cloned();
        let mut file = match previous.clone() {
            Some(file) => file,
            None => FileEdits {
                source: place.source,
                lane: place.lane,
                base: read(&place.path).map_err(|error| unreadable(place, error))?,
                out_of_sync: false,
                edits: Vec::new(),
            },
        };
        let current = self.state(place.source, place.lane);
        let mut replaces = Replaced {
            before,
            before_state: current,
            after_state: Some(current),
        };
        // A text takes the place of the one before, and added items of added items.
        let is_earlier = |edit: &Edit| {
            edit.piece == place.piece
                && matches!(
                    (&edit.kind, &kind),
                    (EditKind::Replace(_), EditKind::Replace(_))
                        | (EditKind::Items(_), EditKind::Items(_))
                )
        };
        let lane = (place.source, place.lane);
        let original = replaces.before.clone();
        let mut superseded = None;
        if let Some(at) = file.edits.iter().position(is_earlier) {
            let earlier = file.edits.remove(at);
            superseded = Some(earlier.id);
            replaces = match earlier.replaced {
                Some(earlier) => Replaced {
                    after_state: earlier.after_state.filter(|state| *state == current),
                    ..earlier
                },
                None => Replaced {
                    after_state: None,
                    ..replaces
                },
            };
        }
        self.last_edit += 1;
        let id = EditId(self.last_edit);
        file.edits.push(Edit {
            id,
            piece: place.piece.clone(),
            kind,
            plugin: place.plugin.clone(),
            unit: place.unit.clone(),
            replaced: None,
            rolled_back: false,
        });
        let (text, own) = file
            .apply()
            .map_err(|misfit| self.misfit(place, &file, misfit))?;
        self.check(place, &file, text.as_deref(), &own)?;
        self.know(place);
        let set = original.set.clone();
        if !self
            .files
            .values()
            .any(|file| (file.source, file.lane) == lane)
        {
            self.originals.insert(lane, original);
        }
        self.files.insert(place.path.clone(), file);
        self.no_way_back_over(lane, superseded);
        self.renew_overlay();
        Ok(Pending {
            place: place.clone(),
            answer: answer.clone(),
            edit: Some(id),
            previous,
            replaces: Some(replaces),
            alone: false,
            set,
            own: text.map(|text| (text, own)),
        })
    }

    /// Makes sure that a new text still has the piece that it is for.
    fn check(
        &self,
        place: &Place,
        file: &FileEdits,
        text: Option<&str>,
        own: &Range<usize>,
    ) -> Result<(), Error> {
        let is_text =
            |kind: &EditKind| matches!(kind, EditKind::Replace(Some(_)) | EditKind::Override(_));
        if place.piece == Piece::Whole || !file.edits.last().is_some_and(|edit| is_text(&edit.kind))
        {
            return Ok(());
        }
        let text = text.unwrap_or_default();
        match place.piece.locate(text) {
            Ok(found) if own.start <= found.start && found.end <= own.end => Ok(()),
            Err(super::locate::LocateError::Syntax(syntax)) => {
                let misfit = Misfit {
                    message: syntax.message.clone(),
                    syntax: Some(syntax),
                };
                Err(self.misfit(place, file, misfit))
            }
            _ => Err(Error::setup(format!(
                "the patch of {} does not define {}",
                place.unit,
                place.piece.describe()
            ))),
        }
    }

    /// Why an edit does not fit, as an error: a refused patch, if it is about a place in the
    /// edit's own text.
    fn misfit(&self, place: &Place, file: &FileEdits, misfit: Misfit) -> Error {
        let own = file.edits.last().and_then(|edit| match &edit.kind {
            EditKind::Replace(text) => text.clone(),
            EditKind::Override(text) | EditKind::Items(text) => Some(text.clone()),
        });
        // Where the text is wrong by itself, the place is its own.
        let mistake = own.and_then(|own| super::locate::check_rust(&own).err());
        let Some(syntax) = mistake.filter(|_| misfit.syntax.is_some()) else {
            return Error::setup(misfit.message);
        };
        let number = |number: usize| u32::try_from(number).ok();
        let mut diagnostic = Diagnostic::message(syntax.message);
        diagnostic.file = Some(place.path.display().to_string());
        diagnostic.line = number(syntax.line);
        diagnostic.column = number(syntax.column);
        diagnostic.rendered = format!("error: {diagnostic}\n");
        Error::rejected(Rejection {
            stage: Stage::Build,
            plugin: Some(place.plugin.to_string()),
            diagnostics: vec![diagnostic],
            serving: self.serving,
        })
    }

    /// The edits that an operation takes out; none if there are none.
    pub(crate) fn to_remove(&self, place: &Place, operation: &Operation) -> Vec<EditId> {
        let Some(file) = self.files.get(&place.path) else {
            return Vec::new();
        };
        let edits = file.of_piece(&place.piece).map(|edit| edit.id);
        match operation {
            Operation::End(edit) => edits.filter(|id| id == edit).collect(),
            _ => edits.collect(),
        }
    }

    /// How edits can be taken out of what runs.
    pub(crate) fn way_back(&self, place: &Place, edits: &[EditId]) -> Way {
        let Some(file) = self.files.get(&place.path) else {
            return Way::Build;
        };
        let is_in_sync = read(&place.path).is_ok_and(|found| found == file.base);
        if !is_in_sync {
            return Way::Build;
        }
        let mut state = self.state(place.source, place.lane);
        let mut units = None;
        let chosen = || file.edits.iter().filter(|edit| edits.contains(&edit.id));
        for edit in chosen().rev() {
            match &edit.replaced {
                Some(replaced) if replaced.after_state == Some(state) => {
                    state = replaced.before_state;
                    units = Some(replaced.before.clone());
                }
                _ => {
                    units = None;
                    break;
                }
            }
        }
        if let Some(units) = units {
            return Way::Exact(units, state);
        }
        let original = self.originals.get(&(place.source, place.lane));
        let is_all = chosen().count() == file.of_piece(&place.piece).count();
        let was_rolled_back = chosen().any(|edit| edit.rolled_back);
        match (&place.piece, original) {
            (Piece::Function(_), Some(original)) if is_all && !was_rolled_back => {
                Way::Unit(original.clone())
            }
            _ => Way::Build,
        }
    }

    /// Without an edit, what later ones replaced is not what was there before them.
    fn no_way_back_over(&mut self, lane: (SourceId, Lane), removed: Option<EditId>) {
        let files = self.files.values_mut();
        let files = files.filter(|file| (file.source, file.lane) == lane);
        for edit in files.flat_map(|file| &mut file.edits) {
            if removed.is_some_and(|removed| edit.id > removed)
                && let Some(replaced) = &mut edit.replaced
            {
                replaced.after_state = None;
            }
        }
    }

    /// Takes edits out; gives the change, to be confirmed or put back.
    pub(crate) fn remove(
        &mut self,
        place: &Place,
        edits: &[EditId],
        set: Option<Arc<TemplateSet>>,
        answer: &mpsc::Sender<Answer>,
    ) -> Result<Pending, Error> {
        let previous = self.files.get(&place.path).cloned();
        if let Some(mut file) = previous.clone() {
            file.edits.retain(|edit| !edits.contains(&edit.id));
            file.apply().map_err(|misfit| {
                Error::setup(format!(
                    "another patch of the same file builds on this one; revert that first: {misfit}"
                ))
            })?;
            if file.edits.is_empty() {
                self.files.remove(&place.path);
            } else {
                self.files.insert(place.path.clone(), file);
            }
            let first = edits.iter().min().copied();
            self.no_way_back_over((place.source, place.lane), first);
            self.renew_overlay();
        }
        Ok(Pending {
            place: place.clone(),
            answer: answer.clone(),
            edit: None,
            previous,
            replaces: None,
            alone: false,
            set,
            own: None,
        })
    }

    /// Puts the edits of a file back that were there before a change.
    pub(crate) fn put_back(&mut self, pending: &Pending) {
        let path = &pending.place.path;
        match &pending.previous {
            Some(file) => {
                let mut file = file.clone();
                file.out_of_sync = read(path).is_ok_and(|found| found != file.base);
                self.files.insert(path.clone(), file);
            }
            None => {
                self.files.remove(path);
            }
        }
        if pending.edit.is_some() {
            self.settle(&pending.place, RecoderStatus::Refused);
        }
        self.renew_overlay();
    }

    /// Takes notice that a change was published.
    pub(crate) fn confirm(&mut self, pending: &Pending) {
        let Place { source, lane, .. } = pending.place;
        let state = self.state(source, lane);
        let edit = self.files.get_mut(&pending.place.path).and_then(|file| {
            let mut edits = file.edits.iter_mut();
            edits.find(|edit| Some(edit.id) == pending.edit)
        });
        if let (Some(edit), Some(replaces)) = (edit, &pending.replaces) {
            let is_exact = pending.alone && replaces.after_state.is_some();
            edit.replaced = Some(Replaced {
                after_state: is_exact.then_some(state),
                ..replaces.clone()
            });
        }
        self.settle(&pending.place, RecoderStatus::Original);
    }

    /// Writes the edits of a piece into its file.
    pub(crate) fn commit(&mut self, place: &Place) -> Result<(), Error> {
        let nothing = || Error::setup(format!("there is no patch of {} to commit", place.unit));
        let file = self.files.get(&place.path).ok_or_else(nothing)?;
        if file.of_piece(&place.piece).next().is_none() {
            return Err(nothing());
        }
        let refused = |why: String| {
            Error::setup(format!(
                "the patch of {} was not committed: {why}",
                place.unit
            ))
        };
        let is_override = |edit: &Edit| matches!(edit.kind, EditKind::Override(_));
        if file.of_piece(&place.piece).any(is_override) {
            return Err(refused("an override is in force".to_owned()));
        }
        let (text, _) = file
            .apply_some(|edit| edit.piece == place.piece)
            .map_err(|misfit| refused(format!("it builds on another patch: {misfit}")))?;
        let mut rest = FileEdits {
            base: text.clone(),
            ..file.clone()
        };
        rest.edits.retain(|edit| edit.piece != place.piece);
        rest.apply()
            .map_err(|misfit| refused(format!("another patch builds on it: {misfit}")))?;
        commit(&place.path, file.base.as_deref(), text.as_deref())
            .map_err(|error| refused(error.to_string()))?;
        if rest.edits.is_empty() {
            self.files.remove(&place.path);
        } else {
            self.files.insert(place.path.clone(), rest);
        }
        // They are older than the file now.
        self.originals.remove(&(place.source, place.lane));
        self.settle(place, RecoderStatus::Saved);
        self.renew_overlay();
        Ok(())
    }

    /// Whether a file has just what was committed to it.
    pub(crate) fn is_as_committed(&self, path: &Path, text: &Option<Arc<str>>) -> bool {
        read(path).is_ok_and(|found| found == *text)
    }

    /// The text that a file is to have for its edits to apply, or has if there are none.
    pub(crate) fn base_of(&self, path: &Path) -> Option<Arc<str>> {
        match self.files.get(path) {
            Some(file) => file.base.clone(),
            None => read(path).ok().flatten(),
        }
    }

    fn renew_overlay(&mut self) {
        let mut overlay = Overlay::default();
        for (path, file) in &self.files {
            // That all edits fit was seen when they were added.
            if let Ok((text, _)) = file.apply() {
                overlay.set(path.clone(), text);
            }
        }
        self.overlay = Arc::new(overlay);
        let files = &self.files;
        self.originals
            .retain(|lane, _| files.values().any(|file| (file.source, file.lane) == *lane));
    }
}

/// A file's text; none if there is no file.
pub(crate) fn read(path: &Path) -> io::Result<Option<Arc<str>>> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::other("it is no ordinary file"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn unreadable(place: &Place, error: io::Error) -> Error {
    Error::setup_from(format!("cannot read {}", place.path.display()), error)
}

//! What the driver does for recoders.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;

use super::{Driver, Message};
use crate::candidate::{Candidate, PatchedUnits};
use crate::error::{Error, suggestions};
use crate::event::{Cause, Change, Event, Receipt, Rejection, Stage, Timings};
use crate::files::FileChange;
use crate::recoder::RecoderStatus;
use crate::recoder::change::{FollowUp, LaneUnits, Pending, Way, lane_of};
use crate::recoder::{Answer, Lane, Operation, Piece, Place, Reply, Request, function_of};
use crate::reload::machine::{BuildId, ChangeSet, Input, SourceId};
use crate::reload::watchlist::{Concern, Source};
use crate::shared::Outcome;
use crate::source::PluginSource;
use crate::sync::{Arc, lock};

impl Driver {
    /// Finds the piece that a unit was made of.
    pub(super) fn find_place(&self, plugin: &str, name: &str) -> Result<Place, Error> {
        let (source, member) = self.plugin_to_recode(plugin)?;
        let live = self.shared.pin();
        let Some(unit) = live.find(plugin, name) else {
            let names = live.plugin_units(plugin).map(|unit| &**unit.name());
            return Err(Error::unknown(
                format!("unit {name} in plugin {plugin}"),
                suggestions(name, names),
            ));
        };
        // It may have been called something else before.
        let name = &**unit.name();
        let lane = lane_of(unit);
        let (path, piece) = match lane {
            Lane::Templates => {
                let file = unit.file();
                let folder = member.templates().ok_or_else(|| {
                    Error::setup(format!(
                        "{plugin} compiles its templates in a way of its own"
                    ))
                })?;
                let piece = match name.strip_prefix(&*file) {
                    Some(suffix) if !suffix.is_empty() => Piece::Part(suffix.to_owned()),
                    _ => Piece::Whole,
                };
                (folder.join(file), piece)
            }
            Lane::Rust => {
                let path = rust_file(&member, &unit.file())?;
                let text = self.desk.text_of(&path).map_err(|error| {
                    Error::setup_from(format!("cannot read {}", path.display()), error)
                })?;
                let function = function_of(&text.unwrap_or_default(), name, unit.line());
                let function = function.map_err(|_| {
                    Error::setup(format!(
                        "the source of {name} was not found in {}",
                        path.display()
                    ))
                })?;
                (path, Piece::Function(function))
            }
        };
        Ok(Place {
            plugin: plugin.into(),
            unit: name.into(),
            source,
            path,
            piece,
            lane,
        })
    }

    /// Finds a whole file of a plugin.
    pub(super) fn find_file(&self, plugin: &str, file: &str) -> Result<Place, Error> {
        let (source, member) = self.plugin_to_recode(plugin)?;
        let relative = Path::new(file);
        let is_inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_inside || file.is_empty() {
            let message = format!("{file} is no path in the directory of plugin {plugin}");
            return Err(Error::setup(message));
        }
        let path = member.root().join(relative);
        let is_template = member
            .templates()
            .is_some_and(|folder| path.starts_with(folder));
        let is_rust = member.is_crate() && path.extension() == Some(OsStr::new("rs"));
        let lane = match (is_template, is_rust) {
            (true, _) => Lane::Templates,
            (false, true) if file != "build.rs" => Lane::Rust,
            _ => {
                let message =
                    format!("{file} is neither a template nor a Rust file of plugin {plugin}");
                return Err(Error::setup(message));
            }
        };
        if !path.parent().is_some_and(Path::is_dir) {
            let message = format!("there is no directory for {}", path.display());
            return Err(Error::setup(message));
        }
        Ok(Place {
            plugin: plugin.into(),
            unit: file.into(),
            source,
            path,
            piece: Piece::Whole,
            lane,
        })
    }

    fn plugin_to_recode(&self, name: &str) -> Result<(SourceId, Arc<PluginSource>), Error> {
        let plugins = || {
            self.sources
                .ids()
                .filter_map(|id| match self.sources.get(id) {
                    Source::Plugin(plugin) => Some((id, plugin)),
                    Source::Prebuilt(_) => None,
                })
        };
        if let Some((id, plugin)) = plugins().find(|(_, plugin)| plugin.name() == name) {
            return Ok((id, plugin.clone()));
        }
        let live = self.shared.pin();
        if live.index().plugin_names().any(|known| &**known == name) {
            let message = format!("plugin {name} is not built by this host, so it has no source");
            return Err(Error::setup(message));
        }
        let names = plugins().map(|(_, plugin)| plugin.name());
        let suggested = suggestions(name, names);
        Err(Error::unknown(format!("plugin {name}"), suggested))
    }

    /// Answers what needs no build at once, the rest in turn.
    pub(super) fn recode(&mut self, request: Request) {
        let place = &request.place;
        let answer = match request.operation {
            Operation::Status => Ok(Reply::status(self.desk.status(place))),
            Operation::Source => self.desk.source(place).map(Reply::text),
            _ => return self.desk.queue.push_back(request),
        };
        // Whoever asked may have gone.
        let _ = request.answer.send(answer);
    }

    /// Does what is left to do after a message: what follows from a refused patch, and the
    /// next requests.
    pub(super) fn continue_recoding(&mut self) {
        match self.desk.follow_up.take() {
            Some(FollowUp::Forget(set)) => self.feed(Input::Withdrawn(set)),
            Some(FollowUp::Build(set)) => {
                self.changed(set);
                if !self.waiting.is_empty() {
                    self.feed(Input::Retry);
                }
            }
            None => {}
        }
        while self.desk.pending.is_none()
            && let Some(request) = self.desk.queue.pop_front()
        {
            if let Some(answer) = self.start_recoding(&request) {
                let _ = request.answer.send(answer);
            }
        }
        self.announce();
    }

    fn announce(&mut self) {
        for event in self.desk.announcements() {
            self.shared.emit(event);
        }
    }

    /// Begins with a request; the answer, if a build is not needed for it.
    fn start_recoding(&mut self, request: &Request) -> Option<Answer> {
        let place = &request.place;
        let set = lock(&self.memory).sets.get(&place.source).cloned();
        let made = match &request.operation {
            Operation::Commit => return Some(self.commit_recoding(place)),
            Operation::Revert | Operation::End(_) => {
                let edits = self.desk.to_remove(place, &request.operation);
                if edits.is_empty() {
                    self.desk.settle(place, RecoderStatus::Original);
                    return Some(Ok(Reply::done(None, Default::default())));
                }
                let way = if self.is_settled(place.source) {
                    self.desk.way_back(place, &edits)
                } else {
                    Way::Build
                };
                let may_go = match way {
                    Way::Build => self.check_reloaded(place),
                    Way::Exact(..) | Way::Unit(_) => Ok(()),
                };
                let removed =
                    may_go.and_then(|()| self.desk.remove(place, &edits, set, &request.answer));
                match (removed, way) {
                    (Ok(pending), Way::Build) => Ok(pending),
                    (Ok(pending), way) => return Some(self.go_back(&pending, &way)),
                    (Err(error), _) => Err(error),
                }
            }
            operation => {
                let live = self.shared.pin();
                let before = LaneUnits::of(&live, &place.plugin, place.lane, set);
                let operation = operation.clone();
                self.desk.serving = live.generation();
                self.check_reloaded(place)
                    .and_then(|()| self.desk.add(place, operation, before, &request.answer))
            }
        };
        match made {
            Ok(pending) => {
                self.try_out(pending);
                None
            }
            Err(error) => {
                if request.operation.is_edit() {
                    self.desk.settle(place, RecoderStatus::Refused);
                }
                if let Some(rejection) = error.rejection() {
                    self.shared.emit(Event::PatchRefused {
                        unit: place.unit.to_string(),
                        rejection: rejection.clone(),
                    });
                }
                Some(Err(error))
            }
        }
    }

    /// Whether a plugin's sources are what lives.
    fn is_settled(&self, source: SourceId) -> bool {
        !self.dirty.contains_key(&source) && !self.machine.in_flight().contains(&source)
    }

    /// An error if what is built of a plugin would be held back: whoever patches waits for it.
    fn check_reloaded(&self, place: &Place) -> Result<(), Error> {
        if self.off.contains(&place.source) {
            return Err(not_reloaded(place));
        }
        Ok(())
    }

    /// Drops a change of edits whose plugin is not reloaded any more, and tells who asked.
    pub(super) fn give_up_recoding(&mut self) {
        let off = &self.off;
        let is_off = |change: &mut Pending| off.contains(&change.place.source);
        let Some(pending) = self.desk.pending.take_if(is_off) else {
            return;
        };
        self.desk.reverting.remove(&pending.place.source);
        self.desk.put_back(&pending);
        self.announce();
        // Whoever asked may have gone.
        let _ = pending.answer.send(Err(not_reloaded(&pending.place)));
    }

    /// Why a patch is refused of which modes have left out what it changes.
    pub(super) fn left_out_of_patch(
        &self,
        set: &ChangeSet,
        left_out: &[Change],
    ) -> Option<Rejection> {
        let place = &self.desk.pending.as_ref()?.place;
        let Source::Plugin(member) = self.sources.get(place.source) else {
            return None;
        };
        let template = member
            .templates()
            .and_then(|folder| place.path.strip_prefix(folder).ok()?.to_str());
        let is_meant = |change: &&Change| {
            let is_unit = match (&place.piece, template) {
                (_, Some(template)) => change
                    .unit
                    .strip_prefix(template)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#'])),
                (Piece::Function(_), None) => *change.unit == *place.unit,
                // Which units a file of Rust makes is not known.
                _ => true,
            };
            *change.plugin == *place.plugin && is_unit
        };
        let change = left_out.iter().find(is_meant);
        let change = change.filter(|_| set.contains(&place.source))?;
        let plugin = &place.plugin;
        let message = format!(
            "plugin {plugin} only takes additions at present, so {} stays as it is",
            change.unit
        );
        Some(self.rejection(Stage::Veto, Some(plugin.to_string()), message))
    }

    /// Builds with a change of edits.
    fn try_out(&mut self, mut pending: Pending) {
        let (source, path) = (pending.place.source, pending.place.path.clone());
        pending.alone = self.is_settled(source);
        if pending.edit.is_none() {
            self.desk.reverting.insert(source);
        }
        self.desk.pending = Some(pending);
        self.edited(source, path);
        // Somebody waits for it, so that a manual host publishes it, too.
        self.feed(Input::Retry);
    }

    /// Has a source built because of what stands in place of a file.
    fn edited(&mut self, source: SourceId, path: PathBuf) {
        self.concerned(Concern {
            sources: ChangeSet::from([source]),
            owned: vec![(source, path)],
            ..Concern::default()
        });
    }

    /// Makes units current again that were replaced.
    fn go_back(&mut self, pending: &Pending, way: &Way) -> Answer {
        let began = Instant::now();
        let place = &pending.place;
        let (before, only) = match way {
            Way::Exact(before, _) => (before, None),
            Way::Unit(before) => (before, Some(&*place.unit)),
            Way::Build => return Err(Error::setup("there is nothing to go back to")),
        };
        let units = self.differing(place, before, only);
        let mut candidate = Candidate::default();
        candidate.patches.insert(place.plugin.clone(), units);
        let timings = Timings::default();
        let outcome = self
            .shared
            .publish(candidate, Cause::Revert, timings, began);
        let receipt = match outcome {
            Outcome::Refused(rejection) => {
                self.desk.put_back(pending);
                return Err(Error::rejected(rejection));
            }
            Outcome::Published(receipt) => Some(receipt),
            Outcome::Unchanged(_) | Outcome::Folded(_) => None,
        };
        if let Some(receipt) = &receipt {
            self.units_replaced(receipt);
            self.shared.emit(Event::Published(receipt.clone()));
        }
        self.desk.confirm(pending);
        match way {
            Way::Exact(before, state) => {
                if let Some(set) = &before.set {
                    lock(&self.memory).sets.insert(place.source, set.clone());
                }
                self.desk.restore_state(place.source, place.lane, *state);
            }
            _ => {
                self.desk.reverting.insert(place.source);
                self.edited(place.source, place.path.clone());
            }
        }
        Ok(Reply::done(receipt, Default::default()))
    }

    /// What makes a half of a plugin what it was, or one unit of it.
    fn differing(&self, place: &Place, before: &LaneUnits, only: Option<&str>) -> PatchedUnits {
        let live = self.shared.pin();
        let is_meant = |name: &str| only.is_none_or(|only| only == name);
        let mut patched = PatchedUnits::default();
        for (unit, positions) in &before.units {
            if !is_meant(unit.name()) {
                continue;
            }
            let is_here = |other: &crate::unit::LiveUnit| other.file() == positions.file;
            match live.find_own(&place.plugin, unit.name()) {
                Some(found)
                    if found.same_meaning(unit)
                        && (place.lane == Lane::Templates
                            || found.library().hash() == unit.library().hash()) =>
                {
                    if is_here(found) {
                        let moved = (unit.name().clone(), positions.clone());
                        patched.moved.push(moved);
                    }
                }
                _ => {
                    unit.move_to(positions.clone());
                    patched.units.push(unit.clone());
                }
            }
        }
        if only.is_none() {
            let had = |name: &str| before.units.iter().any(|(unit, _)| &**unit.name() == name);
            let gone = live
                .plugin_units(&place.plugin)
                .filter(|unit| lane_of(unit) == place.lane && !had(unit.name()));
            patched.deleted = gone.map(|unit| unit.name().clone()).collect();
        }
        patched
    }

    fn commit_recoding(&mut self, place: &Place) -> Answer {
        self.desk.commit(place)?;
        // What the file has now lives already. A save that came in between does not.
        let text = self.desk.base_of(&place.path);
        let mut changes = self.files.check(&[place.path.clone()].into());
        if self.desk.is_as_committed(&place.path, &text) {
            changes.retain(|change| change.path != place.path);
        }
        self.files_changed(&changes);
        Ok(Reply::done(None, Default::default()))
    }

    /// Takes notice of changed files; gives those that no edit stands in place of.
    pub(super) fn without_edited(&mut self, changes: &[FileChange]) -> Vec<FileChange> {
        let mut others = Vec::new();
        for change in changes {
            if !self.desk.file_changed(&change.path) {
                others.push(change.clone());
            }
        }
        self.announce();
        others
    }

    /// Why what is published next is published.
    pub(super) fn cause(&mut self, set: &ChangeSet) -> Cause {
        if self.shared.generation() == self.first {
            return Cause::Start;
        }
        let pending = self.desk.pending.as_ref();
        if pending.is_some_and(|change| change.edit.is_some() && set.contains(&change.place.source))
        {
            return Cause::Patch;
        }
        if set
            .iter()
            .any(|source| self.desk.reverting.contains(source))
        {
            return Cause::Revert;
        }
        Cause::Edit
    }

    /// Takes notice of what a publish replaced.
    pub(super) fn units_replaced(&mut self, receipt: &Receipt) {
        let live = self.shared.pin();
        for change in &receipt.changes {
            let Some(source) = self.owners.get(&*change.plugin) else {
                continue;
            };
            match live.find(&change.plugin, &change.unit) {
                Some(unit) => self.desk.replaced(*source, lane_of(unit)),
                None => {
                    self.desk.replaced(*source, Lane::Templates);
                    self.desk.replaced(*source, Lane::Rust);
                }
            }
        }
    }

    /// Takes notice of a rollback.
    pub(super) fn rolled_back(&mut self, receipt: &Receipt) {
        self.units_replaced(receipt);
        let live = self.shared.pin();
        // A unit that is gone was none of those that an edit left.
        self.desk.rolled_back(receipt, |plugin, unit| {
            let unit = live.find(plugin, unit);
            unit.map_or(Lane::Templates, |unit| lane_of(unit))
        });
    }

    /// Answers who patched, once what was built with the patch is settled.
    pub(super) fn recoded(&mut self, set: &ChangeSet, receipt: Option<&Receipt>) {
        if let Some(receipt) = receipt {
            self.units_replaced(receipt);
        }
        self.desk.built(set);
        self.desk.reverting.retain(|source| !set.contains(source));
        let pending = self
            .desk
            .pending
            .take_if(|change| set.contains(&change.place.source));
        if let Some(pending) = pending {
            self.desk.confirm(&pending);
            self.announce();
            let edit = pending.edit.unwrap_or_default();
            // Whoever asked may have gone.
            let _ = pending.answer.send(Ok(Reply::done(receipt.cloned(), edit)));
        }
    }

    /// Drops the change of edits that a refused build was made with, and tells who asked;
    /// gives the rejection back if there was none.
    pub(super) fn refuse_recoding(
        &mut self,
        id: BuildId,
        rejection: Rejection,
    ) -> Option<Rejection> {
        let built = self.sets.get(&id);
        let concerns =
            |change: &mut Pending| built.is_some_and(|set| set.contains(&change.place.source));
        let Some(pending) = self.desk.pending.take_if(concerns) else {
            return Some(rejection);
        };
        let set = self.sets.remove(&id).unwrap_or_default();
        let Place { source, path, .. } = &pending.place;
        self.desk.reverting.remove(source);
        self.desk.put_back(&pending);
        let rejection = pending.in_own_lines(rejection);
        let is_only = self.dirty.get(source).is_some_and(|dirty| {
            !dirty.outside && !dirty.everywhere && dirty.files.iter().all(|file| file == path)
        });
        if pending.alone && is_only && set.len() == 1 {
            // Its sources are what lives, as before.
            self.dirty.remove(source);
            if let Some(templates) = &pending.set {
                lock(&self.memory).sets.insert(*source, templates.clone());
            }
            self.desk.follow_up = Some(FollowUp::Forget(set));
        } else {
            self.desk.follow_up = Some(FollowUp::Build(set));
        }
        if pending.edit.is_some() {
            self.shared.emit(Event::PatchRefused {
                unit: pending.place.unit.to_string(),
                rejection: rejection.clone(),
            });
        }
        self.announce();
        // Whoever asked may have gone.
        let _ = pending.answer.send(Err(Error::rejected(rejection)));
        None
    }

    /// Answers a request for a place.
    pub(super) fn answer_place(
        &self,
        plugin: &str,
        name: &str,
        is_file: bool,
        answer: &mpsc::Sender<Result<Place, Error>>,
    ) {
        let place = if is_file {
            self.find_file(plugin, name)
        } else {
            self.find_place(plugin, name)
        };
        // Whoever asked may have gone.
        let _ = answer.send(place);
    }

    /// Takes a message of recoders; gives back any other.
    pub(super) fn recoder_message(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::Recode(request) => self.recode(request),
            Message::FindPlace {
                plugin,
                name,
                is_file,
                answer,
            } => self.answer_place(&plugin, &name, is_file, &answer),
            other => return Some(other),
        }
        None
    }
}

fn not_reloaded(place: &Place) -> Error {
    Error::setup(format!(
        "plugin {} is not reloaded at present, so {} is not patched; switch it on first",
        place.plugin, place.unit
    ))
}

/// The file that `file!()` names, as seen from the plugin's root.
fn rust_file(member: &PluginSource, file: &str) -> Result<PathBuf, Error> {
    let PluginSource::Crate(member) = member else {
        return Err(Error::setup("a folder of templates has no functions"));
    };
    let root = &member.directory;
    let real_root = root.canonicalize().unwrap_or_else(|_| root.clone());
    let bases = [&member.workspace_root, root];
    let inside = bases.iter().find_map(|base| {
        let path = base.join(file);
        // A link among the directories may lead there, the file may be one itself.
        let folder = path.parent()?.canonicalize().ok()?;
        let found = folder.join(path.file_name()?);
        let relative = found.strip_prefix(&real_root).ok()?;
        found.exists().then(|| root.join(relative))
    });
    inside.ok_or_else(|| {
        Error::setup(format!(
            "the file {file} is not in the directory of plugin {}",
            member.name
        ))
    })
}

//! How pieces and their files stand to each other, and who is to hear of it.

use std::path::Path;

use super::RecoderStatus;
use super::desk::{Desk, read};
use super::locate::Piece;
use super::requests::{Lane, Place};
use crate::event::{Event, Receipt};
use crate::reload::machine::ChangeSet;
use crate::sync::Arc;

/// What is known of a piece that somebody patched.
#[derive(Debug)]
pub(super) struct Known {
    plugin: Arc<str>,
    unit: Arc<str>,
    /// What counts while there is no edit.
    without_edit: RecoderStatus,
    announced: RecoderStatus,
}

impl Desk {
    /// Takes notice of changed files. Gives whether the file has edits, which stay in its
    /// place.
    pub(crate) fn file_changed(&mut self, path: &Path) -> bool {
        for ((file, _), known) in &mut self.known {
            if file == path && known.without_edit == RecoderStatus::Saved {
                known.without_edit = RecoderStatus::Original;
            }
        }
        let Some(file) = self.files.get_mut(path) else {
            return false;
        };
        file.out_of_sync = read(path).map_or(true, |found| found != file.base);
        true
    }

    /// Takes notice of a rollback: edits of units that it replaced are not live any more.
    pub(crate) fn rolled_back(&mut self, receipt: &Receipt, lane_of: impl Fn(&str, &str) -> Lane) {
        for (path, file) in &mut self.files {
            let lane = file.lane;
            for edit in &mut file.edits {
                let is_of = |unit: &str| match (lane, &edit.piece) {
                    (Lane::Rust, _) => true,
                    (Lane::Templates, Piece::Whole) => is_unit_of(unit, path),
                    (Lane::Templates, _) => *unit == *edit.unit,
                };
                edit.rolled_back |= receipt.changes.iter().any(|change| {
                    *change.plugin == *edit.plugin
                        && lane_of(&change.plugin, &change.unit) == lane
                        && is_of(&change.unit)
                });
            }
        }
    }

    /// Takes notice that sources were built with all edits.
    pub(crate) fn built(&mut self, sources: &ChangeSet) {
        for file in self.files.values_mut() {
            if sources.contains(&file.source) {
                for edit in &mut file.edits {
                    edit.rolled_back = false;
                }
            }
        }
    }

    pub(crate) fn status(&self, place: &Place) -> RecoderStatus {
        self.status_of(&place.path, &place.piece)
    }

    fn status_of(&self, path: &Path, piece: &Piece) -> RecoderStatus {
        let file = self.files.get(path);
        let mut edits = file
            .into_iter()
            .flat_map(|file| file.of_piece(piece))
            .peekable();
        if edits.peek().is_none() {
            let known = self.known.get(&(path.to_owned(), piece.clone()));
            return known.map_or(RecoderStatus::Original, |known| known.without_edit);
        }
        if file.is_some_and(|file| file.out_of_sync) {
            RecoderStatus::OutOfSync
        } else if edits.any(|edit| edit.rolled_back) {
            RecoderStatus::RolledBack
        } else {
            RecoderStatus::Live
        }
    }

    /// The events for all pieces whose status is another than was said last; none while a
    /// change is not confirmed.
    pub(crate) fn announcements(&mut self) -> Vec<Event> {
        if self.pending.is_some() {
            return Vec::new();
        }
        let statuses: Vec<RecoderStatus> = self
            .known
            .keys()
            .map(|(path, piece)| self.status_of(path, piece))
            .collect();
        let mut events = Vec::new();
        for (known, status) in self.known.values_mut().zip(statuses) {
            if known.announced != status {
                known.announced = status;
                events.push(Event::Recoder {
                    plugin: known.plugin.to_string(),
                    unit: known.unit.to_string(),
                    status,
                });
            }
        }
        events
    }

    pub(super) fn know(&mut self, place: &Place) {
        let key = (place.path.clone(), place.piece.clone());
        self.known.entry(key).or_insert_with(|| Known {
            plugin: place.plugin.clone(),
            unit: place.unit.clone(),
            without_edit: RecoderStatus::Original,
            announced: RecoderStatus::Original,
        });
    }

    /// Says what counts for a piece once it has no edit.
    pub(crate) fn settle(&mut self, place: &Place, without_edit: RecoderStatus) {
        self.know(place);
        let key = (place.path.clone(), place.piece.clone());
        if let Some(known) = self.known.get_mut(&key) {
            known.without_edit = without_edit;
        }
    }
}

/// Whether a unit is that of the template at a path, or a block or partial of it.
fn is_unit_of(unit: &str, path: &Path) -> bool {
    let ends = unit.match_indices(['/', '#']).map(|(end, _)| end);
    let mut ends = ends.chain([unit.len()]).filter(|end| *end > 0);
    ends.any(|end| path.ends_with(&unit[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_belong_to_the_file_that_their_name_begins_with() {
        let check = |unit: &str, path: &str, expected: bool| {
            assert_eq!(
                is_unit_of(unit, Path::new(path)),
                expected,
                "{unit} of {path}"
            );
        };
        check("page.html", "/site/templates/page.html", true);
        check("sub/page.html/block", "/site/templates/sub/page.html", true);
        check("page.html#row", "/site/page.html", true);
        check("page.html", "/site/other.html", false);
        check("page.html.txt", "/site/page.html", false);
        check("sub/page.html", "/site/page.html", false);
    }
}

//! A change of edits, and what is needed to take it back.

use std::ops::Range;
use std::path::Path;
use std::sync::mpsc;

use super::edits::FileEdits;
use super::requests::{Answer, EditId, Lane, Place};
use crate::event::Rejection;
use crate::reload::machine::ChangeSet;
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::templates::TemplateSet;
use crate::unit::{LiveUnit, Positions};

/// What a half of a plugin consisted of at some moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct LaneUnits {
    pub(crate) units: Vec<(Arc<LiveUnit>, Positions)>,
    /// Its templates, as they were compiled.
    pub(crate) set: Option<Arc<TemplateSet>>,
}

impl LaneUnits {
    pub(crate) fn of(
        live: &Snapshot,
        plugin: &str,
        lane: Lane,
        set: Option<Arc<TemplateSet>>,
    ) -> Arc<Self> {
        let units = live
            .plugin_units(plugin)
            .filter(|unit| lane_of(unit) == lane);
        Arc::new(Self {
            units: units.map(|unit| (unit.clone(), unit.positions())).collect(),
            set,
        })
    }
}

pub(crate) fn lane_of(unit: &LiveUnit) -> Lane {
    if unit.is_of_template() {
        Lane::Templates
    } else {
        Lane::Rust
    }
}

/// What an edit replaced.
#[derive(Debug, Clone)]
pub(crate) struct Replaced {
    pub(crate) before: Arc<LaneUnits>,
    /// The state of the lane before the edit, and the one that it made: none if the edit
    /// is not all that made it.
    pub(super) before_state: u64,
    pub(super) after_state: Option<u64>,
}

/// A change of edits that a build is to confirm.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) place: Place,
    pub(crate) answer: mpsc::Sender<Answer>,
    /// The new edit; none if edits were taken out.
    pub(crate) edit: Option<EditId>,
    /// The file's edits before.
    pub(super) previous: Option<FileEdits>,
    /// What the new edit replaces, if it is published.
    pub(crate) replaces: Option<Replaced>,
    /// Whether nothing else of the plugin is built with it.
    pub(crate) alone: bool,
    /// The templates as they were compiled before.
    pub(crate) set: Option<Arc<TemplateSet>>,
    /// The file's new text, and where the edit's own lies in it.
    pub(super) own: Option<(Arc<str>, Range<usize>)>,
}

/// What the driver has to do once it has done what it does.
#[derive(Debug)]
pub(crate) enum FollowUp {
    /// These sources are again what they were: nothing of them is refused.
    Forget(ChangeSet),
    /// These sources are to be built.
    Build(ChangeSet),
}

/// How edits are taken out of what runs.
#[derive(Debug)]
pub(crate) enum Way {
    /// These units are what ran before, exactly.
    Exact(Arc<LaneUnits>, u64),
    /// This unit of these is; other code must be built.
    Unit(Arc<LaneUnits>),
    /// Only a build tells.
    Build,
}

impl Pending {
    /// The diagnostics of a refusal, with places in the edit's own text counted from its
    /// start.
    pub(crate) fn in_own_lines(&self, mut rejection: Rejection) -> Rejection {
        let Some((text, own)) = &self.own else {
            return rejection;
        };
        let start = position(text, own.start);
        let end = position(text, own.end);
        for diagnostic in &mut rejection.diagnostics {
            let is_here = diagnostic.file.as_deref().is_some_and(|file| {
                let (file, path) = (Path::new(file), &self.place.path);
                file == path
                    || match (file.canonicalize(), path.canonicalize()) {
                        (Ok(file), Ok(path)) => file == path,
                        _ => false,
                    }
            });
            let Some(line) = diagnostic.line.filter(|_| is_here) else {
                continue;
            };
            let column = diagnostic.column.unwrap_or(1);
            if (line, column) < start || (line, column) > end {
                continue;
            }
            diagnostic.line = Some(line - start.0 + 1);
            if line == start.0 {
                diagnostic.column = Some(column - start.1 + 1);
            }
        }
        rejection
    }
}

/// The line and the column, in characters, of a byte of a text; both from one.
fn position(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let lines = before.matches('\n').count();
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count();
    let number = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
    (number(lines), number(column))
}

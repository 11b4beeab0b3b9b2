//! What build jobs remember for the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::machine::SourceId;
use crate::build::{Recording, RuntimeLibraries};
use crate::libraries::Libraries;
use crate::sync::Arc;
use crate::templates::TemplateSet;
use crate::unit::LiveUnit;

/// What jobs remember for the next one.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The templates of each plugin as they were compiled last.
    pub(super) sets: BTreeMap<SourceId, Arc<TemplateSet>>,
    /// Where cargo has put the runtime that a plugin was built against.
    pub(super) runtimes: BTreeMap<SourceId, RuntimeLibraries>,
    /// How cargo calls rustc for a plugin, once it was asked.
    pub(super) recordings: BTreeMap<SourceId, Arc<Recording>>,
}

impl Memory {
    /// The plugins whose templates were compiled against other libraries than there are
    /// now. What cannot be read, or is half-written, changes nothing yet.
    pub(crate) fn outdated(
        &self,
        libraries: &Libraries,
        root: impl Fn(SourceId) -> Option<PathBuf>,
    ) -> BTreeSet<SourceId> {
        let is_outdated = |id: SourceId, set: &TemplateSet| {
            let scan = root(id).and_then(|root| libraries.of(&root).ok());
            scan.is_some_and(|scan| scan.mistakes.is_empty() && !set.is_compiled_with(&scan))
        };
        let sets = self.sets.iter();
        sets.filter(|(id, set)| is_outdated(**id, set))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Forgets a plugin that is gone.
    pub(crate) fn forget(&mut self, id: SourceId) {
        self.sets.remove(&id);
        self.runtimes.remove(&id);
    }

    /// Compares the units that a plugin's own build has made with what its templates
    /// compile to here; where they differ, no patch of ours would fit. `edited` templates
    /// are not what the build took.
    pub(crate) fn check(
        &mut self,
        id: SourceId,
        units: &[Arc<LiveUnit>],
        edited: &BTreeSet<String>,
    ) {
        let Some(set) = self.sets.get(&id) else {
            return;
        };
        let hashes = set.hashes_without(edited);
        let templates = units
            .iter()
            .filter(|unit| unit.is_of_template() && !unit.stands_in(edited));
        let equal = templates.clone().count() == hashes.len()
            && templates.into_iter().all(|unit| {
                hashes
                    .get(&**unit.name())
                    .is_some_and(|hash| unit.has_hash(*hash))
            });
        if !equal {
            tracing::debug!("a plugin compiles its templates in its own way, so cargo builds it");
            self.runtimes.remove(&id);
        }
    }
}

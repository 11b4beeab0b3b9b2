//! Loading what a build has made into a candidate.

use std::collections::{BTreeMap, BTreeSet};

use hotplate_plugin_api::Module;

use super::Driver;
use crate::candidate::Candidate;
use crate::elf::Verified;
use crate::event::{Rejection, Stage};
use crate::load::{Library, LoadFailure};
use crate::reload::job::PatchProduct;
use crate::reload::machine::SourceId;
use crate::reload::watchlist::Source;
use crate::sync::{Arc, lock};
use crate::unit::LiveUnit;

impl Driver {
    /// Loads the artifacts of one change set into a candidate.
    pub(super) fn load(
        &mut self,
        libraries: Vec<(SourceId, Verified)>,
        gone: &[SourceId],
        recoded: &BTreeSet<SourceId>,
    ) -> Result<(Candidate, BTreeMap<Arc<str>, SourceId>), Rejection> {
        let mut candidate = Candidate::default();
        let rebuilt: BTreeSet<SourceId> = libraries.iter().map(|(source, _)| *source).collect();
        let replaced = |source: &SourceId| rebuilt.contains(source) || gone.contains(source);
        let mut owners = self.owners.clone();
        owners.retain(|_, source| !replaced(source));
        for (source, verified) in libraries {
            let named = self.sources.get(source).name();
            let refuse = |stage, message| self.rejection(stage, Some(named.clone()), message);
            let key = (verified.artifact.hash(), verified.header.clone());
            let (library, modules) = match self.natives.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let budget = self.settings.native_budget;
                    let (library, modules) = Library::load(verified, budget, &self.reclaimer)
                        .map_err(|LoadFailure { stage, message }| refuse(stage, message))?;
                    (Arc::new(library), modules)
                }
            };
            for module in &modules {
                let name = module.name.as_str();
                if let Source::Plugin(plugin) = self.sources.get(source)
                    && plugin.name() != name
                {
                    let message = format!("the library holds plugin {name}, not {}", plugin.name());
                    return Err(refuse(Stage::Load, message));
                }
                if self.linked.contains(name) {
                    let message =
                        format!("plugin {name} is linked into the program already; leave one out");
                    return Err(refuse(Stage::Load, message));
                }
                if let Some(other) = owners.get(name) {
                    let other = self.sources.get(*other).name();
                    let message = format!("plugin {name} comes from {other} already");
                    return Err(refuse(Stage::Load, message));
                }
                candidate
                    .add(module, &library)
                    .map_err(|message| refuse(Stage::Load, message))?;
                owners.insert(name.into(), source);
                if let Some(plugin) = candidate.plugins.get(name)
                    && !recoded.contains(&source)
                {
                    let edited = self.edited_templates(source);
                    lock(&self.memory).check(source, plugin.units(), &edited);
                }
            }
            if library.is_native() {
                self.natives.insert(key, (library, modules));
            }
        }
        let before = self.owners.keys();
        candidate.removed = before
            .filter(|name| !owners.contains_key(*name))
            .cloned()
            .collect();
        Ok((candidate, owners))
    }

    /// The names of a source's templates that have edits.
    fn edited_templates(&self, source: SourceId) -> BTreeSet<String> {
        let Source::Plugin(plugin) = self.sources.get(source) else {
            return BTreeSet::new();
        };
        let folder = plugin.templates();
        let names = folder.map(|folder| self.desk.overlay().template_names(folder));
        names.into_iter().flatten().map(str::to_owned).collect()
    }

    /// Adds the libraries of patches to a candidate.
    pub(super) fn load_patches(
        &self,
        mut candidate: Candidate,
        mut owners: BTreeMap<Arc<str>, SourceId>,
        patches: Vec<PatchProduct>,
    ) -> Result<(Candidate, BTreeMap<Arc<str>, SourceId>), Rejection> {
        for mut patch in patches {
            let refuse =
                |stage, message| self.rejection(stage, Some(patch.plugin.clone()), message);
            let name: Arc<str> = patch.plugin.as_str().into();
            if let Some(other) = owners.insert(name.clone(), patch.source)
                && other != patch.source
            {
                let other = self.sources.get(other).name();
                let message = format!("plugin {name} comes from {other} already");
                return Err(refuse(Stage::Load, message));
            }
            for verified in patch.libraries {
                let budget = self.settings.native_budget;
                let (library, modules) = Library::load(verified, budget, &self.reclaimer)
                    .map_err(|LoadFailure { stage, message }| refuse(stage, message))?;
                let library = Arc::new(library);
                let units = modules.iter().flat_map(Module::all_units);
                patch.units.units.extend(units.map(|descriptor| {
                    Arc::new(LiveUnit::new(name.clone(), descriptor, library.clone()))
                }));
            }
            candidate.removed.remove(&name);
            candidate.patch(name, &self.shared.pin(), patch.units, &patch.base);
        }
        Ok((candidate, owners))
    }
}

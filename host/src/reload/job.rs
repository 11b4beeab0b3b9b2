//! A build job: from sources to checked artifacts, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::machine::SourceId;
use super::memory::Memory;
use super::patch::{self, Patch};
use super::setup::is_no_plugin;
use super::units::{UnitCompiler, UnitError};
use crate::artifact::ArtifactStore;
use crate::build::{
    BuildDiagnostic, BuildError, BuildPackage, CancelToken, CargoBuild, Level, RuntimeLibraries,
};
use crate::builder::Settings;
use crate::cache::{Cache, CacheQueue};
use crate::candidate::{PatchBase, PatchedUnits};
use crate::elf::{self, Verified, Wanted};
use crate::error::with_causes;
use crate::event::{Diagnostic, Event, Rejection, Stage};
use crate::libraries::Libraries;
use crate::recoder::Overlay;
use crate::snapshot::Snapshot;
use crate::source::{
    CratePlugin, PluginSource, RuntimeLocation, SourceError, Sources as Manifests, TemplateFolder,
    scaffold,
};
use crate::sync::{Arc, Mutex, lock};
use crate::templates::{SetError, TemplateSet};

/// What is to be built.
pub(crate) struct Job {
    pub(crate) plugins: Vec<(SourceId, Arc<PluginSource>, Dirty)>,
    pub(crate) prebuilt: Vec<(SourceId, PathBuf)>,
    /// Those of the plugins that may go without being missed.
    pub(crate) discovered: BTreeSet<SourceId>,
    pub(crate) store: Arc<ArtifactStore>,
    pub(crate) manifests: Arc<Mutex<Manifests>>,
    pub(crate) settings: Settings,
    pub(crate) cache: Option<Cache>,
    pub(crate) queue: Option<CacheQueue>,
    pub(crate) memory: Arc<Mutex<Memory>>,
    pub(crate) libraries: Arc<Libraries>,
    /// What serves meanwhile.
    pub(crate) live: Arc<Snapshot>,
    /// Earlier snapshots, the latest last.
    pub(crate) kept: Vec<Arc<Snapshot>>,
    /// Whether nothing that was built serves yet.
    pub(crate) is_first: bool,
    /// Tells everybody.
    pub(crate) announce: Box<dyn Fn(Event) + Send + Sync>,
    /// Texts that count in place of files.
    pub(crate) overlay: Arc<Overlay>,
}

/// What is known of a plugin's changes since it was last settled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dirty {
    /// The files whose contents changed.
    pub(crate) files: BTreeSet<PathBuf>,
    /// Whether nothing changed, and small libraries are to be folded into one.
    pub(crate) fold: bool,
    /// Whether a file outside the plugin that concerns it changed.
    pub(crate) outside: bool,
    /// Whether what lives may differ from the sources elsewhere too, as after a rollback.
    pub(crate) everywhere: bool,
}

/// The compiled templates of one plugin.
pub(super) struct Templates {
    pub(super) set: Arc<TemplateSet>,
    /// The templates that changed, if nothing else did.
    touched: Option<BTreeSet<String>>,
}

/// What a job made.
pub(crate) struct Product {
    pub(crate) libraries: Vec<(SourceId, Verified)>,
    pub(crate) patches: Vec<PatchProduct>,
    /// Prebuilt libraries that are not there any more.
    pub(crate) gone: Vec<SourceId>,
    /// The plugins as their manifests describe them now.
    pub(crate) plugins: Vec<(SourceId, PluginSource)>,
    /// Crates of which the functions alone were built.
    pub(crate) recoded: BTreeSet<SourceId>,
    pub(crate) build_time: Duration,
    pub(crate) verify_time: Duration,
    pub(crate) test_time: Duration,
}

/// A patch of one plugin's templates.
pub(crate) struct PatchProduct {
    pub(crate) source: SourceId,
    pub(crate) plugin: String,
    /// The libraries with the units that had to be compiled.
    pub(crate) libraries: Vec<Verified>,
    pub(crate) units: PatchedUnits,
    /// What the patch is put on.
    pub(crate) base: PatchBase,
}

/// Why a job made nothing.
pub(crate) enum Failure {
    /// It was out of date.
    Cancelled,
    /// Something is wrong with the sources.
    Rejected(Rejection),
}

/// Runs the job. Never unwinds: a fault of ours is a rejection too.
pub(crate) fn run(
    job: &Job,
    cancel: &CancelToken,
    progress: &(dyn Fn(String) + Sync),
) -> Result<Product, Failure> {
    let result = panic::catch_unwind(AssertUnwindSafe(|| job.run(cancel, progress)));
    result.unwrap_or_else(|_| {
        let message = "building panicked; this is a fault in Hotplate, please report it";
        Err(job.reject(Stage::Build, None, vec![Diagnostic::message(message)]))
    })
}

impl Job {
    fn run(
        &self,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Product, Failure> {
        let began = Instant::now();
        let plugins = self.read_again(cancel)?;
        let sets = self.compile_templates(&plugins)?;
        let mut patches = Vec::new();
        let mut whole = Vec::new();
        let mut built = Vec::new();
        let mut recoded = BTreeSet::new();
        self.forget_recordings();
        for (id, plugin) in &plugins {
            let templates = sets.get(id);
            if let Some(patch) = self.patch(*id, plugin, templates, cancel, progress)? {
                patches.push(patch);
            } else if let Some((member, overlay)) = self.edited_rust(plugin) {
                let library = self.recode(*id, member, &overlay, cancel, progress)?;
                built.push((*id, member.name.clone(), library));
                recoded.insert(*id);
                patches.extend(self.templates_beside(*id, plugin, templates, cancel, progress)?);
            } else {
                whole.push((*id, plugin.clone()));
            }
        }
        built.extend(self.build_libraries(&whole, &sets, cancel, progress)?);
        for (id, plugin) in &whole {
            patches.extend(self.templates_on_top(*id, plugin, sets.get(id), cancel, progress)?);
        }
        let build_time = began.elapsed();

        let began = Instant::now();
        let mut libraries = Vec::new();
        for (id, name, path) in &built {
            let member = plugins.iter().find(|(source, _)| source == id);
            let wanted = match member {
                Some((_, PluginSource::Crate(member))) => Wanted::Crate(&member.crate_name),
                _ => Wanted::File(path),
            };
            libraries.push((*id, self.admit(name, path, wanted)?));
        }
        let missing = self.plugins.iter();
        let missing = missing.filter(|(id, known, _)| self.has_gone(*id, known));
        let mut gone: Vec<SourceId> = missing.map(|(id, ..)| *id).collect();
        gone.retain(|id| plugins.iter().all(|(there, _)| there != id));
        for id in &gone {
            lock(&self.memory).forget(*id);
        }
        for (id, path) in &self.prebuilt {
            if path.exists() {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                libraries.push((*id, self.admit(&name, path, Wanted::File(path))?));
            } else {
                gone.push(*id);
            }
        }
        let verify_time = began.elapsed();
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let mut product = Product {
            libraries,
            patches,
            gone,
            plugins,
            recoded,
            build_time,
            verify_time,
            test_time: Duration::ZERO,
        };
        product.test_time = self.test(&product, cancel)?;
        Ok(product)
    }

    /// Whether a plugin that was found by itself is there no longer.
    fn has_gone(&self, id: SourceId, plugin: &PluginSource) -> bool {
        self.discovered.contains(&id) && {
            let found = lock(&self.manifests).discover(plugin.root(), &CancelToken::new());
            found.is_err_and(|error| is_no_plugin(&error))
        }
    }

    /// Manifests may have changed since the plugins were discovered.
    fn read_again(&self, cancel: &CancelToken) -> Result<Vec<(SourceId, PluginSource)>, Failure> {
        let mut plugins = Vec::new();
        for (id, known, _) in &self.plugins {
            if self.has_gone(*id, known) {
                continue;
            }
            let read = lock(&self.manifests).discover(known.root(), cancel);
            let plugin = read.map_err(|error| self.source_failure(known.name(), &error))?;
            if plugin.name() != known.name() {
                let message = format!(
                    "plugin {} is named {} now; a running host knows it by its old name: put the \
                     name back, or restart the host",
                    known.name(),
                    plugin.name()
                );
                let diagnostic = Diagnostic::message(message);
                return Err(self.reject(Stage::Source, Some(known.name()), vec![diagnostic]));
            }
            plugins.push((*id, plugin));
        }
        Ok(plugins)
    }

    /// Compiles templates, so that their mistakes are known, all of them, before anything
    /// is built.
    fn compile_templates(
        &self,
        plugins: &[(SourceId, PluginSource)],
    ) -> Result<BTreeMap<SourceId, Templates>, Failure> {
        let mut sets = BTreeMap::new();
        let mut mistakes = Vec::new();
        let mut at_fault = Vec::new();
        for (id, plugin) in plugins {
            let Some(directory) = plugin.templates() else {
                continue;
            };
            match self.compile_set(*id, directory, plugin.root()) {
                Ok(templates) => {
                    lock(&self.memory).sets.insert(*id, templates.set.clone());
                    sets.insert(*id, templates);
                }
                Err(SetError::Mistakes(found)) => {
                    at_fault.push(plugin.name());
                    mistakes.extend(found);
                }
                Err(SetError::Unreadable(error)) => {
                    at_fault.push(plugin.name());
                    mistakes.push(Diagnostic::message(with_causes(&error)));
                }
            }
        }
        if mistakes.is_empty() {
            return Ok(sets);
        }
        let plugin = match at_fault.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        Err(self.reject(Stage::Template, plugin, mistakes))
    }

    /// Compiles what changed if the rest is known, else everything.
    fn compile_set(
        &self,
        id: SourceId,
        directory: &Path,
        plugin: &Path,
    ) -> Result<Templates, SetError> {
        let libraries = self.libraries.of(plugin).map_err(SetError::Unreadable)?;
        let known = lock(&self.memory).sets.get(&id).cloned();
        let dirty = self.plugins.iter().find(|(source, ..)| *source == id);
        if let Some(known) = known
            && let Some((_, _, dirty)) = dirty
            && !dirty.outside
            && dirty.files.iter().all(|file| file.starts_with(directory))
            && let Some((set, touched)) =
                known.update(directory, &libraries, &dirty.files, &self.overlay)?
        {
            let touched = if dirty.everywhere {
                set.names()
            } else {
                touched
            };
            return Ok(Templates {
                set: Arc::new(set),
                touched: Some(touched),
            });
        }
        Ok(Templates {
            set: Arc::new(TemplateSet::read(directory, libraries, &self.overlay)?),
            touched: None,
        })
    }

    /// Compiles the units of templates that no loaded library has: for an edit of templates
    /// alone, and for the whole of a plain folder. Nothing where cargo has to build.
    fn patch(
        &self,
        id: SourceId,
        plugin: &PluginSource,
        templates: Option<&Templates>,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Option<PatchProduct>, Failure> {
        let Some(Templates { set, touched }) = templates else {
            return Ok(None);
        };
        let known = lock(&self.memory).runtimes.get(&id).cloned();
        let known = known.filter(RuntimeLibraries::are_there);
        let (runtime, names) = match (plugin, known, touched) {
            (PluginSource::Crate(_), None, _) | (PluginSource::Crate(_), _, None) => {
                return Ok(None);
            }
            (_, Some(runtime), Some(touched)) => (runtime, touched.clone()),
            (_, Some(runtime), None) => (runtime, set.names()),
            (PluginSource::Templates(folder), None, _) => (
                self.folder_runtime(id, folder, cancel, progress)?,
                set.names(),
            ),
        };
        if self.folds(id) {
            return Ok(Some(
                self.fold(id, plugin, set, &runtime, cancel, progress)?,
            ));
        }
        let whole = touched.is_none() || set.names().is_subset(&names);
        let patch = Patch::plan(plugin.name(), set, &names, whole, &self.live, &self.kept);
        let source = (id, plugin);
        match self.compile_patch(source, &runtime, patch, PatchBase::Live, cancel, progress) {
            Ok(product) => Ok(Some(product)),
            Err(UnitError::Failed(diagnostics)) if plugin.is_crate() => {
                tracing::warn!(
                    ?diagnostics,
                    "a patch does not compile, so cargo builds the plugin"
                );
                progress(format!("Building all of {} with cargo", plugin.name()));
                Ok(None)
            }
            Err(error) => Err(self.unit_failure(plugin.name(), error)),
        }
    }

    /// Compiles what a patch says has to be compiled.
    pub(super) fn compile_patch(
        &self,
        (source, plugin): (SourceId, &PluginSource),
        runtime: &RuntimeLibraries,
        patch: Patch<'_>,
        base: PatchBase,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<PatchProduct, UnitError> {
        let compiler = self.unit_compiler(plugin.name(), runtime);
        Ok(PatchProduct {
            source,
            plugin: plugin.name().to_owned(),
            libraries: compiler.compile(&patch.compile, cancel, progress)?,
            units: patch.units,
            base,
        })
    }

    fn unit_compiler<'j>(
        &'j self,
        plugin: &'j str,
        runtime: &'j RuntimeLibraries,
    ) -> UnitCompiler<'j> {
        UnitCompiler {
            plugin,
            store: &self.store,
            settings: &self.settings,
            runtime,
            cache: self.cache.as_ref(),
            queue: self.queue.as_ref(),
        }
    }

    pub(super) fn unit_failure(&self, plugin: &str, error: UnitError) -> Failure {
        match error {
            UnitError::Cancelled => Failure::Cancelled,
            UnitError::Failed(diagnostics) => self.reject(Stage::Build, Some(plugin), diagnostics),
        }
    }

    fn folds(&self, id: SourceId) -> bool {
        let mut plugins = self.plugins.iter();
        plugins.any(|(source, _, dirty)| *source == id && dirty.fold && dirty.files.is_empty())
    }

    /// Compiles the units of small libraries to one. A failure leaves them where they are.
    fn fold(
        &self,
        id: SourceId,
        plugin: &PluginSource,
        set: &TemplateSet,
        runtime: &RuntimeLibraries,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<PatchProduct, Failure> {
        let compiler = self.unit_compiler(plugin.name(), runtime);
        let templates = patch::fold(plugin.name(), set, &self.live);
        let libraries = match compiler.compile(&templates, cancel, progress) {
            Ok(libraries) => libraries,
            Err(UnitError::Cancelled) => return Err(Failure::Cancelled),
            Err(UnitError::Failed(diagnostics)) => {
                tracing::warn!(?diagnostics, "small libraries were not folded");
                Vec::new()
            }
        };
        Ok(PatchProduct {
            source: id,
            plugin: plugin.name().to_owned(),
            libraries,
            units: PatchedUnits {
                folds: true,
                ..PatchedUnits::default()
            },
            base: PatchBase::Live,
        })
    }

    /// Has cargo build the crates that generated code uses, once, for plugins that are
    /// plain folders.
    fn folder_runtime(
        &self,
        id: SourceId,
        folder: &TemplateFolder,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<RuntimeLibraries, Failure> {
        let (member, target_directory) = self.runtime_crate(folder, cancel)?;
        let packages = vec![member.build_package()];
        let build = self.cargo_build(member.workspace_root, packages, target_directory);
        let output = build
            .run(cancel, &mut |line| progress(line.to_owned()))
            .map_err(|error| self.build_failure(&build.packages, error))?;
        let runtime = output.runtime.ok_or_else(|| {
            let message = "cargo built the templates' runtime and did not say where it is";
            let diagnostics = vec![Diagnostic::message(message)];
            self.reject(Stage::Build, Some(&folder.name), diagnostics)
        })?;
        lock(&self.memory).runtimes.insert(id, runtime.clone());
        Ok(runtime)
    }
}

impl Job {
    /// Builds every crate, with one run of cargo for each workspace.
    fn build_libraries(
        &self,
        plugins: &[(SourceId, PluginSource)],
        sets: &BTreeMap<SourceId, Templates>,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Vec<(SourceId, String, PathBuf)>, Failure> {
        let mut workspaces: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
        for (id, plugin) in plugins {
            let PluginSource::Crate(member) = plugin else {
                // A plain folder has been compiled by now.
                continue;
            };
            let target_directory = self.target_directory(member);
            let workspace = workspaces.entry(member.workspace_root.clone());
            let workspace = workspace.or_insert(Workspace {
                target_directory,
                members: Vec::new(),
            });
            workspace.members.push((*id, member.build_package()));
        }
        let mut libraries = Vec::new();
        for (workspace_root, workspace) in workspaces {
            let (ids, packages): (Vec<SourceId>, Vec<BuildPackage>) =
                workspace.members.into_iter().unzip();
            let build = self.cargo_build(workspace_root, packages, workspace.target_directory);
            let output = build
                .run(cancel, &mut |line| progress(line.to_owned()))
                .map_err(|error| self.build_failure(&build.packages, error))?;
            for warning in &output.warnings {
                tracing::warn!(file = ?warning.file, line = warning.line, "{}", warning.message);
            }
            if let Some(runtime) = output.runtime {
                let mut memory = lock(&self.memory);
                for (id, templates) in ids.iter().filter_map(|id| Some((id, sets.get(id)?))) {
                    let contexts = templates.set.context_crates();
                    match runtime.with_contexts(contexts, &output.crates) {
                        Some(runtime) => memory.runtimes.insert(*id, runtime),
                        // Without their library, only cargo can build its templates.
                        None => memory.runtimes.remove(id),
                    };
                }
            }
            let built = ids.into_iter().zip(output.libraries);
            libraries.extend(built.map(|(id, library)| (id, library.package, library.path)));
        }
        Ok(libraries)
    }

    /// Where cargo builds a crate.
    pub(super) fn target_directory(&self, member: &CratePlugin) -> PathBuf {
        let own = || member.target_directory.join("hotplate");
        self.settings.target_dir.clone().unwrap_or_else(own)
    }

    /// Writes the crate through which cargo builds the runtime; gives its target directory
    /// too.
    fn runtime_crate(
        &self,
        folder: &TemplateFolder,
        cancel: &CancelToken,
    ) -> Result<(CratePlugin, PathBuf), Failure> {
        let base = self.settings.own_directory();
        let into = base.join("template-runtime");
        scaffold(&into, &RuntimeLocation::find()).map_err(|error| {
            let message = format!("cannot write a crate in {}: {error}", into.display());
            let diagnostics = vec![Diagnostic::message(message)];
            self.reject(Stage::Source, Some(&folder.name), diagnostics)
        })?;
        let made = lock(&self.manifests).discover(&into, cancel);
        match made.map_err(|error| self.source_failure(&folder.name, &error))? {
            PluginSource::Crate(plugin) => Ok((plugin, base)),
            PluginSource::Templates(_) => {
                let message = format!("the crate in {} has lost its manifest", into.display());
                let diagnostics = vec![Diagnostic::message(message)];
                Err(self.reject(Stage::Source, Some(&folder.name), diagnostics))
            }
        }
    }

    fn source_failure(&self, plugin: &str, error: &SourceError) -> Failure {
        if matches!(error, SourceError::Cancelled) {
            return Failure::Cancelled;
        }
        let mut diagnostics: Vec<Diagnostic> =
            error.diagnostics().iter().map(build_diagnostic).collect();
        if diagnostics.is_empty() {
            diagnostics.push(Diagnostic::message(with_causes(error)));
        }
        self.reject(Stage::Source, Some(plugin), diagnostics)
    }

    pub(super) fn cargo_build(
        &self,
        workspace_root: PathBuf,
        packages: Vec<BuildPackage>,
        target_directory: PathBuf,
    ) -> CargoBuild {
        CargoBuild {
            cargo: self.settings.cargo.clone(),
            workspace_root,
            packages,
            target_directory,
            offline: self.settings.offline,
            timeout: Some(self.settings.build_timeout),
            config: Vec::new(),
            libraries: self.libraries.folders(),
        }
    }

    pub(super) fn build_failure(&self, packages: &[BuildPackage], error: BuildError) -> Failure {
        if error.is_cancelled() {
            return Failure::Cancelled;
        }
        let errors = error.diagnostics().iter();
        let mut diagnostics: Vec<Diagnostic> = errors
            .filter(|diagnostic| diagnostic.level == Level::Error)
            .map(build_diagnostic)
            .collect();
        if diagnostics.is_empty() {
            diagnostics.push(Diagnostic::message(with_causes(&error)));
        }
        let plugin = match packages {
            [one] => Some(one.name.as_str()),
            several => {
                let file = diagnostics[0].file.as_deref().map(Path::new);
                let owner = several
                    .iter()
                    .find(|package| file.is_some_and(|file| file.starts_with(&package.directory)));
                owner.map(|package| package.name.as_str())
            }
        };
        self.reject(Stage::Build, plugin, diagnostics)
    }

    /// Copies a library into the private directory and looks whether it is one.
    fn admit(&self, plugin: &str, library: &Path, wanted: Wanted<'_>) -> Result<Verified, Failure> {
        let refuse = |message| {
            let diagnostic = Diagnostic::message(message);
            self.reject(Stage::Artifact, Some(plugin), vec![diagnostic])
        };
        let artifact = self
            .store
            .admit(plugin, library)
            .map_err(|error| refuse(with_causes(&error)))?;
        elf::verify(artifact, wanted)
            .map_err(|error| refuse(format!("{} {error}", library.display())))
    }

    pub(super) fn reject(
        &self,
        stage: Stage,
        plugin: Option<&str>,
        diagnostics: Vec<Diagnostic>,
    ) -> Failure {
        Failure::Rejected(Rejection {
            stage,
            plugin: plugin.map(str::to_owned),
            diagnostics,
            serving: self.live.generation(),
        })
    }
}

/// What one run of cargo builds.
struct Workspace {
    target_directory: PathBuf,
    members: Vec<(SourceId, BuildPackage)>,
}

fn build_diagnostic(diagnostic: &BuildDiagnostic) -> Diagnostic {
    Diagnostic {
        file: diagnostic
            .file
            .as_ref()
            .map(|file| file.display().to_string()),
        line: diagnostic.line,
        column: diagnostic.column,
        message: diagnostic.message.clone(),
        rendered: diagnostic.rendered.clone(),
    }
}

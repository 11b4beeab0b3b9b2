//! Builds of crates whose sources have edits that are not in their files.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::job::{Dirty, Failure, Job, PatchProduct, Templates};
use super::machine::SourceId;
use super::patch::Patch;
use crate::build::{CancelToken, Mirror, Recording, Replay};
use crate::candidate::{PatchBase, PatchedUnits};
use crate::event::{Diagnostic, Stage};
use crate::recoder::Overlay;
use crate::source::{CratePlugin, PluginSource};
use crate::sync::{Arc, lock};

impl Job {
    /// The Rust sources of a plugin that have edits, if any have.
    pub(super) fn edited_rust<'p>(
        &self,
        plugin: &'p PluginSource,
    ) -> Option<(&'p CratePlugin, Overlay)> {
        let PluginSource::Crate(member) = plugin else {
            return None;
        };
        let overlay = self.overlay.rust_of(&member.directory, plugin.templates());
        (!overlay.is_empty()).then_some((member, overlay))
    }

    /// Forgets how cargo calls rustc for those plugins of which it may do so otherwise by
    /// now.
    pub(super) fn forget_recordings(&self) {
        let mut memory = lock(&self.memory);
        for (id, plugin, dirty) in &self.plugins {
            if let PluginSource::Crate(member) = &**plugin
                && self.may_call_otherwise(member, dirty)
            {
                memory.recordings.remove(id);
            }
        }
    }

    fn may_call_otherwise(&self, member: &CratePlugin, dirty: &Dirty) -> bool {
        let is_template = |file: &Path| {
            let mut folders = member.templates.iter();
            folders.any(|folder| file.starts_with(folder))
        };
        let is_source = |file: &Path| {
            // A build script may look at anything.
            !member.has_build_script && file.extension() == Some(OsStr::new("rs"))
        };
        let mut files = dirty.files.iter();
        dirty.outside
            || files
                .any(|file| !self.overlay.contains(file) && !is_template(file) && !is_source(file))
    }

    /// Compiles the library of a crate from its edited sources.
    pub(super) fn recode(
        &self,
        id: SourceId,
        member: &CratePlugin,
        overlay: &Overlay,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<PathBuf, Failure> {
        let workshop = self.workshop(id).map_err(|error| {
            let message = format!("cannot make a directory to build in: {error}");
            let diagnostics = vec![Diagnostic::message(message)];
            self.reject(Stage::Build, Some(&member.name), diagnostics)
        })?;
        let recording = self.recording(id, member, &workshop, cancel, progress)?;
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (directory, workspace_root) = (real(&member.directory), real(&member.workspace_root));
        let base = if directory.starts_with(&workspace_root) {
            &workspace_root
        } else {
            &directory
        };
        // Cargo knows the sources by their real paths.
        let mut real_overlay = Overlay::default();
        for (path, text) in overlay.iter() {
            if let Ok(relative) = path.strip_prefix(&member.directory) {
                real_overlay.set(directory.join(relative), text.cloned());
            }
        }
        let root = real_root(member, &directory);
        let into = workshop.join("mirror");
        let (output, incremental) = (workshop.join("output"), workshop.join("incremental"));
        let replay = Replay {
            recording: &recording,
            mirror: Mirror { base, into: &into },
            overlay: &real_overlay,
            root: &root,
            workspace_root: &workspace_root,
            output: &output,
            incremental: &incremental,
            timeout: self.settings.build_timeout,
        };
        progress(format!("Compiling {} with patches", member.name));
        let library = replay
            .run(cancel)
            .map_err(|error| self.build_failure(&[member.build_package()], error))?;
        self.check_libraries(member, &directory, &replay.mirror)?;
        Ok(library)
    }

    /// Templates are compiled for the filters and tags that the files define, so a patch
    /// must not define others.
    fn check_libraries(
        &self,
        member: &CratePlugin,
        directory: &Path,
        mirror: &Mirror<'_>,
    ) -> Result<(), Failure> {
        let Some(mirrored) = mirror.place_of(directory) else {
            return Ok(());
        };
        let of = |folder: &Path| hotplate_template_build::libraries(folder).ok();
        if of(directory) == of(&mirrored) {
            return Ok(());
        }
        let message = "a patch cannot add a filter or tag, or change what templates must know of \
                       one: its arguments, its closing tags, or what its attribute says; change \
                       the file instead";
        let diagnostics = vec![Diagnostic::message(message)];
        Err(self.reject(Stage::Build, Some(&member.name), diagnostics))
    }

    /// The private directory for what is made of a source.
    fn workshop(&self, id: SourceId) -> std::io::Result<PathBuf> {
        let folder = self
            .store
            .directory()
            .join("patches")
            .join(id.0.to_string());
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn recording(
        &self,
        id: SourceId,
        member: &CratePlugin,
        workshop: &Path,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Arc<Recording>, Failure> {
        let known = lock(&self.memory).recordings.get(&id).cloned();
        if let Some(known) = known.filter(|known| known.is_usable()) {
            return Ok(known);
        }
        let packages = vec![member.build_package()];
        let target_directory = self.target_directory(member);
        let build = self.cargo_build(member.workspace_root.clone(), packages, target_directory);
        let recording = build
            .record(workshop, cancel, &mut |line| progress(line.to_owned()))
            .map_err(|error| self.build_failure(&build.packages, error))?;
        let recording = Arc::new(recording);
        lock(&self.memory).recordings.insert(id, recording.clone());
        Ok(recording)
    }

    /// What the templates of a crate come to whose functions alone are built.
    pub(super) fn templates_beside(
        &self,
        id: SourceId,
        plugin: &PluginSource,
        templates: Option<&Templates>,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Option<PatchProduct>, Failure> {
        let runtime = lock(&self.memory).runtimes.get(&id).cloned();
        let (Some(templates), Some(runtime)) = (templates, runtime) else {
            return Ok(None);
        };
        let set = &templates.set;
        let names = set.names();
        let patch = Patch::plan(plugin.name(), set, &names, true, &self.live, &self.kept);
        let (source, base) = ((id, plugin), PatchBase::Functions);
        self.compile_patch(source, &runtime, patch, base, cancel, progress)
            .map(Some)
            .map_err(|error| self.unit_failure(plugin.name(), error))
    }

    /// The edited templates of a crate that cargo has built from its files.
    pub(super) fn templates_on_top(
        &self,
        id: SourceId,
        plugin: &PluginSource,
        templates: Option<&Templates>,
        cancel: &CancelToken,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Option<PatchProduct>, Failure> {
        let (Some(templates), Some(folder)) = (templates, plugin.templates()) else {
            return Ok(None);
        };
        let names: BTreeSet<String> = self
            .overlay
            .template_names(folder)
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        let runtime = lock(&self.memory).runtimes.get(&id).cloned();
        let runtime = runtime.ok_or_else(|| {
            let message = "this plugin compiles its templates in a way of its own, so they cannot \
                           be patched; change the file instead";
            let diagnostics = vec![Diagnostic::message(message)];
            self.reject(Stage::Build, Some(plugin.name()), diagnostics)
        })?;
        let edited = names.iter().filter_map(|name| templates.set.get(name));
        let patch = Patch {
            compile: edited.map(Cow::Borrowed).collect(),
            units: PatchedUnits::default(),
        };
        let (source, base) = ((id, plugin), PatchBase::Built(names));
        self.compile_patch(source, &runtime, patch, base, cancel, progress)
            .map(Some)
            .map_err(|error| self.unit_failure(plugin.name(), error))
    }
}

/// The library's root file, as cargo names it.
fn real_root(member: &CratePlugin, directory: &Path) -> PathBuf {
    match member.root_file.strip_prefix(&member.directory) {
        Ok(relative) => directory.join(relative),
        Err(_) => member.root_file.clone(),
    }
}

//! What is watched: the plugins, prebuilt libraries, and whose file is whose.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use hotplate_template_build::context_crates;

use super::machine::{ChangeSet, SourceId};
use crate::files::FileChange;
use crate::source::PluginSource;
use crate::sync::Arc;

/// Something that makes plugins.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A plugin directory.
    Plugin(Arc<PluginSource>),
    /// A library in a folder that is followed.
    Prebuilt(PathBuf),
}

impl Source {
    /// The plugin's name; for a prebuilt library, that of its file.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Plugin(plugin) => plugin.name().to_owned(),
            Self::Prebuilt(path) => path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        }
    }
}

/// All sources of a host, and the other paths it watches.
#[derive(Debug)]
pub(crate) struct Watchlist {
    list: Vec<Source>,
    /// Folders whose libraries are followed.
    artifacts: Vec<PathBuf>,
    /// Files that concern every crate.
    watch: Vec<PathBuf>,
    /// Files that are not built.
    data: Vec<PathBuf>,
    /// The files of crates whose structs a plugin's templates are rendered with.
    contexts: BTreeMap<SourceId, Vec<PathBuf>>,
    /// Directories whose sub-directories may be plugins.
    discovered_in: Vec<PathBuf>,
}

/// What a set of changed files means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Concern {
    /// The sources to build.
    pub(crate) sources: ChangeSet,
    /// Which file is of which source; those that concern every crate are of none.
    pub(crate) owned: Vec<(SourceId, PathBuf)>,
    /// Sources that are concerned by files outside them.
    pub(crate) others: ChangeSet,
    /// The files that made them so.
    pub(crate) paths: Vec<PathBuf>,
    /// Files that are not built.
    pub(crate) data: Vec<PathBuf>,
}

impl Concern {
    /// Adds what further files mean.
    pub(crate) fn add(&mut self, further: Self) {
        self.sources.extend(further.sources);
        self.owned.extend(further.owned);
        self.others.extend(further.others);
        self.paths.extend(further.paths);
        self.data.extend(further.data);
    }
}

impl Watchlist {
    pub(crate) fn new(
        plugins: Vec<Arc<PluginSource>>,
        artifacts: Vec<PathBuf>,
        watch: Vec<PathBuf>,
        data: Vec<PathBuf>,
    ) -> Self {
        Self {
            list: plugins.into_iter().map(Source::Plugin).collect(),
            artifacts,
            watch,
            data,
            contexts: BTreeMap::new(),
            discovered_in: Vec::new(),
        }
    }

    /// Has directories watched whose sub-directories may be plugins.
    pub(crate) fn discover_in(&mut self, directories: Vec<PathBuf>) {
        self.discovered_in = directories;
    }

    /// The directories whose sub-directories may be plugins.
    pub(crate) fn discovered_in(&self) -> &[PathBuf] {
        &self.discovered_in
    }

    /// Takes in a plugin.
    pub(crate) fn add(&mut self, plugin: Arc<PluginSource>) -> SourceId {
        self.list.push(Source::Plugin(plugin));
        SourceId(self.list.len() - 1)
    }

    /// The plugin with this directory.
    pub(crate) fn source_of(&self, directory: &Path) -> Option<SourceId> {
        let mut sources = self.list.iter();
        let place = sources.position(|source| match source {
            Source::Plugin(plugin) => plugin.root() == directory,
            Source::Prebuilt(_) => false,
        });
        place.map(SourceId)
    }

    /// The directory of the plugin with this name, to be shown.
    pub(crate) fn plugin_named(&self, name: &str) -> Option<String> {
        self.list.iter().find_map(|source| match source {
            Source::Plugin(plugin) if plugin.name() == name => {
                Some(plugin.root().display().to_string())
            }
            _ => None,
        })
    }

    /// Whether a file lies in a plugin's directory.
    pub(crate) fn is_owned(&self, path: &Path) -> bool {
        self.list.iter().any(|source| match source {
            Source::Plugin(plugin) => path.starts_with(plugin.root()),
            Source::Prebuilt(_) => false,
        })
    }

    /// Reads anew which crates' structs the plugins' templates are rendered with; gives the
    /// paths that are to be watched further. Of a manifest that cannot be read, what was
    /// known still counts.
    pub(crate) fn find_contexts(&mut self) -> Vec<PathBuf> {
        let before = self.roots();
        for (place, source) in self.list.iter().enumerate() {
            let Source::Plugin(plugin) = source else {
                continue;
            };
            if let Ok(crates) = context_crates(plugin.root()) {
                let files = crates.iter().flat_map(|found| {
                    // A target directory may be inside it, too.
                    ["src", "Cargo.toml"].map(|name| found.folder.join(name))
                });
                self.contexts.insert(SourceId(place), files.collect());
            }
        }
        let mut further = self.roots();
        further.retain(|root| !before.contains(root));
        further
    }

    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0]
    }

    /// All sources.
    pub(crate) fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..self.list.len()).map(SourceId)
    }

    /// Reads a plugin's manifest again, for it may have changed.
    pub(crate) fn replace_plugin(&mut self, id: SourceId, plugin: PluginSource) {
        self.list[id.0] = Source::Plugin(Arc::new(plugin));
    }

    /// The directories and files to watch.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        let plugins = self.list.iter().filter_map(|source| match source {
            Source::Plugin(plugin) => Some(plugin.root().to_owned()),
            Source::Prebuilt(_) => None,
        });
        let contexts = self.contexts.values().flatten();
        let others = self.artifacts.iter().chain(&self.watch).chain(&self.data);
        let others = others.chain(contexts).chain(&self.discovered_in);
        let mut roots: Vec<PathBuf> = plugins.chain(others.cloned()).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// Says whom changed files concern; a library seen for the first time becomes a source.
    pub(crate) fn concern(&mut self, changes: &[FileChange]) -> Concern {
        let mut concern = Concern::default();
        for change in changes {
            let path = &change.path;
            if self.data.iter().any(|data| path.starts_with(data)) {
                concern.data.push(path.clone());
                continue;
            }
            let before = concern.sources.len();
            if self.watch.iter().any(|watched| path.starts_with(watched)) {
                concern.sources.extend(self.crates());
                concern.others.extend(self.crates());
            }
            let users = self.users(path);
            concern.sources.extend(&users);
            concern.others.extend(users);
            if self
                .artifacts
                .iter()
                .any(|folder| path.parent() == Some(folder))
            {
                concern.sources.extend(self.prebuilt(path));
            }
            let owner = self.owner(path);
            concern.sources.extend(owner);
            concern
                .owned
                .extend(owner.map(|owner| (owner, path.clone())));
            if concern.sources.len() > before || owner.is_some() {
                concern.paths.push(path.clone());
            }
        }
        concern
    }

    fn crates(&self) -> impl Iterator<Item = SourceId> {
        self.list
            .iter()
            .enumerate()
            .filter(|(_, source)| matches!(source, Source::Plugin(plugin) if plugin.is_crate()))
            .map(|(place, _)| SourceId(place))
    }

    /// The plugins with templates that are rendered with structs of this file.
    fn users(&self, path: &Path) -> Vec<SourceId> {
        let is_in = |files: &[PathBuf]| files.iter().any(|file| path.starts_with(file));
        let users = self.contexts.iter().filter(|(_, files)| is_in(files));
        users.map(|(id, _)| *id).collect()
    }

    /// The plugin whose directory holds `path`; the innermost if they nest.
    fn owner(&self, path: &Path) -> Option<SourceId> {
        self.list
            .iter()
            .enumerate()
            .filter_map(|(place, source)| match source {
                Source::Plugin(plugin) if path.starts_with(plugin.root()) => {
                    Some((plugin.root().components().count(), SourceId(place)))
                }
                _ => None,
            })
            .max()
            .map(|(_, id)| id)
            .filter(|id| match self.get(*id) {
                Source::Plugin(plugin) => plugin.concerns(path),
                Source::Prebuilt(_) => false,
            })
    }

    fn prebuilt(&mut self, path: &Path) -> Option<SourceId> {
        if path.extension() != Some(OsStr::new("so")) {
            return None;
        }
        let known = self
            .list
            .iter()
            .position(|source| matches!(source, Source::Prebuilt(known) if known == path));
        let place = known.unwrap_or_else(|| {
            self.list.push(Source::Prebuilt(path.to_owned()));
            self.list.len() - 1
        });
        Some(SourceId(place))
    }
}

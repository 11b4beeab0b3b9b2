//! What the driver begins with: the paths that it was given, looked at.

use std::path::{Path, PathBuf};

use crate::build::CancelToken;
use crate::builder::{Builder, Settings};
use crate::cache::Cache;
use crate::error::{Error, suggestions};
use crate::files::is_ignored_name;
use crate::linked::Linked;
use crate::source::{PluginSource, SourceError, Sources as Manifests};
use crate::sync::Arc;

/// The cache of compiled templates. A host works without one.
pub(super) fn open_cache(settings: &Settings) -> Option<Cache> {
    if settings.cache_limit == 0 {
        return None;
    }
    let directory = settings.own_directory().join("artifacts");
    let cache = Cache::open(&directory, settings.cache_limit);
    cache
        .inspect_err(|error| tracing::warn!("compiled templates are not kept: {error}"))
        .ok()
}

/// Reads the plugins' manifests.
pub(super) fn discover(
    directories: &[PathBuf],
    found: &[PathBuf],
    manifests: &mut Manifests,
) -> Result<Vec<Arc<PluginSource>>, Error> {
    let mut plugins: Vec<Arc<PluginSource>> = Vec::new();
    let named = directories.iter().map(|directory| (directory, true));
    for (directory, is_named) in named.chain(found.iter().map(|found| (found, false))) {
        let plugin = match manifests.discover(directory, &CancelToken::new()) {
            Ok(plugin) => plugin,
            Err(error) if !is_named && is_no_plugin(&error) => continue,
            Err(error) => return Err(Error::setup_from(error.to_string(), error)),
        };
        if !is_named && plugins.iter().any(|known| known.root() == plugin.root()) {
            continue;
        }
        if let Some(other) = plugins.iter().find(|other| other.name() == plugin.name()) {
            return Err(Error::setup(format!(
                "two plugins are named {}: {} and {}",
                plugin.name(),
                other.root().display(),
                plugin.root().display()
            )));
        }
        plugins.push(Arc::new(plugin));
    }
    Ok(plugins)
}

/// Whether a directory is merely none of a plugin, and not one with a mistake.
pub(super) fn is_no_plugin(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::Missing { .. }
            | SourceError::NotADirectory { .. }
            | SourceError::Nothing { .. }
            | SourceError::NoPackage { .. }
            | SourceError::NoLibrary { .. }
    )
}

/// The directories in a directory that may be plugins, in order.
pub(super) fn sub_directories(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| !is_ignored_name(&entry.file_name()));
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}

/// Makes sure that no plugin that is watched is linked into the program, too.
pub(super) fn check_names(plugins: &[Arc<PluginSource>], linked: &Linked) -> Result<(), Error> {
    let is_linked =
        |plugin: &&Arc<PluginSource>| linked.names().any(|name| **name == *plugin.name());
    match plugins.iter().find(is_linked) {
        Some(plugin) => Err(Error::setup(format!(
            "two plugins are named {}: {} and one that is linked into the program; leave one out",
            plugin.name(),
            plugin.root().display()
        ))),
        None => Ok(()),
    }
}

/// Makes sure that there is each plugin that layers name; what a folder of libraries will
/// bring is not known yet.
pub(crate) fn check_layers(
    builder: &Builder,
    plugins: &[Arc<PluginSource>],
    linked: &Linked,
) -> Result<(), Error> {
    let watched = plugins.iter().map(|plugin| plugin.name());
    let names: Vec<&str> = watched.chain(linked.names().map(|name| &**name)).collect();
    let mut layers = builder.defaults.layers.plugins();
    match layers.find(|name| !names.contains(name)) {
        Some(name) if builder.artifacts.is_empty() && builder.discover.is_empty() => {
            Err(Error::unknown(
                format!("plugin {name}, which layers name"),
                suggestions(name, names),
            ))
        }
        _ => Ok(()),
    }
}

/// Makes paths absolute, if they are what they should be.
pub(super) fn existing(
    paths: &[PathBuf],
    what: &str,
    is_right: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Error> {
    paths
        .iter()
        .map(|path| {
            let absolute = std::path::absolute(path).map_err(|error| {
                Error::setup_from(format!("cannot find {}", path.display()), error)
            })?;
            if is_right(&absolute) {
                Ok(absolute)
            } else {
                Err(Error::setup(format!("{} is not {what}", path.display())))
            }
        })
        .collect()
}

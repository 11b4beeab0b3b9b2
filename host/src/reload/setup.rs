//! What the driver begins with: the paths that it was given, looked at.

use std::path::{Path, PathBuf};

use crate::build::CancelToken;
use crate::builder::{Builder, Settings};
use crate::cache::Cache;
use crate::error::{Error, suggestions};
use crate::linked::Linked;
use crate::source::{PluginSource, Sources as Manifests};
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
    manifests: &mut Manifests,
) -> Result<Vec<Arc<PluginSource>>, Error> {
    let mut plugins: Vec<Arc<PluginSource>> = Vec::new();
    for directory in directories {
        let plugin = manifests
            .discover(directory, &CancelToken::new())
            .map_err(|error| Error::setup_from(error.to_string(), error))?;
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
        Some(name) if builder.artifacts.is_empty() => Err(Error::unknown(
            format!("plugin {name}, which layers name"),
            suggestions(name, names),
        )),
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

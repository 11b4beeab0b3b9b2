//! Text that builds take in place of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::sync::Arc;

/// The texts of edited files, by their paths as seen from their plugins' roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overlay {
    /// None for a file that counts as deleted.
    texts: BTreeMap<PathBuf, Option<Arc<str>>>,
}

impl Overlay {
    pub(crate) fn set(&mut self, path: PathBuf, text: Option<Arc<str>>) {
        self.texts.insert(path, text);
    }

    /// What stands in place of a file, if anything does.
    pub(crate) fn get(&self, path: &Path) -> Option<&Option<Arc<str>>> {
        self.texts.get(path)
    }

    pub(crate) fn contains(&self, path: &Path) -> bool {
        self.texts.contains_key(path)
    }

    /// The edited files in a directory and those beneath it.
    pub(crate) fn under<'o>(
        &'o self,
        directory: &'o Path,
    ) -> impl Iterator<Item = (&'o Path, Option<&'o Arc<str>>)> {
        let first = self.texts.range(directory.to_owned()..);
        first
            .take_while(move |(path, _)| path.starts_with(directory))
            .map(|(path, text)| (path.as_path(), text.as_ref()))
    }

    /// The names of edited templates in a directory of templates.
    pub(crate) fn template_names<'o>(
        &'o self,
        directory: &'o Path,
    ) -> impl Iterator<Item = &'o str> {
        self.under(directory)
            .filter_map(move |(path, _)| path.strip_prefix(directory).ok()?.to_str())
    }

    /// The edited files of a crate that rustc reads: all but its templates.
    pub(crate) fn rust_of(&self, root: &Path, templates: Option<&Path>) -> Self {
        let is_rust = |path: &Path| templates.is_none_or(|folder| !path.starts_with(folder));
        let texts = self
            .texts
            .iter()
            .filter(|(path, _)| path.starts_with(root) && is_rust(path));
        Self {
            texts: texts
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, Option<&Arc<str>>)> {
        let texts = self.texts.iter();
        texts.map(|(path, text)| (path.as_path(), text.as_ref()))
    }
}

//! What the host's crates define for templates: libraries of filters and tags, read from
//! the crates' sources.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use hotplate_template_build::{Scan, libraries, package_libraries_with};

use crate::sync::{Arc, Mutex, lock};

/// The libraries of a host's crates. Read once, and again when told to forget.
#[derive(Debug)]
pub(crate) struct Libraries {
    crates: Mutex<Vec<PathBuf>>,
    /// How deep tags may be nested where a manifest does not say.
    nesting_limit: Option<usize>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Those of the crates that define something.
    folders: Option<Vec<PathBuf>>,
    /// What the templates of each plugin may load.
    scans: BTreeMap<PathBuf, Arc<Scan>>,
}

impl Libraries {
    /// Nothing is read yet.
    pub(crate) fn new(crates: Vec<PathBuf>, nesting_limit: Option<usize>) -> Self {
        Self {
            crates: Mutex::new(crates),
            nesting_limit,
            known: Mutex::default(),
        }
    }

    /// Takes in a further crate.
    pub(crate) fn add(&self, folder: PathBuf) {
        lock(&self.crates).push(folder);
        self.forget();
    }

    /// Whether a change of this file may change a library.
    pub(crate) fn depend_on(file: &Path) -> bool {
        file.extension() == Some(OsStr::new("rs"))
            || file.file_name() == Some(OsStr::new("Cargo.toml"))
    }

    /// Reads everything again when it is next asked for.
    pub(crate) fn forget(&self) {
        *lock(&self.known) = Known::default();
    }

    /// The crates that define libraries.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let crates = lock(&self.crates).clone();
        lock(&self.known).folders(&crates)
    }

    /// What the templates of the plugin in this folder may load.
    pub(crate) fn of(&self, plugin: &Path) -> io::Result<Arc<Scan>> {
        let mut known = lock(&self.known);
        if let Some(scan) = known.scans.get(plugin) {
            return Ok(scan.clone());
        }
        let folders = known.folders(&lock(&self.crates));
        let mut scan = package_libraries_with(plugin, &folders)?;
        if !plugin.join("Cargo.toml").exists() {
            scan.nesting_limit = self.nesting_limit;
        }
        let scan = Arc::new(scan);
        known.scans.insert(plugin.to_owned(), scan.clone());
        Ok(scan)
    }
}

impl Known {
    fn folders(&mut self, crates: &[PathBuf]) -> Vec<PathBuf> {
        let folders = self.folders.get_or_insert_with(|| {
            // A crate that cannot be read may define something, too.
            let defines = |folder: &&PathBuf| libraries(folder).is_ok_and(|found| found.is_empty());
            let defines = |folder: &&PathBuf| folder.is_dir() && !defines(folder);
            crates.iter().filter(defines).cloned().collect()
        });
        folders.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn libraries_are_read_again_only_when_forgotten() {
        let directory = tempfile::tempdir().expect("there is room");
        let path = |name: &str| directory.path().join(name);
        for name in ["shop", "plain"] {
            fs::create_dir_all(path(name).join("src")).expect("there is room");
        }
        let write = |text: &str| {
            fs::write(path("shop/src/prices.rs"), text).expect("there is room");
        };
        write("#[filter] fn euro(value: f64) -> f64 { value }");
        let libraries = Libraries::new(vec![path("shop"), path("plain"), path("gone")], None);
        assert_eq!(libraries.folders(), [path("shop")]);
        let site = path("plain");
        let filters = || {
            let scan = libraries.of(&site).expect("the folder can be read");
            let filters = scan
                .libraries
                .get("prices")
                .map(|prices| prices.filters.len());
            filters.unwrap_or(0)
        };
        assert_eq!(filters(), 1);
        write("#[filter] fn a(value: f64) -> f64 { value }\n#[filter] fn b(v: f64) -> f64 { v }");
        assert_eq!(filters(), 1);
        libraries.forget();
        assert_eq!(filters(), 2);
    }
}

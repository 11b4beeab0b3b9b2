//! What all workloads share: where files are, and marks that tell edits apart.

use std::cell::{Cell, OnceCell};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotplate::{Builder, Host};

use super::Options;
use super::site::Templates;
use crate::{Fault, python};

/// The longest that anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(900);

/// One run of the benchmark.
pub(super) struct Scene<'o> {
    pub(super) options: &'o Options,
    directory: PathBuf,
    /// Differs from run to run.
    seed: String,
    marks: Cell<usize>,
    python: OnceCell<Option<PathBuf>>,
    /// Holds other runs off.
    _lock: File,
}

impl<'o> Scene<'o> {
    pub(super) fn new(options: &'o Options) -> Result<Self, Fault> {
        fs::create_dir_all(&options.directory)?;
        let directory = fs::canonicalize(&options.directory)?;
        let lock = File::create(directory.join("bench.lock"))?;
        lock.lock()?;
        let work = directory.join("work");
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir(&work)?,
        }
        let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        Ok(Self {
            options,
            directory,
            seed: format!("{seed:x}"),
            marks: Cell::new(0),
            python: OnceCell::new(),
            _lock: lock,
        })
    }

    pub(super) fn progress(&self, line: &str) {
        (self.options.progress)(line);
    }

    /// A text that stands nowhere else, and never did.
    pub(super) fn mark(&self) -> String {
        self.marks.set(self.marks.get() + 1);
        format!("edit-{}-{}-", self.seed, self.marks.get())
    }

    /// An empty folder of this run. Its path is the same in every run, so that cargo's
    /// files about earlier runs are replaced and do not pile up.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Fault> {
        let folder = self.directory.join("work").join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A folder that is kept from run to run.
    pub(super) fn kept(&self, name: &str) -> Result<PathBuf, Fault> {
        let folder = self.directory.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Where hosts build.
    pub(super) fn target(&self) -> PathBuf {
        self.directory.join("hosts")
    }

    pub(super) fn builder(&self) -> Builder {
        Host::builder().target_dir(self.target()).offline(true)
    }

    /// The interpreter of an environment with the peers in Python, if they are wanted and
    /// it could be made.
    pub(super) fn python(&self) -> Option<&Path> {
        let wanted = self.options.python.as_ref()?;
        let made = self.python.get_or_init(|| {
            self.progress("python: set up");
            match python::environment(&self.directory.join("python"), wanted) {
                Ok(python) => Some(python),
                Err(fault) => {
                    self.progress(&format!("python: left out: {fault}"));
                    None
                }
            }
        });
        made.as_deref()
    }
}

/// Writes a file, making its folders.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

/// Writes templates into a folder.
pub(super) fn write_all(folder: &Path, templates: &Templates) -> Result<(), Fault> {
    let mut templates = templates.iter();
    templates.try_for_each(|(name, text)| write(&folder.join(name), text))
}

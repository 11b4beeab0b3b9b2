//! The library whose functions are called: built once, and opened once more for those who
//! look symbols up.
#![expect(
    unsafe_code,
    reason = "whoever looks a symbol up says what type it has"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hot_lib_reloader::LibReloader;
use serde_json::Value as Json;

use super::{HashStep, Slug};
use crate::process::{cargo, run};
use crate::{Fault, project_folder};

/// The names of the functions as symbols. hot-lib-reloader ends them like this too.
const SLUG: &[u8] = b"slug_of\0";
const HASH_STEP: &[u8] = b"hash_step\0";

/// The built library.
pub(super) struct Calls {
    artifacts: PathBuf,
    reloader: Arc<RwLock<LibReloader>>,
}

impl Calls {
    /// Builds `benchmarks/calls` as for production.
    pub(super) fn build() -> Result<Self, Fault> {
        let mut build = cargo(&project_folder("benchmarks/calls"));
        build.args(["build", "--release", "--message-format=json"]);
        let library = library(&run(&mut build)?)?;
        let folder = project_folder("target/bench/dispatch");
        let artifacts = folder.join("artifacts");
        let reloaded = folder.join("hot-lib-reloader");
        for folder in [&artifacts, &reloaded] {
            fs::create_dir_all(folder)?;
            copy(&library, &folder.join("libbench_calls.so"))?;
        }
        let reloader = LibReloader::new(&reloaded, "bench_calls", None, None)?;
        Ok(Self {
            artifacts,
            reloader: Arc::new(RwLock::new(reloader)),
        })
    }

    /// A folder that holds the library alone.
    pub(super) fn artifacts(&self) -> &Path {
        &self.artifacts
    }

    /// A pointer to `slug_of`, which is valid while this lives.
    pub(super) fn slug(&self) -> Result<Slug, Fault> {
        let reloader = self.reloader.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the function of this name in `benchmarks/calls` has this type, and was
        // built by the compiler that builds this.
        Ok(*unsafe { reloader.get_symbol::<Slug>(SLUG) }?)
    }

    /// A pointer to `hash_step`, which is valid while this lives.
    pub(super) fn hash_step(&self) -> Result<HashStep, Fault> {
        let reloader = self.reloader.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: as in `slug`.
        Ok(*unsafe { reloader.get_symbol::<HashStep>(HASH_STEP) }?)
    }

    /// Calls `slug_of` as the code does that hot-lib-reloader's macro generates.
    #[inline]
    pub(super) fn hot_slug(&self, title: &str) -> Result<String, Fault> {
        let reloader = self.reloader.clone();
        let reloader = reloader.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: as in `slug`.
        let slug = unsafe { reloader.get_symbol::<Slug>(SLUG) }?;
        Ok(slug(title))
    }

    /// Calls `hash_step` in the same way.
    #[inline]
    pub(super) fn hot_hash_step(&self, hash: u64, byte: u8) -> Result<u64, Fault> {
        let reloader = self.reloader.clone();
        let reloader = reloader.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: as in `slug`.
        let hash_step = unsafe { reloader.get_symbol::<HashStep>(HASH_STEP) }?;
        Ok(hash_step(hash, byte))
    }
}

/// The library among cargo's messages.
fn library(messages: &[u8]) -> Result<PathBuf, Fault> {
    let messages = String::from_utf8_lossy(messages);
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let mut libraries = messages
        .filter(|message| message["target"]["name"] == "bench_calls")
        .filter_map(|message| {
            let files = message["filenames"].as_array()?.iter();
            let mut files = files.filter_map(Json::as_str);
            files.find(|file| file.ends_with(".so")).map(PathBuf::from)
        });
    let library = libraries.next();
    library.ok_or_else(|| "cargo made no library of benchmarks/calls".into())
}

/// Copies a library to where an older one may be mapped, which stays as it is.
fn copy(library: &Path, to: &Path) -> Result<(), Fault> {
    if to.exists() {
        fs::remove_file(to)?;
    }
    fs::copy(library, to)?;
    Ok(())
}

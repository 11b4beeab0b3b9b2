//! From a save to the first call that runs the new code.
//!
//! Everything goes through the host's public interface and its real watcher: the clock
//! starts when the file is written, and stops when a call of an old handle has given what
//! was just written. Others do the same edit in the same rounds, so that whatever slows
//! the machine down for a while slows all of them down.
//!
//! The peers are built with the settings that a host builds plugins with (optimisation
//! level 1, no debug information), and everything that an edit does not touch is built
//! before the clock starts. No edit is ever made twice, in this run or a later one, so
//! that nothing can have been kept from an earlier time, except where that is what is
//! measured.

mod contender;
mod functions;
mod live;
mod peers;
mod scene;
mod site;
mod workloads;

use std::path::PathBuf;

use crate::python::Python;
use crate::{Fault, Row, project_folder};

use contender::Contender;
use scene::Scene;

/// What can be measured.
///
/// | workload | the edit |
/// |---|---|
/// | `tiny`, `page`, `page-10x` | a template of three lines, one of 44 KB of output, one ten times as long |
/// | `tiny-rustc` | none: rustc alone, on what is generated for `tiny` |
/// | `base-1`, `base-500`, `partial-500` | a template that so many others extend, or include |
/// | `set-10` … `set-2000` | a tiny template beside so many of 2 KB |
/// | `rust-fn` | one of twenty functions of a Rust plugin |
/// | `undo` | `tiny` put back to what it was one edit before |
/// | `first-1000`, `restart-1000` | none: the start of a host with 1,000 templates, new and known |
pub const WORKLOADS: [&str; 15] = [
    "tiny",
    "tiny-rustc",
    "page",
    "page-10x",
    "base-1",
    "base-500",
    "partial-500",
    "set-10",
    "set-100",
    "set-1000",
    "set-2000",
    "rust-fn",
    "undo",
    "first-1000",
    "restart-1000",
];

/// What to measure, and how often.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many rounds; each workload has its own number by default.
    pub rounds: Option<usize>,
    /// Which of [`WORKLOADS`]; all if it is empty.
    pub only: Vec<String>,
    /// Whether to measure what others do.
    pub peers: bool,
    /// Whether to measure what others do in Python.
    pub python: Option<Python>,
    /// Where everything is built; what an edit does not touch is kept from run to run.
    pub directory: PathBuf,
    /// Hears what is being done.
    pub progress: fn(&str),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: None,
            only: Vec::new(),
            peers: true,
            python: None,
            directory: project_folder("target/bench"),
            progress: |_| {},
        }
    }
}

impl Options {
    fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == workload)
    }
}

/// Runs the benchmark.
///
/// A peer that cannot be built or does not do its work is left out, and `progress` is
/// told.
///
/// # Errors
///
/// If files cannot be written, or the host refuses an edit or does not notice it.
pub fn run(options: &Options) -> Result<Vec<Row>, Fault> {
    let scene = Scene::new(options)?;
    let mut rows = Vec::new();
    for members in workloads::GROUPS {
        let members = members.iter().filter(|(name, _)| options.wants(name));
        let mut group: Vec<Contender<'_>> = Vec::new();
        for (name, set_up) in members {
            scene.progress(&format!("{name}: set up"));
            group.extend(set_up(&scene)?);
        }
        rows.extend(contender::measure(&scene, group)?);
    }
    Ok(rows)
}

//! The command that is to succeed before what a job made is published.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::job::{Failure, Job, PatchProduct, Product};
use crate::build::CancelToken;
use crate::candidate::PatchedUnits;
use crate::event::{Event, Stage};
use crate::publish::TestFailure;

impl Job {
    /// Runs the command in each plugin, unless nothing is to be swapped; says how long it
    /// took.
    pub(super) fn test(
        &self,
        product: &Product,
        cancel: &CancelToken,
    ) -> Result<Duration, Failure> {
        let Some(command) = &self.settings.test_command else {
            return Ok(Duration::ZERO);
        };
        if self.is_first || !product.may_change_something() {
            return Ok(Duration::ZERO);
        }
        let plugins = self.tested();
        let names: Vec<String> = plugins.iter().map(|(plugin, _)| plugin.clone()).collect();
        let began = Instant::now();
        (self.announce)(Event::TestsStarted {
            plugins: names.clone(),
            command: command.text(),
        });
        let generation = self.live.generation() + 1;
        match command.run(&plugins, generation, self.settings.test_timeout, cancel) {
            Ok(()) => {
                let elapsed = began.elapsed();
                (self.announce)(Event::TestsPassed {
                    plugins: names,
                    elapsed,
                });
                Ok(elapsed)
            }
            Err(TestFailure::Cancelled) => Err(Failure::Cancelled),
            Err(TestFailure::Failed { plugin, diagnostic }) => {
                Err(self.reject(Stage::Tests, Some(&plugin), vec![diagnostic]))
            }
        }
    }

    /// The plugins of the job with their directories.
    fn tested(&self) -> Vec<(String, PathBuf)> {
        let plugins = self.plugins.iter();
        let plugins =
            plugins.map(|(_, plugin, _)| (plugin.name().to_owned(), plugin.root().to_owned()));
        let prebuilt = self.prebuilt.iter().map(|(_, library)| {
            let name = library.file_stem().unwrap_or_default().to_string_lossy();
            let folder = library.parent().unwrap_or(Path::new("/"));
            (name.into_owned(), folder.to_owned())
        });
        plugins.chain(prebuilt).collect()
    }
}

impl Product {
    /// Whether there is anything that could differ from what serves. Whether a library does
    /// is known once it is loaded.
    fn may_change_something(&self) -> bool {
        let changes = |patch: &PatchProduct| {
            let PatchedUnits { units, deleted, .. } = &patch.units;
            !(patch.libraries.is_empty() && units.is_empty() && deleted.is_empty())
        };
        let mut patches = self.patches.iter().filter(|patch| !patch.units.folds);
        !self.libraries.is_empty() || !self.gone.is_empty() || patches.any(changes)
    }
}

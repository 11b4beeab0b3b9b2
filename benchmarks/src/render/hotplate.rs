//! Hotplate, through handles of a plugin that a host has loaded.

use std::hint::black_box;

use hotplate::Host;

use super::engine::{Contender, Engine, contender};
use super::workload::Data;
use crate::{Fault, project_folder};

/// A host with the benchmark's templates.
pub(super) struct Plugin(Host);

impl Plugin {
    /// Builds and loads the plugin.
    pub(super) fn load() -> Result<Self, Fault> {
        let host = Host::builder()
            .plugin(project_folder("benchmarks/pages"))
            .manual()
            .start()?;
        Ok(Self(host))
    }
}

/// Rendering a context that the templates know nothing about.
pub(super) struct Dynamic<'h>(pub(super) &'h Plugin);

impl Engine for Dynamic<'_> {
    fn name(&self) -> &'static str {
        "hotplate-dynamic"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        let Plugin(host) = self.0;
        let path = format!("{}.html", data.template());
        let mut template = host.template("pages", &path)?.local();
        let context = data.value();
        Ok(contender(move || Ok(template.render(black_box(&context))?)))
    }
}

//! Hotplate, through handles of a plugin that a host has loaded.

use std::hint::black_box;

use bench_contexts::{Big, Gsoc, Inherit, Page, Teams};
use hotplate::{Host, LocalTypedTemplate};
use hotplate_plugin_api::Template;

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

    /// Takes the plugin that is linked into this program.
    pub(super) fn linked() -> Result<Self, Fault> {
        let host = Host::builder().linked(bench_pages::PLUGIN).start()?;
        Ok(Self(host))
    }
}

/// Rendering a struct that the templates were compiled for, by a plugin that was loaded or
/// one that is linked into this program.
pub(super) struct Typed<'h> {
    pub(super) name: &'static str,
    pub(super) plugin: &'h Plugin,
}

impl Engine for Typed<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        match data {
            Data::Big(big) => self.page::<Big>(big),
            Data::Teams(teams) => self.page::<Teams>(teams),
            Data::Page(page) => self.page::<Page<'_>>(page),
            Data::Inherit(inherit) => self.page::<Inherit<'_>>(inherit),
            Data::Gsoc(gsoc) => self.page::<Gsoc>(gsoc),
        }
    }
}

impl Typed<'_> {
    fn page<'d, T: Template + 'static>(
        &self,
        context: &'d T::Of<'d>,
    ) -> Result<Contender<'d>, Fault> {
        let Plugin(host) = self.plugin;
        let mut template = host.typed::<T>("pages")?.local();
        Ok(contender(move || Ok(template.render(black_box(context))?)))
    }
}

/// Rendering a context that the templates know nothing about.
pub(super) struct Dynamic<'h>(pub(super) &'h Plugin);

impl Dynamic<'_> {
    /// A handle of the same plugin for a struct.
    pub(super) fn typed<T: Template>(&self) -> Result<LocalTypedTemplate<T>, Fault> {
        Ok(self.0.0.typed::<T>("pages")?.local())
    }
}

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

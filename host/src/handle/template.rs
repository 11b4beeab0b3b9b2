//! Handles to templates.

use std::fmt;

use hotplate_plugin_api::Value;

use super::{CallReceipt, live};
use crate::error::Error;
use crate::options::RenderOptions;
use crate::pin::{self, Pin};
use crate::render;
use crate::shared::{LocalSnapshot, Shared};
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;

/// A handle to a template.
///
/// Every call renders what is current when it begins, in one snapshot: includes, parents
/// and blocks included.
#[derive(Clone)]
pub struct Template {
    shared: Arc<Shared>,
    slot: SlotId,
    path: Arc<str>,
}

/// A finished rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Which code wrote it.
    pub receipt: CallReceipt,
}

impl Template {
    pub(crate) fn new(shared: Arc<Shared>, plugin: &str, name: &str) -> Result<Self, Error> {
        let slot = shared.find("template", plugin, name)?;
        Ok(Self {
            shared,
            slot,
            path: format!("{plugin}::{name}").into(),
        })
    }

    /// Renders with `context`, which is a dictionary or an object.
    ///
    /// # Errors
    ///
    /// If the template was removed, raises, panics or exceeds a limit, or the host has
    /// been dropped.
    pub fn render(&self, context: &Value) -> Result<String, Error> {
        let rendered = self.render_with(context, &self.default_options())?;
        Ok(rendered.text)
    }

    /// Renders with options, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn render_with(&self, context: &Value, options: &RenderOptions) -> Result<Rendered, Error> {
        self.shared.check_open()?;
        pin::with_snapshot(&self.shared, |snapshot| {
            self.run(snapshot, context, options)
        })
    }

    /// Renders inside a pinned snapshot.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render), and if the pin belongs to another host.
    pub fn render_in(&self, pin: &Pin, context: &Value) -> Result<Rendered, Error> {
        if !Arc::ptr_eq(&self.shared, &pin.shared) {
            return Err(Error::setup(
                "the pin belongs to another host than the handle",
            ));
        }
        pin::within(&self.shared, &pin.snapshot, |snapshot| {
            self.run(snapshot, context, &self.default_options())
        })
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalTemplate {
        LocalTemplate {
            snapshot: LocalSnapshot::new(self.shared.clone()),
            template: self.clone(),
        }
    }

    fn default_options(&self) -> RenderOptions {
        RenderOptions {
            string_if_invalid: self.shared.string_if_invalid.clone(),
            ..RenderOptions::default()
        }
    }

    fn run(
        &self,
        snapshot: &Snapshot,
        context: &Value,
        options: &RenderOptions,
    ) -> Result<Rendered, Error> {
        let unit = live(snapshot, self.slot, &self.path)?;
        if unit.template().is_none() {
            return Err(Error::wrong_kind(unit.path(), "template", unit.kind()));
        }
        let text = render::render(snapshot, unit, context, options, self.shared.limits)?;
        Ok(Rendered {
            text,
            receipt: CallReceipt::new(snapshot, unit),
        })
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.path)
    }
}

/// A template handle of one thread.
///
/// It keeps the snapshot of its last call, and so that snapshot's libraries, until its
/// next call or drop.
#[derive(Debug)]
pub struct LocalTemplate {
    template: Template,
    snapshot: LocalSnapshot,
}

impl LocalTemplate {
    /// Renders what is current.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    pub fn render(&mut self, context: &Value) -> Result<String, Error> {
        let Template { shared, .. } = &self.template;
        if pin::is_running(shared) {
            return self.template.render(context);
        }
        let options = self.template.default_options();
        pin::within(shared, self.snapshot.get()?, |snapshot| {
            self.template.run(snapshot, context, &options)
        })
        .map(|rendered| rendered.text)
    }
}

//! Handles to templates.

use std::fmt;

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Object, TemplateName};

use super::{CallReceipt, live};
use crate::error::{Error, suggestions};
use crate::options::RenderOptions;
use crate::pin::{self, Pin};
use crate::render::{self, Circumstances};
use crate::shared::{LocalSnapshot, Shared};
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::Arc;
use crate::unit::LiveUnit;

/// A handle to a template, or to a partial of one.
///
/// Every call renders what is current when it begins, in one snapshot: includes, parents
/// and blocks included.
///
/// As a [`Value`] in a context it stands for the template in `{% include %}` and
/// `{% extends %}`.
#[derive(Clone)]
pub struct Template {
    shared: Arc<Shared>,
    target: Target,
    path: Arc<str>,
}

/// Which template a handle means.
#[derive(Clone, Copy)]
enum Target {
    /// This one.
    Unit(SlotId),
    /// Whatever the handle's path means at the time.
    Named,
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
            target: Target::Unit(slot),
            path: format!("{plugin}::{name}").into(),
        })
    }

    pub(crate) fn named(shared: Arc<Shared>, name: &str) -> Result<Self, Error> {
        shared.check_open()?;
        let snapshot = shared.pin();
        if shared.defaults.layers.named(&snapshot, name).is_none() {
            let templates = snapshot.units().iter().flatten();
            let templates = templates.filter(|unit| unit.is_renderable());
            return Err(Error::unknown(
                format!("template {name}"),
                suggestions(name, templates.map(|unit| &**unit.name())),
            ));
        }
        Ok(Self {
            shared,
            target: Target::Named,
            path: name.into(),
        })
    }

    /// Renders with `context`, which is a dictionary or an object.
    ///
    /// # Errors
    ///
    /// If the template was removed, raises, panics or exceeds a limit, or the host has
    /// been dropped.
    pub fn render(&self, context: &Value) -> Result<String, Error> {
        self.shared.check_open()?;
        pin::with_snapshot(&self.shared, |snapshot| {
            self.run(snapshot, context, &self.shared.defaults.circumstances())
        })
    }

    /// Renders with options, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn render_with(&self, context: &Value, options: &RenderOptions) -> Result<Rendered, Error> {
        self.shared.check_open()?;
        pin::with_snapshot(&self.shared, |snapshot| {
            let unit = self.unit(snapshot)?;
            let text = self.run(snapshot, context, &self.shared.defaults.with(options))?;
            Ok(Rendered::new(text, snapshot, unit))
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
            let unit = self.unit(snapshot)?;
            let text = self.run(snapshot, context, &self.shared.defaults.circumstances())?;
            Ok(Rendered::new(text, snapshot, unit))
        })
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalTemplate {
        LocalTemplate {
            snapshot: LocalSnapshot::new(&self.shared),
            template: self.clone(),
        }
    }

    /// The unit that the handle means in a snapshot.
    fn unit<'s>(&self, snapshot: &'s Snapshot) -> Result<&'s Arc<LiveUnit>, Error> {
        match self.target {
            Target::Unit(slot) => live(snapshot, slot, &self.path),
            Target::Named => {
                let found = self.shared.defaults.layers.named(snapshot, &self.path);
                found.ok_or_else(|| Error::removed(self.path.to_string()))
            }
        }
    }

    fn run(
        &self,
        snapshot: &Snapshot,
        context: &Value,
        circumstances: &Circumstances<'_>,
    ) -> Result<String, Error> {
        let unit = self.unit(snapshot)?;
        if !unit.is_renderable() {
            return Err(Error::wrong_kind(unit.path(), "template", unit.kind()));
        }
        render::render(snapshot, unit, context, circumstances)
    }
}

impl Rendered {
    fn new(text: String, snapshot: &Snapshot, unit: &LiveUnit) -> Self {
        Self {
            text,
            receipt: CallReceipt::new(snapshot, unit),
        }
    }
}

/// What a context holds in place of a handle.
struct Handle(TemplateName);

impl Object for Handle {
    fn type_name(&self) -> &str {
        "Template"
    }

    fn repr(&self) -> String {
        format!("<Template {}>", self.0.name)
    }

    fn template(&self) -> Option<TemplateName> {
        Some(self.0.clone())
    }
}

impl From<&Template> for Value {
    fn from(template: &Template) -> Self {
        let (plugin, name) = match template.target {
            Target::Unit(_) => template
                .path
                .split_once("::")
                .unwrap_or(("", &template.path)),
            Target::Named => ("", &*template.path),
        };
        Self::object(Handle(TemplateName {
            plugin: plugin.into(),
            name: name.into(),
        }))
    }
}

impl From<Template> for Value {
    fn from(template: Template) -> Self {
        Self::from(&template)
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
        let snapshot = self.snapshot.get(shared)?;
        pin::within(shared, snapshot, |snapshot| {
            let circumstances = shared.defaults.circumstances();
            self.template.run(snapshot, context, &circumstances)
        })
    }
}

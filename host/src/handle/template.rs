//! Handles to templates.

use std::{fmt, io};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Object, TemplateName};
use hotplate_plugin_api::view::View;

use super::{CallReceipt, generation};
use crate::error::{Error, suggestions};
use crate::expectation::Target;
use crate::options::RenderOptions;
use crate::pin::{self, Pin};
use crate::registration::Registration;
use crate::render::{self, Circumstances, Context};
use crate::shared::{LocalSnapshot, Shared};
use crate::snapshot::Snapshot;
use crate::sync::Arc;
use crate::unit::LiveUnit;
use crate::watching::changes::UnitChange;

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
            target: Target::Slot(slot),
            path: format!("{plugin}::{name}").into(),
        })
    }

    pub(crate) fn named(shared: Arc<Shared>, name: &str) -> Result<Self, Error> {
        shared.check_open()?;
        let snapshot = shared.pin();
        if shared.defaults.layers.named(&snapshot, name).is_none() {
            let templates = snapshot.live().map(|(_, unit)| unit);
            let templates = templates.filter(|unit| unit.is_renderable());
            return Err(Error::unknown(
                format!("template {name}"),
                suggestions(name, templates.map(|unit| &**unit.name())),
            ));
        }
        Ok(Self {
            shared,
            target: Target::Name(name.into()),
            path: name.into(),
        })
    }

    /// Renders with `context`: a dictionary, an object, or a struct of the program's own with
    /// `#[derive(Context)]`, which is read where it is.
    ///
    /// # Errors
    ///
    /// If the template was removed, raises, panics or exceeds a limit, or the host has
    /// been dropped.
    pub fn render<'c>(&self, context: impl Into<View<'c>>) -> Result<String, Error> {
        self.text(Context::dynamic(context.into()))
    }

    /// Renders with options, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn render_with<'c>(
        &self,
        context: impl Into<View<'c>>,
        options: &RenderOptions,
    ) -> Result<Rendered, Error> {
        self.text_with(Context::dynamic(context.into()), options)
    }

    /// Renders inside a pinned snapshot.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render), and if the pin belongs to another host.
    pub fn render_in<'c>(
        &self,
        pin: &Pin,
        context: impl Into<View<'c>>,
    ) -> Result<Rendered, Error> {
        self.text_in(pin, Context::dynamic(context.into()))
    }

    /// Renders to the end of `text`. On an error it is as it was before.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn render_into<'c>(
        &self,
        context: impl Into<View<'c>>,
        text: &mut String,
    ) -> Result<(), Error> {
        self.append(Context::dynamic(context.into()), text)
    }

    /// Renders to a writer, in pieces of some kilobytes, so that memory does not grow with
    /// the text. If the rendering fails, the writer has got what was rendered before.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// let page = host.template("site", "about.html")?;
    /// page.render_to(&hotplate::context! { title: "About" }, std::io::stdout())?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render), and if the writer fails: then
    /// [`is_write_failure`](Error::is_write_failure) is true, and its error the source.
    ///
    /// # Panics
    ///
    /// If the writer does.
    pub fn render_to<'c>(
        &self,
        context: impl Into<View<'c>>,
        mut writer: impl io::Write,
    ) -> Result<(), Error> {
        self.stream(Context::dynamic(context.into()), &mut writer)
    }

    /// What a rendering gives, to be printed, anew each time.
    ///
    /// One that fails prints nothing and gives [`fmt::Error`], at which `to_string` and
    /// `format!` panic: use [`render`](Self::render) where that can be.
    pub fn display<'c>(&self, context: impl Into<View<'c>>) -> impl fmt::Display {
        let context = Context::dynamic(context.into());
        fmt::from_fn(move |f| self.print(context, f))
    }

    /// The generation in which what the template renders changed last, as seen by a rendering:
    /// itself, a block or partial, a parent, an included template, or a filter or tag that one
    /// of them uses. Whoever keeps something that it derived from the template compares
    /// numbers, for the price of a look at the current snapshot; the first one to ask after a
    /// publish pays for finding out who depends on whom.
    ///
    /// Includes of names that are not known before may be of any template, so that each
    /// change of one counts. Of a template that is gone, the generation in which it went.
    pub fn generation(&self) -> u64 {
        generation(&self.shared, &self.target)
    }

    /// Has `callback` called after each later publish that changed, removed or brought back
    /// the template, until what this gives is dropped. A change counts as for
    /// [`generation`](Self::generation).
    ///
    /// Callbacks run on a thread of the host's own, one after the other: they may call the
    /// host. A publish does not wait for them, so whoever must not use anything old compares
    /// generations. A panic in one is an event.
    ///
    /// ```no_run
    /// use std::sync::{Arc, Mutex};
    ///
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// let page = host.template("site", "about.html")?;
    /// let cached: Arc<Mutex<Option<String>>> = Arc::default();
    /// let cache = cached.clone();
    /// let registration = page.on_change(move |_| {
    ///     if let Ok(mut text) = cache.lock() {
    ///         *text = None;
    ///     }
    /// })?;
    /// # drop(registration);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the host has been dropped, or no thread can be started.
    pub fn on_change(
        &self,
        callback: impl FnMut(&UnitChange) + Send + 'static,
    ) -> Result<Registration, Error> {
        let changes = &self.shared.changes;
        changes.register(
            &self.shared,
            self.target.clone(),
            self.path.clone(),
            callback,
        )
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalTemplate {
        LocalTemplate {
            snapshot: LocalSnapshot::new(&self.shared),
            unit: None,
            template: self.clone(),
        }
    }
}

/// What handles of all kinds of contexts do.
impl Template {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn text(&self, context: Context<'_>) -> Result<String, Error> {
        self.run(|snapshot, unit| {
            let circumstances = self.shared.defaults.circumstances();
            render::render(snapshot, unit, context, &circumstances)
        })
    }

    pub(super) fn text_with(
        &self,
        context: Context<'_>,
        options: &RenderOptions,
    ) -> Result<Rendered, Error> {
        let circumstances = self.shared.defaults.with(options);
        self.run(|snapshot, unit| Rendered::of(snapshot, unit, context, &circumstances))
    }

    pub(super) fn text_in(&self, pin: &Pin, context: Context<'_>) -> Result<Rendered, Error> {
        if !Arc::ptr_eq(&self.shared, &pin.shared) {
            return Err(Error::setup(
                "the pin belongs to another host than the handle",
            ));
        }
        let circumstances = self.shared.defaults.circumstances();
        let touches = Snapshot::renders_with_state;
        self.shared.run_in(&pin.snapshot, touches, |snapshot| {
            Rendered::of(snapshot, self.unit(snapshot)?, context, &circumstances)
        })
    }

    pub(super) fn append(&self, context: Context<'_>, text: &mut String) -> Result<(), Error> {
        self.run(|snapshot, unit| {
            let circumstances = self.shared.defaults.circumstances();
            render::append(snapshot, unit, context, &circumstances, text)
        })
    }

    pub(super) fn stream(
        &self,
        context: Context<'_>,
        writer: &mut dyn io::Write,
    ) -> Result<(), Error> {
        self.run(|snapshot, unit| {
            let circumstances = self.shared.defaults.circumstances();
            render::stream(snapshot, unit, context, &circumstances, writer)
        })
    }

    pub(super) fn print(&self, context: Context<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text(context).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }

    /// Does something with the template as it is current.
    #[inline]
    fn run<R>(
        &self,
        body: impl FnOnce(&Snapshot, &LiveUnit) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.shared.run(Snapshot::renders_with_state, |snapshot| {
            body(snapshot, self.unit(snapshot)?)
        })
    }

    /// The unit that the handle means in a snapshot.
    fn unit<'s>(&self, snapshot: &'s Snapshot) -> Result<&'s Arc<LiveUnit>, Error> {
        let found = self.target.unit(snapshot, &self.shared.defaults.layers);
        let unit = found.ok_or_else(|| Error::removed(self.path.to_string()))?;
        if !unit.is_renderable() {
            return Err(Error::wrong_kind(unit.path(), "template", unit.kind()));
        }
        Ok(unit)
    }
}

impl Rendered {
    fn of(
        snapshot: &Snapshot,
        unit: &LiveUnit,
        context: Context<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Self, Error> {
        Ok(Self {
            text: render::render(snapshot, unit, context, circumstances)?,
            receipt: CallReceipt::new(snapshot, unit),
        })
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
        let (plugin, name) = match &template.target {
            Target::Slot(_) => template
                .path
                .split_once("::")
                .unwrap_or(("", &template.path)),
            Target::Name(name) => ("", &**name),
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
    /// The template in that snapshot, if it was found there.
    unit: Option<Arc<LiveUnit>>,
}

/// A host, its current snapshot and a template in it.
type Current<'c> = (&'c Arc<Shared>, &'c Arc<Snapshot>, &'c Arc<LiveUnit>);

impl LocalTemplate {
    /// Renders what is current.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    #[inline]
    pub fn render<'c>(&mut self, context: impl Into<View<'c>>) -> Result<String, Error> {
        self.text(Context::dynamic(context.into()))
    }

    /// Renders what is current to the end of `text`. On an error it is as it was before.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    #[inline]
    pub fn render_into<'c>(
        &mut self,
        context: impl Into<View<'c>>,
        text: &mut String,
    ) -> Result<(), Error> {
        self.append(Context::dynamic(context.into()), text)
    }

    /// Renders what is current to a writer, as [`Template::render_to`] does.
    ///
    /// # Errors
    ///
    /// As [`Template::render_to`].
    ///
    /// # Panics
    ///
    /// If the writer does.
    pub fn render_to<'c>(
        &mut self,
        context: impl Into<View<'c>>,
        mut writer: impl io::Write,
    ) -> Result<(), Error> {
        self.stream(Context::dynamic(context.into()), &mut writer)
    }
}

/// What handles of all kinds of contexts do.
impl LocalTemplate {
    pub(super) fn template(&self) -> &Template {
        &self.template
    }

    #[inline]
    pub(super) fn text(&mut self, context: Context<'_>) -> Result<String, Error> {
        match context.parts() {
            (view, true) => self.text_of::<true>(view),
            (view, false) => self.text_of::<false>(view),
        }
    }

    #[inline(never)]
    fn text_of<const IS_TYPED: bool>(&mut self, view: View<'_>) -> Result<String, Error> {
        let context = Context::of_parts(view, IS_TYPED);
        let Some((shared, snapshot, unit)) = self.fresh()? else {
            return self.template.text(context);
        };
        pin::within(shared, snapshot, |snapshot| {
            let circumstances = shared.defaults.circumstances();
            render::render(snapshot, unit, context, &circumstances)
        })
    }

    pub(super) fn append(&mut self, context: Context<'_>, text: &mut String) -> Result<(), Error> {
        let Some((shared, snapshot, unit)) = self.fresh()? else {
            return self.template.append(context, text);
        };
        pin::within(shared, snapshot, |snapshot| {
            let circumstances = shared.defaults.circumstances();
            render::append(snapshot, unit, context, &circumstances, text)
        })
    }

    pub(super) fn stream(
        &mut self,
        context: Context<'_>,
        writer: &mut dyn io::Write,
    ) -> Result<(), Error> {
        let Some((shared, snapshot, unit)) = self.fresh()? else {
            return self.template.stream(context, writer);
        };
        pin::within(shared, snapshot, |snapshot| {
            let circumstances = shared.defaults.circumstances();
            render::stream(snapshot, unit, context, &circumstances, writer)
        })
    }

    /// The current snapshot with the template in it; nothing inside of another call of the
    /// host, whose snapshot counts, on trial, or where rendering may touch state.
    #[inline]
    fn fresh(&mut self) -> Result<Option<Current<'_>>, Error> {
        if !self.is_fresh() {
            self.renew()?;
        }
        let found = self.unit.as_ref();
        Ok(found.map(|unit| (&self.template.shared, self.snapshot.latest(), unit)))
    }

    /// Whether the unit is known, and the snapshot that was seen last is the one to use.
    #[inline]
    fn is_fresh(&self) -> bool {
        self.unit.is_some() && self.is_snapshot_fresh()
    }

    /// Whether the snapshot that was seen last is the one to use.
    #[inline]
    fn is_snapshot_fresh(&self) -> bool {
        !pin::is_in_call() && self.snapshot.fresh(&self.template.shared).is_some()
    }

    /// Looks at the current snapshot for the template, unless a call of the host is running
    /// on this thread.
    #[cold]
    fn renew(&mut self) -> Result<(), Error> {
        if self.unit.take().is_none()
            && self.snapshot.latest().renders_with_state()
            && self.is_snapshot_fresh()
        {
            // With state the unit is not to be known.
            return Ok(());
        }
        let Self { template, .. } = self;
        if !pin::is_running(&template.shared) {
            let snapshot = self.snapshot.renew(&template.shared)?;
            if !(template.shared.needs_attention() || snapshot.renders_with_state()) {
                self.unit = Some(template.unit(snapshot)?.clone());
            }
        }
        Ok(())
    }
}

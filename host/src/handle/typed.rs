//! Handles to templates that are rendered with one struct of the program's.

use std::marker::PhantomData;
use std::{fmt, io};

use hotplate_plugin_api::view::{self, View};

use super::{LocalTemplate, Rendered, Template};
use crate::error::Error;
use crate::expectation::Expectation;
use crate::options::RenderOptions;
use crate::pin::Pin;
use crate::registration::Registration;
use crate::render::Context;
use crate::shared::Shared;
use crate::sync::Arc;
use crate::watching::changes::UnitChange;

/// A handle to a template that was compiled for the struct `T`, which
/// `#[derive(Template)]` gives the template's name.
///
/// The plugin's code reads the struct's fields where they are. That the plugin was built with
/// the same struct, by the same compiler, is found out when the handle is made, and again at
/// every publish while it lives: a change set with another struct is refused, and the error
/// names the field. Where options change how values are written (no escaping, numbers in
/// groups), the template's ordinary code runs, with the same result.
///
/// ```no_run
/// use hotplate::Host;
/// use hotplate_plugin_api::Template;
///
/// #[derive(Template)]
/// #[template(path = "article.html")]
/// struct Article<'a> {
///     title: &'a str,
///     views: u64,
/// }
///
/// let host = Host::builder().plugin("plugins/site").start()?;
/// let page = host.typed::<Article<'_>>("site")?;
/// let article = Article {
///     title: "Hot plates",
///     views: 7,
/// };
/// println!("{}", page.render(&article)?);
/// # Ok::<(), hotplate::Error>(())
/// ```
pub struct TypedTemplate<T> {
    template: Template,
    /// Keeps the publishes checking.
    expectation: Arc<Expectation>,
    context: PhantomData<fn(T)>,
}

impl<T: view::Template> TypedTemplate<T> {
    pub(crate) fn new(shared: Arc<Shared>, plugin: &str) -> Result<Self, Error> {
        Self::of(Template::new(shared, plugin, T::PATH)?)
    }

    pub(crate) fn named(shared: Arc<Shared>) -> Result<Self, Error> {
        Self::of(Template::named(shared, T::PATH)?)
    }

    fn of(template: Template) -> Result<Self, Error> {
        let table = <T::Of<'static> as view::Field>::table();
        let expectation = Arc::new(Expectation::Context(table));
        template
            .shared()
            .expect(template.target().clone(), &expectation)?;
        Ok(Self {
            template,
            expectation,
            context: PhantomData,
        })
    }

    /// Renders.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    pub fn render(&self, context: &T::Of<'_>) -> Result<String, Error> {
        self.template.text(typed::<T>(context))
    }

    /// Renders with options, and says which code ran.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    pub fn render_with(
        &self,
        context: &T::Of<'_>,
        options: &RenderOptions,
    ) -> Result<Rendered, Error> {
        self.template.text_with(typed::<T>(context), options)
    }

    /// Renders inside a pinned snapshot.
    ///
    /// # Errors
    ///
    /// As [`Template::render_in`].
    pub fn render_in(&self, pin: &Pin, context: &T::Of<'_>) -> Result<Rendered, Error> {
        self.template.text_in(pin, typed::<T>(context))
    }

    /// Renders to the end of `text`. On an error it is as it was before.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    pub fn render_into(&self, context: &T::Of<'_>, text: &mut String) -> Result<(), Error> {
        self.template.append(typed::<T>(context), text)
    }

    /// Renders to a writer, as [`Template::render_to`] does.
    ///
    /// # Errors
    ///
    /// As [`Template::render_to`].
    ///
    /// # Panics
    ///
    /// If the writer does.
    pub fn render_to(&self, context: &T::Of<'_>, mut writer: impl io::Write) -> Result<(), Error> {
        self.template.stream(typed::<T>(context), &mut writer)
    }

    /// What a rendering gives, to be printed, anew each time.
    ///
    /// One that fails prints nothing and gives [`fmt::Error`], at which `to_string` and
    /// `format!` panic: use [`render`](Self::render) where that can be.
    pub fn display<'d>(&'d self, context: &'d T::Of<'_>) -> impl fmt::Display {
        let context = typed::<T>(context);
        fmt::from_fn(move |f| self.template.print(context, f))
    }

    /// The generation in which what the template renders changed last, as
    /// [`Template::generation`].
    pub fn generation(&self) -> u64 {
        self.template.generation()
    }

    /// Has `callback` called after each later publish that changed, removed or brought back
    /// the template, as [`Template::on_change`].
    ///
    /// # Errors
    ///
    /// As [`Template::on_change`].
    pub fn on_change(
        &self,
        callback: impl FnMut(&UnitChange) + Send + 'static,
    ) -> Result<Registration, Error> {
        self.template.on_change(callback)
    }

    /// A handle for the calls of one thread, which costs less per call.
    pub fn local(&self) -> LocalTypedTemplate<T> {
        LocalTypedTemplate {
            local: self.template.local(),
            _expectation: self.expectation.clone(),
            context: PhantomData,
        }
    }

    /// The handle for contexts of any kind.
    pub fn template(&self) -> &Template {
        &self.template
    }
}

fn typed<'c, T: view::Template>(context: &'c T::Of<'_>) -> Context<'c> {
    Context::typed(View::new(context))
}

impl<T> Clone for TypedTemplate<T> {
    fn clone(&self) -> Self {
        Self {
            template: self.template.clone(),
            expectation: self.expectation.clone(),
            context: PhantomData,
        }
    }
}

impl<T> fmt::Debug for TypedTemplate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed{:?}", self.template)
    }
}

/// A typed template handle of one thread.
///
/// It keeps the snapshot of its last call, and so that snapshot's libraries, until its
/// next call or drop.
pub struct LocalTypedTemplate<T> {
    local: LocalTemplate,
    /// Keeps the publishes checking.
    _expectation: Arc<Expectation>,
    context: PhantomData<fn(T)>,
}

impl<T: view::Template> LocalTypedTemplate<T> {
    /// Renders what is current.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    #[inline]
    pub fn render(&mut self, context: &T::Of<'_>) -> Result<String, Error> {
        self.local.text(typed::<T>(context))
    }

    /// Renders what is current to the end of `text`. On an error it is as it was before.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    #[inline]
    pub fn render_into(&mut self, context: &T::Of<'_>, text: &mut String) -> Result<(), Error> {
        self.local.append(typed::<T>(context), text)
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
    pub fn render_to(
        &mut self,
        context: &T::Of<'_>,
        mut writer: impl io::Write,
    ) -> Result<(), Error> {
        self.local.stream(typed::<T>(context), &mut writer)
    }
}

impl<T> fmt::Debug for LocalTypedTemplate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalTyped{:?}", self.local.template())
    }
}

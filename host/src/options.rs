//! What a rendering can be told, and what bounds it.

use std::fmt;

use hotplate_plugin_api::environment::{
    Environment, EnvironmentRef, HttpRequest, Locale, Settings,
};
use hotplate_plugin_api::value::Text;

use crate::environment::Site;
use crate::layers::Layers;
use crate::render::Circumstances;
use crate::sync::Arc;

/// How a template is rendered. What is `None` is as the host was set up.
///
/// ```
/// use hotplate::RenderOptions;
///
/// let options = RenderOptions {
///     string_if_invalid: "???".to_owned(),
///     ..RenderOptions::default()
/// };
/// assert!(options.autoescape);
/// ```
#[derive(Clone)]
pub struct RenderOptions {
    /// Whether variables are escaped outside `{% autoescape %}`.
    pub autoescape: bool,
    /// What stands in place of a variable that does not resolve; `%s` in it becomes the
    /// variable's name.
    pub string_if_invalid: String,
    /// Translations, URLs, zones and whatever else templates need from outside.
    pub environment: Option<Arc<dyn Environment>>,
    /// What Django calls settings.
    pub settings: Option<Settings>,
    /// The active language and zone.
    pub locale: Option<Locale>,
    /// The request that is answered.
    pub request: Option<Arc<HttpRequest>>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            autoescape: true,
            string_if_invalid: String::new(),
            environment: None,
            settings: None,
            locale: None,
            request: None,
        }
    }
}

impl fmt::Debug for RenderOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderOptions")
            .field("autoescape", &self.autoescape)
            .field("string_if_invalid", &self.string_if_invalid)
            .field("settings", &self.settings)
            .field("locale", &self.locale)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// What a host's renderings have in common.
#[derive(Clone)]
pub(crate) struct Defaults {
    pub(crate) limits: Limits,
    pub(crate) string_if_invalid: String,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) settings: Settings,
    pub(crate) locale: Locale,
    pub(crate) layers: Layers,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            string_if_invalid: String::new(),
            environment: Arc::new(Site::default()),
            settings: Settings::DEFAULT,
            locale: Locale {
                language: Some(Text::new("en-us".to_owned(), false)).into(),
                ..Locale::DEFAULT
            },
            layers: Layers::default(),
        }
    }
}

impl fmt::Debug for Defaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Defaults")
            .field("limits", &self.limits)
            .field("string_if_invalid", &self.string_if_invalid)
            .field("settings", &self.settings)
            .field("locale", &self.locale)
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}

impl Defaults {
    /// A rendering with nothing else.
    pub(crate) fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            autoescape: true,
            string_if_invalid: &self.string_if_invalid,
            environment: EnvironmentRef::new(&self.environment),
            settings: &self.settings,
            locale: &self.locale,
            request: None,
            limits: &self.limits,
            layers: &self.layers,
        }
    }

    /// A rendering with options.
    pub(crate) fn with<'a>(&'a self, options: &'a RenderOptions) -> Circumstances<'a> {
        let environment = options.environment.as_ref();
        let locale = options.locale.as_ref();
        Circumstances {
            autoescape: options.autoescape,
            string_if_invalid: &options.string_if_invalid,
            environment: EnvironmentRef::new(environment.unwrap_or(&self.environment)),
            settings: options.settings.as_ref().unwrap_or(&self.settings),
            locale: locale.unwrap_or(&self.locale),
            request: options.request.as_deref(),
            limits: &self.limits,
            layers: &self.layers,
        }
    }

    /// The options that say what the host's defaults are.
    pub(crate) fn options(&self) -> RenderOptions {
        RenderOptions {
            string_if_invalid: self.string_if_invalid.clone(),
            environment: Some(self.environment.clone()),
            settings: Some(self.settings.clone()),
            locale: Some(self.locale.clone()),
            ..RenderOptions::default()
        }
    }
}

/// Bounds of one rendering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of output.
    pub(crate) output: usize,
    /// How deep includes, parents, blocks and partials may nest.
    pub(crate) depth: usize,
    /// Bytes that one filter may make.
    pub(crate) filter: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            output: 256 << 20,
            depth: 128,
            filter: 64 << 20,
        }
    }
}

//! What a rendering knows of settings, place and request.

use abi_stable::StableAbi;
use std::ops::{Deref, DerefMut};

use abi_stable::std_types::{RBox, ROption, RString, RVec};

use crate::value::{Text, Zone};

/// What stays the same for all renderings of an application, as Django's settings do.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether aware times are shown in the current zone (`USE_TZ`).
    pub use_tz: bool,
    /// Whether translations are on (`USE_I18N`).
    pub use_i18n: bool,
    /// Whether numbers are grouped (`USE_THOUSAND_SEPARATOR`).
    pub use_thousand_separator: bool,
    /// Whether `urlize` makes `https` of bare domains (`URLIZE_ASSUME_HTTPS`).
    pub urlize_assume_https: bool,
    /// Whether the application runs in debug mode (`DEBUG`).
    pub debug: bool,
    /// The default zone (`TIME_ZONE`).
    pub time_zone: Zone,
}

impl Settings {
    /// What a new Django project has, with UTC as its zone.
    pub const DEFAULT: Self = Self {
        use_tz: true,
        use_i18n: true,
        use_thousand_separator: false,
        urlize_assume_https: false,
        debug: false,
        time_zone: Zone::Utc,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A switch that a tag may set, and that follows the settings otherwise.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Switch {
    /// As the settings say.
    #[default]
    Default,
    /// On.
    On,
    /// Off.
    Off,
}

impl Switch {
    /// Whether it is on, where the settings say `default`.
    pub fn is_on(self, default: bool) -> bool {
        match self {
            Self::Default => default,
            Self::On => true,
            Self::Off => false,
        }
    }

    /// On or off.
    pub fn of(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// Where and when a rendering takes place. Tags change it for what they enclose.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct Locale {
    /// The active language; none means that translations are off.
    pub language: ROption<Text>,
    /// The current zone.
    pub zone: Zone,
    /// Whether values are localized (`localize`); by default they are.
    pub localize: Switch,
    /// Whether times are shown in the current zone (`localtime`); by default as
    /// [`Settings::use_tz`] says.
    pub local_time: Switch,
}

impl Locale {
    /// English in UTC.
    pub const DEFAULT: Self = Self {
        language: ROption::RNone,
        zone: Zone::Utc,
        localize: Switch::Default,
        local_time: Switch::Default,
    };

    /// The active language's code.
    pub fn language(&self) -> Option<&str> {
        self.language.as_ref().into_option().map(Text::as_str)
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The locale of a place in a rendering: that of the whole rendering, which is only
/// borrowed, until it is changed.
///
/// ```
/// use hotplate_plugin_api::environment::{ActiveLocale, Locale, Switch};
///
/// let mut locale = ActiveLocale::from(const { &Locale::DEFAULT });
/// let kept = locale.clone();
/// locale.localize = Switch::Off;
/// assert_eq!(locale.localize, Switch::Off);
/// assert_eq!(kept.localize, Switch::Default);
/// ```
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct ActiveLocale<'a> {
    given: &'a Locale,
    changed: ROption<RBox<Locale>>,
}

impl<'a> From<&'a Locale> for ActiveLocale<'a> {
    #[inline]
    fn from(given: &'a Locale) -> Self {
        Self {
            given,
            changed: ROption::RNone,
        }
    }
}

impl Deref for ActiveLocale<'_> {
    type Target = Locale;

    #[inline]
    fn deref(&self) -> &Locale {
        match &self.changed {
            ROption::RSome(changed) => changed,
            ROption::RNone => self.given,
        }
    }
}

impl DerefMut for ActiveLocale<'_> {
    fn deref_mut(&mut self) -> &mut Locale {
        self.changed
            .get_or_insert_with(|| RBox::new(self.given.clone()))
    }
}

/// What a template may know of the request that it answers.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// The path.
    pub path: RString,
    /// The query's parameters in order, each with all of its values.
    pub query: RVec<Parameter>,
    /// The application that the request runs in, for `url`.
    pub current_app: ROption<RString>,
    /// The namespace of the pattern that matched, for `url`.
    pub namespace: ROption<RString>,
}

/// A parameter of a query.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameter {
    /// The name.
    pub name: RString,
    /// The values in order.
    pub values: RVec<RString>,
}

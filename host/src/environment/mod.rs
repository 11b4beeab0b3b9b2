//! What templates need from outside, ready to use: [`Site`] and its parts.
//!
//! ```no_run
//! use hotplate::Host;
//! use hotplate::environment::{Routes, Site, StaticFiles};
//!
//! let site = Site::builder()
//!     .locale_folder("locale")
//!     .routes(
//!         Routes::new()
//!             .path("", "index")
//!             .path("articles/<int:year>/<slug:slug>/", "article"),
//!     )
//!     .static_files(StaticFiles::new("/static/"))
//!     .build()?;
//! let host = Host::builder().plugin("plugins/site").environment(site).start()?;
//! # Ok::<(), hotplate::Error>(())
//! ```

mod caches;
mod formats;
mod languages;
mod routes;
mod site;
mod static_files;
mod translations;
mod zones;

pub use hotplate_plugin_api::environment::{
    Environment, Format, FormatValue, Fragment, HttpRequest, Instant, LanguageInfo, Locale,
    Message, NoEnvironment, Parameter, Reverse, Settings, Switch,
};

pub use caches::Cache;
pub use formats::Formats;
pub use routes::Routes;
pub use site::{Site, SiteBuilder};
pub use static_files::StaticFiles;
pub use translations::Translations;
pub use zones::{date, date_time, time, timestamp, zone, zoned};

/// A language's code and those that stand in for it: `de-at`, then `de`.
fn with_generic(language: &str) -> impl Iterator<Item = &str> {
    let generic = language.split_once('-').map(|(generic, _)| generic);
    std::iter::once(language).chain(generic)
}

/// The code of a language, as Django writes it: `de-at` for the locale `de_AT`.
fn language_code(locale: &str) -> String {
    locale.to_lowercase().replace('_', "-")
}

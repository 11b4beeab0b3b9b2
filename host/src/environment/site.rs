//! An environment made of parts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use hotplate_plugin_api::environment::{
    Environment, Format, FormatValue, Fragment, Instant, LanguageInfo, Message, NoEnvironment,
    Reverse,
};
use hotplate_plugin_api::value::{Exception, Offset, Value};

use super::caches::{Cache, Fragments};
use super::formats::Formats;
use super::languages::Languages;
use super::routes::Routes;
use super::static_files::StaticFiles;
use super::translations::Translations;
use super::zones;
use crate::error::Error;
use crate::sync::Arc;

/// What the clock is asked by.
type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// An environment for a site: zones, languages and a cache work as they are; the rest is
/// what the [builder](Self::builder) was given.
pub struct Site {
    translations: Translations,
    formats: Formats,
    languages: Languages,
    routes: Routes,
    static_files: StaticFiles,
    caches: BTreeMap<String, Fragments>,
    clock: Clock,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages: Vec<&str> = self.translations.languages().collect();
        f.debug_struct("Site")
            .field("languages", &languages)
            .field("routes", &self.routes)
            .field("static_files", &self.static_files)
            .field("caches", &self.caches)
            .finish_non_exhaustive()
    }
}

impl Default for Site {
    fn default() -> Self {
        let default = ("default".to_owned(), Fragments::new(Cache::default()));
        Self {
            translations: Translations::default(),
            formats: Formats::default(),
            languages: Languages::default(),
            routes: Routes::default(),
            static_files: StaticFiles::default(),
            caches: BTreeMap::from([default]),
            clock: Arc::new(|| NoEnvironment.now()),
        }
    }
}

impl Site {
    /// Begins to put a site together.
    pub fn builder() -> SiteBuilder {
        SiteBuilder {
            site: Ok(Self::default()),
        }
    }
}

/// Puts a [`Site`] together. The first mistake is what [`build`](Self::build) reports.
#[derive(Debug)]
#[must_use = "a site is made by `build`"]
pub struct SiteBuilder {
    site: Result<Site, Error>,
}

impl SiteBuilder {
    fn change(mut self, change: impl FnOnce(&mut Site)) -> Self {
        if let Ok(site) = &mut self.site {
            change(site);
        }
        self
    }

    /// Reads a folder as Django's `LOCALE_PATHS` name them: the catalogues in it, and the
    /// formats in its `formats.toml` if there is one. Earlier folders count more.
    pub fn locale_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.site = self.site.and_then(|mut site| {
            let folder = folder.as_ref();
            site.translations = site.translations.folder(folder)?;
            let path = folder.join("formats.toml");
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    Error::setup_from(format!("cannot read {}", path.display()), error)
                })?;
                site.formats = site.formats.with_toml(&text)?;
            }
            Ok(site)
        });
        self
    }

    /// Sets all translations.
    pub fn translations(self, translations: Translations) -> Self {
        self.change(|site| site.translations = translations)
    }

    /// Sets all formats.
    pub fn formats(self, formats: Formats) -> Self {
        self.change(|site| site.formats = formats)
    }

    /// Sets the languages that the site offers, by code and English name; without this,
    /// all that are known.
    pub fn languages<C: Into<String>, N: Into<String>>(
        self,
        languages: impl IntoIterator<Item = (C, N)>,
    ) -> Self {
        let languages = languages.into_iter();
        let languages = languages.map(|(code, name)| (code.into(), name.into()));
        self.change(|site| site.languages.offered = languages.collect())
    }

    /// Says what is to be known of a language.
    pub fn language_info(self, info: LanguageInfo) -> Self {
        self.change(|site| {
            let code = info.code.to_string();
            site.languages.known.insert(code, info);
        })
    }

    /// Sets the routes that `{% url %}` knows.
    pub fn routes(mut self, routes: Routes) -> Self {
        self.site = self.site.and_then(|mut site| {
            if let Some(mistake) = routes.mistake() {
                return Err(Error::setup(mistake));
            }
            site.routes = routes;
            Ok(site)
        });
        self
    }

    /// Says where static files and media are.
    pub fn static_files(self, files: StaticFiles) -> Self {
        self.change(|site| site.static_files = files)
    }

    /// Adds a cache for fragments, or sets how large the one named `default` may grow.
    pub fn cache(self, name: impl Into<String>, cache: Cache) -> Self {
        self.change(|site| {
            site.caches.insert(name.into(), Fragments::new(cache));
        })
    }

    /// Sets the clock, which also says when cached fragments are no longer good.
    pub fn clock(self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.change(|site| site.clock = Arc::new(clock))
    }

    /// Makes the site.
    ///
    /// # Errors
    ///
    /// If a folder could not be read, or a route is wrong.
    pub fn build(self) -> Result<Site, Error> {
        self.site
    }
}

impl Environment for Site {
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        self.translations.get(message)
    }

    fn may_translate(&self, language: &str) -> bool {
        self.translations.may_have(language)
    }

    fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        self.formats.get(format, language)
    }

    fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        self.routes.reverse(wanted)
    }

    fn static_url(&self, path: &str) -> Result<String, Exception> {
        self.static_files.url(path)
    }

    fn prefix(&self, setting: &str) -> String {
        self.static_files.prefix(setting)
    }

    fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        self.languages.info(code)
    }

    fn languages(&self) -> Vec<(String, String)> {
        self.languages.offered()
    }

    fn has_cache(&self, cache: &str) -> bool {
        self.caches.contains_key(cache)
    }

    fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
        let cache = self.caches.get(fragment.cache.as_str())?;
        cache.get(fragment, self.now()).map(Value::Str)
    }

    fn cache(&self, fragment: &Fragment<'_>, text: &str, seconds: Option<i64>) {
        if let Some(cache) = self.caches.get(fragment.cache.as_str()) {
            cache.set(fragment, text, seconds, self.now());
        }
    }

    fn now(&self) -> Instant {
        (self.clock)()
    }

    fn offset_at(&self, zone: &str, seconds: i64) -> Option<Offset> {
        zones::offset_at(zone, seconds)
    }

    fn offset_for(&self, zone: &str, seconds: i64, fold: bool) -> Option<Offset> {
        zones::offset_for(zone, seconds, fold)
    }
}

#[cfg(test)]
mod tests {
    use abi_stable::std_types::RSlice;

    use super::*;

    #[test]
    fn a_site_keeps_fragments_by_its_own_clock() {
        use std::sync::atomic::{AtomicI64, Ordering};

        let seconds = Arc::new(AtomicI64::new(1000));
        let clock = seconds.clone();
        let site = Site::builder()
            .cache("pages", Cache::default())
            .clock(move || Instant {
                seconds: clock.load(Ordering::Relaxed),
                microseconds: 0,
            })
            .build()
            .expect("nothing is wrong");
        let fragment = |cache: &'static str| Fragment {
            cache: cache.into(),
            name: "sidebar".into(),
            vary_on: RSlice::EMPTY,
        };
        site.cache(&fragment("pages"), "<b>", Some(60));
        site.cache(&fragment("none"), "<b>", None);
        assert!(site.has_cache("default") && site.has_cache("pages") && !site.has_cache("none"));
        assert!(matches!(
            site.cached(&fragment("pages")),
            Some(Value::Str(text)) if text.is_safe() && text.as_str() == "<b>"
        ));
        assert!(site.cached(&fragment("default")).is_none());
        assert!(site.cached(&fragment("none")).is_none());
        seconds.fetch_add(60, Ordering::Relaxed);
        assert!(site.cached(&fragment("pages")).is_none());
    }

    #[test]
    fn the_first_mistake_is_reported() {
        let site = Site::builder()
            .routes(Routes::new().path("<odd:x>", "x"))
            .locale_folder("no such folder");
        let error = site.build().expect_err("the route is wrong");
        assert_eq!(
            error.to_string(),
            "URL route '<odd:x>' uses invalid converter 'odd'."
        );
    }

    #[test]
    fn a_folder_of_locales_has_formats_beside_the_catalogues() {
        let folder = tempfile::tempdir().expect("there is room");
        let messages = folder.path().join("de/LC_MESSAGES");
        std::fs::create_dir_all(&messages).expect("there is room");
        let write = |path: &str, text: &str| {
            std::fs::write(folder.path().join(path), text).expect("there is room");
        };
        write("de/LC_MESSAGES/django.po", "msgid \"yes\"\nmsgstr \"ja\"\n");
        write("formats.toml", "[de]\nDECIMAL_SEPARATOR = ','\n");
        let site = Site::builder().locale_folder(folder.path()).build();
        let site = site.expect("the folder is right");
        let separator = site.format(Format::DecimalSeparator, Some("de-at"));
        assert_eq!(separator, Some(FormatValue::Text(",".into())));
        assert_eq!(site.translations.languages().collect::<Vec<_>>(), ["de"]);
    }
}

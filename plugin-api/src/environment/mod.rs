//! What templates need from outside: translations, formats, zones, URLs, a cache, a clock.
//!
//! The application implements [`Environment`]; every method has a default that works.
//! Across the boundary it is one function and a pointer, so that asking for something
//! new changes no layout of what is asked for already.

mod reference;
mod settings;

pub use reference::EnvironmentRef;
pub use settings::{ActiveLocale, HttpRequest, Locale, Parameter, Settings, Switch};

use std::time::{SystemTime, UNIX_EPOCH};

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};

use crate::value::{Exception, Offset, Value};

/// A message to translate.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The active language's code.
    pub language: RStr<'a>,
    /// Tells equal messages of different meanings apart.
    pub context: ROption<RStr<'a>>,
    /// The message, or its singular.
    pub singular: RStr<'a>,
    /// The plural, where the message has one.
    pub plural: ROption<RStr<'a>>,
    /// What decides between singular and plural.
    pub count: i64,
}

/// The names of localized formats, as Django's settings call them.
#[repr(u8)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `DATE_FORMAT`
    Date,
    /// `TIME_FORMAT`
    Time,
    /// `DATETIME_FORMAT`
    DateTime,
    /// `SHORT_DATE_FORMAT`
    ShortDate,
    /// `SHORT_DATETIME_FORMAT`
    ShortDateTime,
    /// `YEAR_MONTH_FORMAT`
    YearMonth,
    /// `MONTH_DAY_FORMAT`
    MonthDay,
    /// `DECIMAL_SEPARATOR`
    DecimalSeparator,
    /// `THOUSAND_SEPARATOR`
    ThousandSeparator,
    /// `NUMBER_GROUPING`
    NumberGrouping,
    /// `FIRST_DAY_OF_WEEK`
    FirstDayOfWeek,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::ShortDate,
        Self::ShortDateTime,
        Self::YearMonth,
        Self::MonthDay,
        Self::DecimalSeparator,
        Self::ThousandSeparator,
        Self::NumberGrouping,
        Self::FirstDayOfWeek,
    ];

    /// The setting's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Date => "DATE_FORMAT",
            Self::Time => "TIME_FORMAT",
            Self::DateTime => "DATETIME_FORMAT",
            Self::ShortDate => "SHORT_DATE_FORMAT",
            Self::ShortDateTime => "SHORT_DATETIME_FORMAT",
            Self::YearMonth => "YEAR_MONTH_FORMAT",
            Self::MonthDay => "MONTH_DAY_FORMAT",
            Self::DecimalSeparator => "DECIMAL_SEPARATOR",
            Self::ThousandSeparator => "THOUSAND_SEPARATOR",
            Self::NumberGrouping => "NUMBER_GROUPING",
            Self::FirstDayOfWeek => "FIRST_DAY_OF_WEEK",
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format of English, which is what an environment without an opinion means.
    pub fn english(self) -> FormatValue {
        let text = |text: &str| FormatValue::Text(text.into());
        match self {
            Self::Date => text("N j, Y"),
            Self::Time => text("P"),
            Self::DateTime => text("N j, Y, P"),
            Self::ShortDate => text("m/d/Y"),
            Self::ShortDateTime => text("m/d/Y P"),
            Self::YearMonth => text("F Y"),
            Self::MonthDay => text("F j"),
            Self::DecimalSeparator => text("."),
            Self::ThousandSeparator => text(","),
            Self::NumberGrouping => FormatValue::Number(3),
            Self::FirstDayOfWeek => FormatValue::Number(0),
        }
    }
}

/// The value of a localized format.
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub enum FormatValue {
    /// A pattern or a separator.
    Text(RString),
    /// A number.
    Number(i64),
    /// Several numbers: sizes of groups of digits.
    Numbers(RVec<i64>),
}

/// A URL to be made from a name.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct Reverse<'a> {
    /// The URL pattern's name, namespaces included.
    pub name: RStr<'a>,
    /// Positional arguments.
    pub args: RSlice<'a, Value>,
    /// Names of keyword arguments.
    pub names: RSlice<'a, RStr<'a>>,
    /// Their values.
    pub values: RSlice<'a, Value>,
    /// The application that the request runs in.
    pub current_app: ROption<RStr<'a>>,
    /// The active language.
    pub language: ROption<RStr<'a>>,
}

/// What `get_language_info` tells.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct LanguageInfo {
    /// The code.
    pub code: RString,
    /// The name in English.
    pub name: RString,
    /// The name in the language itself.
    pub name_local: RString,
    /// Whether it is written from right to left.
    pub bidi: bool,
}

/// A piece of a page in a cache.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct Fragment<'a> {
    /// The cache's name.
    pub cache: RStr<'a>,
    /// The fragment's name.
    pub name: RStr<'a>,
    /// What it varies on.
    pub vary_on: RSlice<'a, RString>,
}

/// A moment: seconds since 1970 in UTC, and microseconds.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    /// Whole seconds, rounded down.
    pub seconds: i64,
    /// 0 to 999,999.
    pub microseconds: u32,
}

/// What templates need from outside. The application implements what it uses.
///
/// ```
/// use hotplate_plugin_api::environment::{Environment, Message};
///
/// struct Shouting;
///
/// impl Environment for Shouting {
///     fn gettext(&self, message: &Message<'_>) -> Option<String> {
///         Some(message.singular.to_uppercase())
///     }
/// }
/// ```
pub trait Environment: Send + Sync + 'static {
    /// A translation; nothing where there is none, and the message stands for itself.
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        let _ = message;
        None
    }

    /// Whether there may be a translation into a language, of any message. False only where
    /// [`gettext`](Self::gettext) has none, which then need not be asked.
    fn may_translate(&self, language: &str) -> bool {
        let _ = language;
        true
    }

    /// A localized format; nothing means English. `language` is absent where
    /// localization is off.
    fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        let _ = (format, language);
        None
    }

    /// The URL of a name.
    ///
    /// # Errors
    ///
    /// `NoReverseMatch` where there is none.
    fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        Err(Exception::new(
            "NoReverseMatch",
            format!(
                "Reverse for '{0}' not found. '{0}' is not a valid view function or pattern name.",
                wanted.name
            ),
        ))
    }

    /// The URL of a static file, not yet escaped for HTML; by default the path, quoted as
    /// in URLs, behind the prefix.
    ///
    /// # Errors
    ///
    /// What the application raises for a file that it does not know.
    fn static_url(&self, path: &str) -> Result<String, Exception> {
        let mut url = self.prefix("STATIC_URL");
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"_.-~/".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
        Ok(url)
    }

    /// What the setting `STATIC_URL` or `MEDIA_URL` says.
    fn prefix(&self, setting: &str) -> String {
        match setting {
            "STATIC_URL" => "/static/".to_owned(),
            _ => "/".to_owned(),
        }
    }

    /// What is known of a language.
    ///
    /// # Errors
    ///
    /// `KeyError` for an unknown code.
    fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        Err(Exception::new(
            "KeyError",
            format!("'Unknown language code {code}.'"),
        ))
    }

    /// The languages of the site: codes and names.
    fn languages(&self) -> Vec<(String, String)> {
        vec![("en".to_owned(), "English".to_owned())]
    }

    /// Whether there is a cache of this name.
    fn has_cache(&self, cache: &str) -> bool {
        cache == "default"
    }

    /// A fragment that is in a cache.
    fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
        let _ = fragment;
        None
    }

    /// Puts a fragment into a cache, for `seconds` or for ever.
    fn cache(&self, fragment: &Fragment<'_>, text: &str, seconds: Option<i64>) {
        let _ = (fragment, text, seconds);
    }

    /// The time.
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        Instant {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            microseconds: since.subsec_micros(),
        }
    }

    /// The offset of a named zone at a moment; nothing if there is no such zone.
    fn offset_at(&self, zone: &str, seconds: i64) -> Option<Offset> {
        let _ = (zone, seconds);
        None
    }

    /// The offset of a named zone at a time of its own clocks, given as if it were UTC.
    /// Of two such moments `fold` means the later one.
    fn offset_for(&self, zone: &str, seconds: i64, fold: bool) -> Option<Offset> {
        let _ = (zone, seconds, fold);
        None
    }

    /// A random number below `below`, which is not 0.
    fn random(&self, below: u64) -> u64 {
        use std::hash::{BuildHasher, Hasher, RandomState};
        RandomState::new().build_hasher().finish() % below
    }
}

/// The environment that answers everything with the defaults.
#[derive(Debug, Clone, Copy)]
pub struct NoEnvironment;

impl Environment for NoEnvironment {
    fn may_translate(&self, _: &str) -> bool {
        false
    }
}

impl<T: Environment + ?Sized> Environment for std::sync::Arc<T> {
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        (**self).gettext(message)
    }

    fn may_translate(&self, language: &str) -> bool {
        (**self).may_translate(language)
    }

    fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        (**self).format(format, language)
    }

    fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        (**self).reverse(wanted)
    }

    fn static_url(&self, path: &str) -> Result<String, Exception> {
        (**self).static_url(path)
    }

    fn prefix(&self, setting: &str) -> String {
        (**self).prefix(setting)
    }

    fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        (**self).language_info(code)
    }

    fn languages(&self) -> Vec<(String, String)> {
        (**self).languages()
    }

    fn has_cache(&self, cache: &str) -> bool {
        (**self).has_cache(cache)
    }

    fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
        (**self).cached(fragment)
    }

    fn cache(&self, fragment: &Fragment<'_>, text: &str, seconds: Option<i64>) {
        (**self).cache(fragment, text, seconds);
    }

    fn now(&self) -> Instant {
        (**self).now()
    }

    fn offset_at(&self, zone: &str, seconds: i64) -> Option<Offset> {
        (**self).offset_at(zone, seconds)
    }

    fn offset_for(&self, zone: &str, seconds: i64, fold: bool) -> Option<Offset> {
        (**self).offset_for(zone, seconds, fold)
    }

    fn random(&self, below: u64) -> u64 {
        (**self).random(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct German;

    impl Environment for German {
        fn gettext(&self, message: &Message<'_>) -> Option<String> {
            (message.singular.as_str() == "yes").then(|| "ja".to_owned())
        }

        fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
            let german = language == Some("de") && format == Format::DecimalSeparator;
            german.then(|| FormatValue::Text(",".into()))
        }

        fn random(&self, _below: u64) -> u64 {
            panic!("no dice")
        }
    }

    #[test]
    fn asks_across_the_boundary_and_falls_back() {
        let german = German;
        let environment = EnvironmentRef::new(&german);
        let message = |text: &'static str| Message {
            language: "de".into(),
            context: ROption::RNone,
            singular: text.into(),
            plural: ROption::RNone,
            count: 1,
        };
        assert_eq!(environment.gettext(&message("yes")).as_deref(), Some("ja"));
        assert_eq!(environment.gettext(&message("no")), None);
        let separator = |language| environment.format(Format::DecimalSeparator, language);
        assert_eq!(separator(Some("de")), FormatValue::Text(",".into()));
        assert_eq!(separator(None), FormatValue::Text(".".into()));
        assert_eq!(
            environment.static_url("a b/ü&c.css").as_deref(),
            Ok("/static/a%20b/%C3%BC%26c.css")
        );
        assert_eq!(environment.random(6), 0, "a panic stays inside");
    }

    #[test]
    fn formats_are_found_by_name() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("NONE"), None);
    }
}

//! Translations from gettext's catalogues.

mod mo;
mod plural;
mod po;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use hotplate_plugin_api::environment::Message;

use super::{language_code, with_generic};
use crate::error::Error;
use plural::Plural;

/// Stands between a message's context and its text.
const CONTEXT_SEPARATOR: char = '\u{4}';

/// Translations by language, from catalogues at `<folder>/<locale>/LC_MESSAGES/django.mo`,
/// or `.po` where there is no `.mo`.
///
/// ```no_run
/// use hotplate::environment::Translations;
///
/// let translations = Translations::default()
///     .folder("site/locale")?
///     .folder("theme/locale")?
///     .fallback("en-us");
/// # Ok::<(), hotplate::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Translations {
    /// The catalogues of each language, those of the first folder first.
    languages: BTreeMap<String, Vec<Catalogue>>,
    fallback: Option<String>,
}

/// The messages of one file.
#[derive(Debug, Clone)]
struct Catalogue {
    messages: HashMap<String, Translated>,
    plural: Plural,
}

/// What a message becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Translated {
    /// A message without a plural.
    Singular(String),
    /// The forms of one that has a plural, by their number; empty where there is none.
    Forms(Vec<String>),
}

/// A message as a file has it.
#[derive(Debug, Default)]
struct Entry {
    context: Option<String>,
    singular: String,
    plural: bool,
    translations: Vec<String>,
}

impl Catalogue {
    /// The entry with the empty message says how plurals are formed.
    fn new(entries: Vec<Entry>) -> Result<Self, String> {
        let mut messages = HashMap::new();
        let mut plural = Plural::default();
        for entry in entries {
            if entry.singular.is_empty() && entry.context.is_none() {
                let header = entry.translations.concat();
                check_charset(&header)?;
                if let Some(rule) = header_field(&header, "plural-forms") {
                    plural = Plural::parse_header(rule)?;
                }
                continue;
            }
            let key = key(entry.context.as_deref(), &entry.singular);
            let translated = if entry.plural {
                Translated::Forms(entry.translations)
            } else {
                Translated::Singular(entry.translations.into_iter().next().unwrap_or_default())
            };
            messages.insert(key, translated);
        }
        Ok(Self { messages, plural })
    }

    /// The translation of a message; an empty one counts as none.
    fn get(&self, message: &Message<'_>, key: &str) -> Option<&str> {
        let found = match self.messages.get(key)? {
            Translated::Singular(text) if message.plural.is_none() => text,
            Translated::Singular(_) => return None,
            Translated::Forms(forms) => {
                // A message that is asked for alone has the form for one.
                let count = if message.plural.is_some() {
                    message.count
                } else {
                    1
                };
                forms.get(self.plural.form(count))?
            }
        };
        (!found.is_empty()).then_some(found.as_str())
    }
}

fn key(context: Option<&str>, message: &str) -> String {
    match context {
        Some(context) => format!("{context}{CONTEXT_SEPARATOR}{message}"),
        None => message.to_owned(),
    }
}

fn header_field<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim())
    })
}

fn check_charset(header: &str) -> Result<(), String> {
    let content_type = header_field(header, "content-type").unwrap_or_default();
    let charset = content_type
        .split_once("charset=")
        .map_or("", |(_, charset)| charset.trim());
    match charset.to_ascii_lowercase().as_str() {
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "charset" => Ok(()),
        other => Err(format!("its charset is {other}; only UTF-8 is read")),
    }
}

impl Translations {
    /// Adds the catalogues of a folder, whose names are locales such as `de` or `de_AT`.
    /// Folders that were added before count more.
    ///
    /// # Errors
    ///
    /// If the folder or a catalogue cannot be read, or is broken.
    pub fn folder(self, folder: impl AsRef<Path>) -> Result<Self, Error> {
        self.domain(folder, "django")
    }

    /// Adds the catalogues of another name than `django`.
    ///
    /// # Errors
    ///
    /// As [`folder`](Self::folder).
    pub fn domain(mut self, folder: impl AsRef<Path>, domain: &str) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let unreadable = |path: &Path, error: io::Error| {
            Error::setup_from(format!("cannot read {}", path.display()), error)
        };
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let name = entry.file_name();
            let Some(locale) = name.to_str() else {
                continue;
            };
            let catalogues = entry.path().join("LC_MESSAGES");
            let compiled = catalogues.join(format!("{domain}.mo"));
            let written = catalogues.join(format!("{domain}.po"));
            let path = if compiled.is_file() {
                compiled
            } else {
                written
            };
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
            let read = if path.extension().is_some_and(|extension| extension == "mo") {
                mo::read(&bytes)
            } else {
                po::read(&bytes)
            };
            let catalogue = read.and_then(Catalogue::new).map_err(|why| {
                Error::setup(format!("{} is no catalogue: {why}", path.display()))
            })?;
            let language = self.languages.entry(language_code(locale)).or_default();
            language.push(catalogue);
        }
        Ok(self)
    }

    /// Adds the messages of a `.po` file's text to a language.
    ///
    /// # Errors
    ///
    /// If the text is no catalogue.
    pub fn with_po(mut self, language: &str, text: &str) -> Result<Self, Error> {
        let catalogue = po::read(text.as_bytes())
            .and_then(Catalogue::new)
            .map_err(|why| {
                Error::setup(format!("the text for {language} is no catalogue: {why}"))
            })?;
        let language = self.languages.entry(language_code(language)).or_default();
        language.push(catalogue);
        Ok(self)
    }

    /// The language whose translations stand in where another one, but English, has none:
    /// Django's `LANGUAGE_CODE`.
    pub fn fallback(mut self, language: &str) -> Self {
        self.fallback = Some(language_code(language));
        self
    }

    /// The codes of the languages that have a catalogue.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    pub(super) fn get(&self, message: &Message<'_>) -> Option<String> {
        if self.languages.is_empty() {
            return None;
        }
        let context = message.context.as_ref().into_option();
        let key = key(
            context.map(|context| context.as_str()),
            message.singular.as_str(),
        );
        let mut catalogues = self.catalogues(message.language.as_str());
        let found = catalogues.find_map(|catalogue| catalogue.get(message, &key))?;
        Some(found.to_owned())
    }

    /// Whether there is a catalogue in which messages of a language are looked up.
    pub(super) fn may_have(&self, language: &str) -> bool {
        !self.languages.is_empty() && self.catalogues(language).next().is_some()
    }

    /// The catalogues for a language, the first ones first.
    fn catalogues<'t>(&'t self, language: &'t str) -> impl Iterator<Item = &'t Catalogue> {
        let fallback = self
            .fallback
            .as_deref()
            .filter(|_| !language.starts_with("en"));
        let languages = with_generic(language).chain(fallback.into_iter().flat_map(with_generic));
        languages
            .filter_map(|code| self.languages.get(code))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use abi_stable::std_types::ROption;

    use super::*;

    const GERMAN: &str = r#"
# A comment.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: somewhere.html:3
msgid "yes"
msgstr "ja"

msgctxt "month"
msgid "May"
msgstr "Mai"

msgid "a plate"
msgid_plural "%(n)s plates"
msgstr[0] "ein Teller"
msgstr[1] "%(n)s Teller"

#, fuzzy
msgid "maybe"
msgstr "vielleicht"

msgid "not yet"
msgstr ""

msgid ""
"two "
"lines\n"
msgstr "zwei \"Zeilen\"\n"

#~ msgid "gone"
#~ msgstr "weg"
"#;

    fn message<'a>(language: &'a str, text: &'a str) -> Message<'a> {
        Message {
            language: language.into(),
            context: ROption::RNone,
            singular: text.into(),
            plural: ROption::RNone,
            count: 1,
        }
    }

    fn german() -> Translations {
        Translations::default()
            .with_po("de", GERMAN)
            .expect("the catalogue is right")
    }

    #[test]
    fn messages_are_translated_or_not() {
        let translations = german();
        let cases = [
            ("de", "yes", Some("ja")),
            ("de-at", "yes", Some("ja")),
            ("fr", "yes", None),
            ("de", "May", None),
            ("de", "maybe", None),
            ("de", "not yet", None),
            ("de", "gone", None),
            ("de", "two lines\n", Some("zwei \"Zeilen\"\n")),
            ("de", "a plate", Some("ein Teller")),
            ("de", "", None),
        ];
        for (language, text, expected) in cases {
            let found = translations.get(&message(language, text));
            assert_eq!(found.as_deref(), expected, "{language} {text}");
        }
    }

    #[test]
    fn contexts_and_plurals_choose() {
        let translations = german();
        let may = Message {
            context: ROption::RSome("month".into()),
            ..message("de", "May")
        };
        assert_eq!(translations.get(&may).as_deref(), Some("Mai"));
        for (count, expected) in [(0, "%(n)s Teller"), (1, "ein Teller"), (2, "%(n)s Teller")] {
            let plates = Message {
                plural: ROption::RSome("%(n)s plates".into()),
                count,
                ..message("de", "a plate")
            };
            assert_eq!(translations.get(&plates).as_deref(), Some(expected));
        }
        let singular_only = Message {
            plural: ROption::RSome("yesses".into()),
            ..message("de", "yes")
        };
        assert_eq!(translations.get(&singular_only), None);
    }

    #[test]
    fn earlier_catalogues_count_more_and_the_fallback_least() {
        let po = |text: &str| format!("msgid \"x\"\nmsgstr \"{text}\"\n");
        let translations = Translations::default()
            .with_po("de", &po("first"))
            .and_then(|all| all.with_po("de", &po("second")))
            .and_then(|all| all.with_po("fr", "msgid \"y\"\nmsgstr \"why\"\n"))
            .expect("the catalogues are right")
            .fallback("fr");
        let get = |language, text| translations.get(&message(language, text));
        assert_eq!(get("de", "x").as_deref(), Some("first"));
        assert_eq!(get("de", "y").as_deref(), Some("why"));
        assert_eq!(
            get("en-us", "y"),
            None,
            "English messages stand for themselves"
        );
    }

    #[test]
    fn folders_are_read_by_locale() {
        let folder = tempfile::tempdir().expect("there is room");
        for (locale, text) in [("de_AT", "Jänner"), ("de", "Januar")] {
            let messages = folder.path().join(locale).join("LC_MESSAGES");
            fs::create_dir_all(&messages).expect("there is room");
            let po = format!("msgid \"January\"\nmsgstr \"{text}\"\n");
            fs::write(messages.join("django.po"), po).expect("there is room");
        }
        fs::write(folder.path().join("formats.toml"), "").expect("there is room");
        let translations = Translations::default().folder(folder.path());
        let translations = translations.expect("the folder is right");
        for (language, expected) in [("de-at", "Jänner"), ("de-ch", "Januar"), ("de", "Januar")] {
            let found = translations.get(&message(language, "January"));
            assert_eq!(found.as_deref(), Some(expected));
        }
        assert!(
            Translations::default()
                .folder(folder.path().join("none"))
                .is_err()
        );
    }

    #[test]
    fn other_charsets_are_refused() {
        let header = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=latin1\\n\"\n";
        let error = Translations::default()
            .with_po("de", header)
            .expect_err("it is not UTF-8");
        let expected = "the text for de is no catalogue: its charset is latin1; only UTF-8 is read";
        assert_eq!(error.to_string(), expected);
    }
}

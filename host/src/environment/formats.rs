//! Localized formats, as the application registers them by language.

use std::collections::HashMap;

use hotplate_plugin_api::environment::{Format, FormatValue};

use super::{language_code, with_generic};
use crate::error::Error;

/// Formats of dates, times and numbers by language. English is known.
///
/// ```
/// use hotplate::environment::Formats;
///
/// let formats = Formats::default().with_toml(
///     r#"
///     [de]
///     DATE_FORMAT = "j. F Y"
///     DECIMAL_SEPARATOR = ","
///     THOUSAND_SEPARATOR = "."
///     NUMBER_GROUPING = 3
///
///     [hi]
///     NUMBER_GROUPING = [3, 2, 0]
///     "#,
/// )?;
/// # Ok::<(), hotplate::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Formats {
    languages: HashMap<String, HashMap<Format, FormatValue>>,
    settings: HashMap<Format, FormatValue>,
}

impl Formats {
    /// Registers a format of a language; its varieties have it too.
    pub fn with(mut self, language: &str, format: Format, value: FormatValue) -> Self {
        let language = self.languages.entry(language_code(language)).or_default();
        language.insert(format, value);
        self
    }

    /// Sets what stands where localization is off, or a language has no such format, as
    /// Django's setting of that name does.
    pub fn setting(mut self, format: Format, value: FormatValue) -> Self {
        self.settings.insert(format, value);
        self
    }

    /// Registers the formats of a TOML text: a table for each language, with the names of
    /// Django's settings as keys.
    ///
    /// # Errors
    ///
    /// If the text is not TOML, or has another key or another kind of value.
    pub fn with_toml(mut self, text: &str) -> Result<Self, Error> {
        let wrong = |message: String| Error::setup(format!("wrong formats: {message}"));
        let table: toml::Table = text.parse().map_err(|error| wrong(format!("{error}")))?;
        for (language, formats) in table {
            let toml::Value::Table(formats) = formats else {
                return Err(wrong(format!("{language} is no table")));
            };
            for (name, value) in formats {
                let format = Format::from_name(&name);
                let format = format.ok_or_else(|| wrong(format!("there is no {name}")))?;
                let value = format_value(value);
                let value = value.ok_or_else(|| {
                    wrong(format!(
                        "{name} of {language} is no text, number or list of numbers"
                    ))
                })?;
                self = self.with(&language, format, value);
            }
        }
        Ok(self)
    }

    /// A format of a language, or where localization is off.
    pub(super) fn get(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        let localized = language.and_then(|language| {
            with_generic(language).find_map(|code| {
                let registered = self
                    .languages
                    .get(code)
                    .and_then(|known| known.get(&format));
                registered
                    .cloned()
                    .or_else(|| (code == "en").then(|| format.english()))
            })
        });
        localized
            .or_else(|| self.settings.get(&format).cloned())
            .or_else(|| match format {
                // What the settings of a new project say is English but for this.
                Format::NumberGrouping => Some(FormatValue::Number(0)),
                _ => None,
            })
    }
}

fn format_value(value: toml::Value) -> Option<FormatValue> {
    match value {
        toml::Value::String(text) => Some(FormatValue::Text(text.into())),
        toml::Value::Integer(number) => Some(FormatValue::Number(number)),
        toml::Value::Array(items) => {
            let numbers: Option<Vec<i64>> = items.iter().map(toml::Value::as_integer).collect();
            Some(FormatValue::Numbers(numbers?.into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_that_of_the_language_of_its_kin_or_of_the_settings() {
        let formats = Formats::default()
            .with_toml("[de]\nDATE_FORMAT = 'j. F Y'\nNUMBER_GROUPING = [3, 2]\n[de_AT]\nDATE_FORMAT = 'AT'")
            .expect("the formats are right")
            .setting(Format::MonthDay, FormatValue::Text("own".into()));
        let text = |text: &str| Some(FormatValue::Text(text.into()));
        let numbers = |numbers: &[i64]| Some(FormatValue::Numbers(numbers.to_vec().into()));
        let cases = [
            (Format::Date, Some("de"), text("j. F Y")),
            (Format::Date, Some("de-at"), text("AT")),
            (Format::NumberGrouping, Some("de-at"), numbers(&[3, 2])),
            (
                Format::NumberGrouping,
                Some("en-us"),
                Some(FormatValue::Number(3)),
            ),
            (
                Format::NumberGrouping,
                Some("fr"),
                Some(FormatValue::Number(0)),
            ),
            (Format::NumberGrouping, None, Some(FormatValue::Number(0))),
            (Format::Date, Some("fr"), None),
            (Format::MonthDay, Some("fr"), text("own")),
            (Format::MonthDay, Some("en"), text("F j")),
            (Format::MonthDay, None, text("own")),
        ];
        for (format, language, expected) in cases {
            assert_eq!(
                formats.get(format, language),
                expected,
                "{format:?} {language:?}"
            );
        }
    }

    #[test]
    fn wrong_formats_are_named() {
        let cases = [
            ("x", "wrong formats: TOML parse error"),
            ("x = 1", "wrong formats: x is no table"),
            ("[de]\nDATE = ''", "wrong formats: there is no DATE"),
            (
                "[de]\nDATE_FORMAT = true",
                "wrong formats: DATE_FORMAT of de is no text, number or list of numbers",
            ),
        ];
        for (text, expected) in cases {
            let error = Formats::default().with_toml(text).expect_err("it is wrong");
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}

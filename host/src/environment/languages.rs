//! Names of languages.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hotplate_plugin_api::environment::LanguageInfo;
use hotplate_plugin_api::value::Exception;

/// Code, English name, own name and direction of languages, from Unicode's common locale
/// data; sorted by code.
const TABLE: &str = include_str!("languages.tsv");

/// The languages that are known, and those that the site offers.
#[derive(Debug, Default)]
pub(super) struct Languages {
    /// What the application says of languages.
    pub(super) known: BTreeMap<String, LanguageInfo>,
    /// The site's languages; empty for all that are known.
    pub(super) offered: Vec<(String, String)>,
}

impl Languages {
    /// What is known of a language, or of the one that it is a variety of.
    pub(super) fn info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        if let Some(info) = self.exactly(code) {
            return Ok(info);
        }
        let unknown = |message: String| Exception::new("KeyError", message);
        let Some((generic, _)) = code.split_once('-') else {
            return Err(unknown(format!("'Unknown language code {code}.'")));
        };
        self.exactly(generic)
            .ok_or_else(|| unknown(format!("'Unknown language code {code} and {generic}.'")))
    }

    fn exactly(&self, code: &str) -> Option<LanguageInfo> {
        let known = self.known.get(code).cloned();
        known.or_else(|| {
            let row = table().get(code)?;
            Some(LanguageInfo {
                code: code.into(),
                name: row.name.into(),
                name_local: row.name_local.into(),
                bidi: row.bidi,
            })
        })
    }

    pub(super) fn offered(&self) -> Vec<(String, String)> {
        if !self.offered.is_empty() {
            return self.offered.clone();
        }
        let mut all: BTreeMap<&str, &str> = BTreeMap::new();
        all.extend(table().iter().map(|(code, row)| (*code, row.name)));
        all.extend(
            self.known
                .iter()
                .map(|(code, info)| (code.as_str(), info.name.as_str())),
        );
        all.into_iter()
            .map(|(code, name)| (code.to_owned(), name.to_owned()))
            .collect()
    }
}

struct Row {
    name: &'static str,
    name_local: &'static str,
    bidi: bool,
}

fn table() -> &'static BTreeMap<&'static str, Row> {
    static ROWS: OnceLock<BTreeMap<&'static str, Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let rows = TABLE.lines().filter_map(|line| {
            let mut cells = line.split('\t');
            let code = cells.next()?;
            let row = Row {
                name: cells.next()?,
                name_local: cells.next()?,
                bidi: cells.next()? == "rtl",
            };
            Some((code, row))
        });
        rows.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_code_or_that_of_its_kin() {
        let languages = Languages::default();
        let cases = [
            ("de", Ok(("de", "German", "Deutsch", false))),
            ("de-xx", Ok(("de", "German", "Deutsch", false))),
            (
                "pt-br",
                Ok(("pt-br", "Brazilian Portuguese", "português (Brasil)", false)),
            ),
            ("he", Ok(("he", "Hebrew", "עברית", true))),
            ("xx", Err("'Unknown language code xx.'")),
            ("xx-yy", Err("'Unknown language code xx-yy and xx.'")),
        ];
        for (code, expected) in cases {
            let found = languages.info(code);
            let found = found
                .as_ref()
                .map_err(|exception| exception.message.as_str());
            let found = found.map(|info| {
                let (name, local) = (info.name.as_str(), info.name_local.as_str());
                (info.code.as_str(), name, local, info.bidi)
            });
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn every_row_of_the_table_is_whole() {
        assert_eq!(table().len(), TABLE.lines().count());
        assert!(
            table()
                .values()
                .all(|row| !row.name.is_empty() && !row.name_local.is_empty())
        );
        assert_eq!(Languages::default().offered().len(), table().len());
    }
}

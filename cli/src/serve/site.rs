//! `site.toml`: what a site is called, and which template answers which path.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::problem::Problem;
use crate::serve::content::Article;
use crate::serve::routes::Route;

/// The file that makes a plugin directory a site.
pub(crate) const FILE: &str = "site.toml";

/// A site as its files describe it. Immutable: an edit makes another one.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) title: String,
    pub(crate) tagline: String,
    pub(crate) language: String,
    pub(crate) navigation: Vec<Link>,
    pub(crate) routes: Vec<Route>,
    pub(crate) functions: FunctionNames,
    pub(crate) summary_length: i64,
    /// Where the articles are.
    pub(crate) content: Option<PathBuf>,
    /// In order of file name.
    pub(crate) articles: Vec<Article>,
}

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) url: String,
}

/// Which plugin functions turn articles into pages; what is missing is done plainly.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FunctionNames {
    pub(crate) body: Option<FunctionName>,
    pub(crate) reading_time: Option<FunctionName>,
    pub(crate) summary: Option<FunctionName>,
    pub(crate) slug: Option<FunctionName>,
}

/// A plugin function, written `plugin::function`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) plugin: String,
    pub(crate) function: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    title: String,
    #[serde(default)]
    tagline: String,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    navigation: Vec<Link>,
    #[serde(default)]
    routes: Vec<RouteEntry>,
    content: Option<ContentTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteEntry {
    path: Spanned<String>,
    template: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentTable {
    directory: Spanned<String>,
    body: Option<Spanned<String>>,
    reading_time: Option<Spanned<String>>,
    summary: Option<Spanned<String>>,
    #[serde(default = "usual_summary")]
    summary_length: i64,
    slug: Option<Spanned<String>>,
}

fn english() -> String {
    "en".to_owned()
}

fn usual_summary() -> i64 {
    200
}

/// Reads the text of the `site.toml` in `directory`, without its articles; `file` is its
/// name in reports.
///
/// # Errors
///
/// Every mistake in it, or the first if it is not TOML of the right form.
pub(crate) fn parse(directory: &Path, file: &str, text: &str) -> Result<Site, Vec<Problem>> {
    let parsed: SiteFile =
        toml::from_str(text).map_err(|error| vec![toml_problem(file, text, 0, &error)])?;
    let mut problems = Vec::new();
    let mut mistake = |span: Range<usize>, message: String| {
        problems.push(Problem::at(file, text, span, message));
    };

    let mut routes = Vec::new();
    for entry in &parsed.routes {
        match Route::parse(entry.path.get_ref(), &entry.template) {
            Ok(route) => routes.push(route),
            Err(message) => mistake(entry.path.span(), message),
        }
    }
    let mut functions = FunctionNames::default();
    let mut content = None;
    let mut summary_length = usual_summary();
    if let Some(table) = &parsed.content {
        let mut function = |name: &Option<Spanned<String>>| {
            let name = name.as_ref()?;
            let parsed = FunctionName::parse(name.get_ref());
            if parsed.is_none() {
                mistake(
                    name.span(),
                    format!(
                        "`{}` does not name a function; write `plugin::function`",
                        name.get_ref()
                    ),
                );
            }
            parsed
        };
        functions = FunctionNames {
            body: function(&table.body),
            reading_time: function(&table.reading_time),
            summary: function(&table.summary),
            slug: function(&table.slug),
        };
        summary_length = table.summary_length;
        let articles = directory.join(table.directory.get_ref());
        if articles.is_dir() {
            content = Some(articles);
        } else {
            mistake(
                table.directory.span(),
                format!("there is no directory `{}` here", table.directory.get_ref()),
            );
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Site {
        title: parsed.title,
        tagline: parsed.tagline,
        language: parsed.language,
        navigation: parsed.navigation,
        routes,
        functions,
        summary_length,
        content,
        articles: Vec::new(),
    })
}

impl FunctionName {
    fn parse(text: &str) -> Option<Self> {
        let (plugin, function) = text.split_once("::")?;
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-".contains(c))
        };
        (plain(plugin) && plain(function)).then(|| Self {
            plugin: plugin.to_owned(),
            function: function.to_owned(),
        })
    }
}

/// A mistake in TOML that starts at byte `offset` of a file.
pub(crate) fn toml_problem(
    file: &str,
    text: &str,
    offset: usize,
    error: &toml::de::Error,
) -> Problem {
    // A missing key has no place of its own: the start of the table is the place to add it.
    let span = error.span().unwrap_or(0..0);
    Problem::at(
        file,
        text,
        offset + span.start..offset + span.end,
        error.message().replace('\n', " "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<usize, &[&str]>) {
        let found = parse(Path::new(env!("CARGO_MANIFEST_DIR")), "site.toml", text);
        match (found, expected) {
            (Ok(site), Ok(routes)) => {
                assert_eq!(site.routes.len(), routes, "{text}");
            }
            (Err(problems), Err(expected)) => {
                let found: Vec<String> = problems
                    .iter()
                    .map(|problem| {
                        format!(
                            "{}: {}",
                            problem.place().unwrap_or_default(),
                            problem.message
                        )
                    })
                    .collect();
                assert_eq!(found, expected, "{text}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn reads_sites() {
        check("title = 'A'", Ok(0));
        check(
            "title = 'A'\nnavigation = [{ label = 'B', url = '/' }]\n[[routes]]\npath = '/'\ntemplate = 'a.html'\n[content]\ndirectory = 'src'\nbody = 'text::markdown'",
            Ok(1),
        );
    }

    #[test]
    fn reports_every_mistake_with_its_place() {
        check(
            "title = 'A'\n[[routes]]\npath = 'a'\ntemplate = 'a'\n[content]\ndirectory = 'nowhere'\nbody = 'markdown'",
            Err(&[
                "site.toml:3:8: the path `a` does not start with a slash",
                "site.toml:7:8: `markdown` does not name a function; write `plugin::function`",
                "site.toml:6:13: there is no directory `nowhere` here",
            ]),
        );
        check(
            "title = ",
            Err(&["site.toml:1:9: string values must be quoted, expected literal string"]),
        );
        check(
            "tagline = 'A'",
            Err(&["site.toml:1:1: missing field `title`"]),
        );
    }

    #[test]
    fn reads_names_of_functions() {
        let cases = [
            ("text::slugify", true),
            ("my-text::a_b", true),
            ("text", false),
            ("::a", false),
            ("a::", false),
            ("a::b::c", false),
            ("a b::c", false),
        ];
        for (input, expected) in cases {
            assert_eq!(FunctionName::parse(input).is_some(), expected, "{input}");
        }
    }
}

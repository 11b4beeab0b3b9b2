//! Articles as templates see them: converted by plugin functions, all in one snapshot.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use hotplate::{Error, Function, Host, Pin, Value};
use hotplate_plugin_api::value::Date;

use crate::serve::content::Article;
use crate::serve::routes::Route;
use crate::serve::site::{FunctionName, FunctionNames, Site};

type TextToText = Function<(&'static str,), String>;

/// Handles to the plugin functions that a site names. They survive every swap.
#[derive(Debug)]
pub(crate) struct Functions {
    body: Option<TextToText>,
    reading_time: Option<Function<(&'static str,), i64>>,
    summary: Option<Function<(&'static str, i64), String>>,
    slug: Option<TextToText>,
}

impl Functions {
    /// Makes the handles.
    ///
    /// # Errors
    ///
    /// If there is no such function or its signature is another.
    pub(crate) fn new(host: &Host, names: &FunctionNames) -> Result<Self, Error> {
        Ok(Self {
            body: handle(&names.body, |plugin, name| host.function(plugin, name))?,
            reading_time: handle(&names.reading_time, |plugin, name| {
                host.function(plugin, name)
            })?,
            summary: handle(&names.summary, |plugin, name| host.function(plugin, name))?,
            slug: handle(&names.slug, |plugin, name| host.function(plugin, name))?,
        })
    }
}

fn handle<T>(
    name: &Option<FunctionName>,
    make: impl FnOnce(&str, &str) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    name.as_ref()
        .map(|name| make(&name.plugin, &name.function))
        .transpose()
}

/// A plugin function failed on an article.
#[derive(Debug)]
pub(crate) struct ArticleError {
    /// The article's file.
    pub(crate) file: String,
    pub(crate) error: Error,
}

/// All articles of a site, newest first.
#[derive(Debug)]
pub(crate) struct Articles {
    slugs: Vec<String>,
    values: Vec<Value>,
    /// The same values as the list that templates get.
    pub(crate) list: Value,
}

impl Articles {
    /// Converts every article in the pinned snapshot.
    ///
    /// # Errors
    ///
    /// The first call that fails.
    pub(crate) fn convert(
        site: &Site,
        functions: &Functions,
        pin: &Pin,
    ) -> Result<Self, Box<ArticleError>> {
        let route = site.routes.iter().find(|route| route.has_slug());
        let mut taken = HashSet::new();
        let mut converted = Vec::with_capacity(site.articles.len());
        for article in &site.articles {
            let entry = convert(site, functions, pin, article).map_err(|error| {
                Box::new(ArticleError {
                    file: article.file.clone(),
                    error,
                })
            })?;
            let slug = unique(&entry.slug, &mut taken);
            converted.push((article, slug, entry));
        }
        converted.sort_by(|(a, ..), (b, ..)| b.date.cmp(&a.date).then(a.stem.cmp(&b.stem)));

        let links: Vec<Value> = converted
            .iter()
            .map(|(article, slug, _)| link(route, slug, &article.title))
            .collect();
        let mut values = Vec::with_capacity(converted.len());
        for (index, (article, slug, entry)) in converted.iter().enumerate() {
            let newer = index.checked_sub(1).and_then(|newer| links.get(newer));
            values.push(article_value(
                article,
                entry,
                slug,
                address(route, slug),
                links.get(index + 1),
                newer,
            ));
        }
        Ok(Self {
            slugs: converted.into_iter().map(|(_, slug, _)| slug).collect(),
            list: Value::list(values.iter().cloned()),
            values,
        })
    }

    /// The article with this slug.
    pub(crate) fn get(&self, slug: &str) -> Option<&Value> {
        let index = self.slugs.iter().position(|own| own == slug)?;
        self.values.get(index)
    }
}

/// What the plugin functions made of an article.
struct Converted {
    slug: String,
    body: String,
    summary: String,
    reading_time: Option<i64>,
}

fn convert(
    site: &Site,
    functions: &Functions,
    pin: &Pin,
    article: &Article,
) -> Result<Converted, Error> {
    let text = article.text.as_str();
    let slug = match (&article.slug, &functions.slug) {
        (Some(slug), _) => slug.clone(),
        (None, Some(function)) => function.call_in(pin, (&article.title,))?,
        (None, None) => String::new(),
    };
    let body = match &functions.body {
        Some(function) => function.call_in(pin, (text,))?,
        None => text.to_owned(),
    };
    let summary = match (&article.summary, &functions.summary) {
        (Some(summary), _) => summary.clone(),
        (None, Some(function)) => function.call_in(pin, (text, site.summary_length))?,
        (None, None) => String::new(),
    };
    let reading_time = functions
        .reading_time
        .as_ref()
        .map(|function| function.call_in(pin, (text,)))
        .transpose()?;
    Ok(Converted {
        // A title without letters still needs an address.
        slug: if slug.is_empty() {
            article.stem.clone()
        } else {
            slug
        },
        body,
        summary,
        reading_time,
    })
}

/// The slug, with a number if another article has it already.
fn unique(slug: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = slug.to_owned();
    let mut number = 1;
    while !taken.insert(candidate.clone()) {
        number += 1;
        candidate = format!("{slug}-{number}");
    }
    candidate
}

fn address(route: Option<&Route>, slug: &str) -> Value {
    route.map_or(Value::None, |route| Value::str(route.address(slug)))
}

fn link(route: Option<&Route>, slug: &str, title: &str) -> Value {
    dict([("title", Value::str(title)), ("url", address(route, slug))])
}

fn article_value(
    article: &Article,
    converted: &Converted,
    slug: &str,
    url: Value,
    older: Option<&Value>,
    newer: Option<&Value>,
) -> Value {
    let file = Path::new(&article.file).file_name().unwrap_or_default();
    dict([
        ("title", Value::str(&article.title)),
        ("slug", Value::str(slug)),
        ("url", url),
        ("date", Value::from(date(article))),
        ("author", Value::str(&article.author)),
        ("tags", Value::list(article.tags.iter().map(Value::str))),
        ("summary", Value::str(&converted.summary)),
        ("reading_time", Value::from(converted.reading_time)),
        ("body", Value::str(&converted.body)),
        ("file", Value::str(file.to_string_lossy())),
        ("older", older.cloned().unwrap_or_default()),
        ("newer", newer.cloned().unwrap_or_default()),
    ])
}

fn date(article: &Article) -> Date {
    Date {
        year: i32::from(article.date.year),
        month: article.date.month,
        day: article.date.day,
    }
}

/// A dictionary with text keys.
pub(crate) fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().collect()
}

/// What all pages of a site see as `site`.
pub(crate) fn site_value(site: &Site) -> Value {
    let navigation = site.navigation.iter().map(|link| {
        dict([
            ("label", Value::str(&link.label)),
            ("url", Value::str(&link.url)),
        ])
    });
    dict([
        ("title", Value::str(&site.title)),
        ("tagline", Value::str(&site.tagline)),
        ("language", Value::str(&site.language)),
        ("navigation", Value::list(navigation)),
    ])
}

/// The converted articles of one site in one generation.
#[derive(Debug)]
pub(crate) struct Conversion {
    pub(crate) generation: u64,
    pub(crate) site: Arc<Site>,
    pub(crate) articles: Articles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_slug_gets_a_number() {
        let mut taken = HashSet::new();
        let cases = [
            ("a", "a"),
            ("b", "b"),
            ("a", "a-2"),
            ("a", "a-3"),
            ("a-2", "a-2-2"),
        ];
        for (slug, expected) in cases {
            assert_eq!(unique(slug, &mut taken), expected, "{slug}");
        }
    }
}

//! Which page answers a path, rendered inside one pinned snapshot.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hotplate::{Error, Host, Pin, Value};

use crate::failure::with_sources;
use crate::serve::articles::{Articles, Conversion, Functions, dict, site_value};
use crate::serve::error_page;
use crate::serve::routes::{self, Match};
use crate::serve::site::Site;

/// The template for paths that lead nowhere.
const NOT_FOUND: &str = "404.html";

/// What a path gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A page.
    Page(Page),
    /// The path needs a slash at its end.
    AddSlash,
}

/// A page to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// The generation that all of it was rendered in.
    pub(crate) generation: u64,
    pub(crate) content_type: String,
    /// What failed, if this is the page that says so.
    pub(crate) failure: Option<String>,
}

/// The site that is current. The watcher's side replaces it; requests take it.
#[derive(Debug)]
pub(crate) struct CurrentSite(RwLock<Arc<Site>>);

impl CurrentSite {
    pub(crate) fn new(site: Site) -> Self {
        Self(RwLock::new(Arc::new(site)))
    }

    pub(crate) fn replace(&self, site: Site) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(site);
    }

    fn get(&self) -> Arc<Site> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Renders the pages of one plugin.
#[derive(Debug)]
pub(crate) struct Pages {
    host: Host,
    plugin: String,
    /// Where the plugin's templates are, to show lines of them in error pages.
    templates: PathBuf,
    /// Nothing for a plugin without a `site.toml`, whose pages are its templates.
    site: Option<Arc<CurrentSite>>,
    prepared: Mutex<Prepared>,
}

/// What is kept from one request to the next.
#[derive(Debug, Default)]
struct Prepared {
    functions: Option<(Arc<Site>, Arc<Functions>)>,
    conversion: Option<Arc<Conversion>>,
}

/// Why there is no page.
enum PageError {
    /// A template failed.
    Render(Error),
    /// A plugin function failed, on the article in this file.
    Article { file: String, error: Error },
    /// The site's files ask for what does not exist.
    Site(Error),
}

impl Pages {
    pub(crate) fn new(
        host: Host,
        plugin: String,
        templates: PathBuf,
        site: Option<Arc<CurrentSite>>,
    ) -> Self {
        Self {
            host,
            plugin,
            templates,
            site,
            prepared: Mutex::default(),
        }
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn generation(&self) -> u64 {
        self.host.generation()
    }

    /// Makes sure that every function that the site names exists.
    ///
    /// # Errors
    ///
    /// The first that does not, or has another signature.
    pub(crate) fn check_functions(&self) -> Result<(), Error> {
        match &self.site {
            Some(site) => self.functions(&site.get()).map(drop),
            None => Ok(()),
        }
    }

    /// Answers a decoded path. Every path gives something.
    pub(crate) fn reply(&self, path: &str) -> Reply {
        let pin = self.host.pin();
        let page = match &self.site {
            Some(site) => match self.site_page(&pin, &site.get(), path) {
                Ok(Some(page)) => Ok(page),
                Ok(None) => return Reply::AddSlash,
                Err(error) => Err(error),
            },
            None => self.template_page(&pin, path),
        };
        Reply::Page(page.unwrap_or_else(|error| self.failed(&pin, &error)))
    }

    /// A page of a site; nothing if its path lacks a slash.
    fn site_page(
        &self,
        pin: &Pin,
        site: &Arc<Site>,
        path: &str,
    ) -> Result<Option<Page>, PageError> {
        let found = routes::find(&site.routes, path);
        if found == Match::AddSlash {
            return Ok(None);
        }
        let conversion = self.conversion(pin, site)?;
        let articles = &conversion.articles;
        let context = |article: Option<&Value>| {
            dict([
                ("site", site_value(site)),
                ("request", request_value(path)),
                ("articles", articles.list.clone()),
                ("article", article.cloned().unwrap_or_default()),
            ])
        };
        let page = match found {
            Match::Page {
                template,
                slug: None,
            } => Some((template, context(None))),
            Match::Page {
                template,
                slug: Some(slug),
            } => articles
                .get(&slug)
                .map(|article| (template, context(Some(article)))),
            Match::AddSlash | Match::Nothing => None,
        };
        match page {
            Some((template, context)) => self.render(pin, template, 200, &context).map(Some),
            None => self.not_found(pin, path, &context(None)).map(Some),
        }
    }

    /// A page of a plugin that is only templates.
    fn template_page(&self, pin: &Pin, path: &str) -> Result<Page, PageError> {
        let context = dict([("request", request_value(path))]);
        for name in routes::templates_for(path) {
            match self.render(pin, &name, 200, &context) {
                Err(PageError::Render(error)) if is_missing(&error) => {}
                page => return page,
            }
        }
        self.not_found(pin, path, &context)
    }

    fn not_found(&self, pin: &Pin, path: &str, context: &Value) -> Result<Page, PageError> {
        match self.render(pin, NOT_FOUND, 404, context) {
            Err(PageError::Render(error)) if is_missing(&error) => Ok(Page {
                status: 404,
                text: error_page::not_found(path),
                generation: pin.generation(),
                content_type: content_type(NOT_FOUND),
                failure: None,
            }),
            page => page,
        }
    }

    fn render(
        &self,
        pin: &Pin,
        template: &str,
        status: u16,
        context: &Value,
    ) -> Result<Page, PageError> {
        let rendered = self
            .host
            .template(&self.plugin, template)
            .and_then(|handle| handle.render_in(pin, context))
            .map_err(PageError::Render)?;
        Ok(Page {
            status,
            text: rendered.text,
            generation: rendered.receipt.generation,
            content_type: content_type(template),
            failure: None,
        })
    }

    fn failed(&self, pin: &Pin, error: &PageError) -> Page {
        let (text, failure) = match error {
            PageError::Render(error) => (
                error_page::render_failed(error, &self.templates),
                with_sources(error),
            ),
            PageError::Article { file, error } => (
                error_page::article_failed(error, file),
                format!("{file}: {}", with_sources(error)),
            ),
            PageError::Site(error) => (error_page::site_failed(error), with_sources(error)),
        };
        Page {
            status: 500,
            text,
            generation: pin.generation(),
            content_type: content_type(NOT_FOUND),
            failure: Some(failure),
        }
    }

    fn functions(&self, site: &Arc<Site>) -> Result<Arc<Functions>, Error> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_for, functions)) = &prepared.functions
            && (Arc::ptr_eq(made_for, site) || made_for.functions == site.functions)
        {
            return Ok(functions.clone());
        }
        let functions = Arc::new(Functions::new(&self.host, &site.functions)?);
        prepared.functions = Some((site.clone(), functions.clone()));
        Ok(functions)
    }

    /// The site's articles in the pinned snapshot, converted at most once for each.
    fn conversion(&self, pin: &Pin, site: &Arc<Site>) -> Result<Arc<Conversion>, PageError> {
        let functions = self.functions(site).map_err(PageError::Site)?;
        let kept = {
            let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            prepared.conversion.clone()
        };
        if let Some(kept) = kept
            && kept.generation == pin.generation()
            && Arc::ptr_eq(&kept.site, site)
        {
            return Ok(kept);
        }
        let articles =
            Articles::convert(site, &functions, pin).map_err(|failed| PageError::Article {
                file: failed.file,
                error: failed.error,
            })?;
        let conversion = Arc::new(Conversion {
            generation: pin.generation(),
            site: site.clone(),
            articles,
        });
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.conversion = Some(conversion.clone());
        Ok(conversion)
    }
}

fn request_value(path: &str) -> Value {
    dict([("path", Value::str(path))])
}

/// Whether the template asked for is not there, rather than one that it includes.
fn is_missing(error: &Error) -> bool {
    error.is_unknown() || error.is_removed()
}

/// The type that a template's name stands for; HTML unless it says otherwise.
fn content_type(template: &str) -> String {
    let guess = mime_guess::from_path(template)
        .first()
        .unwrap_or(mime_guess::mime::TEXT_HTML);
    with_charset(&guess)
}

/// A content type, with the encoding where it is text.
pub(crate) fn with_charset(kind: &mime_guess::Mime) -> String {
    let is_text = kind.type_() == mime_guess::mime::TEXT
        || kind.suffix() == Some(mime_guess::mime::XML)
        || matches!(kind.subtype().as_str(), "javascript" | "json" | "xml");
    if is_text && kind.get_param(mime_guess::mime::CHARSET).is_none() {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_templates_name_gives_its_type() {
        let cases = [
            ("index.html", "text/html; charset=utf-8"),
            ("about", "text/html; charset=utf-8"),
            ("feed.xml", "text/xml; charset=utf-8"),
            ("robots.txt", "text/plain; charset=utf-8"),
        ];
        for (name, expected) in cases {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }
}

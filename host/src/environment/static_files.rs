//! URLs of static files, as Django's `staticfiles` makes them.

use std::collections::HashMap;
use std::path::Path;

use hotplate_plugin_api::value::Exception;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::error::Error;

/// What is not quoted in the URL of a file.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b'\'');

/// Where static files and media are, and which names a build gave them.
#[derive(Debug, Clone)]
pub struct StaticFiles {
    url: String,
    media_url: String,
    manifest: Option<HashMap<String, String>>,
    strict: bool,
}

/// `staticfiles.json`, as Django's `ManifestStaticFilesStorage` writes it.
#[derive(Deserialize)]
struct Manifest {
    version: String,
    #[serde(default)]
    paths: HashMap<String, String>,
}

impl Default for StaticFiles {
    fn default() -> Self {
        Self::new("/static/")
    }
}

impl StaticFiles {
    /// Static files under a URL (`STATIC_URL`), which should end with a slash.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            media_url: "/".to_owned(),
            manifest: None,
            strict: true,
        }
    }

    /// Sets `MEDIA_URL`.
    pub fn media_url(mut self, url: impl Into<String>) -> Self {
        self.media_url = url.into();
        self
    }

    /// Takes the names that files have after a build from a manifest.
    ///
    /// # Errors
    ///
    /// If the text is no manifest of a known version.
    pub fn manifest(mut self, json: &str) -> Result<Self, Error> {
        let manifest: Manifest = serde_json::from_str(json).map_err(|error| {
            Error::setup_from("cannot read the manifest of static files", error)
        })?;
        if !matches!(manifest.version.as_str(), "1.0" | "1.1") {
            let version = manifest.version;
            let message = format!("the manifest of static files is of unknown version {version}");
            return Err(Error::setup(message));
        }
        self.manifest = Some(manifest.paths);
        Ok(self)
    }

    /// [`manifest`](Self::manifest) from a file, such as `staticfiles.json`.
    ///
    /// # Errors
    ///
    /// As there, and if the file cannot be read.
    pub fn manifest_file(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::setup_from(format!("cannot read {}", path.display()), error))?;
        self.manifest(&text)
    }

    /// Whether a file that the manifest lacks is an error, as it is by default.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    pub(super) fn prefix(&self, setting: &str) -> String {
        match setting {
            "STATIC_URL" => self.url.clone(),
            "MEDIA_URL" => self.media_url.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn url(&self, path: &str) -> Result<String, Exception> {
        match &self.manifest {
            None => Ok(self.join(path)),
            Some(manifest) => self.hashed(manifest, path),
        }
    }

    /// The URL of a file under the prefix.
    fn join(&self, path: &str) -> String {
        let path = path.replace('\\', "/");
        let quoted = utf8_percent_encode(&path, PATH).to_string();
        let relative = quoted.trim_start_matches('/');
        let (base, relative) = resolve_dots(&self.url, relative);
        format!("{base}{relative}")
    }

    fn hashed(&self, manifest: &HashMap<String, String>, path: &str) -> Result<String, Exception> {
        let (clean, fragment) = path.split_once('#').unwrap_or((path, ""));
        let decoded = percent_decode_str(clean).decode_utf8_lossy();
        let (file, query) = decoded.split_once('?').unwrap_or((&decoded, ""));
        let file = file.trim();
        let stored = if file.ends_with('/') {
            file
        } else {
            match manifest.get(&file.replace('\\', "/")) {
                Some(stored) => stored,
                None if self.strict => {
                    let message = format!("Missing staticfiles manifest entry for '{file}'");
                    return Err(Exception::new("ValueError", message));
                }
                None => file,
            }
        };
        let mut url = self.join(stored);
        if !query.is_empty() {
            url.push('?');
            url.push_str(query);
        } else if path.contains("?#") {
            url.push('?');
        }
        if !fragment.is_empty() {
            url.push('#');
            url.push_str(fragment);
        }
        Ok(percent_decode_str(&url).decode_utf8_lossy().into_owned())
    }
}

/// Takes `.` and `..` out of a relative path, as joining two URLs does; what `..` leaves
/// is taken off the base, down to its root.
fn resolve_dots<'b>(base: &'b str, relative: &str) -> (&'b str, String) {
    let mut base = &base[..base.rfind('/').map_or(0, |slash| slash + 1)];
    if !relative.split('/').any(|part| matches!(part, "." | "..")) {
        return (base, relative.to_owned());
    }
    let root = match base.find("://") {
        Some(scheme) => base[scheme + 3..]
            .find('/')
            .map_or(base.len(), |slash| scheme + 4 + slash),
        None if base.starts_with("//") => base[2..].find('/').map_or(base.len(), |slash| slash + 3),
        None => usize::from(base.starts_with('/')),
    };
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<&str> = relative.split('/').collect();
    for part in &parts {
        match *part {
            "." => {}
            ".." => {
                if kept.pop().is_none() && base.len() > root {
                    let parent = base[root..base.len() - 1].rfind('/');
                    base = &base[..parent.map_or(root, |slash| root + slash + 1)];
                }
            }
            part => kept.push(part),
        }
    }
    let mut path = kept.join("/");
    if matches!(parts.last(), Some(&"." | &"..")) && !path.is_empty() {
        path.push('/');
    }
    (base, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_joined_and_quoted_as_in_django() {
        let cases = [
            ("/static/", "css/base.css", "/static/css/base.css"),
            ("/static/", "/css/base.css", "/static/css/base.css"),
            ("/static/", "a b&c.css", "/static/a%20b%26c.css"),
            ("/static/", "it's(1)!*~.css", "/static/it's(1)!*~.css"),
            ("/static/", "f.css?v=1#x", "/static/f.css%3Fv%3D1%23x"),
            ("/static/", "späte.css", "/static/sp%C3%A4te.css"),
            ("/static/", "a\\b.css", "/static/a/b.css"),
            ("/static/", "", "/static/"),
            ("/static/", "a/../b.css", "/static/b.css"),
            ("/static/", "../b.css", "/b.css"),
            ("/static/", "../../../b.css", "/b.css"),
            ("/static/", "a/./", "/static/a/"),
            (
                "https://cdn.example/s/",
                "../../b.css",
                "https://cdn.example/b.css",
            ),
            (
                "https://cdn.example/s/",
                "//evil.example/b.css",
                "https://cdn.example/s/evil.example/b.css",
            ),
        ];
        for (prefix, path, expected) in cases {
            let url = StaticFiles::new(prefix).url(path);
            assert_eq!(url.as_deref(), Ok(expected), "{prefix} {path}");
        }
    }

    #[test]
    fn a_manifest_names_the_files() {
        let files = StaticFiles::default()
            .manifest(r#"{"version": "1.1", "paths": {"a b.css": "a b.123.css"}, "hash": "x"}"#)
            .expect("the manifest is right");
        let missing = "Missing staticfiles manifest entry for 'x.css'";
        let cases = [
            ("a b.css", Ok("/static/a b.123.css")),
            ("a%20b.css", Ok("/static/a b.123.css")),
            ("a b.css?v=1#x", Ok("/static/a b.123.css?v=1#x")),
            ("a b.css?#iefix", Ok("/static/a b.123.css?#iefix")),
            ("folder/", Ok("/static/folder/")),
            ("x.css", Err(missing)),
        ];
        for (path, expected) in cases {
            let url = files.url(path);
            let url = url
                .as_deref()
                .map_err(|exception| exception.message.as_str());
            assert_eq!(url, expected, "{path}");
        }
        let lenient = files.strict(false);
        assert_eq!(lenient.url("x.css").as_deref(), Ok("/static/x.css"));
    }

    #[test]
    fn a_wrong_manifest_is_refused() {
        for json in ["{", "{}", r#"{"version": "9"}"#] {
            assert!(StaticFiles::default().manifest(json).is_err(), "{json}");
        }
    }
}

//! Which template answers a path.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a path segment of an address cannot show as it is.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A path of a site with the template for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    segments: Vec<Segment>,
    slash: bool,
    pub(crate) template: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Slug,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Match<'a> {
    /// A template, and the article that the path names.
    Page {
        template: &'a str,
        slug: Option<String>,
    },
    /// The same path with a slash at its end is a page.
    AddSlash,
    Nothing,
}

impl Route {
    /// Reads a path such as `/articles/{slug}/`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(path: &str, template: &str) -> Result<Self, String> {
        let Some(rest) = path.strip_prefix('/') else {
            return Err(format!("the path `{path}` does not start with a slash"));
        };
        let slash = rest.is_empty() || rest.ends_with('/');
        let mut segments = Vec::new();
        for part in rest.trim_end_matches('/').split('/') {
            segments.push(match part {
                "" if rest.is_empty() => continue,
                "" => return Err(format!("the path `{path}` has an empty part")),
                "{slug}" if segments.contains(&Segment::Slug) => {
                    return Err(format!("the path `{path}` has more than one `{{slug}}`"));
                }
                "{slug}" => Segment::Slug,
                part if part.contains(['{', '}']) => {
                    return Err(format!(
                        "`{part}` in the path `{path}` is not known; the only variable is `{{slug}}`, as a part of its own"
                    ));
                }
                part => Segment::Literal(part.to_owned()),
            });
        }
        Ok(Self {
            segments,
            slash,
            template: template.to_owned(),
        })
    }

    /// Whether the path names an article.
    pub(crate) fn has_slug(&self) -> bool {
        self.segments.contains(&Segment::Slug)
    }

    /// The address of the article `slug`.
    pub(crate) fn address(&self, slug: &str) -> String {
        let mut address = String::new();
        for segment in &self.segments {
            address.push('/');
            let text = match segment {
                Segment::Literal(text) => text,
                Segment::Slug => slug,
            };
            address.extend(utf8_percent_encode(text, RESERVED));
        }
        if self.slash || address.is_empty() {
            address.push('/');
        }
        address
    }

    /// Whether decoded segments fit, and the slug among them.
    fn fits(&self, parts: &[&str]) -> Option<Option<String>> {
        if parts.len() != self.segments.len() {
            return None;
        }
        let mut slug = None;
        for (segment, part) in self.segments.iter().zip(parts) {
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Slug if !part.is_empty() => slug = Some((*part).to_owned()),
                _ => return None,
            }
        }
        Some(slug)
    }
}

/// Finds the first route for a decoded path.
pub(crate) fn find<'a>(routes: &'a [Route], path: &str) -> Match<'a> {
    let slash = path.ends_with('/');
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
    let parts: Vec<&str> = if trimmed.is_empty() && path.len() <= 1 {
        Vec::new()
    } else {
        trimmed.split('/').collect()
    };
    let mut add_slash = false;
    for route in routes {
        let Some(slug) = route.fits(&parts) else {
            continue;
        };
        if route.slash == slash || parts.is_empty() {
            return Match::Page {
                template: &route.template,
                slug,
            };
        }
        add_slash |= route.slash;
    }
    if add_slash {
        Match::AddSlash
    } else {
        Match::Nothing
    }
}

/// The template names that may answer a decoded path where no routes are given.
///
/// Names that start with an underscore are partials and answer nothing.
pub(crate) fn templates_for(path: &str) -> Vec<String> {
    let name = path.trim_matches('/');
    if name.split('/').any(|part| part.starts_with(['_', '.'])) {
        return Vec::new();
    }
    if name.is_empty() {
        return vec!["index.html".to_owned()];
    }
    vec![
        name.to_owned(),
        format!("{name}.html"),
        format!("{name}/index.html"),
    ]
}

/// The path with its percent signs resolved; nothing if that is not UTF-8 or has a NUL.
pub(crate) fn decode(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Vec<Route> {
        [
            ("/", "index.html"),
            ("/articles/{slug}/", "article.html"),
            ("/about/", "about.html"),
            ("/feed.xml", "feed.xml"),
        ]
        .map(|(path, template)| Route::parse(path, template).expect("a correct route"))
        .into()
    }

    fn page<'a>(template: &'a str, slug: Option<&str>) -> Match<'a> {
        Match::Page {
            template,
            slug: slug.map(str::to_owned),
        }
    }

    #[test]
    fn finds_pages() {
        let cases = [
            ("/", page("index.html", None)),
            ("", page("index.html", None)),
            ("/about/", page("about.html", None)),
            ("/about", Match::AddSlash),
            ("/feed.xml", page("feed.xml", None)),
            ("/feed.xml/", Match::Nothing),
            ("/articles/a-b/", page("article.html", Some("a-b"))),
            ("/articles/热 盘/", page("article.html", Some("热 盘"))),
            ("/articles/a", Match::AddSlash),
            ("/articles//", Match::Nothing),
            ("/articles/", Match::Nothing),
            ("/articles/a/b/", Match::Nothing),
            ("//", Match::Nothing),
            ("//about/", Match::Nothing),
            ("/nothing", Match::Nothing),
        ];
        let routes = routes();
        for (path, expected) in cases {
            assert_eq!(find(&routes, path), expected, "{path}");
        }
    }

    #[test]
    fn writes_addresses_that_lead_back() {
        let routes = routes();
        let cases = [
            ("a-b", "/articles/a-b/"),
            ("热 盘", "/articles/%E7%83%AD%20%E7%9B%98/"),
            ("a/b?c", "/articles/a%2Fb%3Fc/"),
        ];
        for (slug, expected) in cases {
            assert_eq!(routes[1].address(slug), expected, "{slug}");
        }
        assert_eq!(routes[0].address(""), "/");
        assert_eq!(
            decode("/articles/%E7%83%AD%20%E7%9B%98/").as_deref(),
            Some("/articles/热 盘/")
        );
        assert_eq!(decode("/%ff"), None);
        assert_eq!(decode("/%00"), None);
    }

    #[test]
    fn refuses_paths_that_make_no_sense() {
        for path in [
            "",
            "about/",
            "/a//b/",
            "//",
            "/{id}/",
            "/x-{slug}/",
            "/{slug}/{slug}/",
        ] {
            assert!(Route::parse(path, "a.html").is_err(), "{path}");
        }
    }

    #[test]
    fn names_templates_by_path() {
        let cases: [(&str, &[&str]); 6] = [
            ("/", &["index.html"]),
            ("/about/", &["about", "about.html", "about/index.html"]),
            (
                "/a/b.html",
                &["a/b.html", "a/b.html.html", "a/b.html/index.html"],
            ),
            ("/_card.html", &[]),
            ("/a/_b", &[]),
            ("/../x", &[]),
        ];
        for (path, expected) in cases {
            assert_eq!(templates_for(path), expected, "{path}");
        }
    }
}

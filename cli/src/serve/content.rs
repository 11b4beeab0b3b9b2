//! Articles: Markdown files with front matter.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::problem::Problem;
use crate::serve::site::{self, Site, toml_problem};

/// The lines that front matter stands between.
const FENCE: &str = "+++";

/// An article as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Article {
    /// The file's name without its extension.
    pub(crate) stem: String,
    /// The file, for reports.
    pub(crate) file: String,
    pub(crate) title: String,
    pub(crate) date: Day,
    pub(crate) author: String,
    pub(crate) tags: Vec<String>,
    pub(crate) summary: Option<String>,
    pub(crate) slug: Option<String>,
    /// Markdown.
    pub(crate) text: String,
}

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    date: Spanned<Datetime>,
    #[serde(default)]
    author: String,
    #[serde(default)]
    tags: Vec<String>,
    summary: Option<String>,
    slug: Option<Spanned<String>>,
}

/// Reads a site: its `site.toml` and all its articles.
///
/// # Errors
///
/// Every mistake in all files.
pub(crate) fn load(directory: &Path) -> Result<Site, Vec<Problem>> {
    let path = directory.join(site::FILE);
    let file = path.display().to_string();
    let text = read(&path)?;
    let mut loaded = site::parse(directory, &file, &text)?;
    let mut articles = Vec::new();
    let mut problems = Vec::new();
    if let Some(content) = &loaded.content {
        for path in article_files(content)? {
            match read(&path).and_then(|text| parse(&path, &text).map_err(|problem| vec![problem]))
            {
                Ok(article) => articles.push(article),
                Err(found) => problems.extend(found),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    loaded.articles = articles;
    Ok(loaded)
}

fn read(path: &Path) -> Result<String, Vec<Problem>> {
    let file = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| {
        vec![Problem::in_file(
            &file,
            format!("cannot read the file: {error}"),
        )]
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        vec![Problem::in_file(&file, format!("line {line} is not UTF-8"))]
    })
}

/// The `*.md` files of a directory in order of name.
fn article_files(directory: &Path) -> Result<Vec<PathBuf>, Vec<Problem>> {
    let unreadable = |error: std::io::Error| {
        let file = directory.display().to_string();
        vec![Problem::in_file(
            &file,
            format!("cannot read the directory: {error}"),
        )]
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "md") && path.is_file()
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads one article.
///
/// # Errors
///
/// The first mistake in its front matter.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Article, Problem> {
    let file = path.display().to_string();
    let (front_matter, offset, body) = split(&file, text)?;
    let parsed: FrontMatter =
        toml::from_str(front_matter).map_err(|error| toml_problem(&file, text, offset, &error))?;
    let date_span = parsed.date.span();
    let date = parsed.date.into_inner().date.ok_or_else(|| {
        Problem::at(
            &file,
            text,
            offset + date_span.start..offset + date_span.end,
            "a date needs a day, such as 2026-05-04",
        )
    })?;
    if let Some(slug) = &parsed.slug
        && (slug.get_ref().is_empty() || slug.get_ref().contains('/'))
    {
        return Err(Problem::at(
            &file,
            text,
            offset + slug.span().start..offset + slug.span().end,
            "a slug is one part of an address: not empty, and without a slash",
        ));
    }
    Ok(Article {
        stem: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        file,
        title: parsed.title,
        date: Day {
            year: date.year,
            month: date.month,
            day: date.day,
        },
        author: parsed.author,
        tags: parsed.tags,
        summary: parsed.summary,
        slug: parsed.slug.map(Spanned::into_inner),
        text: body.to_owned(),
    })
}

/// Front matter, the byte where it starts, and what follows it.
fn split<'a>(file: &str, text: &'a str) -> Result<(&'a str, usize, &'a str), Problem> {
    let after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut offset = text.len() - after_mark.len();
    let mut start = None;
    for line in after_mark.split_inclusive('\n') {
        let next = offset + line.len();
        let is_fence = line.trim_end() == FENCE;
        match start {
            None if is_fence => start = Some(next),
            None => break,
            Some(start) if is_fence => return Ok((&text[start..offset], start, &text[next..])),
            Some(_) => {}
        }
        offset = next;
    }
    Err(match start {
        None => Problem::at(
            file,
            text,
            0..text.find('\n').unwrap_or(text.len()),
            format!("an article starts with front matter: TOML between two lines `{FENCE}`"),
        ),
        Some(_) => Problem::at(
            file,
            text,
            0..FENCE.len(),
            format!("this front matter is never closed; add a line `{FENCE}` after it"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_articles() {
        let text = "+++\ntitle = \"A\"\ndate = 2026-05-04\ntags = [\"b\"]\n+++\n\n# C\n+++\n";
        let article = parse(Path::new("content/a-b.md"), text).expect("a correct article");
        assert_eq!(article.stem, "a-b");
        assert_eq!(article.title, "A");
        assert_eq!(
            (article.date.year, article.date.month, article.date.day),
            (2026, 5, 4)
        );
        assert_eq!(article.tags, ["b"]);
        assert_eq!(article.summary, None);
        assert_eq!(article.text, "\n# C\n+++\n");
    }

    #[test]
    fn takes_other_line_ends_and_marks() {
        let cases = [
            ("\u{feff}+++\ntitle = \"A\"\ndate = 2026-05-04\n+++\nb", "b"),
            (
                "+++\r\ntitle = \"A\"\r\ndate = 2026-05-04T10:00:00Z\r\n+++\r\nb\r\n",
                "b\r\n",
            ),
            ("+++\ntitle = \"A\"\ndate = 2026-05-04\n+++", ""),
        ];
        for (input, expected) in cases {
            let article = parse(Path::new("a.md"), input).expect(input);
            assert_eq!(article.text, expected, "{input:?}");
        }
    }

    #[test]
    fn reports_mistakes_with_their_place() {
        let cases = [
            (
                "",
                "a.md:1:1: an article starts with front matter: TOML between two lines `+++`",
            ),
            (
                "# A\nb",
                "a.md:1:1: an article starts with front matter: TOML between two lines `+++`",
            ),
            (
                "+++\ntitle = 1",
                "a.md:1:1: this front matter is never closed; add a line `+++` after it",
            ),
            (
                "+++\ndate = 2026-05-04\n+++\n",
                "a.md:2:1: missing field `title`",
            ),
            (
                "+++\ntitle = \"A\"\ndate = 10:00:00\n+++\n",
                "a.md:3:8: a date needs a day, such as 2026-05-04",
            ),
            (
                "+++\ntitle = 7\ndate = 2026-05-04\n+++\n",
                "a.md:2:9: invalid type: integer `7`, expected a string",
            ),
            (
                "+++\ntitle = \"A\"\ndate = 2026-05-04\nslug = \"a/b\"\n+++\n",
                "a.md:4:8: a slug is one part of an address: not empty, and without a slash",
            ),
            (
                "+++\ntitel = \"A\"\n+++\n",
                "a.md:2:1: unknown field `titel`, expected one of `title`, `date`, `author`, `tags`, `summary`, `slug`",
            ),
        ];
        for (input, expected) in cases {
            let problem = parse(Path::new("a.md"), input).expect_err(input);
            let found = format!(
                "{}: {}",
                problem.place().unwrap_or_default(),
                problem.message
            );
            assert_eq!(found, expected, "{input:?}");
        }
    }
}

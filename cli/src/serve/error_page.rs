//! Pages that the server writes itself when a template cannot.

use std::fs;
use std::path::Path;

use hotplate::Error;

use crate::failure::with_sources;
use crate::serve::html::escape;

const STYLE: &str = include_str!("error_page.css");

/// The page for a path that leads nowhere, where the site has none.
pub(crate) fn not_found(path: &str) -> String {
    page(
        "Not found",
        &format!("<p>There is no page at <code>{}</code>.</p>", escape(path)),
    )
}

/// The page for a template that failed, with the template traceback.
pub(crate) fn render_failed(error: &Error, templates: &Path) -> String {
    let mut details = failure(error);
    if !error.trace().is_empty() {
        details.push_str("<h2>Template traceback, outermost first</h2>\n<ol class=\"trace\">\n");
        for line in error.trace() {
            let source = source_line(templates, &line.file, line.line).map(|text| {
                let marker = marker(&text, line.column);
                format!("<pre>{}\n{marker}</pre>", escape(&text))
            });
            details.push_str(&format!(
                "<li><p><code>{}:{}:{}</code> in <code>{}</code></p>{}</li>\n",
                escape(&line.file),
                line.line,
                line.column,
                escape(&line.unit),
                source.unwrap_or_default(),
            ));
        }
        details.push_str("</ol>\n");
    }
    page("The template could not be rendered", &details)
}

/// The page for a plugin function that failed on an article.
pub(crate) fn article_failed(error: &Error, file: &str) -> String {
    let details = format!(
        "{}<p>while converting <code>{}</code></p>",
        failure(error),
        escape(file)
    );
    page("An article could not be converted", &details)
}

/// The page for who may not see or do what is at this path.
pub(crate) fn forbidden(why: &str) -> String {
    page(
        "Not allowed",
        &format!("<p class=\"message\">{}</p>\n", escape(why)),
    )
}

/// The page for a site whose description asks for what is not there.
pub(crate) fn site_failed(error: &Error) -> String {
    page("The site could not be set up", &failure(error))
}

/// What failed, without the traceback that stands in the error's own text.
fn failure(error: &Error) -> String {
    let Some(message) = error.message() else {
        return format!(
            "<p class=\"message\">{}</p>\n",
            escape(&with_sources(error))
        );
    };
    let mut text = String::new();
    if let Some(exception) = error.exception() {
        text.push_str(&format!("<strong>{}</strong>: ", escape(exception)));
    } else if error.is_panic() {
        text.push_str("<strong>panicked</strong>: ");
    }
    text.push_str(&escape(message));
    if let Some((file, line, column)) = error.panic_location() {
        text.push_str(&format!(
            " <span>at <code>{}:{line}:{column}</code></span>",
            escape(file)
        ));
    }
    format!("<p class=\"message\">{text}</p>\n")
}

fn source_line(templates: &Path, file: &str, line: u32) -> Option<String> {
    let text = fs::read_to_string(templates.join(file)).ok()?;
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    text.lines().nth(index).map(str::to_owned)
}

/// Blanks up to a column, and a caret.
fn marker(text: &str, column: u32) -> String {
    let before = usize::try_from(column)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let mut marker: String = text
        .chars()
        .take(before)
        .map(|character| if character == '\t' { '\t' } else { ' ' })
        .collect();
    marker.push('^');
    marker
}

fn page(title: &str, details: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{details}\
         <p><a href=\"/_hotplate\">Dashboard</a></p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_escaped() {
        let page = not_found("/<script>");
        assert!(page.contains("<code>/&lt;script&gt;</code>"), "{page}");
    }

    #[test]
    fn the_marker_stands_below_the_column() {
        let cases = [
            ("abc", 1, "^"),
            ("abc", 3, "  ^"),
            ("\té", 3, "\t ^"),
            ("a", 9, " ^"),
            ("", 0, "^"),
        ];
        for (text, column, expected) in cases {
            assert_eq!(marker(text, column), expected, "{text:?} {column}");
        }
    }
}

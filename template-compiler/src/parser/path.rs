//! Relative template names.

use std::borrow::Cow;

use crate::diagnostic::{Mistake, mistakes};
use crate::parser::words::Word;

/// Whether a template may name itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recursion {
    /// As in `include`.
    Allowed,
    /// As in `extends`.
    Refused,
}

/// Makes a name that starts with `./` or `../` absolute; leaves any other word as it is.
///
/// As Django does, this works on the word as it is written, quotes included.
pub(crate) fn absolute<'s>(
    word: Word<'s>,
    template: &str,
    recursion: Recursion,
) -> Result<Word<'s>, Mistake> {
    let relative = word.text.trim_matches(['\'', '"']);
    if !relative.starts_with("./") && !relative.starts_with("../") {
        return Ok(word);
    }
    if template.is_empty() {
        return Err(mistakes::path_from_nowhere(&word.text, word.span));
    }
    let template_path = template.trim_start_matches('/');
    let folder = template_path
        .rfind('/')
        .map_or("", |place| &template_path[..place]);
    let name = normalise(folder, relative);
    if name.starts_with("../") {
        return Err(mistakes::path_outside(&word.text, template, word.span));
    }
    if recursion == Recursion::Refused && name == template_path {
        return Err(mistakes::path_to_itself(&word.text, template, word.span));
    }
    let quote = word.text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let text = match quote {
        Some(quote) if word.text.ends_with(quote) => format!("\"{name}\""),
        _ => name,
    };
    Ok(Word {
        text: Cow::Owned(text),
        span: word.span,
    })
}

/// `posixpath.normpath(posixpath.join(folder, relative))`; `relative` is not absolute.
fn normalise(folder: &str, relative: &str) -> String {
    let rooted = folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

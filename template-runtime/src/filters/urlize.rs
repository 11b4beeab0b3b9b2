//! Making links of what looks like a URL or an address of e-mail.

use std::net::Ipv4Addr;

use hotplate_plugin_api::value::{Ref, Text, Value};
use unicode_normalization::char::is_combining_mark;

use super::entities::unescape;
use super::{Call, urls};
use crate::Result;
use crate::python::{escape, int_clamped, is_space, text};

/// Longer words are no URLs.
const MAX_URL: usize = 2048;
/// Longer words are no addresses.
const MAX_EMAIL: usize = 320;
/// The longest part of a domain's name between two dots.
const MAX_LABEL: usize = 63;
/// What ends sentences, and is no part of a URL at its end.
const PUNCTUATION: [char; 5] = ['.', ',', ':', '!', ';'];
/// The same, where a semicolon may belong to a reference.
const PUNCTUATION_WITHOUT_SEMICOLON: [char; 4] = ['.', ',', ':', '!'];

/// `urlize`: links in place of URLs and addresses.
///
/// # Errors
///
/// What the value's text raises.
pub fn urlize(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    linked(call, &text(value)?, None)
}

/// `urlizetrunc`: as [`urlize`], with so many characters of each URL shown.
///
/// # Errors
///
/// `ValueError` or `TypeError` for an argument that is no number.
pub fn urlizetrunc(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let text = text(value)?;
    let limit = int_clamped(&arguments[0])?;
    linked(call, &text, Some(limit))
}

fn linked(call: &Call<'_>, text: &Text, limit: Option<i64>) -> Result<Value> {
    let links = Links {
        limit,
        escapes: call.autoescape && !text.is_safe(),
        scheme: if call.settings.urlize_assume_https {
            "https"
        } else {
            "http"
        },
    };
    let separates = |c: char| is_space(c) || matches!(c, '<' | '>' | '"' | '\'');
    let mut out = String::with_capacity(text.as_str().len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let word = rest.find(separates).unwrap_or(rest.len());
        links.write_word(&rest[..word], &mut out)?;
        rest = &rest[word..];
        let separator = rest.find(|c| !separates(c)).unwrap_or(rest.len());
        links.write_escaped(&rest[..separator], &mut out);
        rest = &rest[separator..];
    }
    Ok(Value::safe(out))
}

/// How links are made.
struct Links {
    /// How many characters of a URL are shown.
    limit: Option<i64>,
    /// Whether text is escaped.
    escapes: bool,
    /// The protocol of what is written without one.
    scheme: &'static str,
}

impl Links {
    fn write_escaped(&self, text: &str, out: &mut String) {
        if self.escapes {
            out.push_str(&escape(text));
        } else {
            out.push_str(text);
        }
    }

    fn write_word(&self, word: &str, out: &mut String) -> Result<()> {
        if !word.contains(['.', '@', ':']) {
            self.write_escaped(word, out);
            return Ok(());
        }
        let (lead, middle, trail) = trim_punctuation(word)?;
        let fits = middle.chars().nth(MAX_URL).is_none();
        let (url, attributes) = if fits && has_protocol(middle) {
            (urls::smart_quote(&unescape(middle)?), " rel=\"nofollow\"")
        } else if fits && is_bare_url(middle) {
            let url = format!("{}://{}", self.scheme, unescape(middle)?);
            (urls::smart_quote(&url), " rel=\"nofollow\"")
        } else if let Some((local, domain)) = split_email(middle) {
            let (local, domain) = (urls::quote(local, ""), urls::quote(domain, ""));
            (format!("mailto:{local}@{domain}"), "")
        } else {
            self.write_escaped(word, out);
            return Ok(());
        };
        self.write_escaped(lead, out);
        out.push_str("<a href=\"");
        out.push_str(&escape(&url));
        out.push('"');
        out.push_str(attributes);
        out.push('>');
        self.write_escaped(&self.shown(middle), out);
        out.push_str("</a>");
        self.write_escaped(trail, out);
        Ok(())
    }

    /// As much of a URL as is shown.
    fn shown(&self, url: &str) -> String {
        let length = i64::try_from(url.chars().count()).unwrap_or(i64::MAX);
        match self.limit {
            Some(limit) if limit < length => {
                let kept = usize::try_from(limit.saturating_sub(1)).unwrap_or(0);
                let mut shown: String = url.chars().take(kept).collect();
                shown.push('…');
                shown
            }
            _ => url.to_owned(),
        }
    }
}

/// A word without the brackets before it, the brackets after it that are not opened in
/// it and the punctuation after it; and what was cut off on both sides.
fn trim_punctuation(word: &str) -> Result<(&str, &str, &str)> {
    let trimmed = word.trim_start_matches(['(', '[']);
    let lead = &word[..word.len() - trimmed.len()];
    let count = |bracket: char| trimmed.matches(bracket).count();
    let mut unopened =
        [('(', ')'), ('[', ']')].map(|(open, close)| (close, count(close), count(open)));
    let mut middle = trimmed;
    loop {
        let before = middle;
        for (close, closing, opening) in &mut unopened {
            if *opening < *closing && middle.ends_with(*close) {
                // So many characters go, whatever they are.
                let surplus = *closing - *opening;
                let end = middle.char_indices().rev().nth(surplus - 1);
                middle = &middle[..end.map_or(0, |(place, _)| place)];
                *closing = *opening;
            }
        }
        let reference = middle.rfind('&');
        middle = match reference {
            Some(_) => middle.trim_end_matches(PUNCTUATION_WITHOUT_SEMICOLON),
            None => middle.trim_end_matches(PUNCTUATION),
        };
        if middle.ends_with(';') {
            middle = trim_semicolons(middle, reference)?;
        }
        if middle.len() == before.len() || middle.is_empty() {
            return Ok((lead, middle, &trimmed[middle.len()..]));
        }
    }
}

/// A word that ends with a semicolon without that, unless it ends the reference at that
/// place.
fn trim_semicolons(word: &str, reference: Option<usize>) -> Result<&str> {
    let Some(reference) = reference else {
        return Ok(word.trim_end_matches(PUNCTUATION));
    };
    let written = &word[reference..];
    let unescaped = unescape(written)?;
    if unescaped != written && !unescaped.ends_with(';') {
        return Ok(word);
    }
    let trimmed = word.trim_end_matches(PUNCTUATION);
    let semicolons = word.len() - word.trim_end_matches(';').len();
    if semicolons < 2 {
        return Ok(trimmed);
    }
    // The first of them might end a reference.
    let first = word[trimmed.len()..].find(';').unwrap_or(0);
    Ok(&word[..=trimmed.len() + first])
}

/// A letter in lower case, as far as a pattern that ignores case knows those that stand
/// for a letter of ASCII.
fn fold(character: char) -> char {
    match character {
        'İ' | 'ı' => 'i',
        'ſ' => 's',
        '\u{212a}' => 'k',
        _ => character.to_ascii_lowercase(),
    }
}

/// What follows a word at the start of a text, in whatever case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    let is_prefix = prefix
        .chars()
        .all(|expected| rest.next().is_some_and(|found| fold(found) == expected));
    is_prefix.then_some(rest.as_str())
}

/// `http://` or `https://` and something like a host.
fn has_protocol(text: &str) -> bool {
    let Some(rest) = strip_prefix(text, "http") else {
        return false;
    };
    let rest = strip_prefix(rest, "s").unwrap_or(rest);
    let Some(rest) = rest.strip_prefix("://") else {
        return false;
    };
    rest.strip_prefix('[').unwrap_or(rest).starts_with(is_word)
}

/// Python's `\w`.
fn is_word(character: char) -> bool {
    let is_circled = matches!(
        character,
        '\u{24b6}'..='\u{24e9}'
            | '\u{1f130}'..='\u{1f149}'
            | '\u{1f150}'..='\u{1f169}'
            | '\u{1f170}'..='\u{1f189}'
    );
    character == '_'
        || (character.is_alphanumeric() && !is_circled && !is_combining_mark(character))
}

/// `www.` and anything, or a domain below one of the first seven and perhaps a path.
fn is_bare_url(text: &str) -> bool {
    if strip_prefix(text, "www.").is_some() {
        return true;
    }
    if strip_prefix(text, "http").is_some() {
        return false;
    }
    let host = text.split('/').next().unwrap_or_default();
    let Some((domain, top)) = host.rsplit_once('.') else {
        return false;
    };
    let top: String = top.chars().map(fold).collect();
    ["com", "edu", "gov", "int", "mil", "net", "org"].contains(&top.as_str()) && is_domain(domain)
}

/// What stands before the `@` and after it, in what may be an address.
fn split_email(text: &str) -> Option<(&str, &str)> {
    if text.contains(':') || text.chars().nth(MAX_EMAIL).is_some() {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let is_local = local.split('.').all(|part| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| fold(c).is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(c))
    });
    let is_address = || {
        let address = domain.strip_prefix('[')?.strip_suffix(']')?;
        address.parse::<Ipv4Addr>().ok()
    };
    let is_named = || {
        let (domain, top) = domain.rsplit_once('.')?;
        (is_top_level(top) && is_domain(domain)).then_some(())
    };
    (is_local && (is_named().is_some() || is_address().is_some())).then_some((local, domain))
}

/// A letter or digit in a domain's name.
fn is_domain_character(character: char) -> bool {
    fold(character).is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&character)
}

/// Parts of at most 63 letters, digits and hyphens, with no hyphen at either end.
fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        let fits = label.chars().nth(MAX_LABEL).is_none();
        fits && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| is_domain_character(c) || c == '-')
    })
}

/// The last part of a domain's name: no digits, unless it is encoded.
fn is_top_level(label: &str) -> bool {
    let length = label.chars().count();
    if !(2..=MAX_LABEL).contains(&length) || label.starts_with('-') || label.ends_with('-') {
        return false;
    }
    if let Some(encoded) = strip_prefix(label, "xn--")
        && encoded.chars().all(|c| fold(c).is_ascii_alphanumeric())
    {
        return true;
    }
    label
        .chars()
        .all(|c| c == '-' || is_domain_character(c) && !c.is_ascii_digit())
}

#[cfg(test)]
mod tests;

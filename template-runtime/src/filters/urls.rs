//! Taking URLs apart and quoting their parts.

use std::fmt::Write as _;
use std::net::Ipv6Addr;

use unicode_normalization::UnicodeNormalization;

/// What delimits the parts of a URL, and parts of those.
const DELIMITERS: &str = "!$&'()*+,;=:/?#[]@";

/// `quote(text, safe)`: all bytes but letters, digits, `_.-~` and the safe characters as
/// `%XX`.
pub(super) fn quote(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        let character = char::from(byte);
        let keeps = character.is_ascii_alphanumeric() || "_.-~".contains(character);
        if keeps || (byte.is_ascii() && safe.contains(character)) {
            out.push(character);
        } else {
            write!(out, "%{byte:02X}").expect("a string takes any text");
        }
    }
    out
}

/// `unquote(text)`: the text with what each `%XX` stands for.
fn unquote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // Only within ASCII do bytes make up characters together.
        let ascii = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
        let bytes = unquote_ascii(&rest.as_bytes()[..ascii]);
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = &rest[ascii..];
        let other = rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len());
        out.push_str(&rest[..other]);
        rest = &rest[other..];
    }
    out
}

fn unquote_ascii(text: &[u8]) -> Vec<u8> {
    let digit = |place: usize| char::from(*text.get(place)?).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut place = 0;
    while place < text.len() {
        let code = match text[place] {
            b'%' => digit(place + 1).zip(digit(place + 2)),
            _ => None,
        };
        let code = code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(code.unwrap_or(text[place]));
        place += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// Quotes a URL, where it is not quoted yet.
pub(super) fn smart_quote(url: &str) -> String {
    let Some(parts) = Parts::of(url) else {
        return requote(url);
    };
    let mut out = String::with_capacity(url.len() + 16);
    if !parts.scheme.is_empty() {
        out.push_str(&parts.scheme);
        out.push(':');
    }
    let (host, path) = (requote(&parts.host), requote(&parts.path));
    if !host.is_empty() || path.starts_with("//") {
        out.push_str("//");
        out.push_str(&host);
        if !host.is_empty() && !path.is_empty() && !path.starts_with('/') {
            out.push('/');
        }
    }
    out.push_str(&path);
    for (mark, part) in [
        ('?', quote_query(&parts.query)),
        ('#', requote(&parts.fragment)),
    ] {
        if !part.is_empty() {
            out.push(mark);
            out.push_str(&part);
        }
    }
    out
}

fn requote(part: &str) -> String {
    quote(&unquote(part), DELIMITERS)
}

/// The names and values of a query, each quoted anew.
fn quote_query(query: &str) -> String {
    let requote = |text: &str| {
        let text = unquote(&unquote(&text.replace('+', " ")));
        quote(&text, " ").replace(' ', "+")
    };
    let fields: Vec<String> = query
        .split('&')
        .filter(|field| !field.is_empty())
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            format!("{}={}", requote(name), requote(value))
        })
        .collect();
    fields.join("&")
}

/// A URL, taken apart as `urlsplit` does.
struct Parts {
    scheme: String,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

impl Parts {
    /// Nothing where Python raises `ValueError`.
    fn of(url: &str) -> Option<Self> {
        let url: String = url
            .trim_start_matches(|c| c <= ' ')
            .chars()
            .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
            .collect();
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), url.as_str()),
        };
        let (host, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        if !is_host(host) {
            return None;
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Some(Self {
            scheme,
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
        })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Whether brackets are closed and have an address in them, and no character hides a
/// delimiter.
fn is_host(host: &str) -> bool {
    match (host.split_once('['), host.contains(']')) {
        (None, false) => {}
        (Some((_, rest)), true) => {
            let address = rest.split(']').next().unwrap_or_default();
            if !is_bracketed_address(address) {
                return false;
            }
        }
        _ => return false,
    }
    let shown: String = host
        .chars()
        .filter(|c| !matches!(c, '@' | ':' | '#' | '?'))
        .collect();
    let normal: String = shown.nfkc().collect();
    normal == shown || !normal.contains(['/', '?', '#', '@', ':'])
}

fn is_bracketed_address(address: &str) -> bool {
    if let Some(future) = address.strip_prefix('v') {
        let Some((version, rest)) = future.split_once('.') else {
            return false;
        };
        return !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !rest.is_empty();
    }
    let (address, zone) = match address.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (address, None),
    };
    zone.is_none_or(|zone| !zone.is_empty() && !zone.contains('%'))
        && address.parse::<Ipv6Addr>().is_ok()
}

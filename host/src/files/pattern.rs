//! Patterns of names and paths.

use std::path::Path;

/// Whether a text fits a pattern in which `*` stands for any text, `?` for any character.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*`, if what follows does not fit.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                again = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match again {
                Some((after, from)) => {
                    again = Some((after, from + 1));
                    p = after;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether a path fits a pattern: by its name alone, or, if the pattern has a `/`, as a whole
/// or from some directory on. What lies in a directory that fits, fits too.
pub(crate) fn path_fits(pattern: &str, path: &Path) -> bool {
    let wanted = pattern.trim_end_matches('/');
    path.ancestors().any(|path| {
        if !wanted.contains('/') {
            let name = path.file_name().unwrap_or_default();
            return fits(wanted, &name.to_string_lossy());
        }
        let text = path.to_string_lossy();
        fits(wanted, &text) || !wanted.starts_with('/') && fits(&format!("*/{wanted}"), &text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        };
        check("*", "", true);
        check("a*c", "abbc", true);
        check("a*c", "abcb", false);
        check("*b*", "abc", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("index.html/*", "index.html/content", true);
        check("index.html", "index.html/content", false);
        check("*.html", "ü.html", true);
        check("**a**", "a", true);
        check(&"*a".repeat(30), &"a".repeat(29), false);
    }

    #[test]
    fn patterns_without_a_slash_are_of_names() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(
                path_fits(pattern, Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        };
        check("*.bak", "/srv/site/a.bak", true);
        check("*.bak", "/srv/site/a.html", false);
        check("node_modules", "/srv/node_modules/x/y.js", true);
        check("site/*.bak", "/srv/site/a.bak", true);
        check("site/*.bak", "/srv/other/a.bak", false);
        check("/srv/site", "/srv/site/a.bak", true);
    }
}

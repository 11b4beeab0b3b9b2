//! Comments in which a template says what it was called before.

/// The names in a comment such as `{# renamed_from "old.html" #}`; none in any other.
pub(super) fn former_names(comment: &str) -> Vec<String> {
    let Some(mut rest) = comment.strip_prefix("renamed_from") else {
        return Vec::new();
    };
    let mut names = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return names;
        }
        let quote = trimmed.chars().next().filter(|c| matches!(c, '"' | '\''));
        let name = quote.and_then(|quote| trimmed[1..].split_once(quote));
        match name {
            Some((name, after)) if !name.is_empty() && trimmed.len() < rest.len() => {
                names.push(name.to_owned());
                rest = after;
            }
            // Words in a comment, as Django sees it.
            _ => return Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::former_names;

    #[test]
    fn only_quoted_names_count() {
        let check = |comment: &str, expected: &[&str]| {
            assert_eq!(former_names(comment), expected, "{comment}");
        };
        check("renamed_from \"old.html\"", &["old.html"]);
        check(
            "renamed_from 'a.html' \"b/c.html\"",
            &["a.html", "b/c.html"],
        );
        check("renamed_from the old page", &[]);
        check("renamed_from 'a.html' and more", &[]);
        check("renamed_from \"a.html", &[]);
        check("renamed_from \"\"", &[]);
        check("renamed_from\"a.html\"", &[]);
        check("renamed_from", &[]);
        check("was renamed_from 'a'", &[]);
    }
}

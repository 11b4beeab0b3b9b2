//! Titles as parts of addresses.

use hotplate_plugin_api::plugin_fn;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A title as the last part of an address: lower-case words joined by hyphens.
///
/// Latin letters lose their accents and ligatures their joints (`Crème brûlée` is
/// `creme-brulee`, `Straße` is `strasse`); letters and digits of other scripts stay as
/// they are. Apostrophes vanish, everything else separates words. A text without a
/// letter or digit gives nothing.
///
/// ```
/// assert_eq!(text::slugify("It's hot: 3 plates & a pan!"), "its-hot-3-plates-a-pan");
/// assert_eq!(text::slugify("Горячая тарелка"), "горячая-тарелка");
/// ```
#[plugin_fn]
pub fn slugify(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    let mut separate = false;
    for character in text.nfkc().flat_map(char::to_lowercase) {
        if matches!(character, '\'' | '’' | '‘' | 'ʼ') {
            continue;
        }
        if is_combining_mark(character) {
            // A mark belongs to the letter before it; Latin letters lose theirs.
            if !separate && slug.ends_with(|last: char| !last.is_ascii()) {
                slug.push(character);
            }
            continue;
        }
        if !character.is_alphanumeric() {
            separate = true;
            continue;
        }
        if separate && !slug.is_empty() {
            slug.push('-');
        }
        separate = false;
        push_folded(&mut slug, character);
    }
    slug
}

/// Appends a lower-case letter or digit, Latin ones without their accents.
fn push_folded(slug: &mut String, character: char) {
    let replacement = match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        'ħ' => "h",
        _ => {
            let base = std::iter::once(character).nfkd().next();
            slug.push(
                base.filter(char::is_ascii_alphanumeric)
                    .unwrap_or(character),
            );
            return;
        }
    };
    slug.push_str(replacement);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_slugs() {
        let cases = [
            ("", ""),
            ("!?", ""),
            ("Hello, World!", "hello-world"),
            ("  -- a -- b --  ", "a-b"),
            ("snake_case", "snake-case"),
            ("it's don’t", "its-dont"),
            ("Crème brûlée", "creme-brulee"),
            ("Cre\u{300}me", "creme"),
            ("Straße Ærø Łódź", "strasse-aero-lodz"),
            ("İstanbul", "istanbul"),
            ("ﬁne ①²", "fine-12"),
            ("Горячая тарелка", "горячая-тарелка"),
            ("热盘子", "热盘子"),
            ("がぎ", "がぎ"),
            ("हिन्दी में", "हिन्दी-में"),
            ("☕ coffee", "coffee"),
            ("100 %", "100"),
        ];
        for (input, expected) in cases {
            assert_eq!(slugify(input), expected, "{input}");
        }
    }

    #[test]
    fn a_slug_is_its_own_slug() {
        for title in ["Crème brûlée", "हिन्दी में", "A -- b's", "Ærø"] {
            let slug = slugify(title);
            assert_eq!(slugify(&slug), slug, "{title}");
        }
    }
}

//! The little HTML that the server writes itself.

/// Escapes text for HTML, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Inserts `addition` before the last `</body>` of a page, or at its end.
pub(crate) fn inject(page: &mut String, addition: &str) {
    const END: &[u8] = b"</body";
    let place = page
        .as_bytes()
        .windows(END.len())
        .rposition(|window| window.eq_ignore_ascii_case(END));
    page.insert_str(place.unwrap_or(page.len()), addition);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_has_a_meaning() {
        let cases = [
            ("", ""),
            ("plain é", "plain é"),
            (
                "<a href=\"b\">'c' & d</a>",
                "&lt;a href=&quot;b&quot;&gt;&#x27;c&#x27; &amp; d&lt;/a&gt;",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(escape(input), expected, "{input}");
        }
    }

    #[test]
    fn injects_before_the_end_of_the_body() {
        let cases = [
            ("<body>a</body></html>", "<body>a!</body></html>"),
            ("<BODY>a</BODY >", "<BODY>a!</BODY >"),
            ("'</body>' é</body>", "'</body>' é!</body>"),
            ("no body é", "no body é!"),
            ("", "!"),
        ];
        for (input, expected) in cases {
            let mut page = input.to_owned();
            inject(&mut page, "!");
            assert_eq!(page, expected, "{input}");
        }
    }
}

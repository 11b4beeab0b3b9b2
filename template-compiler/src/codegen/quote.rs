//! The one way in which template text and names reach generated Rust.

use std::fmt::Write;

/// `text` as a Rust string literal that contains it exactly.
///
/// Anything but ASCII and letters or numbers of other scripts is escaped, so that no
/// line end, quote or direction mark can reach the source.
pub(crate) fn quote(text: &str) -> String {
    let is_plain = |c: char| match c {
        '"' | '\\' => false,
        ' '..='~' => true,
        c => !c.is_ascii() && c.is_alphanumeric(),
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for run in text.split_inclusive(|c| !is_plain(c)) {
        let Some(last) = run.chars().next_back().filter(|&c| !is_plain(c)) else {
            out.push_str(run);
            continue;
        };
        out.push_str(&run[..run.len() - last.len_utf8()]);
        match last {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            last => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(last));
            }
        }
    }
    out.push('"');
    out
}

/// A list of literals: `&["a", "b"]`.
pub(crate) fn quote_list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("&[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_the_literal() {
        let cases = [
            ("", r#""""#),
            ("a\"; evil(); \"", r#""a\"; evil(); \"""#),
            ("\\\n\r\0", r#""\\\n\u{d}\u{0}""#),
            ("ß {x} 中", r#""ß {x} 中""#),
            ("\u{202e}\u{feff}", r#""\u{202e}\u{feff}""#),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
    }
}

//! Whether two engines render the same.

use crate::Fault;

/// The ways to write a character that engines choose between, and the one that stands for
/// all of them. Whether the last four are escaped at all is a matter of taste.
const SPELLINGS: [(&str, &str); 13] = [
    ("&#60;", "&lt;"),
    ("&#x3c;", "&lt;"),
    ("&#62;", "&gt;"),
    ("&#x3e;", "&gt;"),
    ("&#38;", "&amp;"),
    ("&#34;", "&quot;"),
    ("&#x22;", "&quot;"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("&#x2f;", "/"),
    ("&#x3d;", "="),
    ("&#x60;", "`"),
];

/// Checks that an engine renders what is expected, byte for byte, however it spells its
/// entities.
pub(super) fn same(engine: &str, text: &str, expected: &str) -> Result<(), Fault> {
    let (text, expected) = (decoded(text), decoded(expected));
    if text == expected {
        return Ok(());
    }
    let pairs = text.bytes().zip(expected.bytes());
    let place = pairs.take_while(|(ours, theirs)| ours == theirs).count();
    let around = |text: &str| {
        let bytes = text.as_bytes();
        let excerpt = &bytes[place.saturating_sub(60).min(bytes.len())..];
        String::from_utf8_lossy(&excerpt[..excerpt.len().min(120)]).into_owned()
    };
    Err(format!(
        "{engine} renders another text than hotplate, from byte {place} on: {:?} instead of {:?}",
        around(&text),
        around(&expected)
    )
    .into())
}

fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('&') {
        decoded.push_str(&rest[..place]);
        rest = &rest[place..];
        let spelling = SPELLINGS.iter().find(|(spelling, _)| {
            let start = rest.get(..spelling.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(spelling))
        });
        let (taken, written) = match spelling {
            Some((spelling, canonical)) => (spelling.len(), *canonical),
            None => (1, "&"),
        };
        decoded.push_str(written);
        rest = &rest[taken..];
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_do_not_matter_and_texts_do() {
        let cases = [
            ("&#39;a&#x2F;b&#x3D;&#34;", "&#x27;a/b=&quot;", true),
            ("a & b", "a & b", true),
            ("a &amp;lt; b", "a &#38;lt; b", true),
            ("<b>", "&lt;b&gt;", false),
            ("a", "ab", false),
            ("ä & é", "ä & è", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(same("it", one, other).is_ok(), expected, "{one} {other}");
        }
    }
}

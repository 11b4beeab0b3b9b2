//! Constant texts and short values against the plain way.

use hotplate_plugin_api::value::Text;

use super::*;
use crate::write::Padded;

const BLANK: &str = "                                ";

/// A text with spaces up to a whole unit.
macro_rules! padded {
    ($text:literal, $rest:literal) => {
        const {
            assert!($rest < BLANK.len());
            Padded::new(
                concat!($text, "                                ")
                    .split_at($text.len() + $rest)
                    .0,
                $text.len(),
            )
        }
    };
}

static TEXTS: [Padded; 6] = [
    Padded::EMPTY,
    padded!("a", 31),
    padded!("ß<\"quoted & more\">", 13),
    padded!("thirty-one bytes, and one space", 1),
    padded!("exactly thirty-two bytes of text", 0),
    padded!(
        "a text that takes more than one unit, and then another one: sixty-nine",
        26
    ),
];

#[test]
fn constants_and_values_are_written_as_the_plain_way_does() {
    let mut random = Random(3);
    for round in 0..times(4000) {
        let mut expected = String::new();
        let pieces: Vec<(Padded, Text, bool)> = (0..random.below(6))
            .map(|_| {
                let constant = TEXTS[random.below(TEXTS.len())];
                let length = [random.below(24), random.below(70)][random.below(2)];
                let every = [1, 3, 20, 100_000][random.below(4)];
                let text = random.text(length, every);
                let (is_safe, escapes) = (random.below(3) == 0, random.below(3) != 0);
                expected.push_str(constant.as_str());
                if escapes && !is_safe {
                    expected.push_str(&escaped(&text));
                } else {
                    expected.push_str(&text);
                }
                (constant, Text::new(text, is_safe), escapes)
            })
            .collect();
        let capacity = [0, expected.len(), 2000][round % 3];
        let written = |limit: usize| {
            let mut record = ErrorRecord::default();
            let mut f = frame(Output::with_capacity(capacity, limit), &mut record);
            let mut w = Writer::new(&mut f);
            for (constant, text, escapes) in &pieces {
                if w.padded(*constant).is_err() || w.value_text(text, *escapes).is_err() {
                    return None;
                }
            }
            w.finish();
            Some(std::mem::take(&mut f.out).into_string())
        };
        for limit in [expected.len(), expected.len() + 1, usize::MAX] {
            assert_eq!(written(limit).as_ref(), Some(&expected), "limit {limit}");
        }
        if !expected.is_empty() {
            assert_eq!(written(expected.len() - 1), None, "{expected:?}");
        }
    }
}

#[test]
fn what_is_no_padding_is_refused() {
    for (text, length) in [
        ("", 0),
        ("short", 5),
        (BLANK, 33),
        ("the text ends in front of a word", 5),
    ] {
        let made = panic::catch_unwind(|| Padded::new(text, length));
        assert!(made.is_err(), "{text:?} {length}");
    }
}

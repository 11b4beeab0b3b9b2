//! Constant texts and short values against the plain way.

use hotplate_plugin_api::value::Text;

use super::*;
use crate::write::Padded;
use crate::write::machine::{self, Machine, Task};

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

static TEXTS: [Padded; 8] = [
    Padded::EMPTY,
    padded!("a", 31),
    padded!("ß<\"quoted & more\">", 13),
    padded!("thirty-one bytes, and one space", 1),
    padded!("exactly thirty-two bytes of text", 0),
    padded!("more than one unit, but not two of them", 25),
    padded!(
        "a text of two units, of which not even a single byte is missing.",
        0
    ),
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
        let pieces: Vec<(&Padded, Text, bool)> = (0..random.below(6))
            .map(|_| {
                let constant = &TEXTS[random.below(TEXTS.len())];
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
        let written = |limit| {
            let task = || Pieces {
                pieces: &pieces,
                capacity,
                limit,
            };
            machine::each(task)
        };
        for limit in [expected.len(), expected.len() + 1, usize::MAX] {
            for written in written(limit) {
                assert_eq!(written.as_ref(), Some(&expected), "limit {limit}");
            }
        }
        if !expected.is_empty() {
            for written in written(expected.len() - 1) {
                assert_eq!(written, None, "{expected:?}");
            }
        }
    }
}

/// Constant texts, and texts of values that may be escaped.
struct Pieces<'p> {
    pieces: &'p [(&'static Padded, Text, bool)],
    capacity: usize,
    limit: usize,
}

impl Task for Pieces<'_> {
    type Output = Option<String>;

    fn run<M: Machine>(self, machine: M) -> Option<String> {
        let mut record = ErrorRecord::default();
        let mut f = frame(
            Output::with_capacity(self.capacity, self.limit),
            &mut record,
        );
        let mut w = Writer::new(&mut f);
        for (constant, text, escapes) in self.pieces {
            w.padded(machine, constant).ok()?;
            w.value_text(machine, text, *escapes).ok()?;
        }
        w.finish();
        Some(std::mem::take(&mut f.out).into_string())
    }
}

/// A text in capital letters, with something before and behind it.
struct Upper<'t> {
    text: &'t Text,
    capacity: usize,
}

impl Task for Upper<'_> {
    type Output = (bool, String);

    fn run<M: Machine>(self, machine: M) -> (bool, String) {
        let mut record = ErrorRecord::default();
        let mut f = frame(
            Output::with_capacity(self.capacity, usize::MAX),
            &mut record,
        );
        let mut w = Writer::new(&mut f);
        w.padded(machine, &TEXTS[1]).expect("there is no limit");
        let is_written = w.short_upper(machine, self.text);
        w.padded(machine, &TEXTS[1]).expect("there is no limit");
        w.finish();
        (is_written, std::mem::take(&mut f.out).into_string())
    }
}

#[test]
fn short_texts_are_turned_or_left_alone() {
    let check = |text: &str, safe: bool| {
        let made = Text::new(text.to_owned(), safe);
        let is_plain = text.is_ascii() && escaped(text) == text;
        for capacity in [0, 10, 200] {
            let task = || Upper {
                text: &made,
                capacity,
            };
            for (is_written, written) in machine::each(task) {
                let is_simple = is_plain && text.len() <= Text::IN_PLACE;
                // There is room for whatever can be in place, or for some of it.
                assert!(!is_written || is_simple, "{text:?}");
                assert!(is_written || !is_simple || capacity < 200, "{text:?}");
                let turned = if is_written {
                    text.to_uppercase()
                } else {
                    String::new()
                };
                assert_eq!(written, format!("a{turned}a"), "{text:?}");
            }
        }
    };
    for byte in 0..=127u8 {
        for place in (0..Text::IN_PLACE).step_by(STEP) {
            let mut text = "x".repeat(place);
            text.push(char::from(byte));
            check(&text, place % 2 == 0);
        }
    }
    let mut random = Random(8);
    for round in 0..times(2000) {
        let length = random.below(25);
        check(&random.text(length, [1, 5, 1000][round % 3]), false);
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

//! Short texts as numbers, so that keys are compared at once.

/// A text of at most [`Mark::LONGEST`] bytes as a number: its bytes, and its length as the
/// highest one. Texts that differ have different marks; all longer ones have the mark
/// [`LONG`](Self::LONG), which no key has (see [`Shape::has_mark`](super::Shape::has_mark)).
///
/// ```
/// use hotplate_plugin_api::value::Mark;
///
/// assert_eq!(Mark::of("title"), Mark::of("title"));
/// assert_ne!(Mark::of("title"), Mark::of("titles"));
/// assert_eq!(Mark::of("a name of many words"), Mark::LONG);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u128);

/// Where the length is.
const LENGTH_SHIFT: u32 = u128::BITS - u8::BITS;

impl Mark {
    /// How long a text may be to have a mark of its own.
    pub const LONGEST: usize = 15;

    /// The mark of what is longer. No text is of length 0 and yet has a byte.
    pub const LONG: Self = Self(1);

    /// The mark of a text.
    pub const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        if bytes.len() > Self::LONGEST {
            return Self::LONG;
        }
        let mut padded = [0; size_of::<u128>()];
        let mut place = 0;
        while place < bytes.len() {
            padded[place] = bytes[place];
            place += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
        let length = bytes.len() as u8;
        Self::of_padded(padded, length)
    }

    /// The mark of a text that has these as its first bytes, with zeros after it, and this
    /// length. That of a text that is longer is no text's, and not [`LONG`](Self::LONG):
    /// its length leaves a bit above the lower four in the highest byte, where no other
    /// mark has any.
    #[inline]
    pub(super) const fn of_padded(first: [u8; size_of::<u128>()], length: u8) -> Self {
        Self(u128::from_le_bytes(first) | (length as u128) << LENGTH_SHIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    #[test]
    fn a_text_has_the_mark_of_an_equal_text_alone() {
        let letters = ["a", "b", "\0", "\u{1}", "ß", "\u{10ffff}"];
        let texts: Vec<String> = (0..=30)
            .flat_map(|length| letters.map(|letter| letter.repeat(length)))
            .chain((0..=30).map(|length| format!("{}b", "a".repeat(length))))
            .chain((0..=30).map(|length| format!("b{}", "a".repeat(length))))
            .collect();
        for key in &texts {
            let made = Text::copied(key, false);
            for name in &texts {
                let is_equal = key == name && name.len() <= Mark::LONGEST;
                assert_eq!(made.has_mark(Mark::of(name)), is_equal, "{key:?}, {name:?}");
            }
            assert!(!made.has_mark(Mark::LONG), "{key:?}");
        }
    }
}

//! Short texts as numbers, so that keys are compared at once.

use abi_stable::StableAbi;

use super::Value;

/// A text of at most [`Mark::LONGEST`] bytes as a number: its length, its bytes, and zeros.
/// Texts that differ have different marks; all longer ones have the mark
/// [`LONG`](Self::LONG), which no key has.
///
/// ```
/// use hotplate_plugin_api::value::Mark;
///
/// assert_eq!(Mark::of("title"), Mark::of("title"));
/// assert_ne!(Mark::of("title"), Mark::of("titles"));
/// assert_eq!(Mark::of("a name of many words"), Mark::LONG);
/// ```
#[repr(transparent)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct Mark([u64; 2]);

impl Mark {
    /// How long a text may be to have a mark of its own.
    pub const LONGEST: usize = size_of::<Self>() - 1;

    /// The mark of what is longer: a text of length 0 that yet has a byte.
    pub const LONG: Self = Self([1 << u8::BITS, 0]);

    /// The mark of a key that no mark of a text stands for.
    pub(super) const NONE: Self = Self([0xff, 0]);

    /// The mark of a text.
    pub const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        if bytes.len() > Self::LONGEST {
            return Self::LONG;
        }
        let mut parts = [0; size_of::<Self>()];
        #[expect(clippy::cast_possible_truncation, reason = "at most `LONGEST`")]
        let length = bytes.len() as u8;
        parts[0] = length;
        let mut place = 0;
        while place < bytes.len() {
            parts[place + 1] = bytes[place];
            place += 1;
        }
        Self::of_parts(parts)
    }

    /// The marks of the first `N` texts; [`LONG`](Self::LONG) where there are not so many.
    ///
    /// ```
    /// use hotplate_plugin_api::value::Mark;
    ///
    /// assert_eq!(Mark::of_first(&["a", "b"]), [Mark::of("a"), Mark::of("b"), Mark::LONG]);
    /// ```
    pub const fn of_first<const N: usize>(texts: &[&str]) -> [Self; N] {
        let mut marks = [Self::LONG; N];
        let mut place = 0;
        while place < N && place < texts.len() {
            marks[place] = Self::of(texts[place]);
            place += 1;
        }
        marks
    }

    /// The mark of a key. A text that is too long has one that is no text's, nor
    /// [`LONG`](Self::LONG).
    pub(super) fn of_key(key: &Value) -> Self {
        // What is not held in place is longer than what has a mark.
        let Value::Str(text) = key else {
            return Self::NONE;
        };
        let Some((bytes, length)) = text
            .in_place()
            .filter(|(_, length)| *length <= Self::LONGEST)
        else {
            return Self::NONE;
        };
        let mut parts = [0; size_of::<Self>()];
        parts[0] = length.to_le_bytes()[0];
        parts[1..].copy_from_slice(&bytes[..Self::LONGEST]);
        Self::of_parts(parts)
    }

    const fn of_parts(parts: [u8; size_of::<Self>()]) -> Self {
        let (halves, _) = parts.as_chunks();
        Self([u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])])
    }
}

impl PartialEq for Mark {
    // Without a branch between the halves.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        (low ^ other_low) | (high ^ other_high) == 0
    }
}

impl Eq for Mark {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_mark_of_an_equal_text_alone() {
        let letters = ["a", "b", "\0", "\u{1}", "ß", "\u{10ffff}"];
        let texts: Vec<String> = (0..=30)
            .flat_map(|length| letters.map(|letter| letter.repeat(length)))
            .chain((0..=30).map(|length| format!("{}b", "a".repeat(length))))
            .chain((0..=30).map(|length| format!("b{}", "a".repeat(length))))
            .collect();
        for key in &texts {
            let made = Mark::of_key(&Value::str(key));
            for name in &texts {
                let is_equal = key == name && name.len() <= Mark::LONGEST;
                assert_eq!(made == Mark::of(name), is_equal, "{key:?}, {name:?}");
            }
            assert_ne!(made, Mark::LONG, "{key:?}");
        }
    }
}

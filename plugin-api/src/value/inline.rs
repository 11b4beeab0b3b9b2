//! Short text that needs no memory of its own.
#![expect(
    unsafe_code,
    reason = "bytes that were a string are read as one without checking them again"
)]

use abi_stable::StableAbi;

use super::Text;

/// How many bytes fit.
pub(super) const CAPACITY: usize = Text::IN_PLACE;

/// A text of at most [`CAPACITY`] bytes.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Inline {
    length: u8,
    /// The text, and zeros after it.
    bytes: [u8; CAPACITY],
}

impl Inline {
    /// The text, if it is short enough.
    #[inline]
    pub(super) fn new(text: &str) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; CAPACITY];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        Some(Self { length, bytes })
    }

    /// The bytes of the text, with zeros after it, and its length.
    #[inline]
    pub(super) fn padded(&self) -> (&[u8; CAPACITY], usize) {
        (&self.bytes, usize::from(self.length))
    }

    /// The text.
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        let text = self.bytes.get(..usize::from(self.length));
        // SAFETY: `new` alone makes the parts, and copies all of a string; the fields are
        // private and never change.
        unsafe { str::from_utf8_unchecked(text.unwrap_or_default()) }
    }
}

//! What dynamic code writes: texts of its own, stored in whole blocks, and short values.

use hotplate_plugin_api::output::{Cursor, Output};
use hotplate_plugin_api::value::Text;

use super::Writer;
use super::block::{BLOCK, Block, Lanes, Native};
use super::escape::{self, LONGEST};
use crate::Done;

/// How many bytes of a constant text are stored at once.
const UNIT: usize = 2 * BLOCK;

/// A constant text with spaces behind it, so that it ends with a whole unit of 32 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Padded {
    text: &'static str,
    length: usize,
}

impl Padded {
    /// No text.
    pub const EMPTY: Self = Self::new("                                ", 0);

    /// The first `length` bytes of `text`, of which the others are spaces.
    ///
    /// # Panics
    ///
    /// If there is something else behind them than a space, or if `text` is no multiple of
    /// 32 bytes long, or empty. Constants do not compile then.
    pub const fn new(text: &'static str, length: usize) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len().is_multiple_of(UNIT) && length <= bytes.len());
        assert!(!bytes.is_empty());
        // One is enough for `as_str`; to look at all takes the compiler a while.
        assert!(length == bytes.len() || bytes[length] == b' ');
        Self { text, length }
    }

    /// The text.
    pub fn as_str(&self) -> &'static str {
        // A space starts a character, and so `length` is the end of one.
        self.text.get(..self.length).unwrap_or_default()
    }

    /// Writes the units, and returns the place behind the text.
    ///
    /// # Safety
    ///
    /// 1. There is room for all units at `at`.
    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        let from = self.text.as_ptr();
        // SAFETY: by duty 1, and because there is at least one unit. The text is not longer
        // than its units.
        unsafe {
            let (first, second) = (Native::load(from), Native::load(from.add(BLOCK)));
            first.store(at);
            second.store(at.add(BLOCK));
            if self.text.len() > UNIT {
                write_rest(at, self.text);
            }
            at.add(self.length)
        }
    }
}

/// Writes all units but the first.
///
/// # Safety
///
/// 1. There is room for all units at `at`.
#[inline(never)]
unsafe fn write_rest(at: *mut u8, text: &'static str) {
    let (units, _) = text.as_bytes().as_chunks::<UNIT>();
    let mut to = at;
    for unit in units.iter().skip(1) {
        // SAFETY: by duty 1, and because a unit has two blocks.
        unsafe {
            to = to.add(UNIT);
            let (first, second) = (
                Native::load(unit.as_ptr()),
                Native::load(unit.as_ptr().add(BLOCK)),
            );
            first.store(to);
            second.store(to.add(BLOCK));
        }
    }
}

/// Appends a constant text; false if that would exceed the output's limit.
#[inline(always)]
#[must_use = "false means that the output's limit was reached"]
pub(crate) fn push_padded(text: Padded, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    if end.addr() - at.addr() < text.text.len() {
        return push_exactly(text, out);
    }
    // SAFETY: there is room for the units, of which the text is the start.
    unsafe { out.advance(text.write(at)) };
    true
}

#[cold]
#[inline(never)]
fn push_exactly(text: Padded, out: &mut Output<'_>) -> bool {
    out.push_str(text.as_str())
}

/// How much room a text that is held in place needs at most, and all of its blocks.
const SHORT_ROOM: usize = LONGEST * Text::IN_PLACE + BLOCK;

impl Writer<'_, '_> {
    /// Writes a constant text.
    #[inline(always)]
    pub(crate) fn padded(&mut self, text: Padded) -> Done {
        if self.end.addr() - self.at.addr() < text.text.len() {
            return self.text(text.as_str());
        }
        // SAFETY: there is room for the units.
        self.at = unsafe { text.write(self.at) };
        Ok(())
    }

    /// Writes the text of a value, escaped if that is called for.
    #[inline(always)]
    pub(crate) fn value_text(&mut self, text: &Text, escapes: bool) -> Done {
        let escapes = escapes && !text.is_safe();
        if let Some((bytes, length)) = text.in_place()
            && self.end.addr() - self.at.addr() >= SHORT_ROOM
        {
            // SAFETY: there is room for both blocks, which are in `bytes`, and for the text
            // with each of its bytes escaped. `length` is not more than the bytes are.
            self.at = unsafe { write_short(self.at, bytes, length, escapes) };
            return Ok(());
        }
        if escapes {
            self.escaped(text.as_str())
        } else {
            self.text(text.as_str())
        }
    }
}

/// Writes the first `length` of `bytes`, behind which are zeros, and returns the place
/// behind them.
///
/// # Safety
///
/// 1. There are [`SHORT_ROOM`] bytes of room at `at`.
/// 2. `length` is not more than there are bytes, and a text ends there.
#[inline(always)]
unsafe fn write_short(
    at: *mut u8,
    bytes: &[u8; Text::IN_PLACE],
    length: usize,
    escapes: bool,
) -> *mut u8 {
    const REST: usize = Text::IN_PLACE - BLOCK;
    // SAFETY: by the duties. The two blocks overlap, and cover all bytes.
    unsafe {
        let (first, last) = (
            Native::load(bytes.as_ptr()),
            Native::load(bytes.as_ptr().add(REST)),
        );
        first.store(at);
        last.store(at.add(REST));
        if escapes && first.marks().or(last.marks()).highest() != 0 {
            return escape::write_again(at, bytes.get(..length).unwrap_or_default());
        }
        at.add(length)
    }
}

//! What dynamic code writes: texts of its own, stored in whole blocks, and short values.

use std::hint::cold_path;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::output::{Cursor, Output, SLACK};
use hotplate_plugin_api::value::Text;

use super::escape::LONGEST;
use super::machine::{Base, Machine, UNIT};
use super::pieces::Part;
use super::{EACH, Writer, kernels, put_slowly, text};
use crate::Done;

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
    /// 32 bytes long, empty, or more than 32 bytes longer than `length`. Constants do not
    /// compile then.
    pub const fn new(text: &'static str, length: usize) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len().is_multiple_of(UNIT) && length <= bytes.len());
        assert!(!bytes.is_empty() && bytes.len() - length <= UNIT);
        // One is enough for `as_str`; to look at all takes the compiler a while.
        assert!(length == bytes.len() || bytes[length] == b' ');
        Self { text, length }
    }

    /// The text.
    pub fn as_str(&self) -> &'static str {
        // A space starts a character, and so `length` is the end of one.
        self.text.get(..self.length).unwrap_or_default()
    }

    /// Whether there is no text.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Writes the units, and returns the place behind the text.
    ///
    /// # Safety
    ///
    /// 1. There is room for the text at `at` and for one byte more, with slack behind them.
    #[inline(always)]
    unsafe fn write<M: Machine>(self, machine: M, at: *mut u8) -> *mut u8 {
        const { assert!(UNIT <= SLACK) };
        let from = self.text.as_ptr();
        // SAFETY: `new` saw to it that the units are at most one longer than the text, so that
        // all are within the slack by duty 1. There is at least one.
        unsafe {
            machine.copy(from, at);
            if self.length > UNIT {
                cold_path();
                machine.copy(from.add(UNIT), at.add(UNIT));
                if self.length > 2 * UNIT {
                    write_rest(at, self.text);
                }
            }
            at.add(self.length)
        }
    }
}

/// Writes all units but the first two.
///
/// # Safety
///
/// 1. All units can be written at `at`.
#[inline(never)]
unsafe fn write_rest(at: *mut u8, text: &'static str) {
    let (units, _) = text.as_bytes().as_chunks::<UNIT>();
    for (place, unit) in units.iter().enumerate().skip(2) {
        // SAFETY: by duty 1.
        unsafe { Base.copy(unit.as_ptr(), at.add(place * UNIT)) };
    }
}

/// Appends a constant text; false if that would exceed the output's limit.
#[inline(always)]
#[must_use = "false means that the output's limit was reached"]
pub(crate) fn push_padded(text: Padded, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    if end.addr() - at.addr() <= text.length {
        return push_exactly(text, out);
    }
    // SAFETY: there is room for more than the text, of which the units are the start.
    unsafe { out.advance(text.write(Base, at)) };
    true
}

#[cold]
#[inline(never)]
fn push_exactly(text: Padded, out: &mut Output<'_>) -> bool {
    out.push_str(text.as_str())
}

impl Writer<'_, '_> {
    /// Writes a constant text.
    #[inline(always)]
    pub(crate) fn padded<M: Machine>(&mut self, machine: M, text: &'static Padded) -> Done {
        const { assert!(2 * UNIT <= SLACK) };
        let (from, length) = (text.text.as_ptr(), text.length);
        if length <= UNIT && self.has_room_behind(length) {
            // SAFETY: there is room for more than the text, and its first unit is all of it.
            unsafe {
                machine.copy(from, self.at);
                self.at = self.at.add(length);
            }
            return Ok(());
        }
        cold_path();
        if length <= 2 * UNIT && self.has_room_behind(length) {
            // SAFETY: there is room for more than the text, and its first two units are there.
            unsafe {
                machine.copy(from, self.at);
                machine.copy(from.add(UNIT), self.at.add(UNIT));
                self.at = self.at.add(length);
            }
            return Ok(());
        }
        // SAFETY: `at` and `end` are those of the frame's output.
        let cursor = unsafe { write_exactly(self.at, self.end, text, self.frame) };
        self.go_on(cursor)
    }

    /// Writes the text of a value, escaped if that is called for.
    #[inline(always)]
    pub(crate) fn value_text<M: Machine>(
        &mut self,
        machine: M,
        text: &Text,
        escapes: bool,
    ) -> Done {
        let room = || self.end.addr() - self.at.addr();
        if let Some((bytes, length)) = text.in_place() {
            // SAFETY: there is room for all that can be in place, and a unit is within the
            // slack behind it. `length` is not more. Before all of it is escaped, it is seen
            // to that there is room for that.
            unsafe {
                if self.has_room(Text::IN_PLACE) {
                    let mask = machine.store(bytes, self.at);
                    if mask == 0 {
                        self.at = self.at.add(length);
                        return Ok(());
                    }
                    if escapes && !text.is_safe() && room() >= LONGEST * Text::IN_PLACE {
                        cold_path();
                        self.at = machine.mend(self.at, bytes, length, mask);
                        return Ok(());
                    }
                }
            }
        } else if escapes && !text.is_safe() && room() / EACH > text.as_str().len() {
            // SAFETY: there is room for the text, however many of its characters are escaped.
            self.at = unsafe { machine.escape(self.at, text.as_str().as_bytes()) };
            return Ok(());
        }
        cold_path();
        // SAFETY: `at` and `end` are those of the frame's output.
        let cursor = unsafe { write_text(self.at, self.end, text, escapes, self.frame) };
        self.go_on(cursor)
    }

    /// Writes a text in capital letters, escaped; false, with nothing written, if it is not
    /// simple.
    #[inline(always)]
    pub(crate) fn short_upper<M: Machine>(&mut self, machine: M, text: &Text) -> bool {
        let Some((bytes, length)) = text.in_place() else {
            return false;
        };
        if !self.has_room(Text::IN_PLACE) {
            return false;
        }
        // SAFETY: as for `value_text`.
        unsafe {
            let is_plain = machine.store_upper(bytes, self.at);
            if is_plain {
                self.at = self.at.add(length);
            }
            is_plain
        }
    }
}

/// Writes a constant text that is long, or for which there may be too little room.
///
/// # Safety
///
/// 1. `at` and `end` are both null, or what `frame.out.cursor()` gave, with `at` moved over
///    what has been written.
#[cold]
#[inline(never)]
unsafe fn write_exactly(
    at: *mut u8,
    end: *mut u8,
    text: &'static Padded,
    frame: &mut Frame<'_>,
) -> Cursor {
    // SAFETY: by duty 1; there is room for more than the text where it is written in units.
    unsafe {
        if end.addr() - at.addr() > text.length {
            let at = text.write(Base, at);
            return Cursor { at, end };
        }
        text::copy(at, end, text.as_str(), frame)
    }
}

/// Writes the text of a value that is not quite simple.
///
/// # Safety
///
/// 1. As for [`write_exactly`].
#[inline(never)]
unsafe fn write_text(
    at: *mut u8,
    end: *mut u8,
    text: &Text,
    escapes: bool,
    frame: &mut Frame<'_>,
) -> Cursor {
    let escapes = escapes && !text.is_safe();
    let text = text.as_str();
    // SAFETY: by duty 1; where a text is escaped in place, there is room for it, however many
    // of its characters are escaped.
    unsafe {
        if !escapes {
            return text::copy(at, end, text, frame);
        }
        if (end.addr() - at.addr()) / EACH > text.len() {
            let at = kernels::escape(at, text.as_bytes());
            return Cursor { at, end };
        }
        put_slowly(at, &[Part::Escaped(text)], frame)
    }
}

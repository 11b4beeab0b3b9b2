//! Text as it is.

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::output::Cursor;

use super::block::{BLOCK, Block, Lanes, Native, short_bits};
use super::{STOPPED, refuse};

/// Writes text of any length.
///
/// # Safety
///
/// 1. `at` and `end` are both null, or what `frame.out.cursor()` gave, with `at` moved over
///    what has been written.
#[inline(never)]
pub(super) unsafe fn copy(at: *mut u8, end: *mut u8, text: &str, frame: &mut Frame<'_>) -> Cursor {
    if end.addr() - at.addr() < text.len() || text.is_empty() {
        // SAFETY: by duty 1.
        return unsafe { copy_slowly(at, end, text, frame) };
    }
    let length = text.len();
    // SAFETY: there is room for the text, which is not empty, and slack behind it. The text
    // is no part of the output, which is borrowed mutably.
    unsafe {
        if length < BLOCK {
            Native::from_bits(short_bits(text.as_bytes())).store(at);
        } else if length <= 2 * BLOCK {
            let last = Native::load(text.as_ptr().add(length - BLOCK));
            Native::load(text.as_ptr()).store(at);
            last.store(at.add(length - BLOCK));
        } else {
            at.copy_from_nonoverlapping(text.as_ptr(), length);
        }
        Cursor {
            at: at.add(length),
            end,
        }
    }
}

/// # Safety
///
/// 1. As for [`copy`].
#[cold]
unsafe fn copy_slowly(at: *mut u8, end: *mut u8, text: &str, frame: &mut Frame<'_>) -> Cursor {
    if at.is_null() {
        return STOPPED;
    }
    if text.is_empty() {
        return Cursor { at, end };
    }
    // SAFETY: by duty 1.
    unsafe { frame.out.advance(at) };
    if frame.out.push_str(text) {
        frame.out.cursor()
    } else {
        refuse(frame)
    }
}

//! ASCII text in other letters, while copying.

use std::ptr;

use hotplate_plugin_api::output::{Cursor, Output};

use super::block::{BLOCK, Block, Native, short_bits};
use super::escape::write_block;
use super::{EACH, kernels};

/// What becomes of the letters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// All are capital.
    Upper,
    /// All are small.
    Lower,
    /// The first one is capital.
    Capital,
}

/// Writes a text in other letters, escaped, and returns the place behind it; null if there
/// may be too little room, or if letters are not ASCII.
///
/// # Safety
///
/// 1. `at` and `end` are both null, or where an output is written.
#[inline(always)]
pub(super) unsafe fn write(at: *mut u8, end: *mut u8, text: &str, case: Case) -> *mut u8 {
    if (end.addr() - at.addr()) / EACH <= text.len() {
        return ptr::null_mut();
    }
    // SAFETY: there is room for the text, however many of its characters are escaped.
    unsafe {
        match case {
            Case::Upper => upper(at, text.as_bytes()),
            Case::Lower => lower(at, text.as_bytes()),
            Case::Capital => capital(at, text.as_bytes()),
        }
    }
}

/// Appends a text in other letters; false, with nothing written, if there may be too little
/// room, or if letters are not ASCII.
#[must_use = "false means that the text was not written"]
pub(crate) fn push_turned(text: &str, case: Case, is_escaped: bool, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    // SAFETY: `at` and `end` are those of the output, which has room for the text however
    // many of its characters are escaped.
    unsafe {
        let at = match case {
            _ if is_escaped => write(at, end, text, case),
            _ if (end.addr() - at.addr()) / EACH <= text.len() => return false,
            Case::Upper => turn::<Native, false>(at, text.as_bytes(), b'a'),
            Case::Lower => turn::<Native, false>(at, text.as_bytes(), b'A'),
            Case::Capital => match text.as_bytes().split_first() {
                Some((first, rest)) if first.is_ascii() => {
                    at.write(first.to_ascii_uppercase());
                    at.add(1)
                        .copy_from_nonoverlapping(rest.as_ptr(), rest.len());
                    at.add(text.len())
                }
                Some(_) => return false,
                None => at,
            },
        };
        if at.is_null() {
            return false;
        }
        out.advance(at);
    }
    true
}

/// # Safety
///
/// 1. There is room for the text when it is escaped, with slack behind it.
#[inline(never)]
unsafe fn upper(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1.
    unsafe { turn::<Native, true>(at, bytes, b'a') }
}

/// # Safety
///
/// 1. As for [`upper`].
#[inline(never)]
unsafe fn lower(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1.
    unsafe { turn::<Native, true>(at, bytes, b'A') }
}

/// # Safety
///
/// 1. As for [`upper`].
#[inline(never)]
unsafe fn capital(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1; the first character and the rest are written one after the other.
    unsafe {
        match bytes.split_first() {
            Some((first, rest)) if first.is_ascii() => {
                let first = u128::from(first.to_ascii_uppercase());
                let at = write_block(at, Native::from_bits(first), 1);
                kernels::escape(at, rest)
            }
            Some(_) => ptr::null_mut(),
            None => at,
        }
    }
}

/// Writes text of which the letters of one case, that of `a` or of `A`, become the others,
/// and returns the place behind it; null if it is not ASCII.
///
/// # Safety
///
/// 1. There is room for the text, when it is escaped if it `ESCAPES`, with slack behind it,
///    also if it is empty.
#[inline(always)]
pub(super) unsafe fn turn<B: Block, const ESCAPES: bool>(
    mut at: *mut u8,
    bytes: &[u8],
    case: u8,
) -> *mut u8 {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let rest = (B::from_bits(short_bits(rest)), rest.len());
    // SAFETY: a block has sixteen bytes.
    let blocks = (blocks.iter()).map(|block| (unsafe { B::load(block.as_ptr()) }, BLOCK));
    for (block, length) in blocks.chain([rest]) {
        if block.highest() != 0 {
            return ptr::null_mut();
        }
        let block = block.turned(case);
        // SAFETY: by duty 1; zeros are no letters, so what is behind the text stays zero.
        at = unsafe {
            if ESCAPES {
                write_block(at, block, length)
            } else {
                block.store(at);
                at.add(length)
            }
        };
    }
    at
}

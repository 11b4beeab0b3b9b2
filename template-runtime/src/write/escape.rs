//! Escaping for HTML, while copying.
//!
//! A block is stored as it is, and then looked at: mostly nothing is to be escaped, and it
//! is done. Otherwise what stands behind each escaped character is stored again, behind
//! what stands for that.

use std::borrow::Cow;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::output::{Cursor, Output};

use super::block::{BLOCK, Block, Native, short_bits};
use super::{STOPPED, ensure, refuse};

/// The most bytes that stand for one.
pub(super) const LONGEST: usize = 6;

/// How many bytes a streaming output is given at once.
const PART: usize = 1024;

/// How many blocks are looked at together.
const GROUP: usize = 4;

/// What stands for a character, the first byte lowest, and its length in the highest byte.
///
/// The five characters differ in their lowest five bits.
static REPLACEMENTS: [u64; 32] = {
    const PAIRS: [(u8, &[u8]); 5] = [
        (b'&', b"&amp;"),
        (b'<', b"&lt;"),
        (b'>', b"&gt;"),
        (b'"', b"&quot;"),
        (b'\'', b"&#x27;"),
    ];
    let mut table = [0; 32];
    let mut pair = 0;
    while pair < PAIRS.len() {
        let (byte, text) = PAIRS[pair];
        assert!(text.len() <= LONGEST && table[(byte & 31) as usize] == 0);
        let mut entry = (text.len() as u64) << 56;
        let mut place = 0;
        while place < text.len() {
            entry |= (text[place] as u64) << (8 * place);
            place += 1;
        }
        table[(byte & 31) as usize] = entry;
        pair += 1;
    }
    table
};

/// The replacement of the lowest byte.
#[inline(always)]
fn replacement(bits: u128) -> u64 {
    REPLACEMENTS[(bits & 31) as usize]
}

/// Writes text of any length, escaped.
///
/// # Safety
///
/// 1. `at` and `end` are both null, or what `frame.out.cursor()` gave, with `at` moved over
///    what has been written.
#[inline(never)]
pub(super) unsafe fn copy(at: *mut u8, end: *mut u8, text: &str, frame: &mut Frame<'_>) -> Cursor {
    if !is_roomy(at, end, text.len()) {
        // SAFETY: by duty 1.
        return unsafe { copy_slowly(at, text, frame) };
    }
    // SAFETY: there is room for the text, however many of its characters are escaped.
    let at = unsafe { write::<Native>(at, text.as_bytes()) };
    Cursor { at, end }
}

/// # Safety
///
/// 1. As for [`copy`].
#[cold]
#[inline(never)]
unsafe fn copy_slowly(at: *mut u8, text: &str, frame: &mut Frame<'_>) -> Cursor {
    if at.is_null() {
        return STOPPED;
    }
    // SAFETY: by duty 1.
    unsafe { frame.out.advance(at) };
    if push_slowly::<Native>(text, &mut frame.out) {
        frame.out.cursor()
    } else {
        refuse(frame)
    }
}

/// Appends `text`, escaped; false if that would exceed the output's limit.
#[must_use = "false means that the output's limit was reached"]
pub(crate) fn escape_into(text: &str, out: &mut Output<'_>) -> bool {
    push::<Native>(text, out)
}

/// The text escaped, if anything in it is.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let length = escaped_length::<Native>(text.as_bytes());
    if length == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = Output::with_capacity(length, length);
    // There is as much room as was asked for.
    let _: bool = push_whole::<Native>(text, length, &mut out);
    Cow::Owned(out.into_string())
}

#[inline(always)]
pub(super) fn push<B: Block>(text: &str, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    if !is_roomy(at, end, text.len()) {
        return push_slowly::<B>(text, out);
    }
    // SAFETY: there is room for the text, however many of its characters are escaped.
    unsafe { out.advance(write::<B>(at, text.as_bytes())) };
    true
}

/// Whether there is room for so many bytes, each of them escaped. Never for none.
#[inline(always)]
fn is_roomy(at: *mut u8, end: *mut u8, length: usize) -> bool {
    let room = end.addr() - at.addr();
    if length < BLOCK {
        // The same for all short texts, so that nothing is computed.
        room >= LONGEST * BLOCK
    } else {
        room >= length.saturating_mul(LONGEST)
    }
}

/// Where there may be too little room: counts exactly.
#[cold]
#[inline(never)]
fn push_slowly<B: Block>(text: &str, out: &mut Output<'_>) -> bool {
    let length = escaped_length::<B>(text.as_bytes());
    if !out.is_streaming() {
        return push_whole::<B>(text, length, out);
    }
    if length > out.remaining() {
        return false;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (part, next) = rest.split_at(rest.floor_char_boundary(PART));
        let length = escaped_length::<B>(part.as_bytes());
        if !push_whole::<B>(part, length, out) {
            return false;
        }
        rest = next;
    }
    true
}

/// Appends a text of which is known how long it is when it is escaped.
fn push_whole<B: Block>(text: &str, length: usize, out: &mut Output<'_>) -> bool {
    debug_assert_eq!(length, escaped_length::<B>(text.as_bytes()));
    if !ensure(length, out) {
        return false;
    }
    if length > 0 {
        let at = out.cursor().at;
        // SAFETY: there is room for exactly this, which is not nothing.
        unsafe { out.advance(write::<B>(at, text.as_bytes())) };
    }
    true
}

/// How long the text is when it is escaped.
pub(super) fn escaped_length<B: Block>(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut length = bytes.len();
    for block in blocks {
        // SAFETY: a block has sixteen bytes.
        let block = unsafe { B::load(block.as_ptr()) };
        length += added_length(block);
    }
    length + added_length(B::from_bits(short_bits(rest)))
}

/// How much longer a block becomes.
#[inline(always)]
fn added_length<B: Block>(block: B) -> usize {
    let mut mask = block.marks().mask();
    let mut added = 0;
    while mask != 0 {
        let entry = replacement(block.bits() >> (8 * mask.trailing_zeros()));
        added += (entry >> 56) as usize - 1;
        mask &= mask - 1;
    }
    added
}

/// Writes the text escaped, and returns the place behind it.
///
/// # Safety
///
/// 1. There is room for the text when it is escaped, with slack behind it, also if it is
///    empty.
#[inline(always)]
pub(super) unsafe fn write<B: Block>(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1. A text of one block to two is covered by the first and the last
    // block of it, which overlap.
    unsafe {
        if bytes.len() < BLOCK {
            return write_block(at, B::from_bits(short_bits(bytes)), bytes.len());
        }
        if bytes.len() <= 2 * BLOCK {
            let rest = bytes.len() - BLOCK;
            let (first, last) = (B::load(bytes.as_ptr()), B::load(bytes.as_ptr().add(rest)));
            if first.marks().or(last.marks()).mask() == 0 {
                first.store(at);
                last.store(at.add(rest));
                return at.add(bytes.len());
            }
        }
        write_long::<B>(at, bytes)
    }
}

/// The same, for what has been found to have something to escape.
///
/// # Safety
///
/// 1. As for [`write`].
#[inline(never)]
pub(super) unsafe fn write_again(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1.
    unsafe { write::<Native>(at, bytes) }
}

/// # Safety
///
/// 1. There is room for the text when it is escaped, with slack behind it.
#[inline(never)]
unsafe fn write_long<B: Block>(mut at: *mut u8, bytes: &[u8]) -> *mut u8 {
    let (groups, rest) = bytes.as_chunks::<{ GROUP * BLOCK }>();
    // SAFETY: each load is inside its chunk. Where a block is stored, at least its sixteen
    // bytes are still to be written, and `write_block` returns how far they reach.
    unsafe {
        for group in groups {
            let load = |place| B::load(group.as_ptr().add(place * BLOCK));
            let blocks: [B; GROUP] = [load(0), load(1), load(2), load(3)];
            let marks = blocks.map(B::marks);
            for (place, block) in blocks.iter().enumerate() {
                block.store(at.add(place * BLOCK));
            }
            if (marks[0].or(marks[1])).or(marks[2].or(marks[3])).mask() == 0 {
                at = at.add(GROUP * BLOCK);
                continue;
            }
            for block in blocks {
                at = write_block(at, block, BLOCK);
            }
        }
        let (blocks, rest) = rest.as_chunks::<BLOCK>();
        for block in blocks {
            at = write_block(at, B::load(block.as_ptr()), BLOCK);
        }
        if rest.is_empty() {
            return at;
        }
        let last = B::load(bytes.as_ptr().add(bytes.len() - BLOCK));
        if last.marks().mask() == 0 {
            // What has been written of it was written as it is, and is written again.
            let end = at.add(rest.len());
            last.store(end.sub(BLOCK));
            return end;
        }
        let last = last.bits() >> (8 * (BLOCK - rest.len()));
        write_block(at, B::from_bits(last), rest.len())
    }
}

/// Writes the first `length` bytes of a block; those behind them are zeros.
///
/// # Safety
///
/// 1. There is room for the bytes when they are escaped, with slack behind them.
#[inline(always)]
unsafe fn write_block<B: Block>(at: *mut u8, block: B, length: usize) -> *mut u8 {
    // SAFETY: by duty 1; what is stored is at most a block too much.
    unsafe {
        block.store(at);
        let mask = block.marks().mask();
        if mask == 0 {
            at.add(length)
        } else {
            mend(at, block.bits(), mask, length)
        }
    }
}

/// Escapes what has been stored as it is: `length` bytes of `bits`, of which those of `mask`
/// are escaped.
///
/// # Safety
///
/// 1. There is room for the bytes when they are escaped, with slack behind them.
/// 2. The bytes up to the first one that is escaped are stored.
/// 3. `mask` is that of `bits`, which has zeros behind the first `length` bytes.
#[inline(never)]
unsafe fn mend(mut at: *mut u8, bits: u128, mut mask: u32, length: usize) -> *mut u8 {
    let mut rest = bits;
    let mut left = length;
    while mask != 0 {
        let place = mask.trailing_zeros();
        // A place is at most 15, so that no shift is by all bits.
        rest >>= 8 * place;
        let entry = replacement(rest);
        rest >>= 8;
        mask >>= place + 1;
        left -= place as usize + 1;
        // SAFETY: by duty 1: the place is before the end of the escaped text, in which the
        // replacement fits, and the block behind it ends within the slack.
        unsafe {
            at = at.add(place as usize);
            at.cast::<[u8; 8]>().write(entry.to_le_bytes());
            at = at.add((entry >> 56) as usize);
            at.cast::<[u8; 16]>().write(rest.to_le_bytes());
        }
    }
    // SAFETY: what is left has been stored behind the last replacement.
    unsafe { at.add(left) }
}

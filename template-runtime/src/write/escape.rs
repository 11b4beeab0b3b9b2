//! Escaping for HTML, while copying.
//!
//! A block is stored as it is, and then looked at: mostly nothing is to be escaped, and it
//! is done. Otherwise what stands behind each escaped character is stored again, behind
//! what stands for that.

use std::borrow::Cow;

use hotplate_plugin_api::output::{Cursor, Output};

use super::block::{BLOCK, Block, Lanes, Native, short_bits};
use super::{EACH, ensure, kernels};

/// The most bytes that stand for one.
pub(super) const LONGEST: usize = 6;

/// How many bytes a streaming output is given at once.
const PART: usize = 1024;

/// What stands for a character, the first byte lowest, and its length in the highest byte.
///
/// The five characters differ in their lowest five bits.
pub(super) static REPLACEMENTS: [u64; 32] = {
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

/// Appends `text`, escaped; false if that would exceed the output's limit.
#[inline]
#[must_use = "false means that the output's limit was reached"]
pub(crate) fn escape_into(text: &str, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    if (end.addr() - at.addr()) / EACH <= text.len() {
        return push_slowly::<Native>(text, out);
    }
    // SAFETY: there is room for the text, however many of its characters are escaped.
    unsafe { out.advance(kernels::escape(at, text.as_bytes())) };
    true
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

/// Where there may be too little room: counts exactly.
#[cold]
#[inline(never)]
pub(super) fn push_slowly<B: Block>(text: &str, out: &mut Output<'_>) -> bool {
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
    let mut mask = block.mask();
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
            if first.marks().or(last.marks()).highest() == 0 {
                first.store(at);
                last.store(at.add(rest));
                return at.add(bytes.len());
            }
        }
        let (at, rest) = write_inside::<B>(at, bytes);
        write_rest::<B>(at, rest)
    }
}

/// Writes all blocks behind which there is another one, and returns the place behind them
/// and what is left.
///
/// # Safety
///
/// 1. There is room for the text when it is escaped.
#[inline(always)]
pub(super) unsafe fn write_inside<L: Lanes>(mut at: *mut u8, mut bytes: &[u8]) -> (*mut u8, &[u8]) {
    // SAFETY: a block is loaded where there are two. What is stored is followed by at least
    // one block more of the text, and so is inside the room.
    unsafe {
        while bytes.len() >= 2 * L::WIDTH {
            let block = L::load(bytes.as_ptr());
            block.store(at);
            let mask = block.mask();
            if mask != 0 {
                at = mend_inside::<L>(at, bytes.as_ptr(), mask);
            }
            at = at.add(L::WIDTH);
            bytes = bytes.get_unchecked(L::WIDTH..);
        }
    }
    (at, bytes)
}

/// Escapes what has been stored of a block as it is, and returns by how much what follows
/// has moved, as the place where the block would have to start for that.
///
/// # Safety
///
/// 1. There is room for two blocks when they are escaped.
/// 2. Two blocks can be read at `from`.
/// 3. The first of them is stored at `at`; `mask` is its mask, which is not 0.
#[inline(always)]
unsafe fn mend_inside<L: Lanes>(mut at: *mut u8, from: *const u8, mut mask: u32) -> *mut u8 {
    // Nothing but `at` and `mask` hangs on the round before.
    while mask != 0 {
        let place = mask.trailing_zeros() as usize;
        // SAFETY: by duties 1 and 2: `place` is inside the first block, and the block
        // behind it inside both. Each is stored where it belongs when what is before it is
        // escaped.
        unsafe {
            let entry = REPLACEMENTS[usize::from(*from.add(place) & 31)];
            let rest = L::load(from.add(place + 1));
            at.add(place).cast::<[u8; 8]>().write(entry.to_le_bytes());
            at = at.add((entry >> 56) as usize - 1);
            rest.store(at.add(place + 1));
        }
        mask &= mask - 1;
    }
    at
}

/// Writes less than two blocks.
///
/// # Safety
///
/// 1. There is room for the text when it is escaped, with slack behind it.
#[inline(never)]
pub(super) unsafe fn write_rest<B: Block>(mut at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: each load is inside its chunk; by duty 1.
    unsafe {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            at = write_block(at, B::load(block.as_ptr()), BLOCK);
        }
        write_block(at, B::from_bits(short_bits(rest)), rest.len())
    }
}

/// Writes the first `length` bytes of a block; those behind them are zeros.
///
/// # Safety
///
/// 1. There is room for the bytes when they are escaped, with slack behind them.
#[inline(always)]
pub(super) unsafe fn write_block<B: Block>(at: *mut u8, block: B, length: usize) -> *mut u8 {
    // SAFETY: by duty 1; what is stored is at most a block too much.
    unsafe {
        block.store(at);
        let mask = block.mask();
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

//! Integers: those below 1,000 from a table, others eight digits at a time.

/// The digits of small numbers, the first one lowest, and their count in the highest byte.
static SMALL: [u32; 1000] = {
    let mut table = [0; 1000];
    let mut number = 0;
    while number < 1000 {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let count = if number < 10 {
            1
        } else if number < 100 {
            2
        } else {
            3
        };
        let mut entry = count << 24;
        let mut place = 0;
        while place < count {
            let digit = digits[(3 - count + place) as usize];
            entry |= (b'0' as u32 + digit) << (8 * place);
            place += 1;
        }
        table[number as usize] = entry;
        number += 1;
    }
    table
};

/// The two digits of numbers below 100, the first one lowest.
static PAIRS: [u16; 100] = {
    let mut table = [0; 100];
    let mut number = 0;
    while number < 100 {
        table[number as usize] = 0x3030 | (number / 10) | ((number % 10) << 8);
        number += 1;
    }
    table
};

const TEN_4: u64 = 10_000;
const TEN_8: u64 = 100_000_000;
const TEN_16: u64 = TEN_8 * TEN_8;

/// The characters of eight digits 0.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The entry of a number below 1,000.
#[inline(always)]
pub(super) fn small(number: u64) -> Option<u32> {
    // The cast is exact where there is an entry.
    (number < 1000).then(|| SMALL[number as usize])
}

/// How many digits a number has.
pub(super) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes a number by its entry, and returns the place behind it.
///
/// # Safety
///
/// 1. There is room for the digits at `at`, with slack behind them.
#[inline(always)]
pub(super) unsafe fn write_small(at: *mut u8, entry: u32) -> *mut u8 {
    // SAFETY: by duty 1; at most three bytes are too many.
    unsafe {
        at.cast::<[u8; 4]>().write(entry.to_le_bytes());
        at.add((entry >> 24) as usize)
    }
}

/// Writes a number that has no entry, and returns the place behind it.
///
/// # Safety
///
/// 1. There is room for the sign and the digits at `at`, with slack behind them.
#[inline(never)]
pub(super) unsafe fn write_signed(at: *mut u8, number: i64) -> *mut u8 {
    // SAFETY: by duty 1. The sign is stored in any case, and overwritten if it is none:
    // there is at least one digit.
    unsafe {
        at.write(b'-');
        let at = at.add(usize::from(number < 0));
        write_digits(at, number.unsigned_abs())
    }
}

/// As [`write_signed`], for what is never negative.
///
/// # Safety
///
/// 1. There is room for the digits at `at`, with slack behind them.
#[inline(never)]
pub(super) unsafe fn write_unsigned(at: *mut u8, number: u64) -> *mut u8 {
    // SAFETY: by duty 1.
    unsafe { write_digits(at, number) }
}

/// # Safety
///
/// 1. There is room for the digits at `at`, with slack behind them.
#[inline(always)]
unsafe fn write_digits(at: *mut u8, number: u64) -> *mut u8 {
    // SAFETY: by duty 1; each part is written behind the one before, and only the last one
    // can reach into the slack.
    unsafe {
        if number < TEN_4 {
            return match small(number) {
                Some(entry) => write_small(at, entry),
                None => write_thousands(at, number),
            };
        }
        if number < TEN_8 {
            return write_first(at, number);
        }
        if number < TEN_16 {
            let at = write_first(at, number / TEN_8);
            return write_eight(at, number % TEN_8);
        }
        let at = write_first(at, number / TEN_16);
        let at = write_eight(at, number / TEN_8 % TEN_8);
        write_eight(at, number % TEN_8)
    }
}

/// Writes a number below 100 in two digits.
///
/// # Safety
///
/// 1. There is room for two bytes at `at`.
#[inline(always)]
pub(super) unsafe fn write_two(at: *mut u8, number: u64) -> *mut u8 {
    let shown = PAIRS[number as usize];
    // SAFETY: by duty 1.
    unsafe {
        at.cast::<[u8; 2]>().write(shown.to_le_bytes());
        at.add(2)
    }
}

/// Writes a number below 10⁴ in four digits.
///
/// # Safety
///
/// 1. There is room for four bytes at `at`.
#[inline(always)]
pub(super) unsafe fn write_four(at: *mut u8, number: u64) -> *mut u8 {
    let pair = |number: u64| u32::from(PAIRS[number as usize]);
    let shown = pair(number / 100) | (pair(number % 100) << 16);
    // SAFETY: by duty 1.
    unsafe {
        at.cast::<[u8; 4]>().write(shown.to_le_bytes());
        at.add(4)
    }
}

/// Writes a number of four digits: the first three by their entry, whose count the last one
/// takes the place of.
///
/// # Safety
///
/// 1. There is room for four bytes at `at`.
#[inline(always)]
pub(super) unsafe fn write_thousands(at: *mut u8, number: u64) -> *mut u8 {
    debug_assert!((1000..10_000).contains(&number));
    let entry = SMALL[(number / 10) as usize];
    // SAFETY: by duty 1.
    unsafe {
        at.cast::<[u8; 4]>().write(entry.to_le_bytes());
        at.add(3).write(b'0' + (number % 10) as u8);
        at.add(4)
    }
}

/// Writes a number below 10⁸ without leading zeros.
///
/// # Safety
///
/// 1. There is room for the digits at `at`, with slack behind them.
#[inline(always)]
unsafe fn write_first(at: *mut u8, number: u64) -> *mut u8 {
    let digits = eight_digits(number);
    // The last digit is written even if it is 0.
    let zeros = ((digits | (1 << 56)).trailing_zeros() / 8) as usize;
    let shown = (digits | ZEROS) >> (8 * zeros);
    // SAFETY: by duty 1; at most seven bytes are too many.
    unsafe {
        at.cast::<[u8; 8]>().write(shown.to_le_bytes());
        at.add(8 - zeros)
    }
}

/// Writes a number below 10⁸ in eight digits.
///
/// # Safety
///
/// 1. There is room for eight bytes at `at`.
#[inline(always)]
unsafe fn write_eight(at: *mut u8, number: u64) -> *mut u8 {
    let shown = eight_digits(number) | ZEROS;
    // SAFETY: by duty 1.
    unsafe {
        at.cast::<[u8; 8]>().write(shown.to_le_bytes());
        at.add(8)
    }
}

/// The eight digits of a number below 10⁸, the first one in the lowest byte.
///
/// All at once: halves of four digits, of which pairs are made, of which digits are made.
/// The quotients are products with the reciprocal, rounded up, which are exact for numbers
/// this small.
#[inline(always)]
fn eight_digits(number: u64) -> u64 {
    let halves = (number / TEN_4) | ((number % TEN_4) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - tens * 10) << 8)
}

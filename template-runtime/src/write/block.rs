//! Sixteen bytes at once, of which some are to be escaped.

/// How many bytes a block has.
pub(super) const BLOCK: usize = 16;

/// Bytes that are looked at together, 32 at most.
pub(super) trait Lanes: Copy {
    /// How many they are.
    const WIDTH: usize;

    /// # Safety
    ///
    /// 1. `WIDTH` bytes can be read at `from`.
    unsafe fn load(from: *const u8) -> Self;

    /// # Safety
    ///
    /// 1. `WIDTH` bytes can be written at `to`.
    unsafe fn store(self, to: *mut u8);

    /// A bit for each byte that is escaped, and none for others; the first byte's is the
    /// lowest.
    fn mask(self) -> u32;
}

/// Sixteen bytes, the first one lowest.
pub(super) trait Block: Lanes {
    fn from_bits(bits: u128) -> Self;

    fn bits(self) -> u128;

    /// The highest bit of each byte that is escaped, and of no other. Other bits may be
    /// set in those bytes.
    fn marks(self) -> Self;

    /// The bits that are set in one or the other.
    fn or(self, other: Self) -> Self;

    /// The highest bit of each byte, as the lowest 16 bits.
    fn highest(self) -> u32;

    /// ASCII letters in the other case: small ones where `case` is that of `a`, capital ones
    /// where it is that of `A`. There are only ASCII characters.
    fn turned(self, case: u8) -> Self;
}

/// Up to 15 bytes, and zeros behind them.
#[inline(always)]
pub(super) fn short_bits(bytes: &[u8]) -> u128 {
    debug_assert!(bytes.len() < BLOCK);
    // Two halves that overlap: bits that both have are equal.
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let first = u64::from_le_bytes(*first);
        // Shifted twice, since by all 64 bits is not allowed.
        let last = u64::from_le_bytes(*last) >> (8 * ((BLOCK - 1 - bytes.len()) & 7)) >> 8;
        return u128::from(first) | u128::from(last) << 64;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let first = u64::from(u32::from_le_bytes(*first));
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
        return u128::from(first | last);
    }
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return 0;
    };
    let middle = u32::from(bytes[bytes.len() / 2]) << (8 * (bytes.len() / 2));
    let last = u32::from(*last) << (8 * (bytes.len() - 1));
    u128::from(u32::from(*first) | middle | last)
}

#[cfg(target_arch = "x86_64")]
pub(super) type Native = sse2::Sse2;
#[cfg(not(target_arch = "x86_64"))]
pub(super) type Native = portable::Portable;
#[cfg(test)]
pub(super) use portable::Portable;

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    //! Plain arithmetic on words, for any processor.

    use super::{BLOCK, Block, Lanes};

    /// Two words; what is done to all bytes is done to eight at once.
    #[derive(Clone, Copy)]
    pub(in crate::write) struct Portable(u64, u64);

    /// The lowest bit of each byte.
    const ONES: u64 = 0x0101_0101_0101_0101;

    /// The highest bit of each byte of `word` that is escaped.
    fn word_marks(word: u64) -> u64 {
        const LOW: u64 = !(ONES << 7);
        // No byte carries into the next one.
        let is_zero = |word: u64| !(((word & LOW) + LOW) | word | LOW);
        let has = |word: u64, byte: u8| is_zero(word ^ (ONES * u64::from(byte)));
        // `"` and `&` differ in one bit, and so do `<` and `>`.
        has(word & !(ONES * 4), b'"') | has(word & !(ONES * 2), b'<') | has(word, b'\'')
    }

    /// The highest bit of each byte, as the lowest 8 bits.
    fn word_mask(word: u64) -> u32 {
        // The factor moves the bit of byte i to bit 56 + i, and every other one elsewhere.
        let gathered = ((word >> 7) & ONES).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        gathered as u32
    }

    /// The letters of `word`, which is ASCII, from `case` on in the other case.
    fn word_turned(word: u64, case: u8) -> u64 {
        // The highest bit of each byte that is at least so much; no byte carries.
        let is_from = |byte: u8| word + ONES * u64::from(128 - byte);
        let letters = is_from(case) & !is_from(case + 26) & (ONES << 7);
        word ^ (letters >> 2)
    }

    impl Lanes for Portable {
        const WIDTH: usize = BLOCK;

        #[inline(always)]
        unsafe fn load(from: *const u8) -> Self {
            // SAFETY: by duty 1.
            Self::from_bits(u128::from_le_bytes(unsafe {
                from.cast::<[u8; 16]>().read()
            }))
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut u8) {
            // SAFETY: by duty 1.
            unsafe { to.cast::<[u8; 16]>().write(self.bits().to_le_bytes()) };
        }

        #[inline(always)]
        fn mask(self) -> u32 {
            self.marks().highest()
        }
    }

    impl Block for Portable {
        #[inline(always)]
        fn from_bits(bits: u128) -> Self {
            // The halves.
            Self(bits as u64, (bits >> 64) as u64)
        }

        #[inline(always)]
        fn bits(self) -> u128 {
            u128::from(self.0) | u128::from(self.1) << 64
        }

        #[inline(always)]
        fn marks(self) -> Self {
            Self(word_marks(self.0), word_marks(self.1))
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            Self(self.0 | other.0, self.1 | other.1)
        }

        #[inline(always)]
        fn highest(self) -> u32 {
            word_mask(self.0) | word_mask(self.1) << 8
        }

        #[inline(always)]
        fn turned(self, case: u8) -> Self {
            Self(word_turned(self.0, case), word_turned(self.1, case))
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    //! SSE2, which all processors of this architecture have.

    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_cmplt_epi8, _mm_loadu_si128,
        _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8, _mm_storeu_si128,
        _mm_xor_si128,
    };

    use super::{BLOCK, Block, Lanes};

    #[derive(Clone, Copy)]
    pub(in crate::write) struct Sse2(__m128i);

    impl Lanes for Sse2 {
        const WIDTH: usize = BLOCK;

        #[inline(always)]
        unsafe fn load(from: *const u8) -> Self {
            // SAFETY: by duty 1; the place need not be aligned.
            Self(unsafe { _mm_loadu_si128(from.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut u8) {
            // SAFETY: by duty 1; the place need not be aligned.
            unsafe { _mm_storeu_si128(to.cast(), self.0) };
        }

        #[inline(always)]
        fn mask(self) -> u32 {
            self.marks().highest()
        }
    }

    impl Block for Sse2 {
        #[inline(always)]
        fn from_bits(bits: u128) -> Self {
            let (high, low) = ((bits >> 64) as u64, bits as u64);
            // SAFETY: SSE2 is there.
            Self(unsafe { _mm_set_epi64x(high.cast_signed(), low.cast_signed()) })
        }

        #[inline(always)]
        fn bits(self) -> u128 {
            // SAFETY: both are sixteen bytes without padding; this architecture has the
            // lowest byte first.
            unsafe { std::mem::transmute(self.0) }
        }

        #[inline(always)]
        fn marks(self) -> Self {
            // SAFETY: SSE2 is there.
            unsafe {
                let all = |byte: u8| _mm_set1_epi8(byte.cast_signed());
                // `"` and `&` differ in one bit, and so do `<` and `>`.
                let quotes = _mm_cmpeq_epi8(_mm_and_si128(self.0, all(!4)), all(b'"'));
                let angles = _mm_cmpeq_epi8(_mm_and_si128(self.0, all(!2)), all(b'<'));
                let single = _mm_cmpeq_epi8(self.0, all(b'\''));
                Self(_mm_or_si128(_mm_or_si128(quotes, angles), single))
            }
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: SSE2 is there.
            Self(unsafe { _mm_or_si128(self.0, other.0) })
        }

        #[inline(always)]
        fn highest(self) -> u32 {
            // SAFETY: SSE2 is there.
            unsafe { _mm_movemask_epi8(self.0) }.cast_unsigned()
        }

        #[inline(always)]
        fn turned(self, case: u8) -> Self {
            // SAFETY: SSE2 is there.
            unsafe {
                let all = |byte: u8| _mm_set1_epi8(byte.cast_signed());
                let is_from = _mm_cmpgt_epi8(self.0, all(case - 1));
                let is_below = _mm_cmplt_epi8(self.0, all(case + 26));
                let bit = _mm_and_si128(_mm_and_si128(is_from, is_below), all(0x20));
                Self(_mm_xor_si128(self.0, bit))
            }
        }
    }
}

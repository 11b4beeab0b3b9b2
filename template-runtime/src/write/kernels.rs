//! Escaping with the widest blocks that the processor has.
//!
//! The first call finds out which they are. All kernels write the same.

use std::mem;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::block::Native;
use super::escape::write;

/// Writes text escaped, and returns the place behind it.
///
/// # Safety
///
/// 1. There is room for the text when it is escaped, with slack behind it, also if it is
///    empty.
pub(super) type Kernel = unsafe fn(at: *mut u8, bytes: &[u8]) -> *mut u8;

/// The kernel for this processor, or what looks for it; always a [`Kernel`].
static KERNEL: AtomicPtr<()> = AtomicPtr::new(find as Kernel as *mut ());

/// Writes text escaped, and returns the place behind it.
///
/// # Safety
///
/// 1. As for a [`Kernel`].
#[inline(always)]
pub(super) unsafe fn escape(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // Functions do not change, so there is nothing that another thread must have written.
    let kernel = KERNEL.load(Ordering::Relaxed);
    // SAFETY: only kernels are stored, and none but those that the processor can run; by
    // duty 1.
    unsafe { mem::transmute::<*mut (), Kernel>(kernel)(at, bytes) }
}

/// Finds the kernel, and calls it.
///
/// # Safety
///
/// 1. As for a [`Kernel`].
#[cold]
unsafe fn find(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    let kernel = best();
    KERNEL.store(kernel as *mut (), Ordering::Relaxed);
    // SAFETY: by duty 1; the processor can run it.
    unsafe { kernel(at, bytes) }
}

/// The last one of [`all`].
fn best() -> Kernel {
    let mut best: Kernel = base;
    all(|kernel| best = kernel);
    best
}

/// Hands on all kernels that this processor can run, the best one last.
pub(super) fn all(mut take: impl FnMut(Kernel)) {
    take(base);
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx2() {
            take(wide::avx2);
        }
        if has_avx512() {
            take(wide::avx512);
        }
    }
}

/// Whether this processor can run what is made for AVX2.
pub(super) fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    let has_all = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1");
    #[cfg(not(target_arch = "x86_64"))]
    let has_all = false;
    has_all
}

/// Whether this processor can run what is made for AVX-512.
pub(super) fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    let has_all = has_avx2()
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    let has_all = false;
    has_all
}

/// The kernel for any processor of the architecture.
///
/// # Safety
///
/// 1. As for a [`Kernel`].
pub(super) unsafe fn base(at: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: by duty 1.
    unsafe { write::<Native>(at, bytes) }
}

#[cfg(target_arch = "x86_64")]
pub(super) use wide::escaped_by_low_bits;

#[cfg(target_arch = "x86_64")]
pub(super) mod wide {
    //! Kernels with blocks of 32 bytes.

    use std::arch::x86_64::{
        __m256i, _bzhi_u32, _mm256_cmpeq_epi8, _mm256_cmpeq_epi8_mask, _mm256_loadu_si256,
        _mm256_maskz_loadu_epi8, _mm256_movemask_epi8, _mm256_set_epi64x, _mm256_shuffle_epi8,
        _mm256_storeu_si256,
    };

    use crate::write::block::{Lanes, Native};
    use crate::write::escape::{REPLACEMENTS, write, write_inside};

    const WIDTH: usize = 32;

    /// A table for a shuffle by the lowest four bits of each byte: it gives the one byte of
    /// such bits that is escaped, or one that has other bits. A byte of which the highest bit
    /// is set becomes 0.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(in crate::write) fn escaped_by_low_bits() -> __m256i {
        const LOW: i64 = i64::from_le_bytes(*b"\xff\xff\"\xff\xff\xff&'");
        const HIGH: i64 = i64::from_le_bytes(*b"\xff\xff\xff\xff<\xff>\0");
        _mm256_set_epi64x(HIGH, LOW, HIGH, LOW)
    }

    #[derive(Clone, Copy)]
    struct Avx2(__m256i);

    // The methods are inlined into functions for processors that have the instructions.
    impl Lanes for Avx2 {
        const WIDTH: usize = WIDTH;

        #[inline(always)]
        unsafe fn load(from: *const u8) -> Self {
            // SAFETY: by duty 1; the place need not be aligned.
            Self(unsafe { _mm256_loadu_si256(from.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut u8) {
            // SAFETY: by duty 1; the place need not be aligned.
            unsafe { _mm256_storeu_si256(to.cast(), self.0) };
        }

        #[inline(always)]
        fn mask(self) -> u32 {
            // SAFETY: only `avx2` makes blocks of this type.
            unsafe {
                let wanted = _mm256_shuffle_epi8(escaped_by_low_bits(), self.0);
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(self.0, wanted)).cast_unsigned()
            }
        }
    }

    /// Blocks of 32 bytes as long as there are two.
    ///
    /// # Safety
    ///
    /// 1. As for a [`Kernel`](super::Kernel).
    /// 2. The processor has these instructions.
    #[target_feature(enable = "avx2,bmi1")]
    pub(in crate::write) unsafe fn avx2(at: *mut u8, bytes: &[u8]) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe {
            if bytes.len() < 2 * WIDTH {
                return write::<Native>(at, bytes);
            }
            let (at, rest) = write_inside::<Avx2>(at, bytes);
            write::<Native>(at, rest)
        }
    }

    /// Blocks of up to 32 bytes, without any branch on how long a short text is.
    ///
    /// # Safety
    ///
    /// 1. As for a [`Kernel`](super::Kernel).
    /// 2. The processor has these instructions.
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    pub(in crate::write) unsafe fn avx512(at: *mut u8, bytes: &[u8]) -> *mut u8 {
        let (from, length) = (bytes.as_ptr(), bytes.len());
        // SAFETY: by duty 1. Just bytes of the text are read; what is stored is a block where
        // there is room for at least one byte of it, or slack. The duties of `mend_short` are
        // met by that.
        unsafe {
            if length > WIDTH {
                return avx512_apart(at, bytes);
            }
            let block = _mm256_maskz_loadu_epi8(first_bits(length), from.cast());
            _mm256_storeu_si256(at.cast(), block);
            let wanted = _mm256_shuffle_epi8(escaped_by_low_bits(), block);
            let mask = _mm256_cmpeq_epi8_mask(block, wanted);
            if mask != 0 {
                return mend_short(at, from, mask, length);
            }
            at.add(length)
        }
    }

    /// The same for text that is mostly longer than a block, as a call.
    ///
    /// # Safety
    ///
    /// 1. As for a [`Kernel`](super::Kernel).
    /// 2. The processor has these instructions.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    unsafe fn avx512_apart(at: *mut u8, bytes: &[u8]) -> *mut u8 {
        // SAFETY: by the duties.
        unsafe { avx512_blocks(at, bytes) }
    }

    /// The same for text of any length, where it is called.
    ///
    /// # Safety
    ///
    /// 1. As for a [`Kernel`](super::Kernel).
    /// 2. The processor has these instructions.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    pub(in crate::write) unsafe fn avx512_blocks(mut at: *mut u8, bytes: &[u8]) -> *mut u8 {
        let mut from = bytes.as_ptr();
        let mut left = bytes.len();
        // SAFETY: by duty 1. Just bytes of the text are read; what is stored is a block where
        // there is room for at least one byte of it, or slack.
        unsafe {
            // To load a part of a block takes longer.
            while left > WIDTH {
                let block = _mm256_loadu_si256(from.cast());
                at = store_escaped(at, from, block, WIDTH);
                from = from.add(WIDTH);
                left -= WIDTH;
            }
            let block = _mm256_maskz_loadu_epi8(first_bits(left), from.cast());
            store_escaped(at, from, block, left)
        }
    }

    /// Writes one block escaped, and returns the place behind it.
    ///
    /// # Safety
    ///
    /// 1. There is room at `at` for the first `length` bytes of the block, at most 32, when
    ///    they are escaped, with slack behind them.
    /// 2. They can be read at `from`; the block has them, and zeros behind them.
    /// 3. The processor has these instructions.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    unsafe fn store_escaped(
        mut at: *mut u8,
        from: *const u8,
        block: __m256i,
        length: usize,
    ) -> *mut u8 {
        // SAFETY: by the duties.
        unsafe {
            _mm256_storeu_si256(at.cast(), block);
            let wanted = _mm256_shuffle_epi8(escaped_by_low_bits(), block);
            let mask = _mm256_cmpeq_epi8_mask(block, wanted);
            if mask != 0 {
                at = mend(at, from, mask, length);
            }
            at.add(length)
        }
    }

    /// The lowest bits, 32 at most.
    #[inline]
    #[target_feature(enable = "bmi2")]
    fn first_bits(count: usize) -> u32 {
        debug_assert!(count <= WIDTH);
        _bzhi_u32(u32::MAX, count as u32)
    }

    /// Escapes a text of one block that has been stored as it is, and returns the place behind
    /// it.
    ///
    /// # Safety
    ///
    /// 1. As for [`mend`], which this calls.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    pub(in crate::write) unsafe fn mend_short(
        at: *mut u8,
        from: *const u8,
        mask: u32,
        length: usize,
    ) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { mend(at, from, mask, length).add(length) }
    }

    /// Escapes what has been stored of a block as it is, and returns by how much what follows
    /// has moved, as the place where the block would have to start for that.
    ///
    /// # Safety
    ///
    /// 1. There is room at `at` for `length` bytes, at most 32, when they are escaped, with
    ///    slack behind them.
    /// 2. `length` bytes can be read at `from`.
    /// 3. They are stored at `at`; `mask` is their mask, which is not 0.
    /// 4. The processor has these instructions.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    unsafe fn mend(mut at: *mut u8, from: *const u8, mut mask: u32, length: usize) -> *mut u8 {
        // Nothing but `at` and `mask` hangs on the round before.
        loop {
            let place = mask.trailing_zeros() as usize;
            // SAFETY: by duties 1 to 3: `place` is less than `length`, and of the rest just
            // the bytes before `length` are read. Each is stored where it belongs when what is
            // before it is escaped, and the block behind ends within the slack.
            unsafe {
                let entry = REPLACEMENTS[usize::from(*from.add(place) & 31)];
                let rest = first_bits(length - place - 1);
                let rest = _mm256_maskz_loadu_epi8(rest, from.add(place + 1).cast());
                at.add(place).cast::<[u8; 8]>().write(entry.to_le_bytes());
                at = at.add((entry >> 56) as usize - 1);
                _mm256_storeu_si256(at.add(place + 1).cast(), rest);
            }
            mask &= mask - 1;
            if mask == 0 {
                return at;
            }
        }
    }
}

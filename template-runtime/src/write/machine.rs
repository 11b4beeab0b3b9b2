//! Loops that are compiled once for each kind of processor.
//!
//! What is done again and again with a few bytes is best inlined, but the instructions that
//! do it best may only stand in functions for processors that have them. So whole loops, as
//! [`Task`]s, are compiled for each [`Machine`]; which one there is, is found out once.

use std::sync::atomic::{AtomicU8, Ordering};

use hotplate_plugin_api::value::Text;

use super::block::{BLOCK, Block, Lanes, Native};
use super::kernels;

/// How many bytes of a constant text are stored at once.
pub(super) const UNIT: usize = 2 * BLOCK;

/// Something to do on the machine that there is.
pub(crate) trait Task {
    /// What it gives.
    type Output;

    /// Does it. What is to use the machine's instructions has to be inlined into it.
    fn run<M: Machine>(self, machine: M) -> Self::Output;
}

/// A kind of processor. Who has one knows that the processor is of that kind.
pub(crate) trait Machine: Copy {
    /// Does something in a function for this kind, which is not inlined.
    fn call<T: Task>(self, task: T) -> T::Output;

    /// Copies a unit.
    ///
    /// # Safety
    ///
    /// 1. [`UNIT`] bytes can be read at `from`, and written at `to`.
    unsafe fn copy(self, from: *const u8, to: *mut u8);

    /// Stores a short text with the zeros behind it. Gives 0 if it stays what it is when it is
    /// escaped, and otherwise what [`mend`](Self::mend) needs.
    ///
    /// # Safety
    ///
    /// 1. [`UNIT`] bytes can be written at `to`.
    unsafe fn store(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> u32;

    /// Escapes a short text that has been stored at `at`, and returns the place behind it.
    ///
    /// # Safety
    ///
    /// 1. There is room at `at` for the first `length` bytes when they are escaped, with slack
    ///    behind them.
    /// 2. `store` has been called with these bytes and `at`, and gave `mask`, which is not 0.
    unsafe fn mend(
        self,
        at: *mut u8,
        bytes: &[u8; Text::IN_PLACE],
        length: usize,
        mask: u32,
    ) -> *mut u8;

    /// Stores a short text in capital letters, and the zeros behind it. Says whether it stays
    /// what it is when it is escaped; not if not all are ASCII.
    ///
    /// # Safety
    ///
    /// 1. As for [`store`](Self::store).
    unsafe fn store_upper(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> bool;

    /// Writes text escaped, and returns the place behind it.
    ///
    /// # Safety
    ///
    /// 1. As for a [`Kernel`](kernels::Kernel).
    unsafe fn escape(self, at: *mut u8, bytes: &[u8]) -> *mut u8;
}

/// What is not known yet, and the kinds that there are.
const UNKNOWN: u8 = 0;
const BASE: u8 = 1;
const AVX2: u8 = 2;
const AVX512: u8 = 3;

/// The kind of this processor, once it is known.
static KIND: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Does something in a function for the processor that there is.
#[inline]
pub(crate) fn perform<T: Task>(task: T) -> T::Output {
    // Nothing but the number itself is read by its being there.
    let kind = match KIND.load(Ordering::Relaxed) {
        UNKNOWN => find(),
        known => known,
    };
    match kind {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `find` gives this kind only where the processor has the instructions.
        AVX512 => unsafe { wide::in_avx512(task) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as before.
        AVX2 => unsafe { wide::in_avx2(task) },
        _ => in_base(task),
    }
}

#[cold]
#[inline(never)]
fn find() -> u8 {
    let kind = best();
    KIND.store(kind, Ordering::Relaxed);
    kind
}

/// The best kind that this processor is.
fn best() -> u8 {
    if kernels::has_avx512() {
        AVX512
    } else if kernels::has_avx2() {
        AVX2
    } else {
        BASE
    }
}

#[inline(never)]
fn in_base<T: Task>(task: T) -> T::Output {
    task.run(Base)
}

/// Does something with each kind that this processor is.
#[cfg(test)]
pub(super) fn each<T: Task>(make: impl Fn() -> T) -> Vec<T::Output> {
    let mut all = vec![in_base(make())];
    #[cfg(target_arch = "x86_64")]
    {
        if kernels::has_avx2() {
            // SAFETY: the processor has the instructions.
            all.push(unsafe { wide::in_avx2(make()) });
        }
        if kernels::has_avx512() {
            // SAFETY: the processor has the instructions.
            all.push(unsafe { wide::in_avx512(make()) });
        }
    }
    all
}

/// Any processor of the architecture.
#[derive(Clone, Copy)]
pub(super) struct Base;

/// The bytes of a short text.
fn first(bytes: &[u8; Text::IN_PLACE], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or_default()
}

/// Both ends of a short text, which overlap: all that is in place.
#[inline(always)]
fn ends(bytes: &[u8; Text::IN_PLACE]) -> (Native, Native) {
    const { assert!(BLOCK <= Text::IN_PLACE && Text::IN_PLACE <= UNIT) };
    // SAFETY: each is a block of the bytes.
    unsafe {
        (
            Native::load(bytes.as_ptr()),
            Native::load(bytes.as_ptr().add(Text::IN_PLACE - BLOCK)),
        )
    }
}

impl Machine for Base {
    #[inline(always)]
    fn call<T: Task>(self, task: T) -> T::Output {
        in_base(task)
    }

    #[inline(always)]
    unsafe fn copy(self, from: *const u8, to: *mut u8) {
        // SAFETY: by duty 1.
        unsafe {
            let (first, second) = (Native::load(from), Native::load(from.add(BLOCK)));
            first.store(to);
            second.store(to.add(BLOCK));
        }
    }

    #[inline(always)]
    unsafe fn store(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> u32 {
        let (first, last) = ends(bytes);
        // SAFETY: by duty 1.
        unsafe {
            first.store(to);
            last.store(to.add(Text::IN_PLACE - BLOCK));
        }
        first.marks().or(last.marks()).highest()
    }

    #[inline(always)]
    unsafe fn mend(
        self,
        at: *mut u8,
        bytes: &[u8; Text::IN_PLACE],
        length: usize,
        _: u32,
    ) -> *mut u8 {
        // SAFETY: by duty 1. What has been stored is written anew.
        unsafe { kernels::base(at, first(bytes, length)) }
    }

    #[inline(always)]
    unsafe fn store_upper(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> bool {
        let (first, last) = ends(bytes);
        if first.or(last).highest() != 0 {
            return false;
        }
        let (first, last) = (first.turned(b'a'), last.turned(b'a'));
        // SAFETY: by duty 1.
        unsafe {
            first.store(to);
            last.store(to.add(Text::IN_PLACE - BLOCK));
        }
        first.marks().or(last.marks()).highest() == 0
    }

    #[inline(always)]
    unsafe fn escape(self, at: *mut u8, bytes: &[u8]) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { kernels::base(at, bytes) }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    //! Processors with blocks of 32 bytes.

    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_and_si256,
        _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpeq_epi8_mask, _mm256_cmpgt_epi8,
        _mm256_cmplt_epu8_mask, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_mask_sub_epi8,
        _mm256_maskz_loadu_epi8, _mm256_movemask_epi8, _mm256_movepi8_mask, _mm256_set_m128i,
        _mm256_set1_epi8, _mm256_shuffle_epi8, _mm256_storeu_si256, _mm256_sub_epi8,
        _mm256_xor_si256,
    };

    use hotplate_plugin_api::value::Text;

    use super::{BLOCK, Machine, Task, UNIT, first};
    use crate::write::kernels::{self, escaped_by_low_bits};

    const _: () = assert!(UNIT == size_of::<__m256i>());

    /// A processor with AVX2. Only functions for such processors make one.
    #[derive(Clone, Copy)]
    struct Avx2(());

    /// A processor with what [`kernels::has_avx512`] asks for. Only functions for such
    /// processors make one.
    #[derive(Clone, Copy)]
    struct Avx512(());

    /// Does something on a processor with AVX2.
    #[inline(never)]
    #[target_feature(enable = "avx2,bmi1")]
    pub(super) fn in_avx2<T: Task>(task: T) -> T::Output {
        task.run(Avx2(()))
    }

    /// Does something on a processor with AVX-512.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512vl,avx2,bmi1,bmi2")]
    pub(super) fn in_avx512<T: Task>(task: T) -> T::Output {
        task.run(Avx512(()))
    }

    // The methods are inlined into the functions above. What they load and store is by their
    // duties; the instructions are there, since there is the machine.

    /// All that is in place, of which the ends overlap.
    #[inline(always)]
    fn both_ends(_: Avx2, bytes: &[u8; Text::IN_PLACE]) -> __m256i {
        let from = bytes.as_ptr();
        // SAFETY: both blocks are parts of the bytes.
        unsafe {
            let first = _mm_loadu_si128(from.cast());
            let last = _mm_loadu_si128(from.add(Text::IN_PLACE - BLOCK).cast());
            _mm256_set_m128i(last, first)
        }
    }

    /// Stores both ends. Gives 0 if nothing of them is escaped.
    ///
    /// # Safety
    ///
    /// 1. [`UNIT`] bytes can be written at `to`.
    #[inline(always)]
    unsafe fn store_ends(_: Avx2, ends: __m256i, to: *mut u8) -> u32 {
        // SAFETY: by duty 1.
        unsafe {
            let last: __m128i = _mm256_extracti128_si256::<1>(ends);
            _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(ends));
            _mm_storeu_si128(to.add(Text::IN_PLACE - BLOCK).cast(), last);
            let wanted = _mm256_shuffle_epi8(escaped_by_low_bits(), ends);
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(ends, wanted)).cast_unsigned()
        }
    }

    impl Machine for Avx2 {
        #[inline(always)]
        fn call<T: Task>(self, task: T) -> T::Output {
            // SAFETY: the processor has the instructions.
            unsafe { in_avx2(task) }
        }

        #[inline(always)]
        unsafe fn copy(self, from: *const u8, to: *mut u8) {
            // SAFETY: by duty 1.
            unsafe { _mm256_storeu_si256(to.cast(), _mm256_loadu_si256(from.cast())) };
        }

        #[inline(always)]
        unsafe fn store(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> u32 {
            // SAFETY: by duty 1.
            unsafe { store_ends(self, both_ends(self, bytes), to) }
        }

        #[inline(always)]
        unsafe fn mend(
            self,
            at: *mut u8,
            bytes: &[u8; Text::IN_PLACE],
            length: usize,
            _: u32,
        ) -> *mut u8 {
            // SAFETY: by duty 1. What has been stored is written anew.
            unsafe { kernels::wide::avx2(at, first(bytes, length)) }
        }

        #[inline(always)]
        unsafe fn store_upper(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> bool {
            let ends = both_ends(self, bytes);
            // SAFETY: the instructions are there; by duty 1.
            unsafe {
                if _mm256_movemask_epi8(ends) != 0 {
                    return false;
                }
                let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
                let is_from = _mm256_cmpgt_epi8(ends, all(b'a' - 1));
                let is_below = _mm256_cmpgt_epi8(all(b'z' + 1), ends);
                let bit = _mm256_and_si256(_mm256_and_si256(is_from, is_below), all(0x20));
                store_ends(self, _mm256_xor_si256(ends, bit), to) == 0
            }
        }

        #[inline(always)]
        unsafe fn escape(self, at: *mut u8, bytes: &[u8]) -> *mut u8 {
            // SAFETY: by duty 1.
            unsafe { kernels::wide::avx2(at, bytes) }
        }
    }

    /// All that is in place, and zeros behind it.
    #[inline(always)]
    fn whole(_: Avx512, bytes: &[u8; Text::IN_PLACE]) -> __m256i {
        const MASK: u32 = u32::MAX >> (UNIT - Text::IN_PLACE);
        // SAFETY: no more is read than the bytes that are in place.
        unsafe { _mm256_maskz_loadu_epi8(MASK, bytes.as_ptr().cast()) }
    }

    /// Stores a block. Gives a bit for each byte of it that is escaped.
    ///
    /// # Safety
    ///
    /// 1. [`UNIT`] bytes can be written at `to`.
    #[inline(always)]
    unsafe fn store_block(_: Avx512, block: __m256i, to: *mut u8) -> u32 {
        // SAFETY: by duty 1.
        unsafe {
            _mm256_storeu_si256(to.cast(), block);
            let wanted = _mm256_shuffle_epi8(escaped_by_low_bits(), block);
            _mm256_cmpeq_epi8_mask(block, wanted)
        }
    }

    impl Machine for Avx512 {
        #[inline(always)]
        fn call<T: Task>(self, task: T) -> T::Output {
            // SAFETY: the processor has the instructions.
            unsafe { in_avx512(task) }
        }

        #[inline(always)]
        unsafe fn copy(self, from: *const u8, to: *mut u8) {
            // SAFETY: by duty 1.
            unsafe { _mm256_storeu_si256(to.cast(), _mm256_loadu_si256(from.cast())) };
        }

        #[inline(always)]
        unsafe fn store(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> u32 {
            // SAFETY: by duty 1.
            unsafe { store_block(self, whole(self, bytes), to) }
        }

        #[inline(always)]
        unsafe fn mend(
            self,
            at: *mut u8,
            bytes: &[u8; Text::IN_PLACE],
            length: usize,
            mask: u32,
        ) -> *mut u8 {
            // SAFETY: by the duties. The zeros behind the text are not escaped, so that all
            // bits of the mask are those of the text, which fits in a block.
            unsafe { kernels::wide::mend_short(at, bytes.as_ptr(), mask, length) }
        }

        #[inline(always)]
        unsafe fn store_upper(self, bytes: &[u8; Text::IN_PLACE], to: *mut u8) -> bool {
            let block = whole(self, bytes);
            // SAFETY: the instructions are there; by duty 1.
            unsafe {
                if _mm256_movepi8_mask(block) != 0 {
                    return false;
                }
                let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
                let place = _mm256_sub_epi8(block, all(b'a'));
                let letters = _mm256_cmplt_epu8_mask(place, all(26));
                let turned = _mm256_mask_sub_epi8(block, letters, block, all(0x20));
                store_block(self, turned, to) == 0
            }
        }

        #[inline(always)]
        unsafe fn escape(self, at: *mut u8, bytes: &[u8]) -> *mut u8 {
            // SAFETY: by duty 1.
            unsafe { kernels::wide::avx512_blocks(at, bytes) }
        }
    }
}

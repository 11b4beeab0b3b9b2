//! The output sink: a text buffer that its creator owns and others write in place.
//!
//! The buffer is raw parts and two function pointers rather than an `RString` so that
//! generated code can keep the cursor in a register and so that memory is always given
//! back to the allocator it came from. This module holds the crate's raw memory handling.
//!
//! # What holds between calls
//!
//! 1. `ptr` and `allocated` are the parts of a `Vec<u8>` of the library whose functions
//!    `grow` and `free` are.
//! 2. `len <= cap <= allocated`, and `ptr[..len]` is initialised and UTF-8.
//! 3. Where `len < cap`, there are at least [`SLACK`] bytes of memory behind `cap`. So
//!    whoever writes at least one byte within `cap` may store blind beyond the end of it,
//!    in whole blocks, as long as what is stored ends within the slack.
//! 4. `cap` never lets more be written than the limit has left.
//!
//! # How it grows
//!
//! By doubling, and from 1 MiB on by a quarter: a long output never has more memory than
//! its length and a quarter of that, not even while it grows, and the copies of growing
//! stay proportional to its length. What is smaller may end up with twice its length;
//! [`into_string`](Output::into_string) gives back what is more than a quarter.
#![expect(
    unsafe_code,
    reason = "writes through the raw parts of a Vec that crosses the library boundary"
)]

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::{fmt, ptr, slice};

use abi_stable::StableAbi;

mod sink;
#[cfg(test)]
mod tests;

pub use sink::Sink;

/// How many bytes behind what is written may be overwritten with anything.
pub const SLACK: usize = 64;

/// The least that is allocated.
const SMALLEST: usize = 64;

/// From here on memory grows by a quarter instead of doubling.
const LARGE: usize = 1 << 20;

/// Less unused memory than this is not worth giving back.
const SPARE: usize = 4096;

/// A growable UTF-8 text buffer with an upper limit.
///
/// Whoever makes one owns the memory; code in another library may append to it, because
/// growing and freeing go through function pointers of the owner. A
/// [streaming](Output::streaming) one hands its text to a [`Sink`] whenever it is full.
///
/// ```
/// use hotplate_plugin_api::Output;
///
/// let mut out = Output::new();
/// assert!(out.push_str("a"));
/// assert_eq!(out.into_string(), "a");
/// ```
#[repr(C)]
#[derive(StableAbi)]
pub struct Output<'a> {
    // What is zero in a new one stands apart: as a block it would be cleared and copied as one,
    // and the processor would wait for the one before it begins with the other.
    memory: Memory,
    /// How far may be written.
    cap: usize,
    /// How much of the text at the front is not ours, and does not count.
    start: usize,
    limit: usize,
    /// How much has been handed to the sink.
    flushed: usize,
    grow: unsafe extern "C" fn(&mut Output<'_>, usize) -> bool,
    /// The sink of a streaming buffer; null for others.
    sink: *mut (),
    /// Whether the sink has failed.
    is_broken: bool,
    _sink: PhantomData<&'a ()>,
}

/// The text and its memory. Dropping it does not touch the sink, which may be gone by then.
#[repr(C)]
#[derive(StableAbi)]
struct Memory {
    ptr: *mut u8,
    len: usize,
    allocated: usize,
    free: unsafe extern "C" fn(&mut Memory),
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.allocated == 0 {
            return;
        }
        // SAFETY: `free` was stored with the raw parts by the same constructor,
        // and nothing uses them after drop.
        unsafe { (self.free)(self) }
    }
}

/// The parts of a `Vec<u8>` of this library: where it is, its length and its capacity.
type Parts = (*mut u8, usize, usize);

/// How far may be written behind `len` bytes, by what is allocated and by what a limit has
/// left.
fn usable(len: usize, allocated: usize, remaining: usize) -> usize {
    let allowed = len.saturating_add(remaining);
    allocated.saturating_sub(SLACK).min(allowed).max(len)
}

/// Where an output is written: between `at` and `end`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    /// The end of what has been written.
    pub at: *mut u8,
    /// How far may be written. Up to [`SLACK`] bytes behind what is written may be
    /// overwritten, if anything is written at all.
    pub end: *mut u8,
}

impl<'a> Output<'a> {
    /// An empty buffer without a limit.
    pub fn new() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// An empty buffer that refuses to hold more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self::from_vec(Vec::new(), limit)
    }

    /// An empty buffer with room for `capacity` bytes that refuses to hold more than `limit`.
    #[inline]
    pub fn with_capacity(capacity: usize, limit: usize) -> Self {
        let capacity = capacity.min(limit);
        let bytes = match capacity {
            0 => Vec::new(),
            capacity => Vec::with_capacity(capacity.saturating_add(SLACK)),
        };
        // That is what it has; there may be a little more, but this is known already.
        Self::from_parts(bytes, capacity, limit)
    }

    /// A buffer that appends to `text`, at most `limit` bytes.
    ///
    /// [`into_buffer`](Output::into_buffer) gives the string back.
    ///
    /// ```
    /// use hotplate_plugin_api::Output;
    ///
    /// let mut out = Output::from_string("a".to_owned(), 1);
    /// assert!(out.push_str("b"));
    /// assert!(!out.push_str("c"));
    /// assert_eq!(out.into_buffer(), "ab");
    /// ```
    pub fn from_string(text: String, limit: usize) -> Self {
        Self::from_vec(text.into_bytes(), limit)
    }

    /// A buffer of `capacity` bytes that hands its text to `sink` whenever it is full, and
    /// refuses to take more than `limit` bytes altogether.
    ///
    /// The buffer grows only for single pieces that are longer than `capacity` and have to
    /// be in it as a whole; [`push_str`](Output::push_str) takes longer text in parts. What
    /// is in the buffer at the end is handed over by [`flush`](Output::flush), and lost if
    /// nobody calls it. The sink knows the error, if it failed.
    ///
    /// ```
    /// use hotplate_plugin_api::{Output, Sink};
    ///
    /// let mut written = Vec::new();
    /// let mut sink = Sink::new(&mut written);
    /// let mut out = Output::streaming(1024, usize::MAX, &mut sink);
    /// assert!(out.push_str("a") && out.flush());
    /// drop(out);
    /// sink.finish()?;
    /// assert_eq!(written, b"a");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn streaming(capacity: usize, limit: usize, sink: &'a mut Sink<'_>) -> Self {
        let mut out = Self::with_capacity(capacity.max(SMALLEST), limit);
        out.sink = (&raw mut *sink).cast();
        out.grow = grow_streaming;
        out
    }

    fn from_vec(bytes: Vec<u8>, limit: usize) -> Self {
        let cap = usable(bytes.len(), bytes.capacity(), limit);
        Self::from_parts(bytes, cap, limit)
    }

    #[inline(always)]
    fn from_parts(bytes: Vec<u8>, cap: usize, limit: usize) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self {
            memory: Memory {
                ptr: bytes.as_mut_ptr(),
                len: bytes.len(),
                allocated: bytes.capacity(),
                free: free_vec,
            },
            cap,
            start: bytes.len(),
            limit,
            flushed: 0,
            grow: grow_vec,
            sink: ptr::null_mut(),
            is_broken: false,
            _sink: PhantomData,
        }
    }

    /// How far may be written, by what is allocated and by the limit.
    fn usable(&self) -> usize {
        usable(self.memory.len, self.memory.allocated, self.remaining())
    }

    /// Appends `text`; false, with nothing written, if that would exceed the limit.
    ///
    /// False, too, if the sink of a streaming buffer has failed.
    #[inline]
    #[must_use = "false means that the text was not written"]
    pub fn push_str(&mut self, text: &str) -> bool {
        if self.cap - self.memory.len < text.len() {
            return self.push_slowly(text);
        }
        // SAFETY: `allocated >= cap` and `cap - len >= text.len()`, so the destination is
        // inside the allocation; `text` cannot overlap memory that we hold by `&mut`.
        unsafe {
            ptr::copy_nonoverlapping(
                text.as_ptr(),
                self.memory.ptr.add(self.memory.len),
                text.len(),
            )
        };
        self.memory.len += text.len();
        true
    }

    #[cold]
    fn push_slowly(&mut self, text: &str) -> bool {
        if text.len() > self.remaining() {
            return false;
        }
        let mut rest = text;
        if self.is_streaming() {
            while rest.len() > self.cap - self.memory.len {
                let (part, next) =
                    rest.split_at(rest.floor_char_boundary(self.cap - self.memory.len));
                // Room for any character makes the next part longer than nothing.
                if !self.push_str(part) || !self.reserve(next.len().min(4)) {
                    return false;
                }
                rest = next;
            }
        } else if !self.reserve(rest.len()) {
            return false;
        }
        self.push_str(rest)
    }

    /// Makes room for `additional` bytes; false if that would exceed the limit, or if the
    /// sink of a streaming buffer has failed.
    ///
    /// A streaming buffer hands over what it holds.
    #[cold]
    #[must_use = "false means that there is no room"]
    pub fn reserve(&mut self, additional: usize) -> bool {
        // SAFETY: `grow` was stored with the raw parts by the same constructor.
        unsafe { (self.grow)(self, additional) }
    }

    /// Hands what a streaming buffer holds to its sink; false if the sink has failed.
    #[must_use = "false means that text was lost"]
    pub fn flush(&mut self) -> bool {
        !self.is_streaming() || self.reserve(0)
    }

    /// How many bytes of text the buffer holds: all that was written, unless a sink has
    /// taken some, and what was in front of it.
    #[inline]
    pub fn len(&self) -> usize {
        self.memory.len
    }

    /// Whether the buffer holds nothing.
    pub fn is_empty(&self) -> bool {
        self.memory.len == 0
    }

    /// How many bytes have been written, without what was there before, and with what a
    /// sink has taken.
    pub fn written(&self) -> usize {
        self.flushed.saturating_add(self.memory.len - self.start)
    }

    /// How many bytes may be written before the limit is reached.
    pub fn remaining(&self) -> usize {
        self.limit.saturating_sub(self.written())
    }

    /// The most bytes that may be written.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether text is handed to a sink whenever the buffer is full.
    pub fn is_streaming(&self) -> bool {
        !self.sink.is_null()
    }

    /// Why nothing more can be written, for a person.
    pub fn refusal(&self) -> String {
        if self.is_broken {
            "the output cannot be passed on any more".to_owned()
        } else {
            format!("the output exceeds the limit of {} bytes", self.limit)
        }
    }

    /// The text that the buffer holds.
    pub fn as_str(&self) -> &str {
        // SAFETY: by invariant 2. An empty `Vec` has a dangling, aligned, non-null pointer,
        // which is what `from_raw_parts` asks for.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(self.memory.ptr, self.memory.len)) }
    }

    /// Takes the text out, without copying where this library made the buffer.
    ///
    /// Memory that is not needed is given back if it is a fair part of the whole.
    #[inline]
    pub fn into_string(mut self) -> String {
        self.take_string()
    }

    /// Takes the text out as [`into_string`](Output::into_string) does, and leaves an empty
    /// buffer with the same limit.
    ///
    /// ```
    /// use hotplate_plugin_api::Output;
    ///
    /// let mut out = Output::with_limit(2);
    /// assert!(out.push_str("ab") && !out.push_str("c"));
    /// assert_eq!(out.take_string(), "ab");
    /// assert!(out.push_str("c"));
    /// assert_eq!(out.as_str(), "c");
    /// ```
    #[inline(always)]
    pub fn take_string(&mut self) -> String {
        if self.memory.allocated - self.memory.len > SPARE {
            self.shrink();
        }
        self.take_buffer()
    }

    /// Gives back what is not needed, if that is a fair part of the whole.
    #[cold]
    fn shrink(&mut self) {
        let unused = self.memory.allocated - self.memory.len;
        // What another library made is copied anyway.
        if self.is_own() && unused > self.memory.len / 4 {
            // SAFETY: by `is_own` these are the parts of a `Vec<u8>` of this library; they are
            // stored back before anyone can see them.
            let mut bytes = ManuallyDrop::new(unsafe {
                Vec::from_raw_parts(self.memory.ptr, self.memory.len, self.memory.allocated)
            });
            bytes.shrink_to_fit();
            self.memory.ptr = bytes.as_mut_ptr();
            self.memory.allocated = bytes.capacity();
            self.cap = self.usable();
        }
    }

    /// Takes the text out as [`into_string`](Output::into_string) does, but with all of its
    /// memory, so that the string can be used again for another text.
    #[inline]
    pub fn into_buffer(mut self) -> String {
        self.take_buffer()
    }

    /// Takes the text out as [`into_buffer`](Output::into_buffer) does, and leaves an empty
    /// buffer with the same limit.
    #[inline(always)]
    pub fn take_buffer(&mut self) -> String {
        let (ptr, len, allocated) = if self.is_own() {
            self.take_parts()
        } else {
            self.copy_parts()
        };
        // SAFETY: in both cases the parts are those of a `Vec<u8>` of this library, and used
        // once; the bytes are UTF-8 by invariant 2.
        unsafe { String::from_utf8_unchecked(Vec::from_raw_parts(ptr, len, allocated)) }
    }

    /// Whether this library made the memory: `free_vec` marks it.
    #[inline(always)]
    fn is_own(&self) -> bool {
        ptr::fn_addr_eq(
            self.memory.free,
            free_vec as unsafe extern "C" fn(&mut Memory),
        )
    }

    /// The parts of the memory, which this library made; those of an empty `Vec` replace them.
    #[inline(always)]
    fn take_parts(&mut self) -> Parts {
        // They are read one by one: each was stored so, and the processor would wait for them
        // if they were read together.
        let Memory {
            ptr,
            len,
            allocated,
            ..
        } = self.memory;
        self.memory.ptr = NonNull::dangling().as_ptr();
        self.memory.len = 0;
        self.memory.allocated = 0;
        self.cap = 0;
        self.start = 0;
        self.flushed = 0;
        (ptr, len, allocated)
    }

    /// The parts of a copy of the text, whose memory another library made. Parts and not the
    /// copy, so that who takes the ordinary way gets them in registers.
    #[cold]
    fn copy_parts(&mut self) -> Parts {
        let mut text = ManuallyDrop::new(self.as_str().to_owned());
        self.memory.len = 0;
        self.start = 0;
        self.flushed = 0;
        self.cap = if self.is_broken { 0 } else { self.usable() };
        (text.as_mut_ptr(), text.len(), text.capacity())
    }
}

/// Writing in place.
impl Output<'_> {
    /// Where to write. What was written counts once [`advance`](Output::advance) is called.
    #[inline]
    pub fn cursor(&mut self) -> Cursor {
        // SAFETY: `len <= cap <= allocated`, so both are inside the allocation or at its end.
        unsafe {
            Cursor {
                at: self.memory.ptr.add(self.memory.len),
                end: self.memory.ptr.add(self.cap),
            }
        }
    }

    /// Where the text that this buffer has been given starts.
    #[inline]
    pub fn first(&mut self) -> *mut u8 {
        // SAFETY: `start <= len`, since what was there before is never taken back and a
        // streaming buffer, which is emptied, starts at 0.
        unsafe { self.memory.ptr.add(self.start) }
    }

    /// Sets the end of what has been written.
    ///
    /// # Safety
    ///
    /// 1. `at` lies between [`first`](Output::first) and the `end` of the last
    ///    [`cursor`](Output::cursor), since which nothing else has changed this output.
    /// 2. All bytes between `first` and `at` have been written, and are UTF-8.
    #[inline]
    pub unsafe fn advance(&mut self, at: *mut u8) {
        // SAFETY: by duty 1 both are in the same allocation, and `at` is not before `ptr`.
        self.memory.len = unsafe { at.offset_from_unsigned(self.memory.ptr) };
    }
}

impl Default for Output<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// What to allocate for `needed` bytes where there are `allocated`.
fn grown(allocated: usize, needed: usize) -> usize {
    let step = if allocated < LARGE {
        allocated
    } else {
        allocated / 4
    };
    allocated.saturating_add(step).max(needed).max(SMALLEST)
}

/// # Safety
///
/// 1. `output.memory` must be the parts of a `Vec<u8>` of this library.
unsafe extern "C" fn grow_vec(output: &mut Output<'_>, additional: usize) -> bool {
    let remaining = output.remaining();
    if additional > remaining {
        return false;
    }
    let Some(needed) =
        (output.memory.len.checked_add(additional)).and_then(|len| len.checked_add(SLACK))
    else {
        return false;
    };
    if needed > output.memory.allocated {
        // More than the limit lets be used is no use.
        let most = output
            .memory
            .len
            .saturating_add(remaining)
            .saturating_add(SLACK);
        let wanted = grown(output.memory.allocated, needed).min(most.max(needed));
        // SAFETY: by duty 1.
        let has_grown =
            unsafe { reallocate(output, wanted) } || unsafe { reallocate(output, needed) };
        if !has_grown {
            return false;
        }
    }
    output.cap = output.usable();
    true
}

/// # Safety
///
/// 1. `output.memory` must be the parts of a `Vec<u8>` of this library.
unsafe fn reallocate(output: &mut Output<'_>, wanted: usize) -> bool {
    // SAFETY: by duty 1; the parts are stored back before anyone can see them.
    let mut bytes = ManuallyDrop::new(unsafe {
        Vec::from_raw_parts(
            output.memory.ptr,
            output.memory.len,
            output.memory.allocated,
        )
    });
    let done = bytes
        .try_reserve_exact(wanted.saturating_sub(output.memory.len))
        .is_ok();
    output.memory.ptr = bytes.as_mut_ptr();
    output.memory.allocated = bytes.capacity();
    done
}

/// # Safety
///
/// 1. `output.memory` must be the parts of a `Vec<u8>` of this library.
/// 2. `sink` must be that of [`Output::streaming`].
unsafe extern "C" fn grow_streaming(output: &mut Output<'_>, additional: usize) -> bool {
    if output.is_broken || additional > output.remaining() {
        return false;
    }
    // SAFETY: by duty 2; `streaming` borrows the sink for the lifetime of the output, and
    // nobody else comes at it meanwhile.
    let sink = unsafe { &mut *output.sink.cast::<Sink<'_>>() };
    if !sink.take(output.as_str().as_bytes()) {
        output.is_broken = true;
        output.cap = output.memory.len;
        return false;
    }
    output.flushed += output.memory.len;
    output.memory.len = 0;
    // SAFETY: by duty 1.
    unsafe { grow_vec(output, additional) }
}

/// # Safety
///
/// 1. `memory` must be the parts of a `Vec<u8>` of this library.
/// 2. They must not be used afterwards.
unsafe extern "C" fn free_vec(memory: &mut Memory) {
    // SAFETY: by duties 1 and 2.
    drop(unsafe { Vec::from_raw_parts(memory.ptr, memory.len, memory.allocated) });
}

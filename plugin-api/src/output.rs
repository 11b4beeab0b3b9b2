//! The output sink: a text buffer that its creator owns and others write in place.
//!
//! The buffer is four words and two function pointers rather than an `RString`
//! so that generated code can keep the cursor in a register and so that memory
//! is always given back to the allocator it came from. This module holds the
//! crate's raw memory handling.
#![expect(
    unsafe_code,
    reason = "writes through the raw parts of a Vec that crosses the library boundary"
)]

use std::mem::ManuallyDrop;
use std::{fmt, ptr, slice};

use abi_stable::StableAbi;

/// A growable UTF-8 text buffer with an upper limit.
///
/// Whoever calls [`Output::new`] owns the memory; code in another library may
/// append to it, because growing and freeing go through function pointers of
/// the owner.
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
pub struct Output {
    ptr: *mut u8,
    len: usize,
    /// How far may be written: what is allocated, but never beyond the limit.
    cap: usize,
    allocated: usize,
    limit: usize,
    grow: unsafe extern "C" fn(&mut Output, usize) -> bool,
    free: unsafe extern "C" fn(&mut Output),
}

// SAFETY: an `Output` owns its bytes exclusively, like the `Vec<u8>` it is made
// from, and its function pointers may be called from any thread.
unsafe impl Send for Output {}
// SAFETY: shared access only reads `ptr[..len]`.
unsafe impl Sync for Output {}

impl Output {
    /// An empty buffer without a limit.
    pub fn new() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// An empty buffer that refuses to hold more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self::from_vec(Vec::new(), limit)
    }

    /// An empty buffer with room for `capacity` bytes that refuses to hold more than `limit`.
    pub fn with_capacity(capacity: usize, limit: usize) -> Self {
        Self::from_vec(Vec::with_capacity(capacity.min(limit)), limit)
    }

    fn from_vec(bytes: Vec<u8>, limit: usize) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self {
            ptr: bytes.as_mut_ptr(),
            len: bytes.len(),
            cap: bytes.capacity().min(limit),
            allocated: bytes.capacity(),
            limit,
            grow: grow_vec,
            free: free_vec,
        }
    }

    /// Appends `text`; false, with nothing written, if that would exceed the limit.
    #[inline]
    #[must_use = "false means that the limit was reached and nothing was written"]
    pub fn push_str(&mut self, text: &str) -> bool {
        if self.cap - self.len < text.len() && !self.reserve(text.len()) {
            return false;
        }
        // SAFETY: `allocated >= cap` and `cap - len >= text.len()`, so the destination is
        // inside the allocation; `text` cannot overlap memory that we hold by `&mut`.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.ptr.add(self.len), text.len()) };
        self.len += text.len();
        true
    }

    /// Makes room for `additional` bytes; false if that would exceed the limit.
    #[cold]
    pub fn reserve(&mut self, additional: usize) -> bool {
        // SAFETY: `grow` was stored with the raw parts by the same constructor.
        unsafe { (self.grow)(self, additional) }
    }

    /// The length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The largest length in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// What has been written.
    pub fn as_str(&self) -> &str {
        // SAFETY: `ptr[..len]` was written by `push_str` alone, so it is
        // initialised and valid UTF-8. An empty `Vec` has a dangling, aligned,
        // non-null pointer, which is what `from_raw_parts` asks for.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(self.ptr, self.len)) }
    }

    /// Takes the text out, without copying where this library made the buffer.
    pub fn into_string(self) -> String {
        if !ptr::fn_addr_eq(self.free, free_vec as unsafe extern "C" fn(&mut Output)) {
            return self.as_str().to_owned();
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: `free_vec` marks the parts as those of a `Vec<u8>` of this
        // library's allocator; `this` is not dropped, so they are used once;
        // the bytes are UTF-8 as in `as_str`.
        unsafe {
            String::from_utf8_unchecked(Vec::from_raw_parts(this.ptr, this.len, this.allocated))
        }
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: `free` was stored with the raw parts by the same constructor,
        // and nothing uses them after drop.
        unsafe { (self.free)(self) }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// # Safety
///
/// 1. `ptr`, `len` and `allocated` of `output` must be those of a `Vec<u8>` of this library.
unsafe extern "C" fn grow_vec(output: &mut Output, additional: usize) -> bool {
    let Some(wanted) = output.len.checked_add(additional) else {
        return false;
    };
    if wanted > output.limit {
        return false;
    }
    // SAFETY: by duty 1; the parts are stored back before anyone can see them.
    let mut bytes =
        ManuallyDrop::new(unsafe { Vec::from_raw_parts(output.ptr, output.len, output.allocated) });
    if bytes.try_reserve(additional).is_err() {
        return false;
    }
    output.ptr = bytes.as_mut_ptr();
    output.allocated = bytes.capacity();
    output.cap = output.allocated.min(output.limit);
    true
}

/// # Safety
///
/// 1. `ptr`, `len` and `allocated` of `output` must be those of a `Vec<u8>` of this library.
/// 2. They must not be used afterwards.
unsafe extern "C" fn free_vec(output: &mut Output) {
    // SAFETY: by duties 1 and 2.
    drop(unsafe { Vec::from_raw_parts(output.ptr, output.len, output.allocated) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_keeps_the_text() {
        let mut out = Output::new();
        for _ in 0..1000 {
            assert!(out.push_str("añb"));
        }
        assert_eq!(out.into_string(), "añb".repeat(1000));
    }

    #[test]
    fn refuses_what_exceeds_the_limit_and_writes_none_of_it() {
        let mut out = Output::with_limit(5);
        assert!(out.push_str("abc"));
        assert!(!out.push_str("def"));
        assert!(out.push_str("de"));
        assert_eq!(out.as_str(), "abcde");
    }

    #[test]
    fn an_empty_buffer_is_an_empty_string() {
        assert_eq!(Output::new().as_str(), "");
        assert_eq!(Output::new().into_string(), "");
    }
}

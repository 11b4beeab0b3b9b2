//! Tests of the output buffer.

use std::io;

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
    assert_eq!(out.remaining(), 0);
    assert!(out.push_str(""));
    assert_eq!(out.refusal(), "the output exceeds the limit of 5 bytes");
}

#[test]
fn an_empty_buffer_is_an_empty_string() {
    assert_eq!(Output::new().as_str(), "");
    assert_eq!(Output::new().into_string(), "");
    assert_eq!(Output::with_capacity(10, 0).into_string(), "");
    assert!(Output::with_limit(0).push_str(""));
    assert!(!Output::with_limit(0).push_str("a"));
}

/// There is always slack behind what may be written, whatever the buffer is made of.
#[test]
fn there_is_slack_behind_the_end() {
    let check = |mut out: Output<'_>| {
        for _ in 0..70 {
            assert!(out.memory.len <= out.cap && out.cap <= out.memory.allocated);
            assert!(out.memory.len == out.cap || out.cap + SLACK <= out.memory.allocated);
            let _ = out.push_str("ä");
        }
    };
    for size in 0..40 {
        check(Output::with_capacity(size, usize::MAX));
        check(Output::with_capacity(size, 30));
        for length in [0, size / 2, size] {
            let mut text = String::with_capacity(size);
            text.extend(std::iter::repeat_n('x', length));
            check(Output::from_string(text.clone(), usize::MAX));
            check(Output::from_string(text, 20));
        }
    }
}

#[test]
fn appends_to_a_string_in_place() {
    let mut text = String::with_capacity(100);
    text.push_str("before");
    let place = text.as_ptr();
    let mut out = Output::from_string(text, 5);
    assert!(out.push_str(" and "));
    assert!(!out.push_str("x"));
    assert_eq!((out.written(), out.len()), (5, 11));
    let text = out.into_buffer();
    assert_eq!((text.as_str(), text.as_ptr()), ("before and ", place));
    assert_eq!(text.capacity(), 100);
}

#[test]
fn a_long_text_wastes_at_most_a_quarter() {
    let lengths: &[usize] = if cfg!(miri) {
        &[100, 70_000]
    } else {
        &[100, 70_000, 900_000, 1_100_000, 5_000_000, 20_000_000]
    };
    for &length in lengths {
        let mut out = Output::new();
        let piece = "0123456789".repeat(if cfg!(miri) { 100 } else { 1 });
        while out.len() < length {
            assert!(out.push_str(&piece));
            assert!(out.len() <= LARGE || out.memory.allocated <= out.len() / 4 * 5 + SPARE);
        }
        let text = out.into_string();
        assert!(text.capacity() <= length / 4 * 5 + SPARE + 1000, "{length}");
        let mut wide = Output::with_capacity(length * 3, usize::MAX);
        assert!(wide.push_str(&text));
        let text = wide.into_string();
        assert!(text.capacity() <= length / 4 * 5 + SPARE + 1000, "{length}");
    }
}

#[test]
fn never_allocates_beyond_the_limit() {
    let mut out = Output::with_limit(1000);
    while out.push_str("0123456789") {}
    assert_eq!(out.len(), 1000);
    assert!(
        out.memory.allocated <= 1000 + SLACK,
        "{}",
        out.memory.allocated
    );
}

/// Remembers what it was given, and fails after so many bytes.
struct Writer {
    taken: Vec<u8>,
    longest: usize,
    fails_after: usize,
    panics: bool,
}

impl Writer {
    fn failing_after(fails_after: usize) -> Self {
        Self {
            taken: Vec::new(),
            longest: 0,
            fails_after,
            panics: false,
        }
    }
}

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.taken.len() + bytes.len() > self.fails_after {
            assert!(!self.panics, "no more");
            return Err(io::Error::other("disk full"));
        }
        self.longest = self.longest.max(bytes.len());
        self.taken.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn streams_the_same_text_in_bounded_memory() {
    let text = "añ€😀<b>".repeat(if cfg!(miri) { 40 } else { 400 });
    for capacity in [0, 1, 64, 65, 100, 1000] {
        for part in [1, 2, 7, 63, 64, 200, text.len()] {
            let mut writer = Writer::failing_after(usize::MAX);
            let mut sink = Sink::new(&mut writer);
            let mut out = Output::streaming(capacity, text.len(), &mut sink);
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let end = rest.ceil_char_boundary(part.min(rest.len()));
                assert!(out.push_str(&rest[..end]));
                assert!(out.as_str().len() <= out.cap);
                rest = &rest[end..];
            }
            assert!(
                !out.push_str("x"),
                "the limit counts what has been handed over"
            );
            assert!(out.flush() && out.is_empty());
            assert_eq!((out.written(), out.remaining()), (text.len(), 0));
            drop(out);
            sink.finish().expect("nothing fails");
            assert_eq!(String::from_utf8(writer.taken).as_deref(), Ok(&*text));
            assert!(writer.longest <= capacity.max(SMALLEST));
        }
    }
}

#[test]
fn a_writer_that_fails_ends_the_output() {
    let mut writer = Writer::failing_after(150);
    let mut sink = Sink::new(&mut writer);
    let mut out = Output::streaming(100, usize::MAX, &mut sink);
    assert!(out.push_str(&"a".repeat(150)));
    assert!(!out.push_str(&"b".repeat(100)));
    assert!(!out.push_str("c"), "nothing fits any more");
    assert!(!out.flush());
    assert_eq!(out.refusal(), "the output cannot be passed on any more");
    drop(out);
    assert!(sink.has_failed());
    let error = sink.finish().expect_err("the writer failed");
    assert_eq!(error.to_string(), "disk full");
    assert_eq!(writer.taken, b"a".repeat(100));
}

#[test]
fn a_writer_that_panics_does_so_at_the_end() {
    let mut writer = Writer {
        panics: true,
        ..Writer::failing_after(0)
    };
    let mut sink = Sink::new(&mut writer);
    let mut out = Output::streaming(100, usize::MAX, &mut sink);
    assert!(out.push_str("a"));
    assert!(!out.flush());
    drop(out);
    let finish = std::panic::AssertUnwindSafe(|| sink.finish());
    let payload = std::panic::catch_unwind(finish).expect_err("passed on");
    assert_eq!(payload.downcast_ref(), Some(&"no more"));
}

thread_local! {
    static FREED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Frees memory, and counts, as another library's function that is.
///
/// # Safety
///
/// 1. As for `free_vec`.
unsafe extern "C" fn free_elsewhere(memory: &mut Memory) {
    FREED.set(FREED.get() + 1);
    // SAFETY: by duty 1.
    unsafe { free_vec(memory) };
}

#[test]
fn memory_of_another_library_stays_its_own() {
    for length in [0, 1, 10_000] {
        for capacity in [length, length + 10 * SPARE] {
            FREED.set(0);
            let text = "x".repeat(length);
            let mut out = Output::with_capacity(capacity.max(1), usize::MAX);
            out.memory.free = free_elsewhere;
            assert!(out.push_str(&text));
            let memory = out.memory.ptr;
            assert_eq!(out.take_string(), text, "{length} of {capacity}");
            assert!(out.is_empty() && out.written() == 0);
            assert!(out.push_str("b"));
            assert_eq!(out.memory.ptr, memory);
            assert_eq!(FREED.get(), 0);
            assert_eq!(out.into_buffer(), "b");
            assert_eq!(FREED.get(), 1);
        }
    }
}

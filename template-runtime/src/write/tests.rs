//! Tests of writing against the plain way.

use std::panic::{self, AssertUnwindSafe};

use hotplate_plugin_api::{ErrorRecord, Output};

use super::block::{Block, Lanes, Native, Portable};
use super::kernels::Kernel;
use super::{Cursor, Literal, Writer, escape, int, kernels, lone_int, push_int, uint};
use crate as rt;

pub(crate) mod frame;
mod model;
mod parts;
mod spots;

use frame::frame;
use model::{Target, check, escaped};
use rt::lit;

/// Numbers that look random and are always the same.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// At most `length` bytes of text, one character of `every` one of interest.
    fn text(&mut self, length: usize, every: usize) -> String {
        let mut text = String::new();
        loop {
            let next = if self.below(every) == 0 {
                model::character(self.next() as u8)
            } else {
                'x'
            };
            if text.len() + next.len_utf8() > length {
                return text;
            }
            text.push(next);
        }
    }
}

/// Few where each is slow.
const fn times(count: usize) -> usize {
    if cfg!(miri) {
        count.div_ceil(50)
    } else {
        count
    }
}

/// In which steps places are gone through where each is slow: a number that
/// comes to every place in a block sooner or later.
const STEP: usize = if cfg!(miri) { 13 } else { 1 };

/// Checks all kernels, where there is room for exactly what is to be written.
fn check_escape(text: &str, prefix: &str) {
    let expected = escaped(text);
    let portable: Kernel = escape::write::<Portable>;
    let mut kernels = vec![portable];
    kernels::all(|kernel| kernels.push(kernel));
    for kernel in kernels {
        let length = prefix.len() + expected.len();
        let mut out = Output::with_capacity(length.max(1), length.max(1));
        assert!(out.push_str(prefix));
        let Cursor { at, .. } = out.cursor();
        // SAFETY: there is room for all that is written, and slack behind it.
        unsafe { out.advance(kernel(at, text.as_bytes())) };
        assert_eq!(out.as_str(), format!("{prefix}{expected}"));
    }
}

fn check_push<B: Block>(text: &str, room: usize, prefix: &str) {
    let expected = escaped(text);
    assert_eq!(escape::escaped_length::<B>(text.as_bytes()), expected.len());
    type Push = fn(&str, &mut Output<'_>) -> bool;
    let all: [Push; 2] = [escape::escape_into, escape::push_slowly::<B>];
    for push in all {
        let mut out = Output::with_capacity(prefix.len() + room, prefix.len() + expected.len());
        assert!(out.push_str(prefix));
        assert!(push(text, &mut out));
        assert_eq!(out.as_str(), format!("{prefix}{expected}"));
        if !expected.is_empty() {
            let mut out = Output::with_capacity(room, expected.len() - 1);
            assert!(!push(text, &mut out), "a byte is missing");
            assert_eq!(out.as_str(), "");
        }
    }
}

#[test]
fn escapes_as_the_plain_way_does() {
    let mut random = Random(1);
    let long = [127, 128, 129, 200, 1000].into_iter();
    for length in (0..100).step_by(STEP).chain(long.filter(|_| !cfg!(miri))) {
        for round in 0..times(60) {
            let every = [1, 3, 20, 100_000][round % 4];
            let text = random.text(length, every);
            // At all alignments: of the text, and of the place where it is written.
            let padded = "p".repeat(random.below(16)) + &text;
            let text = &padded[padded.len() - text.len()..];
            let prefix = "q".repeat(random.below(17));
            check_escape(text, &prefix);
            for room in [0, text.len(), escaped(text).len(), 10 * length + 100] {
                check_push::<Native>(text, room, &prefix);
                check_push::<Portable>(text, room, &prefix);
            }
            assert_eq!(escape::escape(text), escaped(text));
        }
    }
}

#[test]
fn every_byte_is_escaped_as_it_should_at_every_place() {
    let lengths = if cfg!(miri) { 15..18 } else { 1..70 };
    for length in lengths.chain([97, 128].into_iter().filter(|_| !cfg!(miri))) {
        for place in 0..length {
            for byte in 0..=127u8 {
                let mut text = "-".repeat(length);
                text.replace_range(place..=place, char::from(byte).encode_utf8(&mut [0; 4]));
                check_escape(&text, "");
            }
        }
    }
}

#[test]
fn masks_are_those_of_each_byte() {
    let is_escaped = |byte: &u8| b"&<>\"'".contains(byte);
    let check = |bytes: [u8; 16]| {
        let bits = u128::from_le_bytes(bytes);
        let expected = (0..16).fold(0, |mask, place| {
            mask | u32::from(is_escaped(&bytes[place])) << place
        });
        assert_eq!(Native::from_bits(bits).mask(), expected, "{bytes:?}");
        assert_eq!(Portable::from_bits(bits).mask(), expected, "{bytes:?}");
        assert_eq!(Native::from_bits(bits).bits(), bits);
        assert_eq!(Portable::from_bits(bits).bits(), bits);
    };
    for place in 0..16 {
        for byte in 0..=255 {
            for other in [0, b'<', 0xff, 0x80] {
                let mut bytes = [other; 16];
                bytes[place] = byte;
                check(bytes);
            }
        }
    }
    let mut random = Random(2);
    for _ in 0..times(10_000) {
        let bytes = u128::from(random.next()) << 64 | u128::from(random.next());
        check(bytes.to_le_bytes());
        check((bytes & (u128::MAX / 15 * 7)).to_le_bytes());
    }
}

#[test]
fn an_escaped_text_that_stays_the_same_is_borrowed() {
    use std::borrow::Cow;
    assert!(matches!(
        escape::escape("plain ä"),
        Cow::Borrowed("plain ä")
    ));
    assert!(matches!(escape::escape(""), Cow::Borrowed("")));
    assert!(matches!(escape::escape("<"), Cow::Owned(text) if text == "&lt;"));
}

fn check_int(number: i64) {
    let expected = number.to_string();
    for room in [expected.len(), 100] {
        let mut out = Output::with_capacity(room, room);
        assert!(push_int(number, &mut out));
        assert_eq!(out.as_str(), expected);
    }
    let mut out = Output::with_limit(expected.len() - 1);
    assert!(!push_int(number, &mut out));
    assert_eq!(out.as_str(), "");
    let mut record = ErrorRecord::default();
    let mut frame = frame(Output::new(), &mut record);
    let mut w = Writer::new(&mut frame);
    assert!(w.put((int(number), lit!(" "), lone_int(number))).is_ok());
    w.finish();
    assert_eq!(frame.out.as_str(), format!("{expected} {expected}"));
}

#[test]
fn integers_are_those_of_the_standard_library() {
    let small = if cfg!(miri) { 1_010 } else { 10_000 };
    (-small..=small).for_each(check_int);
    for exponent in 0..19 {
        let power = 10i64.pow(exponent);
        for number in [power - 1, power, power + 1, power / 2 * 3] {
            check_int(number);
            check_int(-number);
        }
    }
    [i64::MIN, i64::MIN + 1, i64::MAX]
        .into_iter()
        .for_each(check_int);
    let mut random = Random(3);
    for _ in 0..times(100_000) {
        let number = random.next().cast_signed() >> random.below(64);
        check_int(number);
        let number = random.next() >> random.below(64);
        let mut record = ErrorRecord::default();
        let mut frame = frame(Output::new(), &mut record);
        let mut w = Writer::new(&mut frame);
        assert!(w.put((uint(number), int(1))).is_ok());
        w.finish();
        assert_eq!(frame.out.as_str(), format!("{number}1"));
    }
}

const LONG: &str = "Ein Text, der nicht sehr lang ist, aber länger als alles, was auf einmal \
                    gespeichert wird, und der auch Zeichen enthält, die mehr als ein Byte haben: \
                    ä, €, 😀. So ist er lang genug. Ein Text, der nicht sehr lang ist, aber länger \
                    als alles, was auf einmal gespeichert wird, und der auch Zeichen enthält.";

#[test]
fn literals_of_all_lengths_are_written_whole() {
    macro_rules! check_lengths {
        ($($length:literal)*) => {$({
            const TEXT: &str = LONG.split_at($length).0;
            for room in [$length + 1, $length + 50] {
                let mut record = ErrorRecord::default();
                let mut frame = frame(Output::with_capacity(room, room), &mut record);
                let mut w = Writer::new(&mut frame);
                assert!(w.put((lit!("-"), lit!(TEXT))).is_ok());
                w.finish();
                assert_eq!(frame.out.as_str(), format!("-{TEXT}"));
            }
            let mut record = ErrorRecord::default();
            let mut frame = frame(Output::with_limit($length), &mut record);
            assert!(Writer::new(&mut frame).put((lit!("-"), lit!(TEXT))).is_err());
            assert!(["", "-"].contains(&frame.out.as_str()), "the first piece fits");
        })*};
    }
    check_lengths!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28);
    check_lengths!(29 30 31 32 33 34 35 36 40 47 48 49 50 60 62 66 100 129 130 200 256 257 300);
}

#[test]
fn a_literal_of_another_length_is_refused() {
    for text in ["", "ab", "abcd", "abcdefghi"] {
        let made = panic::catch_unwind(|| Literal::<3, 4>::new(text));
        made.expect_err("its length is not 3");
    }
    panic::catch_unwind(|| Literal::<3, 16>::new("abc")).expect_err("it is not padded so");
    assert!(panic::catch_unwind(|| Literal::<3, 4>::new("abc")).is_ok());
}

#[test]
fn scripts_write_what_the_plain_way_does() {
    let mut random = Random(4);
    let targets = |size| {
        [
            Target::New,
            Target::Capacity(size),
            Target::Append(size),
            Target::Streaming(size),
        ]
    };
    for _ in 0..times(2_000) {
        let script: Vec<u8> = (0..random.below(120))
            .map(|_| random.next() as u8)
            .collect();
        for target in targets(random.below(300)) {
            check(target, usize::MAX, &script);
            check(target, random.below(2_000), &script);
        }
    }
    // Limits of any length, and buffers of any size, for one script each.
    for number in 0..times(20) {
        let script: Vec<u8> = (0..60).map(|_| random.next() as u8).collect();
        for size in 0..times(400) {
            for target in targets(size) {
                check(target, usize::MAX, &script);
            }
            check(targets(number)[number % 4], size, &script);
        }
    }
}

#[test]
fn what_was_not_written_cannot_be_taken_back() {
    let retracts = |written: &'static str, text: &'static str| {
        let mut record = ErrorRecord::default();
        let mut frame = frame(Output::from_string("<li>".to_owned(), 100), &mut record);
        let mut w = Writer::new(&mut frame);
        assert!(w.text(written).is_ok());
        let retracted = panic::catch_unwind(AssertUnwindSafe(|| w.retract(text)));
        w.finish();
        let rest = frame.out.as_str()["<li>".len()..].to_owned();
        retracted.is_ok().then_some(rest)
    };
    assert_eq!(retracts("a<li>", "<li>").as_deref(), Some("a"));
    assert_eq!(retracts("<li>", "<li>").as_deref(), Some(""));
    assert_eq!(retracts("a", "").as_deref(), Some("a"));
    assert_eq!(retracts("a<ul>", "<li>"), None);
    assert_eq!(retracts("li>", "<li>"), None, "what was there before stays");
    assert_eq!(retracts("", "<li>"), None);
}

#[test]
fn a_panic_inside_leaves_a_writer_that_writes_nothing() {
    let mut record = ErrorRecord::default();
    let mut frame = frame(Output::with_capacity(100, 1000), &mut record);
    let mut w = Writer::new(&mut frame);
    assert!(w.put(lit!("before")).is_ok());
    let call = AssertUnwindSafe(|| {
        w.with(|f| {
            assert!(f.out.push_str(&"during".repeat(100)));
            panic!("inside");
        })
    });
    panic::catch_unwind(call).expect_err("it is passed on");
    assert!(w.put((int(1), lit!("x"))).is_err());
    assert!(w.text("x").is_err() && w.escaped("x").is_err());
    assert!(w.text("").is_err() && w.escaped("").is_err());
    w.finish();
    assert_eq!(
        frame.out.as_str(),
        format!("before{}", "during".repeat(100))
    );
}

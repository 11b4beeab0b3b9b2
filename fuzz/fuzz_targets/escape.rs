//! Escaping text of any kind, at any place of an output of any size.
#![no_main]

use hotplate_template_runtime as rt;
use libfuzzer_sys::fuzz_target;
use rt::api::Output;
use rt::python::{escape, escape_into};

#[path = "../../template-runtime/src/write/tests/frame.rs"]
mod frame;
#[path = "../../template-runtime/src/write/tests/model.rs"]
#[expect(dead_code, reason = "for the other target")]
mod model;

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (before, room, bytes) = input;
    let text: String = bytes.iter().copied().map(model::character).collect();
    check(usize::from(before), usize::from(room), &text);
    check(
        usize::from(before),
        usize::from(room),
        &String::from_utf8_lossy(bytes),
    );
});

fn check(before: usize, room: usize, text: &str) {
    let expected = model::escaped(text);
    assert_eq!(escape(text), expected);
    let before = "-".repeat(before);
    let limit = before.len() + expected.len();
    let mut out = Output::with_capacity(room, limit);
    assert!(out.push_str(&before));
    assert!(escape_into(text, &mut out));
    assert_eq!(out.as_str(), before.clone() + &expected);
    let mut out = Output::with_capacity(room, limit.saturating_sub(1));
    let fits = out.push_str(&before) && escape_into(text, &mut out);
    assert_eq!(fits, limit == 0, "a byte is missing");
}

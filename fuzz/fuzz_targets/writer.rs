//! Any calls of a writer on any output, up to any limit.
#![no_main]

use hotplate_template_runtime as rt;
use libfuzzer_sys::fuzz_target;

#[path = "../../template-runtime/src/write/tests/frame.rs"]
mod frame;
#[path = "../../template-runtime/src/write/tests/model.rs"]
mod model;

use model::Target;

fuzz_target!(|input: (u8, u8, u16, &[u8])| {
    let (kind, size, limit, script) = input;
    let size = usize::from(size);
    let target = match kind % 4 {
        0 => Target::New,
        1 => Target::Capacity(size),
        2 => Target::Append(size),
        _ => Target::Streaming(size),
    };
    model::check(target, usize::MAX, script);
    model::check(target, usize::from(limit), script);
});

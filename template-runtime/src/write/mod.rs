//! Writing output in place: the one module of the runtime with raw memory.
//!
//! Generated code of typed templates writes through a [`Writer`], which holds the place in
//! the output in two words that the compiler keeps in registers. Everything small is
//! inlined into that code and becomes a few stores; what loops is a function that takes
//! the place and gives the new one back. Dynamic rendering uses the same functions on the
//! [`Output`] itself.
//!
//! # The rule of blind stores
//!
//! Whoever writes `n > 0` bytes has checked that `n` bytes fit before the end, and may then
//! overwrite up to [`SLACK`](hotplate_plugin_api::output::SLACK) bytes behind the `n`: an output has that much memory behind
//! its end. So texts are stored in whole blocks, and the next one overwrites what was too
//! much. Nothing is ever read from the output but what has been written.
#![expect(
    unsafe_code,
    reason = "stores into an output whose room has been checked before"
)]

mod block;
mod escape;
mod integer;
mod pieces;
mod spots;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod typed;

use std::fmt;

use hotplate_plugin_api::output::{Cursor, Output};
use hotplate_plugin_api::{Frame, Status};

pub use pieces::{Int, Literal, Pieces, Uint, int, padded, uint};
pub use spots::Padded;
pub use typed::{TypedUnit, typed_entry};

pub(crate) use escape::{escape, escape_into};
pub(crate) use spots::push_padded;

use crate::{Done, Stop};

/// Where a rendering that has failed would write.
const STOPPED: Cursor = Cursor {
    at: std::ptr::null_mut(),
    end: std::ptr::null_mut(),
};

/// Writes into the output of a frame.
///
/// What was written counts once [`finish`](Writer::finish) is called, and during
/// [`with`](Writer::with); a writer that is dropped after an error leaves the output as it
/// was at some point before. All methods that return [`Done`] have reported the error into
/// the frame's failure when they return `Stop`; after that the writer writes nothing more.
///
/// ```
/// # use hotplate_template_runtime as rt;
/// fn cell(f: &mut rt::Frame<'_>, number: i64, name: &str) -> rt::Done {
///     let mut w = rt::Writer::new(f);
///     w.put((rt::lit!("<td>"), rt::int(number), rt::lit!("</td><td>")))?;
///     w.escaped(name)?;
///     w.put(rt::lit!("</td>"))?;
///     w.finish();
///     Ok(())
/// }
/// ```
pub struct Writer<'f, 'a> {
    // Either both are null, after a failure or while `with` runs, or they are what
    // `frame.out.cursor()` gave, with `at` moved over what has been written since.
    at: *mut u8,
    end: *mut u8,
    frame: &'f mut Frame<'a>,
}

impl fmt::Debug for Writer<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("at", &self.at)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<'f, 'a> Writer<'f, 'a> {
    /// A writer at the end of the frame's output.
    #[inline(always)]
    pub fn new(frame: &'f mut Frame<'a>) -> Self {
        let Cursor { at, end } = frame.out.cursor();
        Self { at, end, frame }
    }

    /// Writes pieces of bounded length, with one check that there is room for all of them.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting, if the output takes no more; then nothing is written.
    #[inline(always)]
    pub fn put<P: Pieces>(&mut self, pieces: P) -> Done {
        if self.end.addr() - self.at.addr() < P::MOST {
            // SAFETY: `at` is where the frame's output is written.
            let cursor = unsafe { room(self.at, P::MOST, pieces.length(), self.frame) };
            self.go_on(cursor)?;
        }
        // SAFETY: the check, or `room`, found enough for these pieces; if that is nothing,
        // nothing is stored.
        self.at = unsafe { pieces.write(self.at) };
        Ok(())
    }

    /// Writes text of any length as it is.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting, if the output takes no more.
    #[inline(always)]
    pub fn text(&mut self, text: &str) -> Done {
        // SAFETY: `at` and `end` are those of the frame's output.
        let cursor = unsafe { text::copy(self.at, self.end, text, self.frame) };
        self.go_on(cursor)
    }

    /// Writes text of any length, escaped for HTML.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting, if the output takes no more.
    #[inline(always)]
    pub fn escaped(&mut self, text: &str) -> Done {
        // SAFETY: `at` and `end` are those of the frame's output.
        let cursor = unsafe { escape::copy(self.at, self.end, text, self.frame) };
        self.go_on(cursor)
    }

    /// The frame, whose output does not have all that was written.
    #[inline(always)]
    pub(crate) fn frame(&self) -> &Frame<'a> {
        self.frame
    }

    /// Calls something that writes through the frame.
    #[inline(always)]
    pub fn with<R>(&mut self, call: impl FnOnce(&mut Frame<'a>) -> R) -> R {
        self.flush();
        // Should the call panic, this writer must not write where the output once was.
        Cursor {
            at: self.at,
            end: self.end,
        } = STOPPED;
        let result = call(self.frame);
        Cursor {
            at: self.at,
            end: self.end,
        } = self.frame.out.cursor();
        result
    }

    /// Takes back what was written last, which must be `text`: generated code writes the
    /// text that ends one round of a loop and starts the next as one, and takes back the
    /// start of the round that never came.
    ///
    /// # Panics
    ///
    /// If `text` was not written last, by [`put`](Writer::put).
    #[inline(always)]
    pub fn retract(&mut self, text: &'static str) {
        let first = self.frame.out.first();
        if self.at.is_null() || self.at.addr() - first.addr() < text.len() {
            not_written(text);
        }
        // SAFETY: the bytes between `first` and `at` have been written, as UTF-8; a text
        // that matches their end starts at a character, and so leaves UTF-8.
        unsafe {
            let at = self.at.sub(text.len());
            if std::slice::from_raw_parts(at, text.len()) != text.as_bytes() {
                not_written(text);
            }
            self.at = at;
        }
    }

    /// Ends the writing: what was written is now part of the output.
    #[inline(always)]
    pub fn finish(mut self) {
        self.flush();
    }

    #[inline(always)]
    fn flush(&mut self) {
        if !self.at.is_null() {
            // SAFETY: `at` was moved only over what has been written, all of it UTF-8, and
            // the output was not touched meanwhile, since `frame` is borrowed.
            unsafe { self.frame.out.advance(self.at) };
        }
    }

    /// Takes over what a function has returned; a stop if that has failed.
    #[inline(always)]
    fn go_on(&mut self, cursor: Cursor) -> Done {
        Cursor {
            at: self.at,
            end: self.end,
        } = cursor;
        if self.at.is_null() { Err(Stop) } else { Ok(()) }
    }
}

/// Makes room for `most` bytes or, if that is more than the limit allows, `exact` bytes.
///
/// Asking for the most means that the next pieces need no call; but what fits exactly has
/// to be written.
///
/// # Safety
///
/// 1. `at` is null, or what `frame.out.cursor()` gave, moved over what has been written.
#[cold]
#[inline(never)]
unsafe fn room(at: *mut u8, most: usize, exact: usize, frame: &mut Frame<'_>) -> Cursor {
    if at.is_null() {
        return STOPPED;
    }
    // SAFETY: by duty 1.
    unsafe { frame.out.advance(at) };
    if frame.out.reserve(most) || ensure(exact, &mut frame.out) {
        return frame.out.cursor();
    }
    refuse(frame)
}

/// Whether there is, or can be made, room for so many bytes.
#[inline]
fn ensure(length: usize, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    end.addr() - at.addr() >= length || out.reserve(length)
}

#[cold]
fn refuse(frame: &Frame<'_>) -> Cursor {
    // The status says no more than the failure that is reported.
    let _: Status = frame.refuse();
    STOPPED
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_written(text: &str) -> ! {
    panic!("{text:?} is not what was written last");
}

/// Appends the digits of an integer; false if that would exceed the output's limit.
#[must_use = "false means that the output's limit was reached"]
pub(crate) fn push_int(number: i64, out: &mut Output<'_>) -> bool {
    let number = int(number);
    let Cursor { at, end } = out.cursor();
    if end.addr() - at.addr() < Int::MOST && !ensure(number.length(), out) {
        return false;
    }
    let at = out.cursor().at;
    // SAFETY: there is room for the number, and what it writes are digits and a sign.
    unsafe { out.advance(number.write(at)) };
    true
}

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
//! overwrite up to [`SLACK`] bytes behind the `n`: an output has that much memory behind
//! its end. So texts are stored in whole blocks, and the next one overwrites what was too
//! much. Nothing is ever read from the output but what has been written.
#![expect(
    unsafe_code,
    reason = "stores into an output whose room has been checked before"
)]

mod block;
mod case;
pub mod dates;
mod escape;
mod integer;
mod kernels;
pub(crate) mod machine;
mod pieces;
mod spots;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod typed;
mod whole;

use std::fmt;

use hotplate_plugin_api::output::{Cursor, Output, SLACK};
use hotplate_plugin_api::{Frame, Status};

pub use pieces::{
    Escaped, Int, Literal, LoneInt, Part, Piece, Pieces, Uint, escaped, int, lone_int, padded, uint,
};
pub use spots::Padded;
pub use typed::{
    BoundUnit, TypedUnit, bound_entry, hidden, include_bound, include_closed, include_near,
    offered, typed_entry,
};

pub use whole::run_code;

pub(crate) use case::{Case, push_turned};
pub(crate) use dates::{DateFormat, push_date};
pub(crate) use escape::{escape, escape_into};
pub(crate) use spots::push_padded;
pub(crate) use whole::enter;

use crate::typed as filtered;
use crate::{Done, Stop};
use dates::Names;

/// Room for so many bytes is enough for each byte of a text that is escaped: what stands for
/// one has at most [`escape::LONGEST`], and to divide by this is a shift.
const EACH: usize = 8;

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
    names: Names,
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
        let names = Names::default();
        Self {
            at,
            end,
            frame,
            names,
        }
    }

    /// Writes pieces, with one check that there is room for all of them.
    ///
    /// # Errors
    ///
    /// `Stop`, after reporting, if the output takes no more; then some pieces may have been
    /// written.
    #[inline(always)]
    pub fn put<P: Pieces>(&mut self, pieces: P) -> Done {
        let is_roomy = if P::IS_BOUNDED && P::MOST <= SLACK {
            self.has_room(P::MOST)
        } else {
            let room = self.end.addr() - self.at.addr();
            let texts = pieces.texts();
            if P::MOST == 0 {
                // If there is nothing to write, it may still be written blind.
                room / EACH > texts
            } else {
                room >= P::MOST && (room - P::MOST) / EACH >= texts
            }
        };
        if !is_roomy {
            // What refers to this writer would hold it in memory.
            let (at, frame) = (self.at, &mut *self.frame);
            // SAFETY: `at` is where the frame's output is written.
            let cursor = pieces.with_parts(move |parts| unsafe { put_slowly(at, parts, frame) });
            return self.go_on(cursor);
        }
        // SAFETY: the check found enough for these pieces.
        self.at = unsafe { pieces.write(self.at) };
        Ok(())
    }

    /// Whether there is room for so many bytes, no more than the slack.
    #[inline(always)]
    fn has_room(&self, count: usize) -> bool {
        debug_assert!(count <= SLACK);
        // This takes less than to find out how much room there is. It does not wrap around:
        // either there is slack behind the end, or no memory is written, and no system hands
        // out the last bytes of the address space.
        self.at.addr().wrapping_add(count) <= self.end.addr()
    }

    /// Whether there is room for more than so many bytes, no more than the slack.
    #[inline(always)]
    fn has_room_behind(&self, count: usize) -> bool {
        debug_assert!(count <= SLACK);
        // As for `has_room`.
        self.at.addr().wrapping_add(count) < self.end.addr()
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
        self.put(escaped(text))
    }

    /// Writes a text that is not safe and that a filter has passed on as it was.
    ///
    /// # Errors
    ///
    /// As for [`typed::passed`](filtered::passed).
    #[inline(always)]
    pub fn passed(&mut self, text: &str, unit: &str, site: u32) -> Done {
        if text.len() <= self.frame.filter_limit {
            return self.escaped(text);
        }
        self.with(|f| filtered::passed(text, false, f, unit, site))
    }

    /// Writes what `upper` makes of a text that is not safe.
    ///
    /// # Errors
    ///
    /// As for [`typed::upper`](filtered::upper).
    #[inline(always)]
    pub fn upper(&mut self, text: &str, unit: &str, site: u32) -> Done {
        if self.turned(text, Case::Upper) {
            return Ok(());
        }
        self.with(|f| filtered::upper(text, false, f, unit, site))
    }

    /// Writes what `lower` makes of a text that is not safe.
    ///
    /// # Errors
    ///
    /// As for [`typed::lower`](filtered::lower).
    #[inline(always)]
    pub fn lower(&mut self, text: &str, unit: &str, site: u32) -> Done {
        if self.turned(text, Case::Lower) {
            return Ok(());
        }
        self.with(|f| filtered::lower(text, false, f, unit, site))
    }

    /// Writes what `capfirst` makes of a text that is not safe.
    ///
    /// # Errors
    ///
    /// As for [`typed::capfirst`](filtered::capfirst).
    #[inline(always)]
    pub fn capfirst(&mut self, text: &str, unit: &str, site: u32) -> Done {
        if self.turned(text, Case::Capital) {
            return Ok(());
        }
        self.with(|f| filtered::capfirst(text, false, f, unit, site))
    }

    /// Writes a text in other letters; false, with nothing written, if it is not simple.
    #[inline(always)]
    fn turned(&mut self, text: &str, case: Case) -> bool {
        if filtered::is_long(text, self.frame) {
            return false;
        }
        // SAFETY: `at` and `end` are those of the frame's output, or null.
        let at = unsafe { case::write(self.at, self.end, text, case) };
        if at.is_null() {
            return false;
        }
        self.at = at;
        true
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

/// Writes pieces for which there may be too little room, one after the other.
///
/// # Safety
///
/// 1. `at` is null, or what `frame.out.cursor()` gave, moved over what has been written.
#[cold]
#[inline(never)]
unsafe fn put_slowly(at: *mut u8, parts: &[Part<'_>], frame: &mut Frame<'_>) -> Cursor {
    if at.is_null() {
        return STOPPED;
    }
    let out = &mut frame.out;
    // SAFETY: by duty 1.
    unsafe { out.advance(at) };
    let has_room = parts.iter().all(|part| match *part {
        // As a whole, so that it can be taken back from an output that is handed on.
        Part::Text(text) => ensure(text.len(), out) && out.push_str(text),
        Part::Escaped(text) => escape_into(text, out),
        Part::Int(number) => push_int(number, out),
        Part::Uint(number) => push_uint(number, out),
        Part::Padded(number, digits) => {
            ensure(digits, out) && out.push_str(&format!("{number:0digits$}"))
        }
    });
    if has_room {
        frame.out.cursor()
    } else {
        refuse(frame)
    }
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
    let length = || integer::digits(number.unsigned_abs()) + usize::from(number < 0);
    push_bounded(int(number), length, out)
}

#[must_use = "false means that the output's limit was reached"]
fn push_uint(number: u64, out: &mut Output<'_>) -> bool {
    push_bounded(uint(number), || integer::digits(number), out)
}

/// Appends a piece without text, of which `length` says how much it writes.
#[inline(always)]
fn push_bounded<P: Piece>(piece: P, length: impl Fn() -> usize, out: &mut Output<'_>) -> bool {
    let Cursor { at, end } = out.cursor();
    if end.addr() - at.addr() < P::MOST && !ensure(length(), out) {
        return false;
    }
    let at = out.cursor().at;
    // SAFETY: there is room for the piece, and what it writes is UTF-8.
    unsafe { out.advance(Piece::write(piece, at)) };
    true
}

//! What is written without a loop: literals, integers, and several of them at once.

use hotplate_plugin_api::output::SLACK;

use super::integer;

/// Something of bounded length that [`Writer::put`](super::Writer::put) writes.
///
/// # Safety
///
/// 1. `write` stores UTF-8, `length()` bytes of it, and returns the place behind that.
/// 2. It overwrites at most [`SLACK`] bytes behind them, and nothing if `MOST` is 0.
/// 3. `length()` is never more than `MOST`.
pub unsafe trait Pieces {
    /// The most bytes that are written.
    const MOST: usize;

    /// How many bytes are written.
    fn length(&self) -> usize;

    /// Writes, and returns the place behind what was written.
    ///
    /// # Safety
    ///
    /// 1. There are `length()` bytes of room at `at`, with slack behind them if `MOST` is
    ///    not 0.
    #[must_use = "it is the new place"]
    unsafe fn write(self, at: *mut u8) -> *mut u8;
}

/// A text whose length the compiler knows; [`lit!`](crate::lit) makes one.
///
/// A short text is padded to a size that is stored at once.
#[derive(Debug)]
pub struct Literal<const LENGTH: usize, const PADDED: usize> {
    bytes: [u8; PADDED],
}

impl<const LENGTH: usize, const PADDED: usize> Literal<LENGTH, PADDED> {
    /// The literal of a text.
    ///
    /// # Panics
    ///
    /// If `LENGTH` is not the length of the text, or `PADDED` not what [`padded`] gives.
    /// Constants do not compile then.
    pub const fn new(text: &'static str) -> Self {
        let text = text.as_bytes();
        assert!(text.len() == LENGTH && PADDED == padded(LENGTH));
        if let Some(bytes) = text.first_chunk() {
            return Self { bytes: *bytes };
        }
        let mut bytes = [0; PADDED];
        let (start, _) = bytes.split_at_mut(LENGTH);
        start.copy_from_slice(text);
        Self { bytes }
    }
}

/// How many bytes are stored for a literal of so many.
pub const fn padded(length: usize) -> usize {
    const { assert!(SLACK >= 16) };
    match length {
        3 => 4,
        5..=7 => 8,
        9..=15 => 16,
        _ => length,
    }
}

// SAFETY: what is stored is the text that `new` was given, and at most 7 bytes of padding.
unsafe impl<const LENGTH: usize, const PADDED: usize> Pieces for &Literal<LENGTH, PADDED> {
    const MOST: usize = LENGTH;

    #[inline(always)]
    fn length(&self) -> usize {
        LENGTH
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: the padding is less than the slack, by duty 1.
        unsafe {
            at.cast::<[u8; PADDED]>().write(self.bytes);
            at.add(LENGTH)
        }
    }
}

/// A signed integer; [`int`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Int(i64);

/// An integer that is not negative; [`uint`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Uint(u64);

/// The digits of a number, after a sign if it is negative.
#[inline(always)]
pub fn int(number: i64) -> Int {
    Int(number)
}

/// The digits of a number that is never negative.
#[inline(always)]
pub fn uint(number: u64) -> Uint {
    Uint(number)
}

// SAFETY: a sign and 19 digits, all ASCII, are the most; `integer` keeps within the slack.
unsafe impl Pieces for Int {
    const MOST: usize = 20;

    #[inline]
    fn length(&self) -> usize {
        integer::digits(self.0.unsigned_abs()) + usize::from(self.0 < 0)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe {
            // A negative number becomes a large one.
            match integer::small(self.0.cast_unsigned()) {
                Some(entry) => integer::write_small(at, entry),
                None => integer::write_signed(at, self.0),
            }
        }
    }
}

// SAFETY: 20 digits, all ASCII, are the most; `integer` keeps within the slack.
unsafe impl Pieces for Uint {
    const MOST: usize = 20;

    #[inline]
    fn length(&self) -> usize {
        integer::digits(self.0)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe {
            match integer::small(self.0) {
                Some(entry) => integer::write_small(at, entry),
                None => integer::write_unsigned(at, self.0),
            }
        }
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        // SAFETY: each piece is written behind the one before, with room for all of them;
        // what one stores too much the next ones overwrite, or it is in the slack. Pieces
        // whose `MOST` is 0 store nothing.
        unsafe impl<$($name: Pieces),*> Pieces for ($($name,)*) {
            const MOST: usize = 0 $(+ $name::MOST)*;

            #[inline(always)]
            fn length(&self) -> usize {
                #[expect(non_snake_case, reason = "named as the types are")]
                let ($($name,)*) = self;
                0 $(+ $name.length())*
            }

            #[inline(always)]
            unsafe fn write(self, at: *mut u8) -> *mut u8 {
                #[expect(non_snake_case, reason = "named as the types are")]
                let ($($name,)*) = self;
                // SAFETY: by duty 1, for each in turn.
                unsafe {
                    $(let at = $name.write(at);)*
                    at
                }
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// A literal for [`Writer::put`](crate::Writer::put), whose length is known when compiling.
///
/// ```
/// # use hotplate_template_runtime as rt;
/// # fn start(w: &mut rt::Writer<'_, '_>) -> rt::Done {
/// w.put((rt::lit!("<td>"), rt::int(1), rt::lit!("</td>")))
/// # }
/// ```
///
/// ```compile_fail
/// # use hotplate_template_runtime as rt;
/// let text = String::from("known only when running");
/// rt::lit!(text.as_str());
/// ```
#[macro_export]
macro_rules! lit {
    ($text:expr) => {
        const {
            &$crate::write::Literal::<{ $text.len() }, { $crate::write::padded($text.len()) }>::new(
                $text,
            )
        }
    };
}

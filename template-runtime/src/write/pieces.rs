//! What is written with one check that there is room: literals, integers, texts that are
//! escaped, and several of them at once.

use hotplate_plugin_api::output::SLACK;

use super::{integer, kernels};

/// Something that [`Writer::put`](super::Writer::put) writes.
///
/// # Safety
///
/// 1. `write` stores UTF-8, at most `MOST` bytes and 6 for each byte of `text`,
///    and returns the place behind them.
/// 2. It overwrites at most [`SLACK`] bytes behind them, and nothing if `MOST` is 0 and
///    there is no `text`.
/// 3. `text` is empty if `IS_BOUNDED`.
pub unsafe trait Piece {
    /// The most bytes that are written, apart from `text`.
    const MOST: usize;

    /// Whether there is no `text`.
    const IS_BOUNDED: bool = true;

    /// What is written escaped.
    #[inline(always)]
    fn text(&self) -> &str {
        ""
    }

    /// What is written, for where there may be too little room.
    fn part(&self) -> Part<'_>;

    /// Writes, and returns the place behind what was written.
    ///
    /// # Safety
    ///
    /// 1. There is room at `at` for what is written, with slack behind it unless `MOST` is
    ///    0 and there is no `text`.
    #[must_use = "it is the new place"]
    unsafe fn write(self, at: *mut u8) -> *mut u8;
}

/// What a piece writes.
#[derive(Debug, Clone, Copy)]
pub enum Part<'p> {
    /// Text as it is.
    Text(&'p str),
    /// Text that is escaped.
    Escaped(&'p str),
    /// A number.
    Int(i64),
    /// A number that is not negative.
    Uint(u64),
    /// A number that is not negative, with zeros before it up to so many digits.
    Padded(u64, usize),
}

/// One [`Piece`] or several.
///
/// # Safety
///
/// 1. `write` does what each piece does, one behind the other.
/// 2. `MOST` and `texts` are the sums of what the pieces say, and `IS_BOUNDED` says whether
///    it is true of all.
pub unsafe trait Pieces {
    /// The most bytes that are written, apart from texts that are escaped.
    const MOST: usize;

    /// Whether there are no texts that are escaped.
    const IS_BOUNDED: bool;

    /// How long the texts that are escaped are before that.
    fn texts(&self) -> usize;

    /// Hands all parts on.
    fn with_parts<R>(&self, take: impl FnOnce(&[Part<'_>]) -> R) -> R;

    /// Writes, and returns the place behind what was written.
    ///
    /// # Safety
    ///
    /// 1. There is room at `at` for all pieces, with slack behind them.
    #[must_use = "it is the new place"]
    unsafe fn write(self, at: *mut u8) -> *mut u8;
}

// SAFETY: a single piece is written as it is.
unsafe impl<P: Piece> Pieces for P {
    const MOST: usize = P::MOST;
    const IS_BOUNDED: bool = P::IS_BOUNDED;

    #[inline(always)]
    fn texts(&self) -> usize {
        self.text().len()
    }

    #[inline(always)]
    fn with_parts<R>(&self, take: impl FnOnce(&[Part<'_>]) -> R) -> R {
        take(&[self.part()])
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { Piece::write(self, at) }
    }
}

/// Text of any length that is escaped; [`escaped`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'t>(&'t str);

/// A text, escaped for HTML.
#[inline(always)]
pub fn escaped(text: &str) -> Escaped<'_> {
    Escaped(text)
}

// SAFETY: the kernels write the text escaped, which is UTF-8, and each byte of it as at most
// `LONGEST`; they keep within the slack.
unsafe impl Piece for Escaped<'_> {
    const MOST: usize = 0;
    const IS_BOUNDED: bool = false;

    #[inline(always)]
    fn text(&self) -> &str {
        self.0
    }

    #[inline(always)]
    fn part(&self) -> Part<'_> {
        Part::Escaped(self.0)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { kernels::escape(at, self.0.as_bytes()) }
    }
}

/// A text whose length the compiler knows; [`lit!`](crate::lit) makes one.
///
/// A short text is padded to a size that is stored at once.
#[derive(Debug)]
pub struct Literal<const LENGTH: usize, const PADDED: usize> {
    text: &'static str,
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
        assert!(text.len() == LENGTH && PADDED == padded(LENGTH));
        if let Some(&bytes) = text.as_bytes().first_chunk() {
            return Self { text, bytes };
        }
        let mut bytes = [0; PADDED];
        let (start, _) = bytes.split_at_mut(LENGTH);
        start.copy_from_slice(text.as_bytes());
        Self { text, bytes }
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
unsafe impl<const LENGTH: usize, const PADDED: usize> Piece for &Literal<LENGTH, PADDED> {
    const MOST: usize = LENGTH;

    #[inline(always)]
    fn part(&self) -> Part<'_> {
        Part::Text(self.text)
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

/// A signed integer that is written once; [`lone_int`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct LoneInt(i64);

/// An integer that is not negative; [`uint`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Uint(u64);

/// The digits of a number, after a sign if it is negative.
#[inline(always)]
pub fn int(number: i64) -> Int {
    Int(number)
}

/// As [`int`], for what no loop repeats: a year is written without a call too, with more code.
#[inline(always)]
pub fn lone_int(number: i64) -> LoneInt {
    LoneInt(number)
}

/// The digits of a number that is never negative.
#[inline(always)]
pub fn uint(number: u64) -> Uint {
    Uint(number)
}

// SAFETY: a sign and 19 digits, all ASCII, are the most; `integer` keeps within the slack.
unsafe impl Piece for Int {
    const MOST: usize = 20;

    #[inline(always)]
    fn part(&self) -> Part<'_> {
        Part::Int(self.0)
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

// SAFETY: as for `Int`.
unsafe impl Piece for LoneInt {
    const MOST: usize = <Int as Piece>::MOST;

    #[inline(always)]
    fn part(&self) -> Part<'_> {
        Part::Int(self.0)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe {
            if (1000..10_000).contains(&self.0) {
                return integer::write_thousands(at, self.0.cast_unsigned());
            }
            Piece::write(Int(self.0), at)
        }
    }
}

// SAFETY: 20 digits, all ASCII, are the most; `integer` keeps within the slack.
unsafe impl Piece for Uint {
    const MOST: usize = 20;

    #[inline(always)]
    fn part(&self) -> Part<'_> {
        Part::Uint(self.0)
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
        // that write nothing store nothing, or others are written.
        unsafe impl<$($name: Piece),*> Pieces for ($($name,)*) {
            const MOST: usize = 0 $(+ $name::MOST)*;
            const IS_BOUNDED: bool = true $(&& $name::IS_BOUNDED)*;

            #[inline(always)]
            fn texts(&self) -> usize {
                #[expect(non_snake_case, reason = "named as the types are")]
                let ($($name,)*) = self;
                // No memory holds texts whose lengths are more together.
                0_usize $(.saturating_add($name.text().len()))*
            }

            #[inline(always)]
            fn with_parts<R>(&self, take: impl FnOnce(&[Part<'_>]) -> R) -> R {
                #[expect(non_snake_case, reason = "named as the types are")]
                let ($($name,)*) = self;
                take(&[$($name.part()),*])
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

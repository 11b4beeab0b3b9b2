//! The parts of dates, as pieces.

use std::ptr;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::value::Date;

use super::pieces::{Part, Piece};
use super::{Uint, Writer, integer, uint};
use crate::python::{IS_FORMAT, MONTHS, MONTHS_3, WEEKDAYS, is_date, weekday};
use crate::translation::Translator;

/// Names that a format asks for, in that of [`Writer::day`].
pub const MONTH: u8 = 1;
/// As [`MONTH`]: the short names of months.
pub const MONTH_3: u8 = 2;
/// As [`MONTH`]: the names of the days of the week.
pub const WEEKDAY: u8 = 4;
/// As [`MONTH`]: the short names of the days of the week.
pub const WEEKDAY_3: u8 = 8;

/// Where the bits of short names of months start, of days, and of short names of days.
const STARTS: [u32; 3] = [12, 24, 31];

/// The names that are known to be the untranslated ones, a bit for each: the months', those
/// of the short names of months, of days and of the short names of days.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names(u64);

impl Names {
    /// Whether nothing is translated.
    fn are_all(self) -> bool {
        self.0 == u64::MAX
    }

    /// Asks for the names of `bits`, which are not known.
    #[cold]
    #[inline(never)]
    fn ask(self, bits: u64, f: &Frame<'_>) -> Self {
        let translator = Translator::of_frame(f);
        if !translator.may_translate() {
            return Self(u64::MAX);
        }
        let mut known = self.0;
        let mut rest = bits & !known;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            if !translator.is_translated(name(bit)) {
                known |= 1 << bit;
            }
            rest &= rest - 1;
        }
        Self(known)
    }
}

/// The message of a name by its bit.
fn name(bit: u32) -> &'static str {
    let place = |start: u32| (bit - start) as usize;
    match bit {
        0..12 => MONTHS[place(0)],
        12..24 => MONTHS_3[place(12)],
        24..31 => WEEKDAYS[place(24)],
        _ => &WEEKDAYS[place(31) % 7][..3],
    }
}

/// Whether there is such a day, as can be told without a calendar.
#[inline(always)]
fn is_ordinary(date: &Date) -> bool {
    (1..=9999).contains(&date.year)
        && (1..=12).contains(&date.month)
        && (1..=28).contains(&date.day)
}

/// A date that exists, of which the names that are asked for are not translated.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    date: Date,
    weekday: u8,
}

impl Writer<'_, '_> {
    /// A date whose parts can be written; nothing if there is no such day, or if the active
    /// language has other names for what is `wanted`, [`MONTH`] and so on.
    ///
    /// A writer asks for each name once.
    #[inline(always)]
    pub fn day(&mut self, date: &Date, wanted: u8) -> Option<Day> {
        if !is_ordinary(date) && !is_date(*date) {
            return None;
        }
        let weekday = match wanted & (WEEKDAY | WEEKDAY_3) {
            0 => 0,
            _ => weekday(*date) % 7,
        };
        let month = u32::from(date.month) - 1;
        let bit = |of: u8, place: u32| u64::from(wanted & of != 0) << place;
        let bits = bit(MONTH, month)
            | bit(MONTH_3, STARTS[0] + month)
            | bit(WEEKDAY, STARTS[1] + u32::from(weekday))
            | bit(WEEKDAY_3, STARTS[2] + u32::from(weekday));
        if bits & !self.names.0 != 0 {
            let names = self.names;
            self.names = self.with(|f| names.ask(bits, f));
            if bits & !self.names.0 != 0 {
                return None;
            }
        }
        Some(Day {
            date: *date,
            weekday,
        })
    }
}

/// Appends a date in a format of simple characters; false, with nothing written, if there
/// may be too little room, or for what [`Writer::day`] or this format does not do.
#[must_use = "false means that the date was not written"]
pub(crate) fn push_date(date: Date, pattern: &str, f: &mut Frame<'_>) -> bool {
    let mut w = Writer::new(f);
    let is_written = write_date(&mut w, date, pattern);
    if is_written {
        w.finish();
    }
    is_written
}

/// A format of parts that are always there, with short texts behind them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateFormat {
    steps: [DateStep; DateFormat::MOST_STEPS],
    /// The names that it asks for, as [`MONTH`] and so on.
    wanted: u8,
    /// How many bytes it makes at most.
    most: u8,
}

/// A part of a date, and text.
#[derive(Debug, Clone, Copy)]
struct DateStep {
    /// The character that stands for the part; 0 for nothing more.
    part: u8,
    length: u8,
    text: [u8; DateStep::LONGEST],
}

impl DateStep {
    /// Texts that are longer are not simple.
    const LONGEST: usize = 8;
    /// As much as a part and its text can make.
    const MOST: u8 = 9 + Self::LONGEST as u8;
    const NONE: Self = Self {
        part: 0,
        length: 0,
        text: [0; Self::LONGEST],
    };
}

impl DateFormat {
    /// Formats of more parts are not simple.
    const MOST_STEPS: usize = 4;

    /// The format of a pattern, if it is simple: it begins with a part, and the texts are of
    /// ASCII characters that are not escaped.
    pub(crate) const fn new(pattern: &str) -> Option<Self> {
        let bytes = pattern.as_bytes();
        let mut steps = [DateStep::NONE; Self::MOST_STEPS];
        let (mut count, mut wanted, mut place) = (0, 0, 0);
        while place < bytes.len() {
            let byte = bytes[place];
            let name = match byte {
                b'F' => MONTH,
                b'M' => MONTH_3,
                b'l' => WEEKDAY,
                b'D' => WEEKDAY_3,
                b'd' | b'm' | b'j' | b'n' | b'y' | b'Y' => 0,
                b'&' | b'<' | b'>' | b'"' | b'\'' => return None,
                byte if !byte.is_ascii() || IS_FORMAT[byte as usize] => return None,
                byte => {
                    // No text comes before the first part.
                    if count == 0 || steps[count - 1].length as usize == DateStep::LONGEST {
                        return None;
                    }
                    let step = &mut steps[count - 1];
                    step.text[step.length as usize] = byte;
                    step.length += 1;
                    place += 1;
                    continue;
                }
            };
            if count == Self::MOST_STEPS {
                return None;
            }
            steps[count].part = byte;
            wanted |= name;
            count += 1;
            place += 1;
        }
        // No format at all stands for another one.
        if count == 0 {
            return None;
        }
        let most = count as u8 * DateStep::MOST;
        Some(Self {
            steps,
            wanted,
            most,
        })
    }
}

impl Writer<'_, '_> {
    /// Writes a date in a simple format; false, with nothing written, for what
    /// [`push_date`] does not write.
    #[inline(always)]
    pub(crate) fn date(&mut self, date: Date, format: &DateFormat) -> bool {
        let (at, names) = write_simply(self.at, self.end, self.names, self.frame, date, format);
        self.names = names;
        if at.is_null() {
            return false;
        }
        self.at = at;
        true
    }
}

/// Writes a date with a writer of its own, so that the caller's stays in registers. Gives the
/// place behind the date, which is null if it was not written.
#[inline(never)]
fn write_simply(
    at: *mut u8,
    end: *mut u8,
    names: Names,
    frame: &mut Frame<'_>,
    date: Date,
    format: &DateFormat,
) -> (*mut u8, Names) {
    let mut w = Writer {
        at,
        end,
        frame,
        names,
    };
    let most = usize::from(format.most);
    if most > w.frame.filter_limit {
        return (ptr::null_mut(), w.names);
    }
    let is_plain = w.names.are_all() && is_ordinary(&date);
    let day = if is_plain && format.wanted & (WEEKDAY | WEEKDAY_3) == 0 {
        Day { date, weekday: 0 }
    } else if let Some(day) = w.day(&date, format.wanted) {
        day
    } else {
        return (ptr::null_mut(), w.names);
    };
    if w.end.addr() - w.at.addr() < most {
        return (ptr::null_mut(), w.names);
    }
    let mut at = w.at;
    for step in &format.steps {
        // SAFETY: there is room for as much as all steps can make; pieces keep within the
        // slack, and so does what is stored behind a text. It is ASCII, by `new`.
        unsafe {
            at = match step.part {
                b'd' => Piece::write(day.day_2(), at),
                b'D' => Piece::write(day.weekday_3(), at),
                b'F' => Piece::write(day.month(), at),
                b'j' => Piece::write(day.day_number(), at),
                b'l' => Piece::write(day.weekday(), at),
                b'm' => Piece::write(day.month_2(), at),
                b'M' => Piece::write(day.month_3(), at),
                b'n' => Piece::write(day.month_number(), at),
                b'y' => Piece::write(day.year_2(), at),
                b'Y' => Piece::write(day.year(), at),
                _ => break,
            };
            at.cast::<[u8; DateStep::LONGEST]>().write(step.text);
            at = at.add(usize::from(step.length));
        }
    }
    (at, w.names)
}

fn write_date(w: &mut Writer<'_, '_>, date: Date, pattern: &str) -> bool {
    /// More than what a byte of a format makes, escaped.
    const EACH: usize = 16;
    let most = pattern.len().saturating_mul(EACH);
    let mut wanted = 0;
    for byte in pattern.bytes() {
        wanted |= match byte {
            b'F' => MONTH,
            b'M' => MONTH_3,
            b'l' => WEEKDAY,
            b'D' => WEEKDAY_3,
            b'd' | b'm' | b'j' | b'n' | b'y' | b'Y' => 0,
            byte if IS_FORMAT[usize::from(byte)] => return false,
            _ => 0,
        };
    }
    // No format at all stands for another one.
    if pattern.is_empty() || most > w.frame.filter_limit {
        return false;
    }
    let is_escaped = w.frame.autoescape;
    let Some(day) = w.day(&date, wanted) else {
        return false;
    };
    if w.end.addr() - w.at.addr() <= most + EACH {
        return false;
    }
    let mut rest = pattern;
    while let Some(&byte) = rest.as_bytes().first() {
        let plain = rest.bytes().position(|byte| IS_FORMAT[usize::from(byte)]);
        let plain = plain.unwrap_or(rest.len());
        let (text, next) = rest.split_at(plain.max(1));
        let done = match byte {
            b'd' => w.put(day.day_2()),
            b'D' => w.put(day.weekday_3()),
            b'F' => w.put(day.month()),
            b'j' => w.put(day.day_number()),
            b'l' => w.put(day.weekday()),
            b'm' => w.put(day.month_2()),
            b'M' => w.put(day.month_3()),
            b'n' => w.put(day.month_number()),
            b'y' => w.put(day.year_2()),
            b'Y' => w.put(day.year()),
            _ if is_escaped => w.escaped(text),
            _ => w.text(text),
        };
        if done.is_err() {
            return false;
        }
        rest = next;
    }
    true
}

impl Day {
    /// `Y`
    #[inline(always)]
    pub fn year(self) -> Year {
        Year(self.date.year.cast_unsigned())
    }

    /// `y`
    #[inline(always)]
    pub fn year_2(self) -> Pair {
        Pair((self.date.year.cast_unsigned() % 100) as u8)
    }

    /// `n`
    #[inline(always)]
    pub fn month_number(self) -> Uint {
        uint(u64::from(self.date.month))
    }

    /// `m`
    #[inline(always)]
    pub fn month_2(self) -> Pair {
        Pair(self.date.month)
    }

    /// `j`
    #[inline(always)]
    pub fn day_number(self) -> Uint {
        uint(u64::from(self.date.day))
    }

    /// `d`
    #[inline(always)]
    pub fn day_2(self) -> Pair {
        Pair(self.date.day)
    }

    /// `F`
    #[inline(always)]
    pub fn month(self) -> Name {
        Name(&LONG_MONTHS[usize::from(self.date.month - 1)])
    }

    /// `M`
    #[inline(always)]
    pub fn month_3(self) -> Name3 {
        Name3(&LONG_MONTHS[usize::from(self.date.month - 1)])
    }

    /// `l`
    #[inline(always)]
    pub fn weekday(self) -> Name {
        Name(&LONG_WEEKDAYS[usize::from(self.weekday)])
    }

    /// `D`
    #[inline(always)]
    pub fn weekday_3(self) -> Name3 {
        Name3(&LONG_WEEKDAYS[usize::from(self.weekday)])
    }
}

/// A name, and its length in the last byte.
type Padded = [u8; 16];

const fn padded<const COUNT: usize>(names: [&str; COUNT]) -> [Padded; COUNT] {
    let mut table = [[0; 16]; COUNT];
    let mut number = 0;
    while number < COUNT {
        let name = names[number].as_bytes();
        let mut place = 0;
        while place < name.len() {
            table[number][place] = name[place];
            place += 1;
        }
        assert!(name.len() <= Name::MOST && name.is_ascii());
        table[number][15] = name.len() as u8;
        number += 1;
    }
    table
}

static LONG_MONTHS: [Padded; 12] = padded(MONTHS);
static LONG_WEEKDAYS: [Padded; 7] = padded(WEEKDAYS);

fn part(bytes: &[u8]) -> Part<'_> {
    // All are ASCII.
    Part::Text(str::from_utf8(bytes).unwrap_or_default())
}

/// The name of a month or a day.
#[derive(Debug, Clone, Copy)]
pub struct Name(&'static Padded);

// SAFETY: what is stored is 16 bytes, of which those of the name are ASCII; it has at least
// one byte.
unsafe impl Piece for Name {
    const MOST: usize = 9;

    fn part(&self) -> Part<'_> {
        part(&self.0[..usize::from(self.0[15])])
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1; the rest is less than the slack.
        unsafe {
            at.cast::<Padded>().write(*self.0);
            at.add(usize::from(self.0[15]))
        }
    }
}

/// The first three letters of a name.
#[derive(Debug, Clone, Copy)]
pub struct Name3(&'static Padded);

// SAFETY: what is stored is four bytes, of which three are ASCII.
unsafe impl Piece for Name3 {
    const MOST: usize = 3;

    fn part(&self) -> Part<'_> {
        part(&self.0[..3])
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        let [first, second, third, fourth, ..] = *self.0;
        // SAFETY: by duty 1; a byte is too many.
        unsafe {
            at.cast::<[u8; 4]>().write([first, second, third, fourth]);
            at.add(3)
        }
    }
}

/// A number below 100, of two digits.
#[derive(Debug, Clone, Copy)]
pub struct Pair(u8);

// SAFETY: two bytes, which are digits.
unsafe impl Piece for Pair {
    const MOST: usize = 2;

    fn part(&self) -> Part<'_> {
        Part::Padded(u64::from(self.0), 2)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { integer::write_two(at, u64::from(self.0)) }
    }
}

/// A number from 1 to 9999, of four digits.
#[derive(Debug, Clone, Copy)]
pub struct Year(u32);

// SAFETY: four bytes, which are digits.
unsafe impl Piece for Year {
    const MOST: usize = 4;

    fn part(&self) -> Part<'_> {
        Part::Padded(u64::from(self.0), 4)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u8) -> *mut u8 {
        // SAFETY: by duty 1.
        unsafe { integer::write_four(at, u64::from(self.0)) }
    }
}

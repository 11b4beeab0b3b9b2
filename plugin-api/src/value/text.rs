//! Strings and large integers.

use std::fmt;

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RStr, RString, RVec};

use super::inline::Inline;

/// A string that knows whether it may be written without escaping. Short ones are held in
/// place, long ones shared.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct Text(Repr);

#[repr(u8)]
#[derive(StableAbi)]
pub enum Repr {
    /// Held in place.
    Inline { safe: bool, text: Inline },
    /// Held by all that share it.
    Shared { safe: bool, text: RArc<RString> },
    /// A constant of a library. Only what stays inside that library has one: a clone holds
    /// the text itself.
    Constant {
        safe: bool,
        text: &'static RStr<'static>,
    },
}

impl Clone for Repr {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Inline { safe, text } => Self::Inline {
                safe: *safe,
                text: *text,
            },
            Self::Shared { safe, text } => Self::Shared {
                safe: *safe,
                text: text.clone(),
            },
            Self::Constant { safe, text } => Text::copied(text.as_str(), *safe).0,
        }
    }
}

impl Text {
    /// Makes a string.
    pub fn new(text: String, safe: bool) -> Self {
        match Inline::new(&text) {
            Some(text) => Self(Repr::Inline { safe, text }),
            None => Self(Repr::Shared {
                safe,
                text: RArc::new(text.into()),
            }),
        }
    }

    /// How many bytes of text can be held in place.
    pub const IN_PLACE: usize = 21;

    /// The bytes of a text that is held in place, with zeros after it, and its length.
    ///
    /// Most texts are short, and can be copied as a whole then, whatever their length is.
    ///
    /// ```
    /// use hotplate_plugin_api::value::Text;
    ///
    /// let short = Text::new("abc".to_owned(), false);
    /// assert_eq!(short.in_place().map(|(bytes, length)| (&bytes[..4], length)), Some((&b"abc\0"[..], 3)));
    /// assert!(Text::new("a".repeat(22), false).in_place().is_none());
    /// ```
    #[inline]
    pub fn in_place(&self) -> Option<(&[u8; Self::IN_PLACE], usize)> {
        match &self.0 {
            Repr::Inline { text, .. } => Some(text.padded()),
            Repr::Shared { .. } | Repr::Constant { .. } => None,
        }
    }

    /// Makes a string of a copy.
    pub fn copied(text: &str, safe: bool) -> Self {
        match Inline::new(text) {
            Some(text) => Self(Repr::Inline { safe, text }),
            None => Self(Repr::Shared {
                safe,
                text: RArc::new(text.into()),
            }),
        }
    }

    /// A string that is a constant of the library that asks. It must not leave the library;
    /// its clones may.
    #[inline]
    pub const fn constant(text: &'static RStr<'static>, safe: bool) -> Self {
        Self(Repr::Constant { safe, text })
    }

    /// The text.
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Inline { text, .. } => text.as_str(),
            Repr::Shared { text, .. } => text.as_str(),
            Repr::Constant { text, .. } => text.as_str(),
        }
    }

    /// Whether it is written as it is.
    #[inline]
    pub fn is_safe(&self) -> bool {
        match &self.0 {
            Repr::Inline { safe, .. } | Repr::Shared { safe, .. } | Repr::Constant { safe, .. } => {
                *safe
            }
        }
    }

    /// The same text, safe or not; shares the memory.
    pub fn with_safety(&self, safe: bool) -> Self {
        let mut same = self.clone();
        match &mut same.0 {
            Repr::Inline { safe: known, .. }
            | Repr::Shared { safe: known, .. }
            | Repr::Constant { safe: known, .. } => *known = safe,
        }
        same
    }
}

/// Whether two texts are equal. Faster than `==` for texts as short as names, as it calls
/// nothing.
#[inline]
pub fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        0 => true,
        1..=3 => {
            let middle = left.len() / 2;
            left[0] == right[0] && left[middle] == right[middle] && left.last() == right.last()
        }
        4..=7 => {
            left.first_chunk::<4>() == right.first_chunk::<4>()
                && left.last_chunk::<4>() == right.last_chunk::<4>()
        }
        8..=16 => {
            left.first_chunk::<8>() == right.first_chunk::<8>()
                && left.last_chunk::<8>() == right.last_chunk::<8>()
        }
        _ => left == right,
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.is_safe() == other.is_safe() && self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_safe() {
            write!(f, "safe({:?})", self.as_str())
        } else {
            self.as_str().fmt(f)
        }
    }
}

/// Bytes.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct Bytes(RArc<RVec<u8>>);

impl Bytes {
    /// Shares bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(RArc::new(bytes.into()))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// A decimal number with all of its digits (`decimal.Decimal`), as Python prints it.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct Decimal {
    text: RArc<RString>,
}

impl Decimal {
    /// Reads a number as `Decimal(text)` does; nothing for any other text.
    ///
    /// ```
    /// use hotplate_plugin_api::value::Decimal;
    ///
    /// let printed = |text| Decimal::parse(text).map(|number| number.as_str().to_owned());
    /// assert_eq!(printed("1.50").as_deref(), Some("1.50"));
    /// assert_eq!(printed("1000e-1").as_deref(), Some("100.0"));
    /// assert_eq!(printed("1e3").as_deref(), Some("1E+3"));
    /// assert_eq!(printed("one"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, unsigned) = match text.strip_prefix(['+', '-']) {
            Some(rest) if text.starts_with('-') => ("-", rest),
            Some(rest) => ("", rest),
            None => ("", text),
        };
        let printed = match unsigned.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => "Infinity".to_owned(),
            "nan" => "NaN".to_owned(),
            "snan" => "sNaN".to_owned(),
            number => print_decimal(number)?,
        };
        Some(Self {
            text: RArc::new(format!("{sign}{printed}").into()),
        })
    }

    /// `str()` of the number.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

/// `str()` of a finite number without a sign, in lower case.
fn print_decimal(number: &str) -> Option<String> {
    let (mantissa, exponent) = match number.split_once('e') {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (mantissa, exponent.parse::<i64>().ok()?)
        }
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let length = i64::try_from(digits.len()).ok()?;
    let point = exponent.checked_add(length)?;
    if exponent <= 0 && point > -6 {
        return Some(if exponent == 0 {
            digits.to_owned()
        } else if let Ok(place @ 1..) = usize::try_from(point) {
            format!("{}.{}", &digits[..place], &digits[place..])
        } else {
            let zeros = usize::try_from(-point).ok()?;
            format!("0.{}{digits}", "0".repeat(zeros))
        });
    }
    let (first, rest) = digits.split_at(1);
    let point_and_rest = if rest.is_empty() {
        String::new()
    } else {
        format!(".{rest}")
    };
    Some(format!("{first}{point_and_rest}E{:+}", point - 1))
}

/// An integer of any size, in decimal digits.
#[repr(transparent)]
#[derive(StableAbi, Clone)]
pub struct BigInt {
    digits: RArc<RString>,
}

impl BigInt {
    /// Reads an optional minus sign and decimal digits; nothing for any other text.
    ///
    /// Leading zeros are dropped, so equal numbers have equal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = match digits.trim_start_matches('0') {
            "" => "0".to_owned(),
            digits => format!("{sign}{digits}"),
        };
        Some(Self {
            digits: RArc::new(digits.into()),
        })
    }

    /// The canonical form: no leading zeros, a minus sign if negative.
    pub fn digits(&self) -> &str {
        self.digits.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_kept() {
        for length in 0..=64 {
            for letter in ["a", "ß"] {
                let text = letter.repeat(length);
                for safe in [false, true] {
                    for made in [Text::new(text.clone(), safe), Text::copied(&text, safe)] {
                        let turned = made.clone().with_safety(!safe);
                        assert_eq!((made.as_str(), made.is_safe()), (&*text, safe));
                        assert_eq!((turned.as_str(), turned.is_safe()), (&*text, !safe));
                    }
                }
            }
        }
    }

    #[test]
    fn a_clone_of_a_constant_holds_the_text_itself() {
        static LONG: RStr<'static> = RStr::from_str("a text that is too long to be held in place");
        let constant = Text::constant(&LONG, true);
        let clone = constant.clone();
        assert!(std::ptr::eq(constant.as_str(), LONG.as_str()));
        assert!(!std::ptr::eq(clone.as_str(), LONG.as_str()));
        assert_eq!(clone, constant);
    }

    #[test]
    fn same_texts_are_those_that_are_equal() {
        for length in 0..40 {
            let text = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"[..length].to_owned();
            assert!(same_text(&text, &text.clone()));
            assert!(!same_text(&text, &format!("{text}x")));
            for place in 0..length {
                let mut other = text.clone();
                other.replace_range(place..=place, "-");
                assert!(!same_text(&text, &other), "{text} and {other}");
            }
        }
    }

    #[test]
    fn decimals_print_as_in_python() {
        let cases = [
            ("0", Some("0")),
            ("-0.0", Some("-0.0")),
            ("+007", Some("7")),
            ("1.50", Some("1.50")),
            ("1E+3", Some("1E+3")),
            ("12345e-2", Some("123.45")),
            ("0.000001", Some("0.000001")),
            ("0.0000001", Some("1E-7")),
            ("0.00000012", Some("1.2E-7")),
            ("1.23e10", Some("1.23E+10")),
            ("0e5", Some("0E+5")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("-inf", Some("-Infinity")),
            ("nan", Some("NaN")),
            ("", None),
            (".", None),
            ("1e", None),
            ("1e1e1", None),
            ("1x", None),
        ];
        for (input, expected) in cases {
            let parsed = Decimal::parse(input);
            assert_eq!(parsed.as_ref().map(Decimal::as_str), expected, "{input}");
        }
    }

    #[test]
    fn big_integers_have_one_form() {
        let cases = [
            ("0", Some("0")),
            ("-0", Some("0")),
            ("0012", Some("12")),
            ("-99999999999999999999", Some("-99999999999999999999")),
            ("", None),
            ("-", None),
            ("1x", None),
        ];
        for (input, expected) in cases {
            let parsed = BigInt::parse(input);
            assert_eq!(parsed.as_ref().map(BigInt::digits), expected, "{input}");
        }
    }
}

//! Strings and large integers.

use std::fmt;

use abi_stable::StableAbi;
use abi_stable::std_types::{RArc, RString, RVec};

/// A shared string that knows whether it may be written without escaping.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Text {
    text: RArc<RString>,
    safe: bool,
}

impl Text {
    /// Makes a string.
    pub fn new(text: String, safe: bool) -> Self {
        Self {
            text: RArc::new(text.into()),
            safe,
        }
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether it is written as it is.
    #[inline]
    pub fn is_safe(&self) -> bool {
        self.safe
    }

    /// The same text, safe or not; shares the memory.
    pub fn with_safety(&self, safe: bool) -> Self {
        Self {
            text: self.text.clone(),
            safe,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.safe == other.safe && self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.safe {
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

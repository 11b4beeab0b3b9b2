//! Decimal numbers of any size, as far as `floatformat` needs them.

use crate::python::{fold_digits, trim};

/// A number in decimal, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decimal {
    /// `sign digits * 10 ** exponent`.
    Finite {
        /// Whether it has a minus sign; zero may have one.
        negative: bool,
        /// The digits, without leading zeros.
        digits: String,
        /// The power of ten of the last digit.
        exponent: i64,
    },
    /// An infinity or not a number.
    Special,
}

impl Decimal {
    /// Reads what Python's `Decimal` reads: white space around it, underscores anywhere,
    /// digits of any script, an exponent, `inf` and `nan`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = fold_digits(trim(text)).replace('_', "");
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        if is_special(&magnitude.to_lowercase()) {
            return Some(Self::Special);
        }
        let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (magnitude, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = match digits.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        Some(Self::Finite {
            negative,
            digits: digits.to_owned(),
            exponent: exponent.saturating_sub(i64::try_from(fraction.len()).ok()?),
        })
    }
}

fn is_special(magnitude: &str) -> bool {
    if matches!(magnitude, "inf" | "infinity") {
        return true;
    }
    let magnitude = magnitude.strip_prefix('s').unwrap_or(magnitude);
    magnitude
        .strip_prefix("nan")
        .is_some_and(|payload| payload.bytes().all(|byte| byte.is_ascii_digit()))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // One that is out of range counts as the largest: both are too large to print.
    let magnitude = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

/// The number with so many decimal places, rounded half up, without a sign, as its
/// digits before and after the point.
///
/// The caller bounds `exponent` and `places`: the result has about as many digits as
/// `digits`, `exponent` and `places` together.
pub(super) fn round_half_up(digits: &str, exponent: i64, places: usize) -> (String, String) {
    let shift = exponent.saturating_add(i64::try_from(places).unwrap_or(i64::MAX));
    let mut scaled = match usize::try_from(shift) {
        Ok(zeros) => format!("{digits}{}", "0".repeat(zeros)),
        Err(_) => {
            let dropped = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
            match digits.len().checked_sub(dropped) {
                None => "0".to_owned(),
                Some(kept) => {
                    let round_up = digits.as_bytes()[kept] >= b'5';
                    let kept = &digits[..kept];
                    if round_up {
                        increment(kept)
                    } else {
                        kept.to_owned()
                    }
                }
            }
        }
    };
    if scaled.len() <= places {
        scaled.insert_str(0, &"0".repeat(places + 1 - scaled.len()));
    }
    if scaled.is_empty() {
        scaled.push('0');
    }
    let fraction = scaled.split_off(scaled.len() - places);
    let whole = match scaled.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    (whole.to_owned(), fraction)
}

fn increment(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let nines = digits.len() - kept.len();
    let (rest, last) = kept.split_at(kept.len().saturating_sub(1));
    let last = match last.bytes().next() {
        Some(digit) => char::from(digit + 1),
        None => '1',
    };
    format!("{rest}{last}{}", "0".repeat(nines))
}

/// Puts a comma after each three digits, from the right.
pub(super) fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_python_reads() {
        let finite = |negative, digits: &str, exponent| {
            Some(Decimal::Finite {
                negative,
                digits: digits.to_owned(),
                exponent,
            })
        };
        let cases = [
            ("0", finite(false, "0", 0)),
            ("-0.00", finite(true, "0", -2)),
            (" +012.50\n", finite(false, "1250", -2)),
            (".5", finite(false, "5", -1)),
            ("5.", finite(false, "5", 0)),
            ("1_0__0_", finite(false, "100", 0)),
            ("1e5", finite(false, "1", 5)),
            ("1.25E-3", finite(false, "125", -5)),
            ("٣٫", None),
            ("٣.٤", finite(false, "34", -1)),
            ("Infinity", Some(Decimal::Special)),
            ("-inf", Some(Decimal::Special)),
            ("sNaN12", Some(Decimal::Special)),
            ("nan1x", None),
            ("", None),
            (".", None),
            ("1e", None),
            ("1e+-2", None),
            ("--1", None),
            ("1.2.3", None),
            ("0x10", None),
        ];
        for (input, expected) in cases {
            assert_eq!(Decimal::parse(input), expected, "{input:?}");
        }
    }

    #[test]
    fn rounds_half_up() {
        let cases = [
            (("1005", -3, 2), "1.01"),
            (("25", -1, 0), "3."),
            (("5", -1, 0), "1."),
            (("4", -1, 0), "0."),
            (("9995", -3, 2), "10.00"),
            (("5", -3, 2), "0.01"),
            (("5", -4, 2), "0.00"),
            (("5", -40, 2), "0.00"),
            (("12", 3, 1), "12000.0"),
            (("0", 0, 3), "0.000"),
        ];
        for ((digits, exponent, places), expected) in cases {
            let (whole, fraction) = round_half_up(digits, exponent, places);
            assert_eq!(
                format!("{whole}.{fraction}"),
                expected,
                "{digits}e{exponent}"
            );
        }
    }
}

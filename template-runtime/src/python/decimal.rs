//! Decimal numbers with all of their digits, as Python's `decimal` module has them.

use std::cmp::Ordering;

use hotplate_plugin_api::value::{Decimal, Value};

use super::digits;
use super::strings::{fold_digits, trim};
use crate::{Error, Result};

/// The digits that the result of an operation keeps (`getcontext().prec`).
const PRECISION: usize = 28;

/// The longest integer that a number with an exponent is turned into.
const MAX_INT_DIGITS: i64 = 100_000;

/// A number, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// An ordinary number.
    Finite(Exact),
    /// An infinity.
    Infinite {
        /// Whether it has a minus sign.
        negative: bool,
    },
    /// Not a number.
    Nan,
}

/// `digits * 10 ** exponent`, with a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// Whether it has a minus sign; zero may have one.
    pub negative: bool,
    /// The digits, without leading zeros.
    pub digits: String,
    /// The power of ten of the last digit.
    pub exponent: i64,
}

impl Parsed {
    /// What a decimal value holds.
    pub fn of(decimal: &Decimal) -> Self {
        // A decimal value always has the form of a number.
        Self::parse(decimal.as_str()).unwrap_or(Self::Nan)
    }

    /// Reads what Python's `Decimal` reads: white space around it, underscores anywhere,
    /// digits of any script, an exponent, `inf` and `nan`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = fold_digits(trim(text)).replace('_', "");
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let lower = magnitude.to_lowercase();
        if matches!(lower.as_str(), "inf" | "infinity") {
            return Some(Self::Infinite { negative });
        }
        if is_nan(&lower) {
            return Some(Self::Nan);
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
        Some(Self::Finite(Exact {
            negative,
            digits: without_leading_zeros(&digits).to_owned(),
            exponent: exponent.saturating_sub(i64::try_from(fraction.len()).ok()?),
        }))
    }

    /// `Decimal(text)`.
    ///
    /// # Errors
    ///
    /// `InvalidOperation` for what is no number.
    pub fn read(text: &str) -> Result<Self> {
        Self::parse(text)
            .ok_or_else(|| Error::raise("InvalidOperation", "[<class 'decimal.ConversionSyntax'>]"))
    }
}

fn is_nan(magnitude: &str) -> bool {
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

fn without_leading_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    }
}

impl Exact {
    /// Zero.
    pub fn zero() -> Self {
        Self::of_integer("0")
    }

    /// An integer in decimal digits.
    pub fn of_integer(number: &str) -> Self {
        let (negative, magnitude) = match number.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, number),
        };
        Self {
            negative,
            digits: without_leading_zeros(magnitude).to_owned(),
            exponent: 0,
        }
    }

    /// The exact value of a finite float.
    pub fn of_float(number: f64) -> Self {
        const MANTISSA_BITS: u64 = 52;
        let exponent = (number.to_bits() >> MANTISSA_BITS) & 0x7ff;
        // No float has more binary places than this, and thereby decimal ones.
        let places = usize::try_from(1075u64.saturating_sub(exponent.max(1))).unwrap_or(0);
        let text = format!("{:.places$}", number.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        Self {
            negative: number.is_sign_negative(),
            digits: without_leading_zeros(&digits).to_owned(),
            exponent: -i64::try_from(fraction.len()).unwrap_or(0),
        }
    }

    /// As a value.
    pub fn to_decimal(&self) -> Option<Decimal> {
        let sign = if self.negative { "-" } else { "" };
        Decimal::parse(&format!("{sign}{}E{}", self.digits, self.exponent))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    /// The power of ten of the first digit.
    pub fn adjusted(&self) -> i64 {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        self.exponent.saturating_add(length - 1)
    }

    /// The order of two numbers.
    pub fn order(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let (left, right) = (sign(self), sign(other));
        if left != right || left == 0 {
            return left.cmp(&right);
        }
        let magnitudes = self.adjusted().cmp(&other.adjusted()).then_with(|| {
            let significant = |number: &Self| number.digits.trim_end_matches('0').len();
            self.digits[..significant(self)].cmp(&other.digits[..significant(other)])
        });
        if left < 0 {
            magnitudes.reverse()
        } else {
            magnitudes
        }
    }

    /// Whether it is nearer to zero than 1 at this decimal place.
    pub fn is_below_place(&self, places: usize) -> bool {
        let places = i64::try_from(places.max(1)).unwrap_or(i64::MAX);
        self.is_zero() || self.adjusted() < -places
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        match usize::try_from(self.exponent.unsigned_abs()) {
            Ok(places) if self.exponent < 0 => {
                let whole = self.digits.len().saturating_sub(places);
                self.is_zero() || (whole > 0 && self.digits[whole..].bytes().all(|d| d == b'0'))
            }
            Ok(_) => true,
            Err(_) => self.is_zero() || self.exponent > 0,
        }
    }

    /// All digits without an exponent (`format(number, "f")`). The caller bounds the exponent.
    pub fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let Ok(places) = usize::try_from(self.exponent.unsigned_abs()) else {
            return self.scientific();
        };
        if self.exponent >= 0 {
            if self.is_zero() {
                return format!("{sign}0");
            }
            return format!("{sign}{}{}", self.digits, "0".repeat(places));
        }
        let missing = (places + 1).saturating_sub(self.digits.len());
        let digits = format!("{}{}", "0".repeat(missing), self.digits);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{sign}{whole}.{fraction}")
    }

    /// One digit, the others after a point, and an exponent (`format(number, "e")`).
    pub fn scientific(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e{:+}", self.adjusted())
    }

    /// `int(number)`.
    ///
    /// # Errors
    ///
    /// A limit for a number with an absurd exponent.
    pub fn truncated(&self) -> Result<Value> {
        let sign = if self.negative { "-" } else { "" };
        let text = if self.is_zero() {
            "0".to_owned()
        } else if self.exponent >= 0 {
            if self.exponent > MAX_INT_DIGITS {
                return Err(Error::limit("an integer of more than 100000 digits"));
            }
            let zeros = usize::try_from(self.exponent).unwrap_or(0);
            format!("{sign}{}{}", self.digits, "0".repeat(zeros))
        } else {
            let places = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
            match self.digits.len().checked_sub(places) {
                Some(whole @ 1..) => format!("{sign}{}", &self.digits[..whole]),
                _ => "0".to_owned(),
            }
        };
        Ok(digits::value(&text).unwrap_or_default())
    }

    /// The sum, rounded to the precision of Python's default context.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let mut low = low.clone();
        if !high.is_zero() {
            // What lies far below the precision counts only as more than nothing.
            let length = i64::try_from(high.digits.len()).unwrap_or(i64::MAX);
            let precision = i64::try_from(PRECISION).unwrap_or(i64::MAX);
            let floor = high
                .exponent
                .saturating_add((length - precision - 2).min(-1));
            if low.adjusted() < floor {
                low.exponent = floor;
                if !low.is_zero() {
                    low.digits = "1".to_owned();
                }
            }
        }
        let zeros = usize::try_from(high.exponent.saturating_sub(low.exponent)).unwrap_or(0);
        let integer = |number: &Self, zeros: usize| {
            let sign = if number.negative { "-" } else { "" };
            let zeros = if number.is_zero() { 0 } else { zeros };
            digits::value(&format!("{sign}{}{}", number.digits, "0".repeat(zeros)))
        };
        let sum = digits::add(
            &integer(high, zeros).unwrap_or_default(),
            &integer(&low, 0).unwrap_or_default(),
        );
        let both_negative = high.negative && low.negative;
        let mut sum = Self::of_integer(&digits::of(&sum));
        sum.negative |= both_negative;
        sum.exponent = low.exponent;
        sum.rounded()
    }

    /// Rounded to the precision of Python's default context.
    fn rounded(mut self) -> Self {
        self.keep(PRECISION);
        if self.digits.len() > PRECISION {
            self.digits.pop();
            self.exponent += 1;
        }
        self
    }

    /// Drops all but the first digits, rounding half to even.
    fn keep(&mut self, count: usize) {
        let dropped = self.digits.len().saturating_sub(count);
        if dropped == 0 {
            return;
        }
        let rest = self.digits.split_off(count);
        let last = self.digits.bytes().last().unwrap_or(b'0') - b'0';
        let round_up = match rest.as_bytes() {
            [b'5', tail @ ..] => last % 2 == 1 || tail.iter().any(|&digit| digit != b'0'),
            [first, ..] => *first > b'5',
            [] => false,
        };
        self.exponent = self
            .exponent
            .saturating_add(i64::try_from(dropped).unwrap_or(0));
        if round_up {
            self.digits = increment(&self.digits);
        }
        if self.digits.is_empty() {
            self.digits.push('0');
        }
    }

    /// The same number without zeros at its end, rounded to the precision
    /// (`number.normalize()`).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut number = self.clone().rounded();
        let kept = number.digits.trim_end_matches('0').len();
        if kept == 0 {
            number.exponent = 0;
            return number;
        }
        let dropped = i64::try_from(number.digits.len() - kept).unwrap_or(0);
        number.digits.truncate(kept);
        number.exponent = number.exponent.saturating_add(dropped);
        number
    }

    /// The nearest whole number, half to even (`number.to_integral_value()`).
    #[must_use]
    pub fn to_integral(&self) -> Self {
        let mut number = self.clone();
        if self.exponent >= 0 {
            return number;
        }
        let places = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        if places > self.digits.len() {
            number.digits = "0".to_owned();
        } else {
            number.keep(self.digits.len() - places);
        }
        number.exponent = 0;
        number
    }
}

/// The number with so many decimal places, rounded half up, without a sign, as its
/// digits before and after the point.
///
/// The caller bounds `exponent` and `places`: the result has about as many digits as
/// `digits`, `exponent` and `places` together.
pub fn round_half_up(digits: &str, exponent: i64, places: usize) -> (String, String) {
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
    (without_leading_zeros(&scaled).to_owned(), fraction)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        match Parsed::parse(text) {
            Some(Parsed::Finite(exact)) => exact,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn reads_what_python_reads() {
        let cases = [
            ("0", "0e0"),
            ("-0.00", "-0e-2"),
            (" +012.50\n", "1250e-2"),
            (".5", "5e-1"),
            ("5.", "5e0"),
            ("1_0__0_", "100e0"),
            ("1e5", "1e5"),
            ("1.25E-3", "125e-5"),
            ("٣.٤", "34e-1"),
        ];
        for (input, expected) in cases {
            let Exact {
                negative,
                digits,
                exponent,
            } = exact(input);
            let sign = if negative { "-" } else { "" };
            assert_eq!(format!("{sign}{digits}e{exponent}"), expected, "{input:?}");
        }
        for input in [
            "٣٫", "nan1x", "", ".", "1e", "1e+-2", "--1", "1.2.3", "0x10",
        ] {
            assert_eq!(Parsed::parse(input), None, "{input:?}");
        }
        assert_eq!(Parsed::parse("sNaN12"), Some(Parsed::Nan));
        assert_eq!(
            Parsed::parse("Infinity"),
            Some(Parsed::Infinite { negative: false })
        );
        assert_eq!(
            Parsed::parse("-inf"),
            Some(Parsed::Infinite { negative: true })
        );
    }

    #[test]
    fn prints_with_and_without_exponent() {
        let cases = [
            ("1.50", "1.50", "1.50e+0"),
            ("-0.0", "-0.0", "-0e-1"),
            ("1E+3", "1000", "1e+3"),
            ("0E+3", "0", "0e+3"),
            ("12.5E-4", "0.00125", "1.25e-3"),
        ];
        for (input, plain, scientific) in cases {
            assert_eq!(exact(input).plain(), plain, "{input}");
            assert_eq!(exact(input).scientific(), scientific, "{input}");
        }
    }

    #[test]
    fn floats_are_exact() {
        let cases = [
            (0.5, "0.5"),
            (-2.0, "-2"),
            (
                0.1,
                "0.1000000000000000055511151231257827021181583404541015625",
            ),
            (1e22, "10000000000000000000000"),
            (0.0, "0"),
        ];
        for (number, expected) in cases {
            assert_eq!(Exact::of_float(number).plain(), expected, "{number}");
        }
        let smallest = Exact::of_float(5e-324);
        assert_eq!(smallest.exponent, -1074);
        assert_eq!(smallest.adjusted(), -324);
    }

    #[test]
    fn orders_by_value() {
        let sorted = [
            "-1E+9", "-2", "-1.5", "0", "1E-7", "0.1", "0.11", "9.9", "10", "1E+99",
        ];
        for (place, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                let order = exact(left).order(&exact(right));
                assert_eq!(order, place.cmp(&other), "{left} {right}");
            }
        }
        for (left, right) in [
            ("1", "1.00"),
            ("1E+3", "1000"),
            ("0", "-0.0"),
            ("0E+9", "0"),
        ] {
            assert_eq!(
                exact(left).order(&exact(right)),
                Ordering::Equal,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn adds_with_the_precision_of_python() {
        let cases = [
            ("1.5", "2.25", "3.75"),
            ("1", "-1.00", "0.00"),
            ("1E+3", "1", "1001"),
            ("1E+40", "1", "1.000000000000000000000000000E+40"),
            ("1", "0E-50", "1.000000000000000000000000000"),
            ("0E+3", "1.5", "1.5"),
            (
                "9999999999999999999999999999",
                "0.5",
                "1.000000000000000000000000000E+28",
            ),
            ("-0.1", "-0.2", "-0.3"),
            (
                "1.0000000000000000000000000005",
                "0",
                "1.000000000000000000000000000",
            ),
        ];
        for (left, right, expected) in cases {
            let sum = exact(left).plus(&exact(right)).to_decimal();
            let sum = sum.expect("a number").as_str().to_owned();
            assert_eq!(sum, expected, "{left} {right}");
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

//! What numbers have.

use hotplate_plugin_api::value::{Decimal, Value};

use super::{Attribute, NamedTuple};
use crate::python::decimal::{Exact, Parsed};
use crate::{Error, Result, python};

pub(super) fn of_integer(number: &Value, name: &str) -> Attribute {
    match name {
        "real" | "numerator" | "conjugate" => Attribute::Value(number.clone()),
        "imag" => 0.into(),
        "denominator" => 1.into(),
        "is_integer" => true.into(),
        "as_integer_ratio" => Value::tuple([number.clone(), 1.into()]).into(),
        "bit_length" => bits(number).0.into(),
        "bit_count" => bits(number).1.into(),
        "from_bytes" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

/// The number of binary digits, and of ones among them.
fn bits(number: &Value) -> (u32, u32) {
    match number {
        Value::Int(number) => {
            let magnitude = number.unsigned_abs();
            (64 - magnitude.leading_zeros(), magnitude.count_ones())
        }
        Value::BigInt(number) => {
            const CHUNK: u32 = 1 << 16;
            let mut rest = number.digits().trim_start_matches('-').to_owned();
            let (mut length, mut ones) = (0, 0);
            while rest != "0" {
                let (quotient, chunk) = python::integer_divide_small(&rest, CHUNK);
                ones += chunk.count_ones();
                length += if quotient == "0" {
                    32 - chunk.leading_zeros()
                } else {
                    16
                };
                rest = quotient;
            }
            (length, ones)
        }
        _ => (0, 0),
    }
}

pub(super) fn of_float(number: f64, name: &str) -> Result<Attribute> {
    Ok(match name {
        "real" | "conjugate" => Attribute::from(number),
        "imag" => Attribute::from(0.0),
        "is_integer" => Attribute::from(number.is_finite() && number.fract() == 0.0),
        "as_integer_ratio" if number.is_finite() && number.fract() == 0.0 => {
            Value::tuple([python::int(&Value::Float(number))?, 1.into()]).into()
        }
        "fromhex" | "from_number" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    })
}

pub(super) fn of_decimal(number: &Decimal, name: &str) -> Result<Attribute> {
    let parsed = Parsed::of(number);
    let (is_finite, is_nan) = (matches!(parsed, Parsed::Finite(_)), parsed == Parsed::Nan);
    let is_signaling = number.as_str().contains('s');
    let negative = number.as_str().starts_with('-');
    let zero = matches!(&parsed, Parsed::Finite(exact) if exact.is_zero());
    Ok(match name {
        "is_finite" => is_finite.into(),
        "is_infinite" => (!is_finite && !is_nan).into(),
        "is_nan" => is_nan.into(),
        "is_qnan" => (is_nan && !is_signaling).into(),
        "is_snan" => (is_nan && is_signaling).into(),
        "is_signed" => negative.into(),
        "is_zero" => zero.into(),
        "is_normal" => (is_finite && !zero).into(),
        "is_subnormal" => false.into(),
        "is_canonical" => true.into(),
        "real" | "conjugate" | "canonical" => number.clone().into(),
        "imag" => decimal("0"),
        "radix" => decimal("10"),
        "adjusted" => match &parsed {
            Parsed::Finite(exact) => exact.adjusted().into(),
            Parsed::Infinite { .. } | Parsed::Nan => 0.into(),
        },
        "copy_abs" => decimal(number.as_str().trim_start_matches('-')),
        "copy_negate" => match number.as_str().strip_prefix('-') {
            Some(magnitude) => decimal(magnitude),
            None => decimal(&format!("-{}", number.as_str())),
        },
        "as_tuple" => as_tuple(&parsed, negative, is_signaling),
        "normalize" => match &parsed {
            Parsed::Finite(exact) => exact.normalized().to_decimal().into_attribute(),
            Parsed::Infinite { .. } | Parsed::Nan => number.clone().into(),
        },
        "to_integral" | "to_integral_value" | "to_integral_exact" => match &parsed {
            Parsed::Finite(exact) => exact.to_integral().to_decimal().into_attribute(),
            Parsed::Infinite { .. } | Parsed::Nan => number.clone().into(),
        },
        "as_integer_ratio" => match &parsed {
            Parsed::Finite(exact) if exact.is_whole() => {
                Value::tuple([exact.truncated()?, 1.into()]).into()
            }
            Parsed::Infinite { .. } => {
                let message = "cannot convert Infinity to integer ratio";
                return Err(Error::raise("OverflowError", message));
            }
            Parsed::Nan => {
                return Err(Error::value_error("cannot convert NaN to integer ratio"));
            }
            Parsed::Finite(_) => Attribute::Missing,
        },
        "compare" | "compare_signal" | "compare_total" | "compare_total_mag" | "copy_sign"
        | "fma" | "from_float" | "from_number" | "logical_and" | "logical_or" | "logical_xor"
        | "max" | "max_mag" | "min" | "min_mag" | "next_toward" | "quantize" | "remainder_near"
        | "rotate" | "same_quantum" | "scaleb" | "shift" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    })
}

fn decimal(text: &str) -> Attribute {
    Decimal::parse(text).into_attribute()
}

trait IntoAttribute {
    fn into_attribute(self) -> Attribute;
}

impl IntoAttribute for Option<Decimal> {
    fn into_attribute(self) -> Attribute {
        self.map_or(Attribute::Missing, Attribute::from)
    }
}

fn as_tuple(number: &Parsed, negative: bool, is_signaling: bool) -> Attribute {
    let (digits, exponent) = match number {
        Parsed::Finite(Exact {
            digits, exponent, ..
        }) => {
            let digits = digits.bytes().map(|digit| Value::from(digit - b'0'));
            (Value::tuple(digits), Value::Int(*exponent))
        }
        Parsed::Infinite { .. } => (Value::tuple([0.into()]), Value::str("F")),
        Parsed::Nan => {
            let kind = if is_signaling { "N" } else { "n" };
            (Value::tuple([]), Value::str(kind))
        }
    };
    NamedTuple::of(
        "DecimalTuple",
        [
            ("sign", i32::from(negative).into()),
            ("digits", digits),
            ("exponent", exponent),
        ],
    )
}

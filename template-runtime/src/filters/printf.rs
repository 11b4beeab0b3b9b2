//! Python's `%` operator on strings, for one value.

use std::borrow::Cow;

use hotplate_plugin_api::value::{Lookup, Value};

use super::MAX_WIDTH;
use crate::python::{
    float, int, integer_divide_small, is_lazy, plain_value, repr, string, text, type_name,
};
use crate::{Error, Result};

/// No float has more decimal places, so that all further ones are zeros.
const MAX_PLACES: usize = 1100;

/// `format % value`, where the value is no tuple. For formats of the site's own.
///
/// # Errors
///
/// As for [`format_within`].
pub(super) fn format(format: &str, value: &Value) -> Result<String> {
    format_within(MAX_WIDTH, format, value)
}

/// `format % value`, where the value is no tuple, in at most so many bytes.
///
/// # Errors
///
/// `ValueError` for a format that is none, `TypeError` for a value that does not fit
/// it, `KeyError` for a key that a dictionary lacks; a limit for too long a result.
pub(crate) fn format_within(limit: usize, format: &str, value: &Value) -> Result<String> {
    let mut out = String::with_capacity(format.len());
    // The value to convert next, until it has been.
    let mut next = Some(Cow::Borrowed(value));
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (specifier, after) = Specifier::parse(after, next.as_deref())?;
        rest = after;
        if let Some(key) = specifier.key {
            next = Some(entry(value, key)?);
        }
        let Some(value) = next.take() else {
            return Err(not_enough_arguments());
        };
        let asked_for = specifier.width.max(specifier.places());
        if asked_for > limit.saturating_sub(out.len()) {
            return Err(too_long(limit));
        }
        specifier.write(&value, &mut out)?;
        if out.len() > limit {
            return Err(too_long(limit));
        }
    }
    out.push_str(rest);
    if next.is_some() && !is_mapping(value) {
        let message = "not all arguments converted during string formatting";
        return Err(Error::type_error(message));
    }
    Ok(out)
}

#[cold]
fn too_long(limit: usize) -> Error {
    Error::limit(format!(
        "a formatted value would have more than {limit} bytes"
    ))
}

/// Whether keys of a format are looked up in the value, which then need not be converted.
fn is_mapping(value: &Value) -> bool {
    match value {
        Value::Dict(_) | Value::List(_) | Value::Bytes(_) => true,
        Value::Object(object) if is_lazy(object) => true,
        Value::Object(object) => {
            let is_plain = !matches!(object.plain(), Some(Value::Str(_) | Value::Tuple(_)));
            is_plain && !matches!(object.item(&Value::Int(0)), Lookup::Missing)
        }
        _ => false,
    }
}

fn entry<'a>(value: &'a Value, key: &str) -> Result<Cow<'a, Value>> {
    let key = Value::str(key);
    let found = match value {
        Value::Dict(dict) => dict.get(&key).map(Cow::Borrowed),
        Value::Object(object) if is_lazy(object) => {
            let message = "string indices must be integers, not 'str'";
            return Err(Error::type_error(message));
        }
        Value::Object(object) if is_mapping(value) => match object.item(&key) {
            Lookup::Found(value) => Some(Cow::Owned(value)),
            Lookup::Raised(exception) => return Err(exception.into()),
            Lookup::Missing if object.type_name() == "range" => {
                let message = "range indices must be integers or slices, not str";
                return Err(Error::type_error(message));
            }
            Lookup::Missing => None,
        },
        Value::List(_) => {
            let message = "list indices must be integers or slices, not str";
            return Err(Error::type_error(message));
        }
        Value::Bytes(_) => {
            let message = "byte indices must be integers or slices, not str";
            return Err(Error::type_error(message));
        }
        _ => return Err(Error::type_error("format requires a mapping")),
    };
    match found {
        Some(value) => Ok(value),
        None => Err(Error::raise("KeyError", repr(&key)?)),
    }
}

#[cold]
fn not_enough_arguments() -> Error {
    Error::type_error("not enough arguments for format string")
}

/// One conversion, such as `%-5.2f`.
struct Specifier<'a> {
    key: Option<&'a str>,
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

impl<'a> Specifier<'a> {
    /// Reads what follows a percent sign; gives the text after it too.
    ///
    /// For an asterisk, the value itself would be the width.
    fn parse(text: &'a str, value: Option<&Value>) -> Result<(Self, &'a str)> {
        let incomplete = || Error::value_error("incomplete format");
        let (key, mut rest) = match text.strip_prefix('(') {
            Some(after) => {
                let end = closing_parenthesis(after)
                    .ok_or_else(|| Error::value_error("incomplete format key"))?;
                (Some(&after[..end]), &after[end + 1..])
            }
            None => (None, text),
        };
        let flags = rest.len() - rest.trim_start_matches(['-', '+', ' ', '#', '0']).len();
        let (flags, after) = rest.split_at(flags);
        let (width, after) = number(after, &Limit::WIDTH, value)?;
        rest = after;
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let (digits, after) = number(after, &Limit::PRECISION, value)?;
            precision = Some(digits);
            rest = after;
        }
        rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        let mut characters = rest.chars();
        let conversion = characters.next().ok_or_else(incomplete)?;
        let specifier = Self {
            key,
            left: flags.contains('-'),
            plus: flags.contains('+'),
            blank: flags.contains(' '),
            alternate: flags.contains('#'),
            zero: flags.contains('0'),
            width,
            precision,
            conversion,
        };
        Ok((specifier, characters.as_str()))
    }

    /// How many digits it asks for, whatever the value.
    fn places(&self) -> usize {
        match self.conversion {
            's' | 'r' | 'a' | 'c' => 0,
            _ => self.precision.unwrap_or(0),
        }
    }

    fn write(&self, value: &Value, out: &mut String) -> Result<()> {
        match self.conversion {
            's' => self.write_text(text(value)?.as_str(), out),
            'r' => self.write_text(&repr(value)?, out),
            'a' => self.write_text(&ascii(&repr(value)?), out),
            'c' => self.write_text(&character(value)?.to_string(), out),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.write_integer(value, out)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.write_float(value, out)?,
            other => {
                let message = format!("unsupported format character '{other}'");
                return Err(Error::value_error(message));
            }
        }
        Ok(())
    }

    fn write_text(&self, text: &str, out: &mut String) {
        let end = self
            .precision
            .filter(|_| self.conversion != 'c')
            .and_then(|limit| text.char_indices().nth(limit))
            .map_or(text.len(), |(place, _)| place);
        self.pad("", "", &text[..end], ' ', out);
    }

    fn write_integer(&self, value: &Value, out: &mut String) -> Result<()> {
        let decimal = matches!(self.conversion, 'd' | 'i' | 'u');
        let number = match &*plain_value(value) {
            Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => int(value)?,
            Value::Float(_) | Value::Decimal(_) if decimal => int(value)?,
            Value::Object(object) if decimal && object.int().is_some() => int(value)?,
            _ => {
                let (conversion, name) = (self.conversion, type_name(value));
                let needed = if decimal {
                    "a real number"
                } else {
                    "an integer"
                };
                return Err(Error::type_error(format!(
                    "%{conversion} format: {needed} is required, not {name}"
                )));
            }
        };
        let digits = text(&number)?;
        let (negative, magnitude) = match digits.as_str().strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, digits.as_str()),
        };
        let mut magnitude = match self.conversion {
            'o' => in_base(magnitude, 8),
            'x' => in_base(magnitude, 16),
            'X' => in_base(magnitude, 16).to_uppercase(),
            _ => magnitude.to_owned(),
        };
        let missing = self.precision.unwrap_or(0).saturating_sub(magnitude.len());
        magnitude.insert_str(0, &"0".repeat(missing));
        let prefix = match self.conversion {
            'o' if self.alternate => "0o",
            'x' if self.alternate => "0x",
            'X' if self.alternate => "0X",
            _ => "",
        };
        self.write_number(negative, prefix, &magnitude, out);
        Ok(())
    }

    fn write_float(&self, value: &Value, out: &mut String) -> Result<()> {
        let number = match &*plain_value(value) {
            Value::Int(_)
            | Value::BigInt(_)
            | Value::Bool(_)
            | Value::Float(_)
            | Value::Decimal(_) => float(value)?,
            Value::Object(object) if object.float().is_some() => float(value)?,
            _ => {
                let message = format!("must be real number, not {}", type_name(value));
                return Err(Error::type_error(message));
            }
        };
        let precision = self.precision.unwrap_or(6);
        let magnitude = number.abs();
        let mut text = if number.is_nan() {
            "nan".to_owned()
        } else if number.is_infinite() {
            "inf".to_owned()
        } else {
            match self.conversion.to_ascii_lowercase() {
                'f' => self.with_point(fixed(magnitude, precision)),
                'e' => self.scientific(magnitude, precision),
                _ => self.general(magnitude, precision.max(1)),
            }
        };
        if self.conversion.is_ascii_uppercase() {
            text.make_ascii_uppercase();
        }
        self.write_number(
            number.is_sign_negative() && !number.is_nan(),
            "",
            &text,
            out,
        );
        Ok(())
    }

    /// `%#` keeps the point even if no digit follows it.
    fn with_point(&self, mut text: String) -> String {
        if self.alternate && !text.contains('.') {
            text.push('.');
        }
        text
    }

    fn scientific(&self, magnitude: f64, precision: usize) -> String {
        let places = precision.min(MAX_PLACES);
        let text = format!("{magnitude:.places$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        let zeros = "0".repeat(precision - places);
        let mantissa = self.with_point(format!("{mantissa}{zeros}"));
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }

    fn general(&self, magnitude: f64, precision: usize) -> String {
        let text = self.scientific(magnitude, precision - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let digits = i64::try_from(precision).unwrap_or(i64::MAX);
        if !(-4..digits).contains(&exponent) {
            return format!("{}e{}", self.trimmed(mantissa), &text[mantissa.len() + 1..]);
        }
        let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
        let fixed = self.with_point(fixed(magnitude, decimals));
        self.trimmed(&fixed).to_owned()
    }

    /// `%g` drops zeros after the point, `%#g` does not.
    fn trimmed<'t>(&self, text: &'t str) -> &'t str {
        if self.alternate || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.')
    }

    fn write_number(&self, negative: bool, prefix: &str, digits: &str, out: &mut String) {
        let sign = match (negative, self.plus, self.blank) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let fill = if self.zero { '0' } else { ' ' };
        self.pad(sign, prefix, digits, fill, out);
    }

    fn pad(&self, sign: &str, prefix: &str, body: &str, fill: char, out: &mut String) {
        let length = sign.len() + prefix.len() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let (before, after) = if self.left {
            (0, missing)
        } else {
            (missing, 0)
        };
        let padding = std::iter::repeat_n(fill, before);
        if fill == ' ' {
            out.extend(padding);
            out.push_str(sign);
            out.push_str(prefix);
        } else {
            out.push_str(sign);
            out.push_str(prefix);
            out.extend(padding);
        }
        out.push_str(body);
        out.extend(std::iter::repeat_n(' ', after));
    }
}

/// Where the key's parenthesis closes: the key may contain pairs of them.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut open = 1usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        open == 0
    })
}

/// The number with so many decimal places.
fn fixed(magnitude: f64, places: usize) -> String {
    let shown = places.min(MAX_PLACES);
    let mut text = format!("{magnitude:.shown$}");
    text.extend(std::iter::repeat_n('0', places - shown));
    text
}

/// How large a number in a format may be.
struct Limit {
    largest: i64,
    too_big: &'static str,
    /// What the largest number is called in C.
    kind: &'static str,
}

impl Limit {
    const WIDTH: Self = Self {
        largest: i64::MAX,
        too_big: "width too big",
        kind: "ssize_t",
    };
    const PRECISION: Self = Self {
        largest: i32::MAX as i64,
        too_big: "precision too big",
        kind: "int",
    };

    /// What an asterisk raises: it takes the value, so that none is left to convert.
    #[cold]
    fn asterisk(&self, value: Option<&Value>) -> Error {
        let number = match value.map(plain_value).as_deref() {
            None => return not_enough_arguments(),
            Some(Value::Int(number)) => Some(*number),
            Some(Value::Bool(_)) => Some(0),
            Some(Value::BigInt(_)) => None,
            Some(_) => return Error::type_error("* wants int"),
        };
        let smallest = -1 - self.largest;
        if number.is_some_and(|number| (smallest..=self.largest).contains(&number)) {
            return not_enough_arguments();
        }
        let kind = self.kind;
        let message = format!("Python int too large to convert to C {kind}");
        Error::raise("OverflowError", message)
    }
}

/// A width or precision.
fn number<'t>(text: &'t str, limit: &Limit, value: Option<&Value>) -> Result<(usize, &'t str)> {
    if text.starts_with('*') {
        return Err(limit.asterisk(value));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (digits, rest) = text.split_at(digits);
    if digits.is_empty() {
        return Ok((0, rest));
    }
    let number = digits
        .parse()
        .ok()
        .filter(|number: &i64| *number <= limit.largest);
    match number.and_then(|number| usize::try_from(number).ok()) {
        Some(number) => Ok((number, rest)),
        None => Err(Error::value_error(limit.too_big)),
    }
}

/// `ascii()` of a representation.
fn ascii(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for character in repr.chars() {
        match u32::from(character) {
            0..=0x7f => out.push(character),
            code @ ..=0xff => out.push_str(&format!("\\x{code:02x}")),
            code @ ..=0xffff => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out
}

fn character(value: &Value) -> Result<char> {
    let needed = || Error::type_error("%c requires int or char");
    match &*plain_value(value) {
        Value::Str(text) if string(value).is_some() => {
            let mut characters = text.as_str().chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Ok(character),
                _ => Err(needed()),
            }
        }
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => {
            let code = match int(value)? {
                Value::Int(code) => u32::try_from(code).ok(),
                _ => None,
            };
            code.and_then(char::from_u32)
                .ok_or_else(|| Error::raise("OverflowError", "%c arg not in range(0x110000)"))
        }
        _ => Err(needed()),
    }
}

/// Decimal digits in another base.
fn in_base(digits: &str, base: u32) -> String {
    if let Ok(number) = digits.parse::<u128>() {
        return if base == 8 {
            format!("{number:o}")
        } else {
            format!("{number:x}")
        };
    }
    let mut reversed = Vec::new();
    let mut rest = digits.to_owned();
    while rest != "0" {
        let (quotient, remainder) = integer_divide_small(&rest, base);
        reversed.extend(char::from_digit(remainder, base));
        rest = quotient;
    }
    reversed.into_iter().rev().collect()
}

//! Constants of templates as values.

use hotplate_plugin_api::value::{BigInt, Ref, Value};

use hotplate_plugin_api::Frame;

use crate::Flow;
use crate::translation::Translator;

/// A string literal, which is safe.
pub fn literal_text(text: &str) -> Flow<'static> {
    Ok(Ref::Owned(Value::safe(text)))
}

/// A string literal that is marked for translation.
pub fn literal_translated(text: &str, f: &Frame<'_>) -> Flow<'static> {
    // Django doubles percent signs before it looks the text up.
    let translated = Translator::of_frame(f).gettext(&text.replace('%', "%%"));
    Ok(Ref::Owned(Value::safe(translated)))
}

/// A whole number.
pub fn literal_int(number: i64) -> Flow<'static> {
    Ok(Ref::Owned(Value::Int(number)))
}

/// A whole number of more than 64 bits, in decimal digits.
pub fn literal_big_int(digits: &str) -> Flow<'static> {
    let number = BigInt::parse(digits).map_or(Value::None, Value::BigInt);
    Ok(Ref::Owned(number))
}

/// A floating-point number, as its bits.
pub fn literal_float(bits: u64) -> Flow<'static> {
    Ok(Ref::Owned(Value::Float(f64::from_bits(bits))))
}

/// The result of a condition as a value.
pub fn literal_bool(truth: bool) -> Flow<'static> {
    Ok(Ref::Owned(Value::Bool(truth)))
}

/// `block.name`.
pub fn block_name(name: &str) -> Flow<'static> {
    Ok(Ref::Owned(Value::str(name)))
}

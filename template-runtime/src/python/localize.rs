//! Values as a template shows them: in the current zone, in the formats of the language.

use std::borrow::Cow;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::environment::{Format, FormatValue, Switch};
use hotplate_plugin_api::value::{DateTime, Ref, Text, Value};

use super::decimal::{Exact, Parsed};
use super::{escape, float_repr, format_date, format_time, text, zones};
use crate::filters::Call;
use crate::{Error, Result};

/// From this sum of digits and exponent on, a number is shown with its exponent.
const MAX_PLAIN_DIGITS: u64 = 200;

/// Exactly what `{{ value }}` writes, escaped where output is.
///
/// # Errors
///
/// What making a text of the value raises.
pub fn render_value(value: &Value, frame: &Frame<'_>) -> Result<Text> {
    let call = Call::new(frame);
    let shown = shown(value, &call)?;
    Ok(if call.autoescape {
        escaped(shown)
    } else {
        shown
    })
}

/// A text that is safe: escaped, if it was not.
fn escaped(text: Text) -> Text {
    if text.is_safe() {
        return text;
    }
    match escape(text.as_str()) {
        Cow::Borrowed(_) => text.with_safety(true),
        Cow::Owned(escaped) => Text::new(escaped, true),
    }
}

/// What `{{ value }}` writes before escaping; a safe text is not escaped.
///
/// # Errors
///
/// As for [`render_value`].
pub fn shown(value: &Value, call: &Call<'_>) -> Result<Text> {
    let local = local_time(value, call)?;
    match localized(&local, call.locale.localize, call)? {
        Some(text) => Ok(text),
        None => match &*local {
            Value::Object(object) => {
                // Output knows the own form in HTML of strings only.
                let plain = object.plain();
                match plain {
                    Some(Value::Str(plain)) if plain.is_safe() => Ok(plain),
                    Some(Value::Str(_)) => match object.html() {
                        Some(html) if call.autoescape => Ok(Text::new(html, true)),
                        _ => text(&local),
                    },
                    _ => text(&local),
                }
            }
            value => text(value),
        },
    }
}

/// The value as templates show times: an aware one in the current zone, if local time is
/// on and the value wants that.
///
/// # Errors
///
/// `OverflowError` for a time that the current zone cannot show.
pub fn local_time<'v>(value: &'v Value, call: &Call<'_>) -> Result<Ref<'v>> {
    if !call.locale.local_time.is_on(call.settings.use_tz) {
        return Ok(Ref::Borrowed(value));
    }
    let converted = match value {
        Value::DateTime(moment) => in_current_zone(moment, call)?,
        Value::Object(object) => match object.plain() {
            Some(Value::DateTime(moment)) => in_current_zone(&moment, call)?,
            _ => None,
        },
        _ => None,
    };
    Ok(match converted {
        Some(moment) => Ref::Owned(Value::from(moment)),
        None => Ref::Borrowed(value),
    })
}

fn in_current_zone(moment: &DateTime, call: &Call<'_>) -> Result<Option<DateTime>> {
    if !moment.convert || !zones::is_aware(moment) {
        return Ok(None);
    }
    let zone = &call.locale.zone;
    match zones::to_zone(moment, zone, &call.environment) {
        // Without a database of zones, times stay where they are.
        None if call.environment.offset_at(zone, 0).is_none() => Ok(None),
        None => Err(Error::raise("OverflowError", "date value out of range")),
        converted => Ok(converted),
    }
}

/// `formats.localize(value, use_l10n)`: numbers, dates and times as text in the formats of
/// the language, or of the settings where `switch` is off. Other values stay what they are.
///
/// # Errors
///
/// What making a text of the value raises.
pub fn localize(value: &Value, switch: Switch, call: &Call<'_>) -> Result<Value> {
    Ok(match localized(value, switch, call)? {
        Some(text) => Value::Str(text),
        None => value.clone(),
    })
}

/// The text of what is localized; nothing for what stays as it is.
fn localized(value: &Value, switch: Switch, call: &Call<'_>) -> Result<Option<Text>> {
    let is_on = switch.is_on(true);
    let shown = match value {
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Decimal(_) => {
            if !is_on {
                return text(value).map(Some);
            }
            return number_format(value, None, switch, false, call).map(Some);
        }
        Value::DateTime(_) => format_date(value, &pattern(Format::DateTime, is_on, call), call)?,
        Value::Date(_) => format_date(value, &pattern(Format::Date, is_on, call), call)?,
        Value::Time(_) => format_time(value, &pattern(Format::Time, is_on, call), call)?,
        Value::Object(object) => match object.plain() {
            Some(Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Decimal(_)) => {
                if !is_on {
                    return text(value).map(Some);
                }
                return number_format(value, None, switch, false, call).map(Some);
            }
            Some(plain @ (Value::DateTime(_) | Value::Date(_) | Value::Time(_))) => {
                return localized(&plain, switch, call);
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Text::new(shown, false)))
}

/// A localized format as text; that of the settings where localization is off.
pub fn pattern(format: Format, is_localized: bool, call: &Call<'_>) -> String {
    format_text(
        call.environment
            .format(format, language(is_localized, call)),
    )
}

/// The pattern that a name stands for, which otherwise is a pattern itself.
pub fn named_pattern(name: &str, call: &Call<'_>) -> String {
    match Format::from_name(name) {
        Some(format) => pattern(format, true, call),
        None => name.to_owned(),
    }
}

fn language<'c>(is_localized: bool, call: &Call<'c>) -> Option<&'c str> {
    call.locale.language().filter(|_| is_localized)
}

/// `str()` of a format.
fn format_text(value: FormatValue) -> String {
    match value {
        FormatValue::Text(text) => text.into(),
        FormatValue::Number(number) => number.to_string(),
        FormatValue::Numbers(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            match numbers.as_slice() {
                [single] => format!("({single},)"),
                several => format!("({})", several.join(", ")),
            }
        }
    }
}

/// How numbers are written.
#[derive(Debug)]
struct NumberFormat {
    decimal_separator: String,
    thousand_separator: String,
    /// The sizes of groups from the right, the last one repeated; empty without grouping.
    grouping: Vec<i64>,
}

impl NumberFormat {
    fn of(is_localized: bool, force_grouping: bool, call: &Call<'_>) -> Self {
        let is_grouped = (is_localized && call.settings.use_thousand_separator) || force_grouping;
        let language = language(is_localized, call);
        let grouping = if is_grouped {
            match call.environment.format(Format::NumberGrouping, language) {
                FormatValue::Number(0) | FormatValue::Text(_) => Vec::new(),
                FormatValue::Number(size) => vec![size],
                FormatValue::Numbers(sizes) => sizes.into(),
            }
        } else {
            Vec::new()
        };
        let thousand_separator = if grouping.is_empty() {
            String::new()
        } else {
            pattern(Format::ThousandSeparator, is_localized, call)
        };
        Self {
            decimal_separator: String::new(),
            thousand_separator,
            grouping,
        }
    }

    /// A number's `str()`, which may have a sign and a point.
    fn write(&self, number: &str, decimals: Option<usize>) -> Result<String> {
        let (sign, magnitude) = match number.strip_prefix('-') {
            Some(magnitude) => ("-", magnitude),
            None if number.is_empty() => {
                return Err(Error::raise("IndexError", "string index out of range"));
            }
            None => ("", number),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        if fraction.contains('.') {
            return Err(Error::value_error("too many values to unpack (expected 2)"));
        }
        let mut out = String::with_capacity(number.len() + 8);
        out.push_str(sign);
        self.push_grouped(whole, &mut out);
        let kept = match decimals.and_then(|places| fraction.char_indices().nth(places)) {
            Some((end, _)) => &fraction[..end],
            None => fraction,
        };
        let missing = decimals.unwrap_or(0).saturating_sub(kept.chars().count());
        if !kept.is_empty() || missing > 0 {
            out.push_str(&self.decimal_separator);
            out.push_str(kept);
            out.extend(std::iter::repeat_n('0', missing));
        }
        Ok(out)
    }

    fn push_grouped(&self, whole: &str, out: &mut String) {
        let mut sizes = self.grouping.iter().copied();
        let Some(mut size) = sizes.next() else {
            out.push_str(whole);
            return;
        };
        // The groups from the right, as places in the text where they start.
        let mut starts = Vec::new();
        let mut count = 0i64;
        let mut end = whole.len();
        for (place, _) in whole.char_indices().rev() {
            if count != 0 && count == size {
                match sizes.next() {
                    Some(0) | None => {}
                    Some(next) => size = next,
                }
                starts.push(end);
                count = 0;
            }
            count += 1;
            end = place;
        }
        let mut start = 0;
        for end in starts.into_iter().rev() {
            out.push_str(&whole[start..end]);
            out.push_str(&self.thousand_separator);
            start = end;
        }
        out.push_str(&whole[start..]);
    }
}

/// `formats.number_format`: a number, or the text of one, with so many decimal places that
/// are cut off or filled up with zeros, in groups if the settings or `force_grouping` say so.
///
/// The number of places should be bounded by the caller.
///
/// # Errors
///
/// What making a text of the number raises.
pub fn number_format(
    number: &Value,
    decimals: Option<usize>,
    switch: Switch,
    force_grouping: bool,
    call: &Call<'_>,
) -> Result<Text> {
    let plain = match number {
        Value::None => return Ok(Text::new("None".to_owned(), true)),
        Value::Str(text) if text.as_str().is_empty() => return Ok(text.with_safety(true)),
        Value::Object(object) => object.plain(),
        _ => None,
    };
    let is_on = switch.is_on(true);
    let mut format = NumberFormat::of(is_on, force_grouping, call);
    let is_int = matches!(
        plain.as_ref().unwrap_or(number),
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_)
    );
    if is_int && format.grouping.is_empty() && decimals.is_none_or(|places| places == 0) {
        return Ok(text(number)?.with_safety(true));
    }
    format.decimal_separator = pattern(Format::DecimalSeparator, is_on, call);
    let shown = match plain.as_ref().unwrap_or(number) {
        Value::Float(float) => {
            let printed = match number {
                Value::Object(_) => text(number)?.as_str().to_owned(),
                _ => float_repr(*float),
            };
            if printed.contains(['e', 'E']) {
                write_exact(&Parsed::read(&printed)?, &printed, decimals, &format)?
            } else {
                format.write(&printed, decimals)?
            }
        }
        Value::Decimal(decimal) => {
            let printed = match number {
                Value::Object(_) => text(number)?.as_str().to_owned(),
                _ => decimal.as_str().to_owned(),
            };
            write_exact(&Parsed::of(decimal), &printed, decimals, &format)?
        }
        _ => format.write(text(number)?.as_str(), decimals)?,
    };
    Ok(Text::new(shown, false))
}

/// A decimal number: without an exponent up to 200 digits.
fn write_exact(
    number: &Parsed,
    printed: &str,
    decimals: Option<usize>,
    format: &NumberFormat,
) -> Result<String> {
    let Parsed::Finite(exact) = number else {
        return Ok(printed.to_owned());
    };
    let zero = Exact::zero();
    // What is too small to be seen counts as 0.
    let exact = match decimals {
        Some(places) if exact.is_below_place(places) => &zero,
        _ => exact,
    };
    let size = exact
        .exponent
        .unsigned_abs()
        .saturating_add(exact.digits.len() as u64);
    if size > MAX_PLAIN_DIGITS {
        let scientific = exact.scientific();
        let (coefficient, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+0"));
        return Ok(format!(
            "{}e{exponent}",
            format.write(coefficient, decimals)?
        ));
    }
    format.write(&exact.plain(), decimals)
}

#[cfg(test)]
mod tests;

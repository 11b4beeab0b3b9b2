//! The filters of the library `humanize`.

use hotplate_plugin_api::environment::Switch;
use hotplate_plugin_api::value::{DateTime, Decimal, Ref, Value, Zone};

use super::{Call, dates, numbers, printf, since};
use crate::python::{
    decimal_digit, fold_digits, int, local_time, number_format, plain_value, string, text, trim,
    truth,
};
use crate::translation::Translator;
use crate::{Error, Result};

/// The exponents of ten that have names.
const LARGE_NUMBERS: [(usize, &str); 11] = [
    (6, "%(value)s million"),
    (9, "%(value)s billion"),
    (12, "%(value)s trillion"),
    (15, "%(value)s quadrillion"),
    (18, "%(value)s quintillion"),
    (21, "%(value)s sextillion"),
    (24, "%(value)s septillion"),
    (27, "%(value)s octillion"),
    (30, "%(value)s nonillion"),
    (33, "%(value)s decillion"),
    (100, "%(value)s googol"),
];

/// Numbers below ten.
const WORDS: [&str; 9] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// `int(value)`; nothing where that is a `TypeError` or `ValueError`.
fn integer(value: &Value) -> Result<Option<Value>> {
    match int(value) {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is("TypeError") || error.is("ValueError") => Ok(None),
        Err(error) => Err(error),
    }
}

/// `ordinal`: `1st` for 1, `2nd` for 2 and so on.
///
/// # Errors
///
/// `OverflowError` for an infinity.
pub fn ordinal(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let Some(number) = integer(value)? else {
        return Ok(value.clone());
    };
    let number = text(&number)?;
    let digits = number.as_str();
    if digits.starts_with('-') {
        return Ok(Value::str(digits));
    }
    let last = digits.chars().next_back().unwrap_or('0');
    let (context, pattern) = if digits == "1" {
        ("ordinal is 1", "{}st")
    } else if ["11", "12", "13"].iter().any(|end| digits.ends_with(end)) {
        ("ordinal 11, 12, 13", "{}th")
    } else {
        match last {
            '0' => ("ordinal 0", "{}th"),
            '1' => ("ordinal 1", "{}st"),
            '2' => ("ordinal 2", "{}nd"),
            '3' => ("ordinal 3", "{}rd"),
            '4' => ("ordinal 4", "{}th"),
            '5' => ("ordinal 5", "{}th"),
            '6' => ("ordinal 6", "{}th"),
            '7' => ("ordinal 7", "{}th"),
            '8' => ("ordinal 8", "{}th"),
            _ => ("ordinal 9", "{}th"),
        }
    };
    let pattern = Translator::of_call(call).pgettext(context, pattern);
    Ok(Value::safe(pattern.replacen("{}", digits, 1)))
}

/// `intcomma`: a number with a comma, or what the language has for it, after each group
/// of digits.
///
/// A false argument means commas in any language.
///
/// # Errors
///
/// What the value's text raises.
pub fn intcomma(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let is_localized = arguments.first().is_none_or(|argument| truth(argument));
    if is_localized && let Some(number) = grouped(call, value)? {
        return Ok(number);
    }
    let text = text(value)?;
    let text = text.as_str();
    let sign = usize::from(text.starts_with('-'));
    let length = text[sign..]
        .find(|c| decimal_digit(c).is_none())
        .unwrap_or(text.len() - sign);
    let (digits, rest) = text[sign..].split_at(length);
    let count = digits.chars().count();
    let mut out = text[..sign].to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (count - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(rest);
    Ok(Value::str(out))
}

/// A number with its digits in groups, as the active language has them; nothing for what
/// is none.
fn grouped(call: &Call<'_>, value: &Value) -> Result<Option<Value>> {
    let exact = |text: &str| Decimal::parse(text).map(Value::Decimal);
    let number = match &*plain_value(value) {
        Value::Str(_) if string(value).is_none() => None,
        Value::Float(_) | Value::Decimal(_) => Some(value.clone()),
        Value::Bool(number) => exact(if *number { "1" } else { "0" }),
        number @ (Value::Int(_) | Value::BigInt(_)) => exact(text(number)?.as_str()),
        // The digits of any script, and underscores between them.
        Value::Str(text) => exact(&fold_digits(trim(text.as_str())).replace('_', "")),
        _ => None,
    };
    let Some(number) = number else {
        return Ok(None);
    };
    let text = number_format(&number, None, Switch::On, true, call)?;
    Ok(Some(Value::Str(text)))
}

/// `intword`: a large number in words, such as `1.2 million`.
///
/// # Errors
///
/// `OverflowError` for an infinity.
pub fn intword(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let Some(number) = integer(value)? else {
        return Ok(value.clone());
    };
    let digits = match &number {
        Value::BigInt(number) => number.digits().to_owned(),
        Value::Int(number) => number.to_string(),
        _ => return Ok(number),
    };
    let length = digits.trim_start_matches('-').len();
    let named = LARGE_NUMBERS
        .iter()
        .find(|(exponent, _)| length <= exponent + 3);
    let (Some((exponent, name)), true) = (named, length > 6) else {
        return Ok(number);
    };
    // The quotient, correctly rounded.
    let quotient: f64 = format!("{digits}e-{exponent}").parse().unwrap_or_default();
    let distance = quotient - 1.0;
    let away = distance.abs().ceil().copysign(distance) + 1.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is below 1,001")]
    let count = away.abs() as i64;
    let pattern = Translator::of_call(call).ngettext(name, name, count);
    let places = Value::Int(1);
    let shown = numbers::floatformat(call, &Value::Float(quotient), &[Ref::Borrowed(&places)])?;
    let shown = printf::format(&pattern, &Value::from_iter([("value", shown)]))?;
    Ok(Value::str(shown))
}

/// `apnumber`: the numbers one to nine as words.
///
/// # Errors
///
/// `OverflowError` for an infinity.
pub fn apnumber(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let Some(number) = integer(value)? else {
        return Ok(value.clone());
    };
    let word = match number {
        Value::Int(number @ 1..=9) => usize::try_from(number - 1).ok(),
        _ => None,
    };
    Ok(match word {
        Some(place) => Value::str(Translator::of_call(call).gettext(WORDS[place])),
        None => number,
    })
}

/// `naturalday`: `today`, `tomorrow` or `yesterday`, or the date in the format given.
///
/// # Errors
///
/// `TypeError` for a format about time.
pub fn naturalday(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    let (date, zone) = match &*local_time(value, call)? {
        Value::Date(date) => (*date, None),
        Value::DateTime(moment) => {
            let zone = since::offset_of(moment).map(|offset| offset.zone.clone());
            (moment.date, zone)
        }
        _ => return Ok(value.clone()),
    };
    let today = since::now(call, zone.as_ref()).date;
    let word = match date.day_number() - today.day_number() {
        0 => "today",
        1 => "tomorrow",
        -1 => "yesterday",
        _ => return dates::date(call, &Value::Date(date), arguments),
    };
    Ok(Value::str(Translator::of_call(call).gettext(word)))
}

/// `naturaltime`: how long ago a time was, or how far away it is, in words.
///
/// # Errors
///
/// `AttributeError` for a date without a time.
pub fn naturaltime(call: &Call<'_>, value: &Value, _: &[Ref<'_>]) -> Result<Value> {
    let moment = match value {
        Value::DateTime(moment) => moment,
        Value::Date(_) => {
            let message = "'datetime.date' object has no attribute 'utcoffset'";
            return Err(Error::raise("AttributeError", message));
        }
        _ => return Ok(value.clone()),
    };
    let zone = since::offset_of(moment).map(|_| Zone::Utc);
    let now = since::now(call, zone.as_ref());
    let text = if since::instant(moment) < since::instant(&now) {
        PAST.of(call, moment, &now)?
    } else {
        FUTURE.of(call, moment, &now)?
    };
    Ok(Value::str(text))
}

/// The words for one direction of time.
struct Direction {
    is_future: bool,
    /// What tells translations of units apart.
    context: &'static str,
    days: &'static str,
    hours: (&'static str, &'static str),
    minutes: (&'static str, &'static str),
    seconds: (&'static str, &'static str),
}

const PAST: Direction = Direction {
    is_future: false,
    context: "naturaltime-past",
    days: "%(delta)s ago",
    hours: ("an hour ago", "%(count)s\u{a0}hours ago"),
    minutes: ("a minute ago", "%(count)s\u{a0}minutes ago"),
    seconds: ("a second ago", "%(count)s\u{a0}seconds ago"),
};

const FUTURE: Direction = Direction {
    is_future: true,
    context: "naturaltime-future",
    days: "%(delta)s from now",
    hours: ("an hour from now", "%(count)s\u{a0}hours from now"),
    minutes: ("a minute from now", "%(count)s\u{a0}minutes from now"),
    seconds: ("a second from now", "%(count)s\u{a0}seconds from now"),
};

impl Direction {
    fn of(&self, call: &Call<'_>, moment: &DateTime, now: &DateTime) -> Result<String> {
        let translator = Translator::of_call(call);
        let distance = (since::instant(now) - since::instant(moment)).abs();
        if distance >= since::DAY {
            let context = Some(self.context);
            let delta = since::span(call, moment, Some(now), self.is_future, context)?;
            let pattern = translator.gettext(self.days);
            return printf::format(&pattern, &Value::from_iter([("delta", Value::str(delta))]));
        }
        let seconds = i64::try_from(distance / since::SECOND).unwrap_or(0);
        let ((singular, plural), count) = match seconds {
            0 => return Ok(translator.gettext("now")),
            1..60 => (self.seconds, seconds),
            60..3600 => (self.minutes, seconds / 60),
            _ => (self.hours, seconds / 3600),
        };
        let pattern = translator.ngettext(singular, plural, count);
        printf::format(&pattern, &Value::from_iter([("count", Value::Int(count))]))
    }
}

#[cfg(test)]
mod tests;

//! `timesince` and `timeuntil`: the span between two times, in words.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Ref, Time, Value, Zone};

use super::{Call, printf};
use crate::python::{truth, type_name, zones};
use crate::translation::Translator;
use crate::{Error, Result};

pub(super) const SECOND: i128 = 1_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
pub(super) const DAY: i128 = 24 * HOUR;
const WEEK: i128 = 7 * DAY;

/// How many units next to each other are shown.
const DEPTH: usize = 2;
const MONTHS_DAYS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The units, from the largest to the smallest.
const UNITS: [(&str, &str); 6] = [
    ("%(num)d year", "%(num)d years"),
    ("%(num)d month", "%(num)d months"),
    ("%(num)d week", "%(num)d weeks"),
    ("%(num)d day", "%(num)d days"),
    ("%(num)d hour", "%(num)d hours"),
    ("%(num)d minute", "%(num)d minutes"),
];

/// `timesince`: the time from the value to the argument, or to now.
///
/// # Errors
///
/// `AttributeError` for what is no date.
pub fn timesince(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    filtered(call, value, arguments, false)
}

/// `timeuntil`: the time from the argument, or from now, to the value.
///
/// # Errors
///
/// As for [`timesince`].
pub fn timeuntil(call: &Call<'_>, value: &Value, arguments: &[Ref<'_>]) -> Result<Value> {
    filtered(call, value, arguments, true)
}

fn filtered(
    call: &Call<'_>,
    value: &Value,
    arguments: &[Ref<'_>],
    is_until: bool,
) -> Result<Value> {
    if !truth(value) {
        return Ok(Value::str(""));
    }
    let moment = moment_of(value)?;
    let other = match arguments.first() {
        Some(argument) if truth(argument) => Some(moment_of(argument)?),
        _ => None,
    };
    match span(call, &moment, other.as_ref(), is_until, None) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.is("ValueError") || error.is("TypeError") => Ok(Value::str("")),
        Err(error) => Err(error),
    }
}

/// A datetime as it is, a date at midnight.
fn moment_of(value: &Value) -> Result<DateTime> {
    match value {
        Value::DateTime(moment) => Ok(DateTime::clone(moment)),
        Value::Date(date) => Ok(DateTime::naive(*date, MIDNIGHT)),
        Value::Object(object) => match object.plain() {
            Some(value @ (Value::DateTime(_) | Value::Date(_))) => moment_of(&value),
            _ => Err(no_year(value)),
        },
        _ => Err(no_year(value)),
    }
}

#[cold]
fn no_year(value: &Value) -> Error {
    let message = format!("'{}' object has no attribute 'year'", type_name(value));
    Error::raise("AttributeError", message)
}

const EPOCH: Date = Date {
    year: 1970,
    month: 1,
    day: 1,
};
const MIDNIGHT: Time = Time {
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
};

/// The time from `moment` to `other`, or back; without another, to now. A context tells
/// translations of the units apart.
///
/// # Errors
///
/// `TypeError` if one of the two is aware and the other is not.
pub(super) fn span(
    call: &Call<'_>,
    moment: &DateTime,
    other: Option<&DateTime>,
    is_until: bool,
    context: Option<&str>,
) -> Result<String> {
    let other = match other {
        Some(other) => in_zone_of(call, other, moment)?,
        None => now(call, zone_of(moment)),
    };
    let (start, end) = if is_until {
        (&other, moment)
    } else {
        (moment, &other)
    };
    let translator = Translator::of_call(call);
    let show = |unit: usize, count: i64| {
        let (singular, plural) = UNITS[unit];
        let pattern = translator.translate(context, singular, Some(plural), count);
        let shown = printf::format(&pattern, &Value::from_iter([("num", Value::Int(count))]))?;
        // The words must not be torn apart at the end of a line.
        Ok::<_, Error>(shown.replace(' ', "\u{a0}"))
    };
    let counts = count_units(start, end);
    let Some(first) = counts.iter().position(|count| *count != 0) else {
        return show(UNITS.len() - 1, 0);
    };
    let mut parts = Vec::with_capacity(DEPTH);
    for (unit, count) in counts.iter().enumerate().skip(first).take(DEPTH) {
        if *count == 0 {
            break;
        }
        parts.push(show(unit, *count)?);
    }
    Ok(parts.join(&translator.gettext(", ")))
}

/// How many of each unit lie between two times; none if the second is not later.
fn count_units(start: &DateTime, end: &DateTime) -> [i64; 6] {
    if (civil(end) - civil(start)).div_euclid(SECOND) <= 0 {
        return [0; 6];
    }
    let (from, to) = (start.date, end.date);
    let mut months =
        i64::from(to.year - from.year) * 12 + i64::from(to.month) - i64::from(from.month);
    if (from.day, start.time) > (to.day, end.time) {
        months -= 1;
    }
    let mut rest = civil(end);
    if months == 0 {
        rest -= civil(start);
    } else {
        // The start, moved on by these months.
        let month = i64::from(from.month) - 1 + months;
        let place = usize::try_from(month.rem_euclid(12)).unwrap_or(0);
        let pivot = Date {
            year: from.year + i32::try_from(month.div_euclid(12)).unwrap_or(0),
            month: u8::try_from(place + 1).unwrap_or(1),
            day: from.day.min(MONTHS_DAYS[place]),
        };
        let time = Time {
            microsecond: 0,
            ..start.time
        };
        rest -= civil(&DateTime::naive(pivot, time));
    }
    let mut counts = [months.div_euclid(12), months.rem_euclid(12), 0, 0, 0, 0];
    for (count, unit) in counts[2..].iter_mut().zip([WEEK, DAY, HOUR, MINUTE]) {
        *count = i64::try_from(rest.div_euclid(unit)).unwrap_or(i64::MAX);
        rest = rest.rem_euclid(unit);
    }
    counts
}

/// Microseconds from 1970 to what the clock shows, whatever its zone.
fn civil(moment: &DateTime) -> i128 {
    let seconds = zones::civil_seconds(moment.date, moment.time);
    i128::from(seconds) * SECOND + i128::from(moment.time.microsecond)
}

/// The offset of an aware time.
pub(super) fn offset_of(moment: &DateTime) -> Option<&Offset> {
    match &moment.offset {
        ROption::RSome(offset) => Some(offset),
        ROption::RNone => None,
    }
}

fn zone_of(moment: &DateTime) -> Option<&Zone> {
    offset_of(moment).map(|offset| &offset.zone)
}

/// Microseconds from 1970 to an aware time, or to a naive one as if that were UTC.
pub(super) fn instant(moment: &DateTime) -> i128 {
    let seconds = offset_of(moment).map_or(0, |offset| offset.seconds);
    civil(moment) - i128::from(seconds) * SECOND
}

/// The time in a zone; without one, what clocks show in the default zone.
pub(crate) fn now(call: &Call<'_>, zone: Option<&Zone>) -> DateTime {
    let now = call.environment.now();
    let at = |zone| zones::at(now.seconds, now.microseconds, zone, &call.environment);
    let moment = at(zone.unwrap_or(&call.settings.time_zone)).or_else(|| at(&Zone::Utc));
    // No clock that is right shows a year after 9999.
    let moment = moment.unwrap_or_else(|| DateTime::aware(EPOCH, MIDNIGHT, Offset::utc()));
    match zone {
        Some(_) => moment,
        None => DateTime::naive(moment.date, moment.time),
    }
}

#[cold]
fn out_of_range() -> Error {
    Error::raise("OverflowError", "date value out of range")
}

/// A time as clocks show it where another one is from.
fn in_zone_of(call: &Call<'_>, moment: &DateTime, other: &DateTime) -> Result<DateTime> {
    let (Some(_), Some(offset)) = (offset_of(moment), offset_of(other)) else {
        if offset_of(moment).is_some() || offset_of(other).is_some() {
            let message = "can't subtract offset-naive and offset-aware datetimes";
            return Err(Error::type_error(message));
        }
        return Ok(moment.clone());
    };
    let there = |zone: &Zone| zones::to_zone(moment, zone, &call.environment);
    // Without a database of zones, the other time's offset stands for its zone.
    let fixed = Offset::fixed(offset.seconds, "").zone;
    there(&offset.zone)
        .or_else(|| there(&fixed))
        .ok_or_else(out_of_range)
}

#[cfg(test)]
mod tests;

//! What dates, times, spans and zones have.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, DateTime, Time, TimeDelta, Value, Zone};

use super::{Attribute, NamedTuple};
use crate::filters::Call;
use crate::python;

pub(super) fn of_date(date: Date, name: &str) -> Attribute {
    match name {
        "isoformat" => python::iso_date(date).into(),
        "ctime" => ctime(date, MIDNIGHT).into(),
        "replace" => date.into(),
        "resolution" => delta(86_400_000_000),
        "min" => date_of(1, 1, 1).into(),
        "max" => date_of(9999, 12, 31).into(),
        _ => common(date, name),
    }
}

fn date_of(year: i32, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

const MIDNIGHT: Time = Time {
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
};

const LAST_MOMENT: Time = Time {
    hour: 23,
    minute: 59,
    second: 59,
    microsecond: 999_999,
};

/// What dates have with and without a time.
fn common(date: Date, name: &str) -> Attribute {
    let weekday = python::weekday(date);
    match name {
        "year" => date.year.into(),
        "month" => date.month.into(),
        "day" => date.day.into(),
        "weekday" => weekday.into(),
        "isoweekday" => (weekday + 1).into(),
        "toordinal" => (date.day_number() + 719_163).into(),
        "isocalendar" => {
            let (year, week) = python::iso_week(date);
            NamedTuple::of(
                "datetime.IsoCalendarDate",
                [
                    ("year", year.into()),
                    ("week", week.into()),
                    ("weekday", (weekday + 1).into()),
                ],
            )
        }
        "strftime" | "strptime" | "fromisoformat" | "fromisocalendar" | "fromordinal"
        | "fromtimestamp" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

/// `ctime()`.
fn ctime(date: Date, time: Time) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        DAYS[usize::from(python::weekday(date)) % 7],
        MONTHS[usize::from(date.month.saturating_sub(1)) % 12],
        date.day,
        time.hour,
        time.minute,
        time.second,
        date.year
    )
}

pub(super) fn of_time(time: Time, name: &str) -> Attribute {
    match name {
        "isoformat" => python::iso_time(time).into(),
        "tzinfo" | "utcoffset" | "dst" | "tzname" => Value::None.into(),
        "fold" => 0.into(),
        "replace" => time.into(),
        "resolution" => delta(1),
        "min" => MIDNIGHT.into(),
        "max" => LAST_MOMENT.into(),
        _ => clock(time, name),
    }
}

fn clock(time: Time, name: &str) -> Attribute {
    match name {
        "hour" => time.hour.into(),
        "minute" => time.minute.into(),
        "second" => time.second.into(),
        "microsecond" => time.microsecond.into(),
        "strftime" | "fromisoformat" => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

pub(super) fn of_datetime(moment: &DateTime, name: &str, call: &Call<'_>) -> Attribute {
    let offset = match &moment.offset {
        ROption::RSome(offset) => Some(offset),
        ROption::RNone => None,
    };
    match name {
        "date" => moment.date.into(),
        "time" => moment.time.into(),
        "isoformat" => python::iso_datetime(moment, 'T').into(),
        "ctime" => ctime(moment.date, moment.time).into(),
        "replace" => moment.clone().into(),
        "fold" => i32::from(moment.fold).into(),
        "tzinfo" => offset.map(|offset| offset.zone.clone()).into(),
        "tzname" => offset.map(python::abbreviation).into(),
        "utcoffset" => match offset {
            Some(offset) => delta(i128::from(offset.seconds) * 1_000_000),
            None => Value::None.into(),
        },
        "dst" => match offset.map(|offset| offset.dst) {
            Some(ROption::RSome(seconds)) if is_named(offset.map(|offset| &offset.zone)) => {
                delta(i128::from(seconds) * 1_000_000)
            }
            _ => Value::None.into(),
        },
        "timestamp" => {
            #[expect(clippy::cast_precision_loss, reason = "Python rounds to a float too")]
            let seconds = python::timestamp(moment, call) as f64 / 1e6;
            seconds.into()
        }
        "resolution" => delta(1),
        "min" => DateTime::naive(date_of(1, 1, 1), MIDNIGHT).into(),
        "max" => DateTime::naive(date_of(9999, 12, 31), LAST_MOMENT).into(),
        "combine" => Attribute::NeedsArguments,
        _ => match common(moment.date, name) {
            Attribute::Missing => clock(moment.time, name),
            found => found,
        },
    }
}

/// Only zones of the database know about daylight saving time.
fn is_named(zone: Option<&Zone>) -> bool {
    matches!(zone, Some(Zone::Named(_)))
}

fn delta(microseconds: i128) -> Attribute {
    TimeDelta::from_microseconds(microseconds).into()
}

pub(super) fn of_delta(span: &TimeDelta, name: &str) -> Attribute {
    const LIMIT: i32 = 999_999_999;
    let days = |days, seconds, microseconds| TimeDelta {
        days,
        seconds,
        microseconds,
    };
    match name {
        "days" => span.days.into(),
        "seconds" => span.seconds.into(),
        "microseconds" => span.microseconds.into(),
        "total_seconds" => {
            #[expect(clippy::cast_precision_loss, reason = "Python rounds to a float too")]
            let seconds = span.total_microseconds() as f64 / 1e6;
            seconds.into()
        }
        "resolution" => delta(1),
        "min" => days(-LIMIT, 0, 0).into(),
        "max" => days(LIMIT, 86_399, 999_999).into(),
        _ => Attribute::Missing,
    }
}

pub(super) fn of_zone(zone: &Zone, name: &str) -> Attribute {
    match (zone, name) {
        (Zone::Named(key), "key") => key.clone().into(),
        (Zone::Named(_), "from_file" | "no_cache") => Attribute::NeedsArguments,
        (Zone::Utc | Zone::Fixed { .. }, "utc") => Zone::Utc.into(),
        (_, "tzname" | "utcoffset" | "dst" | "fromutc") => Attribute::NeedsArguments,
        _ => Attribute::Missing,
    }
}

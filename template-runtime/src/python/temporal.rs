//! Dates, times and spans of time as Python prints them.

use std::fmt::Write as _;

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Time, TimeDelta, Zone};

/// `date.isoformat()`.
pub(crate) fn iso_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `time.isoformat()`.
pub(crate) fn iso_time(time: Time) -> String {
    let mut text = format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    if time.microsecond != 0 {
        push(&mut text, format_args!(".{:06}", time.microsecond));
    }
    text
}

/// `moment.isoformat(separator)`.
pub(crate) fn iso_datetime(moment: &DateTime, separator: char) -> String {
    let mut text = format!(
        "{}{separator}{}",
        iso_date(moment.date),
        iso_time(moment.time)
    );
    if let ROption::RSome(offset) = &moment.offset {
        text.push_str(&iso_offset(offset.seconds));
    }
    text
}

fn iso_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if !seconds.is_multiple_of(60) {
        push(&mut text, format_args!(":{:02}", seconds % 60));
    }
    text
}

/// `str(zone)`: the key, the name, or what Python calls an offset that has none.
pub(crate) fn zone_text(zone: &Zone) -> String {
    match zone {
        Zone::Utc => "UTC".to_owned(),
        Zone::Fixed { seconds, name } if name.as_str().is_empty() => offset_name(*seconds),
        Zone::Fixed { name, .. } | Zone::Named(name) => name.as_str().to_owned(),
    }
}

/// `moment.tzname()` of an offset: the abbreviation, or what Python calls one without.
pub(crate) fn abbreviation(offset: &Offset) -> String {
    match offset.name.as_str() {
        "" => offset_name(offset.seconds),
        name => name.to_owned(),
    }
}

fn offset_name(seconds: i32) -> String {
    match seconds {
        0 => "UTC".to_owned(),
        _ => format!("UTC{}", iso_offset(seconds)),
    }
}

/// `str(delta)`.
pub(crate) fn delta_text(delta: &TimeDelta) -> String {
    let mut text = String::new();
    if delta.days != 0 {
        let plural = if delta.days.abs() == 1 { "" } else { "s" };
        push(&mut text, format_args!("{} day{plural}, ", delta.days));
    }
    let seconds = delta.seconds;
    push(
        &mut text,
        format_args!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
    );
    if delta.microseconds != 0 {
        push(&mut text, format_args!(".{:06}", delta.microseconds));
    }
    text
}

/// `repr(delta)`.
pub(crate) fn delta_repr(delta: &TimeDelta) -> String {
    let parts = [
        ("days", delta.days),
        ("seconds", delta.seconds),
        ("microseconds", delta.microseconds),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, number)| *number != 0)
        .map(|(name, number)| format!("{name}={number}"))
        .collect();
    let parts = if parts.is_empty() {
        "0".to_owned()
    } else {
        parts.join(", ")
    };
    format!("datetime.timedelta({parts})")
}

/// `repr(date)`.
pub(crate) fn date_repr(date: Date) -> String {
    format!("datetime.date({}, {}, {})", date.year, date.month, date.day)
}

/// `repr(time)`.
pub(crate) fn time_repr(time: Time) -> String {
    format!(
        "datetime.time({}, {}{})",
        time.hour,
        time.minute,
        seconds_repr(time)
    )
}

/// `repr(moment)`.
pub(crate) fn datetime_repr(moment: &DateTime) -> String {
    let (date, time) = (moment.date, moment.time);
    let mut out = format!(
        "datetime.datetime({}, {}, {}, {}, {}{}",
        date.year,
        date.month,
        date.day,
        time.hour,
        time.minute,
        seconds_repr(time)
    );
    if moment.fold {
        out.push_str(", fold=1");
    }
    if let ROption::RSome(offset) = &moment.offset {
        push(
            &mut out,
            format_args!(", tzinfo={}", zone_repr(&offset.zone)),
        );
    }
    out.push(')');
    out
}

fn seconds_repr(time: Time) -> String {
    match (time.second, time.microsecond) {
        (0, 0) => String::new(),
        (second, 0) => format!(", {second}"),
        (second, microsecond) => format!(", {second}, {microsecond}"),
    }
}

/// `repr(zone)`. A name that is the one that Python gives is not told.
pub(crate) fn zone_repr(zone: &Zone) -> String {
    let (seconds, name) = match zone {
        Zone::Named(key) => {
            return format!("zoneinfo.ZoneInfo(key={})", super::repr_str(key.as_str()));
        }
        Zone::Utc => (0, ""),
        Zone::Fixed { seconds, name } if name.as_str() == offset_name(*seconds) => (*seconds, ""),
        Zone::Fixed { seconds, name } => (*seconds, name.as_str()),
    };
    if seconds == 0 && name.is_empty() {
        return "datetime.timezone.utc".to_owned();
    }
    let delta = delta_repr(&TimeDelta::from_microseconds(
        i128::from(seconds) * 1_000_000,
    ));
    match name {
        "" => format!("datetime.timezone({delta})"),
        name => format!("datetime.timezone({delta}, {})", super::repr_str(name)),
    }
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes any text");
}

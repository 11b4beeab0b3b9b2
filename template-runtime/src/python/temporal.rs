//! Dates and times as text.
//!
//! A naive time counts as one of the default time zone, which is UTC here, wherever
//! a format asks for a zone.

use std::fmt::Write as _;

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Time, Value};
use jiff::civil;

use super::type_name;
use crate::{Error, Result};

pub(super) const DATE_FORMAT: &str = "N j, Y";
pub(super) const TIME_FORMAT: &str = "P";
pub(super) const DATETIME_FORMAT: &str = "N j, Y, P";

/// The formats that have a name.
const NAMED_FORMATS: [(&str, &str); 9] = [
    ("DATE_FORMAT", DATE_FORMAT),
    ("TIME_FORMAT", TIME_FORMAT),
    ("DATETIME_FORMAT", DATETIME_FORMAT),
    ("SHORT_DATE_FORMAT", "m/d/Y"),
    ("SHORT_DATETIME_FORMAT", "m/d/Y P"),
    ("YEAR_MONTH_FORMAT", "F Y"),
    ("MONTH_DAY_FORMAT", "F j"),
    ("DECIMAL_SEPARATOR", "."),
    ("THOUSAND_SEPARATOR", ","),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MONTHS_AP: [&str; 12] = [
    "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.",
    "Dec.",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The characters that a format of times alone may have.
const TIME_CHARACTERS: &str = "aAefgGhHiOPsTuZ";
/// All format characters.
const CHARACTERS: &str = "aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTUuwWyYzZ";

/// Formats a date, a datetime or, with the characters for times, a time.
///
/// `format` has Django's characters, which are PHP's and a few more, or is the name of
/// a format such as `SHORT_DATE_FORMAT`.
///
/// # Errors
///
/// `TypeError` for a character about time if the value is a date; `AttributeError`
/// for anything that has no such part; `ValueError` for a day that does not exist.
pub fn format_date(value: &Value, format: &str) -> Result<String> {
    write_format(&Moment::of(value)?, format, true)
}

/// Formats a time or a datetime with the characters for times alone.
///
/// # Errors
///
/// As for [`format_date`]; `AttributeError` for a character about dates.
pub fn format_time(value: &Value, format: &str) -> Result<String> {
    write_format(&Moment::of(value)?, format, false)
}

/// What a format's characters can ask a value for.
struct Moment<'a> {
    value: &'a Value,
    date: Option<civil::Date>,
    time: Option<Time>,
    /// Whether there is a zone to speak of: a datetime always has one.
    is_datetime: bool,
    offset: Option<&'a Offset>,
}

impl<'a> Moment<'a> {
    fn of(value: &'a Value) -> Result<Self> {
        let (date, time, offset) = match value {
            Value::Date(date) => (Some(*date), None, None),
            Value::Time(time) => (None, Some(*time), None),
            Value::DateTime(moment) => {
                let offset = match &moment.offset {
                    ROption::RSome(offset) => Some(offset),
                    ROption::RNone => None,
                };
                (Some(moment.date), Some(moment.time), offset)
            }
            _ => (None, None, None),
        };
        Ok(Self {
            value,
            date: date.map(civil_date).transpose()?,
            time,
            is_datetime: date.is_some() && time.is_some(),
            offset,
        })
    }

    #[cold]
    fn no_attribute(&self, name: &str) -> Error {
        let type_name = type_name(self.value);
        Error::raise(
            "AttributeError",
            format!("'{type_name}' object has no attribute '{name}'"),
        )
    }

    fn date(&self, attribute: &str) -> Result<civil::Date> {
        self.date.ok_or_else(|| self.no_attribute(attribute))
    }

    fn time(&self, attribute: &str) -> Result<Time> {
        self.time.ok_or_else(|| self.no_attribute(attribute))
    }

    /// The offset from UTC in seconds; nothing for what has no zone.
    fn offset(&self) -> Option<i32> {
        self.is_datetime
            .then(|| self.offset.map_or(0, |offset| offset.seconds))
    }
}

fn civil_date(date: Date) -> Result<civil::Date> {
    let year = i16::try_from(date.year)
        .ok()
        .filter(|year| (1..=9999).contains(year));
    let Some(year) = year else {
        let message = format!("year {} is out of range", date.year);
        return Err(Error::value_error(message));
    };
    let month = i8::try_from(date.month).unwrap_or(0);
    let day = i8::try_from(date.day).unwrap_or(0);
    civil::Date::new(year, month, day)
        .map_err(|_| Error::value_error("day is out of range for month"))
}

/// Days since 1970-01-01; days that do not exist count from their month's first.
pub(super) fn day_number(date: Date) -> i64 {
    let first = civil_date(Date { day: 1, ..date }).unwrap_or(civil::Date::ZERO);
    days_since_epoch(first) + i64::from(date.day) - 1
}

fn days_since_epoch(date: civil::Date) -> i64 {
    let epoch = civil::Date::constant(1970, 1, 1);
    date.duration_since(epoch).as_hours() / 24
}

fn write_format(moment: &Moment<'_>, format: &str, with_dates: bool) -> Result<String> {
    let format = NAMED_FORMATS
        .iter()
        .find_map(|(name, named)| (*name == format).then_some(*named))
        .unwrap_or(format);
    let mut out = String::with_capacity(format.len() * 2);
    let mut previous = None;
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        if CHARACTERS.contains(character) && previous != Some('\\') {
            let about_time = TIME_CHARACTERS.contains(character);
            if about_time && matches!(moment.value, Value::Date(_)) {
                return Err(Error::type_error(format!(
                    "The format for date objects may not contain time-related format \
                     specifiers (found '{character}')."
                )));
            }
            if !about_time && !with_dates {
                return Err(Error::raise(
                    "AttributeError",
                    format!("'TimeFormat' object has no attribute '{character}'"),
                ));
            }
            write_part(moment, character, &mut out)?;
            previous = Some(character);
            continue;
        }
        let escaped = (character == '\\')
            .then(|| characters.next_if(|next| *next != '\n'))
            .flatten();
        out.push(escaped.unwrap_or(character));
        previous = Some(escaped.unwrap_or(character));
    }
    Ok(out)
}

fn write_part(moment: &Moment<'_>, character: char, out: &mut String) -> Result<()> {
    match character {
        'a' | 'A' | 'f' | 'g' | 'G' | 'h' | 'H' | 'i' | 'P' | 's' | 'u' => {
            write_time_part(moment, character, out)
        }
        'e' | 'I' | 'O' | 'T' | 'Z' => {
            write_zone_part(moment, character, out);
            Ok(())
        }
        'c' => {
            match moment.value {
                Value::Date(date) => out.push_str(&iso_date(*date)),
                Value::Time(time) => out.push_str(&iso_time(*time)),
                Value::DateTime(moment) => out.push_str(&iso_datetime(moment, 'T')),
                _ => return Err(moment.no_attribute("isoformat")),
            }
            Ok(())
        }
        'r' => write_rfc_5322(moment, out),
        'U' => write_epoch(moment, out),
        _ => write_date_part(moment, character, out),
    }
}

fn write_time_part(moment: &Moment<'_>, character: char, out: &mut String) -> Result<()> {
    let time = moment.time(match character {
        'i' => "minute",
        's' => "second",
        'u' => "microsecond",
        'P' => "minute",
        _ => "hour",
    })?;
    let hour = match time.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if time.hour > 11 {
        ["PM", "p.m."]
    } else {
        ["AM", "a.m."]
    };
    match character {
        'a' => out.push_str(half[1]),
        'A' => out.push_str(half[0]),
        'f' if time.minute != 0 => push(out, format_args!("{hour}:{:02}", time.minute)),
        'f' | 'g' => push(out, format_args!("{hour}")),
        'G' => push(out, format_args!("{}", time.hour)),
        'h' => push(out, format_args!("{hour:02}")),
        'H' => push(out, format_args!("{:02}", time.hour)),
        'i' => push(out, format_args!("{:02}", time.minute)),
        's' => push(out, format_args!("{:02}", time.second)),
        'u' => push(out, format_args!("{:06}", time.microsecond)),
        _ => match (time.hour, time.minute) {
            (0, 0) => out.push_str("midnight"),
            (12, 0) => out.push_str("noon"),
            (_, 0) => push(out, format_args!("{hour} {}", half[1])),
            (_, minute) => push(out, format_args!("{hour}:{minute:02} {}", half[1])),
        },
    }
    Ok(())
}

fn write_zone_part(moment: &Moment<'_>, character: char, out: &mut String) {
    let Some(seconds) = moment.offset() else {
        return;
    };
    match character {
        'e' => {
            if let Some(offset) = moment.offset {
                out.push_str(&zone_name(offset));
            }
        }
        // A fixed offset knows of no daylight saving time.
        'I' => out.push('0'),
        'O' => write_offset(seconds, out),
        'T' => match moment.offset {
            Some(offset) => out.push_str(&zone_name(offset)),
            None => out.push_str("UTC"),
        },
        _ => push(out, format_args!("{seconds}")),
    }
}

/// The abbreviation, or what Python calls an offset that has none.
fn zone_name(offset: &Offset) -> String {
    match offset.name.as_str() {
        "" => offset_name(offset.seconds),
        name => name.to_owned(),
    }
}

/// `str(datetime.timezone(...))` of an offset.
pub(super) fn offset_name(seconds: i32) -> String {
    match seconds {
        0 => "UTC".to_owned(),
        _ => format!("UTC{}", iso_offset(seconds)),
    }
}

fn write_offset(seconds: i32, out: &mut String) {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    push(
        out,
        format_args!("{sign}{:02}{:02}", minutes / 60, minutes % 60),
    );
}

fn write_date_part(moment: &Moment<'_>, character: char, out: &mut String) -> Result<()> {
    let date = moment.date(match character {
        'b' | 'E' | 'F' | 'm' | 'M' | 'n' | 'N' => "month",
        'd' | 'j' | 'S' => "day",
        'D' | 'l' | 'w' => "weekday",
        'o' | 'W' => "isocalendar",
        'z' => "timetuple",
        _ => "year",
    })?;
    let weekday = WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()) % 7];
    let month_index = usize::from(date.month().unsigned_abs() - 1) % 12;
    let month = MONTHS[month_index];
    match character {
        'b' => out.push_str(&month[..3].to_ascii_lowercase()),
        'd' => push(out, format_args!("{:02}", date.day())),
        'D' => out.push_str(&weekday[..3]),
        'E' | 'F' => out.push_str(month),
        'j' => push(out, format_args!("{}", date.day())),
        'l' => out.push_str(weekday),
        'L' => out.push_str(if date.in_leap_year() { "True" } else { "False" }),
        'm' => push(out, format_args!("{:02}", date.month())),
        'M' => out.push_str(&month[..3]),
        'n' => push(out, format_args!("{}", date.month())),
        'N' => out.push_str(MONTHS_AP[month_index]),
        'o' => push(out, format_args!("{}", date.iso_week_date().year())),
        'S' => out.push_str(ordinal_suffix(date.day())),
        't' => push(out, format_args!("{}", date.days_in_month())),
        'w' => push(
            out,
            format_args!("{}", date.weekday().to_sunday_zero_offset()),
        ),
        'W' => push(out, format_args!("{}", date.iso_week_date().week())),
        'y' => push(out, format_args!("{:02}", date.year() % 100)),
        'z' => push(out, format_args!("{}", date.day_of_year())),
        _ => push(out, format_args!("{:04}", date.year())),
    }
    Ok(())
}

fn ordinal_suffix(day: i8) -> &'static str {
    match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// The date and the time of day, which is midnight for a date.
fn whole(moment: &Moment<'_>) -> Result<(civil::Date, Time)> {
    let Some(date) = moment.date else {
        return Err(Error::type_error(format!(
            "combine() argument 1 must be datetime.date, not {}",
            type_name(moment.value)
        )));
    };
    let midnight = Time {
        hour: 0,
        minute: 0,
        second: 0,
        microsecond: 0,
    };
    Ok((date, moment.time.unwrap_or(midnight)))
}

fn write_rfc_5322(moment: &Moment<'_>, out: &mut String) -> Result<()> {
    let (_, time) = whole(moment)?;
    for character in ['D', 'd', 'M', 'Y'] {
        write_date_part(moment, character, out)?;
        out.push_str(if character == 'D' { ", " } else { " " });
    }
    push(
        out,
        format_args!("{:02}:{:02}:{:02} ", time.hour, time.minute, time.second),
    );
    let offset = moment.offset().unwrap_or(0);
    write_offset(offset, out);
    if offset % 60 != 0 {
        push(out, format_args!("{:02}", offset.unsigned_abs() % 60));
    }
    Ok(())
}

fn write_epoch(moment: &Moment<'_>, out: &mut String) -> Result<()> {
    let (date, time) = whole(moment)?;
    let mut seconds = days_since_epoch(date) * 86_400
        + i64::from(time.hour) * 3600
        + i64::from(time.minute) * 60
        + i64::from(time.second)
        - i64::from(moment.offset().unwrap_or(0));
    if seconds < 0 && time.microsecond > 0 {
        // The fraction is cut off, towards zero.
        seconds += 1;
    }
    push(out, format_args!("{seconds}"));
    Ok(())
}

/// `date.isoformat()`.
pub(super) fn iso_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `time.isoformat()`.
pub(super) fn iso_time(time: Time) -> String {
    let mut text = format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    if time.microsecond != 0 {
        push(&mut text, format_args!(".{:06}", time.microsecond));
    }
    text
}

/// `moment.isoformat(separator)`.
pub(super) fn iso_datetime(moment: &DateTime, separator: char) -> String {
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

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes any text");
}

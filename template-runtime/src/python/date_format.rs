//! Dates and times in the formats of templates, which are PHP's and a few more.

use std::fmt::Write as _;

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Time, Value};

use super::temporal::{abbreviation, iso_date, iso_datetime, iso_time};
use super::{title, type_name, zones};
use crate::filters::Call;
use crate::translation::Translator;
use crate::{Error, Result};

pub(crate) const MONTHS: [&str; 12] = [
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

/// The short names as messages to translate.
pub(crate) const MONTHS_3: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

const MONTHS_AP: [&str; 12] = [
    "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.",
    "Dec.",
];

pub(crate) const WEEKDAYS: [&str; 7] = [
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

/// Formats a date, a datetime or, with the characters for times, a time, by a pattern of
/// format characters.
///
/// # Errors
///
/// `TypeError` for a character about time if the value is a date; `AttributeError`
/// for anything that has no such part; `ValueError` for a day that does not exist.
pub fn format_date(value: &Value, pattern: &str, call: &Call<'_>) -> Result<String> {
    format(value, pattern, true, call)
}

/// Formats a time or a datetime with the characters for times alone.
///
/// # Errors
///
/// As for [`format_date`]; `AttributeError` for a character about dates.
pub fn format_time(value: &Value, pattern: &str, call: &Call<'_>) -> Result<String> {
    format(value, pattern, false, call)
}

fn format(value: &Value, pattern: &str, with_dates: bool, call: &Call<'_>) -> Result<String> {
    let plain = match value {
        Value::Object(object) => object.plain(),
        _ => None,
    };
    let part = Parts::of(plain.as_ref().unwrap_or(value), call)?;
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut previous = None;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if CHARACTERS.contains(character) && previous != Some('\\') {
            let about_time = TIME_CHARACTERS.contains(character);
            if about_time && matches!(part.value, Value::Date(_)) {
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
            part.write(character, &mut out)?;
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

/// The bytes that mean something in a format.
pub(crate) const IS_FORMAT: [bool; 256] = {
    let mut table = [false; 256];
    let characters = CHARACTERS.as_bytes();
    let mut place = 0;
    while place < characters.len() {
        table[characters[place] as usize] = true;
        place += 1;
    }
    table[b'\\' as usize] = true;
    table
};

/// What a format's characters can ask a value for.
struct Parts<'a> {
    value: &'a Value,
    date: Option<Date>,
    time: Option<Time>,
    /// The offset to speak of: a datetime's own or that of the default zone; nothing where
    /// the zone's clocks show the time twice or never.
    offset: Option<Offset>,
    call: &'a Call<'a>,
    translator: Translator<'a>,
}

impl<'a> Parts<'a> {
    fn of(value: &'a Value, call: &'a Call<'_>) -> Result<Self> {
        let (date, time, offset) = match value {
            Value::Date(date) => (Some(*date), None, None),
            Value::Time(time) => (None, Some(*time), None),
            Value::DateTime(moment) => (
                Some(moment.date),
                Some(moment.time),
                spoken_offset(moment, call),
            ),
            _ => (None, None, None),
        };
        if let Some(date) = date {
            check(date)?;
        }
        Ok(Self {
            value,
            date,
            time,
            offset,
            call,
            translator: Translator::of_call(call),
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

    fn date(&self, attribute: &str) -> Result<Date> {
        self.date.ok_or_else(|| self.no_attribute(attribute))
    }

    fn time(&self, attribute: &str) -> Result<Time> {
        self.time.ok_or_else(|| self.no_attribute(attribute))
    }

    fn write(&self, character: char, out: &mut String) -> Result<()> {
        match character {
            'a' | 'A' | 'f' | 'g' | 'G' | 'h' | 'H' | 'i' | 'P' | 's' | 'u' => {
                self.write_time(character, out)
            }
            'e' | 'I' | 'O' | 'T' | 'Z' => {
                self.write_zone(character, out);
                Ok(())
            }
            'c' => {
                match self.value {
                    Value::Date(date) => out.push_str(&iso_date(*date)),
                    Value::Time(time) => out.push_str(&iso_time(*time)),
                    Value::DateTime(moment) => out.push_str(&iso_datetime(moment, 'T')),
                    _ => return Err(self.no_attribute("isoformat")),
                }
                Ok(())
            }
            'r' => self.write_rfc_5322(out),
            'U' => self.write_epoch(out),
            _ => self.write_date(character, out),
        }
    }

    fn write_time(&self, character: char, out: &mut String) -> Result<()> {
        let time = self.time(match character {
            'i' | 'P' => "minute",
            's' => "second",
            'u' => "microsecond",
            _ => "hour",
        })?;
        let hour = match time.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let [capitals, half] = if time.hour > 11 {
            ["PM", "p.m."]
        } else {
            ["AM", "a.m."]
        };
        let translated = |message| self.translator.gettext(message);
        match character {
            'a' => out.push_str(&translated(half)),
            'A' => out.push_str(&translated(capitals)),
            'f' if time.minute != 0 => push(out, format_args!("{hour}:{:02}", time.minute)),
            'f' | 'g' => push(out, format_args!("{hour}")),
            'G' => push(out, format_args!("{}", time.hour)),
            'h' => push(out, format_args!("{hour:02}")),
            'H' => push(out, format_args!("{:02}", time.hour)),
            'i' => push(out, format_args!("{:02}", time.minute)),
            's' => push(out, format_args!("{:02}", time.second)),
            'u' => push(out, format_args!("{:06}", time.microsecond)),
            _ => match (time.hour, time.minute) {
                (0, 0) => out.push_str(&translated("midnight")),
                (12, 0) => out.push_str(&translated("noon")),
                (_, 0) => push(out, format_args!("{hour} {}", translated(half))),
                (_, minute) => push(out, format_args!("{hour}:{minute:02} {}", translated(half))),
            },
        }
        Ok(())
    }

    fn write_zone(&self, character: char, out: &mut String) {
        let Some(offset) = &self.offset else {
            return;
        };
        let is_aware = matches!(self.value, Value::DateTime(moment) if zones::is_aware(moment));
        match character {
            'e' if is_aware => out.push_str(&abbreviation(offset)),
            'e' => {}
            'I' => {
                let is_summer = matches!(offset.dst, ROption::RSome(dst) if dst != 0);
                out.push(if is_summer { '1' } else { '0' });
            }
            'O' => write_offset(offset.seconds, out),
            'T' => out.push_str(&abbreviation(offset)),
            _ => push(out, format_args!("{}", offset.seconds)),
        }
    }

    fn write_date(&self, character: char, out: &mut String) -> Result<()> {
        let date = self.date(match character {
            'b' | 'E' | 'F' | 'm' | 'M' | 'n' | 'N' => "month",
            'd' | 'j' | 'S' => "day",
            'D' | 'l' | 'w' => "weekday",
            'o' | 'W' => "isocalendar",
            'z' => "timetuple",
            _ => "year",
        })?;
        let month = usize::from(date.month.saturating_sub(1)) % 12;
        let weekday = usize::from(weekday(date)) % 7;
        let text = &self.translator;
        match character {
            'b' => out.push_str(&text.gettext(MONTHS_3[month])),
            'd' => push(out, format_args!("{:02}", date.day)),
            'D' => out.push_str(&text.gettext(&WEEKDAYS[weekday][..3])),
            'E' => out.push_str(&text.pgettext("alt. month", MONTHS[month])),
            'F' => out.push_str(&text.gettext(MONTHS[month])),
            'j' => push(out, format_args!("{}", date.day)),
            'l' => out.push_str(&text.gettext(WEEKDAYS[weekday])),
            'L' => out.push_str(if is_leap_year(date.year) {
                "True"
            } else {
                "False"
            }),
            'm' => push(out, format_args!("{:02}", date.month)),
            'M' => {
                let name = text.gettext(MONTHS_3[month]);
                out.push_str(&title(&name));
            }
            'n' => push(out, format_args!("{}", date.month)),
            'N' => out.push_str(&text.pgettext("abbrev. month", MONTHS_AP[month])),
            'o' => push(out, format_args!("{}", iso_week(date).0)),
            'S' => out.push_str(ordinal_suffix(date.day)),
            't' => push(
                out,
                format_args!("{}", days_in_month(date.year, date.month)),
            ),
            'w' => push(out, format_args!("{}", (weekday + 1) % 7)),
            'W' => push(out, format_args!("{}", iso_week(date).1)),
            'y' => push(out, format_args!("{:02}", date.year % 100)),
            'z' => push(out, format_args!("{}", day_of_year(date))),
            _ => push(out, format_args!("{:04}", date.year)),
        }
        Ok(())
    }

    /// The datetime; midnight for a date.
    fn whole(&self) -> Result<DateTime> {
        const MIDNIGHT: Time = Time {
            hour: 0,
            minute: 0,
            second: 0,
            microsecond: 0,
        };
        match self.value {
            Value::DateTime(moment) => Ok(DateTime::clone(moment)),
            Value::Date(date) => Ok(DateTime::naive(*date, MIDNIGHT)),
            _ => Err(Error::type_error(format!(
                "combine() argument 1 must be datetime.date, not {}",
                type_name(self.value)
            ))),
        }
    }

    fn write_rfc_5322(&self, out: &mut String) -> Result<()> {
        let moment = self.whole()?;
        let (date, time) = (moment.date, moment.time);
        push(
            out,
            format_args!(
                "{}, {:02} {} {:04} {:02}:{:02}:{:02} ",
                &WEEKDAYS[usize::from(weekday(date)) % 7][..3],
                date.day,
                &MONTHS[usize::from(date.month.saturating_sub(1)) % 12][..3],
                date.year,
                time.hour,
                time.minute,
                time.second
            ),
        );
        let environment = &self.call.environment;
        let offset = match moment.offset {
            ROption::RSome(offset) => Some(offset),
            // A naive time that has no offset in the default zone gets the current one.
            ROption::RNone => self.offset.clone().or_else(|| {
                let is_datetime = self.time.is_some();
                let (default, current) = (&self.call.settings.time_zone, &self.call.locale.zone);
                let zone = if is_datetime { current } else { default };
                environment.offset_for(zone, zones::civil_seconds(date, time), moment.fold)
            }),
        };
        let seconds = offset.map_or(0, |offset| offset.seconds);
        write_offset(seconds, out);
        if seconds % 60 != 0 {
            push(out, format_args!("{:02}", seconds.unsigned_abs() % 60));
        }
        Ok(())
    }

    fn write_epoch(&self, out: &mut String) -> Result<()> {
        let moment = self.whole()?;
        // The fraction is cut off, towards zero.
        let seconds = timestamp(&moment, self.call) / 1_000_000;
        push(out, format_args!("{seconds}"));
        Ok(())
    }
}

/// Microseconds from 1970 to a moment; a naive one is one of the default zone.
pub(crate) fn timestamp(moment: &DateTime, call: &Call<'_>) -> i128 {
    let zone = &call.settings.time_zone;
    let aware = match moment.offset {
        ROption::RSome(_) => None,
        ROption::RNone => zones::make_aware(moment, zone, &call.environment),
    };
    aware.as_ref().unwrap_or(moment).instant()
}

/// The offset that a format speaks of.
fn spoken_offset(moment: &DateTime, call: &Call<'_>) -> Option<Offset> {
    let environment = &call.environment;
    let offset = match &moment.offset {
        ROption::RSome(offset) => offset.clone(),
        ROption::RNone => {
            let seconds = zones::civil_seconds(moment.date, moment.time);
            environment.offset_for(&call.settings.time_zone, seconds, moment.fold)?
        }
    };
    let has_one = !zones::is_ambiguous_or_imaginary(moment, &offset.zone, environment);
    has_one.then_some(offset)
}

/// Whether there is such a day.
pub(crate) fn is_date(date: Date) -> bool {
    (1..=9999).contains(&date.year)
        && (1..=12).contains(&date.month)
        && (1..=days_in_month(date.year, date.month)).contains(&date.day)
}

fn check(date: Date) -> Result<()> {
    if !(1..=9999).contains(&date.year) {
        let message = format!("year {} is out of range", date.year);
        return Err(Error::value_error(message));
    }
    if !(1..=12).contains(&date.month) {
        return Err(Error::value_error("month must be in 1..12"));
    }
    if date.day == 0 || date.day > days_in_month(date.year, date.month) {
        return Err(Error::value_error("day is out of range for month"));
    }
    Ok(())
}

pub(crate) fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day of the week, Monday being 0.
pub(crate) fn weekday(date: Date) -> u8 {
    u8::try_from((date.day_number() + 3).rem_euclid(7)).unwrap_or(0)
}

/// The day of the year, from 1 on.
pub(crate) fn day_of_year(date: Date) -> i64 {
    let first = Date {
        month: 1,
        day: 1,
        ..date
    };
    date.day_number() - first.day_number() + 1
}

/// The year and the number of the week that a date belongs to (ISO 8601).
pub(crate) fn iso_week(date: Date) -> (i32, i64) {
    // A week belongs to the year of its Thursday.
    let days = date.day_number() - i64::from(weekday(date)) + 3;
    let thursday = zones::date_of_day(days).unwrap_or(Date {
        // Only the last days of 9999 are not found.
        year: date.year + 1,
        month: 1,
        day: 1,
    });
    (thursday.year, (day_of_year(thursday) - 1) / 7 + 1)
}

fn ordinal_suffix(day: u8) -> &'static str {
    match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
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

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes any text");
}

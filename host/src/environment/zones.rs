//! Time zones, and values made of `jiff`'s types.
//!
//! The system's database of zones comes first, as it does for Python, and the one that
//! is compiled in stands in where there is none.

use hotplate_plugin_api::Value;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Text, Time, Zone};
use jiff::tz::{AmbiguousOffset, Dst, TimeZone};
use jiff::{Timestamp, Zoned, civil};

use crate::error::Error;

/// An hour: how far clocks go forward where the database does not tell.
const USUAL_DAYLIGHT_SAVING: i32 = 3600;

/// The zone of this name, in Python's sense: with just these letters.
fn named(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// The offset of a zone at a moment.
pub(super) fn offset_at(name: &str, seconds: i64) -> Option<Offset> {
    let zone = named(name)?;
    let moment = Timestamp::from_second(seconds).ok()?;
    Some(offset(&zone, name, moment))
}

/// The offset of a zone at a time of its own clocks.
pub(super) fn offset_for(name: &str, seconds: i64, fold: bool) -> Option<Offset> {
    let zone = named(name)?;
    let shown = Timestamp::from_second(seconds).ok()?;
    let clocks = shown.to_zoned(TimeZone::UTC).datetime();
    let distance = match zone.to_ambiguous_timestamp(clocks).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        // Where clocks skip a time, the offset before leads to a moment after the change,
        // and the other way round.
        AmbiguousOffset::Gap { before, after } => {
            if fold {
                before
            } else {
                after
            }
        }
        AmbiguousOffset::Fold { before, after } => {
            if fold {
                after
            } else {
                before
            }
        }
    };
    let seconds = seconds.checked_sub(distance.seconds().into())?;
    let moment = Timestamp::from_second(seconds).ok()?;
    Some(offset(&zone, name, moment))
}

fn offset(zone: &TimeZone, name: &str, moment: Timestamp) -> Offset {
    let info = zone.to_offset_info(moment);
    let seconds = info.offset().seconds();
    let dst = match info.dst() {
        Dst::No => 0,
        Dst::Yes => daylight_saving(zone, moment, seconds),
    };
    Offset {
        seconds,
        name: Text::new(info.abbreviation().to_owned(), false),
        dst: Some(dst).into(),
        zone: Zone::named(name),
    }
}

/// By how much clocks are ahead of standard time: the difference to the standard time
/// before, else to that after.
fn daylight_saving(zone: &TimeZone, moment: Timestamp, seconds: i32) -> i32 {
    let standard = |transition: &jiff::tz::TimeZoneTransition<'_>| {
        let difference = seconds - transition.offset().seconds();
        (transition.dst() == Dst::No && difference != 0).then_some(difference)
    };
    // A few transitions are enough: a zone that saves daylight changes twice a year.
    let before = zone.preceding(moment).take(8).find_map(|t| standard(&t));
    let found = before.or_else(|| zone.following(moment).take(8).find_map(|t| standard(&t)));
    found.unwrap_or(USUAL_DAYLIGHT_SAVING)
}

/// A date as a value.
pub fn date(date: civil::Date) -> Value {
    Value::Date(date_fields(date))
}

/// A time of day as a value. Nanoseconds are cut off to microseconds.
pub fn time(time: civil::Time) -> Value {
    Value::Time(time_fields(time))
}

/// A date and time without a zone as a value.
pub fn date_time(date_time: civil::DateTime) -> Value {
    let (date, time) = (date_time.date(), date_time.time());
    Value::from(DateTime::naive(date_fields(date), time_fields(time)))
}

/// A moment in UTC as a value.
pub fn timestamp(timestamp: Timestamp) -> Value {
    zoned(&timestamp.to_zoned(TimeZone::UTC))
}

/// A moment in a zone as a value.
///
/// ```
/// use hotplate::environment::zoned;
///
/// let noon: hotplate::jiff::Zoned = "2026-07-01T12:00[Europe/Paris]".parse()?;
/// assert_eq!(format!("{:?}", zoned(&noon)), "2026-07-01T12:00:00.000000+7200s");
/// # Ok::<(), hotplate::jiff::Error>(())
/// ```
pub fn zoned(zoned: &Zoned) -> Value {
    let (zone, moment) = (zoned.time_zone(), zoned.timestamp());
    let offset = match zone.iana_name() {
        _ if *zone == TimeZone::UTC => Offset::utc(),
        Some(name) => offset(zone, name, moment),
        None => Offset::fixed(zoned.offset().seconds(), ""),
    };
    let clocks = zoned.datetime();
    let (date, time) = (date_fields(clocks.date()), time_fields(clocks.time()));
    let fold = match zone.to_ambiguous_timestamp(clocks).offset() {
        AmbiguousOffset::Fold { after, .. } => after == zoned.offset(),
        _ => false,
    };
    Value::from(DateTime {
        fold,
        ..DateTime::aware(date, time, offset)
    })
}

/// The zone of this name, for a [`Locale`](super::Locale) or a context.
///
/// # Errors
///
/// If there is no such zone.
pub fn zone(name: &str) -> Result<Zone, Error> {
    match named(name) {
        _ if name == "UTC" => Ok(Zone::Utc),
        Some(_) => Ok(Zone::named(name)),
        None => Err(Error::setup(format!("no time zone {name}"))),
    }
}

#[expect(clippy::cast_sign_loss, reason = "jiff's fields are not negative")]
fn date_fields(date: civil::Date) -> Date {
    Date {
        year: date.year().into(),
        month: date.month() as u8,
        day: date.day() as u8,
    }
}

#[expect(clippy::cast_sign_loss, reason = "jiff's fields are not negative")]
fn time_fields(time: civil::Time) -> Time {
    Time {
        hour: time.hour() as u8,
        minute: time.minute() as u8,
        second: time.second() as u8,
        microsecond: (time.subsec_nanosecond() / 1000) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Option<Offset>, expected: Option<(i32, &str, i32)>) {
        let found = found.map(|offset| {
            let dst = offset.dst.into_option().unwrap_or(-1);
            (offset.seconds, offset.name.as_str().to_owned(), dst)
        });
        let expected = expected.map(|(seconds, name, dst)| (seconds, name.to_owned(), dst));
        assert_eq!(found, expected);
    }

    #[test]
    fn offsets_at_moments_are_those_of_zoneinfo() {
        let cases = [
            ("Europe/Paris", 1_767_225_600, Some((3600, "CET", 0))),
            ("Europe/Paris", 1_782_864_000, Some((7200, "CEST", 3600))),
            (
                "America/Chicago",
                1_782_864_000,
                Some((-18000, "CDT", 3600)),
            ),
            (
                "Australia/Lord_Howe",
                1_767_225_600,
                Some((39600, "+11", 1800)),
            ),
            ("Asia/Kolkata", 0, Some((19800, "IST", 0))),
            ("UTC", 0, Some((0, "UTC", 0))),
            ("europe/paris", 0, None),
            ("Nowhere/Never", 0, None),
            ("../../etc/passwd", 0, None),
            ("", 0, None),
        ];
        for (zone, seconds, expected) in cases {
            check(offset_at(zone, seconds), expected);
        }
        check(offset_at("Europe/Paris", i64::MAX), None);
    }

    #[test]
    fn clocks_that_skip_or_repeat_an_hour_follow_fold() {
        // 2026-03-29 02:30 does not exist in Paris, 2026-10-25 02:30 does twice.
        let (skipped, repeated) = (1_774_751_400, 1_792_895_400);
        let cases = [
            (skipped, false, (3600, "CET", 0)),
            (skipped, true, (7200, "CEST", 3600)),
            (repeated, false, (7200, "CEST", 3600)),
            (repeated, true, (3600, "CET", 0)),
        ];
        for (seconds, fold, expected) in cases {
            check(offset_for("Europe/Paris", seconds, fold), Some(expected));
        }
        check(offset_for("Europe/Paris", i64::MIN, false), None);
    }

    #[test]
    fn values_of_jiffs_types() {
        let parsed = |text: &str| text.parse::<Zoned>().expect("the text is well formed");
        let cases = [
            (
                "2026-07-01T12:00:00.1234567[Europe/Paris]",
                "2026-07-01T12:00:00.123456+7200s",
            ),
            (
                "2026-10-25T02:30+01:00[Europe/Paris]",
                "2026-10-25T02:30:00.000000+3600s",
            ),
            ("2026-07-01T12:00[UTC]", "2026-07-01T12:00:00.000000+0s"),
            (
                "2026-07-01T12:00-05:00[-05:00]",
                "2026-07-01T12:00:00.000000-18000s",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(format!("{:?}", zoned(&parsed(text))), expected, "{text}");
        }
        let Value::DateTime(later) = zoned(&parsed("2026-10-25T02:30+01:00[Europe/Paris]")) else {
            panic!("it is a moment");
        };
        assert!(later.fold);
    }
}

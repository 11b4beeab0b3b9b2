//! Dates, times and zones from their JSON form, with offsets from the zone database.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::environment::Instant;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Text, Time, TimeDelta, Zone};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Dst, Offset as ZoneOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};

use crate::value::text;

type Fields = Map<String, Json>;

/// Most zones put their clocks forward by an hour.
const HOUR: i32 = 3600;

pub(crate) fn date(text: &str) -> Result<Date, String> {
    let read = || {
        let mut parts = text.splitn(3, '-');
        Some(Date {
            year: parts.next()?.parse().ok()?,
            month: parts.next()?.parse().ok()?,
            day: parts.next()?.parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("{text:?} is no date"))
}

pub(crate) fn time(text: &str) -> Result<Time, String> {
    let read = || {
        let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let mut parts = clock.splitn(3, ':');
        Some(Time {
            hour: parts.next()?.parse().ok()?,
            minute: parts.next()?.parse().ok()?,
            second: parts.next().unwrap_or("0").parse().ok()?,
            microsecond: format!("{fraction:0<6}").parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("{text:?} is no time"))
}

/// A date and a time, separated by `T` or a space.
fn date_and_time(written: &str) -> Result<(Date, Time), String> {
    let (day, clock) = written
        .split_once(['T', ' '])
        .ok_or_else(|| format!("{written:?} is no datetime"))?;
    Ok((date(day)?, time(clock)?))
}

pub(crate) fn date_time(fields: &Fields) -> Result<DateTime, String> {
    let (date, time) = date_and_time(text(fields, "v"))?;
    let fold = fields.get("fold").is_some_and(is_true);
    let offset = match fields.get("tz").unwrap_or(&Json::Null) {
        Json::Null => ROption::RNone,
        json => {
            let zone = zone(json)?;
            let offset = zone
                .fixed_offset()
                .or_else(|| offset_for(zone.name(), civil_seconds(date, time)?, fold));
            let unknown = || format!("{json} has no offset at {}", text(fields, "v"));
            ROption::RSome(offset.ok_or_else(unknown)?)
        }
    };
    Ok(DateTime {
        date,
        time,
        offset,
        fold,
        convert: fields.get("convert_to_local_time") != Some(&Json::Bool(false)),
    })
}

fn is_true(json: &Json) -> bool {
    match json {
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_i64() != Some(0),
        _ => false,
    }
}

pub(crate) fn time_delta(fields: &Fields) -> Result<TimeDelta, String> {
    let part = |name: &str| {
        let number = fields.get(name).and_then(Json::as_i64);
        let number = number.and_then(|number| i32::try_from(number).ok());
        number.ok_or_else(|| format!("a timedelta without {name}"))
    };
    Ok(TimeDelta {
        days: part("days")?,
        seconds: part("seconds")?,
        microseconds: part("microseconds")?,
    })
}

/// A zone of any kind.
pub(crate) fn zone(json: &Json) -> Result<Zone, String> {
    let found = match json["kind"].as_str() {
        Some("utc") => Some(Zone::Utc),
        Some("offset") => json["seconds"]
            .as_i64()
            .and_then(|seconds| i32::try_from(seconds).ok())
            .map(|seconds| Zone::Fixed {
                seconds,
                name: Text::new(json["name"].as_str().unwrap_or_default().to_owned(), false),
            }),
        Some("zone") => json["key"].as_str().map(Zone::named),
        _ => None,
    };
    found.ok_or_else(|| format!("{json} is no zone"))
}

/// The moment of a clock that shows `written`, in the zone or in UTC.
pub(crate) fn instant(written: &str, zone: Option<&Zone>) -> Result<Instant, String> {
    let (date, time) = date_and_time(written)?;
    let seconds = civil_seconds(date, time).ok_or_else(|| format!("{written} is out of range"))?;
    let offset = zone.map(|zone| {
        let offset = zone.fixed_offset();
        offset.or_else(|| offset_for(zone.name(), seconds, false))
    });
    let offset = match offset {
        None => 0,
        Some(Some(offset)) => offset.seconds,
        Some(None) => return Err(format!("{written} has no offset")),
    };
    Ok(Instant {
        seconds: seconds - i64::from(offset),
        microseconds: time.microsecond,
    })
}

fn civil_seconds(date: Date, time: Time) -> Option<i64> {
    let part = |number: u8| i8::try_from(number).ok();
    let moment = civil::DateTime::new(
        i16::try_from(date.year).ok()?,
        part(date.month)?,
        part(date.day)?,
        part(time.hour)?,
        part(time.minute)?,
        part(time.second)?,
        0,
    );
    let moment = moment.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_second())
}

/// The offset of a named zone at a moment.
pub(crate) fn offset_at(key: &str, seconds: i64) -> Option<Offset> {
    let zone = TimeZone::get(key).ok()?;
    let moment = Timestamp::from_second(seconds).ok()?;
    let offset = zone.to_offset_info(moment).offset();
    Some(described(key, &zone, moment, offset))
}

/// The offset of a named zone when its clocks show a time, given as if it were UTC.
///
/// Of times that occur twice `fold` means the later one, as it means the later offset of
/// times that do not occur.
pub(crate) fn offset_for(key: &str, seconds: i64, fold: bool) -> Option<Offset> {
    let zone = TimeZone::get(key).ok()?;
    let clock = Timestamp::from_second(seconds).ok()?;
    let clock_time = TimeZone::UTC.to_datetime(clock);
    let moment = |offset: ZoneOffset| {
        let east = SignedDuration::from_secs(offset.seconds().into());
        clock.checked_sub(east).ok()
    };
    // A clock time in a gap comes, with one offset, to a moment when the other is in force.
    let (offset, moment) = match zone.to_ambiguous_timestamp(clock_time).offset() {
        AmbiguousOffset::Unambiguous { offset } => (offset, moment(offset)?),
        AmbiguousOffset::Fold { before, after } => {
            let offset = if fold { after } else { before };
            (offset, moment(offset)?)
        }
        AmbiguousOffset::Gap { before, after } if fold => (after, moment(before)?),
        AmbiguousOffset::Gap { before, after } => (before, moment(after)?),
    };
    Some(described(key, &zone, moment, offset))
}

fn described(key: &str, zone: &TimeZone, moment: Timestamp, offset: ZoneOffset) -> Offset {
    let info = zone.to_offset_info(moment);
    Offset {
        seconds: offset.seconds(),
        name: Text::new(info.abbreviation().to_owned(), false),
        dst: ROption::RSome(match info.dst() {
            Dst::No => 0,
            Dst::Yes => {
                let standard = zone
                    .preceding(moment)
                    .find(|transition| transition.dst() == Dst::No);
                standard.map_or(HOUR, |standard| {
                    offset.seconds() - standard.offset().seconds()
                })
            }
        }),
        zone: Zone::named(key),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_zone_gives_the_offset_of_the_time_its_clocks_show() {
        let cases = [
            ("2011-09-01T13:20:30", 0, (7200, "CEST", 3600)),
            ("2011-01-01T13:20:30", 0, (3600, "CET", 0)),
            // Clocks go back at three in the morning.
            ("2011-10-30T02:30:00", 0, (7200, "CEST", 3600)),
            ("2011-10-30T02:30:00", 1, (3600, "CET", 0)),
            // Clocks go forward at two in the morning.
            ("2011-03-27T02:30:00", 0, (3600, "CET", 0)),
            ("2011-03-27T02:30:00", 1, (7200, "CEST", 3600)),
        ];
        for (written, fold, (seconds, name, dst)) in cases {
            let json = json!({"v": written, "fold": fold,
                "tz": {"kind": "zone", "key": "Europe/Paris"}});
            let moment = date_time(json.as_object().expect("an object")).expect("readable");
            let ROption::RSome(offset) = moment.offset else {
                panic!("{written} has no offset");
            };
            assert_eq!(
                (offset.seconds, offset.name.as_str(), offset.dst),
                (seconds, name, ROption::RSome(dst)),
                "{json}"
            );
        }
    }

    #[test]
    fn a_clock_tells_the_moment() {
        let paris = Zone::named("Europe/Paris");
        let cases = [
            ("1970-01-01T00:00:01.5", None, (1, 500_000)),
            ("1970-01-01T01:00:00", Some(&paris), (0, 0)),
            ("1969-12-31T23:59:59.999999", None, (-1, 999_999)),
        ];
        for (written, zone, (seconds, microseconds)) in cases {
            let expected = Instant {
                seconds,
                microseconds,
            };
            assert_eq!(instant(written, zone), Ok(expected), "{written}");
        }
        assert!(instant("noon", None).is_err());
    }
}

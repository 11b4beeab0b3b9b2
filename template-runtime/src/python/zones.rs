//! Moments in time zones.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::environment::EnvironmentRef;
use hotplate_plugin_api::value::{Date, DateTime, Offset, Time, TimeDelta, Zone};

use crate::filters::Call;

const DAY: i64 = 86_400;
const MICROSECONDS: i128 = 1_000_000;

/// The date so many days after 1970-01-01; nothing outside the years 1 to 9999.
pub fn date_of_day(days: i64) -> Option<Date> {
    let days = days.checked_add(719_468)?;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Some(Date {
        year: i32::try_from(year)
            .ok()
            .filter(|year| (1..=9999).contains(year))?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
    })
}

/// Seconds from 1970 to a date and time of day, as if the clock showed UTC.
pub fn civil_seconds(date: Date, time: Time) -> i64 {
    date.day_number() * DAY
        + i64::from(time.hour) * 3600
        + i64::from(time.minute) * 60
        + i64::from(time.second)
}

/// The date and time of day that [`civil_seconds`] tells; nothing outside the years 1 to 9999.
pub fn civil(seconds: i64, microsecond: u32) -> Option<(Date, Time)> {
    let date = date_of_day(seconds.div_euclid(DAY))?;
    let within = seconds.rem_euclid(DAY);
    let time = Time {
        hour: u8::try_from(within / 3600).ok()?,
        minute: u8::try_from(within / 60 % 60).ok()?,
        second: u8::try_from(within % 60).ok()?,
        microsecond,
    };
    Some((date, time))
}

fn offset_seconds(moment: &DateTime) -> i32 {
    match &moment.offset {
        ROption::RSome(offset) => offset.seconds,
        ROption::RNone => 0,
    }
}

/// Whether a moment has a zone.
pub fn is_aware(moment: &DateTime) -> bool {
    matches!(moment.offset, ROption::RSome(_))
}

/// The moment so many seconds after 1970 in UTC, as the clocks of a zone show it.
///
/// Nothing for an unknown zone, and outside the years 1 to 9999.
pub fn at(
    seconds: i64,
    microsecond: u32,
    zone: &Zone,
    environment: &EnvironmentRef<'_>,
) -> Option<DateTime> {
    let offset = environment.offset_at(zone, seconds)?;
    let shown = seconds.checked_add(i64::from(offset.seconds))?;
    let (date, time) = civil(shown, microsecond)?;
    let fold = match zone {
        Zone::Named(_) => environment
            .offset_for(zone, shown, false)
            .is_some_and(|first| first.seconds != offset.seconds),
        Zone::Utc | Zone::Fixed { .. } => false,
    };
    Some(DateTime {
        fold,
        ..DateTime::aware(date, time, offset)
    })
}

/// `moment.astimezone(zone)` of an aware moment; one without a zone counts as UTC.
///
/// Nothing for an unknown zone, and outside the years 1 to 9999.
pub fn to_zone(
    moment: &DateTime,
    zone: &Zone,
    environment: &EnvironmentRef<'_>,
) -> Option<DateTime> {
    if matches!(&moment.offset, ROption::RSome(offset) if offset.zone == *zone) {
        // Also what the clocks of the zone never show stays as it is.
        return Some(moment.clone());
    }
    let seconds = civil_seconds(moment.date, moment.time) - i64::from(offset_seconds(moment));
    let moved = at(seconds, moment.time.microsecond, zone, environment)?;
    Some(DateTime {
        convert: moment.convert,
        ..moved
    })
}

/// `moment.replace(tzinfo=zone)`; nothing for an unknown zone.
pub fn make_aware(
    moment: &DateTime,
    zone: &Zone,
    environment: &EnvironmentRef<'_>,
) -> Option<DateTime> {
    let seconds = civil_seconds(moment.date, moment.time);
    let offset = environment.offset_for(zone, seconds, moment.fold)?;
    Some(DateTime {
        offset: ROption::RSome(offset),
        ..moment.clone()
    })
}

/// `moment.astimezone(zone).replace(tzinfo=None)`; as for [`to_zone`].
pub fn make_naive(
    moment: &DateTime,
    zone: &Zone,
    environment: &EnvironmentRef<'_>,
) -> Option<DateTime> {
    Some(DateTime {
        offset: ROption::RNone,
        ..to_zone(moment, zone, environment)?
    })
}

/// The time: aware and in the current zone if the settings say so, else naive and in
/// the default zone.
pub fn now(call: &Call<'_>) -> DateTime {
    let instant = call.environment.now();
    let in_zone = |zone| {
        at(
            instant.seconds,
            instant.microseconds,
            zone,
            &call.environment,
        )
    };
    if call.settings.use_tz {
        return in_zone(&call.locale.zone).unwrap_or_else(|| in_utc(instant.seconds));
    }
    let local = in_zone(&call.settings.time_zone).unwrap_or_else(|| in_utc(instant.seconds));
    DateTime {
        offset: ROption::RNone,
        ..local
    }
}

/// A moment of a clock that may be wrong.
fn in_utc(seconds: i64) -> DateTime {
    const EPOCH: (Date, Time) = (
        Date {
            year: 1970,
            month: 1,
            day: 1,
        },
        Time {
            hour: 0,
            minute: 0,
            second: 0,
            microsecond: 0,
        },
    );
    let (date, time) = civil(seconds, 0).unwrap_or(EPOCH);
    DateTime::aware(date, time, Offset::utc())
}

/// Whether a zone's clocks show a date and time twice, or skip it.
pub fn is_ambiguous_or_imaginary(
    moment: &DateTime,
    zone: &Zone,
    environment: &EnvironmentRef<'_>,
) -> bool {
    if !matches!(zone, Zone::Named(_)) {
        return false;
    }
    let seconds = civil_seconds(moment.date, moment.time);
    let offset = |fold| {
        environment
            .offset_for(zone, seconds, fold)
            .map(|offset| offset.seconds)
    };
    offset(false) != offset(true)
}

/// `moment + delta`: the clock goes on by so much, in the same zone.
///
/// Nothing outside the years 1 to 9999.
pub fn add_delta(
    moment: &DateTime,
    delta: &TimeDelta,
    environment: &EnvironmentRef<'_>,
) -> Option<DateTime> {
    let sum = moment.clock() + delta.total_microseconds();
    let seconds = i64::try_from(sum.div_euclid(MICROSECONDS)).ok()?;
    let microsecond = u32::try_from(sum.rem_euclid(MICROSECONDS)).ok()?;
    let (date, time) = civil(seconds, microsecond)?;
    let offset = match &moment.offset {
        ROption::RSome(offset) => {
            let found = environment.offset_for(&offset.zone, seconds, false);
            ROption::RSome(found.unwrap_or_else(|| offset.clone()))
        }
        ROption::RNone => ROption::RNone,
    };
    Some(DateTime {
        date,
        time,
        offset,
        fold: false,
        convert: true,
    })
}

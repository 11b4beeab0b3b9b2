//! Dates and times, as civil fields: calendars and zones are the runtime's business.

use std::fmt;

use abi_stable::StableAbi;
use abi_stable::std_types::ROption;

use super::Text;

/// A date of the proleptic Gregorian calendar.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// Days from 1970-01-01; days that do not exist count from their month's first.
    pub fn day_number(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        // Years that start in March have the leap day at their end.
        let year = if month <= 2 { year - 1 } else { year };
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * 146_097 + day_of_era - 719_468
    }
}

/// A time of day.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub microsecond: u32,
}

impl Time {
    /// Microseconds since midnight.
    pub fn microseconds(self) -> i64 {
        let seconds =
            (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        seconds * 1_000_000 + i64::from(self.microsecond)
    }
}

/// A date with a time of day; aware if it has an offset.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// The time of day.
    pub time: Time,
    /// The distance from UTC, for an aware value. It is found when the value is made, so
    /// that showing the value needs no database of zones.
    pub offset: ROption<Offset>,
    /// Whether it is the later of two moments with this date and time.
    pub fold: bool,
    /// Whether an aware value is shown in the current zone.
    pub convert: bool,
}

impl DateTime {
    /// A value without a zone.
    pub fn naive(date: Date, time: Time) -> Self {
        Self {
            date,
            time,
            offset: ROption::RNone,
            fold: false,
            convert: true,
        }
    }

    /// A value with an offset.
    pub fn aware(date: Date, time: Time, offset: Offset) -> Self {
        Self {
            offset: ROption::RSome(offset),
            ..Self::naive(date, time)
        }
    }
}

impl DateTime {
    /// Microseconds from 1970 to what the clock shows, as if it showed UTC.
    pub fn clock(&self) -> i128 {
        let days = i128::from(self.date.day_number());
        days * 86_400_000_000 + i128::from(self.time.microseconds())
    }

    /// Microseconds from 1970 to the moment; the clock of a naive one counts as UTC's.
    pub fn instant(&self) -> i128 {
        let seconds = match &self.offset {
            ROption::RSome(offset) => offset.seconds,
            ROption::RNone => 0,
        };
        self.clock() - i128::from(seconds) * 1_000_000
    }
}

/// The distance from UTC that an aware time has.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub struct Offset {
    /// Seconds east of UTC.
    pub seconds: i32,
    /// The zone's abbreviation at that time, such as `CET`.
    pub name: Text,
    /// Seconds of it that are daylight saving time, for zones that know.
    pub dst: ROption<i32>,
    /// The zone.
    pub zone: Zone,
}

impl Offset {
    /// UTC.
    pub fn utc() -> Self {
        Self {
            seconds: 0,
            name: Text::new("UTC".to_owned(), false),
            dst: ROption::RSome(0),
            zone: Zone::Utc,
        }
    }

    /// A constant offset; an empty name means the one that Python gives it.
    pub fn fixed(seconds: i32, name: &str) -> Self {
        let name = Text::new(name.to_owned(), false);
        Self {
            seconds,
            name: name.clone(),
            dst: ROption::RNone,
            zone: Zone::Fixed { seconds, name },
        }
    }
}

/// A time zone (`tzinfo`).
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// `datetime.timezone.utc`.
    Utc,
    /// `datetime.timezone(...)`.
    Fixed {
        /// Seconds east of UTC.
        seconds: i32,
        /// The name; empty for the one that Python gives it.
        name: Text,
    },
    /// `zoneinfo.ZoneInfo(...)`.
    Named(Text),
}

impl Zone {
    /// The zone of this name in the database of zones.
    pub fn named(name: &str) -> Self {
        Self::Named(Text::new(name.to_owned(), false))
    }

    /// The name: the key, or what a fixed offset is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Fixed { name, .. } | Self::Named(name) => name.as_str(),
        }
    }

    /// The offset, where it is the same at all times.
    pub fn fixed_offset(&self) -> Option<Offset> {
        match self {
            Self::Utc => Some(Offset::utc()),
            Self::Fixed { seconds, name } => Some(Offset::fixed(*seconds, name.as_str())),
            Self::Named(_) => None,
        }
    }
}

/// A span of time, in the normal form of `datetime.timedelta`.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeDelta {
    /// Days, rounded down.
    pub days: i32,
    /// 0 to 86,399.
    pub seconds: i32,
    /// 0 to 999,999.
    pub microseconds: i32,
}

impl TimeDelta {
    /// A span of so many microseconds.
    pub fn from_microseconds(microseconds: i128) -> Self {
        const SECOND: i128 = 1_000_000;
        const DAY: i128 = 86_400 * SECOND;
        let part = |number: i128| i32::try_from(number).unwrap_or(i32::MAX);
        let within = microseconds.rem_euclid(DAY);
        Self {
            days: part(microseconds.div_euclid(DAY)),
            seconds: part(within / SECOND),
            microseconds: part(within % SECOND),
        }
    }

    /// All of it in microseconds.
    pub fn total_microseconds(&self) -> i128 {
        (i128::from(self.days) * 86_400 + i128::from(self.seconds)) * 1_000_000
            + i128::from(self.microseconds)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.date, self.time);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}",
            date.year, date.month, date.day, time.hour, time.minute, time.second, time.microsecond
        )?;
        match &self.offset {
            ROption::RSome(offset) => write!(f, "{:+}s", offset.seconds),
            ROption::RNone => Ok(()),
        }
    }
}

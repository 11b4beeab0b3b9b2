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

/// A date with a time of day; aware if it has an offset.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// The time of day.
    pub time: Time,
    /// The distance from UTC, for an aware value.
    pub offset: ROption<Offset>,
}

/// The distance from UTC that an aware time has.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Offset {
    /// Seconds east of UTC.
    pub seconds: i32,
    /// The zone's abbreviation at that time, such as `CET`.
    pub name: Text,
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

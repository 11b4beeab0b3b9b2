//! Values and tables for the tests.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::environment::{
    Environment, EnvironmentRef, Format, FormatValue, Instant, Locale, Message, Settings, Switch,
};
use hotplate_plugin_api::value::{
    BigInt, Date, DateTime, Decimal, Offset, Ref, Text, Time, Value, Zone,
};

use crate::filters::{Call, Filter};
use crate::{Error, Result, python};

/// A value of any kind that Rust has too; `()` is `None`.
pub(crate) fn v(value: impl Into<Value>) -> Value {
    value.into()
}

pub(crate) fn safe_str(text: &str) -> Value {
    Value::safe(text)
}

pub(crate) fn big(digits: &str) -> Value {
    Value::BigInt(BigInt::parse(digits).expect("an integer"))
}

pub(crate) fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).expect("a number"))
}

pub(crate) fn power_of_ten(exponent: usize) -> Value {
    big(&format!("1{}", "0".repeat(exponent)))
}

pub(crate) fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::list(items)
}

pub(crate) fn tuple<const N: usize>(items: [Value; N]) -> Value {
    Value::tuple(items)
}

pub(crate) fn dict<const N: usize>(entries: [(Value, Value); N]) -> Value {
    Value::from_iter(entries)
}

pub(crate) fn date_of(year: i32, month: u8, day: u8) -> Value {
    Value::Date(Date { year, month, day })
}

pub(crate) fn time_of(hour: u8, minute: u8, second: u8, microsecond: u32) -> Value {
    Value::Time(Time {
        hour,
        minute,
        second,
        microsecond,
    })
}

pub(crate) fn datetime(
    (year, month, day): (i32, u8, u8),
    (hour, minute, second, microsecond): (u8, u8, u8, u32),
    offset: Option<(i32, &str)>,
) -> Value {
    let offset = offset.map(|(seconds, name)| Offset::fixed(seconds, name));
    let time = Time {
        hour,
        minute,
        second,
        microsecond,
    };
    Value::from(DateTime {
        offset: ROption::from(offset),
        ..DateTime::naive(Date { year, month, day }, time)
    })
}

/// What came out, in one line: a string, `safe: ` and a safe string, the representation
/// of any other value, or the exception.
pub(crate) fn outcome(result: Result<impl Into<Value>>) -> String {
    match result.map(Into::into) {
        Ok(Value::Str(text)) if text.is_safe() => format!("safe: {}", text.as_str()),
        Ok(Value::Str(text)) => text.as_str().to_owned(),
        Ok(value) => python::repr(&value).expect("no test nests that deeply"),
        Err(Error::Raised(raised)) => format!("{}: {}", raised.exception, raised.message),
        Err(error) => format!("{error:?}"),
    }
}

/// A call with the defaults, where times stay in their own zones.
pub(crate) fn unzoned_call(autoescape: bool) -> Call<'static> {
    const SETTINGS: &Settings = &Settings {
        use_tz: false,
        ..Settings::DEFAULT
    };
    Call {
        settings: SETTINGS,
        ..Call::plain(autoescape)
    }
}

pub(crate) fn check_filter(
    filter: Filter,
    autoescape: bool,
    value: &Value,
    arguments: &[Value],
    expected: &str,
) {
    let references: Vec<Ref<'_>> = arguments.iter().map(Ref::from).collect();
    let result = filter(&unzoned_call(autoescape), value, &references);
    assert_eq!(outcome(result), expected, "for {value:?} and {arguments:?}");
}

/// Checks a filter: `(value, argument…) => "outcome",` for each case.
macro_rules! cases {
    ($filter:path: $(($value:expr $(, $argument:expr)*) => $expected:expr,)*) => {$(
        $crate::testing::check_filter(
            $filter, true, &v($value), &[$(v($argument)),*], $expected,
        );
    )*};
}

/// As `cases!`, where output is not escaped.
macro_rules! cases_without_autoescape {
    ($filter:path: $(($value:expr $(, $argument:expr)*) => $expected:expr,)*) => {$(
        $crate::testing::check_filter(
            $filter, false, &v($value), &[$(v($argument)),*], $expected,
        );
    )*};
}

/// Checks a function of values: `function; (value…) => "outcome",…`.
macro_rules! table {
    ($function:expr; $(($($value:expr),*) => $expected:expr,)*) => {$(
        assert_eq!(
            outcome(($function)($(&v($value)),*)),
            $expected,
            "for {}", stringify!($($value),*),
        );
    )*};
}

pub(crate) use {cases, cases_without_autoescape, table};

/// An application in Paris, in the year 2024, that knows some German.
pub(crate) struct Paris;

impl Paris {
    /// Central European time, which is an hour ahead in summer.
    fn offset(is_summer: bool) -> Offset {
        let (seconds, dst, name) = if is_summer {
            (7200, 3600, "CEST")
        } else {
            (3600, 0, "CET")
        };
        Offset {
            dst: ROption::RSome(dst),
            zone: Zone::named("Europe/Paris"),
            ..Offset::fixed(seconds, name)
        }
    }

    const SUMMER: std::ops::Range<i64> = 1_711_846_800..1_729_990_800;
}

impl Environment for Paris {
    fn offset_at(&self, zone: &str, seconds: i64) -> Option<Offset> {
        (zone == "Europe/Paris").then(|| Self::offset(Self::SUMMER.contains(&seconds)))
    }

    fn offset_for(&self, zone: &str, seconds: i64, fold: bool) -> Option<Offset> {
        let utc = seconds - if fold { 3600 } else { 7200 };
        self.offset_at(zone, utc)
    }

    fn now(&self) -> Instant {
        Instant {
            seconds: 1_719_835_200,
            microseconds: 7,
        }
    }

    fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        let text = match (language?, format) {
            ("de", Format::Date) => "j. F Y",
            ("de", Format::Time) => "H:i",
            ("de", Format::DateTime) => "j. F Y H:i",
            ("de", Format::ShortDate) => "d.m.Y",
            ("de", Format::DecimalSeparator) => ",",
            ("de", Format::ThousandSeparator) => ".",
            ("de-ch", Format::ThousandSeparator) => "'",
            ("hi", Format::NumberGrouping) => {
                return Some(FormatValue::Numbers([3, 2, 0].into_iter().collect()));
            }
            ("xx", Format::NumberGrouping) => return Some(FormatValue::Number(0)),
            _ => return None,
        };
        Some(FormatValue::Text(text.into()))
    }

    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        let context = message.context.as_ref().map(|context| context.as_str());
        let text = match (context.into_option(), message.singular.as_str()) {
            (None, "March") => "März",
            (None, "mar") => "mär",
            (None, "Sat") => "Sa",
            (None, "Saturday") => "Samstag",
            (None, "p.m." | "PM") => "nachm.",
            (None, "midnight") => "Mitternacht",
            (None, "noon") => "Mittag",
            (Some("alt. month" | "abbrev. month"), "March") => "März",
            _ => return None,
        };
        (message.language.as_str() == "de").then(|| text.to_owned())
    }
}

/// Calls a function as [`Paris`] does, with a language.
pub(crate) fn in_paris<R>(
    language: Option<&str>,
    use_thousand_separator: bool,
    localize: Switch,
    call: impl FnOnce(&Call<'_>) -> R,
) -> R {
    let settings = Settings {
        use_thousand_separator,
        time_zone: Zone::named("Europe/Paris"),
        ..Settings::DEFAULT
    };
    let locale = Locale {
        language: language
            .map(|code| Text::new(code.to_owned(), false))
            .into(),
        zone: Zone::named("Europe/Paris"),
        localize,
        ..Locale::DEFAULT
    };
    call(&Call {
        environment: EnvironmentRef::new(&Paris),
        settings: &settings,
        locale: &locale,
        ..Call::plain(true)
    })
}

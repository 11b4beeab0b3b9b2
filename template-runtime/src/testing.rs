//! Values and tables for the tests.

use hotplate_plugin_api::abi_stable::std_types::ROption;
use hotplate_plugin_api::value::{BigInt, Date, DateTime, Offset, Ref, Text, Time, Value};

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
    let offset = offset.map(|(seconds, name)| Offset {
        seconds,
        name: Text::new(name.to_owned(), false),
    });
    Value::DateTime(DateTime {
        date: Date { year, month, day },
        time: Time {
            hour,
            minute,
            second,
            microsecond,
        },
        offset: ROption::from(offset),
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

pub(crate) fn check_filter(
    filter: Filter,
    autoescape: bool,
    value: &Value,
    arguments: &[Value],
    expected: &str,
) {
    let references: Vec<Ref<'_>> = arguments.iter().map(Ref::from).collect();
    let result = filter(&Call { autoescape }, value, &references);
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

//! What Django gives for the filters of this module.

use hotplate_plugin_api::environment::{Environment, EnvironmentRef, Instant};
use hotplate_plugin_api::value::Decimal;

use super::*;
use crate::testing::*;

#[test]
fn ordinal() {
    cases! {
        super::ordinal:
        ("1") => "safe: 1st",
        ("2") => "safe: 2nd",
        ("3") => "safe: 3rd",
        ("4") => "safe: 4th",
        ("11") => "safe: 11th",
        ("12") => "safe: 12th",
        ("13") => "safe: 13th",
        ("101") => "safe: 101st",
        ("102") => "safe: 102nd",
        ("103") => "safe: 103rd",
        ("111") => "safe: 111th",
        ("-0") => "safe: 0th",
        ("-1") => "-1",
        ("-105") => "-105",
        ("something else") => "something else",
        (()) => "None",
        (21) => "safe: 21st",
        (big("1000000000000000000000000000011")) => "safe: 1000000000000000000000000000011th",
        (big("1000000000000000000000000000002")) => "safe: 1000000000000000000000000000002nd",
        (1.9) => "safe: 1st",
        (f64::NAN) => "nan",
        (true) => "safe: 1st",
        ("") => "",
        (list([])) => "[]",
        (0) => "safe: 0th",
        (110) => "safe: 110th",
        (1012) => "safe: 1012th",
    }
}

#[test]
fn ordinal_of_infinity() {
    cases! {
        super::ordinal:
        (f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
    }
}

#[test]
fn intcomma() {
    cases! {
        super::intcomma:
        (100) => "100",
        (1000) => "1,000",
        (10123) => "10,123",
        (10311) => "10,311",
        (1000000) => "1,000,000",
        (1234567.25) => "1,234,567.25",
        ("100") => "100",
        ("1000") => "1,000",
        ("10123") => "10,123",
        ("10311.000") => "10,311.000",
        ("1000000") => "1,000,000",
        ("1234567.1234567") => "1,234,567.1234567",
        (Value::Decimal(Decimal::parse("1234567.1234567").expect("a number"))) => "1,234,567.1234567",
        (()) => "None",
        ("１２３４５６７") => "1,234,567",
        ("-1234567.1234567") => "-1,234,567.1234567",
        (-1234567) => "-1,234,567",
        (0) => "0",
        ("0012345") => "12,345",
        ("1e5") => "100,000",
        ("1e300") => "1e+300",
        ("-1.25e-300") => "-1.25e-300",
        (1e+16) => "10,000,000,000,000,000",
        (1.5e-07) => "0.00000015",
        (1e+250) => "1e+250",
        ("inf") => "Infinity",
        ("nan") => "NaN",
        (f64::INFINITY) => "inf",
        (f64::NAN) => "nan",
        ("abc") => "abc",
        ("12345abc") => "12,345abc",
        ("-12345abc") => "-12,345abc",
        ("") => "",
        (true) => "1",
        (big("1000000000000000000000000000000")) => "1,000,000,000,000,000,000,000,000,000,000",
        (list([v(1)])) => "[1]",
        ("1_000") => "1,000",
        (safe_str("1000")) => "1,000",
        (Value::Decimal(Decimal::parse("1E+3").expect("a number"))) => "1,000",
        (Value::Decimal(Decimal::parse("0.00000").expect("a number"))) => "0.00000",
        (Value::Decimal(Decimal::parse("Infinity").expect("a number"))) => "Infinity",
        (Value::Decimal(Decimal::parse("-0.00").expect("a number"))) => "-0.00",
        ("  12345 ") => "12,345",
        (-0.0) => "-0.0",
    }
}

#[test]
fn intcomma_without_localization() {
    cases! {
        super::intcomma:
        (1234567, false) => "1,234,567",
        ("-1234567.5", false) => "-1,234,567.5",
        (1e+16, false) => "1e+16",
        ((), false) => "None",
        ("abc", false) => "abc",
        (-123, false) => "-123",
        ("-123456", false) => "-123,456",
        (1234.5, false) => "1,234.5",
        (1000, 0) => "1,000",
        (1000, "x") => "1,000",
    }
}

#[test]
fn intword() {
    cases! {
        super::intword:
        ("100") => "100",
        ("1000000") => "1.0 million",
        ("1200000") => "1.2 million",
        ("1290000") => "1.3 million",
        ("1000000000") => "1.0 billion",
        ("2000000000") => "2.0 billion",
        ("6000000000000") => "6.0 trillion",
        ("1300000000000000") => "1.3 quadrillion",
        ("3500000000000000000000") => "3.5 sextillion",
        ("8100000000000000000000000000000000") => "8.1 decillion",
        ("10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000") => "1.0 googol",
        ("-1000000") => "-1.0 million",
        ("-1500000") => "-1.5 million",
        (()) => "None",
        (999999) => "999999",
        (-999999) => "-999999",
        (big("10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")) => "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (big("9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999")) => "1000.0 googol",
        (big("1000000000000000000000000000000000000")) => "0.0 googol",
        (999999999) => "1000.0 million",
        (999950000) => "1000.0 million",
        (1999999) => "2.0 million",
        ("x") => "x",
        (1500000.0) => "1.5 million",
        (true) => "1",
        (big("100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")) => "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (list([])) => "[]",
    }
}

#[test]
fn apnumber() {
    cases! {
        super::apnumber:
        (0) => "0",
        (1) => "one",
        (2) => "two",
        (3) => "three",
        (4) => "four",
        (5) => "five",
        (6) => "six",
        (7) => "seven",
        (8) => "eight",
        (9) => "nine",
        (10) => "10",
        (11) => "11",
        ("1") => "one",
        ("x") => "x",
        (()) => "None",
        (-3) => "-3",
        (5.9) => "five",
        (big("1000000000000000000000000000000")) => "1000000000000000000000000000000",
        (true) => "one",
    }
}

/// A clock that stands at 2012-03-09 22:30 UTC.
struct Stopped;

impl Environment for Stopped {
    fn now(&self) -> Instant {
        Instant {
            seconds: 1_331_332_200,
            microseconds: 0,
        }
    }
}

fn check_now(filter: crate::filters::Filter, value: Value, arguments: &[Value], expected: &str) {
    let call = Call {
        environment: EnvironmentRef::new(&Stopped),
        ..Call::plain(true)
    };
    let references: Vec<Ref<'_>> = arguments.iter().map(Ref::from).collect();
    let result = filter(&call, &value, &references);
    assert_eq!(outcome(result), expected, "for {value:?}");
}

#[test]
fn naturaltime() {
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 29, 59, 0), None)),
        &[],
        "a second ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 30, 1, 0), None)),
        &[],
        "a second from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 29, 30, 0), None)),
        &[],
        "30\u{a0}seconds ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 30, 30, 0), None)),
        &[],
        "30\u{a0}seconds from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 29, 59, 999995), None)),
        &[],
        "now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 30, 0, 5), None)),
        &[],
        "now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 28, 30, 0), None)),
        &[],
        "a minute ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 31, 30, 0), None)),
        &[],
        "a minute from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 28, 0, 0), None)),
        &[],
        "2\u{a0}minutes ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 32, 0, 0), None)),
        &[],
        "2\u{a0}minutes from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (20, 59, 30, 0), None)),
        &[],
        "an hour ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 10), (0, 0, 30, 0), None)),
        &[],
        "an hour from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 8), (22, 39, 10, 0), None)),
        &[],
        "23\u{a0}hours ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 10), (22, 20, 50, 0), None)),
        &[],
        "23\u{a0}hours from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 8), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}day ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 10), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}day from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 7), (22, 30, 0, 0), None)),
        &[],
        "2\u{a0}days ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 11), (22, 30, 0, 0), None)),
        &[],
        "2\u{a0}days from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 1), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}week, 1\u{a0}day ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 17), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}week, 1\u{a0}day from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 2, 8), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}month ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 4, 8), (22, 30, 0, 0), None)),
        &[],
        "4\u{a0}weeks, 2\u{a0}days from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2010, 10, 26), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}year, 4\u{a0}months ago",
    );
    check_now(
        super::naturaltime,
        v(datetime((2013, 7, 22), (22, 30, 0, 0), None)),
        &[],
        "1\u{a0}year, 4\u{a0}months from now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 30, 0, 0), None)),
        &[],
        "now",
    );
    check_now(
        super::naturaltime,
        v(datetime((2012, 3, 9), (22, 30, 0, 0), Some((0, "UTC")))),
        &[],
        "now",
    );
    check_now(
        super::naturaltime,
        v(datetime(
            (2012, 3, 6),
            (22, 30, 0, 0),
            Some((-10800, "UTC-03:00")),
        )),
        &[],
        "2\u{a0}days, 21\u{a0}hours ago",
    );
    check_now(
        super::naturaltime,
        v(datetime(
            (2012, 3, 10),
            (0, 30, 0, 0),
            Some((-10800, "UTC-03:00")),
        )),
        &[],
        "5\u{a0}hours from now",
    );
    check_now(super::naturaltime, v("x"), &[], "x");
    check_now(super::naturaltime, v(()), &[], "None");
    check_now(super::naturaltime, v(5), &[], "5");
    check_now(
        super::naturaltime,
        v(date_of(2012, 3, 9)),
        &[],
        "AttributeError: 'datetime.date' object has no attribute 'utcoffset'",
    );
    check_now(
        super::naturaltime,
        v(time_of(1, 2, 0, 0)),
        &[],
        "datetime.time(1, 2)",
    );
}

#[test]
fn naturalday() {
    check_now(
        super::naturalday,
        v(date_of(2012, 3, 7)),
        &[],
        "March 7, 2012",
    );
    check_now(super::naturalday, v(date_of(2012, 3, 8)), &[], "yesterday");
    check_now(super::naturalday, v(date_of(2012, 3, 9)), &[], "today");
    check_now(super::naturalday, v(date_of(2012, 3, 10)), &[], "tomorrow");
    check_now(
        super::naturalday,
        v(date_of(2012, 3, 11)),
        &[],
        "March 11, 2012",
    );
    check_now(
        super::naturalday,
        v(datetime((2012, 3, 10), (0, 30, 0, 0), None)),
        &[],
        "tomorrow",
    );
    check_now(
        super::naturalday,
        v(datetime((2012, 3, 9), (22, 30, 0, 0), None)),
        &[],
        "today",
    );
    check_now(
        super::naturalday,
        v(datetime((2012, 3, 10), (0, 30, 0, 0), Some((0, "UTC")))),
        &[],
        "tomorrow",
    );
    check_now(
        super::naturalday,
        v(datetime(
            (2012, 3, 10),
            (0, 30, 0, 0),
            Some((-10800, "UTC-03:00")),
        )),
        &[],
        "tomorrow",
    );
    check_now(super::naturalday, v("x"), &[], "x");
    check_now(super::naturalday, v(()), &[], "None");
    check_now(
        super::naturalday,
        v(time_of(3, 4, 0, 0)),
        &[],
        "datetime.time(3, 4)",
    );
    check_now(
        super::naturalday,
        v(date_of(2000, 1, 2)),
        &[v("Y-m")],
        "2000-01",
    );
    check_now(
        super::naturalday,
        v(date_of(2000, 1, 2)),
        &[v("H")],
        "TypeError: The format for date objects may not contain time-related format specifiers (found 'H').",
    );
    check_now(
        super::naturalday,
        v(date_of(2000, 1, 2)),
        &[v("")],
        "Jan. 2, 2000",
    );
}

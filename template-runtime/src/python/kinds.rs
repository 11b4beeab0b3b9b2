//! What Python gives for decimals, sets, bytes, spans and zones.

use hotplate_plugin_api::value::{Bytes, TimeDelta, Value, Zone};

use crate::python;
use crate::testing::*;

fn delta(days: i32, seconds: i32, microseconds: i32) -> Value {
    Value::TimeDelta(TimeDelta {
        days,
        seconds,
        microseconds,
    })
}

fn set<const N: usize>(items: [Value; N]) -> Value {
    Value::set(items)
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(Bytes::new(bytes.to_vec()))
}

fn fixed(seconds: i32, name: &str) -> Value {
    Value::from(Zone::Fixed {
        seconds,
        name: hotplate_plugin_api::value::Text::new(name.to_owned(), false),
    })
}

#[test]
fn text_representation_and_truth() {
    let cases = [
        (
            delta(1, 0, 0),
            "1 day, 0:00:00",
            "datetime.timedelta(days=1)",
            true,
        ),
        (delta(0, 0, 0), "0:00:00", "datetime.timedelta(0)", false),
        (
            delta(-1, 5, 3),
            "-1 day, 0:00:05.000003",
            "datetime.timedelta(days=-1, seconds=5, microseconds=3)",
            true,
        ),
        (
            delta(2, 3, 0),
            "2 days, 0:00:03",
            "datetime.timedelta(days=2, seconds=3)",
            true,
        ),
        (
            delta(0, 0, 1),
            "0:00:00.000001",
            "datetime.timedelta(microseconds=1)",
            true,
        ),
        (decimal("1.50"), "1.50", "Decimal('1.50')", true),
        (decimal("-0.0"), "-0.0", "Decimal('-0.0')", false),
        (decimal("1E+3"), "1E+3", "Decimal('1E+3')", true),
        (decimal("NaN"), "NaN", "Decimal('NaN')", true),
        (set([v(1), v("a")]), "{1, 'a'}", "{1, 'a'}", true),
        (set([]), "set()", "set()", false),
        (
            bytes(b"a'b\"\\\n\0\xff"),
            "b'a\\'b\"\\\\\\n\\x00\\xff'",
            "b'a\\'b\"\\\\\\n\\x00\\xff'",
            true,
        ),
        (bytes(b"it's"), "b\"it's\"", "b\"it's\"", true),
        (bytes(b""), "b''", "b''", false),
        (v(Zone::Utc), "UTC", "datetime.timezone.utc", true),
        (
            fixed(-3661, ""),
            "UTC-01:01:01",
            "datetime.timezone(datetime.timedelta(days=-1, seconds=82739))",
            true,
        ),
        (
            fixed(3600, "XX"),
            "XX",
            "datetime.timezone(datetime.timedelta(seconds=3600), 'XX')",
            true,
        ),
        (
            v(Zone::named("Europe/Paris")),
            "Europe/Paris",
            "zoneinfo.ZoneInfo(key='Europe/Paris')",
            true,
        ),
    ];
    for (value, text, repr, truth) in cases {
        assert_eq!(
            outcome(python::text(&value).map(Value::Str)),
            text,
            "{value:?}"
        );
        assert_eq!(
            outcome(python::repr(&value).map(Value::from)),
            repr,
            "{value:?}"
        );
        assert_eq!(python::truth(&value), truth, "{value:?}");
    }
}

#[test]
fn numbers_from_them() {
    table! {
        python::int;
        (decimal("1.99")) => "1",
        (decimal("-1.99")) => "-1",
        (decimal("0.99")) => "0",
        (decimal("1E+20")) => "100000000000000000000",
        (decimal("NaN")) => "ValueError: cannot convert NaN to integer",
        (decimal("-Infinity")) => "OverflowError: cannot convert Infinity to integer",
        (bytes(b" 15 ")) => "15",
        (bytes(b"1x")) => "ValueError: invalid literal for int() with base 10: b'1x'",
        (set([v(1)])) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'set'",
        (delta(1, 0, 0)) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'datetime.timedelta'",
    }
    table! {
        |value| python::float(value).map(Value::Float);
        (decimal("1.50")) => "1.5",
        (decimal("1E+400")) => "inf",
        (decimal("-Infinity")) => "-inf",
        (decimal("NaN")) => "nan",
        (decimal("sNaN")) => "ValueError: cannot convert signaling NaN to float",
        (bytes(b"1.5")) => "1.5",
        (v(Zone::Utc)) => "TypeError: float() argument must be a string or a real number, not 'datetime.timezone'",
    }
    assert!(python::int(&decimal("1E+1000000")).is_err_and(|error| error.is_fatal()));
}

#[test]
fn equality() {
    table! {
        |left, right| Ok(python::equal(left, right).to_string());
        (decimal("1"), 1) => "true",
        (decimal("1.00"), true) => "true",
        (decimal("1.0"), 1.0) => "true",
        (decimal("0.1"), 0.1) => "false",
        (decimal("0.5"), 0.5) => "true",
        (decimal("1E+25"), power_of_ten(25)) => "true",
        (decimal("1E+999999999999"), 1) => "false",
        (decimal("NaN"), decimal("NaN")) => "false",
        (decimal("Infinity"), f64::INFINITY) => "true",
        (decimal("1"), "1") => "false",
        (set([v(1), v(2)]), set([v(2.0), v(true)])) => "true",
        (set([v(1)]), set([v(1), v(2)])) => "false",
        (set([v(1)]), list([v(1)])) => "false",
        (bytes(b"a"), "a") => "false",
        (bytes(b"a"), bytes(b"a")) => "true",
        (delta(1, 0, 0), delta(1, 0, 0)) => "true",
        (delta(0, 0, 0), 0) => "false",
        (Zone::Utc, fixed(0, "X")) => "true",
        (Zone::Utc, Zone::named("UTC")) => "false",
        (Zone::named("A/B"), Zone::named("A/B")) => "true",
    }
}

#[test]
fn order() {
    let order = |left: &Value, right: &Value| {
        let less = python::less(left, right)?;
        let greater = python::greater(left, right)?;
        Ok(format!("{less} {greater}"))
    };
    table! {
        order;
        (decimal("1.5"), 2) => "true false",
        (decimal("0.1"), 0.1) => "true false",
        (decimal("-1E+9"), -5) => "true false",
        (decimal("Infinity"), power_of_ten(400)) => "false true",
        (decimal("NaN"), 1) => "InvalidOperation: [<class 'decimal.InvalidOperation'>]",
        (decimal("1"), f64::NAN) => "InvalidOperation: [<class 'decimal.InvalidOperation'>]",
        (decimal("1"), "a") => "TypeError: '<' not supported between instances of 'decimal.Decimal' and 'str'",
        (set([v(1)]), set([v(1), v(2)])) => "true false",
        (set([v(1), v(2)]), set([v(1)])) => "false true",
        (set([v(1)]), set([v(2)])) => "false false",
        (set([v(1)]), set([v(1)])) => "false false",
        (set([v(1)]), list([v(1)])) => "TypeError: '<' not supported between instances of 'set' and 'list'",
        (bytes(b"a"), bytes(b"b")) => "true false",
        (bytes(b"a"), "b") => "TypeError: '<' not supported between instances of 'bytes' and 'str'",
        (delta(-1, 0, 0), delta(0, 1, 0)) => "true false",
        (delta(1, 0, 0), 1) => "TypeError: '<' not supported between instances of 'datetime.timedelta' and 'int'",
        (Zone::named("A/B"), 1) => "TypeError: '<' not supported between instances of 'zoneinfo.ZoneInfo' and 'int'",
        (date_of(2024, 1, 1), datetime((2024, 1, 1), (0, 0, 0, 0), None)) => "TypeError: '<' not supported between instances of 'datetime.date' and 'datetime.datetime'",
    }
}

#[test]
fn membership() {
    table! {
        |item, container| Ok(python::contains(item, container)?.to_string());
        (decimal("1"), set([v(1.0)])) => "true",
        (v("a"), set([v(1.0)])) => "false",
        (list([]), set([v(1)])) => "TypeError: unhashable type: 'list'",
        (set([v(1)]), set([v(1)])) => "false",
        (set([v(1)]), dict([])) => "TypeError: unhashable type: 'set'",
        (97, bytes(b"ab")) => "true",
        (bytes(b"b"), bytes(b"ab")) => "true",
        (bytes(b""), bytes(b"")) => "true",
        ("a", bytes(b"ab")) => "TypeError: a bytes-like object is required, not 'str'",
        (300, bytes(b"ab")) => "ValueError: byte must be in range(0, 256)",
        (1, decimal("1")) => "TypeError: argument of type 'decimal.Decimal' is not iterable",
    }
}

#[test]
fn items() {
    table! {
        |value| {
            let items: Vec<Value> = python::iterate(value)?.map(|item| item.into_owned()).collect();
            assert_eq!(python::length(value), Some(items.len()));
            Ok(Value::list(items))
        };
        (set([v(3), v(2)])) => "[3, 2]",
        (bytes(b"ab")) => "[97, 98]",
        (decimal("1")) => "TypeError: 'decimal.Decimal' object is not iterable",
    }
}

#[test]
fn sums() {
    let day = || delta(1, 2, 0);
    table! {
        |left, right| in_paris(None, false, Default::default(), |call| {
            python::add(left, right, &call.environment)
        });
        (1, 2) => "3",
        (1, 0.5) => "1.5",
        (decimal("1.5"), 1) => "Decimal('2.5')",
        (decimal("1.5"), decimal("0.50")) => "Decimal('2.00')",
        (decimal("1"), 1.0) => "TypeError: unsupported operand type(s) for +: 'decimal.Decimal' and 'float'",
        (decimal("NaN"), 1) => "Decimal('NaN')",
        (1, decimal("-NaN")) => "Decimal('-NaN')",
        (decimal("sNaN"), 1) => "InvalidOperation: [<class 'decimal.InvalidOperation'>]",
        (decimal("Infinity"), decimal("-Infinity")) => "InvalidOperation: [<class 'decimal.InvalidOperation'>]",
        ("a", safe_str("b")) => "ab",
        (safe_str("a"), safe_str("b")) => "safe: ab",
        ("a", 1) => "TypeError: can only concatenate str (not \"int\") to str",
        (list([v(1)]), list([v(2)])) => "[1, 2]",
        (tuple([v(1)]), tuple([v(2)])) => "(1, 2)",
        (bytes(b"a"), bytes(b"b")) => "b'ab'",
        (date_of(2024, 2, 28), day()) => "datetime.date(2024, 2, 29)",
        (day(), datetime((2024, 3, 9), (12, 0, 0, 0), None)) => "datetime.datetime(2024, 3, 10, 12, 0, 2)",
        (day(), day()) => "datetime.timedelta(days=2, seconds=4)",
        (delta(999_999_999, 0, 0), day()) => "OverflowError: days=1000000000; must have magnitude <= 999999999",
        (date_of(9999, 12, 31), day()) => "OverflowError: date value out of range",
        (date_of(2024, 1, 1), 1) => "TypeError: unsupported operand type(s) for +: 'datetime.date' and 'int'",
    }
}

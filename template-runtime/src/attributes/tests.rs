//! What Python gives for the attributes of its own types.

use hotplate_plugin_api::environment::Switch;
use hotplate_plugin_api::value::{Bytes, DateTime, TimeDelta, Value, Zone};

use super::{Attribute, attribute};
use crate::python;
use crate::testing::*;

fn check(value: Value, expected: &[(&str, &str)]) {
    for (name, expected) in expected {
        let found = in_paris(None, false, Switch::Default, |call| {
            attribute(&value, name, call)
        });
        let found = match found {
            Ok(Attribute::Value(Value::Object(object))) => object.repr(),
            Ok(Attribute::Value(value)) => outcome(python::repr(&value).map(Value::from)),
            Ok(Attribute::NeedsArguments) => "needs arguments".to_owned(),
            Ok(Attribute::Missing) => "missing".to_owned(),
            Err(error) => outcome(Err::<Value, _>(error)),
        };
        assert_eq!(found, *expected, "{value:?}.{name}");
    }
}

#[test]
fn text_and_bytes() {
    check(
        v("aß ǆ\tB"),
        &[
            ("upper", "'ASS Ǆ\\tB'"),
            ("swapcase", "'ASS Ǆ\\tb'"),
            ("capitalize", "'Aß ǆ\\tb'"),
            ("expandtabs", "'aß ǆ    B'"),
            ("encode", "b'a\\xc3\\x9f \\xc7\\x86\\tB'"),
            ("split", "['aß', 'ǆ', 'B']"),
            ("istitle", "False"),
            ("isidentifier", "False"),
            ("zfill", "needs arguments"),
            ("nothing", "missing"),
            ("__class__", "missing"),
        ],
    );
    check(
        v("a\r\nb\u{b}c\u{2028}d\n\n"),
        &[("splitlines", "['a', 'b', 'c', 'd', '']")],
    );
    check(v("ǆa"), &[("capitalize", "'ǅa'")]);
    check(v(""), &[("capitalize", "''"), ("splitlines", "[]")]);
    let bytes = |bytes: &[u8]| Value::Bytes(Bytes::new(bytes.to_vec()));
    check(
        bytes(b" aB c "),
        &[
            ("decode", "' aB c '"),
            ("hex", "'206142206320'"),
            ("upper", "b' AB C '"),
            ("strip", "b'aB c'"),
            ("split", "[b'aB', b'c']"),
            ("isalpha", "False"),
        ],
    );
    let undecodable: [(&[u8], &str); 4] = [
        (b"\xe2\x82", "bytes in position 0-1: unexpected end of data"),
        (
            b"a\xe2(\xa1",
            "byte 0xe2 in position 1: invalid continuation byte",
        ),
        (
            b"\xf0\x90a",
            "bytes in position 0-1: invalid continuation byte",
        ),
        (b"\xf5aa", "byte 0xf5 in position 0: invalid start byte"),
    ];
    for (input, reason) in undecodable {
        let expected = format!("UnicodeDecodeError: 'utf-8' codec can't decode {reason}");
        check(bytes(input), &[("decode", &expected)]);
    }
}

#[test]
fn numbers() {
    check(
        power_of_ten(30),
        &[
            ("bit_length", "100"),
            ("bit_count", "37"),
            ("denominator", "1"),
        ],
    );
    check(
        v(-5),
        &[
            ("bit_length", "3"),
            ("bit_count", "2"),
            ("as_integer_ratio", "(-5, 1)"),
        ],
    );
    check(
        decimal("-1.50"),
        &[
            (
                "as_tuple",
                "DecimalTuple(sign=1, digits=(1, 5, 0), exponent=-2)",
            ),
            ("adjusted", "0"),
            ("copy_abs", "Decimal('1.50')"),
            ("copy_negate", "Decimal('1.50')"),
            ("normalize", "Decimal('-1.5')"),
            ("to_integral_value", "Decimal('-2')"),
            ("is_signed", "True"),
            ("is_zero", "False"),
            ("quantize", "needs arguments"),
        ],
    );
    check(decimal("150"), &[("normalize", "Decimal('1.5E+2')")]);
    check(decimal("2.5"), &[("to_integral_value", "Decimal('2')")]);
    check(decimal("0.5"), &[("to_integral_value", "Decimal('0')")]);
    check(decimal("3.5"), &[("to_integral_value", "Decimal('4')")]);
    check(decimal("-12E-5"), &[("to_integral_value", "Decimal('-0')")]);
    check(
        decimal("NaN"),
        &[("is_nan", "True"), ("is_finite", "False")],
    );
}

#[test]
fn sets() {
    check(
        Value::set([v(1)]),
        &[
            ("copy", "{1}"),
            ("union", "{1}"),
            ("issubset", "needs arguments"),
            ("pop", "missing"),
        ],
    );
}

#[test]
fn dates_and_spans() {
    check(
        date_of(2024, 2, 29),
        &[
            ("isoformat", "'2024-02-29'"),
            (
                "isocalendar",
                "datetime.IsoCalendarDate(year=2024, week=9, weekday=4)",
            ),
            ("toordinal", "738945"),
            ("weekday", "3"),
            ("hour", "missing"),
        ],
    );
    let aware = in_paris(None, false, Switch::Default, python::zones::now);
    check(
        Value::from(aware.clone()),
        &[
            ("tzname", "'CEST'"),
            ("tzinfo", "zoneinfo.ZoneInfo(key='Europe/Paris')"),
            ("utcoffset", "datetime.timedelta(seconds=7200)"),
            ("dst", "datetime.timedelta(seconds=3600)"),
            ("timestamp", "1719835200.000007"),
            ("ctime", "'Mon Jul  1 14:00:00 2024'"),
            ("hour", "14"),
            ("fold", "0"),
            ("strftime", "needs arguments"),
        ],
    );
    check(
        Value::from(DateTime::naive(aware.date, aware.time)),
        &[
            ("tzinfo", "None"),
            ("tzname", "None"),
            ("timestamp", "1719835200.000007"),
        ],
    );
    check(
        Value::TimeDelta(TimeDelta {
            days: 1,
            seconds: 2,
            microseconds: 3,
        }),
        &[
            ("days", "1"),
            ("seconds", "2"),
            ("microseconds", "3"),
            ("total_seconds", "86402.000003"),
            (
                "max",
                "datetime.timedelta(days=999999999, seconds=86399, microseconds=999999)",
            ),
        ],
    );
    check(
        v(Zone::named("Europe/Paris")),
        &[("key", "'Europe/Paris'"), ("utc", "missing")],
    );
    check(
        v(Zone::Utc),
        &[("key", "missing"), ("tzname", "needs arguments")],
    );
}

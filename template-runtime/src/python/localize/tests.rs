//! What Django gives in the languages and zones of a site.

use hotplate_plugin_api::environment::{EnvironmentRef, Switch};
use hotplate_plugin_api::value::{Date, DateTime, Exception, Object, Offset, Text, Value, Zone};

use super::{localize, number_format, shown};
use crate::python::zones;
use crate::testing::*;

fn check(language: Option<&str>, is_grouped: bool, value: &Value, expected: &str) {
    let shown = in_paris(language, is_grouped, Switch::Default, |call| {
        shown(value, call)
    });
    assert_eq!(
        outcome(shown.map(Value::Str)).trim_start_matches("safe: "),
        expected,
        "{value:?}"
    );
}

#[test]
fn numbers_have_the_separators_of_the_language() {
    let cases = [
        (v(1_234_567), "1234567", "1.234.567"),
        (v(-1_234_567), "-1234567", "-1.234.567"),
        (v(999), "999", "999"),
        (power_of_ten(9), "1000000000", "1.000.000.000"),
        (v(1234.5), "1234,5", "1.234,5"),
        (v(-1_234_567.25), "-1234567,25", "-1.234.567,25"),
        (v(1e16), "10000000000000000", "10.000.000.000.000.000"),
        (v(1.5e-7), "0,00000015", "0,00000015"),
        (v(1e300), "1e+300", "1e+300"),
        (v(f64::NAN), "nan", "nan"),
        (v(f64::NEG_INFINITY), "-inf", "-inf"),
        (decimal("1234567.890"), "1234567,890", "1.234.567,890"),
        (decimal("-0.00"), "-0,00", "-0,00"),
        (decimal("1E+5"), "100000", "100.000"),
        (decimal("NaN"), "NaN", "NaN"),
        (decimal("-Infinity"), "-Infinity", "-Infinity"),
        (decimal("1E+200"), "1e+200", "1e+200"),
        (decimal("-1.2345E-300"), "-1,2345e-300", "-1,2345e-300"),
        (v(true), "True", "True"),
        (v(()), "None", "None"),
        (
            list([decimal("1.5"), v(1.5)]),
            "[Decimal('1.5'), 1.5]",
            "[Decimal('1.5'), 1.5]",
        ),
    ];
    for (value, plain, grouped) in cases {
        check(Some("de"), false, &value, plain);
        check(Some("de"), true, &value, grouped);
    }
}

#[test]
fn groups_have_the_sizes_of_the_language() {
    let number = v(12_345_678_901_i64);
    let cases = [
        (None, "12,345,678,901"),
        (Some("hi"), "12,34,56,78,901"),
        (Some("xx"), "12345678901"),
        (Some("de-ch"), "12'345'678'901"),
    ];
    for (language, expected) in cases {
        check(language, true, &number, expected);
    }
}

#[test]
fn localizing_can_be_off_for_a_value() {
    let cases = [
        (v(1_234_567), "1.234.567", "1234567"),
        (v(1e16), "10.000.000.000.000.000", "1e+16"),
        (decimal("1E+5"), "100.000", "1E+5"),
        (v(date(3, 9)), "9. März 2024", "März 9, 2024"),
        (v("1234.5"), "1234.5", "1234.5"),
        (list([v(1.5)]), "[1.5]", "[1.5]"),
    ];
    for (value, on, off) in cases {
        for (switch, expected) in [(Switch::On, on), (Switch::Off, off)] {
            let result = in_paris(Some("de"), true, Switch::Default, |call| {
                localize(&value, switch, call)
            });
            let result = outcome(result);
            assert_eq!(result.trim_start_matches("safe: "), expected, "{value:?}");
        }
        let shown = in_paris(Some("de"), true, Switch::Off, |call| shown(&value, call));
        assert_eq!(outcome(shown.map(Value::Str)), off, "{value:?}");
    }
}

#[test]
fn places_are_cut_off_or_filled_up() {
    let cases = [
        (v(1234.567), Some(1), "1.234,5"),
        (v(5), Some(2), "5,00"),
        (v("1234.5"), Some(3), "1.234,500"),
        (decimal("0.004"), Some(2), "0,00"),
        (decimal("-0.004"), Some(2), "0,00"),
        (decimal("0.05"), Some(0), "0"),
        (v(1234), None, "1.234"),
        (v(""), None, "safe: "),
    ];
    for (value, places, expected) in cases {
        let result = in_paris(Some("de"), false, Switch::Default, |call| {
            number_format(&value, places, Switch::Default, true, call)
        });
        assert_eq!(outcome(result.map(Value::Str)), expected, "{value:?}");
    }
}

fn date(month: u8, day: u8) -> Date {
    Date {
        year: 2024,
        month,
        day,
    }
}

fn in_zone(moment: &Value, zone: &Zone) -> Value {
    let Value::DateTime(moment) = moment else {
        panic!("{moment:?} is no datetime");
    };
    let environment = EnvironmentRef::new(&Paris);
    let aware = zones::make_aware(moment, zone, &environment);
    Value::from(aware.expect("the zone is known"))
}

fn at((month, day): (u8, u8), (hour, minute): (u8, u8), zone: Option<&Zone>) -> Value {
    let naive = datetime((2024, month, day), (hour, minute, 0, 0), None);
    zone.map_or(naive.clone(), |zone| in_zone(&naive, zone))
}

#[test]
fn times_are_shown_in_the_current_zone() {
    let (utc, paris) = (Zone::Utc, Zone::named("Europe/Paris"));
    let changed = |moment: &Value, change: fn(&mut DateTime)| match moment {
        Value::DateTime(moment) => {
            let mut moment = DateTime::clone(moment);
            change(&mut moment);
            Value::from(moment)
        }
        other => other.clone(),
    };
    let later = |moment: Value| in_zone(&changed(&moment, |moment| moment.fold = true), &paris);
    let kept = |moment: Value| changed(&moment, |moment| moment.convert = false);
    let cases = [
        (
            at((7, 1), (12, 0), Some(&utc)),
            "July 1, 2024, 2 p.m.",
            "2024-07-01T14:00:00+02:00 CEST 1 +0200 CEST 7200 1719835200 \
             Mon, 01 Jul 2024 14:00:00 +0200",
        ),
        (
            at((1, 1), (12, 0), Some(&paris)),
            "Jan. 1, 2024, noon",
            "2024-01-01T12:00:00+01:00 CET 0 +0100 CET 3600 1704106800 \
             Mon, 01 Jan 2024 12:00:00 +0100",
        ),
        (
            at((7, 1), (12, 0), None),
            "July 1, 2024, noon",
            "2024-07-01T12:00:00  1 +0200 CEST 7200 1719828000 Mon, 01 Jul 2024 12:00:00 +0200",
        ),
        (
            at((10, 27), (2, 30), None),
            "Oct. 27, 2024, 2:30 a.m.",
            "2024-10-27T02:30:00      1729989000 Sun, 27 Oct 2024 02:30:00 +0200",
        ),
        (
            later(at((10, 27), (2, 30), None)),
            "Oct. 27, 2024, 2:30 a.m.",
            "2024-10-27T02:30:00+01:00      1729992600 Sun, 27 Oct 2024 02:30:00 +0100",
        ),
        (
            at((3, 31), (2, 30), None),
            "March 31, 2024, 2:30 a.m.",
            "2024-03-31T02:30:00      1711848600 Sun, 31 Mar 2024 02:30:00 +0100",
        ),
        (
            at((10, 27), (0, 30), Some(&utc)),
            "Oct. 27, 2024, 2:30 a.m.",
            "2024-10-27T02:30:00+02:00      1729989000 Sun, 27 Oct 2024 02:30:00 +0200",
        ),
        (
            at((10, 27), (1, 30), Some(&utc)),
            "Oct. 27, 2024, 2:30 a.m.",
            "2024-10-27T02:30:00+01:00      1729992600 Sun, 27 Oct 2024 02:30:00 +0100",
        ),
        (
            kept(at((7, 1), (12, 0), Some(&utc))),
            "July 1, 2024, noon",
            "2024-07-01T12:00:00+00:00 UTC 0 +0000 UTC 0 1719835200 \
             Mon, 01 Jul 2024 12:00:00 +0000",
        ),
    ];
    for (value, written, parts) in cases {
        check(None, false, &value, written);
        let parts_shown = in_paris(None, false, Switch::Default, |call| {
            crate::filters::dates::date(call, &value, &[v("c e I O T Z U r").into()])
        });
        assert_eq!(outcome(parts_shown), parts, "{value:?}");
    }
}

#[test]
fn a_moment_that_the_zone_cannot_show_raises() {
    let last = datetime((9999, 12, 31), (23, 59, 0, 0), Some((0, "UTC")));
    check(None, false, &last, "OverflowError: date value out of range");
}

#[test]
fn names_are_translated() {
    let value = at((3, 9), (15, 5), Some(&Zone::Utc));
    let midnight = time_of(0, 0, 0, 0);
    let noon = time_of(12, 0, 0, 0);
    let cases = [
        (
            &value,
            "b D E F l M N a A P",
            "mär Sa März März Samstag Mär März nachm. nachm. 4:05 nachm.",
        ),
        (&value, "", "9. März 2024"),
        (&value, "SHORT_DATE_FORMAT", "09.03.2024"),
        (&midnight, "P", "Mitternacht"),
        (&noon, "P", "Mittag"),
    ];
    for (value, pattern, expected) in cases {
        let result = in_paris(Some("de"), false, Switch::Default, |call| {
            crate::filters::dates::date(call, value, &[v(pattern).into()])
        });
        assert_eq!(outcome(result), expected, "{pattern}");
    }
    check(Some("de"), false, &value, "9. März 2024 16:05");
    check(Some("de"), false, &v(date(3, 9)), "9. März 2024");
    check(Some("de"), false, &midnight, "00:00");
}

#[test]
fn now_is_naive_where_zones_are_off() {
    let paris = in_paris(None, false, Switch::Default, zones::now);
    assert_eq!(
        outcome(Ok(Value::from(paris))),
        "datetime.datetime(2024, 7, 1, 14, 0, 0, 7, tzinfo=zoneinfo.ZoneInfo(key='Europe/Paris'))"
    );
    let naive = zones::now(&crate::filters::Call {
        environment: EnvironmentRef::new(&Paris),
        ..unzoned_call(true)
    });
    assert_eq!(
        outcome(Ok(Value::from(naive))),
        "datetime.datetime(2024, 7, 1, 12, 0, 0, 7)"
    );
}

#[test]
fn days_have_numbers_in_both_directions() {
    let cases = [
        (1, 1, 1),
        (1969, 12, 31),
        (1970, 1, 1),
        (2000, 2, 29),
        (2024, 3, 1),
        (9999, 12, 31),
    ];
    for (year, month, day) in cases {
        let date = Date { year, month, day };
        assert_eq!(zones::date_of_day(date.day_number()), Some(date));
    }
    assert_eq!(zones::date_of_day(-719_163), None);
    assert_eq!(zones::date_of_day(2_932_897), None);
    assert_eq!(zones::date_of_day(i64::MAX), None);
}

#[test]
fn a_sum_of_a_time_and_a_span_has_the_offset_of_its_season() {
    let environment = EnvironmentRef::new(&Paris);
    let Value::DateTime(winter) = at((3, 30), (12, 0), Some(&Zone::named("Europe/Paris"))) else {
        panic!("no datetime");
    };
    let day = hotplate_plugin_api::value::TimeDelta::from_microseconds(86_400_000_000);
    let sum = zones::add_delta(&winter, &day, &environment).expect("in range");
    assert_eq!(
        crate::python::iso_datetime(&sum, 'T'),
        "2024-03-31T12:00:00+02:00"
    );
    let last = DateTime::aware(date(1, 1), winter.time, Offset::utc());
    let last = DateTime {
        date: Date {
            year: 9999,
            month: 12,
            day: 31,
        },
        ..last
    };
    assert!(zones::add_delta(&last, &day, &environment).is_none());
}

/// An instance of a subclass of one of Python's own types.
struct Derived {
    plain: Value,
    text: Text,
    html: Option<&'static str>,
}

impl Object for Derived {
    fn type_name(&self) -> &str {
        "Derived"
    }

    fn text(&self) -> Result<Text, Exception> {
        Ok(self.text.clone())
    }

    fn plain(&self) -> Option<Value> {
        Some(self.plain.clone())
    }

    fn html(&self) -> Option<String> {
        self.html.map(str::to_owned)
    }
}

fn derived(plain: Value, text: &str, html: Option<&'static str>) -> Value {
    Value::object(Derived {
        plain,
        text: Text::new(text.to_owned(), false),
        html,
    })
}

#[test]
fn what_is_derived_is_shown_by_its_own_text() {
    let cases = [
        (derived(v(1234), "<int>", None), "safe: <int>"),
        (derived(v(1.5), "<1.5>", None), "<1,5>"),
        (derived(v("a"), "<a>", None), "<a>"),
        (derived(v("a"), "<a>", Some("<b>")), "safe: <b>"),
        (derived(safe_str("<i>"), "<a>", None), "safe: <i>"),
        (derived(v(date(3, 9)), "day", None), "9. März 2024"),
        (derived(list([]), "<list>", Some("<b>")), "<list>"),
    ];
    for (value, expected) in cases {
        let shown = in_paris(Some("de"), false, Switch::Default, |call| {
            shown(&value, call)
        });
        assert_eq!(outcome(shown.map(Value::Str)), expected, "{value:?}");
    }
}

//! What Django gives for numbers in other languages.

use hotplate_plugin_api::environment::{
    Environment, EnvironmentRef, Format, FormatValue, Locale, Settings,
};
use hotplate_plugin_api::value::{Decimal, Ref, Text, Value};

use crate::filters::{Call, Filter, humanize, numbers};
use crate::testing::*;

/// The formats of German, and those of the settings where no language is active.
struct German;

impl Environment for German {
    fn format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        match (format, language) {
            (Format::NumberGrouping, None) => Some(FormatValue::Number(0)),
            (Format::DecimalSeparator, Some("de")) => Some(FormatValue::Text(",".into())),
            (Format::ThousandSeparator, Some("de")) => Some(FormatValue::Text(".".into())),
            _ => None,
        }
    }
}

/// Groups of three digits, then of two.
struct Lakhs;

impl Environment for Lakhs {
    fn format(&self, format: Format, _: Option<&str>) -> Option<FormatValue> {
        (format == Format::NumberGrouping)
            .then(|| FormatValue::Numbers([3, 2, 0].into_iter().collect()))
    }
}

type Case = (Filter, Value, Option<Value>, &'static str);

fn check(environment: EnvironmentRef<'_>, use_thousand_separator: bool, cases: &[Case]) {
    let locale = Locale {
        language: Some(Text::new("de".to_owned(), false)).into(),
        ..Locale::DEFAULT
    };
    let settings = Settings {
        use_thousand_separator,
        ..Settings::DEFAULT
    };
    let call = Call {
        environment,
        settings: &settings,
        locale: &locale,
        ..Call::plain(true)
    };
    for (filter, value, argument, expected) in cases {
        let arguments: Vec<Ref<'_>> = argument.iter().map(Ref::from).collect();
        let result = filter(&call, value, &arguments);
        assert_eq!(outcome(result), *expected, "for {value:?} and {argument:?}");
    }
}

#[test]
fn numbers_in_german() {
    let cases: &[Case] = &[
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2")),
            "safe: 66666,67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2g")),
            "safe: 66.666,67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2u")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2gu")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("ug")),
            "safe: 66666.7",
        ),
        (
            numbers::floatformat,
            v(-1234567.5),
            Some(v("g")),
            "safe: -1.234.567,5",
        ),
        (numbers::floatformat, v(0.0), Some(v("3g")), "safe: 0,000"),
        (numbers::floatformat, v(999), Some(v("g")), "safe: 999"),
        (humanize::intcomma, v(1234567.25), None, "1.234.567,25"),
        (humanize::intcomma, v("-1234567.5"), None, "-1.234.567,5"),
        (
            humanize::intcomma,
            v(Value::Decimal(Decimal::parse("1E+30").expect("a number"))),
            None,
            "1.000.000.000.000.000.000.000.000.000.000",
        ),
        (humanize::intcomma, v(1e250), None, "1e+250"),
        (humanize::intcomma, v(12), None, "12"),
    ];
    check(EnvironmentRef::new(&German), false, cases);
}

#[test]
fn numbers_in_german_with_groups() {
    let cases: &[Case] = &[
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2")),
            "safe: 66.666,67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2g")),
            "safe: 66.666,67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2u")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2gu")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("ug")),
            "safe: 66666.7",
        ),
        (
            numbers::floatformat,
            v(-1234567.5),
            Some(v("g")),
            "safe: -1.234.567,5",
        ),
        (numbers::floatformat, v(0.0), Some(v("3g")), "safe: 0,000"),
        (numbers::floatformat, v(999), Some(v("g")), "safe: 999"),
        (humanize::intcomma, v(1234567.25), None, "1.234.567,25"),
        (humanize::intcomma, v("-1234567.5"), None, "-1.234.567,5"),
        (
            humanize::intcomma,
            v(Value::Decimal(Decimal::parse("1E+30").expect("a number"))),
            None,
            "1.000.000.000.000.000.000.000.000.000.000",
        ),
        (humanize::intcomma, v(1e250), None, "1e+250"),
        (humanize::intcomma, v(12), None, "12"),
    ];
    check(EnvironmentRef::new(&German), true, cases);
}

#[test]
fn groups_of_different_sizes() {
    let cases: &[Case] = &[
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2g")),
            "safe: 66,666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2u")),
            "safe: 66666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("2gu")),
            "safe: 66,666.67",
        ),
        (
            numbers::floatformat,
            v(66666.666),
            Some(v("ug")),
            "safe: 66,666.7",
        ),
        (
            numbers::floatformat,
            v(-1234567.5),
            Some(v("g")),
            "safe: -12,34,567.5",
        ),
        (numbers::floatformat, v(0.0), Some(v("3g")), "safe: 0.000"),
        (numbers::floatformat, v(999), Some(v("g")), "safe: 999"),
        (humanize::intcomma, v(1234567.25), None, "12,34,567.25"),
        (humanize::intcomma, v("-1234567.5"), None, "-12,34,567.5"),
        (
            humanize::intcomma,
            v(Value::Decimal(Decimal::parse("1E+30").expect("a number"))),
            None,
            "10,00,00,00,00,00,00,00,00,00,00,00,00,00,000",
        ),
        (humanize::intcomma, v(1e250), None, "1e+250"),
        (humanize::intcomma, v(12), None, "12"),
    ];
    check(EnvironmentRef::new(&Lakhs), false, cases);
}

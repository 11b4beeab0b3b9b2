//! What Python gives for the functions of this module.

use hotplate_plugin_api::Output;
use hotplate_plugin_api::value::{Exception, Object, Text, Value};

use crate::Result;
use crate::python;
use crate::testing::*;

fn float_value(value: &Value) -> Result<Value> {
    python::float(value).map(Value::Float)
}

fn items(value: &Value) -> Result<String> {
    let items = python::iterate(value)?;
    let length = items.len();
    let items: Vec<Value> = items.map(|item| item.into_owned()).collect();
    assert_eq!(items.len(), length);
    python::repr(&Value::list(items))
}

struct Duck {
    safe: bool,
}

impl Object for Duck {
    fn type_name(&self) -> &str {
        "Duck"
    }

    fn text(&self) -> Result<Text, Exception> {
        Ok(Text::new("<quack>".to_owned(), self.safe))
    }

    fn repr(&self) -> String {
        "Duck()".to_owned()
    }

    fn length(&self) -> Option<usize> {
        Some(2)
    }

    fn items(&self) -> Option<Result<Vec<Value>, Exception>> {
        Some(Ok(vec![Value::Int(1), Value::Int(2)]))
    }
}

#[test]
fn objects_have_their_own_text_items_and_length() {
    let duck = Value::object(Duck { safe: false });
    let safe_duck = Value::object(Duck { safe: true });
    assert_eq!(python::repr(&list([duck.clone()])).unwrap(), "[Duck()]");
    let shown = |value| python::localize::shown(value, &unzoned_call(true)).unwrap();
    assert!(!shown(&duck).is_safe());
    assert!(shown(&safe_duck).is_safe());
    assert_eq!(
        python::conditional_escape(&duck).unwrap().as_str(),
        "&lt;quack&gt;"
    );
    assert_eq!(
        python::conditional_escape(&safe_duck).unwrap().as_str(),
        "&lt;quack&gt;"
    );
    assert!(python::contains(&v(2), &duck).unwrap());
    assert!(!python::contains(&v(3), &duck).unwrap());
    assert_eq!(python::length(&duck), Some(2));
    assert!(python::equal(&duck, &duck.clone()));
    assert!(!python::equal(&duck, &safe_duck));
    assert_eq!(
        outcome(python::less(&duck, &v(1)).map(Value::Bool)),
        "TypeError: '<' not supported between instances of 'Duck' and 'int'",
    );
}

#[test]
fn identical() {
    let text = v("long enough to be its own");
    let same = [
        (v(()), v(())),
        (v(true), v(true)),
        (v(5), v(5)),
        (v(""), v("")),
        (text.clone(), text.clone()),
        (tuple([]), tuple([])),
    ];
    for (left, right) in &same {
        assert!(python::identical(left, right), "{left:?}");
    }
    let different = [
        (v(1), v(true)),
        (v(1), v(1.0)),
        (v(5000), v(5000)),
        (text.clone(), v("long enough to be its own")),
        (v(""), safe_str("")),
        (list([]), list([])),
        (v(()), v(false)),
    ];
    for (left, right) in &different {
        assert!(!python::identical(left, right), "{left:?}");
    }
    let number = v(5000);
    assert!(python::identical(&number, &number));
    let shared = list([v(1)]);
    assert!(python::identical(&shared, &shared.clone()));
}

#[test]
fn containers_nested_too_deeply_are_an_error() {
    let deep = (0..600).fold(list([]), |inner, _| list([inner]));
    assert!(python::repr(&deep).is_err_and(|error| error.is("RecursionError")));
    let other = (0..600).fold(list([]), |inner, _| list([inner]));
    assert!(python::equal(&deep, &other));
    assert!(!python::less(&deep, &other).unwrap());
}

#[test]
fn integers_of_too_many_digits_are_an_error() {
    let digits = "9".repeat(4300);
    assert_eq!(outcome(python::int(&v(digits.as_str()))), digits);
    let message = "Exceeds the limit (4300 digits) for integer string conversion";
    let digits = "9".repeat(4301);
    let error = outcome(python::int(&v(digits)));
    assert!(
        error.starts_with(&format!("ValueError: {message}: value has 4301 digits")),
        "{error}"
    );
    assert!(python::text(&power_of_ten(4300)).is_err_and(|error| error.is("ValueError")));
}

/// `repr()` by the standard library's shortest digits; of two that are equally near,
/// Python takes the even one.
fn plain_float_repr(number: f64) -> String {
    let magnitude = number.abs();
    let mut text = format!("{magnitude:e}");
    let length = text
        .split('e')
        .next()
        .map_or(0, |digits| digits.replace('.', "").len());
    let even = format!("{magnitude:.*e}", length.saturating_sub(1));
    if length >= 15 && even.parse() == Ok(magnitude) {
        text = even;
    }
    let (mantissa, exponent) = text.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    let mut digits = mantissa.replace('.', "");
    while digits.len() > 1 && digits.ends_with('0') {
        digits.pop();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let count = digits.len() as i32;
    if exponent < -4 || exponent >= 16 {
        let rest = if count > 1 {
            format!(".{}", &digits[1..])
        } else {
            String::new()
        };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!(
            "{sign}{}{rest}e{exponent_sign}{:02}",
            &digits[..1],
            exponent.abs()
        );
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(-exponent as usize - 1));
    }
    digits.push_str(&"0".repeat((exponent + 2 - count).max(0) as usize));
    let (whole, fraction) = digits.split_at(exponent as usize + 1);
    format!("{sign}{whole}.{fraction}")
}

#[test]
fn floats_have_the_digits_that_python_gives() {
    let check = |number: f64| {
        if number.is_finite() {
            assert_eq!(
                python::float_repr(number),
                plain_float_repr(number),
                "{number:e}"
            );
        }
    };
    for exponent in -324..309 {
        for digits in ["1", "9.5", "1.2345678901234567", "9.999999999999999"] {
            check(format!("{digits}e{exponent}").parse().expect("a float"));
        }
    }
    let mut state = 1u64;
    for round in 0..if cfg!(miri) { 100 } else { 30_000 } {
        // Weyl's sequence, mixed: evenly spread bits, always the same.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = bits ^ (bits >> 31);
        check(f64::from_bits(bits));
        // Whole numbers around 2⁵³ and beyond lie half-way between two decimals.
        check((bits >> (round % 64)) as f64);
        check((bits >> 40) as f64 / 100.0);
        check(f64::from_bits(bits >> 40 << 40));
    }
    for number in [
        0.0,
        -0.0,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        1e15,
        1e16,
        1e-4,
    ] {
        check(number);
        check(number.next_up());
        check(number.next_down());
    }
}

#[test]
fn escaping_into_an_output_stops_at_its_limit() {
    let mut out = Output::new();
    assert!(python::escape_into("a<b>'é", &mut out));
    assert_eq!(out.as_str(), "a&lt;b&gt;&#x27;é");
    let mut out = Output::with_limit(6);
    assert!(!python::escape_into("a<b>", &mut out));
    assert!(out.as_str().len() <= 6);
}

#[test]
fn repr() {
    table! {
        python::repr;
        (()) => "None",
        (true) => "True",
        (false) => "False",
        (0) => "0",
        (-5) => "-5",
        (power_of_ten(25)) => "10000000000000000000000000",
        (1.0) => "1.0",
        (-0.0) => "-0.0",
        (0.1) => "0.1",
        (1e+16) => "1e+16",
        (1000000000000000.0) => "1000000000000000.0",
        (0.0001) => "0.0001",
        (1e-05) => "1e-05",
        (123456789.125) => "123456789.125",
        (214316624734517.62) => "214316624734517.62",
        (1e+22) => "1e+22",
        (5e-324) => "5e-324",
        (1.7976931348623157e+308) => "1.7976931348623157e+308",
        (f64::INFINITY) => "inf",
        (f64::NEG_INFINITY) => "-inf",
        (f64::NAN) => "nan",
        ("") => "''",
        ("a'b") => "\"a'b\"",
        ("a\"b") => "'a\"b'",
        ("a'\"b") => "'a\\'\"b'",
        ("\\\n\r\t\u{0}\u{1f}\u{7f}") => "'\\\\\\n\\r\\t\\x00\\x1f\\x7f'",
        ("\u{80}\u{a0}\u{ad}é") => "'\\x80\\xa0\\xadé'",
        ("\u{301}a\u{301}") => "'\u{301}a\u{301}'",
        ("\u{200b}\u{2028}\u{3000}\u{feff}") => "'\\u200b\\u2028\\u3000\\ufeff'",
        ("日本🙂\u{e0001}\u{10ffff}") => "'日本🙂\\U000e0001\\U0010ffff'",
        (safe_str("<b>")) => "'<b>'",
        (list([])) => "[]",
        (list([v(1)])) => "[1]",
        (tuple([])) => "()",
        (tuple([v(1)])) => "(1,)",
        (tuple([v(1), v(2)])) => "(1, 2)",
        (dict([])) => "{}",
        (dict([(v("a"), v(list([v(1), v(tuple([v(2)]))]))), (v(()), v(dict([(v("b"), v("c'"))])))])) => "{'a': [1, (2,)], None: {'b': \"c'\"}}",
        (list([v(safe_str("'"))])) => "[\"'\"]",
        (date_of(2026, 3, 9)) => "datetime.date(2026, 3, 9)",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None)) => "datetime.datetime(2008, 1, 2, 0, 0)",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))) => "datetime.datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=66600), 'XST'))",
        (datetime((2024, 2, 29), (12, 0, 0, 0), Some((0, "UTC")))) => "datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)",
        (time_of(13, 5, 7, 42)) => "datetime.time(13, 5, 7, 42)",
        (time_of(1, 2, 0, 0)) => "datetime.time(1, 2)",
        (datetime((2020, 1, 2), (3, 4, 5, 0), None)) => "datetime.datetime(2020, 1, 2, 3, 4, 5)",
        (datetime((2020, 1, 2), (0, 0, 0, 0), Some((3600, "UTC+01:00")))) => "datetime.datetime(2020, 1, 2, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600)))",
        (datetime((2020, 1, 2), (0, 0, 0, 0), Some((0, "GMT")))) => "datetime.datetime(2020, 1, 2, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(0), 'GMT'))",
        (list([v(date_of(2026, 3, 9)), v(1.5), v(datetime((2008, 1, 2), (0, 0, 0, 0), None))])) => "[datetime.date(2026, 3, 9), 1.5, datetime.datetime(2008, 1, 2, 0, 0)]",
    }
}

#[test]
fn text() {
    table! {
        python::text;
        (()) => "None",
        (true) => "True",
        (1.5) => "1.5",
        (1e+16) => "1e+16",
        ("a") => "a",
        (list([v(1), v("'")])) => "[1, \"'\"]",
        (date_of(2026, 3, 9)) => "2026-03-09",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None)) => "2008-01-02 00:00:00",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))) => "2024-02-29 23:59:58.123456-05:30",
        (datetime((2024, 2, 29), (12, 0, 0, 0), Some((0, "UTC")))) => "2024-02-29 12:00:00+00:00",
        (time_of(13, 5, 7, 42)) => "13:05:07.000042",
        (datetime((2020, 1, 2), (3, 4, 5, 0), Some((-5, "UTC-00:00:05")))) => "2020-01-02 03:04:05-00:00:05",
        (date_of(5, 1, 1)) => "0005-01-01",
        (power_of_ten(25)) => "10000000000000000000000000",
    }
}

#[test]
fn shown() {
    table! {
        |value| {
            let shown = python::localize::shown(value, &unzoned_call(true))?;
            Ok(shown.as_str().to_owned())
        };
        (()) => "None",
        (true) => "True",
        (5) => "5",
        (big("-10000000000000000000000000")) => "-10000000000000000000000000",
        (0.5) => "0.5",
        (-0.0) => "-0.0",
        (1e+16) => "10000000000000000",
        (-1.5e+16) => "-15000000000000000",
        (1e+22) => "10000000000000000000000",
        (1.5e-07) => "0.00000015",
        (1e-200) => "1e-200",
        (1e-199) => "0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        (1e+199) => "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (1.5e+199) => "15000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (1e+200) => "1e+200",
        (1.25e+300) => "1.25e+300",
        (f64::INFINITY) => "inf",
        (f64::NAN) => "nan",
        ("<a>") => "<a>",
        (list([v(1e+16), v(date_of(2026, 3, 9))])) => "[1e+16, datetime.date(2026, 3, 9)]",
        (date_of(2026, 3, 9)) => "March 9, 2026",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None)) => "Jan. 2, 2008, midnight",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))) => "Feb. 29, 2024, 11:59 p.m.",
        (datetime((2024, 2, 29), (12, 0, 0, 0), Some((0, "UTC")))) => "Feb. 29, 2024, noon",
        (time_of(13, 5, 7, 42)) => "1:05 p.m.",
        (time_of(0, 0, 0, 0)) => "midnight",
        (time_of(12, 0, 0, 0)) => "noon",
        (datetime((2026, 9, 5), (12, 30, 0, 0), None)) => "Sept. 5, 2026, 12:30 p.m.",
    }
}

#[test]
fn int() {
    table! {
        python::int;
        ("12") => "12",
        (" +12\n") => "12",
        ("-0") => "0",
        ("1_000") => "1000",
        ("1__0") => "ValueError: invalid literal for int() with base 10: '1__0'",
        ("_1") => "ValueError: invalid literal for int() with base 10: '_1'",
        ("1_") => "ValueError: invalid literal for int() with base 10: '1_'",
        ("٣٤") => "34",
        ("１２") => "12",
        ("+-1") => "ValueError: invalid literal for int() with base 10: '+-1'",
        ("--1") => "ValueError: invalid literal for int() with base 10: '--1'",
        ("") => "ValueError: invalid literal for int() with base 10: ''",
        ("-") => "ValueError: invalid literal for int() with base 10: '-'",
        ("1.0") => "ValueError: invalid literal for int() with base 10: '1.0'",
        ("0x1") => "ValueError: invalid literal for int() with base 10: '0x1'",
        ("1e5") => "ValueError: invalid literal for int() with base 10: '1e5'",
        ("\u{1c}7") => "ValueError: invalid literal for int() with base 10: '\\x1c7'",
        ("\u{1c}٣") => "ValueError: invalid literal for int() with base 10: '\\x1c٣'",
        (" 7\u{3000}") => "7",
        ("²") => "ValueError: invalid literal for int() with base 10: '²'",
        ("½") => "ValueError: invalid literal for int() with base 10: '½'",
        ("123456789012345678901234567890") => "123456789012345678901234567890",
        ("-9223372036854775808") => "-9223372036854775808",
        ("9223372036854775808") => "9223372036854775808",
        ("007") => "7",
        (1.9) => "1",
        (-1.9) => "-1",
        (1e+22) => "10000000000000000000000",
        (-1e+300) => "-1000000000000000052504760255204420248704468581108159154915854115511802457988908195786371375080447864043704443832883878176942523235360430575644792184786706982848387200926575803737830233794788090059368953234970799945081119038967640880074652742780142494579258788820056842838115669472196386865459400540160",
        (f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
        (f64::NAN) => "ValueError: cannot convert float NaN to integer",
        (true) => "1",
        (()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (list([v(1)])) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'list'",
        (date_of(2026, 3, 9)) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'datetime.date'",
    }
}

#[test]
fn float() {
    table! {
        float_value;
        ("1.5") => "1.5",
        (" -1e5 ") => "-100000.0",
        ("1_0.5_0") => "10.5",
        ("1_.5") => "ValueError: could not convert string to float: '1_.5'",
        ("1._5") => "ValueError: could not convert string to float: '1._5'",
        ("_1") => "ValueError: could not convert string to float: '_1'",
        (".5") => "0.5",
        ("5.") => "5.0",
        (".") => "ValueError: could not convert string to float: '.'",
        ("") => "ValueError: could not convert string to float: ''",
        ("e5") => "ValueError: could not convert string to float: 'e5'",
        ("1e") => "ValueError: could not convert string to float: '1e'",
        ("inf") => "inf",
        ("-Infinity") => "-inf",
        ("+NaN") => "nan",
        ("nan1") => "ValueError: could not convert string to float: 'nan1'",
        ("1e400") => "inf",
        ("-1e-400") => "-0.0",
        ("٣.٥") => "3.5",
        ("0x1p3") => "ValueError: could not convert string to float: '0x1p3'",
        ("1e1_0") => "10000000000.0",
        ("1d") => "ValueError: could not convert string to float: '1d'",
        ("\u{1c}1") => "ValueError: could not convert string to float: '\\x1c1'",
        (3) => "3.0",
        (true) => "1.0",
        (power_of_ten(25)) => "1e+25",
        (power_of_ten(400)) => "OverflowError: int too large to convert to float",
        (()) => "TypeError: float() argument must be a string or a real number, not 'NoneType'",
        (list([v(1)])) => "TypeError: float() argument must be a string or a real number, not 'list'",
    }
}

#[test]
fn iterate() {
    table! {
        items;
        (list([v(1), v("a")])) => "[1, 'a']",
        (tuple([v(1)])) => "[1]",
        (dict([(v("a"), v(1)), (v(2), v(3))])) => "['a', 2]",
        ("aé🙂") => "['a', 'é', '🙂']",
        ("") => "[]",
        (()) => "TypeError: 'NoneType' object is not iterable",
        (5) => "TypeError: 'int' object is not iterable",
        (1.5) => "TypeError: 'float' object is not iterable",
        (true) => "TypeError: 'bool' object is not iterable",
        (date_of(2026, 3, 9)) => "TypeError: 'datetime.date' object is not iterable",
        (safe_str("<b")) => "['<', 'b']",
    }
}

#[test]
fn length() {
    table! {
        |value| Ok(format!("{:?}", python::length(value)));
        (list([v(1), v("a")])) => "Some(2)",
        (tuple([v(1)])) => "Some(1)",
        (dict([(v("a"), v(1)), (v(2), v(3))])) => "Some(2)",
        ("aé🙂") => "Some(3)",
        ("") => "Some(0)",
        (()) => "None",
        (5) => "None",
        (1.5) => "None",
        (true) => "None",
        (date_of(2026, 3, 9)) => "None",
        (safe_str("<b")) => "Some(2)",
    }
}

#[test]
fn title() {
    table! {
        |value| Ok(python::title(python::text(value)?.as_str()));
        ("hello wORLD") => "Hello World",
        ("they're 3rd") => "They'Re 3Rd",
        ("ǆ ǅ Ǆ ǳ") => "ǅ ǅ ǅ ǲ",
        ("ßx ﬁx ŉx ǰx") => "Ssx Fix ʼNx J\u{30c}x",
        ("ᾳ ᾼx ᾀ ᾲ ᾷ") => "ᾼ ᾼx ᾈ Ὰ\u{345} Α\u{342}\u{345}",
        ("აბ Აბ") => "აბ Აბ",
        ("ΑΣ ΑΣΑ Σ ΑΣ'Σ") => "Ας Ασα Σ Ασ'Σ",
        ("İSTANBUL") => "İstanbul",
        ("x²y xªy") => "X²Y Xªy",
        ("ⅷ ⓐ") => "Ⅷ Ⓐ",
        ("") => "",
    }
}

#[test]
fn escape() {
    table! {
        |value| Ok(python::escape(python::text(value)?.as_str()).into_owned());
        ("") => "",
        ("plain") => "plain",
        ("&<>\"'") => "&amp;&lt;&gt;&quot;&#x27;",
        ("é<日>") => "é&lt;日&gt;",
        ("a&amp;b") => "a&amp;amp;b",
        ("''") => "&#x27;&#x27;",
    }
}

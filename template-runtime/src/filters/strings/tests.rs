//! What Django gives for the filters of this module.

use hotplate_plugin_api::{ErrorKind, Value};

use crate::Error;
use crate::filters::{Call, Filter};
use crate::testing::*;

#[test]
fn lower() {
    cases! {
        super::lower:
        ("TEST ΑΣ ΑΣΑ İ É") => "test ας ασα i\u{307} é",
        (safe_str("<B>")) => "safe: <b>",
        (123) => "123",
        (()) => "none",
    }
}

#[test]
fn upper() {
    cases! {
        super::upper:
        ("ß ﬁ ŉ ǆ ις é") => "SS FI ʼN Ǆ ΙΣ É",
        (safe_str("a &amp; b")) => "A &AMP; B",
        (1.5) => "1.5",
        (list([v(1), v("a")])) => "[1, 'A']",
    }
}

#[test]
fn capfirst() {
    cases! {
        super::capfirst:
        ("hello world") => "Hello world",
        ("ßa") => "SSa",
        ("ǆ") => "Ǆ",
        ("") => "",
        (safe_str("<b>")) => "safe: <b>",
        ("'x") => "'x",
        (12) => "12",
    }
}

#[test]
fn title() {
    cases! {
        super::title:
        ("hello wORLD o'neil's THEY'RE 3rd joe's x2Y") => "Hello World O'Neil's They're 3rd Joe's X2y",
        ("ǆ ß ﬁx ŉa ᾳ იa ΑΣ ΑΣ'Σ") => "ǅ Ss Fix ʼNa ᾼ იa Ας Ασ'Σ",
        ("a'B'C 5TH ٣Rd") => "A'B'C 5th ٣rd",
        (safe_str("<b>x</b>")) => "safe: <B>X</B>",
        ("") => "",
    }
}

#[test]
fn wordcount() {
    cases! {
        super::wordcount:
        ("") => "0",
        ("one") => "1",
        (" lots  of\nwords\u{1c}here") => "4",
        (()) => "1",
    }
}

#[test]
fn make_list() {
    cases! {
        super::make_list:
        ("aé\n") => "['a', 'é', '\\n']",
        (123) => "['1', '2', '3']",
        (safe_str("<")) => "['<']",
        ("") => "[]",
    }
}

#[test]
fn cut() {
    cases! {
        super::cut:
        ("a string", "a") => " string",
        ("a string", "") => "a string",
        ("x;y", ";") => "xy",
        (safe_str("x;y"), ";") => "xy",
        (safe_str("x;y"), "x") => "safe: ;y",
        (123, "2") => "13",
        ("a b", 5) => "TypeError: replace() argument 1 must be str, not int",
        ("aaa", "aa") => "a",
        ("a", safe_str("a")) => "",
    }
}

#[test]
fn addslashes() {
    cases! {
        super::addslashes:
        ("\\ \"double\" 'single'") => "\\\\ \\\"double\\\" \\'single\\'",
        (safe_str("'")) => "safe: \\'",
        (123) => "123",
    }
}

#[test]
fn slugify() {
    cases! {
        super::slugify:
        (" Jack & Jill like numbers 1,2,3 and 4 and silly characters ?%.$!/") => "jack-jill-like-numbers-123-and-4-and-silly-characters",
        ("Un éléphant à l'orée du bois ﬁ ①") => "un-elephant-a-loree-du-bois-fi-1",
        ("--_a - b_--") => "a-b",
        ("日本") => "",
        ("a\u{1c}b\u{a0}c") => "a-b-c",
        (safe_str("A B")) => "safe: a-b",
        (123) => "123",
        ("İß½") => "i12",
    }
}

#[test]
fn stringformat() {
    cases! {
        super::stringformat:
        (1, "03d") => "001",
        (1.9, "d") => "1",
        (true, "d") => "1",
        ("5", "d") => "",
        (-5, "05d") => "-0005",
        (5, "+d") => "+5",
        (5, " d") => " 5",
        (5, "-4d|") => "5   |",
        (255, "#x") => "0xff",
        (255, "#010X") => "0X000000FF",
        (-8, "o") => "-10",
        (8, "#.4o") => "0o0010",
        (power_of_ten(30), "x") => "c9f2c9cd04674edea40000000",
        (2.0, "x") => "",
        (3.25859, ".2f") => "3.26",
        (3.25859, "010.2f") => "0000003.26",
        (1e+16, "f") => "10000000000000000.000000",
        (2.5, ".0f") => "2",
        (1e-05, "g") => "1e-05",
        (123456789, "g") => "1.23457e+08",
        (123456789, ".3G") => "1.23E+08",
        (100.0, "#g") => "100.000",
        (100000.0, "e") => "1.000000e+05",
        (1e-07, ".0e") => "1e-07",
        (2, "#.0f") => "2.",
        (f64::INFINITY, "05f") => "00inf",
        (f64::NAN, "E") => "NAN",
        ("abc", ".2s") => "ab",
        ("abc", "5s|") => "  abc|",
        ("abc", "-5s|") => "abc  |",
        ("a'b", "r") => "\"a'b\"",
        ("é", "a") => "'\\xe9'",
        ("é", "c") => "é",
        (97, "c") => "a",
        (1099511627776_i64, "c") => "OverflowError: %c arg not in range(0x110000)",
        ("ab", "c") => "",
        (tuple([v(1), v(2)]), "s") => "(1, 2)",
        (list([v(1)]), "s") => "[1]",
        (list([v(1)]), "%") => "%",
        (1, "%") => "",
        (1, "") => "",
        (1, "z") => "",
        (1, "s%s") => "",
        (1, "*d") => "",
        (dict([(v("a"), v(1))]), "(a)d-%(a)s") => "1-1",
        (dict([(v("a"), v(1))]), "(b)d") => "KeyError: 'b'",
        (1, "(b)d") => "",
        (f64::INFINITY, "d") => "OverflowError: cannot convert float infinity to integer",
        (f64::NAN, "d") => "",
        (safe_str("<"), "s") => "safe: <",
        ((), "s") => "None",
        (power_of_ten(400), "f") => "OverflowError: int too large to convert to float",
        (0.1, ".30f") => "0.100000000000000005551115123126",
        (1.5, "i and more") => "1 and more",
        (1, "ld") => "1",
    }
}

#[test]
fn ljust() {
    cases! {
        super::ljust:
        ("ab", 4) => "ab  ",
        ("ab", 1) => "ab",
        ("ab", -3) => "ab",
        ("ab", "x") => "ValueError: invalid literal for int() with base 10: 'x'",
        ("ab", ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (safe_str("<"), 2) => "safe: < ",
        (123, "5") => "123  ",
    }
}

#[test]
fn rjust() {
    cases! {
        super::rjust:
        ("ab", 4) => "  ab",
        ("é", 3) => "  é",
        (safe_str("<"), 2) => "safe:  <",
    }
}

#[test]
fn center() {
    cases! {
        super::center:
        ("test", 6) => " test ",
        ("test", 7) => " test  ",
        ("test", 3) => "test",
        ("", 2) => "  ",
        ("ab", -1) => "ab",
        ("a", 4) => " a  ",
    }
}

#[test]
fn absurd_widths_are_refused() {
    let cases: [(Filter, Value); 6] = [
        (super::ljust, v(1_000_000_000)),
        (super::rjust, v("1000000000")),
        (super::center, power_of_ten(30)),
        (super::stringformat, v("1000000000d")),
        (super::stringformat, v(".1000000000f")),
        (super::stringformat, v(".1000000000x")),
    ];
    for (filter, argument) in cases {
        let result = filter(&Call::plain(true), &v(1), &[(&argument).into()]);
        let is_limit = |error: Error| matches!(error, Error::Raised(raised) if raised.kind == ErrorKind::Limit);
        assert!(result.is_err_and(is_limit), "{argument:?}");
    }
    cases! {
        super::stringformat:
        (1, "99999999999999999999s") => "",
        (1, ".9999999999f") => "",
    }
}

#[test]
fn phone2numeric() {
    cases! {
        super::phone2numeric:
        ("0800 flowers") => "0800 3569377",
        ("1-800-COLLECT") => "1-800-2655328",
        (safe_str("<B> ÉzK")) => "<2> é95",
        ("") => "",
        ("abcdefghijklmnopqrstuvwxyz") => "22233344455566677778889999",
        (5) => "AttributeError: 'int' object has no attribute 'lower'",
        (()) => "AttributeError: 'NoneType' object has no attribute 'lower'",
    }
}

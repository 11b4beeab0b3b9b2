//! What Django gives for the filters of this module.

use crate::filters::Call;
use crate::testing::*;

#[test]
fn floatformat() {
    cases! {
        super::floatformat:
        (34.23234) => "safe: 34.2",
        (34.0) => "safe: 34",
        (34.26) => "safe: 34.3",
        (7.7) => "safe: 7.7",
        (0.07) => "safe: 0.1",
        (-0.05) => "safe: -0.1",
        (-0.04) => "safe: 0.0",
        (-0.0) => "safe: 0",
        ("-0", 2) => "safe: 0.00",
        (0) => "safe: 0",
        (1.005, 2) => "safe: 1.01",
        (2.5, 0) => "safe: 3",
        (-2.5, 0) => "safe: -3",
        (34.23234, 3) => "safe: 34.232",
        (34.0, 3) => "safe: 34.000",
        (34.0, -3) => "safe: 34",
        (34.23234, "-3") => "safe: 34.232",
        ("34.23") => "safe: 34.2",
        (" 1_0.5 ") => "safe: 10.5",
        ("٣.٥") => "safe: 3.5",
        ("foo") => "",
        ("") => "",
        (()) => "",
        (true) => "safe: 1",
        (true, 2) => "safe: 1.00",
        (list([v(1)])) => "",
        (11, "x") => "11",
        (safe_str("11"), "x") => "safe: 11",
        (11, 2.7) => "safe: 11.00",
        (11, ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (11, "") => "IndexError: string index out of range",
        (6666.6666, "2g") => "safe: 6,666.67",
        (10000, "g") => "safe: 10,000",
        (-1234567.5, "1g") => "safe: -1,234,567.5",
        (66666.666, "2u") => "safe: 66666.67",
        (1, "gg") => "1",
        (f64::INFINITY) => "inf",
        (f64::NAN, 2) => "nan",
        ("-Infinity", 1) => "-Infinity",
        ("sNaN") => "sNaN",
        ("1e50") => "safe: 100000000000000000000000000000000000000000000000000",
        ("1e199") => "safe: 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        ("1e200") => "1e200",
        ("1e201", 1) => "1e201",
        ("1e-199", 2) => "safe: 0.00",
        ("1e-201", 2) => "1e-201",
        ("0.000", 2) => "safe: 0.00",
        ("0e-300", 2) => "0e-300",
        (power_of_ten(199)) => "safe: 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (power_of_ten(200), 1) => "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        (1e+16, 2) => "safe: 10000000000000000.00",
        (1.5e-07, 8) => "safe: 0.00000015",
        ("12e-1", 0) => "safe: 1",
        ("9.995", 2) => "safe: 10.00",
        ("99.995", "-2") => "safe: 100.00",
        ("1234.567", "-1g") => "safe: 1,234.6",
        (big("123456789012345678901234567890"), 2) => "safe: 123456789012345678901234567890.00",
        (1e-30, 30) => "safe: 0.000000000000000000000000000001",
        (date_of(2026, 3, 9)) => "",
        ("1".repeat(250), 2) => &"1".repeat(250),
    }
}

#[test]
fn add() {
    cases! {
        super::add:
        (1, 2) => "3",
        ("1", "2") => "3",
        (" 3 ", "1_0") => "13",
        (true, "2") => "3",
        (1.9, 1) => "2",
        ("a", "b") => "ab",
        ("a", 1) => "",
        (1, "a") => "",
        (safe_str("<"), safe_str(">")) => "safe: <>",
        (safe_str("<"), ">") => "<>",
        (list([v(1)]), list([v(2)])) => "[1, 2]",
        (tuple([v(1)]), tuple([v(2)])) => "(1, 2)",
        (list([v(1)]), tuple([v(2)])) => "",
        ((), 1) => "",
        (i64::MAX, 1) => "9223372036854775808",
        (i64::MIN, -1) => "-9223372036854775809",
        (power_of_ten(30), big("-1000000000000000000000000000000")) => "0",
        (power_of_ten(30), "1") => "1000000000000000000000000000001",
        (big("-1000000000000000000000000000000"), power_of_ten(29)) => "-900000000000000000000000000000",
        (f64::INFINITY, 1) => "OverflowError: cannot convert float infinity to integer",
        (f64::NAN, 1) => "nan",
        (dict([]), dict([])) => "",
        (date_of(2026, 3, 9), 1) => "",
    }
}

#[test]
fn divisibleby() {
    cases! {
        super::divisibleby:
        (4, 2) => "True",
        (4, 3) => "False",
        ("6", "3") => "True",
        (4.9, 2) => "True",
        (true, 1) => "True",
        (4, 0) => "ZeroDivisionError: integer modulo by zero",
        ("x", 2) => "ValueError: invalid literal for int() with base 10: 'x'",
        ((), 2) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (4, "x") => "ValueError: invalid literal for int() with base 10: 'x'",
        (-9, 3) => "True",
        (power_of_ten(30), 10) => "True",
        (big("1000000000000000000000000000001"), power_of_ten(20)) => "False",
        (power_of_ten(30), -7) => "False",
        (power_of_ten(40), power_of_ten(20)) => "True",
        (5, power_of_ten(20)) => "False",
        (i64::MIN, -1) => "True",
    }
}

#[test]
fn get_digit() {
    cases! {
        super::get_digit:
        (123, 1) => "3",
        (123, 2) => "2",
        (123, 3) => "1",
        (123, 4) => "0",
        (123, 0) => "123",
        ("123", "1") => "3",
        ("xyz", 1) => "xyz",
        (123, "x") => "123",
        (-12, 3) => "ValueError: invalid literal for int() with base 10: '-'",
        (-12, 2) => "1",
        ((), 1) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (12.7, 1) => "2",
        (" 5 ", 0) => "5",
        (power_of_ten(30), 31) => "1",
    }
}

#[test]
fn filesizeformat() {
    cases! {
        super::filesizeformat:
        (0) => "0\u{a0}bytes",
        (1) => "1\u{a0}byte",
        (1023) => "1023\u{a0}bytes",
        (1024) => "1.0\u{a0}KB",
        (10240) => "10.0\u{a0}KB",
        (1048575) => "1024.0\u{a0}KB",
        (52428800) => "50.0\u{a0}MB",
        (1073741823) => "1024.0\u{a0}MB",
        (1073741824) => "1.0\u{a0}GB",
        (1099511627776_i64) => "1.0\u{a0}TB",
        (1125899906842624_i64) => "1.0\u{a0}PB",
        (2251799813685248000_i64) => "2000.0\u{a0}PB",
        (-1) => "-1\u{a0}byte",
        (-1024) => "-1.0\u{a0}KB",
        (-104857600) => "-100.0\u{a0}MB",
        ("hello") => "0\u{a0}bytes",
        ("2048") => "2.0\u{a0}KB",
        (()) => "0\u{a0}bytes",
        (1536.9) => "1.5\u{a0}KB",
        (f64::INFINITY) => "OverflowError: cannot convert float infinity to integer",
        (power_of_ten(40)) => "8881784197001253000000000.0\u{a0}PB",
        (power_of_ten(310)) => "8.8e+294\u{a0}PB",
        (power_of_ten(330)) => "OverflowError: integer division result too large for a float",
        (2.2971998730375306e+274) => "2.0e+259\u{a0}PB",
        (true) => "1\u{a0}byte",
        (1587) => "1.5\u{a0}KB",
        (262144.0) => "256.0\u{a0}KB",
    }
}

#[test]
fn absurd_numbers_of_places_are_refused() {
    for argument in [v(1_000_000_000), v("-1000000000g"), power_of_ten(30)] {
        let result = super::floatformat(&Call::plain(true), &v(1.5), &[(&argument).into()]);
        let expected = "InvalidOperation: [<class 'decimal.InvalidOperation'>]";
        assert_eq!(outcome(result), expected, "{argument:?}");
    }
}

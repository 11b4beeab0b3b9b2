//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn default() {
    cases! {
        super::default:
        ("x", "d") => "x",
        ("", "d") => "d",
        (0, "d") => "d",
        ((), safe_str("<d>")) => "safe: <d>",
        (list([]), 1) => "1",
        (0.0, 1) => "1",
        (f64::NAN, 1) => "nan",
        ("0", "d") => "0",
        (" ", "d") => " ",
        (dict([]), "d") => "d",
        (tuple([]), "d") => "d",
    }
}

#[test]
fn default_if_none() {
    cases! {
        super::default_if_none:
        ((), "d") => "d",
        ("", "d") => "",
        (0, "d") => "0",
        (false, "d") => "False",
    }
}

#[test]
fn yesno() {
    cases! {
        super::yesno:
        (true) => "yes",
        (false) => "no",
        (()) => "maybe",
        (true, "a,b,c") => "a",
        (0, "a,b,c") => "b",
        ((), "a,b,c") => "c",
        ((), "a,b") => "b",
        ((), "a,b,c,d") => "b",
        (true, "a") => "True",
        (true, "") => "True",
        (true, 5) => "AttributeError: 'int' object has no attribute 'split'",
        ("x", ()) => "yes",
        (true, safe_str("<a>,b")) => "<a>",
    }
}

#[test]
fn pluralize() {
    cases! {
        super::pluralize:
        (0) => "s",
        (1) => "",
        (2) => "s",
        (1.0) => "",
        (1.5) => "s",
        ("1") => "",
        ("1.0") => "",
        ("2") => "s",
        (" 1 ") => "",
        ("x") => "",
        ("") => "",
        (()) => "",
        (list([])) => "s",
        (list([v(1)])) => "",
        (dict([(v(1), v(2))])) => "",
        (true) => "",
        (2, "es") => "es",
        (1, "es") => "",
        (1, "y,ies") => "y",
        (2, "y,ies") => "ies",
        (2, "a,b,c") => "",
        (2, "") => "",
        (2, 5) => "TypeError: argument of type 'int' is not iterable",
        (2, list([v("x")])) => "TypeError: can only concatenate str (not \"list\") to str",
        (2, list([v(",")])) => "AttributeError: 'list' object has no attribute 'split'",
        (2, ()) => "TypeError: argument of type 'NoneType' is not iterable",
        (power_of_ten(400)) => "OverflowError: int too large to convert to float",
        (date_of(2026, 3, 9)) => "",
        ("nan") => "s",
        (2, "&") => "&",
    }
}

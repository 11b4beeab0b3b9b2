//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn date() {
    cases! {
        super::date:
        (date_of(2026, 3, 9)) => "March 9, 2026",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None)) => "Jan. 2, 2008",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))) => "Feb. 29, 2024",
        (time_of(13, 5, 7, 42), "H:i") => "13:05",
        (time_of(13, 5, 7, 42)) => "",
        (()) => "",
        ("") => "",
        ("abc") => "",
        ("abc", "\\x") => "x",
        (5, "Y") => "",
        (date_of(2026, 3, 9), "") => "March 9, 2026",
        (date_of(2026, 3, 9), ()) => "March 9, 2026",
        (date_of(2026, 3, 9), "SHORT_DATE_FORMAT") => "03/09/2026",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "DATETIME_FORMAT") => "Feb. 29, 2024, 11:59 p.m.",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "SHORT_DATETIME_FORMAT") => "02/29/2024 11:59 p.m.",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "MONTH_DAY_FORMAT") => "February 29",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "YEAR_MONTH_FORMAT") => "February 2024",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "a A b c d D e E f F g G h H i I j l L m M n N o O P r s S t T u U w W y Y z Z") => "p.m. PM feb 2024-02-29T23:59:58.123456-05:30 29 Thu XST February 11:59 February 11 23 11 23 59 0 29 Thursday True 02 Feb 2 Feb. 2024 -0530 11:59 p.m. Thu, 29 Feb 2024 23:59:58 -0530 58 th 29 XST 123456 1709270998 4 9 24 2024 60 -19800",
        (datetime((2024, 2, 29), (12, 0, 0, 0), Some((0, "UTC"))), "a A b c d D e E f F g G h H i I j l L m M n N o O P r s S t T u U w W y Y z Z") => "p.m. PM feb 2024-02-29T12:00:00+00:00 29 Thu UTC February 12 February 12 12 12 12 00 0 29 Thursday True 02 Feb 2 Feb. 2024 +0000 noon Thu, 29 Feb 2024 12:00:00 +0000 00 th 29 UTC 000000 1709208000 4 9 24 2024 60 0",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None), "a A b c d D e E f F g G h H i I j l L m M n N o O P r s S t T u U w W y Y z Z") => "a.m. AM jan 2008-01-02T00:00:00 02 Wed  January 12 January 12 0 12 00 00 0 2 Wednesday True 01 Jan 1 Jan. 2008 +0000 midnight Wed, 02 Jan 2008 00:00:00 +0000 00 nd 31 UTC 000000 1199232000 3 1 08 2008 2 0",
        (date_of(2026, 3, 9), "b c d D E F I j l L m M n N o r S t U w W y Y z") => "mar 2026-03-09 09 Mon March March  9 Monday False 03 Mar 3 March 2026 Mon, 09 Mar 2026 00:00:00 +0000 th 31 1773014400 1 11 26 2026 68",
        (date_of(2026, 3, 9), "H") => "TypeError: The format for date objects may not contain time-related format specifiers (found 'H').",
        (date_of(2026, 3, 9), "T") => "TypeError: The format for date objects may not contain time-related format specifiers (found 'T').",
        (time_of(13, 5, 7, 42), "c e O T Z I") => "13:05:07.000042     ",
        (time_of(13, 5, 7, 42), "j") => "",
        (time_of(13, 5, 7, 42), "r") => "TypeError: combine() argument 1 must be datetime.date, not datetime.time",
        (time_of(13, 5, 7, 42), "U") => "TypeError: combine() argument 1 must be datetime.date, not datetime.time",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None), "jS \\o\\f F") => "2nd of January",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None), "\\\\Y \\Y Y\\") => "\\Y Y 2008\\",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None), "\\") => "\\",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None), 5) => "5",
        (date_of(1, 1, 1), "Y y z W o") => "0001 01 1 1 1",
        (date_of(2005, 1, 1), "o W") => "2004 53",
        (date_of(2008, 12, 30), "o W") => "2009 1",
        (date_of(9999, 12, 31), "z t N") => "365 31 Dec.",
        (datetime((1969, 12, 31), (23, 59, 59, 5), None), "U") => "0",
        (datetime((2026, 9, 5), (12, 0, 0, 0), None), "N j, P") => "Sept. 5, noon",
        (datetime((2026, 9, 5), (0, 0, 0, 0), None), "P f") => "midnight 12",
        (datetime((2026, 9, 5), (0, 30, 0, 0), None), "P f") => "12:30 a.m. 12:30",
        (datetime((2026, 9, 5), (12, 0, 1, 0), None), "P f") => "noon 12",
        (datetime((2026, 9, 11), (13, 0, 0, 0), None), "P jS") => "1 p.m. 11th",
    }
}

#[test]
fn time() {
    cases! {
        super::time:
        (time_of(13, 5, 7, 42)) => "1:05 p.m.",
        (datetime((2008, 1, 2), (0, 0, 0, 0), None)) => "midnight",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))) => "11:59 p.m.",
        (date_of(2026, 3, 9)) => "",
        (date_of(2026, 3, 9), "Y") => "",
        (time_of(13, 5, 7, 42), "h:i:s.u") => "01:05:07.000042",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "e T O Z P") => "XST XST -0530 -19800 11:59 p.m.",
        (datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST"))), "j") => "",
        (()) => "",
        ("") => "",
        ("x") => "",
        ("x", "\\h") => "h",
        (time_of(13, 5, 7, 42), "") => "1:05 p.m.",
        (time_of(13, 5, 7, 42), "TIME_FORMAT") => "1:05 p.m.",
        (time_of(0, 0, 0, 0)) => "midnight",
        (time_of(12, 0, 0, 0)) => "noon",
        (time_of(0, 1, 0, 0)) => "12:01 a.m.",
        (time_of(23, 0, 0, 0)) => "11 p.m.",
    }
}

//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn wordwrap() {
    cases! {
        super::wordwrap:
        ("this is a long paragraph of text that really needs to be wrapped I'm afraid", 14) => "this is a long\nparagraph of\ntext that\nreally needs\nto be wrapped\nI'm afraid",
        ("this is a short paragraph of text.\n  But this line should be indented", 14) => "this is a\nshort\nparagraph of\ntext.\n  But this\nline should be\nindented",
        ("this is a short paragraph of text.\n  But this line should be indented", 15) => "this is a short\nparagraph of\ntext.\n  But this line\nshould be\nindented",
        ("a\n\nb \n c", 3) => "a\n\nb\n c",
        ("\ta\tbc\td", 8) => "a\nbc\nd",
        ("   ", 2) => "   ",
        (" \t ", 2) => " \t ",
        ("x", 0) => "ValueError: invalid width 0 (must be > 0)",
        ("", 0) => "",
        ("x", -2) => "ValueError: invalid width -2 (must be > 0)",
        ("x", big("-1000000000000000000000000000000")) => "ValueError: invalid width -1000000000000000000000000000000 (must be > 0)",
        ("x", "y") => "ValueError: invalid literal for int() with base 10: 'y'",
        ("x", ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        ("aaa bbb\r\nccc ddd\u{b} e\u{1c}f\u{2028}g\u{85}h", 5) => "aaa\nbbb\nccc\nddd\n e\nf\ng\nh",
        ("aaaaaaaaaa bb c", 4) => "aaaaaaaaaa\nbb c",
        ("a\u{a0}b c\u{3000}d e", 2) => "a\u{a0}b\nc\u{3000}d\ne",
        ("\u{a0} \u{a0} a", 1) => "a",
        ("a  b   c    d", 3) => "a\nb\nc\nd",
        ("é ü ö", 3) => "é ü\nö",
        (safe_str("<b>a</b> b"), 5) => "safe: <b>a</b>\nb",
        ("a b\n", 1) => "a\nb\n",
        ("a b\n\n", 1) => "a\nb\n\n",
        ("a\r", 1) => "a",
        (123456, 3) => "123456",
        ("a b c", "3") => "a b\nc",
        ("a b c", big("1000000000000000000000000000000")) => "a b c",
        ("x x x x x ", 4) => "x x\nx x\nx",
        ("\u{1f}a \u{1f} b", 2) => "\u{1f}a\n\u{1f}\nb",
    }
}

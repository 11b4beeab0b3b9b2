//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn truncatewords() {
    cases! {
        super::truncatewords:
        ("a sentence with a few words in it", 1) => "a …",
        ("a sentence with a few words in it", 100) => "a sentence with a few words in it",
        ("a sentence", "x") => "a sentence",
        ("  a\n b\t c  ", 2) => "a b …",
        ("a …  b", 2) => "a …",
        ("a b", 0) => "",
        ("a b", -1) => "",
        ("a b", ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        (safe_str("<b> c d"), 2) => "safe: <b> c …",
        (5, 1) => "5",
        ("", 3) => "",
    }
}

#[test]
fn truncatechars() {
    cases! {
        super::truncatechars:
        ("Test", 4) => "Test",
        ("Testing", 5) => "Test…",
        ("Testing", "x") => "Testing",
        ("Testing", 0) => "",
        ("Testing", -1) => "",
        ("Testing", 1) => "…",
        ("ééé", 2) => "é…",
        ("x̣̣ỵz", 2) => "x̣̣…",
        ("x̣̣ỵ", 2) => "x̣̣ỵ",
        ("̣a", 1) => "̣a",
        ("̣ab", 1) => "̣…",
        ("ab", list([])) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'list'",
        (safe_str("<b>c"), 3) => "safe: <b…",
        ("", 1) => "",
        ("Testing", big("1000000000000000000000000000000")) => "Testing",
    }
}

#[test]
fn truncatechars_html() {
    cases! {
        super::truncatechars_html:
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 0) => "",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 4) => "<p>one…</p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 9) => "<p>one <a href=\"#\">two …</a></p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 100) => "<p>one <a href=\"#\">two - three <br>four</a> five</p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", "no") => "<p>one <a href=\"#\">two - three <br>four</a> five</p>",
        ("<b>Ångström</b> was here", 3) => "<b>Ån…</b>",
        ("a<b>b</b>c", 3) => "a<b>b</b>c",
        ("a<b>b</b>c", 2) => "a<b>…</b>",
        ("<p>abc</p>", 3) => "<p>ab…</p>",
        ("abc", 3) => "abc",
        ("ab&amp;c", 4) => "ab&amp;…",
        ("ab&amp;c", 3) => "ab…",
        ("&lt;&gt;&#39;\"", 3) => "&lt;&gt;…",
        ("x &notit; y", 5) => "x ¬i…",
        ("<p>abc", 2) => "<p>a…</p>",
        ("abc<", 3) => "ab…",
        ("abc<d", 3) => "ab…",
        ("abc &am", 20) => "",
        ("abc &am p", 20) => "abc &amp;am p",
        ("abc &amp", 20) => "",
        ("<br/>ab<img src=x>cd<p/>ef", 5) => "<br/>ab<img src=x>cd<p/></p>…",
        ("<!-- c -->ab<!x>cd<?p>ef<![CDATA[x]]>gh", 5) => "abcd…",
        ("<script>a<b>c</script>def", 4) => "<script>a&lt;b…</script>",
        ("<script>a<b>c", 4) => "<script>",
        ("<style>ab</style>cd", 3) => "<style>ab</style>…",
        ("</p>a</b c>b</ d>c</>d</5>e", 4) => "</p>a</b>b</d>c…",
        ("<i><b>ab</i>cd", 3) => "<i><b>ab</i>…</b></i>",
        ("<I>ab</i>cd", 3) => "<I>ab</i>…",
        ("<a b='>'>cd</a>ef", 3) => "<a b='>'>cd</a>…",
        ("<a\0b>cd", 4) => "&lt;a\0…",
        ("<a b=\"'>cd", 2) => "",
        ("a < b <c> d", 4) => "a &lt;…",
        ("éé", 1) => "…",
        ("<p>&#1;ab</p>", 2) => "<p>a…</p>",
        ("a<b>bc</b>", 3) => "a<b>b…</b>",
        ("a<b>bc</b>", 4) => "a<b>bc</b>",
        ("<p>I &lt;3 python, what about you?</p>", 16) => "<p>I &lt;3 python, wh…</p>",
        ("<p></p>ab", 1) => "<p></p>…",
        (safe_str("<b>abc</b>"), 2) => "safe: <b>a…</b>",
        (5, 1) => "5",
        (123, 2) => "1…",
        ("", 1) => "",
        ("\n\n<p>a</p>", 2) => "\n…",
        ("<![foo x]>abc", 2) => "AssertionError: unknown status keyword 'foo ' in marked section",
        ("a<spÉan>bcd", 2) => "a<spÉan>…</spéan>",
        ("<é>abc", 2) => "&lt;…",
        (format!("xxx&#{};", "1".repeat(4301)), 2) => "ValueError: Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits; use sys.set_int_max_str_digits() to increase the limit",
        ("abc", ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        ("<a href='&amp;'>abc", 2) => "<a href='&amp;'>a…</a>",
        ("&", 3) => "",
        ("a&", 3) => "",
        ("a&b;c", 9) => "a&amp;b;c",
        ("a; &ampxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 3) => "a;…",
        ("abababababababababababababababababababab&amp", 100) => "",
    }
}

#[test]
fn truncatewords_html() {
    cases! {
        super::truncatewords_html:
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 0) => "",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 2) => "<p>one <a href=\"#\">two …</a></p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 4) => "<p>one <a href=\"#\">two - three <br> …</a></p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 5) => "<p>one <a href=\"#\">two - three <br>four</a> …</p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", 100) => "<p>one <a href=\"#\">two - three <br>four</a> five</p>",
        ("<p>one <a href=\"#\">two - three <br>four</a> five</p>", "no") => "<p>one <a href=\"#\">two - three <br>four</a> five</p>",
        ("¿Cómo está?", 1) => "¿Cómo …",
        ("  a   b  c  ", 2) => "  a b …",
        ("  a   b  c  ", 3) => "  a b c  ",
        (" \n ", 1) => " \n ",
        ("a b<i> c </i>d e", 3) => "a b<i> c </i> …",
        ("a <b> b </b> c", 2) => "a <b> b </b> …",
        ("<p>a &lt; b c</p>", 3) => "<p>a &lt; b …</p>",
        ("a\u{a0}b\u{2003}c d", 2) => "a b …",
        ("<br>  <p>a b", 1) => "<br>  <p> …</p>",
        ("a …  b c", 2) => "a …",
        (safe_str("<b>a b</b>"), 1) => "safe: <b>a …</b>",
        ("I'm \"x\" y", 2) => "I&#x27;m &quot;x&quot; …",
        ("a<b>b</b>c d", 2) => "a<b>b</b> …",
        ("<p>a</p> <p>b</p> <p>c</p>", 3) => "<p>a</p> <p>b</p> …",
        ("one two <script>three four</script> five", 3) => "one two <script>three …</script>",
        ("x < y z", 2) => "x &lt; …",
        ("abc", ()) => "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        ("abc", -1) => "",
        ("<p>one two</p>", 2) => "<p>one two</p>",
    }
}

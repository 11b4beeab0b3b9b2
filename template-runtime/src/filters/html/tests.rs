//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn safe() {
    cases! {
        super::safe:
        ("<b>") => "safe: <b>",
        (5) => "safe: 5",
        (safe_str("x")) => "safe: x",
    }
}

#[test]
fn escape() {
    cases! {
        super::escape:
        ("<a href='x'>&\"</a>") => "safe: &lt;a href=&#x27;x&#x27;&gt;&amp;&quot;&lt;/a&gt;",
        (safe_str("<b>")) => "safe: <b>",
        (5) => "safe: 5",
        (list([v("'")])) => "safe: [&quot;&#x27;&quot;]",
        ("") => "safe: ",
    }
}

#[test]
fn force_escape() {
    cases! {
        super::force_escape:
        ("<&amp;>") => "safe: &lt;&amp;amp;&gt;",
        (safe_str("<b>")) => "safe: &lt;b&gt;",
        ("a") => "safe: a",
    }
}

#[test]
fn linebreaks() {
    cases! {
        super::linebreaks:
        ("line 1\nline 2") => "safe: <p>line 1<br>line 2</p>",
        ("a\n\nb\n\n\nc\r\nd\re\r\n\r\nf") => "safe: <p>a</p>\n\n<p>b</p>\n\n<p>c<br>d<br>e</p>\n\n<p>f</p>",
        ("\n") => "safe: <p><br></p>",
        ("") => "safe: <p></p>",
        ("<b>\n&") => "safe: <p>&lt;b&gt;<br>&amp;</p>",
        (safe_str("<b>\n&")) => "safe: <p><b><br>&</p>",
        (123) => "safe: <p>123</p>",
        ("\n\na") => "safe: <p></p>\n\n<p>a</p>",
    }
}

#[test]
fn linebreaks_without_autoescape() {
    cases_without_autoescape! {
        super::linebreaks:
        ("<b>\n&") => "safe: <p><b><br>&</p>",
    }
}

#[test]
fn linebreaksbr() {
    cases! {
        super::linebreaksbr:
        ("a\nb\r\nc\rd\n\ne") => "safe: a<br>b<br>c<br>d<br><br>e",
        ("<b>\n") => "safe: &lt;b&gt;<br>",
        (safe_str("<b>\n")) => "safe: <b><br>",
        (123) => "safe: 123",
    }
}

#[test]
fn linebreaksbr_without_autoescape() {
    cases_without_autoescape! {
        super::linebreaksbr:
        ("<b>\n") => "safe: <b><br>",
    }
}

#[test]
fn urlencode() {
    cases! {
        super::urlencode:
        ("françois & jill") => "fran%C3%A7ois%20%26%20jill",
        ("https://example.org/a?b=c&d=~_.-") => "https%3A//example.org/a%3Fb%3Dc%26d%3D~_.-",
        ("/x:", "") => "%2Fx%3A",
        ("/x:&", ":&") => "%2Fx:&",
        ("/é", "é") => "%2F%C3%A9",
        (1) => "1",
        ("/", ()) => "/",
        (safe_str("<a>")) => "%3Ca%3E",
    }
}

#[test]
fn escapejs() {
    cases! {
        super::escapejs:
        ("\\ : backslashes, too") => "safe: \\u005C : backslashes, too",
        ("\"double quotes\" and 'single quotes'") => "safe: \\u0022double quotes\\u0022 and \\u0027single quotes\\u0027",
        ("<script>and this</script>\r\n\t\u{b}\u{c}\u{8}") => "safe: \\u003Cscript\\u003Eand this\\u003C/script\\u003E\\u000D\\u000A\\u0009\\u000B\\u000C\\u0008",
        ("paragraph separator:\u{2029}and line separator:\u{2028} `=-;\u{7f}\u{9f}\u{a0}é") => "safe: paragraph separator:\\u2029and line separator:\\u2028 \\u0060\\u003D\\u002D\\u003B\\u007F\\u009F\u{a0}é",
        (safe_str("<")) => "safe: \\u003C",
        (5) => "safe: 5",
    }
}

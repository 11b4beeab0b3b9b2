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
fn striptags() {
    cases! {
        super::striptags:
        ("<p>See: &#39;&eacute; is an apostrophe</p>") => "See: &#39;&eacute; is an apostrophe",
        ("<adf>a</adf>b") => "ab",
        ("hi, <f x") => "hi, <f x",
        ("234<235, right?") => "234<235, right?",
        ("a4<a5 right?") => "a4<a5 right?",
        ("b7>b2!") => "b7>b2!",
        ("</fe") => "</fe",
        ("d<a:b c:d>e</p>f") => "def",
        ("<a href='x>y' b=\"z>\" c=d>e</a>") => "e",
        ("<a b='>c") => "<a b='>c",
        ("<a b= '>c<d>e") => "ce",
        ("<a b=='>c<d>e") => "ce",
        ("<a\u{0}b>c") => "<a\u{0}b>c",
        ("<br/>a<br / >b") => "ab",
        ("<script>a<b>c</script>d") => "acd",
        ("<script>a<b>c") => "",
        ("<script/>a<b>c") => "ac",
        ("<STYLE>a</ style >b") => "ab",
        ("<!-- a > b -- >c") => "c",
        ("<!-- a <b>") => "<!-- a <b>",
        ("<!DOCTYPE html>a<!x>b<?y z>c") => "abc",
        ("<![CDATA[x]] >y<![if z]>w") => "yw",
        ("<![CDATA[x<b>") => "<![CDATA[x<b>",
        ("a<![foo x]>b") => "AssertionError: unknown status keyword 'foo ' in marked section",
        ("a<![]]>b") => "AssertionError: expected name token at '<![]]>b'",
        ("&gotcha&#;<>") => "&gotcha&#;<>",
        ("<b>&amp &lt-&#65 &#x41; &x") => "&amp; &lt-;&#65; &#x41; x",
        ("<b>&x") => "x",
        ("<b>a&#;&#<i>;</b>") => "a&#;&#<i>;</b>",
        ("<sc<!-- -->ript>test<<!-- -->/script>") => "ript>test",
        (format!("{}{}", "<".repeat(60), "a>".repeat(60))) => "SuspiciousOperation: ",
        (format!(">{}", "<a".repeat(501))) => "SuspiciousOperation: ",
        ("<b>&") => "&",
        ("a </> b</ >c") => "a  bc",
        (safe_str("<b>&lt;</b>")) => "safe: &lt;",
        (123) => "123",
        ("") => "",
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

#[test]
fn iriencode() {
    cases! {
        super::iriencode:
        ("Sør-Trøndelag") => "S%C3%B8r-Tr%C3%B8ndelag",
        ("françois & jill") => "fran%C3%A7ois%20&%20jill",
        ("/#%[]=:;$&()+,!?*@'~ \"<>\\^`{|}%41") => "/#%[]=:;$&()+,!?*@'~%20%22%3C%3E%5C%5E%60%7B%7C%7D%41",
        (safe_str("<a>&")) => "safe: %3Ca%3E&",
        (1) => "1",
        ("") => "",
    }
}

#[test]
fn linenumbers() {
    cases! {
        super::linenumbers:
        ("line 1\nline 2") => "safe: 1. line 1\n2. line 2",
        ("x\nx\nx\nx\nx\nx\nx\nx\nx\nx") => "safe: 01. x\n02. x\n03. x\n04. x\n05. x\n06. x\n07. x\n08. x\n09. x\n10. x",
        ("one\n<two>\n&") => "safe: 1. one\n2. &lt;two&gt;\n3. &amp;",
        (safe_str("a\n<b>")) => "safe: 1. a\n2. <b>",
        ("a\r\nb\n") => "safe: 1. a\r\n2. b\n3. ",
        ("") => "safe: 1. ",
        (123) => "safe: 1. 123",
    }
}

#[test]
fn linenumbers_without_autoescape() {
    cases_without_autoescape! {
        super::linenumbers:
        ("<a>\n&") => "safe: 1. <a>\n2. &",
    }
}

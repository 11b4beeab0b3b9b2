//! What Django gives for the filters of this module.

use hotplate_plugin_api::Value;

use crate::filters::Call;
use crate::python;
use crate::testing::*;

#[test]
fn first() {
    cases! {
        super::first:
        (list([v(1), v(2)])) => "1",
        (tuple([])) => "",
        ("éa") => "é",
        ("") => "",
        (dict([(v(0), v("z"))])) => "z",
        (dict([(v("a"), v(1))])) => "KeyError: 0",
        (dict([])) => "KeyError: 0",
        (()) => "TypeError: 'NoneType' object is not subscriptable",
        (5) => "TypeError: 'int' object is not subscriptable",
        (safe_str("<b")) => "<",
        (date_of(2026, 3, 9)) => "TypeError: 'datetime.date' object is not subscriptable",
    }
}

#[test]
fn last() {
    cases! {
        super::last:
        (list([v(1), v(2)])) => "2",
        (tuple([v(3)])) => "3",
        ("aé") => "é",
        (list([])) => "",
        (dict([(v(-1), v("z"))])) => "z",
        (dict([(v(1), v(1))])) => "KeyError: -1",
        (()) => "TypeError: 'NoneType' object is not subscriptable",
    }
}

#[test]
fn length() {
    cases! {
        super::length:
        (list([v(1), v(2)])) => "2",
        ("éa") => "2",
        (5) => "0",
        (()) => "0",
        (dict([(v(1), v(2))])) => "1",
        (tuple([])) => "0",
    }
}

#[test]
fn join() {
    cases! {
        super::join:
        (list([v("a"), v("<b>"), v(safe_str("<i>")), v(1), v(()), v(2.5)]), "&") => "safe: a&amp;&lt;b&gt;&amp;<i>&amp;1&amp;None&amp;2.5",
        (list([v("a"), v("b")]), safe_str("<br>")) => "safe: a<br>b",
        ("ab", "-") => "safe: a-b",
        (dict([(v("x"), v(1)), (v("y"), v(2))]), ", ") => "safe: x, y",
        (list([]), "-") => "safe: ",
        (5, "-") => "5",
        ((), "-") => "None",
        (list([v(1), v(2)]), 3) => "safe: 132",
        (list([v(list([v("<")])), v("'")]), "") => "safe: [&#x27;&lt;&#x27;]&#x27;",
    }
}

#[test]
fn join_without_autoescape() {
    cases_without_autoescape! {
        super::join:
        (list([v("a"), v("<b>")]), "&") => "safe: a&<b>",
        (list([v(1), v("a")]), "-") => "[1, 'a']",
        (list([v("a")]), 5) => "AttributeError: 'int' object has no attribute 'join'",
        ("ab", ()) => "AttributeError: 'NoneType' object has no attribute 'join'",
        (5, "-") => "5",
        (dict([(v("x"), v(1)), (v("y"), v(2))]), ", ") => "safe: x, y",
    }
}

#[test]
fn slice() {
    cases! {
        super::slice:
        ("abcdé", ":2") => "ab",
        ("abcdé", "-2:") => "dé",
        ("abcdé", "::-1") => "édcba",
        ("abcdé", "3") => "abc",
        ("abcdé", "1:4:2") => "bd",
        (list([v(1), v(2), v(3), v(4), v(5)]), "1:-1") => "[2, 3, 4]",
        (list([v(1), v(2), v(3), v(4), v(5)]), "4:1:-2") => "[5, 3]",
        (list([v(1), v(2), v(3), v(4), v(5)]), "-99:99") => "[1, 2, 3, 4, 5]",
        (tuple([v(1), v(2), v(3)]), ":2") => "(1, 2)",
        (tuple([v(1), v(2), v(3)]), "::0") => "(1, 2, 3)",
        (list([v(1), v(2)]), "x") => "[1, 2]",
        (list([v(1), v(2)]), "1:2:3:4") => "[1, 2]",
        (list([v(1), v(2)]), 1) => "[1]",
        (list([v(1), v(2)]), ()) => "[1, 2]",
        (dict([]), "1") => "{}",
        (dict([(v("a"), v(1))]), ":1") => "{'a': 1}",
        ((), ":1") => "None",
        (5, ":1") => "5",
        (safe_str("<b>"), ":2") => "<b",
        (list([v(1), v(2), v(3)]), "") => "[1, 2, 3]",
        (list([v(1), v(2), v(3)]), ":") => "[1, 2, 3]",
        (list([v(1), v(2), v(3)]), ":-9223372036854775808") => "[]",
        (list([v(1), v(2), v(3)]), "::99999999999999999999") => "[1]",
        (list([v(1), v(2), v(3)]), "::-99999999999999999999") => "[3]",
        (list([v(1), v(2), v(3)]), " 1 : 2_0 ") => "[2, 3]",
    }
}

#[test]
fn dictsort() {
    cases! {
        super::dictsort:
        (list([v(dict([(v("a"), v(2))])), v(dict([(v("a"), v(1))]))]), "a") => "[{'a': 1}, {'a': 2}]",
        (list([v(dict([(v("a"), v(dict([(v("b"), v(2))])))])), v(dict([(v("a"), v(dict([(v("b"), v(1))])))]))]), "a.b") => "[{'a': {'b': 1}}, {'a': {'b': 2}}]",
        (list([v(tuple([v(1), v("c")])), v(tuple([v(2), v("a")]))]), 1) => "[(2, 'a'), (1, 'c')]",
        (list([v(tuple([v(1), v("c")])), v(tuple([v(2), v("a")]))]), "1") => "",
        (list([v(dict([(v("a"), v(1))])), v(dict([(v("b"), v(1))]))]), "a") => "",
        (list([v(dict([(v("a"), v(1))])), v(dict([(v("a"), v("x"))]))]), "a") => "",
        (list([v(dict([(v("_a"), v(1))]))]), "_a") => "",
        (list([v(dict([(v("a"), v(1))]))]), "") => "IndexError: string index out of range",
        (list([v(dict([(v("1"), v(2))])), v(dict([(v("1"), v(1))]))]), "1") => "[{'1': 1}, {'1': 2}]",
        (list([v(dict([(v("1"), v(2))])), v(dict([]))]), "1") => "KeyError: '1'",
        (list([v(list([v(1)])), v(list([]))]), 0) => "IndexError: list index out of range",
        (5, "a") => "",
        (list([v(1)]), ()) => "",
        (list([v(dict([(v("a"), v(1)), (v("n"), v(1))])), v(dict([(v("a"), v(1)), (v("n"), v(2))]))]), "a") => "[{'a': 1, 'n': 1}, {'a': 1, 'n': 2}]",
        ("ba", 0) => "['a', 'b']",
        (list([v(list([v(3), v(1)])), v(list([v(1), v(2), v(3)])), v(list([v(2), v(0)]))]), "0") => "",
        (list([v(dict([(v("a"), v(list([v(2)])))])), v(dict([(v("a"), v(list([v(1)])))]))]), "a.0") => "",
        (list([v(dict([(v("d"), v(date_of(2026, 3, 9)))])), v(dict([(v("d"), v(datetime((2008, 1, 2), (0, 0, 0, 0), None)))]))]), "d.year") => "[{'d': datetime.datetime(2008, 1, 2, 0, 0)}, {'d': datetime.date(2026, 3, 9)}]",
        (list([v(dict([(v("d"), v(date_of(2026, 3, 9)))])), v(dict([(v("d"), v(datetime((2008, 1, 2), (0, 0, 0, 0), None)))]))]), "d.weekday") => "",
    }
}

#[test]
fn dictsortreversed() {
    cases! {
        super::dictsortreversed:
        (list([v(dict([(v("a"), v(1))])), v(dict([(v("a"), v(3))])), v(dict([(v("a"), v(2))]))]), "a") => "[{'a': 3}, {'a': 2}, {'a': 1}]",
        (list([v(dict([(v("a"), v(1)), (v("n"), v(1))])), v(dict([(v("a"), v(1)), (v("n"), v(2))])), v(dict([(v("a"), v(2)), (v("n"), v(3))]))]), "a") => "[{'a': 2, 'n': 3}, {'a': 1, 'n': 1}, {'a': 1, 'n': 2}]",
        ((), "a") => "",
    }
}

#[test]
fn what_has_no_order_is_sorted_somehow() {
    let items = (0..100).map(|place| match place % 3 {
        0 => f64::NAN,
        _ => f64::from(place * 37 % 100),
    });
    let items = Value::list(items.map(|item| dict([(v("a"), v(item))])));
    let sorted = super::dictsort(&Call::plain(true), &items, &[v("a").into()]);
    assert!(sorted.is_ok_and(|sorted| python::length(&sorted) == Some(100)));
}

#[test]
fn safeseq() {
    cases! {
        super::safeseq:
        (list([v("<a>"), v(1), v(safe_str("&"))])) => "['<a>', '1', '&']",
        ("<b") => "['<', 'b']",
        (tuple([v(())])) => "['None']",
        (5) => "TypeError: 'int' object is not iterable",
        (dict([(v("<k>"), v(1))])) => "['<k>']",
        (list([])) => "[]",
    }
}

#[test]
fn escapeseq() {
    cases! {
        super::escapeseq:
        (list([v("<a>"), v(1), v(safe_str("&")), v(list([v("'")]))])) => "['&lt;a&gt;', '1', '&', '[&quot;&#x27;&quot;]']",
        ("<b") => "['&lt;', 'b']",
        (5) => "TypeError: 'int' object is not iterable",
        (list([])) => "[]",
    }
}

#[test]
fn unordered_list() {
    cases! {
        super::unordered_list:
        (list([v("item 1"), v("item 2")])) => "safe: \t<li>item 1</li>\n\t<li>item 2</li>",
        (list([v("item 1"), v(list([v("item 1.1")]))])) => "safe: \t<li>item 1\n\t<ul>\n\t\t<li>item 1.1</li>\n\t</ul>\n\t</li>",
        (list([v("item 1"), v(list([v("item 1.1")])), v("item 2")])) => "safe: \t<li>item 1\n\t<ul>\n\t\t<li>item 1.1</li>\n\t</ul>\n\t</li>\n\t<li>item 2</li>",
        (list([v("item 1"), v(list([v("item 1.1"), v(list([v("item 1.1.1"), v(list([v("item 1.1.1.1")]))]))]))])) => "safe: \t<li>item 1\n\t<ul>\n\t\t<li>item 1.1\n\t\t<ul>\n\t\t\t<li>item 1.1.1\n\t\t\t<ul>\n\t\t\t\t<li>item 1.1.1.1</li>\n\t\t\t</ul>\n\t\t\t</li>\n\t\t</ul>\n\t\t</li>\n\t</ul>\n\t</li>",
        (list([v("States"), v(list([v("Kansas"), v(list([v("Lawrence"), v("Topeka")])), v("Illinois")]))])) => "safe: \t<li>States\n\t<ul>\n\t\t<li>Kansas\n\t\t<ul>\n\t\t\t<li>Lawrence</li>\n\t\t\t<li>Topeka</li>\n\t\t</ul>\n\t\t</li>\n\t\t<li>Illinois</li>\n\t</ul>\n\t</li>",
        (list([v(list([v("a")])), v(list([v("b")]))])) => "safe: \t<li>[&#x27;a&#x27;]\n\t<ul>\n\t\t<li>b</li>\n\t</ul>\n\t</li>",
        (list([v("a"), v(list([])), v("b")])) => "safe: \t<li>a</li>\n\t<li>b</li>",
        (list([v("<a>"), v(tuple([v("<b>"), v(safe_str("<c>"))])), v(list([v("d")]))])) => "safe: \t<li>&lt;a&gt;\n\t<ul>\n\t\t<li>&lt;b&gt;</li>\n\t\t<li><c></li>\n\t</ul>\n\t</li>\n\t<li>[&#x27;d&#x27;]</li>",
        (list([v(list([v("a")])), v("b"), v(list([]))])) => "safe: \t<li>[&#x27;a&#x27;]</li>\n\t<li>b</li>",
        ("ab") => "safe: \t<li>a</li>\n\t<li>b</li>",
        (list([])) => "safe: ",
        (5) => "TypeError: 'int' object is not iterable",
        (list([v("x"), v(dict([(v("k"), v(1))]))])) => "safe: \t<li>x</li>\n\t<li>{&#x27;k&#x27;: 1}</li>",
        (list([v("a"), v(list([v(list([v("b")])), v(list([v("c")])), v(list([v("d")]))])), v(list([v("e")]))])) => "safe: \t<li>a\n\t<ul>\n\t\t<li>[&#x27;b&#x27;]\n\t\t<ul>\n\t\t\t<li>c</li>\n\t\t</ul>\n\t\t</li>\n\t\t<li>[&#x27;d&#x27;]</li>\n\t</ul>\n\t</li>\n\t<li>[&#x27;e&#x27;]</li>",
        (list([v(1), v(list([v(2.5), v(list([v(())]))]))])) => "safe: \t<li>1\n\t<ul>\n\t\t<li>2.5\n\t\t<ul>\n\t\t\t<li>None</li>\n\t\t</ul>\n\t\t</li>\n\t</ul>\n\t</li>",
    }
}

#[test]
fn unordered_list_without_autoescape() {
    cases_without_autoescape! {
        super::unordered_list:
        (list([v("<a>"), v(list([v("<b>"), v(1)]))])) => "safe: \t<li><a>\n\t<ul>\n\t\t<li><b></li>\n\t\t<li>1</li>\n\t</ul>\n\t</li>",
        (list([v("x"), v(list([v(list([v("<y>")]))]))])) => "safe: \t<li>x\n\t<ul>\n\t\t<li>['<y>']</li>\n\t</ul>\n\t</li>",
    }
}

#[test]
fn random() {
    cases! {
        super::random:
        (list([])) => "",
        ("") => "",
        (list([v(7), v(7), v(7)])) => "7",
        (tuple([v("x")])) => "x",
        ("aaa") => "a",
        (dict([(v(0), v("a"))])) => "a",
        (dict([(v("k"), v("a"))])) => "KeyError: 0",
        (5) => "TypeError: object of type 'int' has no len()",
        (()) => "TypeError: object of type 'NoneType' has no len()",
    }
}

#[test]
fn lists_too_deep_for_python_are_an_error() {
    let mut value = list([v("x")]);
    for _ in 0..1000 {
        value = list([v("x"), value]);
    }
    cases! {
        super::unordered_list:
        (value.clone()) => "RecursionError: maximum recursion depth exceeded",
    }
}

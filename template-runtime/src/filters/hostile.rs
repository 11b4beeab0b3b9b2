//! Input made to take long: every filter for text has to stay linear.

use std::time::{Duration, Instant};

use hotplate_plugin_api::value::Value;

use super::{Call, Filter, html, humanize, pprint, strings, truncation, urlize, wrap};
use crate::testing::*;

/// Characters in each input. What takes quadratic time takes minutes for them.
const LENGTH: usize = 50_000;
/// What is far more than linear time, even in a slow build on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);

const PATTERNS: [&str; 47] = [
    "<",
    ">",
    "&",
    "(",
    ")",
    "[",
    "]",
    "@",
    ".",
    ";",
    ":",
    "/",
    "%",
    "=",
    "'",
    "\"",
    " ",
    "\n",
    "\t",
    "a",
    "é",
    "<a",
    "<a ",
    "</a",
    "</a>",
    "<a b=",
    "<a b='",
    "<a b=\"'",
    "<a/",
    "<!--",
    "<![CDATA[",
    "<!",
    "<?",
    "<script>",
    "</script",
    "</ ",
    "&#",
    "&a",
    "&#1",
    "&amp;",
    "a.",
    "a.com ",
    "a@a.",
    "a@",
    "www.",
    "http://",
    "\u{301}",
];

#[test]
fn filters_for_text_are_linear() {
    let small = v(10);
    let huge = v(i64::MAX);
    let filters: [(&str, Filter, Option<&_>); 19] = [
        ("urlize", urlize::urlize, None),
        ("urlizetrunc", urlize::urlizetrunc, Some(&small)),
        ("wordwrap", wrap::wordwrap, Some(&small)),
        ("wordwrap", wrap::wordwrap, Some(&huge)),
        ("truncatechars", truncation::truncatechars, Some(&huge)),
        ("truncatewords", truncation::truncatewords, Some(&huge)),
        (
            "truncatechars_html",
            truncation::truncatechars_html,
            Some(&small),
        ),
        (
            "truncatechars_html",
            truncation::truncatechars_html,
            Some(&huge),
        ),
        (
            "truncatewords_html",
            truncation::truncatewords_html,
            Some(&small),
        ),
        (
            "truncatewords_html",
            truncation::truncatewords_html,
            Some(&huge),
        ),
        ("striptags", html::striptags, None),
        ("linebreaks", html::linebreaks, None),
        ("linenumbers", html::linenumbers, None),
        ("escapejs", html::escapejs, None),
        ("iriencode", html::iriencode, None),
        ("slugify", strings::slugify, None),
        ("title", strings::title, None),
        ("intcomma", humanize::intcomma, None),
        ("pprint", pprint::pprint, None),
    ];
    for pattern in PATTERNS {
        let text = pattern.repeat(LENGTH / pattern.len());
        for input in [v(format!(">{text}")), safe_str(&text)] {
            for (name, filter, argument) in &filters {
                let arguments: Vec<_> = argument.iter().map(|value| (*value).into()).collect();
                let start = Instant::now();
                // Errors are as good as results here.
                drop(filter(&Call::plain(true), &input, &arguments));
                let elapsed = start.elapsed();
                assert!(elapsed < LIMIT, "{name} of {pattern:?}: {elapsed:?}");
            }
        }
    }
}

#[test]
fn what_is_wide_and_deep_is_printed_in_linear_time() {
    let mut value = list([]);
    for _ in 0..400 {
        value = list([value, v("x".repeat(100))]);
    }
    let wide = Value::list((0..LENGTH).map(|_| value_of_words()));
    for value in [value, wide] {
        let start = Instant::now();
        drop(pprint::pprint(&Call::plain(true), &value, &[]));
        let elapsed = start.elapsed();
        assert!(elapsed < LIMIT, "{elapsed:?}");
    }
}

fn value_of_words() -> Value {
    dict([(v("a"), v("x y")), (v("b"), v(1))])
}

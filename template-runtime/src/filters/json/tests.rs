//! What Django gives for the filters of this module.

use crate::testing::*;

#[test]
fn json_script() {
    cases! {
        super::json_script:
        (dict([(v("a"), v("testing\r\njson 'string\" <b>escaping</b> &"))]), "test_id") => "safe: <script id=\"test_id\" type=\"application/json\">{\"a\": \"testing\\r\\njson 'string\\\" \\u003Cb\\u003Eescaping\\u003C/b\\u003E \\u0026\"}</script>",
        (list([v("é🙂\u{7f}\u{c}\u{8}\\"), v(()), v(true), v(false), v(1), v(1.5), v(1e+16), v(power_of_ten(30))])) => "safe: <script type=\"application/json\">[\"\\u00e9\\ud83d\\ude42\\u007f\\f\\b\\\\\", null, true, false, 1, 1.5, 1e+16, 1000000000000000000000000000000]</script>",
        (tuple([v(1), v(list([]))]), "") => "safe: <script type=\"application/json\">[1, []]</script>",
        (dict([]), "<i'd>") => "safe: <script id=\"&lt;i&#x27;d&gt;\" type=\"application/json\">{}</script>",
        (dict([(v(1), v(3)), (v(()), v(2)), (v(1.5), v(4))]), ()) => "safe: <script type=\"application/json\">{\"1\": 3, \"null\": 2, \"1.5\": 4}</script>",
        (dict([(v(tuple([v(1)])), v(2))])) => "TypeError: keys must be str, int, float, bool or None, not tuple",
        (list([v(f64::NAN), v(f64::INFINITY), v(f64::NEG_INFINITY)]), 5) => "safe: <script id=\"5\" type=\"application/json\">[NaN, Infinity, -Infinity]</script>",
        (list([v(date_of(2026, 3, 9)), v(datetime((2008, 1, 2), (0, 0, 0, 0), None)), v(datetime((2024, 2, 29), (23, 59, 58, 123456), Some((-19800, "XST")))), v(datetime((2024, 2, 29), (12, 0, 0, 0), Some((0, "UTC")))), v(time_of(13, 5, 7, 42)), v(time_of(1, 2, 3, 0))])) => "safe: <script type=\"application/json\">[\"2026-03-09\", \"2008-01-02T00:00:00\", \"2024-02-29T23:59:58.123-05:30\", \"2024-02-29T12:00:00Z\", \"13:05:07.000\", \"01:02:03\"]</script>",
        ("x", safe_str("<i>")) => "safe: <script id=\"<i>\" type=\"application/json\">\"x\"</script>",
    }
}

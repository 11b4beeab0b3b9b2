//! What Python gives for references.

use hotplate_plugin_api::value::Value;

use super::*;
use crate::testing::*;

#[test]
fn the_table_is_sorted_and_every_name_is_found() {
    assert!(ENTITIES.is_sorted_by(|a, b| key(&a.entity[1..]).le(key(&b.entity[1..]))));
    for entity in &ENTITIES {
        assert_eq!(named(&entity.entity[1..]), Some(entity.characters));
    }
    assert_eq!(named("nonesuch;"), None);
}

#[test]
fn references() {
    let check = |text: &str, expected: &str| {
        let result = unescape(text).map(|text| text.into_owned());
        assert_eq!(outcome(result.map(Value::from)), expected, "for {text:?}");
    };
    let cases = [
        ("", ""),
        ("a", "a"),
        ("&amp;", "&"),
        ("&amp", "&"),
        ("&ampx", "&x"),
        ("&notit;", "¬it;"),
        ("&notin;", "∉"),
        ("&NotEqualTilde;", "≂̸"),
        ("&x;", "&x;"),
        ("&;", "&;"),
        ("&", "&"),
        ("&#", "&#"),
        ("&#;", "&#;"),
        ("&#x;", "&#x;"),
        ("&#39;", "'"),
        ("&#39x", "'x"),
        ("&#x27;", "'"),
        ("&#X27", "'"),
        ("&#xg", "&#xg"),
        ("&#0;", "�"),
        ("&#13;", "\r"),
        ("&#128;", "€"),
        ("&#x9f;", "Ÿ"),
        ("&#x81;", "\u{81}"),
        ("&#1;", ""),
        ("&#11;", ""),
        ("&#127;", ""),
        ("&#55296;", "�"),
        ("&#1114112;", "�"),
        ("&#99999999999999999999;", "�"),
        ("&#xfffe;", ""),
        ("&#xfdd0;", ""),
        ("&#x10ffff;", ""),
        ("&#x1F600;", "😀"),
        ("&a&lt&gt;", "&a<>"),
        ("&ltb", "<b"),
        ("&Ltb", "&Ltb"),
        ("&aacuteé", "áé"),
        ("&é;", "&é;"),
        ("&copyé", "©é"),
        (
            "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;",
            "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;",
        ),
        ("&CounterClockwiseContourIntegral;", "∳"),
        (
            "&CounterClockwiseContourIntegralx",
            "&CounterClockwiseContourIntegralx",
        ),
        ("&amp;amp;", "&amp;"),
        ("a & b &lt; c", "a & b < c"),
        ("&sub1;", "&sub1;"),
        ("&frac34", "¾"),
        ("&there4;", "∴"),
        ("&l t;", "&l t;"),
        ("&lt&#60;", "<<"),
        ("&aacut", "&aacut"),
        ("&l", "&l"),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
    check(
        &format!("&#{};", "1".repeat(4301)),
        "ValueError: Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits; use sys.set_int_max_str_digits() to increase the limit",
    );
}

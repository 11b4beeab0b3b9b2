//! Tests of reversing.

use abi_stable::std_types::{ROption, RSlice, RStr};

use super::*;

fn routes() -> Routes {
    let shop = || {
        Routes::new()
            .path("", "index")
            .path("items/<int:pk>/", "item")
            .nest("deep/", Routes::new().path("<uuid:id>", "deep"))
    };
    Routes::new()
        .path("/", "index")
        .path("articles/<int:year>/<slug:slug>/", "article")
        .path("articles/<int:year>/", "article")
        .path("files/<path:path>", "file")
        .path("search/<query>", "search")
        .path("a.b (c)/<a>-<b>", "odd")
        .include("shop/", "shop", shop())
        .include_application("eu/", "store", "eu", shop())
        .include_application("us/", "store", "us", shop().include("in/", "inner", shop()))
}

fn reverse(
    name: &str,
    args: &[Value],
    keywords: &[(&str, Value)],
    current_app: &str,
) -> Result<String, String> {
    let names: Vec<RStr<'_>> = keywords.iter().map(|(name, _)| (*name).into()).collect();
    let values: Vec<Value> = keywords.iter().map(|(_, value)| value.clone()).collect();
    let wanted = Reverse {
        name: name.into(),
        args: args.into(),
        names: RSlice::from_slice(&names),
        values: values.as_slice().into(),
        current_app: if current_app.is_empty() {
            ROption::RNone
        } else {
            ROption::RSome(current_app.into())
        },
        language: ROption::RNone,
    };
    let result = routes().reverse(&wanted);
    result.map_err(|exception| exception.message.to_string())
}

fn check(name: &str, args: &[Value], expected: Result<&str, &str>) {
    let result = reverse(name, args, &[], "");
    let result = result.as_deref().map_err(String::as_str);
    assert_eq!(result, expected, "{name}");
}

#[test]
fn names_become_urls() {
    let id = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";
    check("index", &[], Ok("/"));
    check("article", &[2026.into()], Ok("/articles/2026/"));
    check(
        "article",
        &[2026.into(), "on-plates".into()],
        Ok("/articles/2026/on-plates/"),
    );
    check("file", &["a/b c.txt".into()], Ok("/files/a/b%20c.txt"));
    check("search", &["ä&?".into()], Ok("/search/%C3%A4&%3F"));
    check("odd", &["x-y".into(), "z".into()], Ok("/a.b%20(c)/x-y-z"));
    check("shop:index", &[], Ok("/shop/"));
    check("shop:item", &["7".into()], Ok("/shop/items/7/"));
    check("shop:deep", &[id.into()], Ok(&format!("/shop/deep/{id}")));
}

#[test]
fn mistakes_are_named_as_in_django() {
    check(
        "none",
        &[],
        Err(
            "Reverse for 'none' not found. 'none' is not a valid view function or pattern \
             name.",
        ),
    );
    check(
        "article",
        &["x".into()],
        Err(
            r"Reverse for 'article' with arguments '('x',)' not found. 2 pattern(s) tried: ['articles/(?P<year>[0-9]+)/\\Z', 'articles/(?P<year>[0-9]+)/(?P<slug>[-a-zA-Z0-9_]+)/\\Z']",
        ),
    );
    check(
        "odd",
        &[],
        Err(
            r"Reverse for 'odd' with no arguments not found. 1 pattern(s) tried: ['a\\.b\\ \\(c\\)/(?P<a>[^/]+)\\-(?P<b>[^/]+)\\Z']",
        ),
    );
    check(
        "nowhere:index",
        &[],
        Err("'nowhere' is not a registered namespace"),
    );
    check(
        "shop:nowhere:index",
        &[],
        Err("'nowhere' is not a registered namespace inside 'shop'"),
    );
    check(
        "shop:item",
        &["x".into()],
        Err(
            r"Reverse for 'item' with arguments '('x',)' not found. 1 pattern(s) tried: ['shop/items/(?P<pk>[0-9]+)/\\Z']",
        ),
    );
}

#[test]
fn keywords_must_be_those_of_the_route() {
    let year = ("year", Value::from(2026));
    let slug = ("slug", Value::from("x"));
    let both = reverse("article", &[], &[slug.clone(), year.clone()], "");
    assert_eq!(both.as_deref(), Ok("/articles/2026/x/"));
    let mixed = reverse("article", &[2026.into()], std::slice::from_ref(&slug), "");
    let message = "Don't mix *args and **kwargs in call to reverse()!";
    assert_eq!(mixed, Err(message.to_owned()));
    let slug_alone = reverse("article", &[], &[slug], "").expect_err("the year is missing");
    assert!(slug_alone.starts_with(
        "Reverse for 'article' with keyword arguments '{'slug': 'x'}' not found. 2 pattern(s)"
    ));
}

#[test]
fn the_current_application_chooses_among_instances() {
    let cases = [
        ("store:index", "", "/us/"),
        ("store:index", "eu", "/eu/"),
        ("store:index", "us", "/us/"),
        ("store:index", "other", "/us/"),
        ("eu:index", "us", "/eu/"),
        ("store:inner:index", "us:inner", "/us/in/"),
    ];
    for (name, current_app, expected) in cases {
        let url = reverse(name, &[], &[], current_app);
        assert_eq!(url.as_deref(), Ok(expected), "{name} {current_app}");
    }
}

#[test]
fn a_url_never_names_another_host() {
    let routes = Routes::new().path("<path:path>", "any");
    let args = [Value::from("/evil.example")];
    let wanted = Reverse {
        name: "any".into(),
        args: args.as_slice().into(),
        names: RSlice::EMPTY,
        values: RSlice::EMPTY,
        current_app: ROption::RNone,
        language: ROption::RNone,
    };
    assert_eq!(routes.reverse(&wanted).as_deref(), Ok("/%2Fevil.example"));
}

#[test]
fn wrong_routes_are_mistakes() {
    let cases = [
        (
            "<int: x>",
            "URL route '<int: x>' cannot contain whitespace in angle brackets <…>.",
        ),
        (
            "<int:1x>",
            "URL route '<int:1x>' uses parameter name '1x' which isn't a valid Python identifier.",
        ),
        (
            "<odd:x>",
            "URL route '<odd:x>' uses invalid converter 'odd'.",
        ),
        (
            "<x>/<x>",
            "URL route '<x>/<x>' uses parameter name 'x' more than once.",
        ),
    ];
    for (route, expected) in cases {
        assert_eq!(Routes::new().path(route, "x").mistake(), Some(expected));
        let nested = Routes::new().nest("", Routes::new().path(route, "x"));
        assert_eq!(nested.mistake(), Some(expected));
    }
    assert_eq!(Routes::new().path("a<b/<>/>", "x").mistake(), None);
}

//! What templates get from outside: languages, zones, URLs, static files, caches.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hotplate::environment::{
    self, Cache, Environment, HttpRequest, Instant, Locale, Routes, Site, StaticFiles,
    Translations, zoned,
};
use hotplate::jiff::Zoned;
use hotplate::value::{Exception, Text};
use hotplate::{RenderOptions, Value, context};
use hotplate_tests::Bench;

/// A locale of a language in a zone.
fn locale(language: &str, zone: &str) -> Locale {
    Locale {
        language: Some(Text::new(language.to_owned(), false)).into(),
        zone: environment::zone(zone).expect("there is such a zone"),
        ..Locale::DEFAULT
    }
}

#[test]
fn urls_and_static_files_are_those_of_the_site() {
    let bench = Bench::new("urls");
    let folder = bench.templates(
        "site",
        &[
            (
                "url.html",
                "{% url 'article' year=2026 slug=slug %} {% url 'shop:index' %}",
            ),
            ("wrong.html", "{% url 'nowhere' %}"),
            (
                "static.html",
                "{% load static %}{% static 'a b.css' %}{% get_media_prefix %}",
            ),
        ],
    );
    let routes = Routes::new()
        .path("articles/<int:year>/<slug:slug>/", "article")
        .include("shop/", "shop", Routes::new().path("", "index"));
    let site = Site::builder()
        .routes(routes)
        .static_files(StaticFiles::new("/files/").media_url("/media/"))
        .build()
        .unwrap();
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder.environment(site).start().unwrap();
    let template = |name: &str| host.template(&bench.plugin("site"), name).unwrap();
    let context = context! { slug: "on-plates" };
    for (name, expected) in [
        ("url.html", "/articles/2026/on-plates/ /shop/"),
        ("static.html", "/files/a%20b.css/media/"),
    ] {
        assert_eq!(template(name).render(&context).unwrap(), expected, "{name}");
    }
    let error = template("wrong.html")
        .render(&context)
        .expect_err("there is no such name");
    assert_eq!(error.exception(), Some("NoReverseMatch"));
}

#[test]
fn languages_formats_and_zones_are_those_of_the_locale() {
    let bench = Bench::new("locales");
    let folder = bench.templates(
        "site",
        &[
            (
                "month.html",
                "{{ noon|date:'F' }} {{ noon|date }} {{ price }}",
            ),
            ("zone.html", "{{ noon|date:'H:i T I e' }} {{ noon|time }}"),
        ],
    );
    let locales = bench.path("locale");
    let messages = locales.join("de/LC_MESSAGES");
    fs::create_dir_all(&messages).unwrap();
    fs::write(
        messages.join("django.po"),
        "msgid \"July\"\nmsgstr \"Juli\"\n",
    )
    .unwrap();
    let formats = "[de]\nDATE_FORMAT = 'j. F Y'\nDECIMAL_SEPARATOR = ','\n";
    fs::write(locales.join("formats.toml"), formats).unwrap();
    let site = Site::builder().locale_folder(&locales).build().unwrap();
    let builder = bench.builder().plugin(bench.path(&folder));
    let builder = builder.environment(site);
    let host = builder.locale(locale("de-at", "Europe/Paris")).start();
    let host = host.unwrap();
    let noon: Zoned = "2026-07-01T12:00[UTC]".parse().unwrap();
    let context = context! { price: 1.5, noon: zoned(&noon) };
    let template = |name: &str| host.template(&bench.plugin("site"), name).unwrap();
    for (name, expected) in [
        ("month.html", "Juli 1. Juli 2026 1,5"),
        ("zone.html", "14:00 CEST 1 CEST 2 p.m."),
    ] {
        assert_eq!(template(name).render(&context).unwrap(), expected, "{name}");
    }
    let english = RenderOptions {
        locale: Some(locale("en-us", "UTC")),
        ..host.render_options()
    };
    let month = template("month.html");
    let rendered = month.render_with(&context, &english).unwrap();
    assert_eq!(rendered.text, "July July 1, 2026 1.5");
}

#[test]
fn options_of_one_rendering_go_before_those_of_the_host() {
    /// Puts static files below its name.
    struct Named(&'static str);

    impl Environment for Named {
        fn static_url(&self, path: &str) -> Result<String, Exception> {
            Ok(format!("{}/{path}", self.0))
        }
    }

    let bench = Bench::new("options");
    let text = "{% load static %}{% static 'x' %}{{ nothing }}{{ tag }}{% querystring a=1 %}";
    let folder = bench.templates("site", &[("page.html", text)]);
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder
        .environment(Named("host"))
        .string_if_invalid("?")
        .start()
        .unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let request = |name: &str| {
        Some(Arc::new(HttpRequest {
            query: vec![environment::Parameter {
                name: name.into(),
                values: vec!["x".into()].into(),
            }]
            .into(),
            ..HttpRequest::default()
        }))
    };
    let context = context! { tag: "<b>" };
    let options = RenderOptions {
        request: request("q"),
        ..host.render_options()
    };
    let text = page.render_with(&context, &options).unwrap().text;
    assert_eq!(text, "host/x?&lt;b&gt;?q=x&amp;a=1");
    let options = RenderOptions {
        autoescape: false,
        string_if_invalid: "!".to_owned(),
        environment: Some(Arc::new(Named("own"))),
        request: request("p"),
        ..host.render_options()
    };
    let text = page.render_with(&context, &options).unwrap().text;
    assert_eq!(text, "own/x!<b>?p=x&a=1");
}

#[test]
fn cached_fragments_are_good_for_their_time() {
    let bench = Bench::new("fragments");
    let text = "{% load cache %}{% cache 60 side user %}{{ n }}{% endcache %}";
    let folder = bench.templates("site", &[("page.html", text)]);
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = seconds.clone();
    let site = Site::builder()
        .cache("default", Cache::default())
        .clock(move || Instant {
            seconds: clock.load(Ordering::Relaxed),
            microseconds: 0,
        });
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder.environment(site.build().unwrap()).start().unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let render = |user: &str, n: i64| page.render(&context! { user: user, n: n }).unwrap();
    assert_eq!(render("ada", 1), "1");
    assert_eq!(render("ada", 2), "1");
    assert_eq!(render("bob", 3), "3");
    seconds.store(60, Ordering::Relaxed);
    assert_eq!(render("ada", 4), "4");
}

#[test]
fn limits_end_a_rendering_with_an_error() {
    let bench = Bench::new("limits");
    let folder = bench.templates(
        "site",
        &[
            ("wide.html", "{{ x|ljust:100000 }}"),
            ("long.html", "{% for a in xs %}{{ x }}{% endfor %}"),
            ("deep.html", "{% include 'deep.html' %}"),
        ],
    );
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder
        .filter_limit(1000)
        .output_limit(1000)
        .include_depth(10)
        .start()
        .unwrap();
    let context = context! { x: "0123456789", xs: Value::list((0..200).map(Value::from)) };
    for name in ["wide.html", "long.html", "deep.html"] {
        let template = host.template(&bench.plugin("site"), name).unwrap();
        let error = template.render(&context).expect_err("it goes too far");
        assert!(error.is_limit(), "{name}: {error}");
    }
}

#[test]
fn messages_are_translated_with_contexts_and_plurals() {
    let bench = Bench::new("messages");
    let folder = bench.templates(
        "site",
        &[(
            "page.html",
            "{% load i18n %}{% translate 'May' %} {% translate 'May' context 'month' %} \
             {% blocktranslate count n=n %}{{ n }} plate{% plural %}{{ n }} plates\
             {% endblocktranslate %}",
        )],
    );
    let german = "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n\n\
        msgid \"May\"\nmsgstr \"Darf\"\n\n\
        msgctxt \"month\"\nmsgid \"May\"\nmsgstr \"Mai\"\n\n\
        msgid \"%(n)s plate\"\nmsgid_plural \"%(n)s plates\"\n\
        msgstr[0] \"%(n)s Teller\"\nmsgstr[1] \"%(n)s Tellerchen\"\n";
    let translations = Translations::default().with_po("de", german).unwrap();
    let site = Site::builder().translations(translations).build().unwrap();
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder.environment(site).start().unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    for (language, n, expected) in [
        ("de-at", 1, "Darf Mai 1 Teller"),
        ("de", 2, "Darf Mai 2 Tellerchen"),
        ("en-us", 2, "May May 2 plates"),
    ] {
        let options = RenderOptions {
            locale: Some(locale(language, "UTC")),
            ..host.render_options()
        };
        let rendered = page.render_with(&context! { n: n }, &options).unwrap();
        assert_eq!(rendered.text, expected, "{language}");
    }
}

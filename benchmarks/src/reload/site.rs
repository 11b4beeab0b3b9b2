//! The templates that are edited, and the data they are rendered with.

use hotplate::Value;
use hotplate_plugin_api::value::Date;
use serde_json::{Value as Json, json};

use crate::Fault;

const HEAD: &str = include_str!("../../templates/reload/page_head.html");
const SECTION: &str = include_str!("../../templates/reload/page_section.html");
const BASE: &str = include_str!("../../templates/reload/base.html");
const NAVIGATION: &str = include_str!("../../templates/reload/_navigation.html");
const RATING: &str = include_str!("../../templates/reload/_rating.html");
const ORDINARY: &str = include_str!("../../templates/reload/ordinary.html");

const ASKAMA: [(&str, &str); 3] = [
    (
        "base.html",
        include_str!("../../templates/askama/base.html"),
    ),
    (
        "_navigation.html",
        include_str!("../../templates/askama/_navigation.html"),
    ),
    (
        "_rating.html",
        include_str!("../../templates/askama/_rating.html"),
    ),
];
const ASKAMA_HEAD: &str = include_str!("../../templates/askama/page_head.html");
const ASKAMA_SECTION: &str = include_str!("../../templates/askama/page_section.html");

/// Templates by name.
pub(super) type Templates = Vec<(String, String)>;

/// A template of three lines. `mark` is what tells this edit from the others.
pub(super) fn tiny(mark: &str) -> String {
    format!(
        "<h1>{{{{ heading }}}}</h1>\n\
         <p>Hello, {{{{ user.name|title }}}}! {mark}</p>\n\
         <p>{{{{ items|length }}}} item{{{{ items|length|pluralize }}}}</p>\n"
    )
}

/// The realistic page; `sections` times as long.
pub(super) fn page(mark: &str, sections: usize) -> String {
    page_of(HEAD, SECTION, mark, sections)
}

fn page_of(head: &str, section: &str, mark: &str, sections: usize) -> String {
    let mut text = head.to_owned();
    for number in 0..sections {
        text += &section
            .replace("@SECTION@", &number.to_string())
            .replace("@MARK@", mark);
    }
    text + "{% endblock %}\n"
}

/// What the page extends and includes.
pub(super) fn around_page() -> Templates {
    named(&[
        ("base.html", BASE),
        ("_navigation.html", NAVIGATION),
        ("_rating.html", RATING),
    ])
}

/// The page in askama's language.
pub(super) fn askama_page(mark: &str) -> String {
    page_of(ASKAMA_HEAD, ASKAMA_SECTION, mark, 1)
}

/// What the page in askama's language extends and includes.
pub(super) fn around_askama_page() -> Templates {
    named(&ASKAMA)
}

fn named(templates: &[(&str, &str)]) -> Templates {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    templates.iter().map(own).collect()
}

/// The base template with an edited block.
pub(super) fn base(mark: &str) -> String {
    BASE.replace("{{ site.tagline }}.</p>", &format!("edited: {mark}.</p>"))
}

/// Templates that extend `base.html`.
pub(super) fn children(count: usize) -> Templates {
    let child = |number| {
        let text = format!(
            "{{% extends \"base.html\" %}}\n\
             {{% block title %}}Child {number} | {{{{ block.super }}}}{{% endblock %}}\n\
             {{% block content %}}\n<h1>Child {number}</h1>\n\
             <p>{{{{ user.name|title }}}} has {{{{ items|length }}}} items.</p>\n\
             {{% endblock %}}\n"
        );
        (file(number), text)
    };
    (0..count).map(child).collect()
}

/// A partial.
pub(super) fn partial(mark: &str) -> String {
    format!("<p class=\"partial\">{{{{ user.name|title }}}}, {mark}</p>\n")
}

/// Templates that include `_partial.html`.
pub(super) fn includers(count: usize) -> Templates {
    let includer = |number| {
        let text = format!(
            "<h1>Includer {number}</h1>\n{{% include \"_partial.html\" %}}\n\
             <p>{{{{ items|length }}}} items.</p>\n"
        );
        (file(number), text)
    };
    (0..count).map(includer).collect()
}

/// Ordinary templates of about 2 KB, each with other text.
pub(super) fn ordinary(count: usize, mark: &str) -> Templates {
    let template = |number: usize| {
        let words = ["hot", "cold", "plate", "pass", "kitchen", "table", "guest"];
        let word = |place: usize| words[(number / 7usize.pow(place as u32 % 4) + place) % 7];
        let text = (0..20).map(word).collect::<Vec<_>>().join(" ");
        let text = ORDINARY
            .replace("@NUMBER@", &number.to_string())
            .replace("@WORDS@", &text)
            .replace("@MARK@", mark);
        (file(number), text)
    };
    (0..count).map(template).collect()
}

/// The file of a numbered template.
pub(super) fn file(number: usize) -> String {
    format!("template-{number:04}.html")
}

/// What everything is rendered with. Dates are texts under `date`, `since` and `updated`.
pub(super) fn data() -> Json {
    let names = [
        "Ada Lovelace",
        "Grace O'Hopper",
        "Edsger & Sons",
        "Barbara \"L\" Liskov",
    ];
    let name = |number: usize| names[number % names.len()];
    let labels = [
        "home", "items", "people", "tags", "shop", "help", "about", "contact",
    ];
    let navigation = labels.iter().enumerate().map(|(number, label)| {
        json!({ "url": format!("/{label}/"), "label": label, "count": number % 3 })
    });
    let orders = ["date", "title", "price", "rating"]
        .map(|key| json!({ "key": key, "label": format!("By {key}") }));
    let text = "Fish & chips on a <hot> plate, \"as it should be\", and don't wait. ".repeat(4);
    let items = (0..50).map(|number| {
        json!({
            "number": number,
            "slug": format!("item-{number}"),
            "title": format!("Plate <{number}> & its \"cover\""),
            "author": { "slug": format!("person-{}", number % 4), "name": name(number) },
            "date": format!("2026-{:02}-{:02}", 1 + number % 12, 1 + number % 28),
            "text": text,
            "price": if number % 5 == 0 { 0.0 } else { 4.5 + number as f64 },
            "old_price": 20.0,
            "is_featured": number % 7 == 0,
            "tags": ["Hot", "Fish&Chips", "Plates"],
            "rating": 3.25,
            "votes": number % 6,
            "comments": (0..number % 4).map(name).collect::<Vec<_>>(),
        })
    });
    let people = (0..12).map(|number| {
        json!({
            "slug": format!("person-{number}"),
            "name": name(number),
            "since": format!("2020-{:02}-02", 1 + number),
            "count": number,
        })
    });
    json!({
        "site": {
            "title": "Plates & More", "tagline": "everything that is <hot>", "language": "en",
        },
        "path": "/items/",
        "heading": "What's \"new\" & hot",
        "query": "<script>alert('plates')</script>",
        "current_order": "date",
        "updated": "2026-03-14",
        "navigation": navigation.collect::<Vec<_>>(),
        "user": {
            "name": "ada lovelace", "is_known": true, "is_blocked": false,
            "messages": 3, "warnings": 0,
        },
        "orders": orders,
        "items": items.collect::<Vec<_>>(),
        "people": people.collect::<Vec<_>>(),
    })
}

/// [`data`] as a context.
pub(super) fn context() -> Result<Value, Fault> {
    value("", &data())
}

fn value(key: &str, json: &Json) -> Result<Value, Fault> {
    Ok(match json {
        Json::Array(items) => {
            let items = items.iter().map(|item| value("", item));
            Value::list(items.collect::<Result<Vec<_>, _>>()?)
        }
        Json::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, entry)| Ok((key.as_str(), value(key, entry)?)));
            entries
                .collect::<Result<Vec<_>, Fault>>()?
                .into_iter()
                .collect()
        }
        Json::String(text) if ["date", "since", "updated"].contains(&key) => date(text)?,
        other => hotplate::to_value(other)?,
    })
}

fn date(text: &str) -> Result<Value, Fault> {
    let mut parts = text.split('-');
    let mut part = || parts.next().ok_or("a date has three parts");
    Ok(Value::Date(Date {
        year: part()?.parse()?,
        month: part()?.parse()?,
        day: part()?.parse()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_as_large_as_they_say() {
        assert_eq!(tiny("x").lines().count(), 3);
        let ratio = page("x", 10).len() / page("x", 1).len();
        assert!((8..=10).contains(&ratio), "{ratio}");
        for (name, text) in ordinary(1000, "x") {
            assert!((1900..2400).contains(&text.len()), "{name}: {}", text.len());
        }
        assert!(base("the-mark").contains("the-mark"));
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for text in [
            tiny("the-mark"),
            page("the-mark", 1),
            askama_page("the-mark"),
        ] {
            assert!(text.contains("the-mark") && !text.contains('@'), "{text}");
        }
    }
}

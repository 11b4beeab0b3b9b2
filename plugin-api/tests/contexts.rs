//! Structs with `#[derive(Context)]` and `#[derive(Template)]`, as a program writes them.

use std::collections::HashMap;

use hotplate_plugin_api::value::Date;
use hotplate_plugin_api::view::{Field, View};
use hotplate_plugin_api::{Context, Template, Value};

#[derive(Context)]
struct Author<'a> {
    name: &'a str,
    r#type: Option<&'a str>,
}

#[derive(Context)]
struct Section {
    title: String,
    inner: Vec<Section>,
}

#[derive(Template)]
#[template(path = "article.html")]
struct Article<'a, 'b> {
    author: &'a Author<'b>,
    views: u64,
    published: Date,
    sections: Vec<Section>,
    counts: HashMap<String, u32>,
    extra: Value,
}

#[test]
fn fields_of_structs_are_read_by_their_names() {
    let author = Author {
        name: "Ada",
        r#type: None,
    };
    let inner = Section {
        title: "b".to_owned(),
        inner: Vec::new(),
    };
    let article = Article {
        author: &author,
        views: 7,
        published: Date {
            year: 2024,
            month: 1,
            day: 2,
        },
        sections: vec![Section {
            title: "a".to_owned(),
            inner: vec![inner],
        }],
        counts: HashMap::from([("x".to_owned(), 1)]),
        extra: Value::None,
    };
    let view = View::new(&article);
    let shown = |view: Option<View<'_>>| format!("{:?}", view.map(View::to_value));
    let author = view.field("author");
    assert_eq!(
        shown(author.and_then(|author| author.field("name"))),
        r#"Some("Ada")"#
    );
    assert_eq!(
        shown(author.and_then(|author| author.field("type"))),
        "Some(None)"
    );
    assert_eq!(shown(view.field("views")), "Some(7)");
    assert_eq!(
        shown(view.field("sections")),
        r#"Some([{"title": "a", "inner": [{"title": "b", "inner": []}]}])"#
    );
    assert_eq!(shown(view.field("counts")), r#"Some({"x": 1})"#);
    assert!(
        view.field("extra")
            .is_some_and(|extra| extra.as_value().is_some())
    );
    assert_eq!(<Article<'_, '_> as Template>::PATH, "article.html");
    let table = <Article<'_, '_> as Field>::table();
    assert_eq!(
        (table.name.as_str(), table.module.as_str()),
        ("Article", "contexts")
    );
}

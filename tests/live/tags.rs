//! Filters and tags of plugins, edited and swapped under templates that use them.

use hotplate::context;
use hotplate_tests::{Bench, next_publish};

const LIB: &str = "
mod prices;

mod templates {
    include!(concat!(env!(\"OUT_DIR\"), \"/templates.rs\"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS);
";

const PRICES: &str = r#"
use hotplate_template_runtime::custom::{Exception, TagContext, Value, filter, simple_tag, tag};

#[filter]
fn euro(value: f64, places: Option<i64>) -> String {
    let places = usize::try_from(places.unwrap_or(2)).unwrap_or(0).min(9);
    format!("<{value:.places$} €>")
}

#[simple_tag]
fn total(#[args] amounts: &[Value], #[keyword] #[default(", ")] between: &str) -> String {
    let amounts: Vec<String> = amounts.iter().map(|amount| format!("{amount:?}")).collect();
    amounts.join(between)
}

#[tag(end, parts("else"), reads(limit), writes(turn))]
fn repeat(context: &mut TagContext<'_, '_>, count: i64) -> Result<String, Exception> {
    let limit = match context.get("limit") {
        Some(Value::Int(limit)) => limit,
        _ => i64::MAX,
    };
    if count > limit {
        return context.render_body(1);
    }
    let mut text = String::new();
    for turn in 0..count {
        text += &context.render_body_with(0, &[("turn", Value::Int(turn))])?;
    }
    Ok(text)
}

#[tag(end)]
fn quiet(context: &mut TagContext<'_, '_>) -> String {
    let text = context.render_body(0);
    text.unwrap_or_else(|exception| format!("[{}]", exception.type_name))
}

#[simple_tag(takes_context)]
fn remember(context: &mut TagContext<'_, '_>, what: &Value) -> &'static str {
    context.set("remembered", what.clone());
    ""
}

#[simple_tag]
fn frame(value: &Value) -> String {
    format!("[{value:?}]")
}

#[simple_tag]
fn fussy(number: i64) -> Result<i64, String> {
    assert!(number != 13, "no {number} here");
    u8::try_from(number).map(i64::from).map_err(|error| error.to_string())
}
"#;

/// A crate with these templates and the libraries of [`PRICES`].
fn shop(bench: &Bench, templates: &[(&str, &str)]) -> String {
    let folder = bench.template_crate("shop", templates);
    bench.write(&format!("{folder}/src/lib.rs"), LIB);
    bench.write(&format!("{folder}/src/prices.rs"), PRICES);
    folder
}

const PAGE: &str = "{% load prices %}{{ price|euro }} {{ price|euro:0 }} \
    {% total 1 2 between='+' %}{% total price as all %}{% frame all %} \
    {% repeat count %}{{ turn }}{{ price }};{% else %}too many{% endrepeat %}";

#[test]
fn an_edited_filter_and_an_edited_tag_take_over() {
    let bench = Bench::new("tags");
    let folder = shop(&bench, &[("page.html", PAGE)]);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&folder, "page.html").unwrap();
    let context = context! { price: 2, count: 2, limit: 3 };
    assert_eq!(
        page.render(&context).unwrap(),
        "&lt;2.00 €&gt; &lt;2 €&gt; 1+2[&quot;2&quot;] 02;12;"
    );
    let many = context! { price: 2, count: 4, limit: 3 };
    assert!(page.render(&many).unwrap().ends_with("too many"));

    let edited = PRICES
        .replace("<{value:.places$} €>", "{value:.places$} EUR")
        .replace("amounts.join(between)", "amounts.join(between) + \"!\"");
    bench.write(&format!("{folder}/src/prices.rs"), &edited);
    next_publish(&events);
    assert_eq!(
        page.render(&context).unwrap(),
        "2.00 EUR 2 EUR 1+2![&quot;2!&quot;] 02;12;"
    );
}

#[test]
fn what_a_tag_raises_is_an_error_with_its_place() {
    let bench = Bench::new("tags_fail");
    let folder = shop(
        &bench,
        &[
            ("page.html", "{% load prices %}\n{% fussy number %}"),
            (
                "quiet.html",
                "{% load prices %}{% quiet %}{% fussy number %}{% endquiet %}",
            ),
            (
                "inside.html",
                "{% load prices %}\n\n{% repeat 1 %}\n{% fussy 13 %}{% endrepeat %}",
            ),
        ],
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&folder, "page.html").unwrap();
    assert_eq!(page.render(&context! { number: "7" }).unwrap(), "\n7");
    let check = |number: hotplate::Value, expected: &str| {
        let error = page
            .render(&context! { number: number })
            .expect_err("it is fussy");
        assert_eq!(error.message(), Some(expected));
        assert_eq!(error.trace()[0].line, 2, "{error}");
        error
    };
    check(
        300.into(),
        "out of range integral type conversion attempted",
    );
    check("x".into(), "invalid literal for int() with base 10: 'x'");
    let error = check(13.into(), "no 13 here");
    assert!(error.is_panic(), "{error}");
    let (file, ..) = error.panic_location().expect("the place is known");
    assert!(file.ends_with("src/prices.rs"), "{file}");

    let quiet = host.template(&folder, "quiet.html").unwrap();
    let render = |number: i64| quiet.render(&context! { number: number });
    assert_eq!(render(7).unwrap(), "7");
    assert_eq!(render(300).unwrap(), "[RuntimeError]");
    assert!(render(13).expect_err("no tag hides a panic").is_panic());

    let inside = host.template(&folder, "inside.html").unwrap();
    let error = inside.render(&context! {}).expect_err("it is fussy");
    assert!(error.is_panic(), "{error}");
    let lines: Vec<u32> = error.trace().iter().map(|line| line.line).collect();
    assert_eq!(lines, [3, 4], "{error}");
}

#[test]
fn templates_load_libraries_of_another_plugin() {
    let bench = Bench::new("tags_of_another");
    let shop = shop(&bench, &[("unused.html", "")]);
    let text = "{% load prices %}{{ price|euro }}";
    let pages = bench.template_crate("pages", &[("page.html", text)]);
    let manifest = std::fs::read_to_string(bench.path(&format!("{pages}/Cargo.toml"))).unwrap();
    let named = format!("[package.metadata.hotplate]\nlibraries = [\"../{shop}\"]\n");
    bench.write(
        &format!("{pages}/Cargo.toml"),
        &format!("{manifest}\n{named}"),
    );
    let host = bench.host(&[&shop, &pages]);
    let events = host.events();
    let page = host.template(&pages, "page.html").unwrap();
    let context = context! { price: 2 };
    assert_eq!(page.render(&context).unwrap(), "&lt;2.00 €&gt;");

    // An edit of the template is compiled against the other crate's signatures.
    bench.write(
        &format!("{pages}/templates/page.html"),
        &text.replace("euro", "euro:1"),
    );
    next_publish(&events);
    assert_eq!(page.render(&context).unwrap(), "&lt;2.0 €&gt;");

    bench.write(&format!("{shop}/src/prices.rs"), &PRICES.replace('€', "$"));
    next_publish(&events);
    assert_eq!(page.render(&context).unwrap(), "&lt;2.0 $&gt;");
}

#[test]
fn what_a_tag_sets_is_seen_by_what_follows() {
    let bench = Bench::new("tags_set");
    let text = "{% load prices %}{% remember 1 %}{{ remembered }}\
        {% for x in 'ab' %}{% remember x %}{{ remembered }}{% endfor %}{{ remembered }}\
        {% with y=2 %}{% remember y %}{% include 'part.html' %}{% endwith %}{{ remembered }}";
    let part = "<{{ remembered }}>";
    let folder = shop(&bench, &[("page.html", text), ("part.html", part)]);
    let host = bench.host(&[&folder]);
    let page = host.template(&folder, "page.html").unwrap();
    assert_eq!(page.render(&context! {}).unwrap(), "1ab1<2>1");
}

#[test]
fn a_plain_folder_loads_libraries_of_a_crate() {
    let bench = Bench::new("tags_in_folder");
    let shop = shop(&bench, &[("unused.html", "")]);
    let text = "{% load euro from prices %}{{ price|euro:0 }}";
    let beside = Bench::new("tags_beside");
    let pages = beside.templates("pages", &[("page.html", text)]);
    let builder = bench.builder().plugin(bench.path(&shop));
    let host = builder.plugin(beside.path(&pages)).start().unwrap();
    let page = host.template(&beside.plugin("pages"), "page.html").unwrap();
    let context = context! { price: "2.4" };
    assert_eq!(page.render(&context).unwrap(), "&lt;2 €&gt;");
}

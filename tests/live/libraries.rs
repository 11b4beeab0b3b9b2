//! Filters and tags of one plugin in the templates of another.

use hotplate::{Host, context};
use hotplate_tests::{Bench, next_publish, next_rejection};

const PRICES: &str = r#"
use hotplate_template_runtime::custom::filter;

#[filter]
fn euro(value: i64) -> String {
    format!("{value} EUR")
}
"#;

/// A crate with a library `prices`; gives its folder.
fn prices(bench: &Bench) -> String {
    let folder = bench.native("shop", "mod prices;\n\nhotplate_plugin_api::plugin!();\n");
    bench.depend(&folder, "hotplate-template-runtime.workspace = true");
    bench.write(&format!("{folder}/src/prices.rs"), PRICES);
    folder
}

fn render(host: &Host, plugin: &str) -> String {
    let page = host.template(plugin, "page.html").unwrap();
    page.render(&context! { price: 3 }).unwrap()
}

const PAGE: &str = "{% load prices %}{{ price|euro }}";

#[test]
fn a_folder_and_a_crate_load_the_library_of_another_crate() {
    let bench = Bench::new("libraries");
    let shop = prices(&bench);
    let pages = bench.template_crate("pages", &[("page.html", PAGE)]);
    let beside = Bench::new("libraries_beside");
    let folder = beside.path(&beside.templates("site", &[("page.html", PAGE)]));
    let builder = bench.builder().plugin(bench.path(&shop)).plugin(folder);
    let host = builder.plugin(bench.path(&pages)).start().unwrap();
    let events = host.events();
    let site = beside.plugin("site");
    assert_eq!(render(&host, &site), "3 EUR");
    assert_eq!(render(&host, &pages), "3 EUR");
    let kinds = host.units().into_iter().filter(|unit| unit.plugin == shop);
    let kinds: Vec<_> = kinds.map(|unit| (unit.name, unit.kind)).collect();
    assert_eq!(kinds, [("prices|euro".to_owned(), "filter")]);

    // The filter's work changes: its own plugin alone is published.
    let edited = PRICES.replace("{value} EUR", "{value} euros");
    bench.write(&format!("{shop}/src/prices.rs"), &edited);
    let changes = next_publish(&events).changes;
    let changed: Vec<_> = changes
        .iter()
        .map(|change| (change.plugin.as_str(), change.unit.as_str()))
        .collect();
    assert_eq!(changed, [(shop.as_str(), "prices|euro")]);
    assert_eq!(render(&host, &site), "3 euros");
    assert_eq!(render(&host, &pages), "3 euros");
}

#[test]
fn templates_follow_the_signatures_of_another_plugins_library() {
    let bench = Bench::new("library_signatures");
    let shop = prices(&bench);
    let beside = Bench::new("signatures_beside");
    let folder = beside.path(&beside.templates("site", &[("page.html", PAGE)]));
    let builder = bench.builder().plugin(bench.path(&shop));
    let host = builder.plugin(folder).start().unwrap();
    let events = host.events();
    let site = beside.plugin("site");
    let source = format!("{shop}/src/prices.rs");

    // The filter is gone: the template that needs it refuses the change.
    bench.write(&source, &PRICES.replace("fn euro", "fn dollar"));
    let rejection = next_rejection(&events);
    assert_eq!(rejection.plugin.as_deref(), Some(site.as_str()));
    assert!(
        rejection.diagnostics[0]
            .message
            .starts_with("Invalid filter: 'euro'"),
        "{rejection}"
    );
    assert_eq!(render(&host, &site), "3 EUR");

    // Its result is safe now, so the template's own unit changes too.
    let safe = PRICES
        .replace("#[filter]", "#[filter(is_safe)]")
        .replace("{value} EUR", "<b>{value}</b>");
    bench.write(&source, &safe);
    let receipt = next_publish(&events);
    let plugins: Vec<&str> = receipt
        .changes
        .iter()
        .map(|change| change.plugin.as_str())
        .collect();
    assert!(plugins.contains(&shop.as_str()), "{plugins:?}");
    assert_eq!(render(&host, &site), "&lt;b&gt;3&lt;/b&gt;");
}

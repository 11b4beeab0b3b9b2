//! Units that say what they were called before: handles of the old name run them.

use std::fs;

use hotplate::{ChangeKind, Dependency, Stage, context};
use hotplate_tests::Bench;

#[test]
fn a_renamed_template_is_run_by_handles_of_its_old_name() {
    let bench = Bench::new("renamed");
    let text = "{% block b %}1{% endblock %}{% partialdef p %}p1{% endpartialdef %}";
    let folder = bench.templates(
        "site",
        &[("a.html", text), ("user.html", "{% include 'a.html' %}")],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let handle = host.template(&plugin, "a.html").unwrap();
    let mut local = handle.local();
    let partial = host.template(&plugin, "a.html#p").unwrap();
    let user = host.template(&plugin, "user.html").unwrap();
    assert_eq!(local.render(&context! {}).unwrap(), "1");
    let path = |file: &str| bench.path(&format!("{folder}/{file}"));
    let rename = |from: &str, to: &str, text: &str| {
        let text = format!("{{# renamed_from \"{from}\" #}}{text}");
        fs::write(path(to), text).expect("it can be written");
        fs::remove_file(path(from)).expect("it can be deleted");
        host.refresh()
            .expect("the edit is good")
            .expect("there is news")
    };

    let receipt = rename("a.html", "b.html", &text.replace('1', "2"));
    let renames: Vec<String> = receipt
        .renames
        .iter()
        .map(|r| format!("{} {}", r.from, r.to))
        .collect();
    assert_eq!(
        renames,
        ["a.html b.html", "a.html#p b.html#p", "a.html/b b.html/b"]
    );
    assert!(
        receipt
            .changes
            .iter()
            .all(|change| change.kind == ChangeKind::Rename),
        "{receipt:?}"
    );
    for text in [
        handle.render(&context! {}),
        local.render(&context! {}),
        user.render(&context! {}),
    ] {
        assert_eq!(text.unwrap(), "2");
    }
    assert_eq!(partial.render(&context! {}).unwrap(), "p2");
    let names: Vec<String> = host.units().into_iter().map(|unit| unit.name).collect();
    assert_eq!(names, ["b.html", "b.html#p", "b.html/b", "user.html"]);
    assert_eq!(host.unit(&plugin, "a.html").unwrap().name, "b.html");

    // A chain, and the declaration of its middle is gone with it.
    let new = host.template(&plugin, "b.html").unwrap();
    let receipt = rename("b.html", "c.html", &text.replace('1', "3"));
    assert_eq!(receipt.renames[0].from, "b.html");
    for handle in [&handle, &new, &user] {
        assert_eq!(handle.render(&context! {}).unwrap(), "3");
    }
    bench.write(&format!("{folder}/c.html"), &text.replace('1', "4"));
    host.refresh().expect("the edit is good");
    assert_eq!(handle.render(&context! {}).unwrap(), "4");

    // Going back goes through the names, and forward again.
    for expected in ["3", "2", "1"] {
        host.rollback().expect("it is kept");
        for handle in [&handle, &new] {
            assert_eq!(handle.render(&context! {}).unwrap(), expected);
        }
    }
    bench.write(&format!("{folder}/c.html"), &text.replace('1', "5"));
    host.refresh().expect("the edit is good");
    let newest = host.template(&plugin, "c.html").unwrap();
    assert_eq!(newest.render(&context! {}).unwrap(), "5");
}

#[test]
fn an_old_name_that_is_still_there_refuses_the_change() {
    let bench = Bench::new("renamed_still");
    let folder = bench.templates("site", &[("a.html", "a")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let handle = host.template(&plugin, "a.html").unwrap();
    bench.write(&format!("{folder}/b.html"), "{# renamed_from 'a.html' #}b");
    let error = host.refresh().expect_err("a.html is still there");
    let rejection = error.rejection().expect("it was refused");
    assert_eq!(rejection.stage, Stage::Source);
    assert_eq!(rejection.diagnostics[0].file.as_deref(), Some("b.html"));
    assert!(
        error
            .to_string()
            .contains("renamed from a.html, which is still there"),
        "{error}"
    );
    assert_eq!(handle.render(&context! {}).unwrap(), "a");

    fs::remove_file(bench.path(&format!("{folder}/a.html"))).expect("it can be deleted");
    host.refresh().expect("now it is right");
    assert_eq!(handle.render(&context! {}).unwrap(), "b");
    // The name returns without the declaration: its handles mean it again.
    bench.write(&format!("{folder}/b.html"), "b");
    bench.write(&format!("{folder}/a.html"), "a again");
    host.refresh().expect("the edit is good");
    assert_eq!(handle.render(&context! {}).unwrap(), "a again");
}

#[test]
fn a_host_that_starts_later_knows_the_old_name_too() {
    let bench = Bench::new("renamed_start");
    let folder = bench.templates("site", &[("b.html", "{# renamed_from 'a.html' #}b")]);
    let host = bench.host(&[&folder]);
    let handle = host.template(&bench.plugin("site"), "a.html").unwrap();
    assert_eq!(handle.render(&context! {}).unwrap(), "b");
}

const FUNCTIONS: &str = r#"
use hotplate_plugin_api::plugin_fn;

#[plugin_fn]
pub fn hello(name: &str) -> String {
    format!("Hello, {name}!")
}

hotplate_plugin_api::plugin!();
"#;

#[test]
fn a_renamed_function_is_run_by_handles_of_its_old_name() {
    let bench = Bench::new("renamed_function");
    let folder = bench.native("text", FUNCTIONS);
    let host = bench.host(&[&folder]);
    let hello = host.function::<(&str,), String>(&folder, "hello").unwrap();
    let mut local = hello.local();
    assert_eq!(local.call(("Ada",)).unwrap(), "Hello, Ada!");
    let file = format!("{folder}/src/lib.rs");
    let renamed = FUNCTIONS
        .replace("pub fn hello", "#[renamed_from = \"hello\"]\npub fn greet")
        .replace("Hello", "Good day");
    bench.write(&file, &renamed);
    let receipt = host
        .refresh()
        .expect("the edit is good")
        .expect("there is news");
    assert_eq!(receipt.renames.len(), 1, "{receipt:?}");
    assert_eq!(receipt.changes.len(), 1, "{receipt:?}");
    assert_eq!(
        receipt.changes[0].to_string(),
        format!("Rename {folder}::greet @L4")
    );
    assert_eq!(hello.call(("Ada",)).unwrap(), "Good day, Ada!");
    assert_eq!(local.call(("Ada",)).unwrap(), "Good day, Ada!");
    let unit = host.unit_at(&file, 7).unwrap();
    assert_eq!(
        (unit.name.as_str(), unit.line, unit.end_line),
        ("greet", 4, 8)
    );

    // Both names lead to the same unit, also for those who ask.
    assert!(host.dependants(&folder, "hello").unwrap().is_empty());

    // A handle of the old name is checked against the renamed function.
    bench.write(
        &file,
        &renamed.replace("greet(name: &str)", "greet(name: i64)"),
    );
    let error = host.refresh().expect_err("the signature differs");
    assert_eq!(error.rejection().unwrap().stage, Stage::Signature);
    assert_eq!(hello.call(("Ada",)).unwrap(), "Good day, Ada!");
    host.rollback().expect("one is kept");
    assert_eq!(hello.call(("Ada",)).unwrap(), "Hello, Ada!");
}

const PRICES: &str = r#"
use hotplate_template_runtime::custom::filter;

#[filter]
fn euro(value: i64) -> String {
    format!("{value} EUR")
}
"#;

#[test]
fn a_renamed_filter_is_found_by_templates_that_use_its_old_name() {
    let bench = Bench::new("renamed_filter");
    let shop = bench.native("shop", "mod prices;\n\nhotplate_plugin_api::plugin!();\n");
    bench.depend(&shop, "hotplate-template-runtime.workspace = true");
    bench.write(&format!("{shop}/src/prices.rs"), PRICES);
    let page = "{% load prices %}{{ price|euro }}";
    let beside = Bench::new("renamed_filter_beside");
    let folder = beside.templates("site", &[("page.html", page), ("other.html", "")]);
    let site = beside.plugin("site");
    let builder = bench.builder().plugin(bench.path(&shop));
    let host = builder.plugin(beside.path(&folder)).start();
    let host = host.expect("the first build succeeds");
    let page = host.template(&site, "page.html").unwrap();
    let other = host.template(&site, "other.html").unwrap();
    let price = context! { price: 3 };
    assert_eq!(page.render(&price).unwrap(), "3 EUR");
    let users = host.dependants(&shop, "prices|euro").unwrap();
    let users: Vec<_> = users
        .iter()
        .map(|user| (user.unit.name.as_str(), user.dependency))
        .collect();
    assert_eq!(users, [("page.html", Dependency::Calls)]);

    let renamed = PRICES
        .replace("fn euro", "#[renamed_from = \"euro\"]\nfn in_euros")
        .replace("EUR", "euros");
    bench.write(&format!("{shop}/src/prices.rs"), &renamed);
    let receipt = host.refresh().expect("the edit is good");
    let receipt = receipt.expect("there is news");
    assert_eq!(receipt.renames.len(), 1, "{receipt:?}");
    assert_eq!(receipt.renames[0].to, "prices|in_euros");
    assert_eq!(page.render(&price).unwrap(), "3 euros");
    // What the template renders changed with the filter.
    assert_eq!(page.generation(), receipt.generation);
    assert!(other.generation() < receipt.generation);
}

#[test]
fn a_patch_by_an_old_name_reaches_the_unit_of_the_new_one() {
    let bench = Bench::new("renamed_patch");
    let text = "{% block b %}1{% endblock %}2";
    let folder = bench.templates("site", &[("a.html", text)]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let page = host.template(&plugin, "a.html").unwrap();
    let path = |file: &str| bench.path(&format!("{folder}/{file}"));
    let renamed = format!("{{# renamed_from \"a.html\" #}}{text}");
    fs::write(path("b.html"), renamed).expect("it can be written");
    fs::remove_file(path("a.html")).expect("it can be deleted");
    host.refresh().expect("the edit is good");
    let recoder = host.recoder(&plugin, "a.html/b").unwrap();
    assert_eq!(recoder.unit(), "b.html/b");
    recoder
        .patch("{% block b %}3{% endblock %}")
        .expect("it is found");
    assert_eq!(page.render(&context! {}).unwrap(), "32");
    recoder.revert().expect("it is kept");
    assert_eq!(page.render(&context! {}).unwrap(), "12");
}

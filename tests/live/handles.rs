//! Handles that exist before an edit run the new code after it.

use hotplate::{ChangeKind, context};
use hotplate_tests::{Bench, next_publish};

const GREET: &str = r#"
use hotplate_plugin_api::plugin_fn;

#[plugin_fn]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[plugin_fn]
pub fn double(number: i64) -> i64 {
    number * 2
}

hotplate_plugin_api::plugin!();
"#;

#[test]
fn a_function_handle_runs_the_new_code() {
    let bench = Bench::new("function_handle");
    let folder = bench.native("text", GREET);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let greet = host
        .function::<(&str,), String>(&folder, "greet")
        .expect("the function is there");
    let mut local = greet.local();
    assert_eq!(greet.call(("Ada",)).unwrap(), "Hello, Ada!");
    assert_eq!(local.call(("Ada",)).unwrap(), "Hello, Ada!");

    bench.write(
        &format!("{folder}/src/lib.rs"),
        &GREET.replace("Hello", "Good day"),
    );
    let receipt = next_publish(&events);

    assert_eq!(greet.call(("Ada",)).unwrap(), "Good day, Ada!");
    assert_eq!(local.call(("Ada",)).unwrap(), "Good day, Ada!");
    let changes: Vec<String> = receipt.changes.iter().map(ToString::to_string).collect();
    assert_eq!(changes, [format!("Update {folder}::greet @L4")]);
    assert_eq!(receipt.generation, 2);
    let (_, ran) = greet.call_with_receipt(("Ada",)).unwrap();
    assert_eq!(ran.generation, 2);
    assert_eq!(receipt.artifacts, [(folder, ran.artifact)]);
}

#[test]
fn a_template_handle_runs_the_new_code_and_only_changed_units_are_reported() {
    let bench = Bench::new("template_handle");
    let page = "{% extends 'base.html' %}{% block content %}one{% endblock %}";
    let folder = bench.templates(
        "site",
        &[
            (
                "base.html",
                "<{% block title %}t{% endblock %}|{% block content %}{% endblock %}>",
            ),
            ("page.html", page),
        ],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let handle = host.template(&plugin, "page.html").expect("it is there");
    let mut local = handle.local();
    assert_eq!(handle.render(&context! {}).unwrap(), "<t|one>");
    assert_eq!(local.render(&context! {}).unwrap(), "<t|one>");

    bench.write(&format!("{folder}/page.html"), &page.replace("one", "two"));
    let receipt = next_publish(&events);

    assert_eq!(handle.render(&context! {}).unwrap(), "<t|two>");
    assert_eq!(local.render(&context! {}).unwrap(), "<t|two>");
    let changes: Vec<String> = receipt.changes.iter().map(ToString::to_string).collect();
    assert_eq!(changes, [format!("Update {plugin}::page.html/content @L1")]);
}

#[test]
fn the_shipped_plugins_swap_too() {
    let bench = Bench::new("shipped");
    let text = bench.copy_of("text");
    let site = bench.copy_of("site");
    let host = bench.host(&[&text, &site]);
    let events = host.events();
    let slugify = host
        .function::<(&str,), String>(&text, "slugify")
        .expect("the text plugin has it");
    assert_eq!(slugify.call(("Hot Plates",)).unwrap(), "hot-plates");
    let about = host.template(&site, "about.html").expect("it is there");
    let before = about.render(&context! {}).unwrap();
    assert!(before.contains("</html>"), "{before}");

    let path = bench.path(&format!("{site}/templates/about.html"));
    let source = std::fs::read_to_string(&path).expect("the template is there");
    let edited = source.replacen("{% block content %}", "{% block content %}<i>edited</i>", 1);
    assert_ne!(source, edited, "about.html has a content block");
    std::fs::write(&path, edited).expect("it can be written");
    next_publish(&events);

    assert!(
        about
            .render(&context! {})
            .unwrap()
            .contains("<i>edited</i>")
    );
}

#[test]
fn a_removed_unit_gives_a_typed_error_and_comes_back_with_the_same_handle() {
    let bench = Bench::new("removed");
    let folder = bench.templates("site", &[("a.html", "a"), ("b.html", "b")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let handle = host.template(&plugin, "b.html").expect("it is there");

    std::fs::remove_file(bench.path(&format!("{folder}/b.html"))).expect("it can be deleted");
    let receipt = next_publish(&events);
    assert_eq!(receipt.changes.len(), 1, "{receipt:?}");
    assert_eq!(receipt.changes[0].kind, ChangeKind::Delete);
    let error = handle.render(&context! {}).expect_err("it is gone");
    assert!(error.is_removed(), "{error}");
    host.template(&plugin, "b.html")
        .expect("a name that was there has a handle");

    bench.write(&format!("{folder}/b.html"), "back");
    let receipt = next_publish(&events);
    assert_eq!(receipt.changes.len(), 1, "{receipt:?}");
    assert_eq!(receipt.changes[0].kind, ChangeKind::Add);
    assert_eq!(handle.render(&context! {}).unwrap(), "back");
}

#[test]
fn unknown_names_are_answered_with_suggestions() {
    let bench = Bench::new("unknown");
    let folder = bench.templates("site", &[("index.html", "x")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let error = host.template(&plugin, "indx.html").expect_err("a typo");
    assert!(error.is_unknown());
    let expected = format!("no template indx.html in plugin {plugin}; did you mean index.html?");
    assert_eq!(error.to_string(), expected);
    let error = host
        .template("nothing", "index.html")
        .expect_err("no such plugin");
    assert!(error.is_unknown());
    assert!(error.to_string().starts_with("no plugin nothing"));
}

#[test]
fn calls_made_from_inside_a_call_run_in_the_same_snapshot() {
    use hotplate::{Event, Value};
    use hotplate_plugin_api::value::{Lookup, Object};
    use std::sync::{Arc, Mutex};

    /// Publishes a new version in the middle of a rendering, then renders.
    struct Meddler(Arc<Mutex<Box<dyn FnMut() -> String + Send>>>);

    impl Object for Meddler {
        fn type_name(&self) -> &str {
            "Meddler"
        }

        fn attribute(&self, name: &str) -> Lookup {
            match name {
                "now" => Lookup::Found(Value::str((self.0.lock().unwrap())())),
                _ => Lookup::Missing,
            }
        }
    }

    let bench = Bench::new("nested");
    let folder = bench.templates(
        "site",
        &[("outer.html", "1 {{ meddler.now }} 1"), ("inner.html", "1")],
    );
    let plugin = bench.plugin("site");
    let host = Arc::new(bench.host(&[&folder]));
    let events = host.events();
    let outer = host.template(&plugin, "outer.html").unwrap();
    let inner = host.template(&plugin, "inner.html").unwrap();

    let swap = {
        let (host, inner) = (host.clone(), inner.clone());
        let folder = bench.path(&folder);
        move || {
            for name in ["outer.html", "inner.html"] {
                let path = folder.join(name);
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, text.replace('1', "2")).unwrap();
            }
            host.refresh().expect("the edit is good");
            inner.render(&context! {}).unwrap()
        }
    };
    let meddler = Meddler(Arc::new(Mutex::new(Box::new(swap))));
    let context = context! { meddler: Value::object(meddler) };
    assert_eq!(outer.render(&context).unwrap(), "1 1 1");
    assert_eq!(inner.render(&context! {}).unwrap(), "2");
    assert!(std::iter::from_fn(|| events.try_recv()).any(|e| matches!(e, Event::Published(_))));
}

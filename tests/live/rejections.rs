//! A broken edit keeps the last good version, and the next good save loads.

use hotplate::{Stage, context};
use hotplate_tests::{Bench, next_publish, next_rejection};

#[test]
fn a_broken_template_keeps_the_last_good_one() {
    let bench = Bench::new("broken_template");
    let folder = bench.templates("site", &[("page.html", "good")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let file = format!("{folder}/page.html");

    bench.write(&file, "line one\n  {% if x %}never closed");
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Template);
    assert_eq!(rejection.plugin.as_deref(), Some(plugin.as_str()));
    assert_eq!(rejection.serving, 1);
    let diagnostic = &rejection.diagnostics[0];
    assert_eq!((diagnostic.line, diagnostic.column), (Some(2), Some(3)));
    assert!(
        diagnostic.message.contains("Unclosed tag on line 2: 'if'"),
        "{diagnostic}"
    );
    assert!(
        diagnostic.rendered.contains("{% if x %}"),
        "{}",
        diagnostic.rendered
    );
    assert_eq!(page.render(&context! {}).unwrap(), "good");
    assert!(host.rejection().is_some());

    bench.write(&file, "better");
    next_publish(&events);
    assert_eq!(page.render(&context! {}).unwrap(), "better");
    assert!(host.rejection().is_none());
}

#[test]
fn all_mistakes_of_a_set_are_reported_together() {
    let bench = Bench::new("all_mistakes");
    let folder = bench.templates(
        "site",
        &[("a.html", "{% nope %}"), ("b.html", "{{ x|nope }}")],
    );
    let builder = bench.builder().plugin(bench.path(&folder));
    let error = builder.start().expect_err("both are broken");
    let rejection = error.rejection().expect("it is a rejection");
    let files: Vec<_> = rejection
        .diagnostics
        .iter()
        .filter_map(|d| d.file.as_deref())
        .collect();
    assert!(
        files.iter().any(|file| file.ends_with("a.html")),
        "{files:?}"
    );
    assert!(
        files.iter().any(|file| file.ends_with("b.html")),
        "{files:?}"
    );
    assert!(error.is_build_failure());
}

#[test]
fn broken_rust_keeps_the_last_good_code() {
    let bench = Bench::new("broken_rust");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let one = host.function::<(), i64>(&folder, "one").unwrap();
    let file = format!("{folder}/src/lib.rs");

    bench.write(&file, &source.replace("    1\n", "    \"one\"\n"));
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Build);
    let diagnostic = &rejection.diagnostics[0];
    assert_eq!(diagnostic.line, Some(5));
    assert_eq!(diagnostic.column, Some(5));
    assert!(diagnostic.file.as_deref().unwrap().ends_with("src/lib.rs"));
    assert!(
        diagnostic.message.contains("mismatched types"),
        "{diagnostic}"
    );
    assert_eq!(one.call(()).unwrap(), 1);

    bench.write(&file, &source.replace("    1\n", "    11\n"));
    next_publish(&events);
    assert_eq!(one.call(()).unwrap(), 11);
}

#[test]
fn what_is_no_plugin_is_refused_in_one_line() {
    let bench = Bench::new("no_plugin");
    bench.write("templates-empty/nothing/readme.txt", "");
    bench.write("file", "");
    let missing = bench.path("missing");
    for path in [missing, bench.path("file")] {
        let error = bench
            .builder()
            .plugin(&path)
            .start()
            .expect_err("no plugin");
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn without_cargo_the_error_says_so() {
    let bench = Bench::new("no_cargo");
    let folder = bench.templates("site", &[("page.html", "x")]);
    let builder = bench.builder().cargo("/nonexistent/cargo");
    let error = builder
        .plugin(bench.path(&folder))
        .start()
        .expect_err("there is no cargo");
    assert!(error.to_string().contains("cargo"), "{error}");
}

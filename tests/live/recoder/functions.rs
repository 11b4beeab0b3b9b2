//! Patches of Rust functions and files.

use std::fs;
use std::os::unix::fs::symlink;

use hotplate::{Cause, Event, RecoderStatus, Stage, context};
use hotplate_tests::{Bench, Waiting, next_publish};

use super::{next_status, nothing_was_built, number, numbers};

fn one(value: &str) -> String {
    format!("#[hotplate_plugin_api::plugin_fn]\npub fn one() -> i64 {{\n    {value}\n}}")
}

#[test]
fn a_function_is_patched_and_put_back_without_a_build() {
    let bench = Bench::new("recode_function");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let file = bench.path(&format!("{folder}/src/lib.rs"));
    let before = fs::read_to_string(&file).unwrap();
    let recoder = host.recoder(&plugin, "one").unwrap();
    let source = recoder.source().unwrap().expect("it is there");
    assert_eq!(
        source,
        "/// One.\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}"
    );
    let two = host.function::<(), i64>(&plugin, "two").unwrap();

    let receipt = recoder.patch(&one("10")).unwrap().expect("it is new");
    assert_eq!(receipt.cause, Cause::Patch);
    assert_eq!(
        (number(&host, &plugin, "one"), two.call(()).unwrap()),
        (10, 11)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    recoder.patch(&one("20")).unwrap();
    assert_eq!(two.call(()).unwrap(), 21);

    // Names of files and what is included by them are those of the real sources.
    let place = host.function::<(), String>(&plugin, "place").unwrap();
    let expected = format!("{folder}/src/other.rs:3 data");
    assert_eq!(place.call(()).unwrap(), expected);

    let events = host.events();
    let receipt = recoder.revert().unwrap().expect("it was patched");
    assert_eq!(receipt.cause, Cause::Revert);
    assert_eq!(two.call(()).unwrap(), 2);
    nothing_was_built(&events);

    // The file's next edit is built as ever.
    bench.write(
        &format!("{folder}/src/lib.rs"),
        &before.replace("    1\n", "    5\n"),
    );
    next_publish(&events);
    assert_eq!(two.call(()).unwrap(), 6);
}

#[test]
fn patches_of_one_file_are_independent() {
    let bench = Bench::new("recode_two");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let first = host.recoder(&plugin, "one").unwrap();
    let second = host.recoder(&plugin, "two").unwrap();
    first.patch(&one("10")).unwrap();
    second
        .patch("#[plugin_fn]\npub fn two() -> i64 {\n    one() * 2\n}")
        .unwrap();
    assert_eq!(number(&host, &plugin, "two"), 20);
    // The first is put back at once; the second's own call of it follows.
    let events = host.events();
    first.revert().unwrap();
    assert_eq!(number(&host, &plugin, "one"), 1);
    Waiting::on(&events).find(|event| match event {
        Event::BuildStarted { .. } => Some(()),
        _ => None,
    });
    next_publish(&events);
    assert_eq!(
        (number(&host, &plugin, "one"), number(&host, &plugin, "two")),
        (1, 2)
    );
    assert_eq!(second.status().unwrap(), RecoderStatus::Live);
    second.revert().unwrap();
    assert_eq!(
        (number(&host, &plugin, "one"), number(&host, &plugin, "two")),
        (1, 2)
    );
}

#[test]
fn helpers_and_imports_come_with_patch_module() {
    let bench = Bench::new("recode_items");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let file = bench.path(&format!("{folder}/src/lib.rs"));
    let recoder = host.recoder(&plugin, "one").unwrap();
    recoder
        .patch_module("use std::cmp::max;\n\nfn helper(a: i64) -> i64 {\n    max(a, 7)\n}\n")
        .unwrap();
    recoder.patch(&one("helper(3)")).unwrap();
    assert_eq!(number(&host, &plugin, "one"), 7);
    let before = fs::read_to_string(&file).unwrap();
    recoder.commit().unwrap();
    let after = fs::read_to_string(&file).unwrap();
    assert!(
        after.ends_with("fn helper(a: i64) -> i64 {\n    max(a, 7)\n}\n"),
        "{after}"
    );
    assert!(
        after.starts_with(&before[..20]) && after.contains("helper(3)"),
        "{after}"
    );

    recoder.patch_module("fn broken( {}").unwrap_err();
    let page = bench.templates("site", &[("page.html", "x")]);
    let other = bench.builder().plugin(bench.path(&page)).start().unwrap();
    let template = other.recoder(&bench.plugin("site"), "page.html").unwrap();
    assert!(template.patch_module("fn a() {}").is_err());
}

#[test]
fn a_broken_function_is_refused_at_its_own_lines() {
    let bench = Bench::new("recode_broken_fn");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "one").unwrap();
    let check = |source: &str, place: (u32, u32), message: &str| {
        let error = recoder.patch(source).expect_err("it is broken");
        let rejection = error.rejection().expect("it is refused");
        assert_eq!(rejection.stage, Stage::Build, "{rejection}");
        let diagnostic = &rejection.diagnostics[0];
        let file = diagnostic.file.as_deref().expect("it has a file");
        assert!(file.ends_with("src/lib.rs"), "{file}");
        let found = (diagnostic.line, diagnostic.column);
        assert_eq!(found, (Some(place.0), Some(place.1)), "{diagnostic}");
        assert!(diagnostic.message.contains(message), "{diagnostic}");
    };
    check(&one("\"text\""), (3, 5), "mismatched types");
    check(&one("nope()"), (3, 5), "cannot find function");
    check(&one("("), (4, 1), "cannot parse");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Refused);
    assert_eq!(number(&host, &plugin, "one"), 1);
    let error = recoder.patch("pub fn other() {}").unwrap_err();
    assert!(
        error.to_string().contains("does not define function one"),
        "{error}"
    );
    recoder.patch(&one("3")).unwrap();
    assert_eq!(number(&host, &plugin, "two"), 4);

    // A live handle's signature counts, too, also on the way back.
    let handle = host.function::<(), i64>(&plugin, "one").unwrap();
    let error = recoder
        .patch("#[plugin_fn]\npub fn one() -> String {\n    String::new()\n}\n\nfn unused() {}")
        .unwrap_err();
    assert!(error.is_rejected(), "{error}");
    assert_eq!(handle.call(()).unwrap(), 3);
}

#[test]
fn a_whole_file_is_patched() {
    let bench = Bench::new("recode_module");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let module = host.module_recoder(&plugin, "src/lib.rs").unwrap();
    let text = module.source().unwrap().expect("it is there");
    let events = host.events();
    let function = "\n#[plugin_fn]\npub fn three() -> i64 {\n    two() + 1\n}\n";
    module.patch(&format!("{text}{function}")).unwrap();
    assert_eq!(next_status(&events), RecoderStatus::Live);
    assert_eq!(number(&host, &plugin, "three"), 3);
    // A function that only the patch has can be patched as well, but not saved alone.
    let three = host.recoder(&plugin, "three").unwrap();
    three
        .patch("#[plugin_fn]\npub fn three() -> i64 { 33 }")
        .unwrap();
    assert_eq!(number(&host, &plugin, "three"), 33);
    let error = three.commit().unwrap_err();
    assert!(
        error.to_string().contains("builds on another patch"),
        "{error}"
    );
    let error = module.revert().unwrap_err();
    assert!(error.to_string().contains("revert that first"), "{error}");
    three.revert().unwrap();
    assert_eq!(number(&host, &plugin, "three"), 3);
    module.revert().unwrap();
    let gone = host.function::<(), i64>(&plugin, "three").unwrap();
    assert!(gone.call(()).unwrap_err().is_removed());

    let function = host.recoder(&plugin, "two").unwrap();
    function.delete().unwrap();
    let gone = host.function::<(), i64>(&plugin, "two").unwrap();
    assert!(gone.call(()).unwrap_err().is_removed());
    function.revert().unwrap();
    assert_eq!(gone.call(()).unwrap(), 2);
}

#[test]
fn a_patched_function_survives_edits_of_other_files_and_manifests() {
    let bench = Bench::new("recode_edit");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "one").unwrap();
    recoder.patch(&one("10")).unwrap();
    let events = host.events();
    bench.write(&format!("{folder}/data.txt"), "other data");
    next_publish(&events);
    let place = host.function::<(), String>(&plugin, "place").unwrap();
    assert!(place.call(()).unwrap().ends_with("other data"));
    assert_eq!(number(&host, &plugin, "two"), 11);
    // A new dependency is cargo's business.
    bench.depend(&folder, "blake3.workspace = true");
    bench.write(
        &format!("{folder}/src/other.rs"),
        "#[hotplate_plugin_api::plugin_fn]\npub fn place() -> String {\n    \
         blake3::hash(b\"\").to_hex()[..4].to_owned()\n}\n",
    );
    assert!(host.refresh().unwrap().is_some());
    assert_eq!(place.call(()).unwrap(), "af13");
    assert_eq!(number(&host, &plugin, "two"), 11);
    // The other edits stay, so a build completes the way back.
    recoder.revert().unwrap();
    assert_eq!(number(&host, &plugin, "one"), 1);
    Waiting::on(&events).find(|event| match event {
        Event::Published(receipt) if receipt.cause == Cause::Revert => Some(()),
        _ => None,
    });
    next_publish(&events);
    assert_eq!(number(&host, &plugin, "two"), 2);
    assert_eq!(place.call(()).unwrap(), "af13");
}

#[test]
fn a_plugin_without_sources_has_no_recoder() {
    let host = hotplate::Host::builder()
        .linked(text::PLUGIN)
        .start()
        .unwrap();
    let error = host.recoder("text", "slugify").unwrap_err();
    assert!(error.to_string().contains("has no source"), "{error}");
}

#[test]
fn the_code_of_a_filter_is_patched_but_not_what_templates_know_of_it() {
    let bench = Bench::new("recode_filter");
    let folder = bench.template_crate("shop", &[("page.html", "{% load prices %}{{ 3|twice }}")]);
    let plugin = bench.plugin("shop");
    let library = format!("{folder}/src/lib.rs");
    let text = fs::read_to_string(bench.path(&library)).unwrap();
    bench.write(&library, &format!("mod prices;\n{text}"));
    bench.write(
        &format!("{folder}/src/prices.rs"),
        "use hotplate_template_runtime::custom::filter;\n\n#[filter]\npub fn twice(value: i64) -> \
         i64 {\n    value * 2\n}\n",
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&plugin, "page.html").unwrap();
    let render = || page.render(&context! {}).unwrap();
    assert_eq!(render(), "6");
    let units = host.units();
    let unit = units.iter().find(|unit| unit.kind == "filter").unwrap();
    let recoder = host.recoder(&plugin, &unit.name).unwrap();
    recoder
        .patch("#[filter]\npub fn twice(value: i64) -> i64 {\n    value + value + 1\n}")
        .unwrap();
    assert_eq!(render(), "7");
    let error = recoder
        .patch("#[filter]\npub fn twice(value: i64, more: i64) -> i64 {\n    value + more\n}")
        .unwrap_err();
    assert!(
        error.to_string().contains("what templates must know"),
        "{error}"
    );
    assert_eq!(render(), "7");
    recoder.revert().unwrap();
    assert_eq!(render(), "6");
}

#[test]
fn a_plugin_that_is_reached_through_a_link_is_patched() {
    let bench = Bench::new("recode_link");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("plugin");
    symlink(bench.path(&folder), &link).unwrap();
    let host = bench.builder().plugin(&link).start().unwrap();
    let recoder = host.recoder(&plugin, "one").unwrap();
    recoder.patch(&one("10")).unwrap();
    assert_eq!(number(&host, &plugin, "two"), 11);
    recoder.commit().unwrap();
    let text = fs::read_to_string(bench.path(&format!("{folder}/src/lib.rs"))).unwrap();
    assert!(text.contains("    10\n"), "{text}");
    assert!(host.refresh().unwrap().is_none());
}

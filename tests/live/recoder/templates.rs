//! Patches of templates, blocks and partials.

use std::fs;

use hotplate::{Cause, Event, RecoderStatus, Stage, context};
use hotplate_tests::{Bench, Waiting, next_publish, next_rejection};

use super::{changes, next_status, nothing_was_built, render};

#[test]
fn a_patch_is_live_without_touching_the_file() {
    let bench = Bench::new("recode_template");
    let folder = bench.templates("site", &[("page.html", "old")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let file = bench.path(&format!("{folder}/page.html"));
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    let page = host.template(&plugin, "page.html").unwrap();
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);
    assert_eq!(recoder.source().unwrap().as_deref(), Some("old"));

    let events = host.events();
    let receipt = recoder.patch("new").unwrap().expect("it means another");
    assert_eq!((receipt.generation, receipt.cause), (2, Cause::Patch));
    assert_eq!(changes(&receipt), ["Update page.html"]);
    assert_eq!(page.render(&context! {}).unwrap(), "new");
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    assert_eq!(recoder.source().unwrap().as_deref(), Some("new"));
    assert_eq!(next_status(&events), RecoderStatus::Live);

    // Neither a look at all files nor an edit of another one takes the patch away.
    assert!(host.refresh().unwrap().is_none());
    bench.write(&format!("{folder}/other.html"), "other");
    next_publish(&events);
    assert_eq!(render(&host, &plugin, "page.html"), "new");

    assert!(recoder.patch("new").unwrap().is_none(), "it means the same");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Live);
}

#[test]
fn a_revert_needs_no_build() {
    let bench = Bench::new("revert_template");
    let folder = bench.templates("site", &[("page.html", "one")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    assert!(recoder.revert().unwrap().is_none(), "there is no patch");
    recoder.patch("two\n{{ x|floatformat:undefined }}").unwrap();
    recoder.patch("three").unwrap();
    let events = host.events();
    let receipt = recoder.revert().unwrap().expect("it was patched");
    assert_eq!((receipt.generation, receipt.cause), (4, Cause::Revert));
    assert_eq!(render(&host, &plugin, "page.html"), "one");
    nothing_was_built(&events);
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);
    assert_eq!(recoder.source().unwrap().as_deref(), Some("one"));

    // An edit builds on the file's text.
    bench.write(&format!("{folder}/page.html"), "four");
    next_publish(&events);
    assert_eq!(render(&host, &plugin, "page.html"), "four");
}

#[test]
fn a_block_and_a_partial_are_replaced_where_they_stand() {
    let bench = Bench::new("recode_block");
    let text = "a{% block x %}1{% endblock %}b{% partialdef p inline %}2{% endpartialdef %}c";
    let folder = bench.templates(
        "site",
        &[
            ("base.html", text),
            ("page.html", "{% extends 'base.html' %}"),
        ],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let block = host.recoder(&plugin, "base.html/x").unwrap();
    let partial = host.recoder(&plugin, "base.html#p").unwrap();
    assert_eq!(
        block.source().unwrap().as_deref(),
        Some("{% block x %}1{% endblock %}")
    );
    let receipt = block.patch("{% block x %}\n11{% endblock %}").unwrap();
    assert_eq!(changes(&receipt.unwrap()), ["Update base.html/x"]);
    // The second patch is put on the text with the first.
    let receipt = partial.patch("{% partialdef p inline %}22{% endpartialdef %}");
    assert_eq!(
        changes(&receipt.unwrap().unwrap()),
        ["Update base.html", "Update base.html#p"]
    );
    assert_eq!(render(&host, &plugin, "page.html"), "a\n11b22c");
    assert_eq!(render(&host, &plugin, "base.html#p"), "22");

    // Taking one back leaves the other.
    block.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "a1b22c");
    partial.delete().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "a1bc");
    assert_eq!(partial.source().unwrap(), None);
    partial.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "a1b2c");

    let error = block.patch("{% block y %}{% endblock %}").unwrap_err();
    assert!(
        error.to_string().ends_with("does not define block x"),
        "{error}"
    );
}

#[test]
fn a_broken_patch_is_refused_at_its_own_lines() {
    let bench = Bench::new("recode_broken");
    let text = "one\ntwo\n{% block x %}{% endblock %}\n";
    let folder = bench.templates("site", &[("page.html", text)]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let block = host.recoder(&plugin, "page.html/x").unwrap();
    let check = |source: &str, place: (u32, u32)| {
        let error = block.patch(source).expect_err("it is broken");
        let rejection = error.rejection().expect("it is refused");
        assert_eq!(rejection.stage, Stage::Template);
        let diagnostic = &rejection.diagnostics[0];
        let file = diagnostic.file.as_deref().expect("it has a file");
        assert!(file.ends_with("page.html"), "{file}");
        assert_eq!(
            (diagnostic.line, diagnostic.column),
            (Some(place.0), Some(place.1))
        );
        Waiting::on(&events).find(|event| match event {
            Event::PatchRefused { rejection, .. } => {
                assert_eq!(rejection.diagnostics[0].line, Some(place.0));
                Some(())
            }
            _ => None,
        });
    };
    check("{% block x %}{% nope %}{% endblock %}", (1, 14));
    assert_eq!(next_status(&events), RecoderStatus::Refused);
    check("{% block x %}\n\n {{ x|nope }}{% endblock %}", (3, 7));
    assert_eq!(block.status().unwrap(), RecoderStatus::Refused);
    assert_eq!(render(&host, &plugin, "page.html"), "one\ntwo\n\n");
    assert!(
        host.rejection().is_none(),
        "nothing is wrong with the sources"
    );
    assert_eq!(host.generation(), 1);

    // The last good patch serves on when the next one is refused.
    block.patch("{% block x %}good{% endblock %}").unwrap();
    check("{% block x %}{% nope %}{% endblock %}", (1, 14));
    assert_eq!(block.status().unwrap(), RecoderStatus::Live);
    assert_eq!(render(&host, &plugin, "page.html"), "one\ntwo\ngood\n");
    assert!(host.refresh().unwrap().is_none());
}

#[test]
fn a_save_under_a_patch_puts_it_out_of_sync() {
    let bench = Bench::new("out_of_sync");
    let folder = bench.templates("site", &[("page.html", "file")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let file = format!("{folder}/page.html");
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    recoder.patch("patch").unwrap();
    let events = host.events();
    bench.write(&file, "saved");
    assert_eq!(next_status(&events), RecoderStatus::OutOfSync);
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
    let error = recoder.commit().unwrap_err();
    assert!(error.to_string().contains("was changed since"), "{error}");
    assert_eq!(fs::read_to_string(bench.path(&file)).unwrap(), "saved");

    // The earlier content again is as if nothing had been.
    bench.write(&file, "file");
    assert_eq!(next_status(&events), RecoderStatus::Live);
    bench.write(&file, "saved again");
    assert_eq!(next_status(&events), RecoderStatus::OutOfSync);
    recoder.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "saved again");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);

    // A newest version that is broken cannot be gone back to: the patch stays.
    recoder.patch("patch").unwrap();
    bench.write(&file, "{% nope %}");
    assert_eq!(next_status(&events), RecoderStatus::Original);
    assert_eq!(next_status(&events), RecoderStatus::Live);
    assert_eq!(next_status(&events), RecoderStatus::OutOfSync);
    assert!(recoder.revert().unwrap_err().is_build_failure());
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::OutOfSync);
}

#[test]
fn a_rollback_takes_a_patch_back_until_the_next_change() {
    let bench = Bench::new("recode_rollback");
    let folder = bench.templates("site", &[("page.html", "file"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    recoder.patch("patch").unwrap();
    let events = host.events();
    host.rollback().unwrap();
    assert_eq!(next_status(&events), RecoderStatus::RolledBack);
    assert_eq!(render(&host, &plugin, "page.html"), "file");
    bench.write(&format!("{folder}/other.html"), "oo");
    assert_eq!(next_status(&events), RecoderStatus::Live);
    assert_eq!(render(&host, &plugin, "page.html"), "patch");

    host.rollback().unwrap();
    assert_eq!(next_status(&events), RecoderStatus::RolledBack);
    recoder.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "file");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);
    assert_eq!(render(&host, &plugin, "other.html"), "oo");
}

#[test]
fn patches_survive_the_folding_of_libraries() {
    let bench = Bench::new("recode_fold");
    let names: Vec<String> = (0..6).map(|number| format!("{number}.html")).collect();
    let templates: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "0")).collect();
    let folder = bench.templates("site", &templates);
    let plugin = bench.plugin("site");
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder.consolidate_after(Some(2)).start().unwrap();
    let events = host.events();
    let recoders: Vec<_> = names
        .iter()
        .map(|name| host.recoder(&plugin, name).unwrap())
        .collect();
    for recoder in &recoders {
        recoder
            .patch(&format!("patch of {}", recoder.unit()))
            .unwrap();
    }
    Waiting::on(&events).find(|event| matches!(event, Event::Consolidated { .. }).then_some(()));
    for (recoder, name) in recoders.iter().zip(&names) {
        assert_eq!(render(&host, &plugin, name), format!("patch of {name}"));
        recoder.revert().unwrap();
        assert_eq!(render(&host, &plugin, name), "0");
    }
}

#[test]
fn a_template_of_a_crate_keeps_its_patch_when_cargo_builds() {
    let bench = Bench::new("recode_crate");
    let folder = bench.template_crate("site", &[("page.html", "file"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    recoder.patch("patch").unwrap();
    let events = host.events();
    let library = format!("{folder}/src/lib.rs");
    let text = fs::read_to_string(bench.path(&library)).unwrap();
    bench.write(
        &library,
        &format!("{text}\n#[hotplate_plugin_api::plugin_fn]\nfn three() -> i64 {{ 3 }}\n"),
    );
    let receipt = next_publish(&events);
    assert!(
        changes(&receipt).contains(&"Add three".to_owned()),
        "{receipt:?}"
    );
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
    assert_eq!(render(&host, &plugin, "other.html"), "o");
    // The lane still compiles single templates.
    let other = host.recoder(&plugin, "other.html").unwrap();
    other.patch("oo").unwrap();
    let function = host.recoder(&plugin, "three").unwrap();
    function
        .patch("#[hotplate_plugin_api::plugin_fn]\nfn three() -> i64 { 4 }")
        .unwrap();
    assert_eq!(super::number(&host, &plugin, "three"), 4);
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
    assert_eq!(render(&host, &plugin, "other.html"), "oo");
    recoder.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "file");
    assert_eq!(super::number(&host, &plugin, "three"), 4);
}

#[test]
fn a_file_that_is_not_there_yet_can_be_patched_in() {
    let bench = Bench::new("recode_new");
    let folder = bench.templates("site", &[("page.html", "p")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let recoder = host.module_recoder(&plugin, "new.html").unwrap();
    assert_eq!(recoder.source().unwrap(), None);
    recoder.patch("new").unwrap();
    assert_eq!(render(&host, &plugin, "new.html"), "new");
    recoder.revert().unwrap();
    let new = host.template(&plugin, "new.html").unwrap();
    assert!(new.render(&context! {}).unwrap_err().is_removed());
    recoder.patch("new").unwrap();
    recoder.commit().unwrap();
    let text = fs::read_to_string(bench.path(&format!("{folder}/new.html")));
    assert_eq!(text.unwrap(), "new");

    for file in ["../page.html", "/etc/passwd", "no/such/folder.html", ""] {
        assert!(host.module_recoder(&plugin, file).is_err(), "{file}");
    }
    let error = host.recoder(&plugin, "pge.html").unwrap_err();
    assert!(
        error.is_unknown() && error.to_string().contains("page.html"),
        "{error}"
    );
}

#[test]
fn a_manual_host_publishes_a_patch_at_once() {
    let bench = Bench::new("recode_manual");
    let folder = bench.templates("site", &[("page.html", "file")]);
    let plugin = bench.plugin("site");
    let builder = bench.builder().plugin(bench.path(&folder)).manual();
    let host = builder.start().unwrap();
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    recoder.patch("patch").unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
    recoder.revert().unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "file");
}

#[test]
fn a_patch_beside_a_broken_edit_is_refused_and_leaves_the_edit_to_its_author() {
    let bench = Bench::new("recode_beside");
    let folder = bench.templates("site", &[("page.html", "file"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    bench.write(&format!("{folder}/other.html"), "{% nope %}");
    next_rejection(&events);
    let error = recoder.patch("patch").unwrap_err();
    let rejection = error.rejection().expect("it is refused");
    let file = rejection.diagnostics[0].file.as_deref();
    assert!(
        file.is_some_and(|file| file.ends_with("other.html")),
        "{error}"
    );
    next_rejection(&events);
    assert!(host.rejection().is_some(), "the edit is still wrong");
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Refused);

    bench.write(&format!("{folder}/other.html"), "oo");
    next_publish(&events);
    assert!(host.rejection().is_none());
    assert_eq!(render(&host, &plugin, "page.html"), "file");
    recoder.patch("patch").unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "patch");
}

#[test]
fn many_threads_patch_at_once() {
    let bench = Bench::new("recode_threads");
    let names: Vec<String> = (0..4).map(|number| format!("{number}.html")).collect();
    let templates: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "file")).collect();
    let folder = bench.templates("site", &templates);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    std::thread::scope(|scope| {
        for name in &names {
            let recoder = host.recoder(&plugin, name).unwrap();
            let (host, plugin) = (&host, &plugin);
            scope.spawn(move || {
                for round in 0..3 {
                    let text = format!("{name} {round}");
                    recoder.patch(&text).unwrap();
                    assert_eq!(render(host, plugin, name), text);
                    let guard = recoder.override_with("guarded").unwrap();
                    assert_eq!(render(host, plugin, name), "guarded");
                    drop(guard);
                    assert_eq!(render(host, plugin, name), text);
                }
                recoder.revert().unwrap();
                assert_eq!(render(host, plugin, name), "file");
            });
        }
    });
    assert!(host.refresh().unwrap().is_none());
}

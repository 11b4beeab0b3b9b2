//! Patches that are written into their files.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use hotplate::RecoderStatus;
use hotplate_tests::{Bench, next_publish};

use super::{next_status, nothing_was_built, number, numbers, render};

#[test]
fn a_commit_writes_the_file_and_builds_nothing() {
    let bench = Bench::new("commit");
    let folder = bench.templates("site", &[("page.html", "file"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let file = format!("{folder}/page.html");
    let recoder = host.recoder(&plugin, "page.html").unwrap();
    let error = recoder.commit().unwrap_err();
    assert!(error.to_string().contains("there is no patch"), "{error}");
    recoder.patch("patch").unwrap();
    let events = host.events();
    recoder.commit().unwrap();
    assert_eq!(fs::read_to_string(bench.path(&file)).unwrap(), "patch");
    assert_eq!(next_status(&events), RecoderStatus::Saved);
    assert!(host.refresh().unwrap().is_none());
    nothing_was_built(&events);
    assert_eq!(
        (host.generation(), render(&host, &plugin, "page.html")),
        (2, "patch".to_owned())
    );
    assert!(
        recoder.revert().unwrap().is_none(),
        "the file is what counts"
    );

    bench.write(&file, "an edit");
    next_publish(&events);
    assert_eq!(recoder.status().unwrap(), RecoderStatus::Original);

    recoder.delete().unwrap();
    recoder.commit().unwrap();
    assert!(!bench.path(&file).exists());
    assert!(host.refresh().unwrap().is_none());

    // A host that starts knows of what was committed alone.
    let other = host.recoder(&plugin, "other.html").unwrap();
    other.patch("not committed").unwrap();
    drop(host);
    let host = bench.host(&[&folder]);
    assert_eq!(render(&host, &plugin, "other.html"), "o");
    assert!(host.template(&plugin, "page.html").is_err());
}

#[test]
fn one_of_several_patches_is_committed() {
    let bench = Bench::new("commit_one");
    let folder = numbers(&bench);
    let plugin = bench.plugin("numbers");
    let host = bench.host(&[&folder]);
    let file = bench.path(&format!("{folder}/src/lib.rs"));
    let before = fs::read_to_string(&file).unwrap();
    let one = host.recoder(&plugin, "one").unwrap();
    let two = host.recoder(&plugin, "two").unwrap();
    one.patch("/// One.\n#[plugin_fn]\npub fn one() -> i64 {\n    10\n}")
        .unwrap();
    two.patch("#[plugin_fn]\npub fn two() -> i64 {\n    one() * 2\n}")
        .unwrap();
    let events = host.events();
    one.commit().unwrap();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        before.replace("    1\n", "    10\n")
    );
    assert_eq!(one.status().unwrap(), RecoderStatus::Saved);
    assert_eq!(two.status().unwrap(), RecoderStatus::Live);
    assert!(host.refresh().unwrap().is_none());
    nothing_was_built(&events);
    assert_eq!(number(&host, &plugin, "two"), 20);
    two.revert().unwrap();
    nothing_was_built(&events);
    assert_eq!(number(&host, &plugin, "two"), 11);

    // Cargo builds what was committed.
    let text = fs::read_to_string(&file).unwrap();
    bench.write(
        &format!("{folder}/src/lib.rs"),
        &text.replace("one() + 1", "one() + 3"),
    );
    next_publish(&events);
    assert_eq!(number(&host, &plugin, "two"), 13);
}

#[test]
fn links_modes_and_line_ends_are_kept() {
    let bench = Bench::new("commit_kept");
    let text = "a\r\n{% block x %}\r\n1{% endblock %}\r\n";
    let folder = bench.templates("site", &[("page.html", text), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let (link, real) = (
        bench.path(&format!("{folder}/page.html")),
        bench.path("real.html"),
    );
    fs::rename(&link, &real).unwrap();
    fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    let host = bench.host(&[&folder]);
    let block = host.recoder(&plugin, "page.html/x").unwrap();
    block.patch("{% block x %}\n2\n{% endblock %}").unwrap();
    assert_eq!(render(&host, &plugin, "page.html"), "a\n\n2\n\n");
    block.commit().unwrap();
    let expected = "a\r\n{% block x %}\r\n2\r\n{% endblock %}\r\n";
    assert_eq!(fs::read_to_string(&real).unwrap(), expected);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(host.refresh().unwrap().is_none());

    let other = host.recoder(&plugin, "other.html").unwrap();
    other.patch("p").unwrap();
    let file = bench.path(&format!("{folder}/other.html"));
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    let error = other.commit().unwrap_err();
    assert!(
        error.to_string().ends_with("other.html is read-only"),
        "{error}"
    );
    assert_eq!(other.status().unwrap(), RecoderStatus::Live);
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    other.commit().unwrap();
}

//! Plugins that are edited together appear together.

use std::fs;

use hotplate::{Stage, context};
use hotplate_tests::{Bench, next_publish, next_rejection};

#[test]
fn two_plugins_edited_together_are_one_publish() {
    let bench = Bench::new("together");
    let base = bench.templates("base", &[("base.html", "1{% block b %}{% endblock %}1")]);
    let page_text = "{% extends 'base.html' %}{% block b %}1{% endblock %}";
    let page = bench.templates("pages", &[("page.html", page_text)]);
    let host = bench.host(&[&base, &page]);
    let events = host.events();
    let handle = host.template(&bench.plugin("pages"), "page.html").unwrap();
    assert_eq!(handle.render(&context! {}).unwrap(), "111");

    bench.write(
        &format!("{base}/base.html"),
        "2{% block b %}{% endblock %}2",
    );
    bench.write(&format!("{page}/page.html"), &page_text.replace('1', "2"));
    // One refresh sees both, however the watcher's hints fall.
    host.refresh().expect("both are good");
    assert_eq!(handle.render(&context! {}).unwrap(), "222");
    drop(events);
}

#[test]
fn one_broken_plugin_holds_back_what_was_edited_with_it() {
    let bench = Bench::new("held_back");
    let left = bench.templates("left", &[("left.html", "1")]);
    let right = bench.templates("right", &[("right.html", "1")]);
    let builder = bench.builder().manual();
    let host = builder
        .plugin(bench.path(&left))
        .plugin(bench.path(&right))
        .start()
        .expect("the first build succeeds");
    let left_handle = host.template(&bench.plugin("left"), "left.html").unwrap();
    let right_handle = host.template(&bench.plugin("right"), "right.html").unwrap();

    // Both files change in one step, so that they are one change set.
    let staged = bench.path("staged");
    fs::create_dir_all(&staged).unwrap();
    fs::write(staged.join("left"), "2").unwrap();
    fs::write(staged.join("right"), "{% broken %}").unwrap();
    fs::rename(
        staged.join("left"),
        bench.path(&format!("{left}/left.html")),
    )
    .unwrap();
    fs::rename(
        staged.join("right"),
        bench.path(&format!("{right}/right.html")),
    )
    .unwrap();
    let error = host.refresh().expect_err("one is broken");
    assert_eq!(error.rejection().unwrap().stage, Stage::Template);
    assert_eq!(left_handle.render(&context! {}).unwrap(), "1");
    assert_eq!(right_handle.render(&context! {}).unwrap(), "1");

    fs::write(bench.path(&format!("{right}/right.html")), "2").unwrap();
    let receipt = host
        .refresh()
        .expect("both are good")
        .expect("there is news");
    assert_eq!(receipt.changes.len(), 2, "{receipt:?}");
    assert_eq!(left_handle.render(&context! {}).unwrap(), "2");
    assert_eq!(right_handle.render(&context! {}).unwrap(), "2");
}

#[test]
fn a_plugin_that_is_broken_alone_holds_nothing_back() {
    let bench = Bench::new("alone");
    let left = bench.templates("left", &[("left.html", "1")]);
    let right = bench.templates("right", &[("right.html", "1")]);
    let host = bench.host(&[&left, &right]);
    let events = host.events();
    let handle = host.template(&bench.plugin("right"), "right.html").unwrap();
    bench.write(&format!("{left}/left.html"), "{% broken %}");
    next_rejection(&events);
    bench.write(&format!("{right}/right.html"), "2");
    next_publish(&events);
    assert_eq!(handle.render(&context! {}).unwrap(), "2");

    let outstanding = host.rejection().expect("left is still broken");
    assert_eq!(outstanding.plugin, Some(bench.plugin("left")));
    bench.write(&format!("{left}/left.html"), "3");
    next_publish(&events);
    assert!(host.rejection().is_none());
}

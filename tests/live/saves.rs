//! Every way of saving is seen once, and saving the same content not at all.

use hotplate::{Event, context};
use hotplate_tests::{Bench, Save, Waiting, next_publish};

#[test]
fn every_kind_of_save_gives_one_publish() {
    let bench = Bench::new("saves");
    let folder = bench.templates("site", &[("page.html", "0")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let path = bench.path(&format!("{folder}/page.html"));
    for (number, save) in Save::ALL.into_iter().enumerate() {
        let text = format!("{save:?}");
        save.write(&path, &text);
        let receipt = next_publish(&events);
        assert_eq!(page.render(&context! {}).unwrap(), text);
        assert_eq!(receipt.generation, 2 + number as u64, "{save:?}");
    }
}

#[test]
fn the_same_content_again_builds_nothing() {
    let bench = Bench::new("same");
    let folder = bench.templates("site", &[("a.html", "a"), ("b.html", "b")]);
    let host = bench.host(&[&folder]);
    let events = host.events();

    bench.write(&format!("{folder}/a.html"), "a");
    assert!(host.refresh().expect("nothing is wrong").is_none());
    // The next change is the first that is built.
    bench.write(&format!("{folder}/b.html"), "c");
    let built = Waiting::on(&events).find(|event| match event {
        Event::Changed { paths } => Some(paths.clone()),
        _ => None,
    });
    assert_eq!(built, [bench.path(&format!("{folder}/b.html"))]);
    assert_eq!(next_publish(&events).generation, 2);
}

#[test]
fn an_edit_without_meaning_publishes_nothing_but_keeps_lines_right() {
    let bench = Bench::new("meaning");
    let source = "{% if true_value %}{{ x|floatformat:undefined }}{% endif %}";
    let folder = bench.templates("site", &[("page.html", source)]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let context = context! { true_value: true, x: 1.5 };
    let error = page.render(&context).expect_err("the argument is missing");
    assert_eq!(error.trace()[0].line, 1);

    let commented = format!("{{% comment %}}\n\n{{% endcomment %}}{source}");
    bench.write(&format!("{folder}/page.html"), &commented);
    Waiting::on(&events).find(|event| matches!(event, Event::Unchanged { .. }).then_some(()));
    assert_eq!(host.generation(), 1);
    let error = page.render(&context).expect_err("the argument is missing");
    assert_eq!(error.trace()[0].line, 3);
}

#[test]
fn data_files_are_announced_and_not_built() {
    let bench = Bench::new("data");
    let folder = bench.templates("site", &[("page.html", "x")]);
    bench.write("content/article.md", "one");
    let host = bench
        .builder()
        .plugin(bench.path(&folder))
        .data(bench.path("content"))
        .start()
        .expect("the first build succeeds");
    let events = host.events();
    bench.write("content/article.md", "two");
    let paths = Waiting::on(&events).find(|event| match event {
        Event::DataChanged { paths } => Some(paths.clone()),
        Event::BuildStarted { .. } => panic!("data was built"),
        _ => None,
    });
    assert_eq!(paths, [bench.path("content/article.md")]);
}

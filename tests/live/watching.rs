//! Those who keep something that they derived from a unit hear of changes, or compare
//! generations.

use std::fs;
use std::sync::mpsc::{self, Receiver};

use hotplate::{Dependency, Event, Host, Template, UnitChange, UnitChangeKind, context};
use hotplate_tests::{Bench, Waiting};

/// A site whose page has a parent with a parent, and an include.
const SITE: &[(&str, &str)] = &[
    ("base.html", "<{% block content %}{% endblock %}>"),
    ("middle.html", "{% extends 'base.html' %}"),
    (
        "page.html",
        "{% extends 'middle.html' %}\n{% block content %}\n{% include 'row.html' %}\n{% endblock %}\n",
    ),
    ("row.html", "row"),
    ("other.html", "other"),
    ("any.html", "{% include name %}"),
];

fn save(bench: &Bench, folder: &str, file: &str, text: &str) {
    bench.write(&format!("{folder}/{file}"), text);
}

fn edit(bench: &Bench, host: &Host, folder: &str, file: &str, text: &str) {
    save(bench, folder, file, text);
    host.refresh().expect("the edit is good");
}

fn watch(template: &Template) -> (hotplate::Registration, Receiver<UnitChange>) {
    let (sender, changes) = mpsc::channel();
    let registration = template.on_change(move |change| {
        let _ = sender.send(change.clone());
    });
    (registration.expect("the host is there"), changes)
}

/// Waits until all callbacks of earlier publishes have been called: one that is registered
/// last, for a template that changes now, is called after them.
fn settle(bench: &Bench, host: &Host, folder: &str, plugin: &str) {
    let (_registration, changes) = watch(&host.template(plugin, "marker.html").unwrap());
    edit(
        bench,
        host,
        folder,
        "marker.html",
        &host.generation().to_string(),
    );
    changes.recv().expect("the marker changed");
}

#[test]
fn a_template_changes_with_its_parents_and_includes() {
    let bench = Bench::new("on_change");
    let folder = bench.templates("site", SITE);
    save(&bench, &folder, "marker.html", "0");
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let page = host.template(&plugin, "page.html").unwrap();
    let (_registration, changes) = watch(&page);
    let edits = [
        (
            "page.html",
            "{% extends 'middle.html' %}{% block content %}{% include 'row.html' %}!{% endblock %}",
            true,
        ),
        ("row.html", "row 2", true),
        ("base.html", "[{% block content %}{% endblock %}]", true),
        (
            "middle.html",
            "{% extends 'base.html' %}{# nothing else #}{% block x %}{% endblock %}",
            true,
        ),
        ("other.html", "other 2", false),
        // Text that moves, and an edit without a meaning.
        ("row.html", "row 2{# comment #}", false),
    ];
    for (file, text, concerns) in edits {
        let before = (host.generation(), page.generation());
        edit(&bench, &host, &folder, file, text);
        if concerns {
            let change = changes.recv().expect("it is told");
            assert_eq!(change.kind, UnitChangeKind::Updated, "{file}");
            assert_eq!(change.generation, host.generation(), "{file}");
            assert_eq!(page.generation(), host.generation(), "{file}");
        } else {
            assert_eq!(page.generation(), before.1, "{file}");
        }
        settle(&bench, &host, &folder, &plugin);
        assert!(
            changes.try_recv().is_err(),
            "once, and for nothing else: {file}"
        );
    }
}

#[test]
fn a_removed_template_is_told_and_so_is_its_return() {
    let bench = Bench::new("on_change_removed");
    let folder = bench.templates("site", &[("a.html", "a"), ("b.html", "b")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let (registration, changes) = watch(&host.template(&plugin, "b.html").unwrap());
    let (_other, of_name) = watch(&host.find_template("b.html").unwrap());
    fs::remove_file(bench.path(&format!("{folder}/b.html"))).expect("it can be deleted");
    host.refresh().expect("the edit is good");
    for changes in [&changes, &of_name] {
        assert_eq!(changes.recv().unwrap().kind, UnitChangeKind::Removed);
    }
    edit(&bench, &host, &folder, "b.html", "b");
    for changes in [&changes, &of_name] {
        assert_eq!(changes.recv().unwrap().kind, UnitChangeKind::Returned);
    }
    // Back to where it was not, and back to where it was.
    host.rollback().expect("one is kept");
    assert_eq!(changes.recv().unwrap().kind, UnitChangeKind::Removed);
    drop(registration);
    edit(&bench, &host, &folder, "b.html", "b 2");
    of_name.recv().expect("removed");
    of_name.recv().expect("returned");
    assert!(changes.recv().is_err(), "the registration has ended");
}

#[test]
fn a_rollback_to_the_same_thing_is_no_change() {
    let bench = Bench::new("on_change_rollback");
    let folder = bench.templates(
        "site",
        &[("a.html", "a"), ("b.html", "b"), ("marker.html", "")],
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let a = host.template(&plugin, "a.html").unwrap();
    edit(&bench, &host, &folder, "b.html", "b 2");
    let generation = a.generation();
    let (_registration, changes) = watch(&a);
    host.rollback().expect("one is kept");
    assert_eq!(a.generation(), generation);
    settle(&bench, &host, &folder, &plugin);
    assert!(changes.try_recv().is_err());
}

#[test]
fn callbacks_may_call_the_host_and_panic() {
    let bench = Bench::new("on_change_calls");
    let folder = bench.templates("site", &[("a.html", "a"), ("b.html", "b")]);
    let plugin = bench.plugin("site");
    let host = std::sync::Arc::new(bench.host(&[&folder]));
    let events = host.events();
    let a = host.template(&plugin, "a.html").unwrap();
    let broken = a.on_change(|_| panic!("out of order")).unwrap();
    let (sender, texts) = mpsc::channel();
    let (inner_host, template) = (std::sync::Arc::downgrade(&host), a.clone());
    let file = bench.path(&format!("{folder}/b.html"));
    let working = a.on_change(move |_| {
        let host = inner_host.upgrade().expect("the host is there");
        fs::write(&file, "b 2").expect("it can be written");
        host.refresh().expect("the edit is good");
        let _ = sender.send(template.render(&context! {}).unwrap());
    });
    let _working = working.unwrap();
    for text in ["a 2", "a 3"] {
        edit(&bench, &host, &folder, "a.html", text);
        assert_eq!(texts.recv().unwrap(), text);
        let (unit, message) = Waiting::on(&events).find(|event| match event {
            Event::CallbackPanicked { unit, message } => Some((unit.clone(), message.clone())),
            _ => None,
        });
        assert_eq!(unit, format!("{plugin}::a.html"));
        assert_eq!(message, "out of order");
    }
    let b = host.template(&plugin, "b.html").unwrap();
    assert_eq!(b.render(&context! {}).unwrap(), "b 2");
    drop(broken);
}

#[test]
fn dependants_are_found_through_others() {
    let bench = Bench::new("dependants");
    let folder = bench.templates("site", SITE);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let check = |unit: &str, expected: &[(&str, Dependency, bool)]| {
        let found = host.dependants(&plugin, unit).expect("it is there");
        let found: Vec<(&str, Dependency, bool)> = found
            .iter()
            .map(|user| (user.unit.name.as_str(), user.dependency, user.is_direct))
            .collect();
        let mut expected = expected.to_vec();
        let mut sorted = found.clone();
        expected.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{unit}");
        assert!(found.is_sorted_by_key(|(.., is_direct)| !is_direct));
    };
    use Dependency::{Contains, Extends, Includes, MayInclude};
    let any = ("any.html", MayInclude, true);
    check(
        "base.html",
        &[
            ("middle.html", Extends, true),
            ("page.html", Extends, false),
            any,
        ],
    );
    check(
        "row.html",
        &[
            ("page.html/content", Includes, true),
            ("page.html", Contains, false),
            any,
        ],
    );
    check("other.html", &[any]);
    let generation = host.generation() + 1;
    edit(&bench, &host, &folder, "row.html", "row 2");
    let users = host.dependants(&plugin, "row.html").unwrap();
    assert!(
        users.iter().all(|user| user.generation == generation),
        "{users:?}"
    );
    assert!(
        host.dependants(&plugin, "rw.html")
            .unwrap_err()
            .is_unknown()
    );
}

#[test]
fn units_are_found_by_name_pattern_and_line() {
    let bench = Bench::new("lookup");
    let folder = bench.templates("site", SITE);
    save(
        &bench,
        &folder,
        "parts/deep.html",
        "1\n{% block a %}\n3\n{% block b %}5\n{% endblock %}\n{% endblock %}\n{% partialdef p %}\n9{% endpartialdef %}\n",
    );
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let unit = host.unit(&plugin, "page.html/content").unwrap();
    assert_eq!((unit.kind, unit.line, unit.end_line), ("block", 2, 4));
    let file = bench.path(&format!("{folder}/page.html"));
    assert_eq!(unit.path.as_deref(), Some(file.as_path()));
    assert!(
        host.unit(&plugin, "page.html/contents")
            .unwrap_err()
            .is_unknown()
    );

    let like = |pattern: &str| -> Vec<String> {
        let units = host.units_like(&plugin, pattern).into_iter();
        units.map(|unit| unit.name).collect()
    };
    assert_eq!(like("page.html*"), ["page.html", "page.html/content"]);
    assert_eq!(
        like("*/content"),
        ["base.html/content", "page.html/content"]
    );
    assert_eq!(like("nothing*"), Vec::<String>::new());

    let at = |file: &str, line| host.unit_at(file, line).map(|unit| unit.name);
    let deep = "parts/deep.html";
    let absolute = bench.path(&format!("{folder}/{deep}"));
    let lines = [
        (1, deep.to_owned()),
        (2, format!("{deep}/a")),
        (3, format!("{deep}/a")),
        (4, format!("{deep}/b")),
        (5, format!("{deep}/b")),
        (6, format!("{deep}/a")),
        (7, format!("{deep}#p")),
        (8, format!("{deep}#p")),
    ];
    for (line, expected) in lines {
        for file in [deep, "deep.html", absolute.to_str().unwrap()] {
            assert_eq!(at(file, line).unwrap(), expected, "{file}:{line}");
        }
    }
    assert!(at(deep, 99).unwrap_err().to_string().contains("line 99"));
    assert!(at("eep.html", 1).unwrap_err().is_unknown());
    // Lines move with their text, without a publish.
    let text = fs::read_to_string(&absolute).unwrap();
    edit(
        &bench,
        &host,
        &folder,
        deep,
        &format!("\n{text}").replace("\n1", "{# #}\n1"),
    );
    assert_eq!(at(deep, 2).unwrap(), deep);
    assert_eq!(at(deep, 3).unwrap(), format!("{deep}/a"));
}

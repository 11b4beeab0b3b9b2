//! Those who hear of publishes, and may veto them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hotplate::{Cause, Event, Host, PublishListener, Stage, context};
use hotplate_tests::{Bench, Waiting, manual};

/// What listeners heard, in order.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, text: String) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A listener that notes everything.
    fn listener(&self, name: &str) -> PublishListener {
        let [before, after, failed] = [(); 3].map(|()| (self.clone(), name.to_owned()));
        PublishListener::new(name)
            .before(move |proposal| -> Result<(), String> {
                let changes = proposal.changes.len();
                let artifacts = !proposal.artifacts.is_empty();
                assert!(artifacts, "{proposal:?}");
                before.0.note(format!(
                    "{} before {} over {}: {}, {changes}",
                    before.1, proposal.generation, proposal.serving, proposal.cause
                ));
                Ok(())
            })
            .after(move |receipt| {
                let (heard, name) = &after;
                heard.note(format!("{name} after {}", receipt.generation));
            })
            .failed(move |rejection| {
                let (heard, name) = &failed;
                heard.note(format!("{name} failed at {}", rejection.stage.as_str()));
            })
    }
}

#[test]
fn a_listener_hears_of_every_publish_until_it_is_dropped() {
    let bench = Bench::new("listener_hears");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let heard = Heard::default();
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder.on_publish(heard.listener("a")).start().unwrap();
    assert_eq!(heard.take(), ["a before 1 over 0: start, 1", "a after 1"]);

    let registration = host.on_publish(heard.listener("b"));
    let file = format!("{folder}/page.html");
    bench.write(&file, "2");
    host.refresh().unwrap();
    let both = ["a before 2 over 1: edit, 1", "b before 2 over 1: edit, 1"];
    assert_eq!(
        heard.take(),
        [&both[..], &["a after 2", "b after 2"]].concat()
    );
    host.rollback().unwrap();
    let both = [
        "a before 3 over 2: rollback, 1",
        "b before 3 over 2: rollback, 1",
    ];
    assert_eq!(
        heard.take(),
        [&both[..], &["a after 3", "b after 3"]].concat()
    );

    drop(registration);
    bench.write(&file, "{% if x %}");
    host.refresh().expect_err("it is broken");
    assert_eq!(heard.take(), ["a failed at template"]);
}

#[test]
fn one_of_three_listeners_vetoes() {
    let bench = Bench::new("veto");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = manual(&bench, &folder);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let heard = Heard::default();
    let _first = host.on_publish(heard.listener("a"));
    let freeze =
        host.on_publish(
            PublishListener::new("freeze").before(|proposal| match proposal.cause {
                Cause::Edit => Err("not on a Friday"),
                _ => Ok(()),
            }),
        );
    let _third = host.on_publish(heard.listener("c"));

    bench.write(&format!("{folder}/page.html"), "2");
    let error = host.refresh().expect_err("there is a veto");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Veto);
    assert_eq!(rejection.serving, 1);
    assert_eq!(rejection.diagnostics.len(), 1);
    let message = &rejection.diagnostics[0].message;
    assert_eq!(message, "freeze objects: not on a Friday");
    assert_eq!(page.render(&context! {}).unwrap(), "1");
    assert_eq!(
        heard.take(),
        [
            "a before 2 over 1: edit, 1",
            "c before 2 over 1: edit, 1",
            "a failed at veto",
            "c failed at veto",
        ]
    );
    assert_eq!(
        host.rejection().map(|rejection| rejection.stage),
        Some(Stage::Veto)
    );

    drop(freeze);
    host.refresh()
        .expect("nobody objects")
        .expect("it is tried again");
    assert_eq!(page.render(&context! {}).unwrap(), "2");
    assert!(host.rejection().is_none());
}

#[test]
fn a_vetoed_rollback_leaves_what_serves() {
    let bench = Bench::new("veto_rollback");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = manual(&bench, &folder);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    bench.write(&format!("{folder}/page.html"), "2");
    host.refresh().unwrap();
    let heard = Heard::default();
    let _ears = host.on_publish(heard.listener("a"));
    let _stay = host.on_publish(PublishListener::new("stay").before(|_| Err("forward only")));
    let events = host.events();
    let error = host.rollback().expect_err("there is a veto");
    assert_eq!(
        error.rejection().map(|found| found.stage),
        Some(Stage::Veto)
    );
    assert_eq!(
        heard.take(),
        ["a before 3 over 2: rollback, 1", "a failed at veto"]
    );
    Waiting::on(&events).find(|event| matches!(event, Event::RollbackRefused(_)).then_some(()));
    assert_eq!(page.render(&context! {}).unwrap(), "2");
    assert_eq!(host.generation(), 2);
    // The sources are no worse for it.
    assert!(host.rejection().is_none());
}

#[test]
fn a_listener_that_panics_hurts_nobody_and_vetoes_in_before() {
    let bench = Bench::new("listener_panics");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = manual(&bench, &folder);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let events = host.events();
    let heard = Heard::default();
    let clumsy = host.on_publish(PublishListener::new("clumsy").after(|_| panic!("no disk")));
    let _ears = host.on_publish(heard.listener("a"));
    let file = format!("{folder}/page.html");
    bench.write(&file, "2");
    host.refresh().expect("it is live when the listener panics");
    assert_eq!(heard.take(), ["a before 2 over 1: edit, 1", "a after 2"]);
    let panicked = |event: &Event| match event {
        Event::ListenerPanicked {
            listener,
            during,
            message,
        } => Some(format!("{listener} in {during}: {message}")),
        _ => None,
    };
    let found = Waiting::on(&events).find(panicked);
    assert_eq!(found, "clumsy in after: no disk");

    drop(clumsy);
    let _guard = host.on_publish(
        PublishListener::new("guard")
            .before(|_| -> Result<(), String> { panic!("who goes there") }),
    );
    bench.write(&file, "3");
    let error = host.refresh().expect_err("a panic is a veto");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Veto);
    let message = &rejection.diagnostics[0].message;
    assert_eq!(message, "guard panicked: who goes there");
    let found = Waiting::on(&events).find(panicked);
    assert_eq!(found, "guard in before: who goes there");
    assert_eq!(page.render(&context! {}).unwrap(), "2");
}

#[test]
fn a_listener_may_use_the_host_and_cannot_wait_for_it() {
    let bench = Bench::new("listener_calls");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = Arc::new(manual(&bench, &folder));
    let plugin = bench.plugin("site");
    let page = host.template(&plugin, "page.html").unwrap();
    let heard = Heard::default();
    let weak: Weak<Host> = Arc::downgrade(&host);
    let (own, before_page, before_plugin) = (heard.clone(), page.clone(), plugin.clone());
    let before_host = weak.clone();
    let listener = PublishListener::new("user")
        .before(move |_| -> Result<(), hotplate::Error> {
            let host = before_host.upgrade().expect("the host waits");
            let made = host.template(&before_plugin, "page.html")?;
            let _events = host.events();
            let _nested = host.on_publish(PublishListener::new("nested"));
            let waits = [
                host.refresh().err(),
                host.tick().err(),
                host.rollback().err(),
                host.rollback_to(1).err(),
            ];
            for error in waits {
                let text = error.expect("the host waits for this thread").to_string();
                assert!(text.contains("cannot wait for another publish"), "{text}");
            }
            let texts = [
                made.render(&context! {})?,
                before_page.render(&context! {})?,
            ];
            own.note(format!("before: {texts:?}"));
            Ok(())
        })
        .after({
            let (heard, page) = (heard.clone(), page.clone());
            move |_| heard.note(format!("after: {:?}", page.render(&context! {}).ok()))
        });
    let _registration = host.on_publish(listener);
    bench.write(&format!("{folder}/page.html"), "2");
    host.refresh().unwrap();
    assert_eq!(
        heard.take(),
        ["before: [\"1\", \"1\"]", "after: Some(\"2\")"]
    );
}

#[test]
fn handles_in_listeners_do_not_keep_a_host() {
    let bench = Bench::new("listener_cycle");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let witness = Arc::new(());
    let own = witness.clone();
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder
        .on_publish(PublishListener::new("keeper").after(move |_| {
            let _ = &own;
        }))
        .start()
        .unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    drop(host);
    assert_eq!(Arc::strong_count(&witness), 1, "the listener is gone");
    let error = page.render(&context! {}).expect_err("the host is gone");
    assert!(error.is_closed());
}

#[test]
fn a_listener_may_refuse_the_start() {
    let bench = Bench::new("veto_start");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let nobody = PublishListener::new("nobody").before(|_| Err("closed today"));
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let error = builder.on_publish(nobody).start().expect_err("a veto");
    assert_eq!(
        error.rejection().map(|found| found.stage),
        Some(Stage::Veto)
    );

    let nobody = PublishListener::new("nobody").before(|_| Err("closed today"));
    let builder = Host::builder().linked(text::PLUGIN).on_publish(nobody);
    let error = builder.start().expect_err("a veto");
    assert_eq!(
        error.rejection().map(|found| found.stage),
        Some(Stage::Veto)
    );
}

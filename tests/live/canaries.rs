//! Trial renderings and calls on a candidate, before anybody sees it.

use std::error::Error as StdError;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use hotplate::{Stage, context};
use hotplate_tests::{Bench, manual};

type Outcome = Result<(), Box<dyn StdError + Send + Sync>>;

#[test]
fn a_canary_sees_the_candidate_and_nobody_else_does() {
    let bench = Bench::new("canary_sees");
    let folder = bench.templates("site", &[("page.html", "1"), ("other.html", "o")]);
    let plugin = bench.plugin("site");
    let host = manual(&bench, &folder);
    let page = host.template(&plugin, "page.html").unwrap();
    let (own_page, own_plugin) = (page.clone(), plugin.clone());
    let (outside, inside) = (page.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = inside.clone();
    let registration = host.canary("look", move |candidate| -> Outcome {
        let elsewhere = std::thread::scope(|scope| {
            let render = scope.spawn(|| outside.render(&context! {}));
            render.join().expect("rendering does not panic")
        })?;
        let mut local = own_page.local();
        seen.lock().unwrap().extend([
            candidate.render(&own_plugin, "page.html", &context! {})?,
            candidate.render(&own_plugin, "new.html", &context! {})?,
            own_page.render(&context! {})?,
            local.render(&context! {})?,
            elsewhere,
            candidate.generation().to_string(),
            candidate.changes().len().to_string(),
            candidate.units().len().to_string(),
        ]);
        Ok(())
    });
    bench.write(&format!("{folder}/page.html"), "2");
    bench.write(&format!("{folder}/new.html"), "n");
    let receipt = host.refresh().unwrap().unwrap();
    let seen = std::mem::take(&mut *inside.lock().unwrap());
    assert_eq!(seen, ["2", "n", "2", "2", "1", "2", "2", "3"]);
    assert!(!receipt.timings.canaries.is_zero());
    assert_eq!(page.render(&context! {}).unwrap(), "2");

    drop(registration);
    bench.write(&format!("{folder}/page.html"), "3");
    host.refresh().unwrap();
    assert!(inside.lock().unwrap().is_empty(), "it is gone");
}

#[test]
fn a_failed_rendering_refuses_with_its_place_in_the_template() {
    let bench = Bench::new("canary_fails");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let plugin = bench.plugin("site");
    let own = plugin.clone();
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder
        .canary(
            "front page",
            move |candidate| -> Result<(), hotplate::Error> {
                candidate.render(&own, "page.html", &context! { x: 1 })?;
                Ok(())
            },
        )
        .start()
        .unwrap();
    let page = host.template(&plugin, "page.html").unwrap();
    let file = format!("{folder}/page.html");
    bench.write(&file, "one\n  {% include missing %}");
    let error = host.refresh().expect_err("the page does not render");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Canary);
    let diagnostic = &rejection.diagnostics[0];
    assert!(
        diagnostic.message.starts_with("canary front page failed:"),
        "{diagnostic}"
    );
    assert_eq!(diagnostic.file.as_deref(), Some("page.html"));
    assert_eq!((diagnostic.line, diagnostic.column), (Some(2), Some(14)));
    assert_eq!(page.render(&context! {}).unwrap(), "1");
    bench.write(&file, "2");
    host.refresh().unwrap();
    assert_eq!(page.render(&context! {}).unwrap(), "2");
}

#[test]
fn a_canary_that_panics_refuses_and_all_are_asked() {
    let bench = Bench::new("canary_panics");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let host = manual(&bench, &folder);
    let line = line!() + 1;
    let _first = host.canary("first", |_| -> Outcome { panic!("no good") });
    let _second = host.canary("second", |_| Err::<(), _>("neither"));
    let _third = host.canary("third", |_| Ok::<(), String>(()));
    bench.write(&format!("{folder}/page.html"), "2");
    let error = host.refresh().expect_err("two complain");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Canary);
    let messages = rejection.diagnostics.iter();
    let messages: Vec<&str> = messages.map(|found| found.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "canary first panicked: no good",
            "canary second failed: neither"
        ]
    );
    let diagnostic = &rejection.diagnostics[0];
    assert!(diagnostic.file.as_deref().unwrap().ends_with("canaries.rs"));
    assert_eq!(diagnostic.line, Some(line));
    assert_eq!(host.generation(), 1);
}

/// Holds threads up until it is opened.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn pass(&self) {
        let open = self.0.lock().unwrap();
        drop(self.1.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }
}

#[test]
fn a_canary_that_never_ends_is_refused_and_left_behind() {
    let bench = Bench::new("canary_hangs");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let plugin = bench.plugin("site");
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder
        .canary_timeout(Duration::from_millis(50))
        .start()
        .unwrap();
    let page = host.template(&plugin, "page.html").unwrap();
    let gate = Arc::new(Gate::default());
    let own = gate.clone();
    let hangs = host.canary("endless", move |_| -> Outcome {
        own.pass();
        Ok(())
    });
    let file = format!("{folder}/page.html");
    let mut stuck = 0;
    loop {
        stuck += 1;
        bench.write(&file, &format!("{stuck} hung"));
        let error = host.refresh().expect_err("it does not end");
        let rejection = error.rejection().expect("it is a rejection");
        assert_eq!(rejection.stage, Stage::Canary);
        let message = &rejection.diagnostics[0].message;
        if message.contains("canaries of earlier change sets never ended") {
            break;
        }
        assert!(message.contains("did not end within 50ms"), "{message}");
        assert!(stuck < 100, "nothing bounds the threads");
    }
    assert_eq!(page.render(&context! {}).unwrap(), "1");

    gate.open();
    drop(hangs);
    bench.write(&file, "2");
    host.refresh().expect("no canary is left");
    assert_eq!(page.render(&context! {}).unwrap(), "2");
}

#[test]
fn a_host_that_goes_does_not_wait_for_a_canary() {
    let bench = Bench::new("canary_drop");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let gate = Arc::new(Gate::default());
    let (own, (reached, arrived)) = (gate.clone(), std::sync::mpsc::channel());
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder
        .canary_timeout(Duration::from_secs(3600))
        .canary("endless", move |_| -> Outcome {
            reached.send(())?;
            own.pass();
            Ok(())
        })
        .start_unbuilt()
        .unwrap();
    arrived.recv().expect("the canary runs");
    let began = Instant::now();
    drop(host);
    assert!(began.elapsed() < Duration::from_secs(60));
    gate.open();
}

/// A plugin with two canaries, one of which has a template rendered.
const WITH_CANARIES: &str = r#"
use hotplate_plugin_api::{Value, canary, context, plugin_fn};

#[plugin_fn]
pub fn double(number: i64) -> i64 {
    number * 2
}

#[canary]
fn doubles() -> Result<(), String> {
    let found = double(21);
    if found == 42 { Ok(()) } else { Err(format!("21 doubled is {found}")) }
}

#[canary(template = "page.html")]
fn page() -> Value {
    context! { title: "Hello" }
}

pub mod templates {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS);
"#;

#[test]
fn a_plugin_brings_canaries_of_its_own() {
    let bench = Bench::new("canary_plugin");
    let folder = bench.template_crate("site", &[("page.html", "{{ title }}")]);
    let source = format!("{folder}/src/lib.rs");
    bench.write(&source, WITH_CANARIES);
    let host = manual(&bench, &folder);
    let double = host.function::<(i64,), i64>(&folder, "double").unwrap();
    let page = host.template(&folder, "page.html").unwrap();
    let canaries = host
        .units()
        .into_iter()
        .filter(|unit| unit.kind == "canary");
    assert_eq!(
        canaries.map(|unit| unit.name).collect::<Vec<_>>(),
        ["doubles", "page"]
    );

    let refused = |expected: &str| {
        let error = host.refresh().expect_err(expected);
        let rejection = error.rejection().expect("it is a rejection").clone();
        assert_eq!(rejection.stage, Stage::Canary, "{rejection}");
        assert_eq!(rejection.plugin.as_deref(), Some(folder.as_str()));
        assert!(rejection.to_string().contains(expected), "{rejection}");
        rejection.diagnostics[0].clone()
    };
    bench.write(&source, &WITH_CANARIES.replace("number * 2", "number * 3"));
    let diagnostic = refused("doubles failed: 21 doubled is 63");
    assert!(diagnostic.file.as_deref().unwrap().ends_with("src/lib.rs"));
    assert_eq!(diagnostic.line, Some(9));
    assert_eq!(double.call((4,)).unwrap(), 8);

    let panics = WITH_CANARIES.replace("number * 2", "panic!(\"no {number}\")");
    bench.write(&source, &panics);
    let diagnostic = refused("no 21");
    assert_eq!(diagnostic.line, Some(6), "{diagnostic}");
    assert_eq!(double.call((4,)).unwrap(), 8);

    bench.write(&source, WITH_CANARIES);
    assert!(host.refresh().expect("it is what serves").is_none());

    // An edit of the template alone has to pass them, too.
    let file = format!("{folder}/templates/page.html");
    bench.write(&file, "{{ title }}\n{% include nothing %}");
    let diagnostic = refused("page.html");
    assert_eq!(diagnostic.line, Some(2), "{diagnostic}");
    assert_eq!(page.render(&context! { title: "a" }).unwrap(), "a");
    bench.write(&file, "<b>{{ title }}</b>");
    host.refresh().expect("it renders");
    assert_eq!(page.render(&context! { title: "a" }).unwrap(), "<b>a</b>");

    let error = host
        .function::<(), ()>(&folder, "doubles")
        .expect_err("no function");
    assert!(error.to_string().contains("is a canary"), "{error}");
}

#[test]
fn a_canary_calls_functions_with_their_signatures() {
    let bench = Bench::new("canary_calls");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let own = folder.clone();
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder
        .canary("one", move |candidate| -> Outcome {
            let wrong = candidate.call::<(), String>(&own, "one", ());
            assert!(wrong.expect_err("it is a number").is_incompatible());
            let missing = candidate.call::<(), i64>(&own, "two", ());
            assert!(missing.expect_err("there is none").is_unknown());
            match candidate.call::<(), i64>(&own, "one", ())? {
                1 => Ok(()),
                other => Err(format!("one is {other}").into()),
            }
        })
        .start()
        .unwrap();
    bench.write(
        &format!("{folder}/src/lib.rs"),
        &source.replace("    1\n", "    7\n"),
    );
    let error = host.refresh().expect_err("it is not one");
    assert!(
        error.to_string().contains("canary one failed: one is 7"),
        "{error}"
    );
}

//! Hosts that live side by side, and hosts that go away.

use std::sync::mpsc;

use hotplate::{Value, context};
use hotplate_plugin_api::value::{Lookup, Object};
use hotplate_tests::{Bench, next_publish};

#[test]
fn two_hosts_live_side_by_side() {
    let bench = Bench::new("two_hosts");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let plugin = bench.plugin("site");
    let first = bench.host(&[&folder]);
    let second = bench.host(&[&folder]);
    let (events_of_first, events_of_second) = (first.events(), second.events());
    let page_of_first = first.template(&plugin, "page.html").unwrap();
    let page_of_second = second.template(&plugin, "page.html").unwrap();
    bench.write(&format!("{folder}/page.html"), "2");
    next_publish(&events_of_first);
    next_publish(&events_of_second);
    assert_eq!(page_of_first.render(&context! {}).unwrap(), "2");
    assert_eq!(page_of_second.render(&context! {}).unwrap(), "2");

    let error = page_of_first
        .render_in(&second.pin(), &context! {})
        .expect_err("the pin is of another host");
    assert!(error.to_string().contains("another host"), "{error}");
    drop(first);
    assert!(
        page_of_first
            .render(&context! {})
            .expect_err("it is gone")
            .is_closed()
    );
    assert_eq!(page_of_second.render(&context! {}).unwrap(), "2");
}

/// Says that the call has begun, and waits until it may go on.
struct Gate {
    entered: mpsc::SyncSender<()>,
    go_on: std::sync::Mutex<mpsc::Receiver<()>>,
}

impl Object for Gate {
    fn type_name(&self) -> &str {
        "Gate"
    }

    fn attribute(&self, name: &str) -> Lookup {
        if name != "pass" {
            return Lookup::Missing;
        }
        self.entered.send(()).expect("the test waits for it");
        let go_on = self.go_on.lock().expect("one thread waits");
        go_on.recv().expect("the test says go on");
        Lookup::Found(Value::str("passed"))
    }
}

#[test]
fn a_host_can_be_dropped_with_calls_in_flight() {
    let bench = Bench::new("in_flight");
    let folder = bench.templates(
        "site",
        &[(
            "page.html",
            "{{ gate.pass }}, {{ gate|default:'rest' }} and more",
        )],
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let (entered, inside) = mpsc::sync_channel(0);
    let (go, go_on) = mpsc::channel();
    let gate = Gate {
        entered,
        go_on: go_on.into(),
    };
    let context = context! { gate: Value::object(gate) };
    let handle = page.clone();
    let call = std::thread::spawn(move || handle.render(&context));
    inside.recv().expect("the call begins");
    drop(host);
    assert!(
        page.render(&context! {})
            .expect_err("the host is gone")
            .is_closed()
    );
    go.send(()).expect("the call waits");
    let rendered = call
        .join()
        .expect("the call ends")
        .expect("it was in flight");
    assert!(rendered.starts_with("passed, "), "{rendered}");
    assert!(rendered.ends_with(" and more"), "{rendered}");
}

#[test]
fn a_host_that_is_dropped_during_a_build_ends_it() {
    let bench = Bench::new("drop_building");
    let source = "hotplate_plugin_api::plugin!();\n";
    let folder = bench.native("slow", source);
    let host = bench.host(&[&folder]);
    let events = host.events();
    bench.write(
        &format!("{folder}/build.rs"),
        "fn main() {\n    loop {\n        std::thread::park();\n    }\n}\n",
    );
    hotplate_tests::Waiting::on(&events).find(|event| {
        matches!(event, hotplate::Event::BuildProgress { message } if message.contains("Compiling")).then_some(())
    });
    drop(host);
    // The subscription ends with the host, and the build was not left to itself.
    while events.recv().is_some() {}
    let path = bench.path("").display().to_string();
    assert!(!is_mentioned_by_a_process(&path), "the build still runs");
}

fn is_mentioned_by_a_process(path: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    let commands =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let mut others = commands.filter(|command| !command.is_empty());
    others.any(|command| String::from_utf8_lossy(&command).contains(path))
}

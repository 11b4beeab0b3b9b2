//! State in filters and tags, and calls inside of calls.

use std::sync::{Arc, Mutex};

use hotplate::{Host, Value, context};
use hotplate_plugin_api::value::{Lookup, Object};
use hotplate_tests::Bench;

const COUNTING: &str = r#"
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hotplate_plugin_api::{plugin_fn, state};
use hotplate_template_runtime::custom::{filter, simple_tag};

#[state]
#[derive(Default)]
pub struct Seen {
    count: AtomicU64,
}

#[filter]
fn numbered(value: &str, #[state] seen: &Seen) -> String {
    format!("{value} {}", seen.count.fetch_add(1, Relaxed) + 1)
}

#[simple_tag]
fn seen(#[state] seen: &Seen, #[default("times")] unit: &str) -> String {
    format!("{} {unit}", seen.count.load(Relaxed))
}

#[plugin_fn]
pub fn count(#[state] seen: &Seen) -> u64 {
    seen.count.load(Relaxed)
}
"#;

/// Does something in the middle of a rendering.
struct Meddler(Mutex<Box<dyn FnMut() -> String + Send>>);

impl Object for Meddler {
    fn type_name(&self) -> &str {
        "Meddler"
    }

    fn attribute(&self, name: &str) -> Lookup {
        match name {
            "now" => Lookup::Found(Value::str((self.0.lock().unwrap())())),
            _ => Lookup::Missing,
        }
    }
}

fn meddler(act: impl FnMut() -> String + Send + 'static) -> Value {
    Value::object(Meddler(Mutex::new(Box::new(act))))
}

#[test]
fn filters_and_tags_have_state_and_calls_inside_of_calls_never_deadlock() {
    let bench = Bench::new("state_templates");
    let shop = bench.native("shop", "mod counting;\n\nhotplate_plugin_api::plugin!();\n");
    bench.depend(&shop, "hotplate-template-runtime.workspace = true");
    let source = format!("{shop}/src/counting.rs");
    bench.write(&source, COUNTING);
    let beside = Bench::new("state_templates_beside");
    let pages = beside.templates(
        "site",
        &[(
            "page.html",
            "{% load counting %}{{ name|numbered }}, {{ m.now }}, {% seen %}",
        )],
    );
    let site = beside.plugin("site");
    let builder = bench.builder().manual().plugin(bench.path(&shop));
    let host = builder.plugin(beside.path(&pages)).start().unwrap();
    let host: Arc<Host> = Arc::new(host);
    let page = host.template(&site, "page.html").unwrap();
    let count = host.function::<(), u64>(&shop, "count").unwrap();
    let mut local = page.local();
    let show = |m: Value| context! { name: "a", m: m };
    assert_eq!(
        page.render(&show(Value::from("x"))).unwrap(),
        "a 1, , 1 times"
    );
    assert_eq!(local.render(&show(Value::None)).unwrap(), "a 2, , 2 times");
    let pin = host.pin();

    // A function with state, called in a rendering with state.
    let inner = count.clone();
    let m = meddler(move || inner.call(()).unwrap().to_string());
    assert_eq!(page.render(&show(m)).unwrap(), "a 3, 3, 3 times");

    // A swap that migrates, asked for in such a call: it is refused, and the call goes on.
    let wider = COUNTING.replace("    count:", "    other: u64,\n    count:");
    bench.write(&source, &wider);
    let inside = host.clone();
    let m = meddler(move || inside.refresh().expect_err("it is inside").to_string());
    let text = page.render(&show(m)).unwrap();
    assert!(
        text.starts_with("a 4, ") && text.ends_with(", 4 times"),
        "{text}"
    );
    assert!(text.contains("its state is still in use"), "{text}");

    let receipt = host
        .refresh()
        .expect("nobody is inside")
        .expect("it is tried again");
    assert_eq!(receipt.state.migrations[0].defaulted, ["other"]);
    assert_eq!(local.render(&show(Value::None)).unwrap(), "a 5, , 5 times");
    let error = page
        .render_in(&pin, &show(Value::None))
        .expect_err("it is older");
    assert!(error.is_stale(), "{error}");
    host.rollback().expect("one is kept");
    assert_eq!(page.render(&show(Value::None)).unwrap(), "a 6, , 6 times");
    assert_eq!(count.call(()).unwrap(), 6);
}

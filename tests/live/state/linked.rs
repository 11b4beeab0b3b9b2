//! A plugin with state that is linked into the program: this one.

use std::sync::atomic::{AtomicU64, Ordering};

use hotplate::{Host, Instance as Held};
use hotplate_plugin_api::state::Instance;
use hotplate_plugin_api::{plugin_fn, state};

#[state]
#[derive(Default)]
struct Counter {
    hits: AtomicU64,
}

#[plugin_fn]
fn linked_hit(#[state] counter: &Counter) -> u64 {
    counter.hits.fetch_add(1, Ordering::Relaxed) + 1
}

#[plugin_fn]
fn linked_new() -> Instance<Counter> {
    Instance::new(Counter {
        hits: AtomicU64::new(10),
    })
}

#[plugin_fn]
fn linked_method(#[instance] counter: &Counter) -> u64 {
    counter.hits.fetch_add(1, Ordering::Relaxed) + 1
}

hotplate_plugin_api::plugin!();

const NAME: &str = "hotplate-tests";

#[test]
fn linked_plugins_have_state_in_each_host() {
    let host = || Host::builder().linked(PLUGIN).start().expect("it starts");
    let (one, two) = (host(), host());
    let hit = |host: &Host| host.function::<(), u64>(NAME, "linked_hit").unwrap();
    let (first, second) = (hit(&one), hit(&two));
    assert_eq!((first.call(()).unwrap(), first.call(()).unwrap()), (1, 2));
    assert_eq!(second.call(()).unwrap(), 1);
    let new = one.function::<(), Held>(NAME, "linked_new").unwrap();
    let method = one
        .function::<(&Held,), u64>(NAME, "linked_method")
        .unwrap();
    assert_eq!(method.call((&new.call(()).unwrap(),)).unwrap(), 11);
    let states = one.states();
    assert_eq!(states.len(), 1);
    assert_eq!(
        (states[0].name.as_str(), states[0].in_use),
        ("Counter", true)
    );
    assert_eq!(
        states[0].layout.as_deref(),
        Some("struct Counter(8,8){hits@0:AtomicU64;}")
    );

    // Over a restart, too.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    one.save_state(&file).unwrap();
    drop(one);
    let again = Host::builder()
        .linked(PLUGIN)
        .restore_state(&file)
        .start()
        .unwrap();
    assert_eq!(hit(&again).call(()).unwrap(), 3);
    std::fs::write(
        &file,
        std::fs::read_to_string(&file).unwrap().replace("2}", "-2}"),
    )
    .unwrap();
    let error = Host::builder().linked(PLUGIN).restore_state(&file).start();
    assert!(error.expect_err("-2 is no count").is_state_failure());
}

//! Several plugins with state in one change set.

use hotplate::{Event, Host};
use hotplate_tests::Bench;

/// A plugin that counts; two of them call their state by the same name.
const COUNTING: &str = r#"
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hotplate_plugin_api::{plugin_fn, state};

#[state]
#[derive(Default)]
pub struct Counter {
    count: AtomicU64,
}

#[plugin_fn]
pub fn count(#[state] counter: &Counter, by: u64) -> u64 {
    counter.count.fetch_add(by, Relaxed) + by
}

hotplate_plugin_api::plugin!();
"#;

fn count(host: &Host, plugin: &str, by: u64) -> u64 {
    let count = host.function::<(u64,), u64>(plugin, "count").unwrap();
    count.call((by,)).unwrap()
}

#[test]
fn plugins_of_one_change_set_migrate_together_or_not_at_all() {
    let bench = Bench::new("state_together");
    let plugins = ["shop", "bank"].map(|name| bench.native(name, COUNTING));
    let [shop, bank] = &plugins;
    let builder = bench.builder().manual().plugin(bench.path(shop));
    let host = builder.plugin(bench.path(bank)).start().unwrap();
    let events = host.events();
    assert_eq!((count(&host, shop, 1), count(&host, bank, 5)), (1, 5));

    // One can migrate and the other cannot: neither does.
    let wider = COUNTING.replace("    count: A", "    other: Mutex<String>,\n    count: A");
    let unfit = wider
        .replace("other: Mutex<String>", "#[allow(dead_code)]\n    name: u8")
        .replace(
            "    count: AtomicU64",
            "    count: std::sync::atomic::AtomicBool",
        )
        .replace(
            "counter.count.fetch_add(by, Relaxed) + by",
            "by + u64::from(counter.count.load(Relaxed))",
        );
    bench.write(&format!("{shop}/src/lib.rs"), &wider);
    bench.write(&format!("{bank}/src/lib.rs"), &unfit);
    let error = host.refresh().expect_err("a number is no truth value");
    assert_eq!(
        error.rejection().unwrap().plugin.as_deref(),
        Some(bank.as_str()),
        "{error}"
    );
    assert_eq!((count(&host, shop, 1), count(&host, bank, 1)), (2, 6));
    let layouts = |host: &Host| {
        let states = host.states().into_iter();
        states
            .map(|state| state.layout.unwrap())
            .collect::<Vec<_>>()
    };
    assert!(
        layouts(&host)
            .iter()
            .all(|layout| !layout.contains("other"))
    );

    bench.write(&format!("{bank}/src/lib.rs"), &wider);
    let receipt = host.refresh().expect("both can").expect("both changed");
    let migrated = receipt.state.migrations.iter();
    let migrated: Vec<&str> = migrated
        .map(|migration| migration.plugin.as_str())
        .collect();
    assert_eq!(migrated, [bank, shop]);
    assert_eq!((count(&host, shop, 1), count(&host, bank, 1)), (3, 7));
    assert!(layouts(&host).iter().all(|layout| layout.contains("other")));
    assert_eq!(
        host.stats().state_pauses,
        2,
        "one for the refusal, and one for both"
    );

    // Whoever listens hears of it.
    let heard = std::iter::from_fn(|| events.try_recv()).any(
        |event| matches!(event, Event::Published(receipt) if receipt.state.migrations.len() == 2),
    );
    assert!(heard);
}

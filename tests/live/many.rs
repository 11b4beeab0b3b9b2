//! Many edits, many files, and starting again.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use hotplate::{Event, context};
use hotplate_tests::{Bench, Save, Waiting};

/// 300 edits at random moments by all kinds of saves: the newest always arrives, nothing
/// is published twice, and nothing goes back.
#[test]
fn edits_at_random_moments_are_all_seen() {
    const EDITS: u64 = 300;
    let bench = Bench::new("random");
    let folder = bench.templates("site", &[("page.html", "0")]);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let path = bench.path(&format!("{folder}/page.html"));

    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut publishes = 0;
    let mut latest = (1, 0);
    let mut look = |event: &Event| {
        if let Event::Published(receipt) = event {
            publishes += 1;
            assert_eq!(receipt.changes.len(), 1, "{receipt:?}");
        }
        let rendered = page.render_with(&context! {}, &Default::default()).unwrap();
        let seen: (u64, u64) = (rendered.receipt.generation, rendered.text.parse().unwrap());
        let forward = seen.0 > latest.0 && seen.1 > latest.1;
        assert!(seen == latest || forward, "{seen:?} after {latest:?}");
        latest = seen;
        matches!(event, Event::Published(_)) && seen.1 == EDITS
    };
    let mut arrived = false;
    for edit in 1..=EDITS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let save = Save::ALL[(random % 4) as usize];
        save.write(&path, &edit.to_string());
        let moment = Duration::from_micros(random >> 8 & 0x7fff);
        while let Some(event) = events.recv_timeout(moment) {
            arrived |= look(&event);
        }
    }
    if !arrived {
        Waiting::on(&events).find(|event| look(event).then_some(()));
    }
    assert!(publishes <= EDITS);
    assert_eq!(host.generation(), 1 + publishes);
}

#[test]
fn a_checkout_of_a_thousand_files_is_two_builds_at_most() {
    let bench = Bench::new("checkout");
    let name = |number: usize| format!("{}/t{number}.html", number % 10);
    let files: Vec<String> = (0..1000).map(name).collect();
    let templates: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "old")).collect();
    let folder = bench.templates("site", &templates);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    for file in &files {
        bench.write(&format!("{folder}/{file}"), "new");
    }
    let last = host.template(&plugin, &name(999)).unwrap();
    let first = host.template(&plugin, &name(0)).unwrap();
    let mut builds = 0;
    let mut published = 0;
    Waiting::on(&events).find(|event| {
        match event {
            Event::BuildStarted { .. } => builds += 1,
            Event::Published(receipt) => published += receipt.changes.len(),
            Event::Rejected(rejection) => panic!("rejected: {rejection}"),
            _ => {}
        }
        (published >= 1000).then_some(())
    });
    assert_eq!(published, 1000);
    assert!((1..=2).contains(&builds), "{builds} builds");
    for handle in [first, last] {
        assert_eq!(handle.render(&context! {}).unwrap(), "new");
    }
}

#[test]
fn a_restart_needs_no_compiler() {
    let bench = Bench::new("restart");
    // Unlike what an earlier run of this test has left in the cache.
    let text = format!(
        "{:?} of {}",
        std::time::SystemTime::now(),
        std::process::id()
    );
    let folder = bench.templates("site", &[("page.html", &text), ("other.html", "x")]);
    let plugin = bench.plugin("site");
    drop(bench.host(&[&folder]));

    // A toolchain whose cargo is real and whose rustc refuses everything.
    let toolchain = bench.path("toolchain");
    fs::create_dir(&toolchain).unwrap();
    let cargo = toolchain.join("cargo");
    symlink(env!("CARGO"), &cargo).unwrap();
    let rustc = toolchain.join("rustc");
    fs::write(&rustc, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
    let builder = bench.builder().cargo(&cargo);
    let host = builder
        .plugin(bench.path(&folder))
        .start()
        .expect("all is cached");
    let page = host.template(&plugin, "page.html").unwrap();
    assert_eq!(page.render(&context! {}).unwrap(), text);

    // The refusing rustc is really the one that is asked.
    bench.write(&format!("{folder}/page.html"), &format!("{text}, edited"));
    let error = host.refresh().expect_err("rustc refuses");
    assert!(error.is_build_failure(), "{error}");
    assert_eq!(page.render(&context! {}).unwrap(), text);
}

//! Many threads calling through many publishes.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hotplate::context;
use hotplate_tests::{Bench, build_libraries};

const THREADS: usize = 8;
const PUBLISHES: usize = 100;

/// A template that prints its version in three places: body, include and block.
#[test]
fn no_call_mixes_versions_fails_or_goes_back() {
    let bench = Bench::new("swarm");
    let templates = |version: &str| {
        [
            (
                "base.html",
                format!("{version} {{% block b %}}{{% endblock %}} {{% include 'part.html' %}}"),
            ),
            (
                "page.html",
                format!("{{% extends 'base.html' %}}{{% block b %}}{version}{{% endblock %}}"),
            ),
            ("part.html", version.to_owned()),
        ]
    };
    let written = templates("0");
    let written: Vec<(&str, &str)> = written
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let folder = bench.template_crate("site", &written);
    let mut versions = Vec::new();
    for version in ["1", "2"] {
        for (name, text) in templates(version) {
            bench.write(&format!("{folder}/templates/{name}"), &text);
        }
        // The last file is written again by the build, with the same content.
        let built = build_libraries(&bench, &folder, &[("templates/part.html", version)]);
        let kept = bench.path(&format!("version-{version}"));
        fs::rename(&built[0], &kept).unwrap();
        versions.push(kept);
    }

    let libraries = bench.path("libraries");
    fs::create_dir_all(&libraries).unwrap();
    let place = libraries.join("site.so");
    fs::copy(&versions[1], &place).unwrap();
    let host = bench
        .builder()
        .manual()
        .artifacts(&libraries)
        .start()
        .expect("it loads");
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();

    let done = AtomicBool::new(false);
    let calls = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (page, done, calls, host) = (page.clone(), &done, &calls, &host);
            scope.spawn(move || {
                let mut local = page.local();
                let mut seen = 0;
                while !done.load(Ordering::Relaxed) {
                    let current = host.generation();
                    if thread % 2 == 0 {
                        let rendered = page.render_with(&context! {}, &Default::default()).unwrap();
                        let generation = rendered.receipt.generation;
                        assert!(generation >= seen, "went back from {seen} to {generation}");
                        assert!(generation >= current, "missed generation {current}");
                        seen = generation;
                        let version = if generation % 2 == 1 { "2" } else { "1" };
                        assert_eq!(rendered.text, [version; 3].join(" "));
                    } else {
                        let text = local.render(&context! {}).unwrap();
                        assert!(["1 1 1", "2 2 2"].contains(&text.as_str()), "mixed: {text}");
                    }
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..PUBLISHES {
            let before = calls.load(Ordering::Relaxed);
            let incoming = libraries.join("incoming");
            fs::copy(&versions[round % 2], &incoming).unwrap();
            fs::rename(&incoming, &place).unwrap();
            host.refresh()
                .expect("both versions are good")
                .expect("they alternate");
            while calls.load(Ordering::Relaxed) < before + THREADS {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(host.generation(), 1 + PUBLISHES as u64);
    assert!(calls.into_inner() >= THREADS * PUBLISHES);
}

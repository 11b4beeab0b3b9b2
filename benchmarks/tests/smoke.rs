//! Every benchmark runs, so that none of them rots.

use std::time::Duration;

use hotplate_benchmarks::{Row, compile, dispatch, reload, render};

const ROUNDS: usize = 2;

fn check(rows: &[Row], expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.workload.as_str(), row.subject.as_str()))
        .collect();
    assert_eq!(found, expected);
    for row in rows {
        assert_eq!(row.rounds, ROUNDS);
        assert!(
            row.p10 > 0.0 && row.p10 <= row.median && row.median <= row.p90,
            "{row:?}"
        );
        assert!(row.p90 <= row.p99, "{row:?}");
    }
}

#[test]
fn dispatch_measures_every_subject() {
    let rows = dispatch::run(ROUNDS).expect("the benchmark runs");
    let peers = [
        "hotplate-local",
        "hotplate-shared",
        "arc-swap",
        "rwlock",
        "hot-lib-reloader",
    ];
    let slugs = ["call-1t", "call-2t", "scaling-2t"].map(|workload| (workload, true));
    let steps = ["tiny-1t", "tiny-2t", "tiny-scaling-2t"].map(|workload| (workload, false));
    let expected = slugs
        .into_iter()
        .chain(steps)
        .flat_map(|(workload, direct)| {
            let plain = ["pointer"].into_iter().chain(direct.then_some("direct"));
            plain.chain(peers).map(move |subject| (workload, subject))
        });
    check(&rows, &expected.collect::<Vec<_>>());
}

#[test]
fn compile_measures_a_page_and_the_site() {
    let rows = compile::run(ROUNDS).expect("the benchmark runs");
    check(
        &rows,
        &[("page", "hotplate"), ("site-per-page", "hotplate")],
    );
}

#[test]
fn render_measures_every_engine() {
    let options = render::Options {
        rounds: ROUNDS,
        least: Duration::ZERO,
        ..render::Options::default()
    };
    let rows = render::run(&options).expect("the benchmark runs");
    let engines = [
        "hotplate-typed",
        "hotplate-dynamic",
        "hotplate-static",
        "memcpy",
        "floor",
        "sailfish",
        "askama",
        "maud",
        "minijinja",
        "tera",
        "handlebars",
    ];
    let tags = [
        "interpreter-style",
        "hotplate-undeclared",
        "hotplate-declared",
    ];
    let workloads = render::WORKLOADS.into_iter();
    let workloads = workloads.filter(|workload| *workload != "lists");
    let expected = workloads.flat_map(|workload| {
        let subjects = match workload {
            "tag" => &tags[..],
            _ => &engines,
        };
        subjects.iter().map(move |subject| (workload, *subject))
    });
    check(&rows, &expected.collect::<Vec<_>>());
    for row in &rows {
        assert!(row.p10 > 0.0 && row.unit == "ns", "{row:?}");
        let others = rows.iter().filter(|other| other.workload == row.workload);
        let others = others.filter(|other| other.subject != row.subject);
        for other in others {
            let ratio = row.ratio[&other.subject];
            let [low, high] = row.ratio_spread[&other.subject];
            assert!(0.0 < low && low <= ratio && ratio <= high, "{row:?}");
        }
    }
}

#[test]
fn render_measures_what_is_wanted() {
    let options = render::Options {
        rounds: ROUNDS,
        only: vec!["teams".to_owned()],
        subjects: vec!["sailfish".to_owned(), "floor".to_owned()],
        ..render::Options::default()
    };
    let rows = render::run(&options).expect("the benchmark runs");
    check(&rows, &[("teams", "floor"), ("teams", "sailfish")]);
}

#[test]
fn render_measures_lists_of_all_lengths() {
    let options = render::Options {
        rounds: ROUNDS,
        least: Duration::ZERO,
        only: vec!["lists".to_owned()],
        subjects: vec!["hotplate-dynamic".to_owned(), "hotplate-reused".to_owned()],
        ..render::Options::default()
    };
    let rows = render::run(&options).expect("the benchmark runs");
    let lengths = ["list-10", "list-1000", "list-100000", "list-1000000"];
    let subjects = ["hotplate-dynamic", "hotplate-reused"];
    let expected = lengths.into_iter().flat_map(|workload| {
        let subjects = subjects.into_iter();
        subjects.map(move |subject| (workload, subject))
    });
    check(&rows, &expected.collect::<Vec<_>>());
}

#[test]
fn reload_measures_edits() {
    let only = ["tiny", "tiny-rustc", "undo", "rust-fn"];
    let options = reload::Options {
        rounds: Some(ROUNDS),
        only: only.map(str::to_owned).to_vec(),
        peers: false,
        ..reload::Options::default()
    };
    let rows = reload::run(&options).expect("the benchmark runs");
    let expected = [
        ("tiny", "hotplate"),
        ("tiny-rustc", "rustc"),
        ("rust-fn", "hotplate"),
        ("undo", "hotplate"),
    ];
    check(&rows, &expected);
    for row in rows {
        let stages = row.stages.map(|stages| stages.wait + stages.build);
        assert_eq!(stages.is_some(), row.subject == "hotplate", "{row:?}");
        assert!(stages.is_none_or(|sum| sum < row.p99), "{row:?}");
    }
}

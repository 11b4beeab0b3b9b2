//! Reload only if the tests pass.

use std::fs;
use std::path::Path;

use hotplate::{Event, Stage, context};
use hotplate_tests::{Bench, Waiting, next_publish, next_rejection};

/// A script that notes what it is told, and fails where a template says so.
const SCRIPT: &str =
    "echo \"$HOTPLATE_PLUGIN of $HOTPLATE_PLUGINS, $HOTPLATE_GENERATION\" >> ../runs
echo looking in $(basename \"$PWD\")
if grep -q broken *.html; then echo there is something broken >&2; exit 4; fi
";

#[test]
fn only_what_passes_the_tests_is_published() {
    let bench = Bench::new("tested");
    let folder = bench.templates("site", &[("page.html", "broken from the start")]);
    bench.write("test.sh", SCRIPT);
    let plugin = bench.plugin("site");
    let script = bench.path("test.sh");
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let host = builder
        .test_command(["sh".as_ref(), script.as_os_str()])
        .start()
        .expect("the first change set is not tested");
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let file = format!("{folder}/page.html");

    bench.write(&file, "good");
    let receipt = host.refresh().expect("it passes").expect("it is new");
    assert!(!receipt.timings.tests.is_zero());
    let mut waiting = Waiting::on(&events);
    let (plugins, command) = waiting.find(|event| match event {
        Event::TestsStarted { plugins, command } => Some((plugins.clone(), command.clone())),
        _ => None,
    });
    assert!(command.starts_with("sh /"), "{command}");
    let passed = waiting.find(|event| match event {
        Event::TestsPassed { plugins, .. } => Some(plugins.clone()),
        _ => None,
    });
    assert_eq!(plugins, passed);
    assert_eq!(passed, [plugin.as_str()]);
    assert_eq!(page.render(&context! {}).unwrap(), "good");

    bench.write(&file, "broken again");
    let error = host.refresh().expect_err("the tests fail");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Tests);
    assert_eq!(rejection.plugin.as_deref(), Some(plugin.as_str()));
    let diagnostic = &rejection.diagnostics[0];
    assert!(
        diagnostic.message.ends_with("ended with status 4"),
        "{diagnostic}"
    );
    let rendered = &diagnostic.rendered;
    assert!(rendered.contains("there is something broken"), "{rendered}");
    assert!(
        rendered.contains(&format!("looking in {plugin}")),
        "{rendered}"
    );
    assert_eq!(page.render(&context! {}).unwrap(), "good");

    bench.write(&file, "good");
    assert!(host.refresh().expect("it is what serves").is_none());
    let runs = bench.path(&folder).join("../runs");
    let runs = fs::read_to_string(runs).expect("the tests ran");
    let expected = [2, 3].map(|generation| format!("{plugin} of {plugin}, {generation}\n"));
    assert_eq!(
        runs,
        expected.concat(),
        "what changes nothing is not tested"
    );
}

#[test]
fn a_newer_edit_ends_the_tests_with_all_that_they_started() {
    let bench = Bench::new("tests_cancelled");
    let folder = bench.templates("site", &[("page.html", "1")]);
    bench.write(
        "test.sh",
        "grep -q endless *.html || exit 0\nsleep 3600 & echo $! > ../pid.part\nmv ../pid.part ../pid\nwait\n",
    );
    let plugin = bench.plugin("site");
    let script = bench.path("test.sh");
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder
        .test_command(["sh".as_ref(), script.as_os_str()])
        .start()
        .unwrap();
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let file = format!("{folder}/page.html");
    bench.write(&file, "endless");
    Waiting::on(&events).find(|event| matches!(event, Event::TestsStarted { .. }).then_some(()));
    let pid_file = bench.path(&folder).join("../pid");
    let pid = loop {
        match fs::read_to_string(&pid_file) {
            Ok(pid) => break pid.trim().to_owned(),
            Err(_) => std::thread::yield_now(),
        }
    };
    assert!(is_running(&pid));

    bench.write(&file, "2");
    let receipt = next_publish(&events);
    assert_eq!(receipt.generation, 2);
    assert_eq!(page.render(&context! {}).unwrap(), "2");
    while is_running(&pid) {
        std::thread::yield_now();
    }
}

/// Whether a process still runs; one that nobody has waited for yet does not.
fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    let stat = stat.unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

#[test]
fn tests_that_take_too_long_are_refused() {
    let bench = Bench::new("tests_hang");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder
        .test_command(["sleep", "3600"])
        .test_timeout(std::time::Duration::from_millis(50))
        .start()
        .unwrap();
    let events = host.events();
    bench.write(&format!("{folder}/page.html"), "2");
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Tests);
    assert!(
        rejection.to_string().contains("did not end within 50ms"),
        "{rejection}"
    );
}

#[test]
fn the_tests_of_a_crate_are_cargos() {
    let bench = Bench::new("cargo_test");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn one() -> i64 {\n    1\n}\n\n#[test]\nfn it_is_one() {\n    assert_eq!(one(), 1);\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/live-tests");
    let host = builder
        .test_command([
            "cargo",
            "test",
            "--offline",
            "--quiet",
            "--lib",
            "--target-dir",
            target,
        ])
        .start()
        .unwrap();
    let one = host.function::<(), i64>(&folder, "one").unwrap();
    let file = format!("{folder}/src/lib.rs");
    bench.write(&file, &source.replace("    1\n", "    2\n"));
    let error = host.refresh().expect_err("the test fails");
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Tests, "{rejection}");
    let rendered = &rejection.diagnostics[0].rendered;
    assert!(rendered.contains("it_is_one"), "{rendered}");
    assert_eq!(one.call(()).unwrap(), 1);
    bench.write(&file, &source.replace("    1\n", "    2 - 1\n"));
    host.refresh().expect("the test passes").expect("it is new");
}

#[test]
fn a_command_of_nothing_is_a_mistake() {
    let bench = Bench::new("no_command");
    let folder = bench.templates("site", &[("page.html", "1")]);
    let builder = bench.builder().manual().plugin(bench.path(&folder));
    let error = builder
        .test_command([""; 0])
        .start()
        .expect_err("no program");
    assert!(error.to_string().contains("names no program"), "{error}");
}

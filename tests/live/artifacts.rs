//! Following a folder of prebuilt libraries, and what many swaps leave behind.

use std::fs;
use std::path::{Path, PathBuf};

use hotplate::{Builder, Event, Host, Stage, context};
use hotplate_tests::{Bench, Waiting, alone, build_libraries, next_publish, next_rejection};

/// Puts a library into a followed folder as a careful deployment does.
fn deploy(library: &Path, place: &Path) {
    let incoming = place.with_extension("incoming");
    fs::copy(library, &incoming).expect("the library can be copied");
    fs::rename(&incoming, place).expect("the library can be renamed");
}

fn two_versions(bench: &Bench) -> Vec<PathBuf> {
    let folder = bench.template_crate("site", &[("page.html", "one")]);
    let file = "templates/page.html";
    build_libraries(bench, &folder, &[(file, "one"), (file, "two")])
}

fn following(bench: &Bench, builder: Builder) -> (Host, PathBuf) {
    let folder = bench.path("libraries");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let builder = builder.cargo("/nonexistent/cargo");
    let host = builder
        .artifacts(&folder)
        .start()
        .expect("no library is needed yet");
    let library = format!("{}.so", bench.plugin("site"));
    (host, folder.join(library))
}

#[test]
fn libraries_are_swapped_removed_and_refused_without_a_toolchain() {
    let bench = Bench::new("prebuilt");
    let versions = two_versions(&bench);
    let (host, place) = following(&bench, bench.builder());
    let events = host.events();
    let plugin = bench.plugin("site");

    deploy(&versions[0], &place);
    next_publish(&events);
    let page = host
        .template(&plugin, "page.html")
        .expect("it was deployed");
    assert_eq!(page.render(&context! {}).unwrap(), "one");

    deploy(&versions[1], &place);
    next_publish(&events);
    assert_eq!(page.render(&context! {}).unwrap(), "two");

    for (bad, stage) in [
        ("not a library", Stage::Artifact),
        ("\x7fELF", Stage::Artifact),
        ("", Stage::Artifact),
    ] {
        let file = bench.path("bad");
        fs::write(&file, bad).unwrap();
        deploy(&file, &place);
        let rejection = next_rejection(&events);
        assert_eq!(rejection.stage, stage, "{bad:?}: {rejection}");
        assert_eq!(page.render(&context! {}).unwrap(), "two");
    }
    let whole = fs::read(&versions[0]).unwrap();
    let truncated = bench.path("truncated");
    fs::write(&truncated, &whole[..whole.len() / 2]).unwrap();
    deploy(&truncated, &place);
    assert_eq!(next_rejection(&events).stage, Stage::Artifact);

    deploy(&versions[0], &place);
    next_publish(&events);
    assert_eq!(page.render(&context! {}).unwrap(), "one");

    fs::remove_file(&place).unwrap();
    next_publish(&events);
    assert!(
        page.render(&context! {})
            .expect_err("it is gone")
            .is_removed()
    );
}

/// 1,200 loads of template libraries in one process: memory stays flat, nothing stays
/// mapped, no file stays, and no thread key is taken.
#[test]
fn twelve_hundred_publishes_leave_nothing_behind() {
    alone(
        "artifacts::twelve_hundred_publishes_leave_nothing_behind",
        publish_twelve_hundred_times,
    );
}

fn publish_twelve_hundred_times() {
    let bench = Bench::new("many");
    let versions = two_versions(&bench);
    let (host, place) = following(&bench, bench.builder().manual());
    let plugin = bench.plugin("site");
    let mut page = None;
    let mut after_warm_up = 0;
    for round in 0..1200 {
        deploy(&versions[round % 2], &place);
        host.refresh()
            .expect("both versions are good")
            .expect("they alternate");
        let page = page.get_or_insert_with(|| host.template(&plugin, "page.html").unwrap());
        let rendered = std::thread::scope(|scope| {
            let render = scope.spawn(|| page.render(&context! {}).unwrap());
            render.join().expect("rendering does not panic")
        });
        assert_eq!(rendered, ["one", "two"][round % 2]);
        if round == 200 {
            after_warm_up = resident_kilobytes();
        }
    }
    let events = host.events();
    assert_eq!(host.generation(), 1200);
    let kept = host.stats().kept_snapshots + 1;
    // The last retirements may still be under way.
    while host.stats().reclaimed_libraries + kept < 1200 {
        Waiting::on(&events).find(|event| match event {
            Event::Reclaimed { unmapped, .. } => {
                assert!(unmapped);
                Some(())
            }
            _ => None,
        });
    }
    assert_eq!(mapped_libraries(&plugin), kept);
    let grown = resident_kilobytes().saturating_sub(after_warm_up);
    assert!(
        grown < 16 << 10,
        "resident memory grew by {grown} KiB in 1,000 publishes"
    );
}

fn resident_kilobytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("it is a number")
}

/// How many libraries with `name` in their file names are mapped.
fn mapped_libraries(name: &str) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let mut files: Vec<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|file| file.contains(name))
        .collect();
    files.sort_unstable();
    files.dedup();
    files.len()
}

#[test]
fn the_budget_of_native_libraries_is_refused_before_it_is_spent() {
    let bench = Bench::new("budget");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn number() -> i64 {\n    0\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("numbers", source);
    let budget = {
        // Other tests of this process may have loaded some already, and may load more.
        let probe = bench.builder().artifacts(bench.path(".")).manual();
        probe
            .start()
            .expect("nothing is loaded")
            .stats()
            .native_libraries
            + 40
    };
    let builder = bench.builder().native_budget(budget).manual();
    let host = builder
        .plugin(bench.path(&folder))
        .start()
        .expect("the budget allows one");
    let number = host.function::<(), i64>(&folder, "number").unwrap();
    let mut last_good = 0;
    for next in 1..=budget as i64 + 1 {
        let edited = source.replace("    0\n", &format!("    {next}\n"));
        bench.write(&format!("{folder}/src/lib.rs"), &edited);
        match host.refresh() {
            Ok(_) => last_good = next,
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("budget"), "{text}");
                assert!(text.contains("restart the process"), "{text}");
                break;
            }
        }
        assert_eq!(number.call(()).unwrap(), next);
    }
    assert!(host.stats().native_libraries <= budget);
    assert_eq!(number.call(()).unwrap(), last_good);
    assert!(
        last_good < budget as i64 + 1,
        "the budget was never refused"
    );
}

//! What becomes of shared state when its plugin is swapped.

use std::fs;
use std::time::Duration;

use hotplate::{Error, Stage as Step};
use hotplate_tests::Bench;

use super::variants::{GAME, Stage, put};

#[test]
fn state_is_made_once_and_the_same_layout_is_the_same_object_without_a_pause() {
    let stage = Stage::new("state_same", "one");
    let hit = stage.hit();
    let mut local = hit.local();
    let hold = stage.host.function::<(), String>(GAME, "hold").unwrap();
    let release = stage.host.function::<(bool,), ()>(GAME, "release").unwrap();
    assert_eq!(hit.call((1,)).unwrap(), 1);
    assert_eq!(local.call((1,)).unwrap(), 2);
    assert_eq!(local.call((1,)).unwrap(), 3);

    // A call is running in old code while new code takes over, and both see one object.
    let told = std::thread::scope(|scope| {
        let running = scope.spawn(|| hold.call(()).unwrap());
        while !stage.states()[0].contains("\"inside\":1") {
            std::thread::yield_now();
        }
        let receipt = stage.swap("two").expect("it is the same");
        assert_eq!(
            receipt.state,
            Default::default(),
            "nothing was made or migrated"
        );
        assert_eq!(local.call((4,)).unwrap(), 7);
        assert_eq!(hit.call((1,)).unwrap(), 8);
        release.call((true,)).unwrap();
        running.join().unwrap()
    });
    assert_eq!(told, "one 3 8");
    assert_eq!(hold.call(()).unwrap(), "two 8 8");
    assert_eq!(stage.host.stats().state_pauses, 0, "nobody was held back");
}

#[test]
fn another_layout_is_migrated_by_name_and_rolled_back() {
    let stage = Stage::new("state_wide", "one");
    let hit = stage.hit();
    let mut local = hit.local();
    assert_eq!(local.call((5,)).unwrap(), 5);
    let pin = stage.host.pin();
    assert_eq!(hit.call_in(&pin, (1,)).unwrap(), 6);

    let receipt = stage.swap("wide").expect("it can be migrated");
    let counter = &receipt.state.migrations[0];
    assert_eq!(
        (counter.plugin.as_str(), counter.name.as_str()),
        (GAME, "Counter")
    );
    assert_eq!((counter.from, counter.to, counter.from_disk), (1, 1, false));
    assert_eq!(counter.carried, ["hits", "released"]);
    assert_eq!(counter.defaulted, ["level", "names"]);
    assert_eq!(counter.removed, ["inside"]);
    assert!(receipt.state.pause > Duration::ZERO);
    assert_eq!(stage.host.stats().state_pauses, 1);
    assert_eq!(local.call((1,)).unwrap(), 7);
    assert_eq!(hit.call((1,)).unwrap(), 8);
    let expected = r#"Counter {"level":0,"names":["1","1"],"hits":8,"released":false}"#;
    assert_eq!(stage.states()[0], expected);

    // Code that is older than the state does not get hold of it.
    let error = hit.call_in(&pin, (1,)).expect_err("it is older");
    assert!(error.is_stale(), "{error}");

    let receipt = stage.host.rollback().expect("one is kept");
    assert_eq!(receipt.state.migrations[0].removed, ["level", "names"]);
    assert_eq!(local.call((1,)).unwrap(), 9);
    let expected = r#"Counter {"hits":9,"inside":0,"released":false}"#;
    assert_eq!(stage.states()[0], expected);
    assert!(
        hit.call_in(&pin, (1,))
            .expect_err("it is another object")
            .is_stale()
    );
}

#[test]
fn another_version_goes_through_its_migration_even_with_the_same_layout() {
    let stage = Stage::new("state_version", "one");
    let hit = stage.hit();
    hit.call((5,)).unwrap();
    let receipt = stage.swap("doubled").expect("it can be migrated");
    let counter = &receipt.state.migrations[0];
    assert_eq!((counter.from, counter.to), (1, 2));
    assert!(
        counter
            .to_string()
            .starts_with(&format!("Migrate {GAME}::Counter 1→2: carried hits"))
    );
    assert_eq!(hit.call((1,)).unwrap(), 11);
    // The way back has no migration of its own, and goes by name.
    stage.host.rollback().expect("one is kept");
    assert_eq!(hit.call((1,)).unwrap(), 12);
}

/// A build is refused with this message, and old code goes on with the old state.
fn check(test: &'static str, build: &str, expected: &str) {
    let stage = Stage::new(test, "one");
    let hit = stage.hit();
    hit.call((5,)).unwrap();
    let error = stage.swap(build).expect_err("it is refused");
    let told = error.to_string();
    assert!(told.contains(expected), "{told}");
    assert!(error.is_state_failure(), "{told}");
    let rejection = error.rejection().expect("it is one");
    assert_eq!((rejection.stage, rejection.serving), (Step::State, 1));
    assert_eq!(rejection.plugin.as_deref(), Some(GAME));
    assert!(rejection.diagnostics[0].file.is_some(), "{told}");
    assert_eq!(hit.call((1,)).unwrap(), 6);
    assert_eq!(hit.local().call((1,)).unwrap(), 7);
    // What is right again goes on with the very object.
    put(&stage.bench, "two");
    stage
        .host
        .refresh()
        .expect("it is right")
        .expect("it differs");
    assert_eq!(hit.call((1,)).unwrap(), 8);
}

#[test]
fn a_migration_that_fails_panics_or_does_not_fit_is_refused() {
    check(
        "state_failing",
        "failing",
        "version 1 cannot become that of version 2: no way from 1",
    );
    check(
        "state_panicking",
        "panicking",
        "broken migration of 1 with {\"hits\": 5",
    );
    check(
        "state_panic_place",
        "panicking",
        "examples/state_variants_game_panicking.rs:",
    );
    check(
        "state_ambiguous",
        "ambiguous",
        "two state types of state_variants_game are named Counter",
    );
    check(
        "state_unmakeable",
        "unmakeable",
        "Bad cannot be made: no default",
    );
}

#[test]
fn a_field_of_another_type_is_refused() {
    let stage = Stage::new("state_unfit", "one");
    {
        let hit = stage.hit();
        hit.call((5,)).unwrap();
    }
    let error = stage.swap("unfit").expect_err("a number is no text");
    let expected = "`hits`: it takes a text, and a whole number was saved";
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(stage.hit().call((1,)).unwrap(), 6);
}

#[test]
fn a_migration_waits_for_calls_and_is_refused_if_they_take_too_long() {
    let stage = Stage::with("state_busy", "one", |builder, _| {
        builder.migration_timeout(Duration::from_millis(20))
    });
    let stage = stage.unwrap();
    let hit = stage.hit();
    let hold = stage.host.function::<(), String>(GAME, "hold").unwrap();
    let release = stage.host.function::<(bool,), ()>(GAME, "release").unwrap();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| hold.call(()).unwrap());
        while !stage.states()[0].contains("\"inside\":1") {
            std::thread::yield_now();
        }
        drop((hold.clone(), stage.host.pin()));
        let error = stage.swap("doubled").expect_err("a call is inside");
        assert!(
            error.to_string().contains("its state is still in use"),
            "{error}"
        );
        assert!(error.is_state_failure());
        let error = stage.host.save_state(stage.bench.path("state.json"));
        assert!(error.expect_err("a call is inside").is_state_failure());
        // Calls go on meanwhile, and so does the one inside.
        assert_eq!(hit.call((1,)).unwrap(), 1);
        release.call((true,)).unwrap();
        assert_eq!(running.join().unwrap(), "one 0 1");
    });
    let receipt = stage
        .host
        .refresh()
        .expect("nobody is inside")
        .expect("it is tried again");
    assert_eq!(receipt.state.migrations.len(), 1);
    assert_eq!(hit.call((1,)).unwrap(), 3);
}

#[test]
fn state_of_a_plugin_that_goes_is_kept_until_it_is_forgotten() {
    let stage = Stage::new("state_gone", "one");
    let hit = stage.hit();
    hit.call((5,)).unwrap();
    assert!(
        stage
            .host
            .forget_state(GAME, "Counter")
            .expect_err("it is in use")
            .is_state_failure()
    );

    let receipt = stage.remove();
    let unused: Vec<String> = ["Counter", "Noisy", "Enemy", "Player"]
        .map(|name| format!("{GAME}::{name}"))
        .into();
    assert!(
        unused
            .iter()
            .all(|name| receipt.state.unused.contains(name)),
        "{receipt:?}"
    );
    assert!(hit.call((1,)).expect_err("it is gone").is_removed());
    let kept = r#"Counter {"hits":5,"inside":0,"released":false} unused"#;
    assert_eq!(stage.states()[0], kept);

    // Back with the same layout: the same object. Gone and back with another: migrated.
    stage.swap("two").expect("it comes back");
    assert_eq!(hit.call((1,)).unwrap(), 6);
    let receipt = stage.swap("gone").expect("functions may go");
    assert!(receipt.state.unused.contains(&format!("{GAME}::Counter")));
    let receipt = stage.swap("wide").expect("it can be migrated");
    assert_eq!(receipt.state.migrations[0].name, "Counter");
    assert_eq!(hit.call((1,)).unwrap(), 7);

    stage.swap("gone").expect("functions may go");
    stage
        .host
        .forget_state(GAME, "Counter")
        .expect("nobody uses it");
    let error = stage
        .host
        .forget_state(GAME, "Counter")
        .expect_err("it is forgotten");
    assert!(error.is_unknown(), "{error}");
    // Going back to a snapshot that used it makes it anew.
    let receipt = stage.host.rollback().expect("one is kept");
    assert!(
        receipt.state.created.contains(&format!("{GAME}::Counter")),
        "{receipt:?}"
    );
    assert_eq!(hit.call((1,)).unwrap(), 1);
}

#[test]
fn a_state_type_may_come_newly_and_use_another() {
    let stage = Stage::new("state_further", "one");
    stage.hit().call((5,)).unwrap();
    let receipt = stage.swap("further").expect("it is good");
    assert_eq!(receipt.state.created, [format!("{GAME}::Second")]);
    assert_eq!(receipt.state.pause, Duration::ZERO);
    let second = stage.host.function::<(), u64>(GAME, "second").unwrap();
    assert_eq!((second.call(()).unwrap(), second.call(()).unwrap()), (0, 5));
    assert_eq!(stage.host.stats().state_pauses, 0);
}

#[test]
fn objects_are_dropped_once_by_code_that_fits_them() {
    let drops = |bench: &Bench| fs::read_to_string(bench.path("drops")).unwrap_or_default();
    let stage = Stage::new("state_drops", "one");
    let file = stage.bench.path("drops");
    let tell = stage.host.function::<(&str,), ()>(GAME, "tell").unwrap();
    tell.call((file.to_str().unwrap(),)).unwrap();
    stage.swap("two").expect("it is the same");
    assert_eq!(drops(&stage.bench), "");
    stage.swap("wide").expect("it can be migrated");
    assert_eq!(
        drops(&stage.bench),
        "two ",
        "the code that was in force has dropped it"
    );
    let Stage { host, bench } = stage;
    let pin = host.pin();
    drop(host);
    assert_eq!(drops(&bench), "two ", "a pin keeps it");
    drop(pin);
    assert_eq!(drops(&bench), "two wide ");
    let error = tell.call(("",)).expect_err("it is gone");
    assert!(Error::is_closed(&error));
}

#[test]
fn two_hosts_have_state_of_their_own() {
    let one = Stage::new("state_first_host", "one");
    let two = Stage::new("state_second_host", "one");
    one.hit().call((5,)).unwrap();
    two.hit().call((1,)).unwrap();
    two.swap("wide").expect("it can be migrated");
    assert_eq!(one.hit().call((1,)).unwrap(), 6);
    assert_eq!(two.hit().call((1,)).unwrap(), 2);
    assert_eq!(one.host.stats().state_pauses, 0);
}

//! State that outlives the process.

use std::fs;

use hotplate::Error;

use super::variants::{GAME, Stage};

/// A host whose state begins with a file's.
fn restart(test: &'static str, build: &str, text: &str) -> Result<Stage, Error> {
    Stage::with(test, build, |builder, bench| {
        bench.write("state.json", text);
        builder.restore_state(bench.path("state.json"))
    })
}

#[test]
fn state_is_saved_and_restored_through_migrations() {
    let stage = Stage::new("state_saved", "one");
    stage.hit().call((5,)).unwrap();
    let file = stage.bench.path("state.json");
    stage.host.save_state(&file).expect("it can be saved");
    let text = fs::read_to_string(&file).unwrap();
    let fields = r#""Counter": {"version": 1, "fields": {"hits":5,"inside":0,"released":false}}"#;
    assert!(text.contains(fields), "{text}");
    assert_eq!(stage.host.stats().state_pauses, 1);
    let files = fs::read_dir(stage.bench.path(".")).unwrap();
    let left = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".tmp")
    });
    assert_eq!(left.count(), 0, "nothing is left over");

    for (test, build, expected) in [
        ("state_restored_same", "two", 6),
        ("state_restored_wide", "wide", 6),
        ("state_restored_doubled", "doubled", 11),
    ] {
        let stage = restart(test, build, &text).expect("it can be restored");
        assert_eq!(stage.hit().call((1,)).unwrap(), expected, "{build}");
        // What no plugin asked for is kept, and saved again.
        let file = stage.bench.path("again.json");
        stage.host.save_state(&file).expect("it can be saved");
        assert!(fs::read_to_string(&file).unwrap().contains("\"Noisy\""));
    }
    let stage = restart("state_restored_later", "gone", &text).expect("nobody asks for it");
    let expected = r#"Counter {"hits":5,"inside":0,"released":false} unused"#;
    assert_eq!(stage.states()[0], expected);
    let receipt = stage.swap("one").expect("it comes later");
    let migration = &receipt.state.migrations[0];
    assert!(
        migration.from_disk && migration.name == "Counter",
        "{migration:?}"
    );
    assert_eq!(stage.hit().call((1,)).unwrap(), 6);
}

#[test]
fn what_cannot_be_restored_is_a_clear_error() {
    let whole = |version: &str, fields: &str| {
        format!(
            "{{\"hotplate_state\": 1, \"plugins\": {{\"{GAME}\": \
             {{\"Counter\": {{\"version\": {version}, \"fields\": {fields}}}}}}}}}"
        )
    };
    for (test, text, expected) in [
        ("state_no_json", "{".to_owned(), "no JSON"),
        (
            "state_other_file",
            "{}".to_owned(),
            "not what `save_state` writes",
        ),
        (
            "state_later_form",
            "{\"hotplate_state\": 2}".to_owned(),
            "this host reads form 1",
        ),
        (
            "state_no_version",
            whole("\"x\"", "{}"),
            "state_variants_game::Counter has no version",
        ),
        (
            "state_odd_value",
            whole("1", "{\"$set\": 1}"),
            "$set is not written like this",
        ),
        (
            "state_misfit",
            whole("1", "{\"hits\": \"x\"}"),
            "`hits`: it takes a whole number",
        ),
    ] {
        let error = match restart(test, "one", &text) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{text} is restored"),
        };
        assert!(
            error.contains(expected) && error.contains("state.json"),
            "{error}"
        );
    }
    // A file that is not there holds nothing.
    let stage = Stage::with("state_first_start", "one", |builder, bench| {
        builder.restore_state(bench.path("state.json"))
    });
    let stage = stage.expect("it is the first start");
    assert_eq!(stage.hit().call((1,)).unwrap(), 1);
    let error = stage
        .host
        .save_state(stage.bench.path("no/folder/state.json"));
    let error = error.expect_err("there is no such folder");
    assert!(
        error.to_string().starts_with("cannot write the state to"),
        "{error}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

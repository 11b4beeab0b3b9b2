//! Objects that a program holds take on new methods and keep their data.

use hotplate::{Function, Instance};

use super::variants::{GAME, Stage};

/// Calls a method on an instance.
fn call(score: &Function<(&'static Instance, u64), String>, player: &Instance, by: u64) -> String {
    score.call((player, by)).expect("it fits")
}

#[test]
fn instances_take_on_new_methods_and_migrate_with_their_type() {
    let stage = Stage::new("state_instances", "one");
    let (ann, bob) = (stage.join("Ann"), stage.join("Bob"));
    let score = stage.score();
    assert_eq!(call(&score, &ann, 3), "one Ann: 3");
    assert_eq!(score.local().call((&bob, 1)).unwrap(), "one Bob: 1");
    assert_eq!(
        (ann.plugin().as_str(), ann.type_name().as_str()),
        (GAME, "Player")
    );
    let same = ann.clone();

    stage.swap("two").expect("it is the same");
    assert_eq!(call(&score, &same, 1), "two Ann: 4");
    assert_eq!(stage.host.stats().state_pauses, 0);

    drop(stage.join("gone before the migration"));
    let receipt = stage.swap("wide").expect("they can be migrated");
    let mut migrations = receipt.state.migrations.iter();
    let migration = migrations
        .find(|migration| migration.name == "Player")
        .unwrap();
    assert_eq!(migration.instances, 2);
    assert_eq!(
        (&*migration.carried, &*migration.defaulted),
        (
            &["name".to_owned(), "score".to_owned()][..],
            &["level".to_owned()][..]
        )
    );
    assert_eq!(call(&score, &ann, 1), "wide Ann: 5");
    assert_eq!(call(&score, &bob, 1), "wide Bob: 2");
    let value = format!("{:?}", bob.value().unwrap());
    assert_eq!(value, r#"{"level": 0, "name": "Bob", "score": 2}"#);

    stage.host.rollback().expect("one is kept");
    assert_eq!(call(&score, &ann, 1), "two Ann: 6");
    let states = stage.host.states();
    let players = states.iter().find(|state| state.name == "Player").unwrap();
    assert_eq!(players.instances, 2);
    assert_eq!(players.json().unwrap(), "null", "there is no shared one");

    // Without methods they wait, and with them they go on.
    stage.swap("gone").expect("functions may go");
    assert!(
        score
            .call((&ann, 1))
            .expect_err("it has no methods")
            .is_removed()
    );
    stage.swap("wide").expect("they can be migrated");
    assert_eq!(call(&score, &ann, 1), "wide Ann: 7");
}

#[test]
fn an_instance_of_another_type_or_host_is_refused() {
    let stage = Stage::new("state_receivers", "one");
    let other = Stage::new("state_receivers_elsewhere", "one");
    let score = stage.score();
    let spawn = stage
        .host
        .function::<(&str,), Instance>(GAME, "spawn")
        .unwrap();
    assert!(spawn.call(("",)).expect_err("nobody").is_function_error());
    let enemy = spawn.local().call(("Eve",)).unwrap();
    let error = score.call((&enemy, 1)).expect_err("an enemy is no player");
    assert!(error.is_stale(), "{error}");
    assert!(
        error.to_string().contains("the instance is not a `Player`"),
        "{error}"
    );
    assert!(
        score
            .call((&other.join("Ann"), 1))
            .expect_err("of another host")
            .is_stale()
    );
    let ann = stage.join("Ann");
    let fight = stage
        .host
        .function::<(&Instance, &Instance), String>(GAME, "fight")
        .unwrap();
    assert_eq!(fight.call((&enemy, &ann)).unwrap(), "Eve fights Ann");
    assert!(
        fight
            .call((&ann, &enemy))
            .expect_err("the other way round")
            .is_stale()
    );
    // It outlives its host.
    let Stage { host, bench } = stage;
    drop(host);
    assert!(score.call((&ann, 1)).expect_err("it is gone").is_closed());
    assert!(format!("{:?}", ann.value().unwrap()).contains("Ann"));
    drop((ann, bench));
}

#[test]
fn calls_with_state_and_instances_go_through_interceptors() {
    let stage = Stage::new("state_intercepted", "one");
    let (score, ann) = (stage.score(), stage.join("Ann"));
    let hit = stage.host.function::<(u64,), u64>(GAME, "hit").unwrap();
    let join = stage.host.function::<(&str,), Instance>(GAME, "join");
    let join = join.unwrap();
    let (mut local_score, mut local_hit) = (score.local(), hit.local());
    assert_eq!(local_score.call((&ann, 1)).unwrap(), "one Ann: 1");

    let doubled = score.intercept(|(player, by), next| next.call((player, by * 2)));
    let counted = hit.intercept(|(by,), next| next.call((by + 100,)));
    // The interceptor may use what the function has returned.
    let own_score = score.clone();
    let welcomed = join.intercept(move |(name,), next| {
        let player = next.call((name,))?;
        own_score.call((&player, 5))?;
        assert_eq!(player.type_name(), "Player");
        Ok(player)
    });
    // Of several, each is handed what the one before has returned.
    let passed = join.intercept(|(name,), next| next.call((name,)));
    assert_eq!(local_score.call((&ann, 1)).unwrap(), "one Ann: 3");
    assert_eq!(call(&score, &ann, 1), "one Ann: 5");
    assert_eq!(call(&score, &stage.join("Bob"), 1), "one Bob: 12");
    assert_eq!(join.local().call(("Cid",)).unwrap().type_name(), "Player");
    let before = hit.call((0,)).unwrap();
    assert_eq!(local_hit.call((1,)).unwrap(), before + 101);

    stage.swap("wide").expect("they can be migrated");
    assert_eq!(local_score.call((&ann, 1)).unwrap(), "wide Ann: 7");
    assert_eq!(call(&score, &stage.join("Dan"), 1), "wide Dan: 12");
    let pin = stage.host.pin();
    drop((doubled, counted, welcomed, passed));
    assert_eq!(score.call_in(&pin, (&ann, 1)).unwrap(), "wide Ann: 9");
    drop(pin);
    assert_eq!(local_score.call((&ann, 1)).unwrap(), "wide Ann: 10");
}

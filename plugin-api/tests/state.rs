//! What state becomes when another build of its type restores it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use hotplate_plugin_api::state::{Layout, Misfit, Report, Saved, State};
use hotplate_plugin_api::{Persist, Value, state};

/// What a type saves, it restores; the layout has a text of its own.
fn round<T: Persist + Debug>(value: &T) -> String {
    let saved = value.save().expect("it can be saved");
    let mut report = Report::default();
    let restored = T::restore(&saved, &mut report).expect("it fits itself");
    assert_eq!(format!("{restored:?}"), format!("{value:?}"));
    assert!(report.defaulted().is_empty() && report.removed().is_empty());
    let (layout, is_opaque) = Layout::of::<T>();
    assert!(!is_opaque && !layout.is_empty());
    format!("{saved:?}")
}

#[derive(Debug, Persist, PartialEq, Eq, Hash, PartialOrd, Ord, Clone)]
enum Move {
    Pass,
    Put(u8, u8),
    Resign { why: String },
    Score(i32),
}

#[derive(Debug, Persist)]
struct Pair(u8, String);

#[derive(Debug, Persist)]
struct Wrapper(u64);

#[derive(Debug, Persist)]
struct Tree {
    name: String,
    below: Vec<Tree>,
}

#[derive(Debug, Persist)]
struct Stamped<T> {
    at: u64,
    what: T,
}

#[test]
fn what_is_saved_is_restored() {
    let moves = vec![
        Move::Pass,
        Move::Put(1, 2),
        Move::Resign { why: "late".into() },
        Move::Score(-3),
    ];
    let tree = Tree {
        name: "a".into(),
        below: vec![Tree {
            name: "b".into(),
            below: vec![],
        }],
    };
    let saved = [
        round(&(u64::MAX, i64::MIN, u128::MAX, 1.5_f32, f64::INFINITY)),
        round(&(true, 'ß', String::from("x"), ())),
        round(&(Some(1_u8), None::<u8>, Some(Some(2_u8)), Some(None::<u8>))),
        round(&[1_u8, 2]),
        round(&VecDeque::from([1_u8])),
        round(&HashSet::from([1_u8])),
        round(&HashMap::from([("a".to_owned(), 1_u8)])),
        round(&BTreeMap::from([(Move::Pass, 1_u8)])),
        round(&(AtomicU64::new(7), AtomicBool::new(true))),
        round(&(
            Mutex::new(1_u8),
            RwLock::new(2_u8),
            Arc::new(3_u8),
            Box::new(4_u8),
        )),
        round(&(Duration::new(1, 5), SystemTime::UNIX_EPOCH)),
        round(&moves),
        round(&(Pair(1, "b".into()), Wrapper(9))),
        round(&tree),
        round(&Stamped {
            at: 1,
            what: Wrapper(2),
        }),
    ];
    let expected = [
        "(18446744073709551615, -9223372036854775808, \
         340282366920938463463374607431768211455, 1.5, inf)",
        r#"(true, "ß", "x", None)"#,
        r#"(1, None, 2, {"Some": None})"#,
        "[1, 2]",
        "[1]",
        "[1]",
        r#"{"a": 1}"#,
        r#"{"Pass": 1}"#,
        "(7, true)",
        "(1, 2, 3, 4)",
        "((1, 5), (true, (0, 0)))",
        r#"["Pass", {"Put": (1, 2)}, {"Resign": {"why": "late"}}, {"Score": -3}]"#,
        r#"((1, "b"), 9)"#,
        r#"{"name": "a", "below": [{"name": "b", "below": []}]}"#,
        r#"{"at": 1, "what": 2}"#,
    ];
    for (saved, expected) in saved.iter().zip(expected) {
        assert_eq!(saved, expected);
    }
}

/// A state that is restored from these fields.
fn restored<T: State>(from: u32, fields: Value) -> Result<(Value, String), String> {
    let mut report = Report::default();
    let state = if from == T::DESCRIPTOR.version {
        T::restore(&fields, &mut report)
    } else {
        let mut saved = Saved::of(&fields, &mut report).map_err(|misfit| misfit.to_string())?;
        T::migrate(from, &mut saved).inspect(|_| saved.finish())
    };
    let state = state.map_err(|misfit| misfit.to_string())?;
    let told = format!(
        "carried {:?} new {:?} removed {:?}",
        report.carried(),
        report.defaulted(),
        report.removed()
    );
    Ok((
        state.save().expect("it can be saved"),
        told.replace('"', ""),
    ))
}

/// Fields of some version become a state, with a report, or the error is this one.
fn check<T: State>(from: u32, fields: Value, expected: Result<(&str, &str), &str>) {
    let found = restored::<T>(from, fields);
    let found = found.map(|(value, told)| (format!("{value:?}"), told));
    let expected = expected.map(|(value, told)| (value.to_owned(), told.to_owned()));
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[derive(Debug, Default, Persist)]
struct Place {
    street: String,
    zip: u32,
}

#[derive(Debug, Persist)]
struct Strict {
    kind: Kind,
}

#[derive(Debug, Persist)]
enum Kind {
    Old,
}

#[state]
#[derive(Default)]
struct Board {
    hits: AtomicU64,
    names: Mutex<Vec<String>>,
    places: Mutex<Vec<Place>>,
    level: Option<u8>,
    strict: Mutex<Vec<Strict>>,
    ratio: f32,
    seen: Mutex<HashSet<u8>>,
    #[persist(skip)]
    cache: Mutex<Vec<std::thread::ThreadId>>,
}

#[state(version = 3, migrate = of_minutes, name = "Clock")]
#[derive(Default)]
struct Timer {
    seconds: u64,
    laps: Vec<u64>,
}

fn of_minutes(from: u32, saved: &mut Saved<'_>) -> Result<Timer, String> {
    if from > 2 {
        return Err(format!("version {from} is unknown"));
    }
    let minutes: u64 = saved.take("minutes")?.unwrap_or_default();
    let mut timer = Timer::by_name(saved)?;
    timer.seconds = minutes * 60;
    Ok(timer)
}

macro_rules! dict {
    ($($name:ident: $value:expr),*) => { hotplate_plugin_api::context! { $($name: $value),* } };
}

#[test]
fn fields_are_carried_by_name_and_what_does_not_fit_is_refused() {
    check::<Board>(
        1,
        dict! { hits: 3, old: "x" },
        Ok((
            r#"{"hits": 3, "names": [], "places": [], "level": None, "strict": [], "ratio": 0.0, "seen": []}"#,
            "carried [hits] new [names, places, level, strict, ratio, seen, cache] removed [old]",
        )),
    );
    // Inside: what is new there has the default of its type, if that has one.
    let old_places = dict! { places: vec![dict! { street: "a", house: 1 }, dict! { street: "b" }] };
    let (value, told) = restored::<Board>(1, old_places).expect("it fits");
    assert!(
        format!("{value:?}").contains(r#"{"street": "b", "zip": 0}"#),
        "{value:?}"
    );
    assert!(
        told.contains("new [hits, names, places[].zip, level"),
        "{told}"
    );
    assert!(told.ends_with("removed [places[].house]"), "{told}");
    // Other types, as long as every value fits.
    let (value, _) = restored::<Board>(1, dict! { level: 7_u8, ratio: 2 }).expect("it fits");
    assert!(format!("{value:?}").contains(r#""level": 7"#), "{value:?}");
    for (fields, why) in [
        (
            dict! { hits: "x" },
            "`hits`: it takes a whole number, and a text was saved",
        ),
        (dict! { hits: -1 }, "`hits`: -1 does not fit u64"),
        (dict! { level: 256 }, "`level`: 256 does not fit u8"),
        (
            dict! { seen: vec![1, 2, 1] },
            "`seen`: of 3 items, only 2 differ",
        ),
        (dict! { ratio: 0.1 }, "`ratio`: 0.1 does not fit f32"),
        (
            dict! { names: vec![Value::from("a"), Value::None] },
            "`names[1]`: it takes a text, and nothing was saved",
        ),
        (
            dict! { strict: vec![dict! { other: 1 }] },
            "`strict[0].kind`: it is new, and its type has no Default: write a migration",
        ),
        (
            dict! { strict: vec![dict! { kind: "New" }] },
            "`strict[0].kind`: there is no variant New",
        ),
        (
            Value::from(3),
            "it takes fields, and a whole number was saved",
        ),
    ] {
        check::<Board>(1, fields, Err(why));
    }
}

#[test]
fn another_version_goes_through_the_migration() {
    assert_eq!(Timer::DESCRIPTOR.name.as_str(), "Clock");
    let migrated = (
        r#"{"seconds": 120, "laps": [1]}"#,
        "carried [minutes, laps] new [seconds] removed [old]",
    );
    check::<Timer>(2, dict! { minutes: 2, laps: [1], old: 1 }, Ok(migrated));
    check::<Timer>(4, dict! { seconds: 2 }, Err("version 4 is unknown"));
    // Of the same version by name, without it.
    let plain = (
        r#"{"seconds": 2, "laps": []}"#,
        "carried [seconds] new [laps] removed [minutes]",
    );
    check::<Timer>(3, dict! { seconds: 2, minutes: 5 }, Ok(plain));
}

mod renamed {
    use super::*;

    #[derive(Persist)]
    pub(super) struct Place {
        pub(super) street: String,
        pub(super) zip: u32,
    }

    #[derive(Persist)]
    pub(super) struct Swapped {
        pub(super) street: u32,
        pub(super) zip: String,
    }

    #[derive(Persist)]
    #[repr(u8)]
    pub(super) enum Kind {
        Old,
    }

    pub(super) struct Unknown;

    impl Persist for Unknown {
        fn save(&self) -> Result<Value, Misfit> {
            Ok(Value::None)
        }

        fn restore(_: &Value, _: &mut Report) -> Result<Self, Misfit> {
            Ok(Self)
        }
    }
}

#[test]
fn layouts_tell_types_apart() {
    let place = Layout::of::<Place>();
    assert_eq!(
        place,
        Layout::of::<renamed::Place>(),
        "the module does not matter"
    );
    assert_ne!(place, Layout::of::<renamed::Swapped>());
    assert_ne!(Layout::of::<Kind>(), Layout::of::<renamed::Kind>());
    assert!(
        Layout::of::<Vec<renamed::Unknown>>().1,
        "it says nothing of itself"
    );
    assert!(Layout::of::<Board>().1, "a field is left out");
    let (tree, _) = Layout::of::<Tree>();
    assert_eq!(tree, "struct Tree(48,8){name@0:String;below@24:Vec<#0>;}");
    let (moves, _) = Layout::of::<Move>();
    assert!(
        moves.ends_with("{|Pass |Put 0:u8;1:u8;|Resign why:String;|Score 0:i32;}"),
        "{moves}"
    );
}

#[test]
fn a_lock_that_is_held_is_an_error_and_not_a_deadlock() {
    let locked = Mutex::new(1_u8);
    let _guard = locked.lock();
    let misfit = locked.save().expect_err("it is locked");
    assert!(misfit.to_string().contains("locked"), "{misfit}");
}

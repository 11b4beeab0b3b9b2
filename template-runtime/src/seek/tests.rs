//! Quick lookups against the plain one, in scopes of every kind.

use std::collections::BTreeMap;

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::render::Assignments;
use hotplate_plugin_api::{ErrorRecord, LoopState, Output};

use super::*;
use crate::write::tests::Random;
use crate::write::tests::frame::frame;
use crate::{Missing, lookup};

/// Texts with a mark of their own and without, and a part that is the name of many.
const NAMES: [&str; 6] = [
    "a",
    "badge",
    "fifteen letters",
    "of sixteen bytes",
    "a name of more than sixteen bytes",
    "forloop",
];

/// Each is asked in all scopes, so that what it has learnt is seldom true of the next one.
static PATHS: [Path; 15] = [
    Path::of(Start::Context(&["a"])),
    Path::of(Start::Context(&["badge"])),
    Path::of(Start::Context(&["of sixteen bytes"])),
    Path::of(Start::Context(&["a name of more than sixteen bytes"])),
    Path::of(Start::Context(&["a", "badge"])),
    Path::of(Start::Context(&["badge", "fifteen letters"])),
    Path::of(Start::Context(&["a", "a name of more than sixteen bytes"])),
    Path::of(Start::Context(&["a name of more than sixteen bytes", "a"])),
    Path::of(Start::Context(&["a", "badge", "of sixteen bytes"])),
    Path::of(Start::Context(&["a", "badge", "a"])),
    Path::of(Start::Context(&["a", "a", "badge"])),
    Path::of(Start::Context(&["badge", "badge", "a"])),
    Path::of(Start::Context(&["badge", "a", "a"])),
    Path::of(Start::Context(&["a", "a", "a", "a"])),
    Path::of(Start::Context(&["absent", "a"])),
];

/// A dictionary of dictionaries, with more keys than are compared one by one now and then.
fn value(random: &mut Random, depth: usize) -> Value {
    if depth == 0 {
        return Value::Int(random.below(1000) as i64);
    }
    let padding = (0..random.below(4) * 4).map(|number| format!("padding {number}"));
    let first = random.below(NAMES.len());
    let names = NAMES.iter().cycle().skip(first).take(random.below(7));
    let names = names.map(|&name| name.to_owned());
    let keys: Vec<String> = match random.below(2) {
        0 => padding.chain(names).collect(),
        _ => names.chain(padding).collect(),
    };
    Value::from_iter(keys.into_iter().map(|key| {
        let depth = random.below(depth + 1).min(depth - 1);
        (key, value(random, depth))
    }))
}

/// What the quick ways find, checked against the plain one. `is_simple` says that they
/// have to find whatever there is.
fn check<'a>(s: &Scope<'a>, recent: &mut Recent<'a>, path: &'static Path, is_simple: bool) {
    let mut record = ErrorRecord::default();
    let f = frame(Output::new(), &mut record);
    let told = || format!("{:?} in {:?}", path.parts, s.flatten());
    let expected = match lookup::context(path.parts, Missing::Raise, &f, s) {
        Ok(found) => Some(format!("{:?}", *found)),
        Err(_) => None,
    };
    for _ in 0..2 {
        let guessed = match path.parts.len() {
            1 => recent.guess(s, path),
            2 => recent.guess_part(s, path),
            3 => recent.guess_inner(s, path),
            _ => None,
        };
        let guessed = guessed.map(|found| format!("{found:?}"));
        assert!(guessed.is_none() || guessed == expected, "{}", told());
        let quick = [
            ("alone", find_in_scope(s, path)),
            ("after others", recent.find(s, path)),
        ];
        for (way, found) in quick {
            let found = found.map(|found| format!("{found:?}"));
            if is_simple || found.is_some() {
                assert_eq!(found, expected, "{way}, {}", told());
            }
        }
    }
}

#[test]
fn names_lead_where_they_lead_in_the_plain_way() {
    let mut random = Random(3);
    for round in 0..300 {
        let values: Vec<Value> = (0..9).map(|_| value(&mut random, 3)).collect();
        let state = LoopState {
            index: 1,
            length: 3,
            parent: Local::Unset,
            serial: 0,
        };
        let assigned = Assignments::default();
        assigned.set("badge", Value::Int(-1));
        let map = BTreeMap::from([("a", &values[0]), ("badge", &values[1])]);
        let context = match round % 5 {
            0 => View::new(&map),
            1 => View::nothing(),
            _ => View::of(&values[2]),
        };
        let has_loops = round % 3 == 0;
        let is_dynamic = round % 7 == 0;
        let root = Scope::root(context);
        let mut names = || -> [RStr<'static>; 3] {
            [(); 3].map(|()| RStr::from_str(NAMES[random.below(NAMES.len())]))
        };
        let names = [names(), names()];
        let mut local = |value| match random.below(8) {
            0 if has_loops => Local::Loop(&state),
            0 | 1 => Local::Unset,
            _ => Local::Value(View::of(value)),
        };
        let locals = [3, 6].map(|first: usize| [0, 1, 2].map(|at| local(&values[first + at])));
        let outer = root.with(&names[0], &locals[0]);
        let outer = match is_dynamic {
            true => outer.assigning(&assigned),
            false => outer,
        };
        let inner = outer.with(&names[1][..round % 4], &locals[1][..round % 4]);
        for s in [&root, &outer, &inner] {
            let mut recent = Recent::new();
            for _ in 0..PATHS.len() {
                let path = &PATHS[random.below(PATHS.len())];
                check(s, &mut recent, path, !has_loops && !is_dynamic);
            }
        }
    }
}

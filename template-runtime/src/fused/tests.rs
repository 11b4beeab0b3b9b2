//! Fused statements against the plain way, on generated values and on data of a program's
//! own.

use std::collections::BTreeMap;

use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::environment::Settings;
use hotplate_plugin_api::value::{Date, DateTime, Decimal, Time};
use hotplate_plugin_api::{ErrorRecord, Local, LoopState, Output};

use super::*;
use crate::run::{Each, run};
use crate::spot::{Act, Known, Start, Step, steps};
use crate::write::Padded;
use crate::write::tests::Random;
use crate::write::tests::frame::frame;
use crate::{Fields, Missing, filters, lookup, rstr};

mod choices;

const NAMED: Start = Start::Local(&["x", "a"]);
const WHOLE: Start = Start::Local(&["x"]);

macro_rules! spots {
    ($($start:expr, [$($step:expr),*];)*) => {
        [$(Spot::new($start, &[$($step),*], Missing::Invalid, "t.html", 7)
            .text("<                               ", 1)),*]
    };
}

/// The fields that have places, of which one is never there.
const NAMES: &[&str] = &["b", "a", "absent"];

static FIELDS: Fields = Fields::new(NAMES);

static SPOTS: [Spot; 47] = spots! {
    WHOLE, [];
    NAMED, [];
    Start::Local(&["x", "1"]), [];
    Start::Local(&["x", "a", "b"]), [];
    Start::Context(&["a"]), [];
    Start::Context(&["a", "b"]), [];
    Start::Context(&["missing"]), [];
    Start::Int(5), [];
    Start::Text(&rstr("a constant <text> that is rather long")), [];
    WHOLE, [Step::new(filters::logic::default, false)
        .with(Start::Text(&rstr("<nothing>"))).direct(direct::default)];
    NAMED, [Step::new(filters::logic::default, false)
        .with(Start::Int(3)).direct(direct::default)];
    WHOLE, [Step::new(filters::logic::default, false)
        .with(Start::Context(&["a"])).direct(direct::default)];
    WHOLE, [Step::new(filters::logic::default_if_none, false)
        .with(Start::Text(&rstr("-"))).direct(direct::default_if_none)];
    WHOLE, [Step::new(filters::strings::upper, false).direct(direct::upper)];
    WHOLE, [Step::new(filters::strings::lower, true).direct(direct::lower)];
    WHOLE, [Step::new(filters::strings::capfirst, true).direct(direct::capfirst)];
    WHOLE, [Step::new(filters::lists::length, false).direct(direct::length)];
    WHOLE, [Step::new(filters::logic::pluralize, false).direct(direct::pluralize)];
    WHOLE, [Step::new(filters::logic::pluralize, false)
        .with(Start::Text(&rstr("y,'ies"))).direct(direct::pluralize)];
    WHOLE, [Step::new(filters::lists::length, false).direct(direct::length),
        Step::new(filters::logic::pluralize, false).direct(direct::pluralize)];
    WHOLE, [Step::new(filters::logic::yesno, false)
        .with(Start::Text(&rstr("yes,no,<maybe>"))).direct(direct::yesno)];
    WHOLE, [Step::new(filters::logic::yesno, false)
        .with(Start::Text(&rstr("yes"))).direct(direct::yesno)];
    WHOLE, [Step::new(filters::html::safe, true).direct(direct::safe)];
    WHOLE, [Step::new(filters::html::escape, true).direct(direct::escape)];
    WHOLE, [Step::new(filters::html::force_escape, true).direct(direct::escape)];
    WHOLE, [Step::new(filters::lists::join, true)
        .with(Start::Text(&rstr(", <b>"))).direct(direct::join)];
    WHOLE, [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("j/n/y 'D', d m Y l F M ß"))).direct(direct::date)];
    WHOLE, [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("DATE_FORMAT"))).direct(direct::date)];
    WHOLE, [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("H:i \\Y"))).direct(direct::date)];
    Start::Field(1, &["x", "a"]), [];
    Start::Field(0, &["x", "b"]), [];
    Start::Field(2, &["x", "absent"]), [];
    Start::Field(1, &["x", "a", "b"]), [];
    Start::Field(1, &["x", "a"]), [Step::new(filters::strings::lower, true)];
    Start::Loop(LoopField::Counter), [];
    Start::Loop(LoopField::First), [];
    Start::Loop(LoopField::Counter), [Step::new(filters::numbers::divisibleby, false)
        .with(Start::Int(2)).test(direct::is_divisible)];
    Start::Loop(LoopField::Counter), [Step::new(filters::numbers::divisibleby, false)
        .with(Start::Int(1)).test(direct::is_divisible).known(Known::Divisibleby)];
    Start::Loop(LoopField::Counter), [Step::new(filters::numbers::divisibleby, false)
        .with(Start::Int(0)).test(direct::is_divisible).known(Known::Divisibleby)];
    Start::Field(0, &["x", "b"]), [Step::new(filters::strings::upper, false)
        .direct(direct::upper).known(Known::Upper)];
    Start::Field(0, &["x", "b"]), [Step::new(filters::logic::pluralize, false)
        .direct(direct::pluralize).known(Known::Pluralize)];
    Start::Field(0, &["x", "b"]), [Step::new(filters::logic::pluralize, false)
        .with(Start::Text(&rstr("y,ies"))).direct(direct::pluralize).known(Known::Pluralize)];
    Start::Field(0, &["x", "b"]), [Step::new(filters::logic::default, false)
        .with(Start::Text(&rstr("<nothing>"))).direct(direct::default).known(Known::Default)];
    Start::Field(0, &["x", "b"]), [Step::new(filters::logic::default, false)
        .with(Start::Context(&["a"])).direct(direct::default).known(Known::Default)];
    Start::Field(1, &["x", "a"]), [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("M j, Y"))).direct(direct::date).date("M j, Y")];
    Start::Field(1, &["x", "a"]), [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("l, d.m.y (F/D/n)"))).direct(direct::date).date("l, d.m.y (F/D/n)")];
    Start::Field(1, &["x", "a"]), [Step::new(filters::dates::date, false)
        .with(Start::Text(&rstr("Y <H>"))).direct(direct::date).date("Y <H>")];
};

/// What may differ from frame to frame: the limit of filters, and whether digits are grouped.
fn vary(f: &mut Frame<'_>, way: usize) {
    const GROUPED: &Settings = &Settings {
        use_thousand_separator: true,
        ..Settings::DEFAULT
    };
    match way {
        1 => f.filter_limit = 4,
        2 => f.settings = GROUPED,
        _ => {}
    }
}

use crate::direct;

const TEXTS: [&str; 7] = [
    "",
    "a",
    "plain",
    "it's <b> & \"so\"",
    "ßé and more than can be held in place",
    "A Text that is rather long, and is longer than one block of sixty-four bytes, 'tis said",
    "ÄÖ<i>",
];

fn text(random: &mut Random) -> Value {
    let text = TEXTS[random.below(TEXTS.len())];
    if random.below(3) == 0 {
        Value::safe(text)
    } else {
        Value::str(text)
    }
}

fn value(random: &mut Random, depth: usize) -> Value {
    let date = Date {
        year: [2024, 1999, 1, 9999][random.below(4)],
        month: 1 + random.below(12) as u8,
        day: 1 + random.below(28) as u8,
    };
    match random.below(if depth == 0 { 9 } else { 13 }) {
        0 => Value::None,
        1 => Value::Bool(random.below(2) == 0),
        2 => Value::Int(random.below(4) as i64 - 1),
        3 => Value::Int(random.next() as i64),
        4 => Value::Float(random.below(100) as f64 / 4.0),
        5 | 6 => text(random),
        7 => Value::Date(date),
        8 => match random.below(2) {
            0 => Decimal::parse("1.50").map_or(Value::None, Value::Decimal),
            _ => Value::from(DateTime::naive(
                date,
                Time {
                    hour: 7,
                    minute: 5,
                    second: 0,
                    microsecond: 0,
                },
            )),
        },
        9 => Value::list((0..random.below(4)).map(|_| text(random))),
        10 => Value::tuple((0..random.below(4)).map(|_| value(random, depth - 1))),
        _ => {
            let keys = [
                "b",
                "a",
                "1",
                "a name that is longer than twenty-one bytes",
                "items",
            ];
            let shown = random.below(keys.len() + 1);
            let first = random.below(keys.len());
            let keys = keys.iter().cycle().skip(first).take(shown);
            Value::from_iter(keys.map(|&key| (key, value(random, depth - 1))))
        }
    }
}

/// What a statement writes and gives, or how it fails.
fn outcome<T: std::fmt::Debug>(
    autoescape: bool,
    limit: usize,
    act: impl FnOnce(&mut Frame<'_>) -> Result<T, Stop>,
) -> String {
    let mut record = ErrorRecord::default();
    let mut f = frame(Output::with_limit(limit), &mut record);
    f.autoescape = autoescape;
    let result = act(&mut f);
    let written = std::mem::take(&mut f.out).into_string();
    drop(f);
    match result {
        Ok(value) => format!("{written} {value:?}"),
        Err(Stop) => format!("{:?} {} {}", record.kind, record.exception, record.message),
    }
}

fn plain<'a>(spot: &'static Spot, view: View<'a>, f: &Frame<'_>, s: &Scope<'a>) -> Flow<'a> {
    let start = match spot.start {
        Start::Local(parts) | Start::Field(_, parts) => lookup::local(view, parts, spot.missing, f),
        Start::Context(parts) => lookup::context(parts, spot.missing, f, s),
        Start::Loop(field) => Ok(Ref::Owned(Row::of(view).loop_field(field))),
        constant => Ok(Ref::Owned(constant.constant())),
    };
    steps(start, spot.steps, f, s)
}

fn put_plainly(spot: &'static Spot, view: View<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    emit::text(spot.before.as_str(), f)?;
    emit::output(plain(spot, view, f, s), f, spot.unit, spot.site)
}

/// All statements, fused over `view` and plainly over `value`.
fn check(view: View<'_>, value: &Value, context: View<'_>, autoescape: bool, limit: usize) {
    let mut known = Row::new(&FIELDS);
    // What the row has learnt of other values must not change anything.
    for view in [context, view] {
        known.turn(view);
    }
    check_row(&known, value, context, autoescape, limit);
    check_row(&Row::of(view), value, context, autoescape, limit);
}

fn check_row(row: &Row<'_>, value: &Value, context: View<'_>, autoescape: bool, limit: usize) {
    let s = &Scope::root(context);
    let same = View::of(value);
    choices::check(row, same, context, autoescape, limit);
    for (number, spot) in SPOTS.iter().enumerate() {
        let told = || format!("spot {number}, {value:?} in {context:?}");
        // A guess that was learnt must not change anything.
        for way in 0..3 {
            let spots = std::slice::from_ref(spot);
            let fused = outcome(autoescape, limit, |f| {
                vary(f, way);
                run(spots, row, f, s)
            });
            let expected = outcome(autoescape, limit, |f| {
                vary(f, way);
                put_plainly(spot, same, f, s)
            });
            assert_eq!(fused, expected, "run, {way}, {}", told());
        }
        let fused = outcome(autoescape, limit, |f| holds(spot, row, f, s));
        let expected = outcome(autoescape, limit, |f| {
            emit::text(spot.before.as_str(), f)?;
            condition(plain(spot, same, f, s), f, spot.unit, spot.site)
        });
        assert_eq!(fused, expected, "holds, {}", told());
        let fused = outcome(autoescape, limit, |f| known(spot, row, f, s));
        let expected = outcome(autoescape, limit, |f| {
            emit::text(spot.before.as_str(), f)?;
            truth(plain(spot, same, f, s), f, spot.unit, spot.site)
        });
        assert_eq!(fused, expected, "known, {}", told());
        let fused = outcome(autoescape, usize::MAX, |f| {
            let items = items_of(spot, row, f, s, number % 2 == 0)?;
            Ok((0..items.len())
                .map(|at| items.get(at).to_value())
                .collect::<Vec<_>>())
        });
        let expected = outcome(autoescape, usize::MAX, |f| {
            emit::text(spot.before.as_str(), f)?;
            let flow = plain(spot, same, f, s);
            let items = items(flow, number % 2 == 0, f, spot.unit, spot.site)?;
            Ok((0..items.len())
                .map(|at| items.get(at).to_value())
                .collect::<Vec<_>>())
        });
        assert_eq!(fused, expected, "items, {}", told());
        let fused = outcome(autoescape, usize::MAX, |f| {
            Ok(hold(spot, row, f, s)?.view().to_value())
        });
        let expected = outcome(autoescape, usize::MAX, |f| {
            Ok(bind(plain(spot, same, f, s), f, spot.unit, spot.site)?.into_owned())
        });
        assert_eq!(fused, expected, "hold, {}", told());
        let operators = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::GreaterEqual,
            Comparison::In,
            Comparison::Is,
        ];
        let comparison = operators[number % operators.len()];
        // Whether two things are one cannot be told where they are made for the question.
        if comparison == Comparison::Is && row.view().as_value().is_none() {
            continue;
        }
        let other = &SPOTS[(number + 5) % 9];
        let fused = outcome(autoescape, usize::MAX, |f| {
            compares(comparison, (spot, row), (other, row), f, s)
        });
        let expected = outcome(autoescape, usize::MAX, |f| {
            emit::text(spot.before.as_str(), f)?;
            let (left, right) = (plain(spot, same, f, s), plain(other, same, f, s));
            compare(comparison, left, right, f, spot.unit, spot.site)
        });
        assert_eq!(fused, expected, "{comparison:?} {number}, {}", told());
    }
}

/// `{% if x.a %}yes{% elif not x.b %}no {{ x }}{% else %}else{% endif %}.` and
/// `{% if x.a <= 1 %}small{% endif %}.`
static RIGHT: Spot = Spot::new(Start::Int(1), &[], Missing::None, "t.html", 4);

static BRANCHES: [Spot; 9] = [
    Spot::new(NAMED, &[], Missing::None, "t.html", 1)
        .act(Act::If)
        .skip(1),
    Spot::words("yes                             ", 3).skip(4),
    Spot::new(
        Start::Field(0, &["x", "b"]),
        &[],
        Missing::None,
        "t.html",
        2,
    )
    .act(Act::IfNot)
    .skip(2),
    Spot::new(WHOLE, &[], Missing::Invalid, "t.html", 3)
        .text("no                              ", 3),
    Spot::words("                                ", 0).skip(1),
    Spot::words("else                            ", 4),
    Spot::new(NAMED, &[], Missing::None, "t.html", 4)
        .text(".                               ", 1)
        .compare(Comparison::LessEqual, &RIGHT)
        .skip(1),
    Spot::words("small.                          ", 6),
    Spot::words("!                               ", 1),
];

fn branch_plainly(view: View<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let [first, _, second, whole, _, _, left, ..] = &BRANCHES;
    let flow = |spot: &'static Spot, f: &Frame<'_>| plain(spot, view, f, s);
    if condition(flow(first, f), f, first.unit, first.site)? {
        emit::text("yes", f)?;
    } else if truth(flow(second, f), f, second.unit, second.site)? == Some(false) {
        emit::text("no ", f)?;
        emit::output(flow(whole, f), f, whole.unit, whole.site)?;
    } else {
        emit::text("else", f)?;
    }
    emit::text(".", f)?;
    let (one, other) = (flow(left, f), flow(&RIGHT, f));
    if compare(Comparison::LessEqual, one, other, f, left.unit, left.site)? {
        emit::text("small.", f)?;
    }
    emit::text("!", f)
}

#[test]
fn tests_decide_what_is_run() {
    let mut random = Random(11);
    let context = Value::None;
    let s = &Scope::root(&context);
    let mut row = Row::new(&FIELDS);
    let values: Vec<Value> = (0..2000).map(|_| value(&mut random, 2)).collect();
    for (round, value) in values.iter().enumerate() {
        row.turn(View::of(value));
        let limit = [usize::MAX, random.below(20)][round % 2];
        let fused = outcome(true, limit, |f| run(&BRANCHES, &row, f, s));
        let expected = outcome(true, limit, |f| branch_plainly(View::of(value), f, s));
        assert_eq!(fused, expected, "{value:?}");
    }
}

#[test]
fn names_of_the_context_decide_what_is_run() {
    const fn test(parts: &'static [&'static str]) -> [Spot; 2] {
        [
            Spot::new(Start::Context(parts), &[], Missing::None, "t.html", 1)
                .act(Act::If)
                .skip(1),
            Spot::words("yes                             ", 3),
        ]
    }
    static TESTS: [[Spot; 2]; 4] = [
        test(&["a"]),
        test(&["a", "b"]),
        test(&["a", "1", "b"]),
        test(&["a", "a", "a", "a"]),
    ];
    let mut random = Random(17);
    for _ in 0..1000 {
        let context =
            Value::from_iter([("b", value(&mut random, 1)), ("a", value(&mut random, 3))]);
        let s = &Scope::root(&context);
        for spots in &TESTS {
            let fused = outcome(true, usize::MAX, |f| run(spots, &crate::NO_ROW, f, s));
            let [spot, _] = spots;
            let expected = outcome(true, usize::MAX, |f| {
                match condition(plain(spot, View::nothing(), f, s), f, spot.unit, spot.site)? {
                    true => emit::text("yes", f),
                    false => Ok(()),
                }
            });
            assert_eq!(fused, expected, "{context:?}");
        }
    }
}

/// A run that is nothing but a loop.
fn looped(each: &'static Each) -> &'static [Spot] {
    Box::leak(Box::new([Spot::each(each)]))
}

#[test]
fn loops_run_their_bodies_for_each_item() {
    static BODY: [Spot; 3] = [
        Spot::new(
            Start::Loop(LoopField::Counter),
            &[],
            Missing::Invalid,
            "t.html",
            1,
        ),
        Spot::new(
            Start::Field(0, &["x", "b"]),
            &[],
            Missing::Invalid,
            "t.html",
            2,
        )
        .text("=                               ", 1),
        Spot::words(", <                             ", 3),
    ];
    static FORWARDS: Each = Each::new(
        Spot::new(WHOLE, &[], Missing::None, "t.html", 3)
            .text("[                               ", 1),
        NAMES,
        &BODY,
        false,
    );
    static BACKWARDS: Each = Each::new(
        Spot::new(WHOLE, &[], Missing::None, "t.html", 3),
        NAMES,
        &BODY,
        true,
    )
    .around([
        Padded::new("(                               ", 1),
        Padded::new(")(                              ", 2),
        Padded::new(")                               ", 1),
    ]);
    let item = |b: &str| Value::from_iter([("a", Value::Int(7)), ("b", Value::str(b))]);
    let other = Value::from_iter([("b", Value::Int(2))]);
    let list = Value::list([
        item("<one>"),
        item("two"),
        other,
        Value::None,
        item("three"),
    ]);
    let s = &Scope::empty();
    let written = |loop_| {
        outcome(true, usize::MAX, |f| {
            run(looped(loop_), &Row::of(View::of(&list)), f, s)
        })
    };
    assert_eq!(
        written(&FORWARDS),
        "[1=&lt;one&gt;, <2=two, <3=2, <4=, <5=three, < ()"
    );
    assert_eq!(
        written(&BACKWARDS),
        "(1=three, <)(2=, <)(3=2, <)(4=two, <)(5=&lt;one&gt;, <) ()"
    );
}

#[test]
fn the_scope_of_a_body_has_the_names_of_a_seen_loop() {
    const fn named(parts: &'static [&'static str]) -> Spot {
        Spot::new(Start::Context(parts), &[], Missing::Invalid, "t.html", 1)
            .text(" <                              ", 2)
    }
    static BODY: [Spot; 5] = [
        named(&["forloop", "counter"]),
        named(&["forloop", "parentloop", "revcounter"]),
        named(&["x", "b"]),
        named(&["y"]),
        Spot::new(
            Start::Field(0, &["x", "b"]),
            &[],
            Missing::Invalid,
            "t.html",
            2,
        ),
    ];
    static SEEN: [RStr<'static>; 2] = [rstr("forloop"), rstr("x")];
    const fn sequence() -> Spot {
        Spot::new(WHOLE, &[], Missing::None, "t.html", 3)
    }
    const TEXTS: [Padded; 3] = [
        Padded::new("(                               ", 1),
        Padded::new(")(                              ", 2),
        Padded::new(")                               ", 1),
    ];
    static FORWARDS: Each = Each::new(sequence(), NAMES, &BODY, false)
        .around(TEXTS)
        .seen(&SEEN);
    static BACKWARDS: Each = Each::new(sequence(), NAMES, &BODY, true)
        .around(TEXTS)
        .seen(&SEEN);
    let item = |b: i64| Value::from_iter([("b", Value::Int(b))]);
    let list = Value::list([item(10), item(20), Value::None]);
    let state = LoopState {
        index: 1,
        length: 4,
        parent: Local::Unset,
        serial: 0,
    };
    let outer = Value::from_iter([("y", Value::str("&"))]);
    let root = Scope::root(&outer);
    let values = [Local::Loop(&state)];
    let names = [rstr("forloop")];
    let inner = root.with(&names, &values);
    let row = Row::of(View::of(&list));
    let written = |loop_, s| outcome(true, usize::MAX, |f| run(looped(loop_), &row, f, s));
    assert_eq!(
        written(&FORWARDS, &inner),
        "( <1 <3 <10 <&amp;10)( <2 <3 <20 <&amp;20)( <3 <3 < <&amp;) ()"
    );
    assert_eq!(
        written(&BACKWARDS, &inner),
        "( <1 <3 < <&amp;)( <2 <3 <20 <&amp;20)( <3 <3 <10 <&amp;10) ()"
    );
    assert_eq!(
        written(&FORWARDS, &root),
        "( <1 < <10 <&amp;10)( <2 < <20 <&amp;20)( <3 < < <&amp;) ()"
    );
    for limit in 0..30 {
        let done = outcome(true, limit, |f| run(looped(&FORWARDS), &row, f, &inner));
        assert!(done.contains("limit"), "{limit}: {done}");
    }
}

#[test]
fn fused_statements_do_what_the_plain_ones_do() {
    let mut random = Random(7);
    for round in 0..900 {
        let (value, context) = (value(&mut random, 3), value(&mut random, 3));
        let limit = if round % 8 == 0 {
            random.below(40)
        } else {
            usize::MAX
        };
        check(
            View::of(&value),
            &value,
            View::of(&context),
            round % 5 != 0,
            limit,
        );
    }
}

#[test]
fn data_of_a_program_is_shown_as_the_values_that_it_stands_for() {
    let texts = BTreeMap::from([("a", "it's"), ("b", "<b>")]);
    let numbers = vec![BTreeMap::from([("a", Some(1)), ("b", None)])];
    let nested = BTreeMap::from([("a", BTreeMap::from([("b", vec![1, 2])]))]);
    let pair = ("one <", 2_u8);
    let date = Date {
        year: 2024,
        month: 2,
        day: 29,
    };
    let made = BTreeMap::from([("a", Value::str("made"))]);
    let views = [
        View::new(&texts),
        View::new(&numbers),
        View::new(&nested),
        View::new(&pair),
        View::new(&date),
        View::new(&made),
        View::new(&"text that's < long & escaped"),
        View::new(&1_i64),
        View::new(&1.5),
        View::new(&true),
        View::new(&None::<i64>),
        View::new(&Some("x")),
    ];
    for view in views {
        for context in views {
            let value = view.to_value();
            check(view, &value, context, true, usize::MAX);
            check(view, &value, context, false, usize::MAX);
        }
    }
}

#[test]
fn constants_do_not_leave_the_library() {
    let text = SPOTS[8].start.constant();
    let Value::Str(constant) = &text else {
        panic!("a constant text");
    };
    let mut record = ErrorRecord::default();
    let f = frame(Output::new(), &mut record);
    let root = Scope::empty();
    let Ok(Ref::Owned(Value::Str(value))) = crate::flow(&SPOTS[8], &crate::NO_ROW, &f, &root)
    else {
        panic!("the constant's text");
    };
    assert_eq!(value.as_str(), constant.as_str());
    assert!(!std::ptr::eq(value.as_str(), constant.as_str()));
}

//! The functions behind tags that hold state, capture output or call functions.

use hotplate_template_runtime as rt;
use rt::api::context;
use rt::tagging::TagCall;
use rt::{Assignments, Done, Frame, Local, Missing, Scope, TagArgument, Value};

use crate::host::{Body, Setup, check};

fn with(context: Value) -> Setup {
    Setup {
        context,
        ..Setup::default()
    }
}

fn show(name: &'static str, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    rt::output(rt::context(&[name], Missing::Invalid, f, s), f, "t", 0)
}

#[test]
fn cycles_go_round_and_begin_anew_when_they_are_reset() {
    let in_a_cell: Body = |f, _| {
        let mut state = None;
        for step in 0..5 {
            let place = rt::cycle(&mut state, 3);
            rt::text(&place.to_string(), f)?;
            if step == 3 {
                rt::clear(&mut state);
            }
        }
        Ok(())
    };
    let kept_by_the_host: Body = |f, _| {
        for step in 0..5 {
            let place = rt::cycle_of_run("cycles", 1, 3, f);
            rt::text(&place.to_string(), f)?;
            if step == 3 {
                rt::reset_cycle_of_run("cycles", 1, f);
            }
        }
        Ok(())
    };
    for body in [in_a_cell, kept_by_the_host] {
        check(&Setup::default(), body, "01200");
    }
}

#[test]
fn a_change_is_one_from_the_last_time_and_the_first_time_always() {
    // `1`, `True` and `1.0` are equal in Python.
    let values = || {
        [
            Value::list([Value::None]),
            Value::list([Value::None]),
            Value::list([Value::Int(1)]),
            Value::list([Value::Bool(true)]),
            Value::list([Value::Float(1.0)]),
            Value::safe(""),
        ]
    };
    let mut state = None;
    let found = values().map(|value| rt::changed(&mut state, value));
    assert_eq!(found, [true, false, true, false, false, true]);
}

#[test]
fn changes_outside_belong_to_the_innermost_loop() {
    let body: Body = |f, s| {
        let items = rt::items(rt::literal_text("aab"), false, f, "t", 0)?;
        for _ in 0..2 {
            let mut state = rt::seen_loop_state(&items, Local::Unset, f);
            while state.index < state.length {
                let names = [rt::rstr("forloop")];
                let values = [Local::Loop(&state)];
                let inside = s.with(&names, &values);
                let value = items.get(state.index).to_value();
                let changed = rt::changed_outside("t", 9, value, f, &inside);
                rt::text(if changed { "c" } else { "-" }, f)?;
                state.index += 1;
            }
        }
        let changed = rt::changed_outside("t", 9, Value::str("a"), f, s);
        rt::text(if changed { "c" } else { "-" }, f)
    };
    check(&Setup::default(), body, "c-cc-cc");
}

#[test]
fn groups_are_named_tuples_of_neighbours() {
    let body: Body = |f, s| {
        let target = rt::bind(rt::context(&["people"], Missing::None, f, s), f, "t", 0)?;
        let key = |item: rt::View<'_>| {
            let key = rt::local(item, &["p", "g"], Missing::None, f);
            Ok(rt::bind(key, f, "t", 1)?.into_owned())
        };
        let mut cell = None;
        rt::set(&mut cell, rt::regroup(&target, key, f, "t", 0)?);
        let groups = cell.unwrap_or_default();
        for parts in [
            &["gs"][..],
            &["gs", "0", "grouper"],
            &["gs", "1", "list", "0", "n"],
            &["gs", "1", "0"],
            &["gs", "2"],
        ] {
            let value = rt::local((&groups).into(), parts, Missing::Invalid, f);
            rt::output(value, f, "t", 2)?;
            rt::text(";", f)?;
        }
        Ok(())
    };
    let person = |name: &str, group: i64| context! { n: name, g: group };
    let mut setup = with(context! { people: [person("a", 1), person("b", 1), person("c", 2)] });
    setup.autoescape = false;
    let expected = "[GroupedResult(grouper=1, list=[{'n': 'a', 'g': 1}, {'n': 'b', 'g': 1}]), \
                    GroupedResult(grouper=2, list=[{'n': 'c', 'g': 2}])];1;c;2;;";
    check(&setup, body, expected);
    check(&Setup::default(), body, "[];;;;;");
    let message = "TypeError: 'int' object is not iterable [(\"t\", 0)]";
    check(&with(context! { people: 3 }), body, message);
}

#[test]
fn captured_text_is_filtered_stripped_and_kept_off_the_output() {
    let spaceless: Body = |f, _| {
        let captured = rt::capture(f, |f: &mut Frame<'_>| {
            rt::text(" <p>\n <a> x </a> > </p> ", f)
        })?;
        rt::text("|", f)?;
        rt::spaceless(&captured, f)
    };
    check(&Setup::default(), spaceless, "|<p><a> x </a> ></p>");
    let filtered: Body = |f, _| {
        let captured = rt::capture(f, |f: &mut Frame<'_>| rt::text("<abc>", f))?;
        let value = rt::safe_text(&captured);
        let var = rt::local((&value).into(), &["var"], Missing::Invalid, f);
        let upper = rt::filter(var, rt::filters::strings::upper, false, f);
        rt::filtered(upper, 0, f, "t", 0)?;
        let var = rt::local((&value).into(), &["var"], Missing::Invalid, f);
        let length = rt::filter(var, rt::filters::lists::length, false, f);
        rt::filtered(length, 2, f, "t", 1)
    };
    let message = "TypeError: sequence item 2: expected str instance, int found [(\"t\", 1)]";
    check(&Setup::default(), filtered, message);
}

#[test]
fn the_first_true_value_is_written_or_set_as_it_would_be_written() {
    let body: Body = |f, s| {
        let mut first = None;
        for name in ["nothing", "empty", "a", "b"] {
            let value = rt::context(&[name], Missing::None, f, s);
            if rt::output_if_true(value, f, "t", 0)? {
                break;
            }
        }
        for name in ["nothing", "a", "b"] {
            let value = rt::context(&[name], Missing::None, f, s);
            if rt::set_if_true(value, &mut first, f, "t", 0)? {
                break;
            }
        }
        let set = rt::or_empty(first);
        rt::text(&format!(" {set:?} {:?} ", rt::or_empty(None)), f)?;
        rt::output_value(&set, f, "t", 0)
    };
    let mut setup = with(context! { empty: "", a: "<A>", b: 1 });
    check(&setup, body, "&lt;A&gt; safe(\"&lt;A&gt;\") \"\" &lt;A&gt;");
    setup.autoescape = false;
    check(&setup, body, "<A> \"<A>\" \"\" <A>");
}

fn shows_its_call(call: &mut TagCall<'_, '_>) -> rt::Result<Value> {
    let first = call.positional(0).cloned().unwrap_or_default();
    let wide = call.keyword("wide").cloned().unwrap_or_default();
    let bodies = (call.render_body(0)?, call.render_body(1)?);
    let options = call.options;
    let assigned = call.assigned;
    Ok(Value::from(format!(
        "<{first:?} {wide:?} {options:?} {bodies:?} {assigned}>"
    )))
}

fn raises(_: &mut TagCall<'_, '_>) -> rt::Result<Value> {
    Err(rt::Error::value_error("raised"))
}

fn panics(_: &mut TagCall<'_, '_>) -> rt::Result<Value> {
    panic!("a tag that panics")
}

/// Calls a function with an argument, a keyword argument, an option and a body that
/// writes and sets a cell.
fn call(function: rt::tagging::Tag, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let mut cell: Option<Value> = None;
    let arguments: &[TagArgument<'_>] = &[
        rt::argument("", rt::literal_int(1), f, "t", 1)?,
        rt::argument(
            "wide",
            rt::context(&["x"], Missing::Invalid, f, s),
            f,
            "t",
            2,
        )?,
    ];
    let result = rt::tag(
        function,
        &["option"],
        arguments,
        1,
        &mut |body: usize, f: &mut Frame<'_>, _: &Scope<'_>| -> Done {
            if body == 0 {
                rt::text("inside", f)?;
                rt::set(&mut cell, Value::str("after"));
            }
            Ok(())
        },
        false,
        f,
        s,
        "t",
        3,
    )?;
    rt::write_result(&result, f, "t", 3)?;
    rt::write_result(&rt::cell(&cell).unwrap_or_default(), f, "t", 4)
}

#[test]
fn functions_of_tags_get_arguments_and_bodies_and_may_fail() {
    let setup = with(context! { x: "wide" });
    let cases: [(Body, &str); 2] = [
        (
            |f, s| call(shows_its_call, f, s),
            "<1 \"wide\" [\"option\"] (\"inside\", \"\") false>after",
        ),
        (|f, s| call(raises, f, s), "ValueError: raised [(\"t\", 3)]"),
    ];
    for (body, expected) in cases {
        check(&setup, body, expected);
    }
    let record = crate::render(&setup, |f, s| call(panics, f, s)).expect_err("it panics");
    assert_eq!(record.kind, crate::ErrorKind::Panic);
    assert_eq!(record.trace, [("t".to_owned(), 3)]);
}

fn escapes_nothing(f: &mut Frame<'_>, arguments: &[TagArgument<'_>]) -> rt::Result<()> {
    f.autoescape = false;
    match arguments {
        [] => Ok(()),
        _ => Err(rt::Error::type_error("no arguments")),
    }
}

#[test]
fn settings_hold_for_a_body_alone() {
    let body: Body = |f, s| {
        show("a", f, s)?;
        let kept = rt::setting(escapes_nothing, &[], f, "t", 1)?;
        show("a", f, s)?;
        rt::put_back(kept, f);
        show("a", f, s)?;
        let arguments = [rt::argument("", rt::literal_int(1), f, "t", 2)?];
        let kept = rt::setting(escapes_nothing, &arguments, f, "t", 2)?;
        rt::put_back(kept, f);
        Ok(())
    };
    let setup = with(context! { a: "<" });
    check(&setup, body, "TypeError: no arguments [(\"t\", 2)]");
}

/// Calls a tag of a library with a body that shows `x`.
fn call_library(
    name: &str,
    escape: bool,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Result<Value, rt::Stop> {
    let arguments = [
        rt::argument("key", rt::literal_int(2), f, "t", 0)?,
        rt::argument("", rt::literal_int(1), f, "t", 0)?,
    ];
    let mut bodies = |_: usize, f: &mut Frame<'_>, s: &Scope<'_>| show("x", f, s);
    rt::library_tag(
        "lib",
        name,
        escape,
        "1 key=2",
        &arguments,
        1,
        &mut bodies,
        false,
        f,
        s,
        "t",
        7,
    )
}

#[test]
fn tags_of_libraries_set_names_and_are_escaped_if_they_are_simple() {
    let body: Body = |f, s| {
        let assigned = Assignments::default();
        let scope = s.with(&[], &[]).assigning(&assigned);
        for escape in [true, false] {
            let result = call_library("tag", escape, f, &scope)?;
            rt::write_result(&result, f, "t", 0)?;
            rt::text(";", f)?;
        }
        let mut cell = None;
        rt::export(&assigned, "y", &mut cell);
        rt::text(&format!("{cell:?};"), f)?;
        rt::export(&assigned, "x", &mut cell);
        rt::text(&format!("{cell:?}"), f)
    };
    let setup = with(context! { x: "'" });
    let expected = "lib.tag [1] [(&quot;key&quot;, 2)] [&amp;#x27;];\
                    lib.tag [1] [(\"key\", 2)] [set];None;Some(\"set\")";
    check(&setup, body, expected);
    check(
        &setup,
        |f, s| call_library("raises", true, f, s).map(|_| ()),
        "ValueError: raised [(\"t\", 7)]",
    );
}

#[test]
fn filters_of_libraries_keep_safety_if_they_say_so() {
    let body: Body = |f, _| {
        for safe in [true, false] {
            let argument = Some(rt::literal_int(1));
            let value = rt::literal_text("<");
            let value = rt::library_filter(value, "lib", "f", argument, safe, f);
            rt::output(value, f, "t", 0)?;
            rt::text(";", f)?;
        }
        let value = rt::library_filter(rt::literal_int(2), "lib", "f", None, true, f);
        rt::output(value, f, "t", 0)
    };
    let expected = "lib.f safe(\"<\") [1];lib.f safe(&quot;&lt;&quot;) [1];lib.f 2 []";
    check(&Setup::default(), body, expected);
    check(
        &Setup::default(),
        |f, _| {
            let value = rt::library_filter(rt::literal_int(2), "lib", "broken", None, true, f);
            rt::output(value, f, "t", 3)
        },
        "broken [(\"t\", 3)]",
    );
}

#[test]
fn partials_set_names_for_their_caller() {
    let body: Body = |f, s| {
        let mut cell = None;
        let names = [rt::rstr("x")];
        let values = [rt::cell_local(&cell)];
        let exports = rt::partial("t", "p", &s.with(&names, &values), f, "t", 0)?;
        rt::export(&exports, "x", &mut cell);
        let values = [rt::cell_local(&cell)];
        let exports = rt::partial("t", "p", &s.with(&names, &values), f, "t", 0)?;
        let assigned = Assignments::default();
        let layer = s.with(&[], &[]).assigning(&assigned);
        rt::export_all(&exports, &layer);
        show("x", f, &layer)?;
        rt::export_name(&exports, "x", &layer);
        assigned.forget("x");
        show("x", f, &layer)
    };
    let expected = "<t#p Ok(\"outside\")><t#p Ok(\"set\")>setoutside";
    check(&with(context! { x: "outside" }), body, expected);
}

#[test]
fn names_are_set_where_they_are_known_already() {
    let context = context! { x: 1 };
    let scope = Scope::root(&context);
    let set = |name: &str, cells: [Option<Value>; 2]| {
        let [mut inner, mut outer] = cells;
        rt::set_upward(&mut [&mut inner, &mut outer], name, &scope, &Value::Int(2));
        format!("{inner:?} {outer:?}")
    };
    let one = || Some(Value::Int(1));
    let cases = [
        ("y", [None, None], "Some(2) None"),
        ("x", [None, None], "None Some(2)"),
        ("x", [one(), None], "Some(2) None"),
        ("x", [one(), one()], "Some(2) Some(1)"),
        ("y", [None, one()], "None Some(2)"),
    ];
    for (name, cells, expected) in cases {
        assert_eq!(set(name, cells), expected, "{name}");
    }
}

#[test]
fn lookups_start_from_the_first_cell_that_is_set() {
    let body: Body = |f, s| {
        let (empty, set) = (None, Some(Value::str("cell")));
        let local = Value::str("local");
        let parts = &["x"];
        for cells in [[&empty, &set], [&empty, &empty]] {
            let value = rt::cells(&cells, parts, Missing::Invalid, f, s);
            rt::output(value, f, "t", 0)?;
            rt::text(" ", f)?;
            let value = rt::cells_or_local(&cells, (&local).into(), parts, Missing::Invalid, f);
            rt::output(value, f, "t", 0)?;
            rt::text(" ", f)?;
        }
        Ok(())
    };
    let setup = with(context! { x: "context" });
    check(&setup, body, "cell cell context local ");
}

#[test]
fn an_undefined_partial_raises() {
    check(
        &Setup::default(),
        |f, _| {
            rt::raise(
                "TemplateSyntaxError",
                "Partial 'p' is not defined",
                f,
                "t",
                5,
            )
        },
        "TemplateSyntaxError: Partial 'p' is not defined [(\"t\", 5)]",
    );
}

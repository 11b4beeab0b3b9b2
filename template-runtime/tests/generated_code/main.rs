//! The functions that generated code calls, called as generated code calls them, with a
//! host that renders a line about each unit it is asked for.

use hotplate_template_runtime as rt;

mod host;
mod tags;
mod translations;

use host::{Body, Setup, check, render};
use rt::api::value::{Callable, Date, Exception, Lookup, Object};
use rt::api::{ErrorKind, ErrorRecord, context};
use rt::{Done, Flow, Frame, Local, Missing, Scope, Stop, Value, filters};

/// An object of each kind that lookups meet, told apart by name.
struct Thing(&'static str);

impl Object for Thing {
    fn type_name(&self) -> &str {
        self.0
    }

    fn item(&self, key: &Value) -> Lookup {
        match key {
            Value::Str(key) if key.as_str() == "both" => Lookup::Found("item".into()),
            Value::Str(_) => Lookup::Raised(Exception::new("KeyError", "key")),
            Value::Int(1) => Lookup::Found("second".into()),
            _ => Lookup::Missing,
        }
    }

    fn attribute(&self, name: &str) -> Lookup {
        match name {
            "both" | "attribute" => Lookup::Found("attribute".into()),
            "property" => Lookup::Raised(Exception::new("AttributeError", "inside")),
            "quiet" => Lookup::Raised(Exception {
                silent: true,
                ..Exception::new("DoesNotExist", "no row")
            }),
            "method" => Lookup::Found(Value::object(Self("method"))),
            "wants" => Lookup::Found(Value::object(Self("wants"))),
            _ => Lookup::Missing,
        }
    }

    fn callable(&self) -> Callable {
        match self.0 {
            "method" | "raises" => Callable::Yes,
            "wants" => Callable::NeedsArguments,
            "deletes" => Callable::AltersData,
            "class" => Callable::DoNotCall,
            _ => Callable::No,
        }
    }

    fn call(&self) -> Result<Value, Exception> {
        match self.0 {
            "method" => Ok(context! { result: "called" }),
            _ => Err(Exception::new("ValueError", "called")),
        }
    }
}

fn things() -> Value {
    let object = |name| Value::object(Thing(name));
    context! {
        text: "a<b>",
        safe: Value::safe("<i>"),
        number: -12,
        list: ["zero", "one"],
        dict: Value::from_iter([
            (Value::str("items"), Value::str("own")),
            (Value::str("1"), Value::str("text key")),
            (Value::Int(2), Value::str("number key")),
        ]),
        plain: context! { k: "v<" },
        thing: object("thing"),
        method: object("method"),
        wants: object("wants"),
        deletes: object("deletes"),
        class: object("class"),
        raises: object("raises"),
        day: Date { year: 2024, month: 2, day: 29 },
    }
}

fn with_things() -> Setup {
    Setup {
        context: things(),
        ..Setup::default()
    }
}

#[test]
fn lookups_go_from_key_to_attribute_to_index_and_call_what_they_find() {
    let cases: [(&[&'static str], &str); 27] = [
        (&["text"], "a<b>"),
        (&["list", "1"], "one"),
        (&["list", "2"], "no list.2"),
        (&["text", "1"], "<"),
        (&["text", "upper"], "A<B>"),
        (&["text", "join"], "no %s"),
        (&["dict", "items"], "own"),
        (&["dict", "1"], "text key"),
        (&["dict", "2"], "number key"),
        (&["plain", "items"], "dict_items([('k', 'v<')])"),
        (&["plain", "values", "0"], "no plain.values.0"),
        (&["True"], "True"),
        (&["None"], "None"),
        (&["true"], "no true"),
        (&["thing", "both"], "item"),
        (&["thing", "attribute"], "attribute"),
        (&["thing", "1"], "second"),
        (&["thing", "x"], "no thing.x"),
        (&["thing", "quiet", "more"], "no %s"),
        (&["thing", "method", "result"], "called"),
        (&["method", "result", "upper"], "CALLED"),
        (&["thing", "wants"], "no %s"),
        (&["deletes", "upper"], "NO %S"),
        (&["class"], "<class object>"),
        (&["day", "year"], "2024"),
        (&["day", "weekday"], "3"),
        (&["nonesuch", "x"], "no nonesuch.x"),
    ];
    let setup = Setup {
        autoescape: false,
        string_if_invalid: "no %s",
        ..with_things()
    };
    let scope = Scope::root(&setup.context);
    let mut record = ErrorRecord::default();
    let mut frame = setup.frame(&mut record);
    for (parts, expected) in cases {
        let flow = rt::context(parts, Missing::Invalid, &frame, &scope);
        rt::output(flow, &mut frame, "t", 0).expect("nothing raises");
        let written = std::mem::take(&mut frame.out).into_string();
        assert_eq!(written, expected, "{parts:?}");
    }
}

#[test]
fn exceptions_of_lookups_end_the_rendering() {
    let setup = with_things();
    check(
        &setup,
        |f, s| {
            let value = rt::context(&["raises"], Missing::Invalid, f, s);
            rt::output(value, f, "t", 3)
        },
        "ValueError: called [(\"t\", 3)]",
    );
    check(
        &setup,
        |f, s| {
            let value = rt::context(&["thing", "property"], Missing::Invalid, f, s);
            rt::output(value, f, "t", 1)
        },
        "AttributeError: inside [(\"t\", 1)]",
    );
}

#[test]
fn output_is_escaped_unless_it_is_safe_or_escaping_is_off() {
    let body: Body = |f, s| {
        for name in ["text", "safe", "number", "plain"] {
            let value = rt::context(&[name], Missing::Invalid, f, s);
            rt::output(value, f, "t", 0)?;
            rt::text("&", f)?;
        }
        Ok(())
    };
    let mut setup = with_things();
    let escaped = "a&lt;b&gt;&<i>&-12&{&#x27;k&#x27;: &#x27;v&lt;&#x27;}&";
    check(&setup, body, escaped);
    setup.autoescape = false;
    check(&setup, body, "a<b>&<i>&-12&{'k': 'v<'}&");
}

#[test]
fn integers_are_written_at_both_ends_of_their_range() {
    let body: Body = |f, _| {
        for number in [i64::MIN, -1, 0, 7, i64::MAX] {
            rt::output(rt::literal_int(number), f, "t", 0)?;
            rt::text(" ", f)?;
        }
        Ok(())
    };
    let expected = "-9223372036854775808 -1 0 7 9223372036854775807 ";
    check(&Setup::default(), body, expected);
}

#[test]
fn a_missing_variable_skips_filters_only_if_something_stands_in_for_it() {
    let body: Body = |f, s| {
        let value = rt::context(&["x", "y"], Missing::Invalid, f, s);
        let default = rt::literal_text("d");
        let value = rt::filter_with(value, filters::logic::default, default, false, f);
        let value = rt::filter(value, filters::strings::upper, false, f);
        rt::output(value, f, "t", 0)
    };
    let mut setup = Setup::default();
    check(&setup, body, "D");
    setup.string_if_invalid = "<none>";
    check(&setup, body, "&lt;none&gt;");
    setup.string_if_invalid = "no %s";
    check(&setup, body, "no x.y");
}

#[test]
fn a_missing_filter_argument_raises() {
    let body: Body = |f, s| {
        let argument = rt::context(&["a", "b"], Missing::Raise, f, s);
        let number = rt::literal_int(1);
        let value = rt::filter_with(number, filters::logic::default, argument, false, f);
        rt::output(value, f, "t", 4)
    };
    let expected = "VariableDoesNotExist: Failed lookup for key [a] [(\"t\", 4)]";
    check(&Setup::default(), body, expected);
}

#[test]
fn filters_keep_safety_only_if_they_say_so() {
    let body: Body = |f, _| {
        let lower = rt::filter(rt::literal_text("<A>"), filters::strings::lower, true, f);
        rt::output(lower, f, "t", 0)?;
        let upper = rt::filter(rt::literal_text("<a>"), filters::strings::upper, false, f);
        rt::output(upper, f, "t", 0)
    };
    check(&Setup::default(), body, "<a>&lt;A&gt;");
}

fn panics(_: &filters::Call, _: &Value, _: &[rt::Ref<'_>]) -> rt::Result<Value> {
    panic!("a filter that panics")
}

#[test]
fn a_panic_in_a_filter_ends_the_rendering_with_its_place_in_the_template() {
    let body: Body = |f, _| {
        let value = rt::filter(rt::literal_int(1), panics, false, f);
        // Below an operator an exception would make the condition false.
        let truth = rt::truth(value, f, "t", 9)?;
        assert_eq!(truth, None, "this is not reached");
        Ok(())
    };
    let record = render(&Setup::default(), body).expect_err("the filter panics");
    assert_eq!(record.kind, ErrorKind::Panic);
    assert_eq!(record.message, "a filter that panics");
    assert_eq!(record.trace, [("t".to_owned(), 9)]);
}

#[test]
fn exceptions_below_an_operator_make_it_false() {
    use rt::Comparison::{Equal, Greater, In, Is, Less, NotEqual, NotIn};
    let setup = with_things();
    let scope = Scope::root(&setup.context);
    let mut record = ErrorRecord::default();
    let frame = setup.frame(&mut record);
    let f = &frame;
    let raises = || rt::context(&["raises"], Missing::None, f, &scope);
    let missing = || rt::context(&["nothing"], Missing::None, f, &scope);
    let none = || rt::context(&["None"], Missing::None, f, &scope);
    let one = || rt::literal_int(1);
    let text = rt::literal_text;
    let cases: [(rt::Comparison, Flow<'_>, Flow<'_>, bool); 9] = [
        (Equal, one(), raises(), false),
        (NotEqual, raises(), one(), false),
        (NotEqual, missing(), one(), true),
        (Less, missing(), one(), false),
        (Greater, text("a"), one(), false),
        (In, one(), missing(), false),
        (NotIn, one(), missing(), false),
        (In, text("b"), text("abc"), true),
        (Is, missing(), none(), true),
    ];
    for (place, (comparison, left, right, expected)) in cases.into_iter().enumerate() {
        let found = rt::compare(comparison, left, right, f, "t", 0);
        assert_eq!(found, Ok(expected), "case {place}: {comparison:?}");
    }
    assert_eq!(rt::truth(raises(), f, "t", 0), Ok(None));
    let argument = rt::context(&["nothing"], Missing::Raise, f, &scope);
    assert_eq!(rt::condition(argument, f, "t", 0), Ok(false));
    assert_eq!(rt::condition(raises(), f, "t", 5), Err(Stop));
    assert_eq!(record.trace, [("t".to_owned(), 5)]);
}

/// A loop over `pairs`, and in it one over each pair backwards, which includes `i`.
fn nested_loops(f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let pairs = rt::context(&["pairs"], Missing::None, f, s);
    let pairs = rt::items(pairs, false, f, "t", 0)?;
    let outside = rt::outer_loop(s);
    let mut outer = rt::loop_state(&pairs, rt::outer_local(&outside));
    while outer.index < outer.length {
        let pair = pairs.get(outer.index);
        let items = rt::local(pair, &["pair"], Missing::None, f);
        let items = rt::items(items, true, f, "t", 1)?;
        let mut inner = rt::loop_state(&items, Local::Loop(&outer));
        while inner.index < inner.length {
            let x = items.get(inner.index);
            let revcounter = rt::loop_field(&inner, rt::LoopField::RevCounter);
            rt::output(revcounter, f, "t", 2)?;
            rt::output(rt::local(x, &["x"], Missing::Invalid, f), f, "t", 2)?;
            let names = [rt::rstr("x"), rt::rstr("forloop")];
            let values = [Local::Value(x), Local::Loop(&inner)];
            static LINK: rt::Link = rt::Link::to_template("i");
            rt::include(&LINK, &s.with(&names, &values), f, "t", 3)?;
            inner.index += 1;
        }
        outer.index += 1;
    }
    Ok(())
}

#[test]
fn loops_run_both_ways_and_their_state_reaches_included_templates() {
    let setup = Setup {
        context: context! { pairs: [vec!["a", "b"], vec!["c"]] },
        ..Setup::default()
    };
    check(&setup, nested_loops, "2b[i b 1 1]1a[i a 2 1]1c[i c 1 2]");
}

#[test]
fn what_cannot_be_iterated_over_raises_and_nothing_is_empty() {
    let count = |value: Value| {
        let mut record = ErrorRecord::default();
        let frame = Setup::default().frame(&mut record);
        let items = rt::items(Ok(rt::Ref::Owned(value)), false, &frame, "t", 0);
        let count = items.map(|items| items.len());
        count.map_err(|Stop| record.to_string())
    };
    let cases = [
        (Value::None, 0),
        (Value::str(""), 0),
        (Value::str("äb"), 2),
        (Value::list([Value::None]), 1),
        (context! { a: 1, b: 2 }, 2),
    ];
    for (value, expected) in cases {
        let text = format!("{value:?}");
        assert_eq!(count(value), Ok(expected), "{text}");
    }
    let message = "TypeError: 'int' object is not iterable";
    assert_eq!(count(Value::Int(3)), Err(message.to_owned()));
}

#[test]
fn items_are_unpacked_only_into_as_many_names() {
    let mut record = ErrorRecord::default();
    let frame = Setup::default().frame(&mut record);
    let pair = Value::tuple([Value::Int(1), Value::str("b")]);
    let parts = rt::unpack((&pair).into(), 2, &frame, "t", 0).expect("it has two parts");
    let shown = format!("{:?} {:?} {:?}", parts.get(0), parts.get(1), parts.get(2));
    assert_eq!(shown, "1 \"b\" None");
    let refused = rt::unpack((&Value::Int(1)).into(), 2, &frame, "t", 6);
    assert_eq!(refused.err(), Some(Stop));
    let message = "ValueError: Need 2 values to unpack in for loop; got 1. ";
    assert_eq!(record.to_string(), message);
}

#[test]
fn a_whole_forloop_prints_as_a_dictionary() {
    let setup = Setup {
        autoescape: false,
        ..Setup::default()
    };
    let mut record = ErrorRecord::default();
    let mut frame = setup.frame(&mut record);
    let items = rt::items(rt::literal_text("ab"), false, &frame, "t", 0);
    let items = items.expect("a string has items");
    let outer = rt::loop_state(&items, Local::Unset);
    let inner = rt::loop_state(&items, Local::Loop(&outer));
    let fields = "'length': 2, 'counter0': 0, 'counter': 1, 'revcounter': 2, \
                  'revcounter0': 1, 'first': True, 'last': False";
    let cases: [(&[&'static str], String); 3] = [
        (
            &["forloop"],
            format!("{{'parentloop': {{'parentloop': {{}}, {fields}}}, {fields}}}"),
        ),
        (&["forloop", "parentloop", "parentloop"], "{}".to_owned()),
        (&["forloop", "parentloop", "last"], "False".to_owned()),
    ];
    for (parts, expected) in cases {
        let flow = rt::loop_path(&inner, parts, Missing::Invalid, &frame);
        rt::output(flow, &mut frame, "t", 0).expect("nothing raises");
        let written = std::mem::take(&mut frame.out).into_string();
        assert_eq!(written, expected, "{parts:?}");
    }
}

fn include_named(name: &'static str, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    let names = rt::context(&[name], Missing::Invalid, f, s);
    let included = rt::included(names, "dir/page.html", f, "t", 2)?;
    rt::include_computed(&included, s, f, "t", 2)
}

#[test]
fn included_names_may_be_one_several_relative_or_none() {
    let setup = Setup {
        context: context! {
            one: "a.html",
            several: ["a.html", "b.html"],
            near: "./a.html",
            far: "../../a.html",
            own: "./page.html",
            number: 5,
        },
        ..Setup::default()
    };
    let cases: [(Body, &str); 7] = [
        (|f, s| include_named("one", f, s), "[a.html   ]"),
        (|f, s| include_named("several", f, s), "[a.html,b.html   ]"),
        (|f, s| include_named("near", f, s), "[dir/a.html   ]"),
        (
            |f, s| include_named("missing", f, s),
            "TemplateDoesNotExist: No template names provided [(\"t\", 2)]",
        ),
        (
            |f, s| include_named("number", f, s),
            "TypeError: 'int' object is not iterable [(\"t\", 2)]",
        ),
        (
            |f, s| include_named("far", f, s),
            "TemplateSyntaxError: The relative path '../../a.html' points outside the file \
             hierarchy that template 'dir/page.html' is in. [(\"t\", 2)]",
        ),
        (
            |f, s| include_named("own", f, s),
            "TemplateSyntaxError: The relative path './page.html' was translated to template \
             name 'dir/page.html', the same template in which the tag appears. [(\"t\", 2)]",
        ),
    ];
    for (body, expected) in cases {
        check(&setup, body, expected);
    }
}

#[test]
fn a_failure_in_another_unit_adds_a_line_to_the_traceback() {
    static LINK: rt::Link = rt::Link::to_template("broken.html");
    check(
        &Setup::default(),
        |f, s| rt::include(&LINK, s, f, "page.html", 3),
        "TypeError: broken [(\"broken.html\", 7), (\"page.html\", 3)]",
    );
}

#[test]
fn a_parent_needs_a_name() {
    let setup = Setup {
        context: context! { base: "b.html" },
        ..Setup::default()
    };
    check(
        &setup,
        |f, s| {
            let parent = rt::context(&["base"], Missing::Invalid, f, s);
            rt::extend(parent, Some("base"), s, f, "t", 0)
        },
        "[extend b.html]",
    );
    check(
        &setup,
        |f, s| {
            let parent = rt::context(&["x"], Missing::Invalid, f, s);
            rt::extend(parent, Some("x"), s, f, "t", 0)
        },
        "TemplateSyntaxError: Invalid template name in 'extends' tag: ''. Got this from the \
         'x' variable. [(\"t\", 0)]",
    );
}

#[test]
fn the_block_above_is_output_as_it_is_and_a_value_where_it_is_used_as_one() {
    static LINK: rt::Link = rt::Link::to_block("t", "b");
    let body: Body = |f, s| {
        rt::block(&LINK, s, f, "t", 0)?;
        rt::output_block_super("t", "b", s, f, "t", 1)?;
        let parts = &["block", "super"];
        let above = rt::block_super("t", "b", s, parts, Missing::Invalid, f);
        let above = rt::filter(above, filters::strings::upper, false, f);
        rt::output(above, f, "t", 2)
    };
    check(&Setup::default(), body, "<t b><t b>&lt;T B&gt;");
}

#[test]
fn a_parent_that_a_literal_names_is_extended() {
    check(
        &Setup::default(),
        |f, s| rt::extend_named("base.html", s, f, "t", 0),
        "[extend base.html]",
    );
}

#[test]
fn an_exception_in_the_block_above_can_be_passed_over() {
    fn above(f: &Frame<'_>, s: &Scope<'_>) -> Flow<'static> {
        let parts = &["block", "super"];
        rt::block_super("t", "broken", s, parts, Missing::Invalid, f)
    }
    check(
        &Setup::default(),
        |f, s| {
            let truth = rt::truth(above(f, s), f, "t", 0)?;
            rt::text(&format!("{truth:?}"), f)
        },
        "None",
    );
    check(
        &Setup::default(),
        |f, s| rt::output(above(f, s), f, "t", 2),
        "TypeError: broken [(\"base.html/broken\", 1), (\"t\", 2)]",
    );
}

#[test]
fn the_output_limit_is_an_error() {
    let setup = Setup {
        limit: 4,
        ..Setup::default()
    };
    let limit = "the output exceeds the limit of 4 bytes";
    check(&setup, |f, _| rt::text("12345", f), &format!("{limit} []"));
    check(
        &setup,
        |f, _| rt::output(rt::literal_int(12345), f, "t", 1),
        &format!("{limit} [(\"t\", 1)]"),
    );
}

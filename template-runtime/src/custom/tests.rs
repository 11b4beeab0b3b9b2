//! Binding and converting arguments; what the attributes expand to.

use super::{Argument, Argumented, Raise, RaiseText, Signature};
use crate::{Error, Result, Value};
use hotplate_plugin_api::value::Exception;

const fn required(name: &'static str) -> Argument {
    Argument {
        name,
        optional: false,
    }
}

const fn optional(name: &'static str) -> Argument {
    Argument {
        name,
        optional: true,
    }
}

const PLAIN: Signature = Signature {
    function: "f",
    implicit: 0,
    positional: &[required("one"), optional("two")],
    args: false,
    keyword: &[],
    kwargs: false,
};

fn told(error: &Error) -> String {
    match error {
        Error::Raised(raised) => format!("{}: {}", raised.exception, raised.message),
        other => format!("{other:?}"),
    }
}

fn bind(signature: &Signature, positional: &[i64], keywords: &[(&str, i64)]) -> String {
    let positional: Vec<Value> = positional.iter().copied().map(Value::Int).collect();
    let names = keywords.iter().map(|(name, _)| *name);
    let values: Vec<Value> = keywords
        .iter()
        .map(|(_, value)| Value::Int(*value))
        .collect();
    match signature.bind(positional.iter(), names.zip(&values)) {
        Ok(bound) => {
            let count = signature.positional.len() + signature.keyword.len();
            let values: Vec<Option<&Value>> = (0..count).map(|at| bound.value(at)).collect();
            format!("{values:?} {:?} {:?}", bound.args, bound.kwargs)
        }
        Err(error) => told(&error),
    }
}

#[test]
fn arguments_are_bound_as_in_python() {
    let check = |signature: &Signature, positional: &[i64], keywords: &[(&str, i64)], expected| {
        assert_eq!(bind(signature, positional, keywords), expected);
    };
    check(&PLAIN, &[1], &[], "[Some(1), None] [] []");
    check(&PLAIN, &[1, 2], &[], "[Some(1), Some(2)] [] []");
    check(
        &PLAIN,
        &[],
        &[("two", 2), ("one", 1)],
        "[Some(1), Some(2)] [] []",
    );
    check(
        &PLAIN,
        &[],
        &[("two", 2)],
        "TypeError: f() missing 1 required positional argument: 'one'",
    );
    check(
        &PLAIN,
        &[1],
        &[("one", 2)],
        "TypeError: f() got multiple values for argument 'one'",
    );
    check(
        &PLAIN,
        &[1],
        &[("three", 2)],
        "TypeError: f() got an unexpected keyword argument 'three'",
    );
    check(
        &PLAIN,
        &[1, 2, 3],
        &[],
        "TypeError: f() takes from 1 to 2 positional arguments but 3 were given",
    );
    let none = Signature {
        positional: &[],
        ..PLAIN
    };
    check(
        &none,
        &[1],
        &[],
        "TypeError: f() takes 0 positional arguments but 1 was given",
    );
    let in_context = Signature {
        implicit: 1,
        ..none
    };
    check(
        &in_context,
        &[1],
        &[],
        "TypeError: f() takes 1 positional argument but 2 were given",
    );
    const THREE: Signature = Signature {
        positional: const { &[required("a"), required("b"), required("c")] },
        ..PLAIN
    };
    check(
        &THREE,
        &[],
        &[],
        "TypeError: f() missing 3 required positional arguments: 'a', 'b', and 'c'",
    );
    check(
        &THREE,
        &[1],
        &[],
        "TypeError: f() missing 2 required positional arguments: 'b' and 'c'",
    );
    const ALL: Signature = Signature {
        args: true,
        keyword: const { &[required("key"), optional("more")] },
        kwargs: true,
        ..PLAIN
    };
    check(
        &ALL,
        &[1, 2, 3, 4],
        &[("other", 6), ("key", 5)],
        "[Some(1), Some(2), Some(5), None] [3, 4] [(\"other\", 6)]",
    );
    check(
        &ALL,
        &[1],
        &[],
        "TypeError: f() missing 1 required keyword-only argument: 'key'",
    );
}

/// What a parameter of type `T` is given for a value, or what is raised.
fn given<T>(value: &Value) -> String
where
    T: Argumented,
    for<'h> T::Given<'h>: std::fmt::Debug,
{
    match T::hold(value) {
        Ok(mut held) => format!("{:?}", T::give(&mut held)),
        Err(error) => told(&error),
    }
}

#[test]
fn values_are_converted_as_in_python() {
    let check = |given: String, expected: &str| assert_eq!(given, expected);
    check(given::<&Value>(&Value::Int(1)), "1");
    check(given::<&str>(&Value::Float(1.0)), "\"1.0\"");
    check(given::<String>(&Value::None), "\"None\"");
    check(given::<&str>(&Value::list([Value::str("a")])), "\"['a']\"");
    check(given::<super::Text>(&Value::safe("<b>")), "safe(\"<b>\")");
    check(given::<i64>(&Value::str(" 12 ")), "12");
    check(given::<i64>(&Value::Float(-1.9)), "-1");
    check(
        given::<i64>(&Value::str("x")),
        "ValueError: invalid literal for int() with base 10: 'x'",
    );
    check(
        given::<i64>(&Value::str("9".repeat(30))),
        "OverflowError: Python int too large to convert to C long",
    );
    check(given::<f64>(&Value::str("1.5")), "1.5");
    check(given::<bool>(&Value::str("")), "false");
    check(given::<Option<i64>>(&Value::None), "None");
    check(given::<Option<&str>>(&Value::Int(7)), "Some(\"7\")");
    assert!(<Option<&str> as Argumented>::absent().is_some());
    assert!(<&str as Argumented>::absent().is_none());
}

#[test]
fn errors_keep_their_types() {
    let check = |error: Error, expected: &str| assert_eq!(told(&error), expected);
    check(
        Raise(Exception::new("KeyError", "'x'")).error(),
        "KeyError: 'x'",
    );
    check(Raise(Error::value_error("no")).error(), "ValueError: no");
    check(
        Raise("no such plate").error(),
        "RuntimeError: no such plate",
    );
    let parsed: Result<i64, _> = "x".parse::<i64>();
    let error = parsed.expect_err("x is no number");
    check(
        Raise(error).error(),
        "RuntimeError: invalid digit found in string",
    );
}

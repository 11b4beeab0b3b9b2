//! Which templates that are compiled together call each other's code for names of known types.

mod structs;

use hotplate_template_compiler::{Source, compile_set};
use structs::options;

/// Compares the calls in what is printed for a set with what is expected: the template that is
/// called, as its number in the order of names, and the values of its names.
#[track_caller]
fn check(set: &[(&str, &str)], expected: &[&str]) {
    let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
    let sources: Vec<Source> = (set.iter())
        .map(|(name, text)| Source::new(*name, *text))
        .collect();
    let rust = compile_set(&sources, &options(&names))
        .expect("the templates are right")
        .rust;
    let calls = rust.lines().filter_map(|line| {
        let (_, call) = line.split_once("rt::include_near::<super::")?;
        let (called, rest) = call.split_once("::Typed0>(callee, &super::")?;
        let (entry, rest) = rest.split_once("::BOUND0, &(")?;
        assert_eq!(called, entry, "{line}");
        let (values, _) = rest.split_once("), s, f, U, ")?;
        Some(format!("{called}: {values}"))
    });
    assert_eq!(calls.collect::<Vec<_>>(), expected, "{set:?}\n{rust}");
}

const ROW: (&str, &str) = ("row.html", "{{ card.title }}");

#[test]
fn what_is_offered_as_it_is_taken_is_handed_over() {
    let each = "{% for card in cards %}{% include 'row.html' %}{% endfor %}";
    check(&[("page.html", each), ROW], &["t1: &(*item0),"]);
    let with =
        "{% include 'row.html' with card=lead %}{% include 'row.html' with card=card only %}";
    check(
        &[("page.html", with), ROW],
        &["t1: &(*c.lead),", "t1: &c.card,"],
    );
    let two = ("two.html", "{{ card.title }}{{ other.title }}");
    let page = "{% include 'two.html' with other=lead card=card %}";
    check(&[("page.html", page), two], &["t1: &c.card, &(*c.lead),"]);
    let inner = ("inner.html", "{% include 'row.html' %}{{ card.price }}");
    let page = "{% include 'inner.html' with card=lead %}";
    check(
        &[("page.html", page), inner, ROW],
        &["t2: &(*c.0),", "t0: &(*c.lead),"],
    );
    let tree = ("tree.html", "{{ card.title }}{% include 'tree.html' %}");
    let page = "{% include 'tree.html' with card=lead %}";
    check(
        &[("page.html", page), tree],
        &["t1: &(*c.lead),", "t1: &(*c.0),"],
    );
}

#[test]
fn what_is_found_in_another_way_is_left_to_the_host() {
    // In the struct of the page.
    check(&[("page.html", "{% include 'row.html' %}"), ROW], &[]);
    // Where a template was compiled apart.
    let with = "{% include 'row.html' with card=lead %}";
    check(&[("page.html", with)], &[]);
    // What has blocks or a parent.
    let block = ("row.html", "{% block a %}{% endblock %}{{ card.title }}");
    check(&[("page.html", with), block], &[]);
    let child = ("row.html", "{% extends 'base.html' %}");
    let base = ("base.html", "{{ card.title }}");
    check(&[("page.html", with), child, base], &[]);
    // No struct, or another one for each user.
    let text = ("row.html", "{{ card.title }}{{ title }}");
    check(&[("page.html", with), text], &[]);
    let shop = ("shop.html", "{% include 'row.html' with card=author %}");
    check(&[("page.html", with), shop, ROW], &[]);
    // It is hidden.
    let hidden =
        "{% include 'row.html' with card=title|upper %}{% include 'row.html' with card=lead %}";
    check(&[("page.html", hidden), ROW], &["t1: &(*c.lead),"]);
    let maybe = "{% include 'row.html' with card=maybe %}{% include 'row.html' with card=lead %}";
    check(&[("page.html", maybe), ROW], &["t1: &(*c.lead),"]);
    // The templates of other crates have names of their own.
    let dynamic = "{% include title with card=lead %}{% include 'row.html#part' with card=lead %}";
    check(&[("page.html", dynamic), ROW], &[]);
}

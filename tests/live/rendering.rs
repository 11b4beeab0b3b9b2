//! What a call reports when the code it runs fails.

use hotplate::{Value, context};
use hotplate_tests::{Bench, next_publish};

#[test]
fn a_panic_in_a_function_is_an_error_with_its_place() {
    let bench = Bench::new("panic_function");
    let source = "use hotplate_plugin_api::plugin_fn;\n\n#[plugin_fn]\npub fn fussy(number: i64) -> i64 {\n    assert!(number > 0, \"{number} is too small\");\n    number\n}\n\n#[plugin_fn]\npub fn fails(what: &str) -> Result<String, String> {\n    Err(format!(\"no {what}\"))\n}\n\nhotplate_plugin_api::plugin!();\n";
    let folder = bench.native("panics", source);
    let host = bench.host(&[&folder]);
    let fussy = host.function::<(i64,), i64>(&folder, "fussy").unwrap();
    let error = fussy.call((-1,)).expect_err("it panics");
    assert!(error.is_panic(), "{error}");
    assert_eq!(error.message(), Some("-1 is too small"));
    let (file, line, column) = error.panic_location().expect("the place is known");
    assert!(file.ends_with("src/lib.rs"), "{file}");
    assert_eq!((line, column), (5, 5));
    assert_eq!(fussy.call((1,)).unwrap(), 1);

    let fails = host.function::<(&str,), String>(&folder, "fails").unwrap();
    let error = fails.call(("luck",)).expect_err("it returns an error");
    assert!(error.is_function_error());
    assert_eq!(error.message(), Some("no luck"));
}

#[test]
fn a_panic_inside_a_template_is_an_error_and_the_template_stays_usable() {
    use hotplate_plugin_api::value::Object;

    /// Panics when a filter asks for its text.
    struct Explosive;

    impl Object for Explosive {
        fn type_name(&self) -> &str {
            "Explosive"
        }

        fn text(
            &self,
        ) -> Result<hotplate_plugin_api::value::Text, hotplate_plugin_api::value::Exception>
        {
            panic!("boom")
        }
    }

    let bench = Bench::new("panic_filter");
    let folder = bench.templates("site", &[("page.html", "a\n{{ x|lower }}")]);
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let context = context! { x: Value::object(Explosive) };
    let error = page.render(&context).expect_err("the object panics");
    assert_eq!(error.trace()[0].line, 2, "{error}");
    assert_eq!(page.render(&context! { x: "B" }).unwrap(), "a\nb");
}

/// A template unit written by hand, with a filter of its own that panics.
const FUSSY_FILTER: &str = r#"
use hotplate_template_runtime as rt;

fn fussy(_: &rt::filters::Call, value: &rt::Value, _: &[rt::Ref<'_>]) -> rt::Result<rt::Value> {
    match value {
        rt::Value::Int(number) => panic!("{number} is not to my taste"),
        value => Ok(value.clone()),
    }
}

extern "C" fn entry(_: rt::UnitData, f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Status {
    rt::enter(f, s, page)
}

fn page(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Done {
    let value = rt::context(&["x"], rt::Missing::Invalid, f, s);
    rt::output(rt::filter(value, fussy, false, f), f, "page.html", 0)
}

static UNITS: [rt::api::UnitDescriptor; 1] = [rt::template_unit(
    "page.html",
    rt::code(entry),
    1,
    rt::place("page.html", 1, 1),
    &[rt::Site { line: 7, column: 3 }],
    None,
    false,
    &[],
    None,
)];

hotplate_plugin_api::plugin!(templates = UNITS);
"#;

#[test]
fn a_panic_in_a_filter_is_an_error_with_its_place() {
    let bench = Bench::new("panic_in_filter");
    let folder = bench.native("site", FUSSY_FILTER);
    bench.depend(&folder, "hotplate-template-runtime.workspace = true");
    let host = bench.host(&[&folder]);
    let page = host.template(&folder, "page.html").unwrap();
    let error = page
        .render(&context! { x: 3 })
        .expect_err("the filter panics");
    assert!(error.is_panic(), "{error}");
    assert_eq!(error.message(), Some("3 is not to my taste"));
    assert_eq!(error.panic_location().map(|(_, line, _)| line), Some(6));
    let place = &error.trace()[0];
    assert_eq!(
        (place.file.as_str(), place.line, place.column),
        ("page.html", 7, 3)
    );
    assert_eq!(page.render(&context! { x: "fine" }).unwrap(), "fine");
}

#[test]
fn a_failure_carries_a_traceback_through_parents_and_includes() {
    let bench = Bench::new("traceback");
    let folder = bench.templates(
        "site",
        &[
            ("base.html", "\n{% block content %}{% endblock %}"),
            ("page.html", "{% extends 'base.html' %}\n\n{% block content %}{% include '_part.html' %}{% endblock %}"),
            ("_part.html", "{{ missing }}\n\n\n{{ x|floatformat:missing }}"),
        ],
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let error = page
        .render(&context! { x: 1.5 })
        .expect_err("an argument is missing");
    assert!(error.is_render_failure());
    assert_eq!(error.exception(), Some("VariableDoesNotExist"));
    let places: Vec<(String, u32)> = error
        .trace()
        .iter()
        .map(|line| (line.file.clone(), line.line))
        .collect();
    let expected = [
        ("page.html", 1),
        ("base.html", 2),
        ("page.html", 3),
        ("_part.html", 4),
    ];
    let expected = expected.map(|(file, line)| (file.to_owned(), line));
    assert_eq!(places, expected, "{error}");
}

#[test]
fn endless_includes_end_at_the_depth_limit_on_a_small_stack() {
    let bench = Bench::new("endless");
    let folder = bench.templates(
        "site",
        &[(
            "page.html",
            "{% for x in 'a' %}{% include 'page.html' %}{% endfor %}",
        )],
    );
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let render = move || page.render(&context! {});
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(render)
        .unwrap();
    let error = thread
        .join()
        .expect("the stack is large enough")
        .expect_err("it never ends");
    assert!(error.is_limit(), "{error}");
}

#[test]
fn the_output_limit_is_an_error() {
    let bench = Bench::new("output_limit");
    let folder = bench.templates("site", &[("page.html", "{{ text }}{{ text }}")]);
    let builder = bench.builder().output_limit(100);
    let host = builder.plugin(bench.path(&folder)).start().unwrap();
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    assert_eq!(
        page.render(&context! { text: "x".repeat(50) })
            .unwrap()
            .len(),
        100
    );
    let error = page
        .render(&context! { text: "x".repeat(51) })
        .expect_err("too long");
    assert!(error.is_limit(), "{error}");
}

#[test]
fn super_in_a_template_without_a_parent_is_djangos_error() {
    let bench = Bench::new("no_parent");
    let template = "{% block a %}{{ block.super }}{% endblock %}";
    let folder = bench.templates("site", &[("page.html", template)]);
    let host = bench.host(&[&folder]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let error = page.render(&context! {}).expect_err("there is no parent");
    assert_eq!(error.exception(), Some("TemplateSyntaxError"));
    assert!(error.to_string().contains("in a base template?"), "{error}");
}

#[test]
fn blocks_resolve_along_any_chain() {
    let bench = Bench::new("chain");
    let folder = bench.templates(
        "site",
        &[
            ("base.html", "[{% block a %}base{% endblock %}|{% block b %}b{% endblock %}]"),
            ("middle.html", "{% extends 'base.html' %}{% block a %}middle {{ block.super }}{% block inner %}!{% endblock %}{% endblock %}"),
            ("leaf.html", "{% extends parent %}{% block a %}leaf {{ block.super }}{% endblock %}{% block inner %}?{% endblock %}"),
        ],
    );
    let host = bench.host(&[&folder]);
    let events = host.events();
    let leaf = host.template(&bench.plugin("site"), "leaf.html").unwrap();
    let middle = context! { parent: "middle.html" };
    let base = context! { parent: "base.html" };
    assert_eq!(leaf.render(&middle).unwrap(), "[leaf middle base?|b]");
    assert_eq!(leaf.render(&base).unwrap(), "[leaf base|b]");

    let changed = "({% block a %}BASE{% endblock %})";
    bench.write(&format!("{folder}/base.html"), changed);
    let receipt = next_publish(&events);
    let units: Vec<&str> = receipt
        .changes
        .iter()
        .map(|change| change.unit.as_str())
        .collect();
    assert_eq!(units, ["base.html", "base.html/a", "base.html/b"]);
    assert_eq!(leaf.render(&middle).unwrap(), "(leaf middle BASE?)");
}

/// A snapshot keeps a number of chains; what comes to be rendered with others is the same.
#[test]
fn blocks_resolve_along_more_chains_than_are_kept() {
    const LEVELS: usize = 5;
    const EACH: usize = 4;
    let mut templates =
        vec![
        ("base.html".to_owned(), "{% block a %}base{% endblock %}".to_owned()),
        (
            "all.html".to_owned(),
            "{% for names in all %}{% with l0=names.0 l1=names.1 l2=names.2 l3=names.3 l4=names.4 \
             l5=names.5 %}{% include l0 %}{% endwith %};{% endfor %}"
                .to_owned(),
        ),
    ];
    for level in 0..LEVELS {
        for number in 0..EACH {
            let parent = level + 1;
            let text = format!(
                "{{% extends l{parent} %}}{{% block a %}}{number}{{{{ block.super }}}}{{% endblock %}}"
            );
            templates.push((format!("l{level}_{number}.html"), text));
        }
    }
    let templates: Vec<(&str, &str)> = (templates.iter())
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let bench = Bench::new("chains");
    let host = bench.host(&[&bench.templates("site", &templates)]);
    let all = host.template(&bench.plugin("site"), "all.html").unwrap();

    let (mut chains, mut expected) = (Vec::new(), String::new());
    for chain in 0..EACH.pow(LEVELS as u32) {
        let numbers = (0..LEVELS).map(|level| chain / EACH.pow(level as u32) % EACH);
        let numbers: Vec<usize> = numbers.collect();
        let names = (0..)
            .zip(&numbers)
            .map(|(level, number)| format!("l{level}_{number}.html"));
        let names = names.chain(["base.html".to_owned()]);
        chains.push(Value::list(
            names.map(|name| Value::str(&name)).collect::<Vec<_>>(),
        ));
        expected.extend(numbers.iter().map(usize::to_string));
        expected.push_str("base;");
    }
    let context = context! { all: Value::list(chains) };
    for _ in 0..2 {
        assert_eq!(all.render(&context).unwrap(), expected);
    }
}

//! Where an error says it happened: exception, message, and the way through the templates.

use hotplate::context;
use hotplate::value::{Exception, Lookup, Object, Value};
use hotplate_tests::Bench;

/// Raises when one attribute is looked at.
struct Touchy;

impl Object for Touchy {
    fn type_name(&self) -> &str {
        "Touchy"
    }

    fn attribute(&self, name: &str) -> Lookup {
        match name {
            "touch" => Lookup::Raised(Exception::new("RuntimeError", "do not touch")),
            _ => Lookup::Missing,
        }
    }
}

#[test]
fn an_error_names_exception_template_line_and_column() {
    let cases = [
        (
            "{{ x|ljust:missing }}",
            "VariableDoesNotExist: Failed lookup for key [missing]",
            (2, 4),
        ),
        (
            "{% include nothing %}",
            "TemplateDoesNotExist: No template names provided",
            (2, 12),
        ),
        (
            "{% include 'gone.html' %}",
            "TemplateDoesNotExist: gone.html",
            (2, 12),
        ),
        ("a{{ touchy.touch }}", "RuntimeError: do not touch", (2, 5)),
        (
            "{% if touchy.touch %}{% endif %}",
            "RuntimeError: do not touch",
            (2, 7),
        ),
        (
            "{% for x in touchy.touch %}{% endfor %}",
            "RuntimeError: do not touch",
            (2, 13),
        ),
        (
            "{% with y=touchy.touch %}{% endwith %}",
            "RuntimeError: do not touch",
            (2, 11),
        ),
        (
            "{% for a, b in pairs %}{% endfor %}",
            "ValueError: Need 2 values to unpack in for loop; got 3. ",
            (2, 16),
        ),
        (
            "{% for x in 5|divisibleby:zero %}{% endfor %}",
            "ZeroDivisionError: integer modulo by zero",
            (2, 13),
        ),
        (
            "{% for x in 'ab' %}\n{% cycle touchy.touch x %}{% endfor %}",
            "RuntimeError: do not touch",
            (3, 1),
        ),
        (
            "{% filter ljust:missing %}{% endfilter %}",
            "VariableDoesNotExist: Failed lookup for key [missing]",
            (2, 11),
        ),
        (
            "{% url 'nowhere' %}",
            "NoReverseMatch: Reverse for 'nowhere' not found.",
            (2, 1),
        ),
    ];
    let names: Vec<String> = (0..cases.len())
        .map(|number| format!("{number}.html"))
        .collect();
    let texts = cases.map(|(text, ..)| format!("é\n{text}"));
    let templates: Vec<(&str, &str)> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let bench = Bench::new("error_places");
    let host = bench.host(&[&bench.templates("site", &templates)]);
    let context = context! {
        x: 1, zero: 0, touchy: Value::object(Touchy), pairs: [[1, 2, 3]], nothing: Vec::<i64>::new(),
    };
    let mut wrong = Vec::new();
    for ((text, expected, place), name) in cases.iter().zip(&names) {
        let template = host.template(&bench.plugin("site"), name).unwrap();
        let error = template.render(&context).expect_err("it fails");
        let exception = error.exception().unwrap_or_default();
        let shown = format!("{exception}: {}", error.message().unwrap_or_default());
        let places: Vec<_> = error.trace().iter().collect();
        let is_right = matches!(places.as_slice(), [line]
            if line.file == *name && (line.line, line.column) == *place);
        if !is_right || !shown.starts_with(expected) {
            wrong.push(format!("{text}: {shown} at {places:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const TAGS: &str = "
mod site_tags;

mod templates {
    include!(concat!(env!(\"OUT_DIR\"), \"/templates.rs\"));
}

hotplate_plugin_api::plugin!(templates = templates::UNITS);
";

const SITE_TAGS: &str = r#"
use hotplate_template_runtime::custom::{Exception, TagContext, Value, inclusion_tag, simple_tag, tag};

#[tag(end)]
fn framed(context: &mut TagContext<'_, '_>) -> Result<String, Exception> {
    context.render_body(0)
}

#[simple_tag]
fn small(number: i64) -> Result<i64, Exception> {
    if number > 9 {
        return Err(Exception::new("ValueError", format!("{number} is too large")));
    }
    Ok(number)
}

#[inclusion_tag("_byline.html")]
fn byline(number: i64) -> Value {
    [("number", Value::Int(number))].into_iter().collect()
}
"#;

#[test]
fn the_way_to_an_error_goes_through_every_kind_of_tag() {
    let templates = [
        ("base.html", "<html>\n\n{% block main %}{% endblock %}"),
        (
            "middle.html",
            "{% extends 'base.html' %}{% block main %}\n{{ block.super }}{% block inner %}{% endblock %}{% endblock %}",
        ),
        (
            "page.html",
            "{% extends 'middle.html' %}\n{% load site_tags %}\n\n{% block inner %}{% with number=n %}\n{% include '_article.html' %}{% endwith %}{% endblock %}",
        ),
        (
            "_article.html",
            "{% load site_tags %}{% for x in 'a' %}\n\n\n{% framed %}\n{% partial body %}{% endframed %}{% endfor %}{% partialdef body %}\n\n{% byline number %}\n{% endpartialdef %}",
        ),
        (
            "_byline.html",
            "{% load site_tags %}\n {% if number %}\n  {% small number %}{% endif %}",
        ),
        (
            "super.html",
            "{% extends 'top.html' %}{% block main %}\n\n{{ block.super }}{% endblock %}",
        ),
        (
            "top.html",
            "{% block main %}{% spaceless %}\n{% filter upper %}\n\n{{ n|ljust:missing }}{% endfilter %}{% endspaceless %}{% endblock %}",
        ),
        (
            "only.html",
            "\n{% include '_byline.html' with number=n only %}",
        ),
        ("computed.html", "{% include names %}"),
        (
            "shown.html",
            "{% autoescape off %}{% language 'de' %}\n{% include '_byline.html#nope' %}{% endlanguage %}{% endautoescape %}",
        ),
    ];
    let mut templates = templates.map(|(name, text)| (name, text.to_owned()));
    templates[9].1.insert_str(0, "{% load i18n %}");
    let templates: Vec<(&str, &str)> = templates
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let bench = Bench::new("error_ways");
    let folder = bench.template_crate("site", &templates);
    bench.write(&format!("{folder}/src/lib.rs"), TAGS);
    bench.write(&format!("{folder}/src/site_tags.rs"), SITE_TAGS);
    let host = bench.host(&[&folder]);
    let check = |name: &str, number: i64, expected: &str, way: &str| {
        let context = context! { n: number, number: 1, names: ["none.html", "_byline.html"] };
        let context = match name {
            "computed.html" => context! { names: ["none.html", "_byline.html"], number: number },
            _ => context,
        };
        let page = host.template(&folder, name).unwrap();
        let error = page.render(&context).expect_err("it fails");
        let shown = error.to_string();
        let (first, last) = shown.split_once('\n').expect("there is a way");
        assert!(first.ends_with(expected), "{name}: {shown}");
        assert_eq!(last, format!("template traceback: {way}"), "{name}");
    };
    let page = host.template(&folder, "page.html").unwrap();
    let fine = page.render(&context! { n: 9 }).unwrap();
    assert!(fine.contains('9'), "{fine}");
    check(
        "page.html",
        12,
        "ValueError: 12 is too large",
        "page.html:1 → middle.html:1 → base.html:3 → middle.html:2 → page.html:5 → _article.html:4 → _article.html:5 → _article.html:7 → _byline.html:3",
    );
    check(
        "super.html",
        1,
        "VariableDoesNotExist: Failed lookup for key [missing]",
        "super.html:1 → top.html:1 → super.html:3 → top.html:4",
    );
    check(
        "only.html",
        10,
        "ValueError: 10 is too large",
        "only.html:2 → _byline.html:3",
    );
    check(
        "computed.html",
        10,
        "ValueError: 10 is too large",
        "computed.html:1 → _byline.html:3",
    );
    check(
        "shown.html",
        1,
        "TemplateDoesNotExist: nope",
        "shown.html:2",
    );
}

//! Folders of templates with what the compiler makes of each: `mistakes` holds rendered
//! diagnostics, `ir` the printed intermediate form, `rust` the generated text.
//!
//! With `HOTPLATE_UPDATE_EXPECTATIONS=1` the expectations are written instead of compared.

use std::path::{Path, PathBuf};
use std::{env, fs};

use hotplate_template_compiler::contexts::{Contexts, Field, Record, Type};
use hotplate_template_compiler::{Options, Source, Style, compile, compile_set, warnings};

/// The templates of a folder; `#` in a file's name stands for `/` in the template's.
fn templates(folder: &str) -> Vec<(PathBuf, Source)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut found: Vec<(PathBuf, Source)> = fs::read_dir(root)
        .expect("the folder exists")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
        })
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .replace('#', "/");
            let text = fs::read_to_string(&path).expect("the template can be read");
            (path, Source::new(name, text))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(!found.is_empty(), "no templates in {folder}");
    found
}

/// Compares what `make` gives for each template of a folder with the file beside it.
fn check(folder: &str, make: impl Fn(&Source) -> String) {
    let update = env::var_os("HOTPLATE_UPDATE_EXPECTATIONS").is_some();
    let mut wrong = Vec::new();
    for (path, source) in templates(folder) {
        let expectation = path.with_extension("expected");
        let made = make(&source);
        if update {
            fs::write(&expectation, made).expect("the expectation can be written");
        } else if fs::read_to_string(&expectation).unwrap_or_default() != made {
            wrong.push(format!("{}:\n{made}", expectation.display()));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

#[test]
fn mistakes_are_reported_as_expected() {
    check("mistakes", |source| {
        let mistakes = compile(source, &Options::default()).expect_err("the template is wrong");
        let render = |mistake: &hotplate_template_compiler::Diagnostic| {
            mistake.render(&source.name, &source.text, Style::Plain) + "\n"
        };
        mistakes.iter().map(render).collect()
    });
}

#[test]
fn templates_resolve_as_expected() {
    check("ir", |source| {
        let template = compile(source, &Options::default()).expect("the template is right");
        template.ir.units.iter().map(ToString::to_string).collect()
    });
}

#[test]
fn rust_is_printed_as_expected() {
    check("rust", |source| {
        let set = compile_set(std::slice::from_ref(source), &Options::default());
        set.expect("the template is right").rust
    });
}

/// Options by which a template is rendered with the struct `contexts::Article`.
fn typed(template: &str) -> Options {
    let list = |ty| Type::List(Box::new(ty));
    let option = |ty| Type::Option(Box::new(ty));
    let pointer = |ty| Type::Pointer(Box::new(ty));
    let record = |name: &str| Type::Record(format!("contexts::{name}"));
    let pair = Type::Tuple(vec![Type::Text, Type::Int]);
    let structs = [
        (
            "Article",
            1,
            vec![
                ("title", Type::Text),
                ("views", Type::Unsigned),
                ("author", pointer(record("Author"))),
                ("editor", option(record("Author"))),
                ("items", list(record("Item"))),
                ("pairs", list(pair)),
                ("published", Type::Date),
                ("extra", Type::Value),
                ("text", Type::Safe),
            ],
        ),
        (
            "Author",
            1,
            vec![("name", Type::Text), ("email", option(Type::Text))],
        ),
        (
            "Item",
            0,
            vec![
                ("name", Type::Text),
                ("price", Type::Float),
                ("count", Type::Int),
            ],
        ),
    ];
    let mut contexts = Contexts::default();
    for (line, (name, lifetimes, fields)) in (1..).zip(structs) {
        let fields = fields.into_iter().map(|(name, ty)| Field {
            name: name.to_owned(),
            ty,
        });
        let record = Record {
            lifetimes,
            fields: fields.collect(),
            place: format!("contexts/src/lib.rs:{line}"),
        };
        contexts.records.insert(format!("contexts::{name}"), record);
    }
    let article = "contexts::Article".to_owned();
    contexts.templates.insert(template.to_owned(), article);
    let mut options = Options::default();
    options.contexts = contexts;
    options
}

#[test]
fn typed_rust_is_printed_as_expected() {
    check("typed", |source| {
        let set = compile_set(std::slice::from_ref(source), &typed(&source.name));
        set.expect("the template is right").rust
    });
}

#[test]
fn names_that_do_not_fit_the_struct_are_reported_as_expected() {
    check("typed_mistakes", |source| {
        let mistakes = compile(source, &typed(&source.name)).expect_err("the template is wrong");
        let render = |mistake: &hotplate_template_compiler::Diagnostic| {
            mistake.render(&source.name, &source.text, Style::Plain) + "\n"
        };
        mistakes.iter().map(render).collect()
    });
}

#[test]
fn a_unit_changes_when_the_struct_does() {
    let source = Source::new("page.html", "{{ title }}{% block a %}{% endblock %}");
    let hashes = |options: &Options| -> Vec<u64> {
        let template = compile(&source, options).expect("the template is right");
        template.ir.units.iter().map(|unit| unit.hash()).collect()
    };
    let known = typed("page.html");
    let mut changed = known.clone();
    let item = changed.contexts.records.get_mut("contexts::Item");
    item.expect("the struct is there").fields.pop();
    let all = [
        hashes(&Options::default()),
        hashes(&known),
        hashes(&changed),
    ];
    for place in 0..2 {
        let mut unit: Vec<u64> = all.iter().map(|hashes| hashes[place]).collect();
        unit.sort_unstable();
        unit.dedup();
        assert_eq!(unit.len(), 3);
    }
}

#[test]
fn missing_templates_are_warned_of_with_a_suggestion() {
    let sources = [
        Source::new("base.html", "{% include '_nav.html' %}"),
        Source::new(
            "page.html",
            "{% extends 'bsae.html' %}{% if 0 %}{% include x %}{% include '_nav.html#part' %}{% endif %}",
        ),
        Source::new("_nav.html", ""),
    ];
    let found = warnings(&sources, &Options::default());
    let rendered: Vec<String> = found
        .iter()
        .map(|warning| warning.render("page.html", &sources[1].text, Style::Plain))
        .collect();
    let expected = "\
warning: no template is named 'bsae.html'
 --> page.html:1:12
  |
1 | {% extends 'bsae.html' %}{% if 0 %}{% include x %}{% include '_nav.html#part' %}{% endif %}
  |            ^^^^^^^^^^^
  |
  = note: did you mean 'base.html'?";
    assert_eq!(rendered, [expected]);
}

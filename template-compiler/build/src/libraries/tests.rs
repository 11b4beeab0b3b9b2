//! Crates on disk, and what is read from them.

use std::fmt::Write as _;

use hotplate_template_compiler::Source;
use hotplate_template_compiler::filters::Argument;
use hotplate_template_compiler::libraries::{Names, Parameter, ParameterSpec, TagKind, TagSpec};

use super::*;

/// A crate with these files.
fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room");
    for (name, text) in files {
        let path = directory.path().join(name);
        let folder = path.parent().expect("it is inside");
        fs::create_dir_all(folder).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
    directory
}

/// The libraries of a crate, a line each: their filters, then their tags.
fn listed(files: &[(&str, &str)]) -> String {
    let package = package(files);
    let libraries = libraries(package.path()).expect("it can be read");
    let mut text = String::new();
    for (name, library) in &libraries {
        let filters: Vec<&String> = library.filters.keys().collect();
        let tags: Vec<&String> = library.tags.keys().collect();
        writeln!(text, "{name}: {filters:?} {tags:?}").expect("a string takes everything");
    }
    text
}

#[test]
fn a_library_is_a_module() {
    let check = |files: &[(&str, &str)], expected: &str| assert_eq!(listed(files), expected);
    let filter = "#[filter] fn a(value: &str) {}";
    check(&[("src/prices.rs", filter)], "prices: [\"a\"] []\n");
    check(&[("src/prices/mod.rs", filter)], "prices: [\"a\"] []\n");
    check(
        &[
            ("src/templatetags/sub/echo.rs", filter),
            ("src/templatetags/mod.rs", "pub mod sub;"),
        ],
        "sub.echo: [\"a\"] []\n",
    );
    check(
        &[
            ("Cargo.toml", "[package]\nname = \"my-shop\""),
            ("src/lib.rs", filter),
        ],
        "my_shop: [\"a\"] []\n",
    );
    check(
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"my-shop\"\n[lib]\nname = \"shop\"",
            ),
            ("src/lib.rs", filter),
            ("src/bin/tool.rs", filter),
            ("src/.#lib.rs", filter),
        ],
        "shop: [\"a\"] []\n",
    );
    check(
        &[(
            "src/lib.rs",
            "//! Text.\n#![deny(missing_docs)]\nuse a::{b, c};\nconst X: [u8; 1] = { [1] };
            /// A module.
            pub(crate) mod prices {
                pub mod r#type {
                    /// Shows.
                    #[must_use]
                    #[custom::filter(name = \"show\")]
                    pub(crate) fn a<'a>(value: &'a str) -> &'a str { value }
                }
                #[simple_tag] #[tag(name = \"c\")] fn b(context: &mut TagContext<'_, '_>) {}
            }
            #[cfg(test)] mod tests { #[filter] fn no(value: &str) {} }
            impl X { fn filter(self) {} }",
        )],
        "prices: [] [\"b\", \"c\"]\nprices.type: [\"show\"] []\n",
    );
    check(
        &[(
            "src/a.rs",
            "#[filter(library = \"x.y\", name = \"b\")] fn a(value: &str) {}",
        )],
        "x.y: [\"b\"] []\n",
    );
    check(&[], "");
}

fn only_tag(text: &str) -> TagSpec {
    let package = package(&[("src/lib.rs", &format!("mod x {{ {text} }}"))]);
    let mut libraries = libraries(package.path()).expect("it can be read");
    let library = libraries.remove("x").expect("the module is a library");
    library.tags.into_values().next().expect("it has a tag")
}

#[test]
fn signatures_are_told() {
    let check = |text: &str, expected: TagSpec| assert_eq!(only_tag(text), expected, "{text}");
    check(
        "#[simple_tag(takes_context)] fn a(context: &mut TagContext<'_, '_>, one: &Value,
            #[default(\"hi\")] two: &Value, #[args] rest: &[Value], #[keyword] key: i64,
            #[keyword] more: Option<i64>, #[kwargs] all: &[(String, Value)]) {}",
        TagSpec {
            kind: TagKind::Simple {
                takes_context: true,
            },
            parameters: Some(ParameterSpec {
                positional: vec![Parameter::required("one"), Parameter::optional("two")],
                varargs: true,
                keyword_only: vec![Parameter::required("key"), Parameter::optional("more")],
                varkw: true,
            }),
            ends: Vec::new(),
        },
    );
    check(
        "#[simple_block_tag(end_name = \"done\")] fn a(content: &str, id: i64) {}",
        TagSpec {
            kind: TagKind::Simple {
                takes_context: false,
            },
            parameters: Some(ParameterSpec {
                positional: vec![Parameter::required("id")],
                ..ParameterSpec::default()
            }),
            ends: vec!["done".to_owned()],
        },
    );
    check(
        "#[inclusion_tag(\"x.html\")] fn a() -> Value {}",
        TagSpec {
            kind: TagKind::Inclusion {
                template: "x.html".to_owned(),
                takes_context: false,
            },
            parameters: Some(ParameterSpec::default()),
            ends: Vec::new(),
        },
    );
    check(
        "#[tag(end, parts(\"else\"), reads(user))] fn a(context: &mut TagContext<'_, '_>) {}",
        TagSpec {
            kind: TagKind::Full {
                names: Some(Names {
                    reads: vec!["user".to_owned()],
                    writes: Vec::new(),
                }),
            },
            parameters: None,
            ends: vec!["else".to_owned(), "enda".to_owned()],
        },
    );
}

#[test]
fn filters_tell_whether_they_take_an_argument() {
    let check = |parameters: &str, expected: Argument| {
        let text = format!("#[filter(needs_autoescape)] fn a({parameters}) {{}}");
        let package = package(&[("src/x.rs", &text)]);
        let libraries = libraries(package.path()).expect("it can be read");
        assert_eq!(
            libraries["x"].filters["a"].argument, expected,
            "{parameters}"
        );
    };
    check("value: &str, autoescape: bool", Argument::None);
    check("autoescape: bool, value: &str, by: i64", Argument::Required);
    check(
        "value: &str, by: Option<i64>, autoescape: bool",
        Argument::Optional,
    );
    check(
        "value: &str, #[default(1)] by: i64, autoescape: bool",
        Argument::Optional,
    );
}

#[test]
fn mistakes_have_their_place_and_hide_nothing() {
    let check = |text: &str, expected: &[&str], filters: usize| {
        let package = package(&[("src/x.rs", text)]);
        let scan = package_libraries(package.path()).expect("the files can be read");
        let path = package.path().join("src/x.rs");
        let expected: Vec<String> = expected
            .iter()
            .map(|mistake| format!("{}:{mistake}", path.display()))
            .collect();
        assert_eq!(scan.mistakes, expected, "{text}");
        let found = scan
            .libraries
            .get("x")
            .map_or(0, |found| found.filters.len());
        assert_eq!(found, filters, "{text}");
    };
    check(
        "#[filter]\nfn a() {}\n#[filter] fn b(value: &str) {}",
        &[
            "2:4: a filter is given the value left of the bar: add a parameter such as \
           `value: &Value`",
        ],
        1,
    );
    check("#[filter] fn b(value: &str) { let x = ; }", &[], 1);
    check("#[filter] fn b(value &str) {}", &["1:22: expected `:`"], 0);
    check(
        "#[filter] fn b(value: &str) { (",
        &["1:31: this is no Rust: cannot parse string into token stream"],
        0,
    );
    let deep = "(".repeat(100_000) + &")".repeat(100_000);
    check(&format!("#[filter] fn b(value: &str) {{ {deep} }}"), &[], 1);
}

#[test]
fn a_manifest_names_other_crates() {
    let other = package(&[("src/dates.rs", "#[filter] fn day(value: &str) {}")]);
    let manifest = format!(
        "[package]\nname = \"site\"\n[package.metadata.hotplate]\nlibraries = [{:?}]",
        other.path()
    );
    let site = package(&[
        ("Cargo.toml", &manifest),
        ("src/prices.rs", "#[filter] fn euro(value: &str) {}"),
    ]);
    let scan = package_libraries(site.path()).expect("it can be read");
    let names: Vec<&String> = scan.libraries.keys().collect();
    assert_eq!(names, ["dates", "prices"]);
    assert_eq!(scan.packages, [site.path(), other.path()]);

    let check = |manifest: &str, expected: &str| {
        let site = package(&[("Cargo.toml", manifest)]);
        let error = package_libraries(site.path()).expect_err(manifest);
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("[package", "Cargo.toml: ");
    check(
        "[package.metadata.hotplate]\nlibraries = 1",
        "package.metadata.hotplate.libraries is a list of folders",
    );
    check(
        "[package.metadata.hotplate]\nbuiltins = \"prices\"",
        "package.metadata.hotplate.builtins is a list of libraries",
    );
    check(
        "[package.metadata.hotplate]\nnesting-limit = -1",
        "package.metadata.hotplate.nesting-limit is a number",
    );
}

#[test]
fn a_manifest_says_what_needs_no_load_and_how_deep_tags_may_be_nested() {
    let compiles = |settings: &str| {
        let manifest =
            format!("[package]\nname = \"site\"\n[package.metadata.hotplate]\n{settings}");
        let site = package(&[
            ("Cargo.toml", &manifest),
            ("src/prices.rs", "#[filter] fn euro(value: &str) {}"),
        ]);
        let scan = package_libraries(site.path()).expect("it can be read");
        let nested = "{% if x %}".repeat(3) + "{{ v|euro }}" + &"{% endif %}".repeat(3);
        let source = Source::new("page.html", &nested);
        hotplate_template_compiler::compile(&source, &scan.options()).is_ok()
    };
    assert!(!compiles(""));
    assert!(compiles("builtins = [\"prices\"]"));
    assert!(compiles("builtins = [\"prices\"]\nnesting-limit = 3"));
    assert!(!compiles("builtins = [\"prices\"]\nnesting-limit = 2"));
}

#[test]
fn a_folder_that_is_gone_is_told_and_hides_nothing() {
    let site = package(&[
        (
            "Cargo.toml",
            "[package.metadata.hotplate]\nlibraries = [\"gone\"]",
        ),
        ("src/prices.rs", "#[filter] fn euro(value: &str) {}"),
    ]);
    let scan = package_libraries(site.path()).expect("it can be read");
    let gone = site.path().join("gone");
    let expected = format!("{}: there is no such folder", gone.display());
    assert_eq!(scan.mistakes, [expected]);
    assert_eq!(scan.libraries.len(), 1);
    assert!(libraries(&gone).is_err());
}

//! Code for names of known types that claims not to look into the scope.

mod structs;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hotplate_template_compiler::contexts::Type;
use hotplate_template_compiler::{Source, compile_set};
use structs::{list, options, pointer, record, record_of};

/// All texts that look like templates among the strings of a file of JSON.
fn template_texts(json: &str, found: &mut BTreeSet<String>) {
    let mut rest = json.chars();
    while let Some(c) = rest.next() {
        if c != '"' {
            continue;
        }
        let mut text = String::new();
        while let Some(c) = rest.next().filter(|c| *c != '"') {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match rest.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).unwrap_or_default();
                    text.extend(char::from_u32(code));
                }
                Some(other) => text.push(other),
                None => {}
            }
        }
        if text.contains("{{") || text.contains("{%") {
            found.insert(text);
        }
    }
}

/// The texts of all templates that there are in this project.
fn all_texts() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for folder in [
        "tests/fixtures/ir",
        "tests/fixtures/rust",
        "tests/fixtures/typed",
        "../tests/conformance",
    ] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder exists") {
            let path = entry.expect("the folder can be read").path();
            let text = || fs::read_to_string(&path).expect("the file can be read");
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("html") => {
                    found.insert(text());
                }
                Some("jsonl") => template_texts(&text(), &mut found),
                _ => {}
            }
        }
    }
    found
}

/// Texts in which the scope is used in ways of their own, or not at all.
const TEXTS: &[&str] = &[
    "{{ a }}{{ b.title|upper }}{% if c and not d %}{{ e|date:'Y' }}{% endif %}",
    "{% for x in cards %}{{ x.title }}{{ forloop.counter }}{{ forloop.parentloop.counter }}{% endfor %}",
    "{% for x in cards %}{% for y in cards %}{{ forloop.parentloop.counter }}{{ y.title }}{% endfor %}{% endfor %}",
    "{% for x in cards %}{{ forloop }}{% endfor %}",
    "{% with x=a.author.name %}{{ x|truncatechars:3 }}{% endwith %}{{ a.author.age|add:1 }}",
    "{% with x=a|upper %}{{ x }}{{ x|lower }}{% endwith %}",
    "{{ a.child.title }}{{ a.title|default:b }}{{ a.title|cut:'b' }}",
    "{% if a.child.title == 'x' or a.author.age > 3 %}1{% elif a.title|length > 2 %}2{% endif %}",
    "{% spaceless %}<b> {{ a.title }} </b>{% endspaceless %}{% filter upper %}{{ a.title }}{% endfilter %}",
    "{% for x in a.title %}{{ x }}{{ forloop.last }}{% empty %}-{% endfor %}",
    "{% for x, y in a.items %}{{ x }}{{ y }}{% endfor %}{% now 'Y' %}{% lorem 2 w %}",
    "{% autoescape off %}{{ a.title }}{% endautoescape %}{{ a.price|floatformat:2 }}",
    "{% if a is b %}1{% endif %}{% cycle 'a' b %}{% ifchanged %}{{ a.title }}{% endifchanged %}",
    "{% load l10n tz i18n %}{% localize off %}{{ a.price }}{% endlocalize %}{% translate 'x' %}",
    "{% load i18n %}{% blocktranslate with t=a.title %}x {{ t }}{% endblocktranslate %}",
    "{% for x in cards %}{% for y in x.title %}{{ y }}{{ x.price }}{{ forloop.parentloop.first }}{% endfor %}{% endfor %}",
    "{% firstof a.title b %}{% firstof a.title as z %}{{ z }}{% regroup cards by title as g %}{{ g.0 }}",
    "{% include 'other.html' %}{% include b %}{% include 'other.html' with a=b only %}",
    "{% block a %}{{ a.title }}{{ block.super }}{% endblock %}{% partialdef p inline %}{{ a.title }}{% endpartialdef %}",
];

/// Fields for all words of a text, of types that take turns from `turn` on; those that the
/// templates above expect to be structs are.
fn fields(text: &str, turn: usize) -> Vec<(String, Type)> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let words: BTreeSet<&str> = words
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .collect();
    let types = [
        Type::Text,
        record("Card"),
        Type::Int,
        list(record("Card")),
        Type::Float,
        pointer(record("Card")),
        Type::Bool,
        Type::Unsigned,
    ];
    let typed = words.into_iter().enumerate().map(|(place, word)| {
        let ty = match word {
            "a" => record("Card"),
            "cards" => list(record("Card")),
            _ => types[(place + turn) % types.len()].clone(),
        };
        (word.to_owned(), ty)
    });
    typed.collect()
}

/// The code of each unit for names of known types in printed Rust: whether it says that it
/// uses the scope, and its functions.
fn bound_units(rust: &str) -> Vec<(bool, String)> {
    let mut units = Vec::new();
    let mut parts = rust.split("pub(super) struct Typed");
    let mut before = parts.next().unwrap_or_default();
    for part in parts {
        if part.contains("impl rt::BoundUnit for") {
            let uses_scope = part.contains("const USES_SCOPE: bool = true;");
            // The unit's functions stand before its type.
            let start = before.rfind("\n    fn typed_unit");
            let functions = start.map_or("", |start| &before[start..]);
            units.push((uses_scope, functions.to_owned()));
        }
        before = part;
    }
    units
}

/// Whether a line has the name of the scope in it, outside of texts.
fn names_scope(line: &str) -> bool {
    let line = line.replace("\\\\", "").replace("\\\"", "");
    let outside = line.split('"').step_by(2);
    let mut words = outside.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.any(|word| word == "s")
}

/// Whether a line hands the scope on to where it is not looked into: the unit's own parts,
/// what it includes, and functions that look names up by what a spot says.
fn hands_on(line: &str) -> bool {
    let calls = [
        "run(&R",
        "items_of(&S",
        "hold(&S",
        "holds(&S",
        "known(&S",
        "flow(&S",
        "compares(",
        "include_near::<",
        "include_closed(",
        "include_bound(",
    ];
    let is_declaration = line.trim_start().starts_with("fn ") && line.contains("s: &rt::Scope<'_>");
    let is_part = line.contains("part") && line.contains("(f, s, c");
    is_declaration
        || is_part
        || calls
            .iter()
            .any(|call| line.contains(&format!("rt::{call}")))
}

#[test]
fn code_that_claims_not_to_use_the_scope_does_not() {
    let mut texts = all_texts();
    texts.extend(TEXTS.iter().map(|&text| text.to_owned()));
    let mut counts = [0_usize; 2];
    for text in &texts {
        for turn in 0..4 {
            let fields = fields(text, turn);
            let mut options = options(&[]);
            let fields = fields.iter().map(|(name, ty)| (name.as_str(), ty.clone()));
            let page = record_of(fields);
            options
                .contexts
                .records
                .insert("site::All".to_owned(), page);
            let user = ("user.html".to_owned(), "site::All".to_owned());
            options.contexts.templates.extend([user]);
            let sources = [
                Source::new("one.html", text.as_str()),
                Source::new("user.html", "{% include 'one.html' %}"),
            ];
            let Ok(set) = compile_set(&sources, &options) else {
                continue;
            };
            for (uses_scope, functions) in bound_units(&set.rust) {
                counts[usize::from(uses_scope)] += 1;
                if uses_scope {
                    continue;
                }
                for looked_up in [
                    "rt::Start::Context(",
                    "rt::context(",
                    "rt::outer_loop(",
                    "rt::cells(",
                ] {
                    assert!(!functions.contains(looked_up), "{text}\n{functions}");
                }
                for line in functions.lines().filter(|line| names_scope(line)) {
                    assert!(hands_on(line), "{text}\n{line}\n{functions}");
                }
            }
        }
    }
    let [free, using] = counts;
    assert!(free > 300 && using > 300, "{free} without and {using} with");
}

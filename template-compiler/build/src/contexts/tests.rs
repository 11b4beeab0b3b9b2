//! Crates with structs on disk, and what is read from them.

use std::fs;

use hotplate_template_compiler::contexts::Type;

use crate::{Scan, package_libraries_with};

/// A workspace with a plugin `site` and a crate `contexts` of these files.
struct Scene(tempfile::TempDir);

const SITE: &str = "[package]\nname = \"site\"\n[dependencies]\n\
                    contexts = { path = \"../contexts\" }\n\
                    [package.metadata.hotplate]\ncontexts = [\"contexts\"]\n";

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        let scene = Self(tempfile::tempdir().expect("there is room"));
        scene.write("site/Cargo.toml", SITE);
        scene.write("contexts/Cargo.toml", "[package]\nname = \"contexts\"\n");
        for (name, text) in files {
            scene.write(name, text);
        }
        scene
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        let folder = path.parent().expect("it is inside");
        fs::create_dir_all(folder).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    fn scan(&self) -> std::io::Result<Scan> {
        package_libraries_with(&self.0.path().join("site"), &[])
    }

    /// Mistakes, without the folder of the scene.
    fn mistakes(&self, scan: &Scan) -> Vec<String> {
        let root = self.0.path().canonicalize().expect("it is there");
        let plain = |text: String| {
            let text = text.replace(&format!("{}/", root.display()), "");
            text.replace(&format!("{}/", self.0.path().display()), "")
        };
        let mistakes = scan.context_mistakes.iter();
        mistakes.map(|mistake| plain(mistake.to_string())).collect()
    }
}

/// The records of a crate with these files: each with its fields.
#[track_caller]
fn records(files: &[(&str, &str)]) -> Vec<String> {
    let scene = Scene::new(files);
    let scan = scene.scan().expect("it can be read");
    assert_eq!(scene.mistakes(&scan), [""; 0]);
    let records = scan.contexts.records.iter();
    records
        .map(|(name, record)| {
            let fields = record.fields.iter();
            let fields: Vec<String> = fields
                .map(|field| format!("{}: {}", field.name, shown(&field.ty)))
                .collect();
            format!("{name}<{}> {}", record.lifetimes, fields.join(", "))
        })
        .collect()
}

fn shown(ty: &Type) -> String {
    match ty {
        Type::Record(name) => name.clone(),
        Type::Option(inner) => format!("{}?", shown(inner)),
        Type::Pointer(inner) => format!("*{}", shown(inner)),
        Type::List(inner) => format!("[{}]", shown(inner)),
        Type::Tuple(types) => format!("{:?}", types.iter().map(shown).collect::<Vec<_>>()),
        Type::Map(key, value) => format!("{{{}: {}}}", shown(key), shown(value)),
        Type::Other(text) => format!("other {}", text.replace(' ', "")),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

const TEMPLATE: &str = "#[derive(Template)] #[template(path = \"page.html\")] pub struct Page";

#[test]
fn types_are_read() {
    let check = |ty: &str, expected: &str| {
        let text = format!(
            "{TEMPLATE}<'a> {{ pub x: {ty} }}\n#[derive(Debug, hotplate_plugin_api::Context)] pub \
             struct Part {{ pub r#type: bool }}"
        );
        let read = records(&[("contexts/src/lib.rs", &text)]);
        let page = read.iter().find(|record| record.contains("Page"));
        let page = page.expect("it is a record");
        assert_eq!(page, &format!("contexts::Page<1> x: {expected}"), "{ty}");
    };
    for text in [
        "String",
        "&'a str",
        "Cow<'a, str>",
        "Box<str>",
        "std::sync::Arc<str>",
        "RString",
        "RStr<'a>",
    ] {
        check(text, "text");
    }
    check("bool", "bool");
    check("i8", "int");
    check("u32", "int");
    check("isize", "int");
    check("usize", "unsigned");
    check("f32", "float");
    check("u128", "other u128");
    check("char", "other char");
    check("Safe<&'a str>", "safe");
    check("hotplate_plugin_api::value::Date", "date");
    check("DateTime", "datetime");
    check("Value", "value");
    check("Option<&'a String>", "*text?");
    check("&'a [u8]", "[int]");
    check("Vec<Vec<[f64; 3]>>", "[[[float]]]");
    check("Box<[bool]>", "[bool]");
    check("RVec<u8>", "[int]");
    check("(u8, &'a str)", "[\"int\", \"text\"]");
    check("BTreeMap<String, i64>", "{text: int}");
    check("HashMap<&'a str, Part, Hasher>", "{text: contexts::Part}");
    check("Vec<Part>", "[contexts::Part]");
    check("&'a crate::Part", "*contexts::Part");
    check("Option<Box<Self>>", "*contexts::Page?");
    check("mine::Part", "other mine::Part");
    check("fn(u8) -> u8", "other fn(u8)->u8");
    check("Rc<Unknown>", "*other Unknown");
}

#[test]
fn structs_are_found_through_modules_and_imports() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(records(files), expected, "{files:?}");
    };
    let author = "#[derive(Context)] pub struct Author { pub name: String }";
    let template = format!("use super::people::Author;\n{TEMPLATE} {{ pub by: Author }}");
    check(
        &[
            (
                "contexts/src/lib.rs",
                "pub mod pages;\nmod people;\npub use people::*;",
            ),
            ("contexts/src/pages.rs", &template),
            ("contexts/src/people/mod.rs", author),
        ],
        &[
            "contexts::Author<0> name: text",
            "contexts::pages::Page<0> by: contexts::Author",
        ],
    );
    let inline = format!(
        "mod a {{ pub mod b {{ use crate::c as d; {TEMPLATE} {{ pub by: d::Author, pub to: Vec<c::Author> }} }} }}
         mod c {{ {author} }}
         pub use a::b::Page as Shown; pub use crate::{{c::Author as Writer}};
         #[cfg(test)] mod tests {{ #[derive(Template)] #[template(path = \"x\")] struct No; }}"
    );
    check(
        &[("contexts/src/lib.rs", &inline)],
        &[
            "contexts::Shown<0> by: contexts::Writer, to: [other c::Author]",
            "contexts::Writer<0> name: text",
        ],
    );
    // A file that no module declares is not compiled; another crate's derive is not ours.
    let foreign = "use askama::Template;\n#[derive(Template)] #[template(path = \"a\")] struct A;";
    check(
        &[
            ("contexts/src/lib.rs", foreign),
            ("contexts/src/stray.rs", TEMPLATE),
            ("contexts/src/main.rs", &format!("{TEMPLATE};")),
        ],
        &[],
    );
}

#[test]
fn mistakes_say_what_to_do() {
    let check = |text: &str, expected: &str| {
        let scene = Scene::new(&[("contexts/src/lib.rs", text)]);
        let scan = scene.scan().expect("it can be read");
        let expected: Vec<String> = [expected.to_owned()].into_iter().collect();
        assert_eq!(scene.mistakes(&scan), expected, "{text}");
    };
    check(
        &format!("{TEMPLATE} {{\n    title: String }}"),
        "contexts/src/lib.rs:2:5: field `title` of `Page` is private, and what a template \
         compiles to is another crate: write `pub title`, or take the field out of the struct",
    );
    check(
        &format!("mod a {{\n {TEMPLATE} {{}} }}"),
        "contexts/src/lib.rs:2:65: `Page` cannot be seen from outside its crate, and what a \
         template compiles to is another crate: make it and the modules around it `pub`, or \
         write `pub use a::Page;` in the crate's root",
    );
    check(
        &format!("{TEMPLATE} {{ pub x: Part }}\n#[derive(Context)] struct Part {{}}"),
        "contexts/src/lib.rs:2:27: `Part` cannot be seen from outside its crate, and what a \
         template compiles to is another crate: make it `pub`",
    );
    check(
        &format!("{TEMPLATE} {{}}\n{}", TEMPLATE.replace("Page", "Other {}")),
        "contexts/src/lib.rs:2:64: template 'page.html' has another context already, at \
         contexts/src/lib.rs:1: a template has one struct; derive `Context` for what other \
         templates include",
    );
    check(
        &format!("{TEMPLATE}<T> {{ pub x: T }}"),
        "contexts/src/lib.rs:1:69: a template's context cannot be generic over types; give it \
         the types that it has, or a field of type `Value`",
    );
    check(
        "#[derive(Template)]\npub struct Page {}",
        "contexts/src/lib.rs:2:12: say which template it is for: #[template(path = \"…\")]",
    );
    let deep = format!("{}u8{}", "Vec<".repeat(50_000), ">".repeat(50_000));
    check(
        &format!("{TEMPLATE} {{ pub x: {deep} }}"),
        "contexts/src/lib.rs:1:53: this is too long or nested too deeply",
    );
}

#[test]
fn the_plugins_own_structs_need_its_name() {
    let scene = Scene::new(&[("site/src/lib.rs", &format!("{TEMPLATE} {{}}"))]);
    let scan = scene.scan().expect("it can be read");
    let mistakes = scene.mistakes(&scan);
    assert!(
        mistakes[0].contains("write `extern crate self as site;`"),
        "{mistakes:?}"
    );
    scene.write(
        "site/src/lib.rs",
        &format!("extern crate self as site;\n{TEMPLATE} {{}}"),
    );
    let scan = scene.scan().expect("it can be read");
    assert_eq!(scene.mistakes(&scan), [""; 0]);
    assert_eq!(scan.contexts.templates["page.html"], "site::Page");
    let names: Vec<&str> = scan
        .context_crates
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(names, ["site", "contexts"]);
}

#[test]
fn a_manifest_names_the_crates() {
    let check = |dependency: &str, name: &str, expected: &str| {
        let scene = Scene::new(&[("contexts/src/lib.rs", &format!("{TEMPLATE} {{}}"))]);
        let manifest = format!(
            "[package]\nname = \"site\"\n[dependencies]\n{dependency}\n\
             [package.metadata.hotplate]\ncontexts = [\"{name}\"]\n"
        );
        scene.write("site/Cargo.toml", &manifest);
        scene.write(
            "Cargo.toml",
            "[workspace]\n[workspace.dependencies]\nour-contexts = { path = \"contexts\", package \
             = \"contexts\" }\n",
        );
        let told = match scene.scan() {
            Ok(scan) => scan.contexts.templates["page.html"].clone(),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expected), "{dependency}: {told}");
    };
    let path = "contexts = { path = \"../contexts\" }";
    check(path, "contexts", "contexts::Page");
    check(
        "data_types = { path = \"../contexts\", package = \"contexts\" }",
        "data-types",
        "data_types::Page",
    );
    check(
        "our-contexts.workspace = true",
        "our-contexts",
        "our_contexts::Page",
    );
    check(
        path,
        "context",
        "names 'context', which is no dependency; did you mean 'contexts'?",
    );
    check(
        path,
        "models",
        "add `models = { path = \"…\" }` under [dependencies]",
    );
    check(
        "contexts = \"1\"",
        "contexts",
        "names 'contexts', which is no dependency with a path",
    );
    check(
        "contexts = { path = \"../gone\" }",
        "contexts",
        "/site/../gone, and is not",
    );
}

#[test]
fn a_template_that_is_not_there_is_told() {
    let text = format!(
        "{TEMPLATE} {{}}\n#[derive(Template)] #[template(path = \"artcle.html\")] pub struct A;"
    );
    let scene = Scene::new(&[("contexts/src/lib.rs", &text)]);
    let scan = scene.scan().expect("it can be read");
    let unknown = scan.unknown_templates(&["page.html", "article.html"]);
    assert_eq!(unknown.mistakes.len(), 1, "{unknown:?}");
    let message = &unknown.mistakes[0].message;
    assert_eq!(
        message,
        "there is no template 'artcle.html'; did you mean 'article.html'?"
    );
    // The crate may serve several plugins, so a name that is like no other is no mistake.
    let unknown = scan.unknown_templates(&["article.html"]);
    let warned: Vec<&str> = unknown
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(warned, ["there is no template 'page.html'"]);
}

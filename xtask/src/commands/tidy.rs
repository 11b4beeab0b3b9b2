//! `cargo xtask tidy`: rules of the house that clippy does not know.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use xtask::failure::Failure;
use xtask::project;

/// Longer files are taken apart.
const LONGEST: usize = 700;

/// The only modules in which `unsafe` may stand, as a file or as a folder with a `/`;
/// ARCHITECTURE.md says why, for each.
const UNSAFE: &[&str] = &[
    "benchmarks/calls/src/lib.rs",
    "benchmarks/src/dispatch/library.rs",
    "host/src/call.rs",
    "host/src/handle/arguments.rs",
    "host/src/handle/function.rs",
    "host/src/handle/redirect.rs",
    "host/src/load.rs",
    "host/src/pin.rs",
    "host/src/render/callbacks.rs",
    "host/src/render/callees.rs",
    "host/src/state/instance.rs",
    "host/src/state/object.rs",
    "plugin-api/macros/src/canary.rs",
    "plugin-api/macros/src/context.rs",
    "plugin-api/macros/src/persist.rs",
    "plugin-api/macros/src/plugin_fn.rs",
    "plugin-api/macros/src/state.rs",
    "plugin-api/src/call.rs",
    "plugin-api/src/callee.rs",
    "plugin-api/src/environment/reference.rs",
    "plugin-api/src/failure.rs",
    "plugin-api/src/header.rs",
    "plugin-api/src/output.rs",
    "plugin-api/src/output/tests.rs",
    "plugin-api/src/state/erased.rs",
    "plugin-api/src/state/instance.rs",
    "plugin-api/src/state/layout.rs",
    "plugin-api/src/state/mod.rs",
    "plugin-api/src/tag.rs",
    "plugin-api/src/unit.rs",
    "plugin-api/src/value/inline.rs",
    "plugin-api/src/value/object.rs",
    "plugin-api/src/values.rs",
    "plugin-api/src/view/",
    "template-runtime/src/write/",
];

/// The table that says by which tests each behaviour is shown.
const PARITY: &str = "docs/parity.md";

/// Words that stand in no source file.
const UNWANTED: &[(&str, &str)] = &[
    ("thread::sleep", "wait for an event instead of sleeping"),
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or leave it out"),
];

pub(crate) fn run() -> Result<ExitCode, Failure> {
    let faults = faults()?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(if faults.is_empty() {
        println!("tidy");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is wrong in the project, one line each.
pub(crate) fn faults() -> Result<Vec<String>, Failure> {
    let root = project::root();
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md"))
        .map_err(Failure::at("cannot read ARCHITECTURE.md"))?;
    let mut faults = Vec::new();
    for file in UNSAFE {
        if !architecture.contains(&format!("`{file}`")) {
            faults.push(format!(
                "ARCHITECTURE.md: the map of unsafe code lacks {file}"
            ));
        }
        if !root.join(file).exists() {
            faults.push(format!("{file}: may hold unsafe code, but is not there"));
        }
    }
    let mut files = Vec::new();
    source_files(root, &mut files)?;
    files.sort();
    for (name, text) in &files {
        faults.extend(file_faults(name, text));
    }
    faults.extend(undeclared(&files));
    let parity = fs::read_to_string(root.join(PARITY))
        .map_err(Failure::at(format!("cannot read {PARITY}")))?;
    faults.extend(missing_tests(&parity, &files));
    Ok(faults)
}

/// The tests that a table names, as `file::test`, and that are not there. Each row names one.
fn missing_tests(table: &str, files: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(table.lines()) {
        let is_row = line
            .strip_prefix("| ")
            .is_some_and(|row| row.starts_with(|c: char| c.is_ascii_digit()));
        if !is_row {
            continue;
        }
        let shown = line.trim_end_matches(['|', ' ']).rsplit(" | ").next();
        let named = shown.unwrap_or_default().split('`').skip(1).step_by(2);
        let tests: Vec<(&str, &str)> = named.filter_map(|name| name.split_once("::")).collect();
        if tests.is_empty() {
            faults.push(format!("{PARITY}:{number}: names no test"));
        }
        for (module, test) in tests {
            let file = format!("/{module}.rs");
            let definition = format!("fn {test}(");
            let is_there = |(name, text): &(String, String)| {
                name.ends_with(&file) && text.contains(&definition)
            };
            if !files.iter().any(is_there) {
                faults.push(format!(
                    "{PARITY}:{number}: there is no test {module}::{test}"
                ));
            }
        }
    }
    faults
}

/// The files that would be modules, if the file above them said so.
fn undeclared(files: &[(String, String)]) -> Vec<String> {
    let texts: BTreeMap<&str, &str> = (files.iter())
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let is_undeclared = |name: &&str| {
        let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
        let Some((folder, module)) = path.rsplit_once('/') else {
            return false;
        };
        let above = ["/mod.rs", "/lib.rs", "/main.rs", ".rs"].map(|end| format!("{folder}{end}"));
        let mut above = (above.iter())
            .filter(|above| above.as_str() != *name)
            .filter_map(|above| texts.get(above.as_str()))
            .peekable();
        // What has none above it, and what cargo finds beside one, is the root of a crate.
        above.peek().is_some()
            && !["lib", "main", "build"].contains(&module)
            && !above.any(|text| declares(text, module))
    };
    let names = texts.keys().filter(|name| is_undeclared(name));
    names
        .map(|name| format!("{name}: no module declares it; declare it, or remove it"))
        .collect()
}

/// Whether a file declares a module in another file.
fn declares(text: &str, module: &str) -> bool {
    code_only(text).lines().any(|line| {
        let declared = line.trim_end().strip_suffix(';');
        let words: Vec<&str> = declared.map_or(Vec::new(), |line| line.split(' ').collect());
        match words[..] {
            [.., "mod", name] => name.trim_start_matches("r#") == module,
            _ => false,
        }
    })
}

fn file_faults(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!(
            "{name}:1: does not start by saying what it is for (`//!`)"
        ));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        faults.push(format!("{name}: has {lines} lines, more than {LONGEST}"));
    }
    let code = code_only(text);
    let is_listed = UNSAFE.contains(&name);
    let may_be_unsafe = is_listed || {
        let mut folders = UNSAFE.iter().filter(|module| module.ends_with('/'));
        folders.any(|folder| name.starts_with(folder))
    };
    let mut is_unsafe = false;
    for (number, line) in (1..).zip(code.lines()) {
        if is_unsafe_line(line) {
            is_unsafe = true;
            if !may_be_unsafe {
                faults.push(format!("{name}:{number}: unsafe code is not allowed here"));
            }
        }
        for (word, advice) in UNWANTED {
            if line.contains(word) {
                faults.push(format!("{name}:{number}: `{word}`: {advice}"));
            }
        }
    }
    if is_listed && !is_unsafe {
        faults.push(format!("{name}: may hold unsafe code, but does not"));
    }
    faults
}

/// Whether a line has unsafe code, or allows it. The type of an unsafe function is not
/// unsafe: calling one is.
fn is_unsafe_line(line: &str) -> bool {
    let line = line
        .replace("unsafe extern  fn(", "fn(")
        .replace("unsafe fn(", "fn(");
    words(&line).any(|word| word == "unsafe" || word == "unsafe_code")
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// The text without comments and without what stands in quotes; lines keep their numbers.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            character(rest)
        } else if first == 'r' && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            raw_string(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().filter(|&c| c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut place = 0;
    while let Some(next) = text[place..].find(['/', '*']) {
        place += next;
        if text[place..].starts_with("/*") {
            depth += 1;
            place += 2;
        } else if text[place..].starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += 1;
        }
    }
    text.len()
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars
                .find(|&(_, c)| c == '\'')
                .map_or(0, |(place, _)| place + 1)
        }
        Some(_) => match chars.next() {
            Some((place, '\'')) => place + 1,
            _ => 0,
        },
        None => 0,
    }
}

fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|&byte| byte == b'#').count();
    let start = 1 + hashes;
    if !text[start..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    match text[start + 1..].find(&end) {
        Some(place) => start + 1 + place + end.len(),
        None => text.len(),
    }
}

/// All Rust files below `folder` with their names relative to the root.
fn source_files(folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let shown = folder.display();
    let entries =
        fs::read_dir(folder).map_err(Failure::at(format!("cannot read the folder {shown}")))?;
    for entry in entries {
        let path = entry
            .map_err(Failure::at(format!("cannot read the folder {shown}")))?
            .path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                source_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(project::root()).unwrap_or(&path);
            let text = fs::read_to_string(&path)
                .map_err(Failure::at(format!("cannot read {}", path.display())))?;
            files.push((relative.to_string_lossy().into_owned(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        let faults = faults().expect("the project can be read");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn only_code_counts() {
        let cases = [
            ("a // unsafe\nb", "a \nb"),
            ("a /* x /* y */ unsafe\n */ b", "a \n b"),
            ("f(\"un\\\"safe\") + 1", "f() + 1"),
            ("r#\"a \"unsafe\" b\"# + r\"x\" + bar\"y\"", " +  + bar"),
            ("'\"' + '\\'' + 'a + x", " +  + 'a + x"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ];
        for (text, expected) in cases {
            assert_eq!(code_only(text), expected, "{text}");
        }
    }

    #[test]
    fn tests_that_a_table_names_have_to_be_there() {
        let files = [("tests/a.rs".to_owned(), "fn is_there() {}".to_owned())];
        let cases = [
            ("| 1 | x | y | `a::is_there` |", None),
            ("| # | no row | | |", None),
            ("| 1 | x | `a::is_there` | none |", Some("names no test")),
            (
                "| 1 | x | y | `a::is_gone`, `a::is_there` |",
                Some("a::is_gone"),
            ),
            ("| 1 | x | y | `b::is_there` |", Some("b::is_there")),
        ];
        for (line, expected) in cases {
            let faults = missing_tests(line, &files);
            assert_eq!(faults.len(), usize::from(expected.is_some()), "{faults:?}");
            for (fault, expected) in faults.iter().zip(expected) {
                assert!(fault.contains(expected), "{fault}");
            }
        }
    }

    /// Which files of a crate are undeclared if its root, `a.rs` and `b/mod.rs` have these texts.
    fn check_modules(texts: [&str; 3], expected: &[&str]) {
        for root in ["lib.rs", "main.rs", "mod.rs", "../src.rs"] {
            let root = format!("x/src/{root}").replace("src/../", "");
            let names = [&root, "x/src/a.rs", "x/src/b/mod.rs"];
            let others = [
                "x/src/for.rs",
                "x/src/a/deep.rs",
                "x/src/b/deep.rs",
                "x/build.rs",
            ];
            let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
            let files = names
                .into_iter()
                .zip(texts)
                .chain(others.map(|name| (name, "")));
            let found = undeclared(&files.map(own).collect::<Vec<_>>());
            let found = found
                .iter()
                .filter_map(|fault| Some(fault.split_once(':')?.0));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{root}: {texts:?}");
        }
    }

    #[test]
    fn files_have_to_be_declared() {
        let all = "mod a;\n    pub(crate) mod r#for;\npub mod b;";
        check_modules([all, "mod deep;", "mod deep;"], &[]);
        let others = "mod r#for; // mod a;\nmod b2;\nmod a {}";
        check_modules(
            [others, "mod deep;", "mod deep;"],
            &["x/src/a.rs", "x/src/b/mod.rs"],
        );
        let inner = ["mod deeper;", "\"mod deep;\""];
        check_modules(
            [all, inner[0], inner[1]],
            &["x/src/a/deep.rs", "x/src/b/deep.rs"],
        );
    }

    #[test]
    fn finds_each_kind_of_fault() {
        let long = format!("//! x\n{}", "\n".repeat(LONGEST));
        let cases = [
            ("a.rs", "fn f() {}", "does not start"),
            ("a.rs", long.as_str(), "lines, more than"),
            ("a.rs", "//! x\nunsafe { f() }", "a.rs:2: unsafe code"),
            (
                "a.rs",
                "//! x\n\nstd::thread::sleep(d);",
                "a.rs:3: `thread::sleep`",
            ),
            ("a.rs", "//! x\ntodo!()", "a.rs:2: `todo!`"),
            ("host/src/load.rs", "//! x", "but does not"),
        ];
        for (name, text, expected) in cases {
            let faults = file_faults(name, text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].contains(expected), "{faults:?}");
        }
        let fine = "//! `unsafe`\nlet x = \"todo!\";\nstruct E(unsafe extern \"C\" fn(u8));";
        assert!(file_faults("a.rs", fine).is_empty());
    }
}

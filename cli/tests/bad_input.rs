//! Every mistake on the command line gives one clear line and a status that is not zero.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `hotplate` in `directory`.
fn hotplate(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotplate"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("the binary runs")
}

/// Expects failure, nothing on standard output and exactly this line on standard error.
fn check(directory: &Path, arguments: &[&str], expected: &str) {
    check_output(&hotplate(directory, arguments), arguments, expected);
}

fn check_output(output: &Output, arguments: &[&str], expected: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, format!("error: {expected}\n"), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
}

/// A directory with a small plugin `site` of templates, and things that are no plugins.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    let root = place.path();
    let files = [
        ("site/index.html", "<p>{{ name }}</p>"),
        ("site/about.html", "{% include \"_card.html\" %}"),
        ("site/_card.html", "card"),
        ("file", "not a directory"),
        ("library/Cargo.toml", "[package]\nname = \"library\"\n"),
        ("workspace/Cargo.toml", "[workspace]\n"),
        ("broken/Cargo.toml", "[package"),
        ("broken.json", "{\n  \"a\": 1,\n}\n"),
        ("list.json", "[1]"),
        ("text.json", "plates"),
    ];
    fs::create_dir(root.join("empty")).expect("a directory");
    for (name, text) in files {
        let path = root.join(name);
        let parent = path.parent().expect("files have a directory");
        fs::create_dir_all(parent).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    place
}

#[test]
fn directories_that_are_no_plugins() {
    let place = place();
    for command in ["serve", "check"] {
        let check = |directory: &str, expected: &str| {
            check(place.path(), &[command, directory], expected);
        };
        check("nowhere", "there is no directory nowhere");
        check("file", "file is not a directory");
        check(
            "empty",
            "empty is not a plugin: it has neither a Cargo.toml nor templates",
        );
        check(
            "library",
            "library is not a plugin: library/Cargo.toml has no [lib] with crate-type = [\"cdylib\"]",
        );
        check("workspace", "workspace/Cargo.toml describes no package");
    }
    let output = hotplate(place.path(), &["check", "broken"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("error: broken/Cargo.toml:1:9: "),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn unknown_templates_come_with_suggestions() {
    let place = place();
    for command in ["render", "emit"] {
        let check = |template: &str, expected: &str| {
            check(place.path(), &[command, "site", template], expected);
        };
        check(
            "indx.html",
            "there is no template indx.html in site; did you mean index.html?",
        );
        check("menu.txt", "there is no template menu.txt in site");
    }
}

#[test]
fn contexts_that_are_no_json() {
    let place = place();
    let check = |file: &str, expected: &str| {
        let arguments = ["render", "site", "index.html", "--context", file];
        check(place.path(), &arguments, expected);
    };
    check("broken.json", "broken.json:3:1: no JSON: trailing comma");
    check("text.json", "text.json:1:1: no JSON: expected value");
    check(
        "list.json",
        "list.json:1:1: a context is a JSON object with names and values, and this is an array",
    );
    check(
        "nowhere.json",
        "cannot read nowhere.json: No such file or directory (os error 2)",
    );
}

#[test]
fn a_port_in_use_is_reported_before_anything_is_built() {
    let place = place();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    check(
        place.path(),
        &["serve", "site", "--port", &port],
        &format!("port {port} on 127.0.0.1 is in use; choose another with --port"),
    );
}

#[test]
fn no_cargo_on_the_path() {
    let place = place();
    let nothing = place.path().join("empty");
    for arguments in [
        ["render", "site", "index.html"].as_slice(),
        &["serve", "site", "--port", "0"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_hotplate"))
            .args(arguments)
            .current_dir(place.path())
            .env("PATH", &nothing)
            .env_remove("CARGO")
            .output()
            .expect("the binary runs");
        check_output(
            &output,
            arguments,
            "there is no cargo on the PATH; install Rust from https://rustup.rs",
        );
    }
}

#[test]
fn check_reports_every_mistake_of_a_set_with_its_line_and_a_marker() {
    let place = place();
    let site = place.path().join("site");
    fs::write(site.join("a.html"), "é\n  {% if a %}\n{{ x|nope }}\n").expect("a file");
    fs::write(site.join("b.html"), "{% include %}{{ a b }}").expect("a file");
    let output = hotplate(place.path(), &["check", "site"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    for part in [
        "error: Invalid filter: 'nope'\n --> site/a.html:3:6\n",
        "3 | {{ x|nope }}\n  |      ^^^^\n",
        "Unclosed tag on line 2: 'if'. Looking for one of: elif, else, endif.\n --> site/a.html:2:3\n",
        "2 |   {% if a %}\n  |   ^^^^^^^^^^\n",
        " --> site/b.html:1:1\n",
        "Could not parse the remainder: ' b' from 'a b'\n --> site/b.html:1:18\n",
        "error: 4 mistakes in 2 templates\n",
    ] {
        assert!(stderr.contains(part), "{part} in {stderr}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_site_with_mistakes_is_not_served() {
    let place = place();
    let site = place.path().join("site");
    fs::create_dir(site.join("content")).expect("a directory");
    fs::write(
        site.join("site.toml"),
        "title = \"A\"\n[content]\ndirectory = \"content\"\n",
    )
    .expect("a file");
    fs::write(site.join("content/a.md"), "# no front matter\n").expect("a file");
    fs::write(site.join("content/b.md"), "+++\ntitle = 7\n+++\n").expect("a file");
    let output = hotplate(place.path(), &["serve", "site", "--port", "0"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    for part in [
        "site/content/a.md:1:1",
        "1 | # no front matter",
        "site/content/b.md:2:9",
        "error: the site cannot be read\n",
    ] {
        assert!(stderr.contains(part), "{part} in {stderr}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn wrong_arguments_are_explained() {
    let place = place();
    for arguments in [
        ["serve"].as_slice(),
        &["serve", "site", "--port", "many"],
        &["serve", "site", "--poll", "0"],
        &["serve", "site", "--debounce", "-1"],
        &["warm"],
    ] {
        let output = hotplate(place.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with("error: "), "{arguments:?}: {stderr}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

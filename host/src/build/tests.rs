//! Tests of running cargo and reading what it says.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use super::*;

/// Writes a program. Another process does the writing: a test that starts a
/// child meanwhile would hand the open file on, and "text file busy" come of it.
fn fake_cargo(directory: &Path, script: &str) -> PathBuf {
    let path = directory.join("cargo");
    let mut writer = Command::new("sh")
        .arg("-c")
        .arg("cat > \"$0\" && chmod +x \"$0\"")
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("#!/bin/sh\n{script}\n");
    let mut input = writer.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    assert!(writer.wait().unwrap().success());
    path
}

fn package(directory: &Path) -> BuildPackage {
    BuildPackage {
        name: "greeter".to_owned(),
        package_id: format!("path+file://{}#greeter@0.1.0", directory.display()),
        directory: directory.to_path_buf(),
    }
}

fn build_with(cargo: PathBuf, directory: &Path) -> CargoBuild {
    CargoBuild {
        cargo,
        workspace_root: directory.to_path_buf(),
        packages: vec![package(directory)],
        target_directory: directory.join("out"),
        offline: true,
        timeout: Some(Duration::from_secs(120)),
        config: Vec::new(),
        libraries: Vec::new(),
    }
}

/// Runs a shell script in cargo's place.
fn run_fake(script: &str) -> Result<BuildOutput, BuildError> {
    let directory = tempfile::tempdir().unwrap();
    let build = build_with(fake_cargo(directory.path(), script), directory.path());
    build.run(&CancelToken::new(), &mut |_| {})
}

fn real_crate(files: &[(&str, &str)]) -> (tempfile::TempDir, CargoBuild) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let manifest = "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                    [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n";
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    for (path, content) in files {
        fs::write(root.join(path), content).unwrap();
    }
    let build = build_with(default_cargo(), &root);
    (directory, build)
}

#[test]
fn a_crate_becomes_a_library_and_then_is_fresh() {
    let (_directory, build) = real_crate(&[("src/lib.rs", "fn unused() {}")]);
    let mut lines = Vec::new();
    let output = build
        .run(&CancelToken::new(), &mut |line| lines.push(line.to_owned()))
        .unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("Compiling greeter")),
        "{lines:?}"
    );
    let [library] = output.libraries.as_slice() else {
        panic!("{output:?}");
    };
    assert_eq!(library.package, "greeter");
    assert!(library.path.starts_with(&build.target_directory) && library.path.is_file());
    assert!(!library.fresh);
    let [warning] = output.warnings.as_slice() else {
        panic!("{output:?}");
    };
    assert_eq!(warning.level, Level::Warning);
    assert_eq!(warning.file, Some(build.workspace_root.join("src/lib.rs")));

    let again = build.run(&CancelToken::new(), &mut |_| {}).unwrap();
    assert!(again.libraries[0].fresh);
    assert_eq!(again.libraries[0].path, library.path);
}

#[test]
fn mistakes_come_with_their_places() {
    let check = |files: &[(&str, &str)], file: &str, place: (u32, u32), message: &str| {
        let (_directory, build) = real_crate(files);
        let error = build.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
        let [diagnostic] = error.diagnostics() else {
            panic!("{error:?}");
        };
        assert_eq!(diagnostic.message, message);
        assert_eq!(diagnostic.file, Some(build.workspace_root.join(file)));
        assert_eq!(
            (diagnostic.line, diagnostic.column),
            (Some(place.0), Some(place.1))
        );
        assert!(diagnostic.rendered.contains(message));
        assert_eq!(error.to_string(), message);
    };
    check(
        &[("src/lib.rs", "fn f() -> u8 {\n    \"x\"\n}")],
        "src/lib.rs",
        (2, 5),
        "mismatched types",
    );
    check(
        &[
            ("src/lib.rs", ""),
            (
                "build.rs",
                "fn main() { println!(\"cargo::error=templates/a.html:3:7: unknown tag\"); }",
            ),
        ],
        "templates/a.html",
        (3, 7),
        "unknown tag",
    );
}

#[test]
fn a_mistake_in_a_foreign_macro_is_placed_at_its_use() {
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = elsewhere.path().canonicalize().unwrap();
    fs::create_dir(foreign.join("src")).unwrap();
    let manifest = "[package]\nname = \"foreign\"\nversion = \"0.1.0\"\n[workspace]\n";
    fs::write(foreign.join("Cargo.toml"), manifest).unwrap();
    let macros = "#[macro_export] macro_rules! bad { () => { let _: u8 = \"x\"; } }";
    fs::write(foreign.join("src/lib.rs"), macros).unwrap();
    let (_directory, build) = real_crate(&[("src/lib.rs", "fn f() {\n  foreign::bad!();\n}")]);
    let manifest = build.workspace_root.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest).unwrap();
    text.push_str(&format!(
        "[dependencies]\nforeign = {{ path = {foreign:?} }}\n"
    ));
    fs::write(manifest, text).unwrap();

    let error = build.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
    let [diagnostic] = error.diagnostics() else {
        panic!("{error:?}");
    };
    assert_eq!(
        diagnostic.file,
        Some(build.workspace_root.join("src/lib.rs"))
    );
    assert_eq!((diagnostic.line, diagnostic.column), (Some(2), Some(3)));
}

#[test]
fn failures_without_a_place_keep_cargos_words() {
    let check = |files: &[(&str, &str)], words: &[&str]| {
        let (_directory, build) = real_crate(files);
        let error = build.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
        let text = error
            .diagnostics()
            .iter()
            .map(|found| found.rendered.as_str());
        let text: String = text.collect();
        for word in words {
            assert!(text.contains(word), "{word}: {error:?}");
        }
    };
    check(
        &[
            ("src/lib.rs", ""),
            ("build.rs", "fn main() { panic!(\"out of tea\") }"),
        ],
        &["custom build command", "out of tea"],
    );
    check(
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\n[dependencies]\nhotplate-no-such = \"1\"\n[workspace]\n",
            ),
            ("src/lib.rs", ""),
        ],
        &["hotplate-no-such"],
    );
    check(
        &[("Cargo.toml", "[package\n"), ("src/lib.rs", "")],
        &["Cargo.toml"],
    );
}

#[test]
fn a_crate_without_a_dynamic_library_is_told_what_to_do() {
    let (_directory, build) = real_crate(&[
        (
            "Cargo.toml",
            "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\n[workspace]\n",
        ),
        ("src/lib.rs", ""),
    ]);
    let error = build.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(&error, BuildError::NoLibrary { package } if package == "greeter"));
    assert!(error.to_string().ends_with(CDYLIB_ADVICE));
}

#[test]
fn whatever_cargo_does_is_an_error_of_its_own() {
    let check = |script: &str, expected: &str| {
        let error = run_fake(script).unwrap_err();
        assert_eq!(error.to_string(), expected, "{script}");
    };
    check("kill -9 $$", "cargo was killed by signal 9");
    check("exit 0", "cargo's messages cannot be understood: \"\"");
    check(
        "echo gibberish",
        "cargo's messages cannot be understood: \"gibberish\"",
    );
    check("exit 7", "cargo failed without a word (exit status: 7)");
    check(
        "echo 'error: the disk is full' >&2; exit 101",
        "the disk is full",
    );
    check("printf 'odd\\377\\n' >&2; exit 1", "odd\u{fffd}");
    check(
        "echo '{\"reason\":\"build-finished\",\"success\":true}'",
        "cargo made no dynamic library of `greeter`; add crate-type = [\"cdylib\", \"rlib\"] under [lib]",
    );
}

#[test]
fn a_missing_cargo_and_a_missing_directory_differ() {
    let directory = tempfile::tempdir().unwrap();
    let missing = build_with(directory.path().join("cargo"), directory.path());
    let error = missing.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
    assert!(
        matches!(error, BuildError::CargoMissing { .. }),
        "{error:?}"
    );
    assert!(error.source().is_some());

    let nowhere = build_with(PathBuf::from("/bin/sh"), &directory.path().join("gone"));
    let error = nowhere.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, BuildError::NotRun { .. }), "{error:?}");
}

#[test]
fn a_build_can_be_cancelled_and_times_out() {
    let directory = tempfile::tempdir().unwrap();
    let script = "echo '   Compiling forever' >&2; sleep 600";
    let mut build = build_with(fake_cargo(directory.path(), script), directory.path());
    let cancel = CancelToken::new();
    let started = Instant::now();
    let error = build.run(&cancel, &mut |_| cancel.cancel()).unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");

    let limit = Duration::from_millis(200);
    build.timeout = Some(limit);
    let error = build.run(&CancelToken::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, BuildError::TimedOut { limit: told } if told == limit));
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn endless_output_is_bounded() {
    let error = run_fake(
        "yes 'error: again and again' | head -c 50000000 >&2\n\
         yes '{\"reason\":' | head -c 40000000\n\
         head -c 60000000 /dev/zero >&2\n\
         head -c 60000000 /dev/zero\n\
         exit 1",
    )
    .unwrap_err();
    let text: usize = error
        .diagnostics()
        .iter()
        .map(|found| found.rendered.len())
        .sum();
    assert!(text < 1 << 20, "{text}");

    let mut lines = 0_usize;
    let directory = tempfile::tempdir().unwrap();
    let script = "yes '   Compiling more' | head -n 50000 >&2; exit 1";
    let build = build_with(fake_cargo(directory.path(), script), directory.path());
    build
        .run(&CancelToken::new(), &mut |_| lines += 1)
        .unwrap_err();
    assert_eq!(lines, MOST_PROGRESS_LINES);
}

#[test]
fn json_that_is_nested_deeply_is_no_message() {
    let error = run_fake("head -c 1000000 /dev/zero | tr '\\0' '['; echo").unwrap_err();
    assert!(matches!(error, BuildError::Unreadable { .. }), "{error:?}");
}

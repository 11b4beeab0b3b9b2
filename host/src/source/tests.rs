//! Tests of finding out what a plugin directory holds.

use std::os::unix::fs::symlink;

use super::*;
use crate::build::default_cargo;

struct Scene {
    directory: tempfile::TempDir,
    sources: Sources,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Scene {
        let scene = Scene {
            directory: tempfile::tempdir().unwrap(),
            sources: Sources::new(default_cargo()),
        };
        files
            .iter()
            .for_each(|(path, content)| scene.write(path, content));
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn discover(&mut self, path: &str) -> Result<PluginSource, SourceError> {
        let path = self.path(path);
        self.sources.discover(&path, &CancelToken::new())
    }

    fn discover_crate(&mut self, path: &str) -> CratePlugin {
        match self.discover(path).unwrap() {
            PluginSource::Crate(plugin) => plugin,
            other => panic!("{other:?}"),
        }
    }

    /// Puts a program in cargo's place that cannot answer.
    fn lose_cargo(&mut self) {
        self.sources.cargo = self.path("no/cargo");
    }
}

fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n";

#[test]
fn a_crate_is_described() {
    let mut scene = Scene::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"plugins/*\"]\n"),
        ("plugins/my-site/Cargo.toml", &manifest("my-site", CDYLIB)),
        ("plugins/my-site/src/lib.rs", ""),
        ("plugins/my-site/build.rs", "fn main() {}"),
        ("plugins/my-site/templates/index.html", ""),
        (
            "plugins/text/Cargo.toml",
            &manifest(
                "text",
                "[lib]\nname = \"words\"\ncrate-type = [\"cdylib\"]\n",
            ),
        ),
        ("plugins/text/src/lib.rs", ""),
    ]);
    let site = scene.discover_crate("plugins/my-site");
    let directory = scene.path("plugins/my-site");
    let root = scene.path("");
    assert_eq!(
        site.package_id,
        format!("path+file://{}#0.1.0", directory.display())
    );
    assert_eq!(
        site,
        CratePlugin {
            name: "my-site".to_owned(),
            manifest_path: directory.join("Cargo.toml"),
            package_id: site.package_id.clone(),
            workspace_root: root.components().collect(),
            target_directory: root.join("target"),
            crate_name: "my_site".to_owned(),
            root_file: directory.join("src/lib.rs"),
            templates: Some(directory.join("templates")),
            has_build_script: true,
            directory,
        }
    );
    let templates = scene.path("plugins/my-site/templates");
    assert_eq!(
        PluginSource::Crate(site).templates(),
        Some(templates.as_path())
    );

    // The answer about the workspace serves its other members too.
    scene.lose_cargo();
    let text = scene.discover_crate("plugins/text");
    assert_eq!(
        (text.name.as_str(), text.crate_name.as_str()),
        ("text", "words")
    );
    assert_eq!((&text.templates, text.has_build_script), (&None, false));
    scene.write(
        "plugins/text/templates/x.html",
        "not compiled without a build script",
    );
    let text = scene.discover("plugins/text").unwrap();
    assert_eq!(text.templates(), None);
}

#[test]
fn an_answer_is_kept_until_a_manifest_changes() {
    let mut scene = Scene::new(&[
        (
            "p/Cargo.toml",
            &manifest("one", &format!("{CDYLIB}[workspace]\n")),
        ),
        ("p/src/lib.rs", ""),
    ]);
    assert!(!scene.discover_crate("p").has_build_script);
    scene.write("p/src/lib.rs", "fn changed() {}");
    scene.lose_cargo();
    assert_eq!(scene.discover_crate("p").name, "one");

    scene.write("p/build.rs", "fn main() {}");
    let error = scene.discover("p").unwrap_err();
    assert!(
        matches!(error, SourceError::CargoMissing { .. }),
        "{error:?}"
    );
    scene.sources.cargo = default_cargo();
    assert!(scene.discover_crate("p").has_build_script);

    scene.write(
        "p/Cargo.toml",
        &manifest("two", &format!("{CDYLIB}[workspace]\n")),
    );
    assert_eq!(scene.discover_crate("p").name, "two");
}

#[test]
fn a_plain_folder_is_named_after_itself() {
    let mut scene = Scene::new(&[("my site!/sub/index.html", "x"), ("my site!/.hidden", "x")]);
    let source = scene.discover("my site!").unwrap();
    assert_eq!(source.name(), "my-site");
    assert_eq!(source.root(), scene.path("my site!"));
    assert!(!source.is_crate());
    assert_eq!(source.templates(), Some(source.root()));

    symlink("my site!", scene.path("link")).unwrap();
    let linked = scene.discover("link").unwrap();
    assert_eq!(
        (linked.name(), linked.root()),
        ("link", scene.path("link").as_path())
    );
}

#[test]
fn package_names_are_valid() {
    let check = |folder: &str, expected: &str| assert_eq!(package_name(folder), expected);
    check("site", "site");
    check("My_Site-2", "My_Site-2");
    check("2024", "templates-2024");
    check("höme.page", "h-me-page");
    check("..", "templates");
    check("", "templates");
}

#[test]
fn what_is_no_plugin_says_why() {
    let mut scene = Scene::new(&[
        ("file", ""),
        ("empty/.hidden/x.html", ""),
        ("empty/main.rs", ""),
        ("rlib/Cargo.toml", &manifest("plain", "[workspace]\n")),
        ("rlib/src/lib.rs", ""),
        ("virtual/Cargo.toml", "[workspace]\nmembers = []\n"),
        ("broken/Cargo.toml", "[package\n"),
        (
            "no-lib/Cargo.toml",
            &manifest("nolib", &format!("{CDYLIB}[workspace]\n")),
        ),
    ]);
    symlink("gone", scene.path("broken/../dangling")).unwrap();
    let mut check = |path: &str, expected: &str| {
        let error = scene.discover(path).unwrap_err();
        assert!(error.to_string().contains(expected), "{path}: {error}");
        error
    };
    check("nowhere", "there is no directory");
    check("dangling", "there is no directory");
    check("file", "is not a directory");
    check("empty", "has neither a Cargo.toml nor templates");
    check(
        "rlib",
        "package `plain` builds no dynamic library; add crate-type = [\"cdylib\", \"rlib\"] under [lib]",
    );
    check("virtual", "describes a workspace without a package");
    let broken = check("broken", "unclosed table");
    let [diagnostic] = broken.diagnostics() else {
        panic!("{broken:?}");
    };
    assert_eq!((diagnostic.line, diagnostic.column), (Some(1), Some(9)));
    assert!(
        diagnostic
            .file
            .as_ref()
            .is_some_and(|file| file.ends_with("broken/Cargo.toml"))
    );
    check("no-lib", "can't find library `nolib`");

    scene.lose_cargo();
    let error = scene.discover("rlib").unwrap_err();
    assert!(
        matches!(error, SourceError::NoLibrary { .. }),
        "still known: {error}"
    );
    let error = scene.discover("broken").unwrap_err();
    assert!(
        error.to_string().contains("put cargo on the PATH"),
        "{error}"
    );
}

#[test]
fn a_scaffold_is_a_crate_plugin() {
    let mut scene = Scene::new(&[]);
    let into = scene.path("made");
    super::scaffold(&into, &RuntimeLocation::find()).unwrap();
    let made = scene.discover_crate("made");
    assert_eq!(made.manifest_path, into.join("Cargo.toml"));
    assert_eq!(made.name, "hotplate-folder-runtime");
    assert_eq!(made.workspace_root, into);
}

//! A temporary workspace with plugins.

use std::fs;
use std::path::{Path, PathBuf};

use hotplate::{Builder, Host};
use tempfile::TempDir;

/// The project's own directory.
fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A temporary workspace; its directory goes with it.
#[derive(Debug)]
pub struct Bench {
    directory: TempDir,
    name: &'static str,
}

impl Bench {
    /// Makes an empty workspace for the test `name`, which no other test has.
    ///
    /// # Panics
    ///
    /// If the file system does not let it.
    pub fn new(name: &'static str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix(&format!("bench-{name}-"))
            .tempdir()
            .expect("a temporary directory can be made");
        let bench = Self { directory, name };
        let project = fs::canonicalize(project()).expect("the project is there");
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"templates-*\"]\n\n\
             [workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             rust-version = \"1.95\"\nlicense = \"MIT OR Apache-2.0\"\nauthors = []\n\n{}",
            workspace_dependencies(&project),
        );
        bench.write("Cargo.toml", &manifest);
        fs::copy(project.join("Cargo.lock"), bench.path("Cargo.lock")).expect("the lock is there");
        bench
    }

    /// A path in the workspace.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// The full name of the plugin that this test calls `name`.
    pub fn plugin(&self, name: &str) -> String {
        format!("{}_{name}", self.name)
    }

    /// Writes a file, making its folders.
    ///
    /// # Panics
    ///
    /// If the file system does not let it.
    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder can be made");
        }
        fs::write(&path, text).expect("a file can be written");
    }

    /// Makes a crate of hand-written functions; gives its folder, relative to the workspace.
    pub fn native(&self, name: &str, source: &str) -> String {
        let folder = self.plugin(name);
        self.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{folder}\"\nversion.workspace = true\n\
                 edition.workspace = true\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
                 [dependencies]\nhotplate-plugin-api.workspace = true\n"
            ),
        );
        self.write(&format!("{folder}/src/lib.rs"), source);
        folder
    }

    /// Adds a line to the dependencies of a crate made by [`native`](Self::native).
    ///
    /// # Panics
    ///
    /// If there is no such crate.
    pub fn depend(&self, folder: &str, line: &str) {
        let manifest = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(self.path(&manifest)).expect("the crate has a manifest");
        self.write(&manifest, &format!("{text}{line}\n"));
    }

    /// Makes a crate named `types` with the structs of a live test, which stand in the file
    /// `shapes.rs` of its module; gives its folder. The library is named like the tests', so
    /// that the modules of the structs have one name on both sides.
    pub fn structs(&self, module: &str, shapes: &str) -> String {
        let types = self.plugin("types");
        self.write(
            &format!("{types}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{types}\"\nversion.workspace = true\n\
                 edition.workspace = true\n\n[lib]\nname = \"live\"\n\n\
                 [dependencies]\nhotplate-plugin-api.workspace = true\n"
            ),
        );
        let root = format!("pub mod {module} {{\n    pub mod shapes;\n}}\n");
        self.write(&format!("{types}/src/lib.rs"), &root);
        self.write(&format!("{types}/src/{module}/shapes.rs"), shapes);
        types
    }

    /// Names the crate of structs in the manifest of a crate of templates.
    pub fn name_structs(&self, folder: &str, types: &str) {
        let path = format!("{folder}/Cargo.toml");
        let manifest = fs::read_to_string(self.path(&path)).expect("the manifest is there");
        let named = format!(
            "[package.metadata.hotplate]\ncontexts = [\"{types}\"]\n\n[dependencies]\n\
             {types} = {{ path = \"../{types}\" }}\n"
        );
        self.write(&path, &manifest.replace("[dependencies]\n", &named));
    }

    /// Makes a crate of templates, as a release build would have it; gives its folder.
    pub fn template_crate(&self, name: &str, templates: &[(&str, &str)]) -> String {
        let folder = self.plugin(name);
        self.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{folder}\"\nversion.workspace = true\n\
                 edition.workspace = true\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
                 [dependencies]\nhotplate-plugin-api.workspace = true\n\
                 hotplate-template-runtime.workspace = true\n\n\
                 [build-dependencies]\nhotplate-template-build.workspace = true\n"
            ),
        );
        let build = "fn main() {\n    hotplate_template_build::build_script();\n}\n";
        self.write(&format!("{folder}/build.rs"), build);
        self.write(
            &format!("{folder}/src/lib.rs"),
            "pub mod templates {\n    include!(concat!(env!(\"OUT_DIR\"), \"/templates.rs\"));\n}\n\n\
             hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);\n",
        );
        for (file, text) in templates {
            self.write(&format!("{folder}/templates/{file}"), text);
        }
        folder
    }

    /// Makes a plain folder of templates; gives it, relative to the workspace.
    pub fn templates(&self, name: &str, templates: &[(&str, &str)]) -> String {
        let folder = format!("templates-{name}/{}", self.plugin(name));
        for (file, text) in templates {
            self.write(&format!("{folder}/{file}"), text);
        }
        folder
    }

    /// Copies a plugin of the project under this test's name; gives its folder.
    ///
    /// # Panics
    ///
    /// If the plugin is not there.
    pub fn copy_of(&self, name: &str) -> String {
        let folder = self.plugin(name);
        copy_folder(&project().join("plugins").join(name), &self.path(&folder));
        let manifest = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(self.path(&manifest)).expect("a plugin has a manifest");
        let text = text
            .replace(
                &format!("name = \"{name}\""),
                &format!("name = \"{folder}\""),
            )
            .replace("[lints]\nworkspace = true\n", "");
        self.write(&manifest, &text);
        folder
    }

    /// A builder whose builds share the target directory of all tests.
    pub fn builder(&self) -> Builder {
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/live");
        Host::builder().target_dir(target).offline(true)
    }

    /// A host with these plugin folders, started.
    ///
    /// # Panics
    ///
    /// If the first build fails.
    pub fn host(&self, folders: &[&str]) -> Host {
        let builder = folders.iter().fold(self.builder(), |builder, folder| {
            builder.plugin(self.path(folder))
        });
        builder.start().expect("the first build succeeds")
    }
}

/// A host with one plugin folder that publishes only when it is refreshed, so that what one
/// `refresh` does is known.
///
/// # Panics
///
/// If the first build fails.
pub fn manual(bench: &Bench, folder: &str) -> Host {
    let builder = bench.builder().manual().plugin(bench.path(folder));
    builder.start().expect("the first build succeeds")
}

/// The project's table of dependencies, with absolute paths.
fn workspace_dependencies(project: &Path) -> String {
    let manifest = fs::read_to_string(project.join("Cargo.toml")).expect("the manifest is there");
    let start = manifest
        .find("[workspace.dependencies]")
        .expect("it has the table");
    let end = manifest[start + 1..]
        .find("\n[")
        .map_or(manifest.len(), |end| start + 1 + end);
    let absolute = format!("path = \"{}/", project.display());
    manifest[start..end].replace("path = \"", &absolute)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

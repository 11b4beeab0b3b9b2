//! Makes a crate around the code generated from a plain folder of templates.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::TemplateFolder;

/// The crates that generated code uses.
const RUNTIME: [(&str, &str); 2] = [
    ("hotplate-plugin-api", "plugin-api"),
    ("hotplate-template-runtime", "template-runtime"),
];

/// Where a generated crate finds the crates of [`RUNTIME`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RuntimeLocation {
    /// In a checkout of this project, so that host and plugin match to the byte.
    Checkout(PathBuf),
    /// In the registry, at exactly this version.
    Registry { version: String },
}

impl RuntimeLocation {
    /// The checkout that this host was built from if it is still there, else the
    /// registry.
    pub(crate) fn find() -> RuntimeLocation {
        let checkout = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let is_checkout = |path: &PathBuf| {
            let mut crates = RUNTIME.iter();
            crates.all(|(_, folder)| path.join(folder).join("Cargo.toml").is_file())
        };
        match checkout.canonicalize().ok().filter(is_checkout) {
            Some(checkout) => RuntimeLocation::Checkout(checkout),
            None => RuntimeLocation::Registry {
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

/// A crate on disk that builds a folder's templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scaffold {
    /// The crate's manifest; [`Sources`](super::Sources) knows the rest.
    pub(crate) manifest_path: PathBuf,
    /// Whether any file had to be written.
    pub(crate) changed: bool,
}

impl TemplateFolder {
    /// Writes the crate into a directory, which is made if it is missing. A file
    /// whose content is right already is left alone, so that cargo sees no change.
    pub(crate) fn scaffold(
        &self,
        into: &Path,
        generated_rust: &str,
        runtime: &RuntimeLocation,
    ) -> io::Result<Scaffold> {
        let manifest_path = into.join("Cargo.toml");
        fs::create_dir_all(into.join("src"))?;
        let mut changed = pin_versions(into, runtime)?;
        changed |= write_if_different(&manifest_path, self.manifest(runtime).as_bytes())?;
        changed |= write_if_different(&into.join("src/templates.rs"), generated_rust.as_bytes())?;
        changed |= write_if_different(&into.join("src/lib.rs"), LIBRARY.as_bytes())?;
        Ok(Scaffold {
            manifest_path,
            changed,
        })
    }

    fn manifest(&self, runtime: &RuntimeLocation) -> String {
        let library = self.name.replace('-', "_");
        let path = self.directory.as_os_str().as_encoded_bytes();
        let place = &blake3::hash(path).to_hex()[..16];
        let mut text = format!(
            "[package]\n\
             name = {name}\n\
             version = \"0.0.0\"\n\
             edition = \"2024\"\n\
             publish = false\n\
             \n\
             [lib]\n\
             name = {library}\n\
             crate-type = [\"cdylib\"]\n\
             \n\
             [workspace]\n\
             \n\
             [dependencies]\n",
            name = quote(&self.name),
            // Folders of one name that share a target directory stay apart.
            library = quote(&format!("hotplate_folder_{library}_{place}")),
        );
        for (package, folder) in RUNTIME {
            let place = match runtime {
                RuntimeLocation::Checkout(checkout) => {
                    let path = checkout.join(folder);
                    format!("path = {}", quote(&path.to_string_lossy()))
                }
                RuntimeLocation::Registry { version } => {
                    format!("version = {}", quote(&format!("={version}")))
                }
            };
            text.push_str(&format!("{package} = {{ {place} }}\n"));
        }
        text
    }
}

const LIBRARY: &str = "\
//! A folder of templates, compiled.

mod templates;

hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);
";

/// Starts the crate with the versions that the checkout uses. Cargo completes the
/// file, so what was copied last is kept beside it.
fn pin_versions(into: &Path, runtime: &RuntimeLocation) -> io::Result<bool> {
    let RuntimeLocation::Checkout(checkout) = runtime else {
        return Ok(false);
    };
    let lock = match fs::read(checkout.join("Cargo.lock")) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let target = into.join("Cargo.lock");
    let changed = write_if_different(&into.join("checkout.lock"), &lock)?;
    if changed || !target.exists() {
        write_if_different(&target, &lock)?;
        return Ok(true);
    }
    Ok(false)
}

/// Replaces a file in one step, unless it has the content already.
fn write_if_different(path: &Path, content: &[u8]) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(false);
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(true)
}

/// A TOML string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> TemplateFolder {
        TemplateFolder {
            name: "my-site".to_owned(),
            directory: PathBuf::from("/p/my-site"),
            templates: PathBuf::from("/p/my-site/templates"),
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let checkout = directory.path().join("checkout");
        fs::create_dir(&checkout).unwrap();
        fs::write(checkout.join("Cargo.lock"), "one").unwrap();
        let into = directory.path().join("made/here");
        let runtime = RuntimeLocation::Checkout(checkout.clone());
        let scaffold = |code: &str| folder().scaffold(&into, code, &runtime).unwrap();
        let lock = || fs::read_to_string(into.join("Cargo.lock")).unwrap();

        assert!(scaffold("// 1").changed);
        assert!(!scaffold("// 1").changed);
        assert!(scaffold("// 2").changed);
        assert_eq!(
            fs::read_to_string(into.join("src/templates.rs")).unwrap(),
            "// 2"
        );

        // Cargo completes the lock file; that stays until the checkout's changes.
        fs::write(into.join("Cargo.lock"), "one and more").unwrap();
        assert!(!scaffold("// 2").changed);
        assert_eq!(lock(), "one and more");
        fs::write(checkout.join("Cargo.lock"), "two").unwrap();
        assert!(scaffold("// 2").changed);
        assert_eq!(lock(), "two");

        let left = fs::read_dir(&into).unwrap().count();
        assert_eq!(left, 4, "Cargo.toml, Cargo.lock, checkout.lock, src");
    }

    #[test]
    fn the_manifest_names_the_runtime() {
        let version = RuntimeLocation::Registry {
            version: "1.2.3".to_owned(),
        };
        let manifest = folder().manifest(&version);
        assert!(manifest.contains("name = \"my-site\"\n"), "{manifest}");
        assert!(
            manifest.contains("name = \"hotplate_folder_my_site_"),
            "{manifest}"
        );
        assert!(
            manifest.contains("hotplate-plugin-api = { version = \"=1.2.3\" }"),
            "{manifest}"
        );

        let odd = RuntimeLocation::Checkout(PathBuf::from("/odd \"\\\n"));
        let manifest = folder().manifest(&odd);
        assert!(
            manifest.contains("{ path = \"/odd \\\"\\\\\\u000A/template-runtime\" }"),
            "{manifest}"
        );
    }

    #[test]
    fn this_checkout_is_found() {
        let RuntimeLocation::Checkout(checkout) = RuntimeLocation::find() else {
            panic!("the tests run in a checkout");
        };
        assert!(checkout.join("Cargo.lock").is_file());
    }
}

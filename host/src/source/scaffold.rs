//! Makes a crate through which cargo builds what plain folders of templates need.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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

/// Writes a crate through which cargo builds the crates of [`RUNTIME`], into a directory
/// that is made if it is missing.
///
/// A file whose content is right already is left alone, so that cargo sees no change.
pub(crate) fn scaffold(into: &Path, runtime: &RuntimeLocation) -> io::Result<()> {
    fs::create_dir_all(into.join("src"))?;
    pin_versions(into, runtime)?;
    write_if_different(&into.join("Cargo.toml"), manifest(runtime).as_bytes())?;
    write_if_different(&into.join("src/lib.rs"), LIBRARY.as_bytes())?;
    Ok(())
}

fn manifest(runtime: &RuntimeLocation) -> String {
    let mut text = String::from(
        "[package]\n\
         name = \"hotplate-folder-runtime\"\n\
         version = \"0.0.0\"\n\
         edition = \"2024\"\n\
         publish = false\n\
         \n\
         [lib]\n\
         crate-type = [\"cdylib\"]\n\
         \n\
         [workspace]\n\
         \n\
         [dependencies]\n",
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

const LIBRARY: &str = "\
//! Names what templates are compiled against, so that cargo builds it.

hotplate_plugin_api::plugin!(templates = [], kind = Templates);
";

/// Starts the crate with the versions that the checkout uses. Cargo completes the
/// file, so what was copied last is kept beside it.
fn pin_versions(into: &Path, runtime: &RuntimeLocation) -> io::Result<()> {
    let RuntimeLocation::Checkout(checkout) = runtime else {
        return Ok(());
    };
    let lock = match fs::read(checkout.join("Cargo.lock")) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let target = into.join("Cargo.lock");
    let changed = write_if_different(&into.join("checkout.lock"), &lock)?;
    if changed || !target.exists() {
        write_if_different(&target, &lock)?;
    }
    Ok(())
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

    #[test]
    fn only_what_differs_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let checkout = directory.path().join("checkout");
        fs::create_dir(&checkout).unwrap();
        fs::write(checkout.join("Cargo.lock"), "one").unwrap();
        let into = directory.path().join("made/here");
        let runtime = RuntimeLocation::Checkout(checkout.clone());
        let lock = || fs::read_to_string(into.join("Cargo.lock")).unwrap();
        let manifest_time = || {
            fs::metadata(into.join("Cargo.toml"))
                .unwrap()
                .modified()
                .unwrap()
        };

        scaffold(&into, &runtime).unwrap();
        let written = manifest_time();
        scaffold(&into, &runtime).unwrap();
        assert_eq!(manifest_time(), written);

        // Cargo completes the lock file; that stays until the checkout's changes.
        fs::write(into.join("Cargo.lock"), "one and more").unwrap();
        scaffold(&into, &runtime).unwrap();
        assert_eq!(lock(), "one and more");
        fs::write(checkout.join("Cargo.lock"), "two").unwrap();
        scaffold(&into, &runtime).unwrap();
        assert_eq!(lock(), "two");

        let left = fs::read_dir(&into).unwrap().count();
        assert_eq!(left, 4, "Cargo.toml, Cargo.lock, checkout.lock, src");
    }

    #[test]
    fn the_manifest_names_the_runtime() {
        let version = RuntimeLocation::Registry {
            version: "1.2.3".to_owned(),
        };
        let text = manifest(&version);
        assert!(
            text.contains("hotplate-plugin-api = { version = \"=1.2.3\" }"),
            "{text}"
        );

        let odd = RuntimeLocation::Checkout(PathBuf::from("/odd \"\\\n"));
        let text = manifest(&odd);
        assert!(
            text.contains("{ path = \"/odd \\\"\\\\\\u000A/template-runtime\" }"),
            "{text}"
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

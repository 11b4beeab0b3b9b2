//! From the names of crates in a manifest to their folders.

use std::io;
use std::path::{Path, PathBuf};

use hotplate_template_compiler::nearest;
use toml::{Table, Value};

use super::{ContextCrate, is_crate};
use crate::named;

/// The crates that a manifest names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) crates: Vec<ContextCrate>,
    /// The workspace's manifest, if it had to be read.
    pub(crate) workspace: Option<PathBuf>,
}

/// Finds the crates that `names` are: dependencies of the package with a path, in its own
/// manifest or in its workspace's.
pub(crate) fn find(package: &Path, manifest: &Table, names: &[String]) -> io::Result<Named> {
    let path = package.join("Cargo.toml");
    let mut found = Named::default();
    let mut workspace = None;
    for name in names {
        let Some((key, dependency)) = dependency(manifest, name) else {
            return Err(named(&path, unknown(manifest, name)));
        };
        let inherits = dependency.get("workspace").and_then(Value::as_bool) == Some(true);
        let (base, table) = if inherits {
            if workspace.is_none() {
                workspace = workspace_root(package, manifest)?;
            }
            let Some((root, manifest)) = &workspace else {
                let message =
                    format!("'{name}' is of a workspace, and none is around this package");
                return Err(named(&path, invalid(message)));
            };
            let all = manifest
                .get("workspace")
                .and_then(|all| all.get("dependencies"));
            let table = all.and_then(|all| all.get(key)).unwrap_or(dependency);
            (root.as_path(), table)
        } else {
            (package, dependency)
        };
        let Some(folder) = table.get("path").and_then(Value::as_str) else {
            let message = format!(
                "package.metadata.hotplate.contexts names '{name}', which is no dependency with a \
                 path: its source is read, so write `{name} = {{ path = \"…\" }}`"
            );
            return Err(named(&path, invalid(message)));
        };
        let folder = base.join(folder);
        let folder = folder.canonicalize().unwrap_or(folder);
        if !is_crate(&folder) {
            let message = format!("'{name}' should be in {}, and is not", folder.display());
            return Err(named(&path, invalid(message)));
        }
        let is_renamed = table.get("package").or(dependency.get("package")).is_some();
        let name = match is_renamed {
            true => key.replace('-', "_"),
            false => library_name(&folder)?,
        };
        found.crates.push(ContextCrate { name, folder });
    }
    found.workspace = workspace.map(|(root, _)| root.join("Cargo.toml"));
    Ok(found)
}

/// A dependency by name; `-` and `_` are the same.
fn dependency<'m>(manifest: &'m Table, name: &str) -> Option<(&'m str, &'m Value)> {
    let plain = |name: &str| name.replace('-', "_");
    let mut all = manifest.get("dependencies")?.as_table()?.iter();
    let found = all.find(|(key, _)| plain(key) == plain(name));
    found.map(|(key, value)| (key.as_str(), value))
}

fn unknown(manifest: &Table, name: &str) -> io::Error {
    let all = manifest.get("dependencies").and_then(Value::as_table);
    let known = all.into_iter().flat_map(Table::keys).map(String::as_str);
    let advice = match nearest(name, known) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("add `{name} = {{ path = \"…\" }}` under [dependencies]"),
    };
    invalid(format!(
        "package.metadata.hotplate.contexts names '{name}', which is no dependency; {advice}"
    ))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The folder and the manifest of the workspace that a package is in.
fn workspace_root(package: &Path, manifest: &Table) -> io::Result<Option<(PathBuf, Table)>> {
    if manifest.contains_key("workspace") {
        return Ok(Some((package.to_owned(), manifest.clone())));
    }
    let given = manifest.get("package").and_then(|own| own.get("workspace"));
    let folders: Vec<PathBuf> = match given.and_then(Value::as_str) {
        Some(root) => vec![package.join(root)],
        None => {
            // A package reached through a link is in the workspace around its real place.
            let real = package.canonicalize();
            let real = real.unwrap_or_else(|_| package.to_owned());
            real.ancestors().skip(1).map(Path::to_owned).collect()
        }
    };
    for folder in folders {
        let path = folder.join("Cargo.toml");
        if path.is_file() {
            let table = read_table(&path)?;
            if table.contains_key("workspace") {
                return Ok(Some((folder, table)));
            }
        }
    }
    Ok(None)
}

/// Reads a manifest.
fn read_table(path: &Path) -> io::Result<Table> {
    let text = std::fs::read_to_string(path).map_err(|error| named(path, error))?;
    text.parse().map_err(|error: toml::de::Error| {
        let error = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
        named(path, error)
    })
}

/// The name of the library that a package makes.
fn library_name(folder: &Path) -> io::Result<String> {
    Ok(library_of(&read_table(&folder.join("Cargo.toml"))?))
}

/// The name of the library that a manifest describes; empty if it has none.
pub(crate) fn library_of(manifest: &Table) -> String {
    let text_at = |keys: [&str; 2]| manifest.get(keys[0])?.get(keys[1])?.as_str();
    let name = text_at(["lib", "name"]).or_else(|| text_at(["package", "name"]));
    name.unwrap_or_default().replace('-', "_")
}

//! What a plugin directory is: a crate, or a plain folder of templates.

mod scaffold;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_metadata::{CrateType, Metadata, MetadataCommand, Package, TargetKind};

use crate::build::{
    BuildDiagnostic, BuildPackage, CDYLIB_ADVICE, CancelToken, CommandError, ErrorText, Stream,
    clean_environment, run_command,
};
use crate::files::is_ignored_name;

pub(crate) use scaffold::{RuntimeLocation, scaffold};

/// Cargo reads a few small files to answer; more time means that it hangs.
const LONGEST_METADATA: Duration = Duration::from_secs(120);

/// Files looked at before a folder counts as one without templates.
const MOST_ENTRIES: usize = 10_000;

/// A directory that the host can make a library of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PluginSource {
    /// A Rust crate, perhaps with templates.
    Crate(CratePlugin),
    /// Templates and nothing else.
    Templates(TemplateFolder),
}

/// A package that builds a dynamic library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CratePlugin {
    /// The package's name, which is the plugin's.
    pub(crate) name: String,
    /// The directory as it was named, made absolute.
    pub(crate) directory: PathBuf,
    /// The package's manifest.
    pub(crate) manifest_path: PathBuf,
    /// What cargo calls the package in its messages.
    pub(crate) package_id: String,
    /// The directory of the workspace's manifest.
    pub(crate) workspace_root: PathBuf,
    /// Where plain `cargo build` puts things.
    pub(crate) target_directory: PathBuf,
    /// The name of the library's crate.
    pub(crate) crate_name: String,
    /// The library's root file, in the directory as it was named if it lies there.
    pub(crate) root_file: PathBuf,
    /// The folder `templates`, if there is one.
    pub(crate) templates: Option<PathBuf>,
    /// Whether a build script may compile them.
    pub(crate) has_build_script: bool,
}

/// A folder whose files are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateFolder {
    /// The folder's name, as a package may be called.
    pub(crate) name: String,
    /// The directory as it was named, made absolute.
    pub(crate) directory: PathBuf,
    /// The directory itself, or `templates` in it.
    pub(crate) templates: PathBuf,
}

impl PluginSource {
    /// The plugin's name.
    pub(crate) fn name(&self) -> &str {
        match self {
            PluginSource::Crate(plugin) => &plugin.name,
            PluginSource::Templates(folder) => &folder.name,
        }
    }

    /// The directory as it was named, made absolute.
    pub(crate) fn root(&self) -> &Path {
        match self {
            PluginSource::Crate(plugin) => &plugin.directory,
            PluginSource::Templates(folder) => &folder.directory,
        }
    }

    /// Whether there is Rust to compile.
    pub(crate) fn is_crate(&self) -> bool {
        matches!(self, PluginSource::Crate(_))
    }

    /// Where the plugin's templates are, if the build compiles any.
    pub(crate) fn templates(&self) -> Option<&Path> {
        match self {
            PluginSource::Crate(plugin) if plugin.has_build_script => plugin.templates.as_deref(),
            PluginSource::Crate(_) => None,
            PluginSource::Templates(folder) => Some(&folder.templates),
        }
    }

    /// Whether a change of this file, beneath the root, may change the plugin.
    pub(crate) fn concerns(&self, file: &Path) -> bool {
        match self {
            PluginSource::Crate(_) => true,
            PluginSource::Templates(folder) => file.starts_with(&folder.templates),
        }
    }
}

impl CratePlugin {
    /// What to ask of [`CargoBuild`](crate::build::CargoBuild).
    pub(crate) fn build_package(&self) -> BuildPackage {
        BuildPackage {
            name: self.name.clone(),
            package_id: self.package_id.clone(),
            directory: self.directory.clone(),
        }
    }
}

/// Why a directory is no plugin.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum SourceError {
    /// There is nothing at the path.
    Missing { path: PathBuf },
    /// There is something else than a directory.
    NotADirectory { path: PathBuf },
    /// The directory or its manifest cannot be read.
    Unreadable { path: PathBuf, source: io::Error },
    /// Neither a manifest nor a template.
    Nothing { path: PathBuf },
    /// The manifest is that of a workspace only.
    NoPackage { manifest: PathBuf },
    /// The package makes no library that can be loaded.
    NoLibrary { manifest: PathBuf, package: String },
    /// There is no cargo.
    CargoMissing { cargo: PathBuf, source: io::Error },
    /// Cargo could not be asked.
    NotRun { cargo: PathBuf, source: io::Error },
    /// Cargo refuses the manifest.
    Manifest {
        manifest: PathBuf,
        diagnostics: Vec<BuildDiagnostic>,
    },
    /// Cargo's answer cannot be understood.
    Answer {
        manifest: PathBuf,
        source: cargo_metadata::Error,
    },
    /// Cargo did not answer in time.
    TimedOut { manifest: PathBuf },
    /// The token was used.
    Cancelled,
}

impl SourceError {
    /// What cargo says about the manifest.
    pub(crate) fn diagnostics(&self) -> &[BuildDiagnostic] {
        match self {
            SourceError::Manifest { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Missing { path } => {
                write!(formatter, "there is no directory {}", path.display())
            }
            SourceError::NotADirectory { path } => {
                write!(formatter, "{} is not a directory", path.display())
            }
            SourceError::Unreadable { path, .. } => {
                write!(formatter, "cannot read {}", path.display())
            }
            SourceError::Nothing { path } => write!(
                formatter,
                "{} is no plugin: it has neither a Cargo.toml nor templates",
                path.display()
            ),
            SourceError::NoPackage { manifest } => write!(
                formatter,
                "{} describes a workspace without a package; name one of its members",
                manifest.display()
            ),
            SourceError::NoLibrary { manifest, package } => write!(
                formatter,
                "package `{package}` builds no dynamic library; {CDYLIB_ADVICE} in {}",
                manifest.display()
            ),
            SourceError::CargoMissing { cargo, .. } => write!(
                formatter,
                "cannot find `{}`; install Rust or put cargo on the PATH",
                cargo.display()
            ),
            SourceError::NotRun { cargo, .. } => {
                write!(formatter, "cannot run `{}`", cargo.display())
            }
            SourceError::Manifest {
                manifest,
                diagnostics,
            } => {
                let message = diagnostics.first().map(|first| first.message.as_str());
                let message = message.unwrap_or("cargo gives no reason");
                write!(formatter, "cannot use {}: {message}", manifest.display())
            }
            SourceError::Answer { manifest, .. } => write!(
                formatter,
                "cannot understand what cargo says of {}",
                manifest.display()
            ),
            SourceError::TimedOut { manifest } => write!(
                formatter,
                "cargo did not describe {} within {LONGEST_METADATA:?}",
                manifest.display()
            ),
            SourceError::Cancelled => formatter.write_str("the build was cancelled"),
        }
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SourceError::Unreadable { source, .. }
            | SourceError::CargoMissing { source, .. }
            | SourceError::NotRun { source, .. } => Some(source),
            SourceError::Answer { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Finds out what directories are. Asking cargo takes up to a second, so its answer
/// about a workspace is kept until one of the workspace's manifests changes.
#[derive(Debug)]
pub(crate) struct Sources {
    cargo: PathBuf,
    workspaces: Vec<Workspace>,
}

#[derive(Debug)]
struct Workspace {
    metadata: Metadata,
    read: Fingerprint,
}

impl Sources {
    /// Nothing is known yet. `cargo` is the program to ask, usually
    /// [`default_cargo`](crate::build::default_cargo).
    pub(crate) fn new(cargo: PathBuf) -> Sources {
        Sources {
            cargo,
            workspaces: Vec::new(),
        }
    }

    /// Says what a directory is.
    pub(crate) fn discover(
        &mut self,
        directory: &Path,
        cancel: &CancelToken,
    ) -> Result<PluginSource, SourceError> {
        let unreadable = |source| SourceError::Unreadable {
            path: directory.to_path_buf(),
            source,
        };
        let metadata = fs::metadata(directory).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing {
                path: directory.to_path_buf(),
            },
            _ => unreadable(error),
        })?;
        if !metadata.is_dir() {
            return Err(SourceError::NotADirectory {
                path: directory.to_path_buf(),
            });
        }
        let directory = std::path::absolute(directory).map_err(unreadable)?;
        let manifest = directory.join("Cargo.toml");
        if manifest.symlink_metadata().is_ok() {
            return self.discover_crate(directory, &manifest, cancel);
        }
        if !has_templates(&hotplate_template_build::template_root(&directory))
            .map_err(unreadable)?
        {
            return Err(SourceError::Nothing { path: directory });
        }
        let real = directory.canonicalize().map_err(unreadable)?;
        let named = directory.file_name().or(real.file_name());
        let named = named.unwrap_or_default().to_string_lossy();
        Ok(PluginSource::Templates(TemplateFolder {
            name: package_name(&named),
            templates: hotplate_template_build::template_root(&directory),
            directory,
        }))
    }

    fn discover_crate(
        &mut self,
        directory: PathBuf,
        manifest: &Path,
        cancel: &CancelToken,
    ) -> Result<PluginSource, SourceError> {
        let manifest = manifest
            .canonicalize()
            .map_err(|source| SourceError::Unreadable {
                path: manifest.to_path_buf(),
                source,
            })?;
        let metadata = self.metadata(&manifest, cancel)?;
        let package = find_package(metadata, &manifest).ok_or(SourceError::NoPackage {
            manifest: manifest.clone(),
        })?;
        let library = package
            .targets
            .iter()
            .find(|target| target.crate_types.contains(&CrateType::CDyLib))
            .filter(|target| !target.is_kind(TargetKind::Example));
        let library = library.ok_or_else(|| SourceError::NoLibrary {
            manifest: manifest.clone(),
            package: package.name.to_string(),
        })?;
        let templates = directory.join("templates");
        Ok(PluginSource::Crate(CratePlugin {
            name: package.name.to_string(),
            package_id: package.id.repr.clone(),
            workspace_root: metadata.workspace_root.clone().into_std_path_buf(),
            target_directory: metadata.target_directory.clone().into_std_path_buf(),
            crate_name: library.name.replace('-', "_"),
            root_file: seen_from(&directory, &manifest, library.src_path.as_std_path()),
            manifest_path: manifest,
            templates: templates.is_dir().then_some(templates),
            has_build_script: package
                .targets
                .iter()
                .any(|target| target.is_kind(TargetKind::CustomBuild)),
            directory,
        }))
    }

    fn metadata(
        &mut self,
        manifest: &Path,
        cancel: &CancelToken,
    ) -> Result<&Metadata, SourceError> {
        self.workspaces.retain(|known| known.read.is_current());
        let known = self
            .workspaces
            .iter()
            .position(|known| find_package(&known.metadata, manifest).is_some());
        let place = match known {
            Some(place) => place,
            None => {
                let before = Fingerprint::of([manifest.to_path_buf()]);
                let metadata = ask_cargo(&self.cargo, manifest, cancel)?;
                let mut read = Fingerprint::of_workspace(&metadata);
                // What cargo read may be older than what is there now.
                read.0.extend(before.0);
                self.workspaces.push(Workspace { metadata, read });
                self.workspaces.len() - 1
            }
        };
        Ok(&self.workspaces[place].metadata)
    }
}

/// A file of a package as seen from its directory, which may have been named otherwise.
fn seen_from(directory: &Path, manifest: &Path, file: &Path) -> PathBuf {
    let real = manifest.parent().unwrap_or(directory);
    match file.strip_prefix(real) {
        Ok(relative) => directory.join(relative),
        Err(_) => file.to_owned(),
    }
}

fn find_package<'a>(metadata: &'a Metadata, manifest: &Path) -> Option<&'a Package> {
    let is_it = |package: &&Package| {
        let path = package.manifest_path.as_std_path();
        path == manifest || path.canonicalize().is_ok_and(|path| path == manifest)
    };
    metadata.packages.iter().find(is_it)
}

/// The contents of files when they were read; none for those that were missing.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint(BTreeMap<PathBuf, Option<blake3::Hash>>);

impl Fingerprint {
    fn of(paths: impl IntoIterator<Item = PathBuf>) -> Fingerprint {
        let hash = |path: PathBuf| {
            let hash = fs::read(&path).ok().map(|content| blake3::hash(&content));
            (path, hash)
        };
        Fingerprint(paths.into_iter().map(hash).collect())
    }

    /// Everything that cargo's answer about a workspace depends on: the manifests,
    /// and whether targets that are found by their place are there.
    fn of_workspace(metadata: &Metadata) -> Fingerprint {
        let root = metadata.workspace_root.join("Cargo.toml");
        let manifests = metadata
            .packages
            .iter()
            .map(|package| &package.manifest_path);
        let manifests = manifests.map(|manifest| manifest.clone().into_std_path_buf());
        let mut read = Fingerprint::of(manifests.chain([root.into_std_path_buf()]));
        for package in &metadata.packages {
            if let Some(directory) = package.manifest_path.parent() {
                for found in ["build.rs", "src/lib.rs"] {
                    let path = directory.join(found).into_std_path_buf();
                    let presence = presence(&path);
                    read.0.insert(path, presence);
                }
            }
        }
        read
    }

    fn is_current(&self) -> bool {
        self.0.iter().all(|(path, known)| {
            let is_manifest = path.extension().is_some_and(|ending| ending == "toml");
            let now = if is_manifest {
                fs::read(path).ok().map(|content| blake3::hash(&content))
            } else {
                presence(path)
            };
            now == *known
        })
    }
}

fn presence(path: &Path) -> Option<blake3::Hash> {
    path.is_file().then(|| blake3::hash(b""))
}

fn ask_cargo(cargo: &Path, manifest: &Path, cancel: &CancelToken) -> Result<Metadata, SourceError> {
    let directory = manifest.parent().unwrap_or(Path::new("/"));
    let mut command = Command::new(cargo);
    command
        .current_dir(directory)
        .args([
            "metadata",
            "--no-deps",
            "--format-version=1",
            "--color=never",
        ])
        .arg("--manifest-path")
        .arg(manifest);
    clean_environment(&mut command);
    let mut answer = None;
    let mut text = ErrorText::default();
    let mut on_line = |stream: Stream, line: &[u8]| match stream {
        Stream::Output if line.starts_with(b"{") => answer = Some(line.to_vec()),
        Stream::Output => {}
        Stream::Error => text.push(String::from_utf8_lossy(line).into_owned()),
    };
    let ended = run_command(&mut command, Some(LONGEST_METADATA), cancel, &mut on_line);
    let status = ended.map_err(|error| match error {
        CommandError::Missing(source) => SourceError::CargoMissing {
            cargo: cargo.to_path_buf(),
            source,
        },
        CommandError::Failed(source) => SourceError::NotRun {
            cargo: cargo.to_path_buf(),
            source,
        },
        CommandError::Cancelled => SourceError::Cancelled,
        CommandError::TimedOut(_) => SourceError::TimedOut {
            manifest: manifest.to_path_buf(),
        },
    })?;
    if !status.success() {
        return Err(SourceError::Manifest {
            manifest: manifest.to_path_buf(),
            diagnostics: text.cargo_errors(directory),
        });
    }
    let answer = answer.unwrap_or_default();
    MetadataCommand::parse(String::from_utf8_lossy(&answer)).map_err(|source| SourceError::Answer {
        manifest: manifest.to_path_buf(),
        source,
    })
}

/// Whether any file beneath could be a template. Libraries and Rust sources are none.
fn has_templates(directory: &Path) -> io::Result<bool> {
    let mut pending = vec![directory.to_path_buf()];
    let mut left = MOST_ENTRIES;
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            left = left.saturating_sub(1);
            if is_ignored_name(&entry.file_name()) || left == 0 {
                continue;
            }
            let path = entry.path();
            let others = ["rs", "so", "toml", "lock"];
            let ending = path.extension().unwrap_or_default();
            if entry.file_type()?.is_dir() {
                pending.push(path);
            } else if path.is_file() && !others.iter().any(|other| ending == *other) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Makes a package name of a folder's: ASCII letters, digits, `-` and `_`, not
/// starting with a digit.
fn package_name(folder: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mapped = folder.chars().map(|c| if allowed(c) { c } else { '-' });
    let name: String = mapped.take(64).collect();
    let name = name.trim_matches('-');
    match name.chars().next() {
        None => "templates".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("templates-{name}"),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;

//! Cases to libraries: a module per case, a crate per batch, all crates in one workspace
//! so that cargo keeps every core busy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use cargo_metadata::{Message, PackageId};

use crate::batches::Batch;
use crate::library::{self, Form, plugin_name};
use crate::plan::Prepared;
use xtask::failure::Failure;
use xtask::project;

/// What stands between a set's name and a batch's number in the name of a crate.
const BATCH: &str = "-batch-";

/// What came of building.
pub(crate) struct Built {
    /// Each library with the cases in it.
    pub(crate) libraries: Vec<(PathBuf, Batch)>,
    /// Cases whose generated Rust rustc refused, with its words.
    pub(crate) refused: Vec<(usize, String)>,
    /// Keeps other runs out of the folder that the libraries are in.
    _workspace: Workspace,
}

/// Builds a library for each batch. A case that does not build is left out, and the rest
/// of its batch built again.
///
/// `set` names the cases; `tags` is a library of tags and filters for those of them that
/// load one.
pub(crate) fn build(
    set: &str,
    batches: &[Batch],
    runnable: &[(usize, Prepared)],
    tags: Option<&Path>,
) -> Result<Built, Failure> {
    let workspace = Workspace::new(set)?;
    let mut libraries = Vec::new();
    let mut refused = Vec::new();
    let mut waiting: BTreeMap<usize, Batch> = batches.iter().cloned().enumerate().collect();
    let mut next = batches.len();
    while !waiting.is_empty() {
        let mut output = workspace.build(&waiting, runnable)?;
        for (number, batch) in std::mem::take(&mut waiting) {
            if let Some(library) = output.libraries.remove(&number) {
                let custom = batch.iter().any(|&place| runnable[place].1.custom);
                let kept = workspace.keep(&library, tags.filter(|_| custom), number)?;
                libraries.push((kept, batch));
                continue;
            }
            let blamed = output.blamed.remove(&number).unwrap_or_default();
            let (guilty, rest): (Batch, Batch) = batch
                .into_iter()
                .partition(|place| blamed.contains_key(place));
            if !guilty.is_empty() {
                let words = |place: usize| blamed.get(&place).cloned().unwrap_or_default();
                refused.extend(guilty.into_iter().map(|place| (place, words(place))));
                if !rest.is_empty() {
                    waiting.insert(number, rest);
                }
            } else if let [place] = rest.as_slice() {
                let message = "rustc failed without naming a place".to_owned();
                refused.push((*place, message));
            } else {
                let (first, second) = rest.split_at(rest.len() / 2);
                waiting.insert(number, first.to_vec());
                waiting.insert(next, second.to_vec());
                next += 1;
            }
        }
    }
    Ok(Built {
        libraries,
        refused,
        _workspace: workspace,
    })
}

/// The temporary workspace; it stays between runs, so that what did not change is not
/// built again.
struct Workspace {
    folder: PathBuf,
    /// The name of the set of cases, which is part of the names of the crates.
    set: String,
    /// Locked for as long as it is open.
    _lock: File,
}

/// What one run of cargo gave.
#[derive(Default)]
struct Output {
    libraries: BTreeMap<usize, PathBuf>,
    /// For each batch, the cases that rustc complained about.
    blamed: BTreeMap<usize, BTreeMap<usize, String>>,
}

impl Workspace {
    fn new(set: &str) -> Result<Self, Failure> {
        let folder = project::target_dir().join("conformance");
        let shown = folder.display();
        fs::create_dir_all(&folder).map_err(Failure::at(format!("cannot make {shown}")))?;
        let lock = File::create(folder.join("lock"))
            .and_then(|lock| lock.lock().map(|()| lock))
            .map_err(Failure::at(format!("cannot lock {shown}")))?;
        let loaded = folder.join("libraries");
        if loaded.exists() {
            fs::remove_dir_all(&loaded)
                .map_err(Failure::at(format!("cannot empty {}", loaded.display())))?;
        }
        Ok(Self {
            folder,
            set: set.to_owned(),
            _lock: lock,
        })
    }

    fn crates(&self) -> PathBuf {
        self.folder.join(&self.set)
    }

    fn crate_name(&self, number: usize) -> String {
        format!("{}{BATCH}{number}", self.set)
    }

    fn build(
        &self,
        batches: &BTreeMap<usize, Batch>,
        runnable: &[(usize, Prepared)],
    ) -> Result<Output, Failure> {
        self.write_workspace(batches.keys().copied())?;
        for (&number, batch) in batches {
            self.write_crate(number, batch, runnable)?;
        }
        let mut child = project::cargo()
            .current_dir(self.crates())
            .args([
                "build",
                "--workspace",
                "--keep-going",
                "--offline",
                "--message-format=json",
            ])
            .arg("--target-dir")
            .arg(self.folder.join("target"))
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::at("cannot run cargo"))?;
        let mut output = Output::default();
        let mut other = None;
        if let Some(stdout) = child.stdout.take() {
            for message in Message::parse_stream(BufReader::new(stdout)) {
                match message.map_err(Failure::at("cannot read what cargo says"))? {
                    Message::CompilerArtifact(artifact) => {
                        let library = artifact
                            .filenames
                            .iter()
                            .find(|file| file.extension() == Some("so"));
                        if let Some(number) = batch_number(&artifact.package_id)
                            && let Some(library) = library
                        {
                            output.libraries.insert(number, library.into());
                        }
                    }
                    Message::CompilerMessage(message)
                        if message.message.level == DiagnosticLevel::Error =>
                    {
                        match batch_number(&message.package_id) {
                            Some(number) => {
                                blame(&message.message, output.blamed.entry(number).or_default());
                            }
                            None => other = message.message.rendered,
                        }
                    }
                    _ => {}
                }
            }
        }
        let status = child.wait().map_err(Failure::at("cannot wait for cargo"))?;
        match other {
            Some(message) => Err(Failure::new(format!(
                "what the cases are built against does not build:\n{message}"
            ))),
            None if !status.success()
                && output.libraries.is_empty()
                && output.blamed.is_empty() =>
            {
                Err(Failure::new("cargo could not build any case"))
            }
            None => Ok(output),
        }
    }

    fn write_workspace(&self, numbers: impl Iterator<Item = usize>) -> Result<(), Failure> {
        let members: Vec<String> = numbers.map(|number| self.crate_name(number)).collect();
        let dependency = |package: &str, folder: &str| {
            let path = project::root().join(folder);
            format!(
                "{package} = {{ path = {:?} }}\n",
                path.display().to_string()
            )
        };
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n\
             [workspace.dependencies]\n{}{}\n\
             [profile.dev]\nopt-level = 1\ndebug = false\nincremental = false\nstrip = \"symbols\"\n",
            dependency("hotplate-conformance-structs", "xtask/conformance/structs")
                + &dependency("hotplate-plugin-api", "plugin-api"),
            dependency("hotplate-template-runtime", "template-runtime"),
        );
        let folder = self.crates();
        write(&folder.join("Cargo.toml"), &manifest)?;
        // The project's own versions, so that nothing is fetched.
        let lock = project::root().join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(Failure::at("cannot read Cargo.lock"))?;
        fs::write(folder.join("Cargo.lock"), lock).map_err(Failure::at("cannot write Cargo.lock"))
    }

    fn write_crate(
        &self,
        number: usize,
        batch: &[usize],
        runnable: &[(usize, Prepared)],
    ) -> Result<(), Failure> {
        let folder = self.crates().join(self.crate_name(number));
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n\
             [dependencies]\nhotplate-conformance-structs.workspace = true\n\
             hotplate-plugin-api.workspace = true\n\
             hotplate-template-runtime.workspace = true\n",
            self.crate_name(number)
        );
        write(&folder.join("Cargo.toml"), &manifest)?;
        let mut files = BTreeSet::from(["lib.rs".to_owned()]);
        let mut cases = Vec::new();
        for &place in batch {
            let prepared = &runnable[place].1;
            for (layer, rust) in prepared.modules.iter().enumerate() {
                let name = plugin_name(place, layer, Form::Value);
                let file = format!("{}.rs", library::module_name(&name));
                write(&folder.join("src").join(&file), rust)?;
                files.insert(file);
            }
            if let Some(structs) = &prepared.structs {
                let file = library::structs_file(place);
                write(&folder.join("src").join(&file), &structs.rust)?;
                files.insert(file);
            }
            cases.push((place, prepared));
        }
        write(&folder.join("src/lib.rs"), &library::print(&cases))?;
        let sources = folder.join("src");
        let entries = fs::read_dir(&sources)
            .map_err(Failure::at(format!("cannot read {}", sources.display())))?;
        for entry in entries.flatten() {
            if !files.contains(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path()).map_err(Failure::at(format!(
                    "cannot remove {}",
                    entry.path().display()
                )))?;
            }
        }
        Ok(())
    }

    /// Puts a library into a folder of its own, for a host to follow, and beside it the one
    /// with libraries of tags.
    fn keep(&self, library: &Path, tags: Option<&Path>, number: usize) -> Result<PathBuf, Failure> {
        let folder = self.folder.join("libraries").join(number.to_string());
        let shown = folder.display();
        fs::create_dir_all(&folder).map_err(Failure::at(format!("cannot make {shown}")))?;
        let tags = tags.map(|tags| (tags, "tags.so"));
        for (library, name) in [(library, "cases.so")].into_iter().chain(tags) {
            fs::copy(library, folder.join(name))
                .map_err(Failure::at(format!("cannot copy a library to {shown}")))?;
        }
        Ok(folder)
    }
}

/// Writes a file, unless that changes nothing: cargo goes by the time.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(Failure::at(format!("cannot make {}", folder.display())))?;
    }
    fs::write(path, text).map_err(Failure::at(format!("cannot write {}", path.display())))
}

/// The batch that a package is.
fn batch_number(package: &PackageId) -> Option<usize> {
    let (_, rest) = package.repr.rsplit_once(BATCH)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Adds the cases in whose modules an error lies.
fn blame(error: &Diagnostic, blamed: &mut BTreeMap<usize, String>) {
    for span in &error.spans {
        let file = Path::new(&span.file_name).file_stem().unwrap_or_default();
        let place = file.to_str().and_then(|file| file.strip_prefix("case_"));
        let place = place.and_then(|place| place.split('_').next());
        if let Some(place) = place.and_then(|place| place.parse().ok()) {
            let words = || format!("the generated Rust does not compile: {}", error.message);
            blamed.entry(place).or_insert_with(words);
        }
    }
    error.children.iter().for_each(|child| blame(child, blamed));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_does_not_build_takes_no_other_with_it() {
        let empty = "pub static UNITS: [hotplate_plugin_api::UnitDescriptor; 0] = [];";
        let unlinkable = format!(
            "{empty}\n#[link(name = \"there_is_no_such_library\")]\nunsafe extern \"C\" {{}}"
        );
        let rust = [empty, "pub static UNITS: u8 = \"\";", &unlinkable, empty];
        let runnable: Vec<_> = rust.into_iter().map(Prepared::of).enumerate().collect();
        let built = build("test", &[vec![0, 1, 2, 3]], &runnable, None).expect("cargo runs");
        let mut places: Batch = built
            .libraries
            .iter()
            .flat_map(|(_, batch)| batch.clone())
            .collect();
        places.sort_unstable();
        assert_eq!(places, [0, 3]);
        let expected = [
            (
                1,
                "the generated Rust does not compile: mismatched types".to_owned(),
            ),
            (2, "rustc failed without naming a place".to_owned()),
        ];
        assert_eq!(built.refused, expected);
    }

    #[test]
    fn a_package_tells_its_batch() {
        let cases = [
            ("path+file:///x/dev/dev-batch-12#0.0.0", Some(12)),
            (
                "path+file:///x/template-runtime#hotplate-template-runtime@0.1.0",
                None,
            ),
        ];
        for (package, expected) in cases {
            let package = PackageId {
                repr: package.to_owned(),
            };
            assert_eq!(batch_number(&package), expected);
        }
    }
}

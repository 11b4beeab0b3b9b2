//! Units by name, by pattern, and by file and line.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, suggestions};
use crate::host::{Host, UnitInfo};
use crate::snapshot::{SlotId, Snapshot};
use crate::sync::{Mutex, lock};
use crate::unit::LiveUnit;
use crate::watching::dependencies::Dependency;

/// Where the sources of plugins are, as far as the host knows.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<BTreeMap<String, Place>>);

/// Where a plugin's sources are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// What names of templates are relative to.
    pub(crate) templates: Option<PathBuf>,
    /// What paths of Rust sources may be relative to, most likely first.
    pub(crate) sources: Vec<PathBuf>,
}

impl Places {
    pub(crate) fn set(&self, plugin: &str, place: Place) {
        lock(&self.0).insert(plugin.to_owned(), place);
    }

    /// The file that a unit was made from.
    pub(crate) fn file(&self, unit: &LiveUnit) -> Option<PathBuf> {
        let file = PathBuf::from(unit.file());
        let places = lock(&self.0);
        let place = places.get(&**unit.plugin())?;
        if unit.is_of_template() {
            return Some(place.templates.as_ref()?.join(file));
        }
        let paths = place.sources.iter().map(|folder| folder.join(&file));
        let mut paths = paths.collect::<Vec<_>>().into_iter();
        // An absolute path replaces what it is joined to.
        paths.find(|path| path.is_file())
    }
}

/// A unit that depends on another.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependant {
    /// The unit.
    pub unit: UnitInfo,
    /// How it depends on the other; if it does so through others, on the first of those.
    pub dependency: Dependency,
    /// Whether it names the other itself.
    pub is_direct: bool,
    /// The generation in which what it comes to changed last.
    pub generation: u64,
}

impl Host {
    /// A live unit by its plugin and name, such as `index.html/content` or `slugify`. A name
    /// that it had before finds it, too.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// let block = host.unit("site", "index.html/content")?;
    /// println!("{} {} is at line {}", block.kind, block.name, block.line);
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none now; the error suggests similar names.
    pub fn unit(&self, plugin: &str, name: &str) -> Result<UnitInfo, Error> {
        self.shared.check_open()?;
        let snapshot = self.shared.pin();
        let slot = find(&snapshot, plugin, name)?;
        match snapshot.unit(slot) {
            Some(unit) => Ok(self.info(unit)),
            None => Err(Error::removed(format!("{plugin}::{name}"))),
        }
    }

    /// The live units whose plugin and name fit two patterns, in which `*` stands for any
    /// text and `?` for any character, by plugin and name.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// for block in host.units_like("site", "index.html/*") {
    ///     println!("{}", block.name);
    /// }
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn units_like(&self, plugin: &str, name: &str) -> Vec<UnitInfo> {
        let mut units = self.units();
        units.retain(|unit| {
            crate::files::fits(plugin, &unit.plugin) && crate::files::fits(name, &unit.name)
        });
        units
    }

    /// The innermost live unit that contains a line of a file, as the file was when the unit
    /// was built.
    ///
    /// The path may be absolute or, like `templates/index.html` or `index.html`, the end of
    /// one. If several files end like that, the first that has a unit there counts, by
    /// plugin and name.
    ///
    /// # Errors
    ///
    /// If no unit contains the line.
    pub fn unit_at(&self, file: impl AsRef<Path>, line: u32) -> Result<UnitInfo, Error> {
        let file = file.as_ref();
        self.shared.check_open()?;
        let snapshot = self.shared.pin();
        let mut found: Vec<(u32, String, UnitInfo)> = Vec::new();
        let mut files = Vec::new();
        for (_, unit) in snapshot.live() {
            let positions = unit.positions();
            let path = self.shared.places.file(unit);
            let path = path.unwrap_or_else(|| PathBuf::from(&positions.file));
            if !is_end_of(file, &path) {
                continue;
            }
            // Where the end is not known, only the first line counts.
            let end = positions.end_line.max(positions.line);
            if (positions.line..=end).contains(&line) {
                found.push((end - positions.line, unit.path(), self.info(unit)));
            }
            files.push(path);
        }
        // Of units of equal length, the one with the longer name is the inner one.
        found.sort_by(|(a, a_path, _), (b, b_path, _)| {
            (a, b_path.len(), a_path).cmp(&(b, a_path.len(), b_path))
        });
        match found.into_iter().next() {
            Some((_, _, unit)) => Ok(unit),
            None if files.is_empty() => Err(Error::unknown(
                format!("unit made from {}", file.display()),
                Vec::new(),
            )),
            None => Err(Error::unknown(
                format!("unit at line {line} of {}", file.display()),
                Vec::new(),
            )),
        }
    }

    /// The live units that extend, include, contain or call a unit, directly or through others;
    /// direct ones first.
    ///
    /// Names that are written in templates count, also of templates in other plugins. A
    /// template with an `{% include %}` of a variable depends on all templates.
    ///
    /// ```no_run
    /// # let host = hotplate::Host::builder().plugin("plugins/site").start()?;
    /// for page in host.dependants("site", "base.html")? {
    ///     println!("{} {:?} it", page.unit.name, page.dependency);
    /// }
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there never was such a unit; the error suggests similar names.
    pub fn dependants(&self, plugin: &str, unit: &str) -> Result<Vec<Dependant>, Error> {
        self.shared.check_open()?;
        let snapshot = self.shared.pin();
        let slot = snapshot.renames().end(find(&snapshot, plugin, unit)?);
        let dependencies = snapshot.dependencies(&self.shared.defaults.layers);
        let users = dependencies.users(slot).into_iter();
        let users = users.filter(|(user, ..)| !snapshot.renames().is_former(*user));
        let dependants = users.filter_map(|(user, dependency, is_direct)| {
            Some(Dependant {
                unit: self.info(snapshot.unit(user)?),
                dependency,
                is_direct,
                generation: dependencies.meaning(user),
            })
        });
        Ok(dependants.collect())
    }

    fn info(&self, unit: &LiveUnit) -> UnitInfo {
        UnitInfo::new(unit, &self.shared.places)
    }
}

/// The slot of a name of any kind.
fn find(snapshot: &Snapshot, plugin: &str, name: &str) -> Result<SlotId, Error> {
    if let Some(slot) = snapshot.index().slot(plugin, name) {
        return Ok(slot);
    }
    let known = || snapshot.index().plugin_names().map(|name| &**name);
    if !known().any(|known| known == plugin) {
        let what = format!("plugin {plugin}");
        return Err(Error::unknown(what, suggestions(plugin, known())));
    }
    let names = snapshot.plugin_units(plugin);
    let near = suggestions(name, names.map(|unit| &**unit.name()));
    Err(Error::unknown(
        format!("unit {name} in plugin {plugin}"),
        near,
    ))
}

/// Whether `file` is `path`, or the last components of it.
fn is_end_of(file: &Path, path: &Path) -> bool {
    if file.is_absolute() {
        let real = |path: &Path| path.canonicalize();
        return file == path
            || real(file)
                .ok()
                .zip(real(path).ok())
                .is_some_and(|(a, b)| a == b);
    }
    let parts = file.components().filter(|part| *part != Component::CurDir);
    path.ends_with(parts.collect::<PathBuf>())
}

#[cfg(test)]
mod tests {
    use super::is_end_of;
    use std::path::Path;

    #[test]
    fn relative_paths_are_ends_of_whole_components() {
        let check = |file: &str, expected: bool| {
            let path = Path::new("/srv/site/templates/a/index.html");
            assert_eq!(is_end_of(Path::new(file), path), expected, "{file}");
        };
        for file in [
            "index.html",
            "a/index.html",
            "./a/index.html",
            "templates/a/index.html",
        ] {
            check(file, true);
        }
        check("/srv/site/templates/a/index.html", true);
        for file in ["dex.html", "b/index.html", "/index.html", "a"] {
            check(file, false);
        }
    }
}

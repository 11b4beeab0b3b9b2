//! Which directories must be watched so that no change to a root is missed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{PathFilter, is_ignored_name, resolve};

/// What one root, or several, need. All paths are real ones, without links.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Survey {
    /// Directories all of whose entries count, unless their names are ignored.
    pub(super) contents: BTreeSet<PathBuf>,
    /// Directories in which only the landmarks count: those above a root, above a
    /// link, and above what a link leads to. They may be missing.
    pub(super) approaches: BTreeSet<PathBuf>,
    /// Every path whose coming, going or replacement moves a root or what a link
    /// leads to, and the single files that are watched.
    pub(super) landmarks: BTreeSet<PathBuf>,
}

impl Survey {
    /// Looks at everything beneath `root`.
    pub(super) fn of(root: &Path, leave_out: &PathFilter) -> Survey {
        let mut survey = Survey::default();
        survey.follow(root, leave_out);
        survey
    }

    /// Adds what another root needs.
    pub(super) fn include(&mut self, other: &Survey) {
        self.contents.extend(other.contents.iter().cloned());
        self.approaches.extend(other.approaches.iter().cloned());
        self.landmarks.extend(other.landmarks.iter().cloned());
    }

    /// Whether an event about `path` may concern a root.
    pub(super) fn concerns(&self, path: &Path, leave_out: &PathFilter) -> bool {
        if self.landmarks.contains(path) || self.contents.contains(path) {
            return true;
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return false;
        };
        self.contents.contains(parent) && !is_ignored_name(name) && !leave_out(path)
    }

    fn follow(&mut self, path: &Path, leave_out: &PathFilter) {
        let resolved = resolve(path);
        for link in &resolved.links {
            self.mark(link);
        }
        self.mark(&resolved.real);
        if resolved.real.is_dir() {
            self.enter(&resolved.real, leave_out);
        }
    }

    fn mark(&mut self, path: &Path) {
        for ancestor in path.ancestors().skip(1) {
            self.approaches.insert(ancestor.to_path_buf());
        }
        for landmark in path.ancestors() {
            self.landmarks.insert(landmark.to_path_buf());
        }
    }

    fn enter(&mut self, directory: &Path, leave_out: &PathFilter) {
        if !self.contents.insert(directory.to_path_buf()) {
            return;
        }
        let Ok(entries) = fs::read_dir(directory) else {
            return;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if !(kind.is_dir() || kind.is_symlink()) || is_ignored_name(&entry.file_name()) {
                continue;
            }
            let path = entry.path();
            if leave_out(&path) {
                continue;
            }
            if kind.is_dir() {
                self.enter(&path, leave_out);
            } else {
                self.follow(&path, leave_out);
            }
        }
    }
}

/// Names the file system of `path` if changes made by other machines raise no events there.
pub(super) fn silent_file_system(path: &Path) -> Option<&'static str> {
    let kinds: [(u64, &str); 6] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB"),
        (0x0102_1997, "9P"),
        (0x00c3_6400, "Ceph"),
    ];
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let found = rustix::fs::statfs(existing).ok()?;
    let magic = u64::try_from(found.f_type).ok()? & 0xffff_ffff;
    let known = kinds.iter().find(|(kind, _)| *kind == magic);
    known.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::leave_out_nothing;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_survey_names_directories_behind_links_and_above_the_root() {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().canonicalize().unwrap();
        for made in ["root/sub/deep", "root/target", "elsewhere/dir", "files"] {
            fs::create_dir_all(base.join(made)).unwrap();
        }
        fs::write(base.join("files/single"), "x").unwrap();
        symlink("../elsewhere", base.join("root/linked")).unwrap();
        symlink("../files/single", base.join("root/one")).unwrap();
        symlink("../nowhere/x", base.join("root/broken")).unwrap();
        symlink("../..", base.join("root/sub/ring")).unwrap();

        let leave_out = leave_out_nothing();
        let survey = Survey::of(&base.join("root"), &leave_out);
        let watched: Vec<&Path> = survey
            .contents
            .iter()
            .filter_map(|path| path.strip_prefix(&base).ok())
            .collect();
        // The ring leads to `base`, so everything there counts.
        let expected = [
            "",
            "elsewhere",
            "elsewhere/dir",
            "files",
            "root",
            "root/sub",
            "root/sub/deep",
        ];
        assert_eq!(watched, expected.map(Path::new));

        fs::remove_file(base.join("root/sub/ring")).unwrap();
        let survey = Survey::of(&base.join("root"), &leave_out);
        let check = |path: &str, concerns: bool| {
            let path = base.join(path);
            assert_eq!(
                survey.concerns(&path, &leave_out),
                concerns,
                "{}",
                path.display()
            );
        };
        for path in [
            "root",
            "root/new",
            "root/sub/deep/new",
            "elsewhere/dir/new",
            "files/single",
            "files",
            "nowhere",
            "nowhere/x",
            "",
        ] {
            check(path, true);
        }
        for path in [
            "other",
            "files/other",
            "root/a.html~",
            "root/target",
            "nowhere/y",
        ] {
            check(path, false);
        }
        assert!(survey.approaches.contains(Path::new("/")));
        assert!(survey.approaches.contains(&base.join("files")));
        assert!(survey.approaches.contains(&base.join("nowhere")));
    }

    #[test]
    fn a_local_file_system_is_not_silent() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(silent_file_system(&directory.path().join("missing")), None);
    }
}

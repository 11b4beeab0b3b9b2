//! Which watched files changed. Events only say where to look: contents decide.
//!
//! A [`FileTable`] remembers the hash of every file beneath its roots. It has no
//! thread and no clock, and never asks for a modification time: a save within
//! the same clock tick is a change, a save of the same bytes is none.
//!
//! Files are named as seen from their root, through any links on the way, so
//! that a change can be traced to the root it belongs to. Hints may name either
//! that path or the real one behind the links.

mod ignore;
mod links;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

pub(crate) use ignore::{PathFilter, is_ignored_name, leave_out_nothing};
pub(crate) use links::{Resolved, resolve};
pub(crate) use pattern::{fits, path_fits};

/// Directory links that one path may pass through: enough for any real tree,
/// and an end to trees whose links lead to each other.
const MOST_LINKS_ON_A_PATH: usize = 8;

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileChangeKind {
    /// It was not there, or could never be read, before.
    Added,
    /// Its contents differ.
    Modified,
    /// It is gone.
    Removed,
}

/// One file that differs from what the table remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileChange {
    /// The file, as seen from its root; absolute.
    pub(crate) path: PathBuf,
    /// What happened to it.
    pub(crate) kind: FileChangeKind,
}

/// The contents of all files beneath some roots, as hashes.
pub(crate) struct FileTable {
    leave_out: PathFilter,
    roots: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, FileState>,
    /// The roots, and the links beneath them, with where they lead.
    mounts: BTreeMap<PathBuf, Resolved>,
    /// Directories that could not be listed.
    closed: BTreeMap<PathBuf, String>,
}

#[derive(Debug)]
struct FileState {
    /// What was read last; none if the file could never be read.
    hash: Option<blake3::Hash>,
    /// Why the file cannot be read now.
    unreadable: Option<String>,
}

impl FileTable {
    /// An empty table. A path for which `leave_out` says true is skipped, as are
    /// the names that [`is_ignored_name`] knows.
    pub(crate) fn new(leave_out: PathFilter) -> FileTable {
        FileTable {
            leave_out,
            roots: BTreeSet::new(),
            files: BTreeMap::new(),
            mounts: BTreeMap::new(),
            closed: BTreeMap::new(),
        }
    }

    /// Reads everything beneath `roots`, which are the table's roots from now on,
    /// and returns what differs. Files outside all of them are forgotten. A root
    /// may be a file, and may be missing.
    pub(crate) fn scan(&mut self, roots: &[PathBuf]) -> Vec<FileChange> {
        self.roots = roots.iter().map(|root| absolute(root)).collect();
        let mut files = std::mem::take(&mut self.files);
        files.retain(|path, _| self.covers(path));
        self.files = files;
        let mut mounts = std::mem::take(&mut self.mounts);
        mounts.retain(|path, _| self.covers(path));
        self.mounts = mounts;
        self.rescan()
    }

    /// Reads everything beneath the roots again and returns what differs.
    pub(crate) fn rescan(&mut self) -> Vec<FileChange> {
        let roots = self.roots.clone();
        self.refresh_all(roots)
    }

    /// Reads what the hints point at, and returns what differs. A hint may name
    /// a file, a directory, a link, what a link leads to, or a directory above a
    /// root; one that concerns no root is passed over.
    pub(crate) fn check(&mut self, hints: &BTreeSet<PathBuf>) -> Vec<FileChange> {
        let mut subtrees = BTreeSet::new();
        for hint in hints {
            let hint = absolute(hint);
            if self.covers(&hint) {
                subtrees.insert(hint.clone());
            }
            let named = match (hint.parent(), hint.file_name()) {
                (Some(parent), Some(name)) => resolve(parent).real.join(name),
                _ => hint.clone(),
            };
            let target = resolve(&hint).real;
            for (seen, mount) in &self.mounts {
                for real in [&named, &target] {
                    if let Ok(rest) = real.strip_prefix(&mount.real) {
                        let path = if rest.as_os_str().is_empty() {
                            seen.clone()
                        } else {
                            seen.join(rest)
                        };
                        if self.covers(&path) {
                            subtrees.insert(path);
                        }
                    } else if mount.real.starts_with(real)
                        || mount.links.iter().any(|link| link.starts_with(real))
                    {
                        subtrees.insert(seen.clone());
                    }
                }
            }
        }
        self.refresh_all(subtrees)
    }

    /// The number of readable files beneath `root`.
    pub(crate) fn files_under(&self, root: &Path) -> usize {
        let root = absolute(root);
        beneath(&self.files, &root)
            .filter(|(_, state)| state.hash.is_some())
            .count()
    }

    /// Files and directories that exist but could not be read, and why.
    pub(crate) fn unreadable(&self) -> Vec<(PathBuf, String)> {
        let files = self.files.iter().filter_map(|(path, state)| {
            let reason = state.unreadable.clone()?;
            Some((path.clone(), reason))
        });
        let directories = self.closed.iter();
        let directories = directories.map(|(path, reason)| (path.clone(), reason.clone()));
        files.chain(directories).collect()
    }

    /// Whether a file at `path` would belong to a root.
    fn covers(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| {
            let Ok(rest) = path.strip_prefix(root) else {
                return false;
            };
            let mut walked = root.clone();
            rest.iter().all(|name| {
                walked.push(name);
                !is_ignored_name(name) && !(self.leave_out)(&walked)
            })
        })
    }

    fn refresh_all(&mut self, subtrees: BTreeSet<PathBuf>) -> Vec<FileChange> {
        let mut changes = Vec::new();
        let mut last: Option<PathBuf> = None;
        for subtree in subtrees {
            if last.as_ref().is_some_and(|last| subtree.starts_with(last)) {
                continue;
            }
            self.refresh(&subtree, &mut changes);
            last = Some(subtree);
        }
        changes
    }

    /// Reads one subtree and replaces what the table holds beneath it.
    fn refresh(&mut self, subtree: &Path, changes: &mut Vec<FileChange>) {
        let mut found = Found::default();
        // A root may lie in a directory that another root ignores.
        let inner = self.roots.iter().filter(|root| root.starts_with(subtree));
        let mut starts: BTreeSet<PathBuf> = inner.cloned().collect();
        if self.covers(subtree) {
            starts.insert(subtree.to_path_buf());
        }
        for start in &starts {
            self.walk_from(start, &mut found);
        }
        // What lies behind something that could not be listed stays as it was.

        for path in keys_beneath(&self.mounts, subtree) {
            if !found.is_hidden(&path) {
                self.mounts.remove(&path);
            }
        }
        self.mounts.append(&mut found.mounts);

        for path in keys_beneath(&self.files, subtree) {
            if found.files.contains_key(&path) || found.is_hidden(&path) {
                continue;
            }
            if self
                .files
                .remove(&path)
                .is_some_and(|state| state.hash.is_some())
            {
                changes.push(FileChange {
                    path,
                    kind: FileChangeKind::Removed,
                });
            }
        }
        for (path, content) in std::mem::take(&mut found.files) {
            let state = self.files.entry(path.clone()).or_insert(FileState {
                hash: None,
                unreadable: None,
            });
            match content {
                Ok(hash) => {
                    let kind = match state.hash {
                        None => Some(FileChangeKind::Added),
                        Some(known) if known != hash => Some(FileChangeKind::Modified),
                        Some(_) => None,
                    };
                    *state = FileState {
                        hash: Some(hash),
                        unreadable: None,
                    };
                    changes.extend(kind.map(|kind| FileChange { path, kind }));
                }
                Err(reason) => state.unreadable = Some(reason),
            }
        }

        for path in keys_beneath(&self.closed, subtree) {
            self.closed.remove(&path);
        }
        self.closed.append(&mut found.closed);
    }

    fn walk_from(&self, start: &Path, found: &mut Found) {
        let mut way = Way::default();
        let root = self.roots.iter().find(|root| start.starts_with(root));
        for ancestor in start.ancestors().skip(1) {
            if root.is_none_or(|root| !ancestor.starts_with(root)) {
                break;
            }
            if let Ok(metadata) = fs::metadata(ancestor) {
                way.directories.push(identity(&metadata));
            }
            let is_link = fs::symlink_metadata(ancestor).is_ok_and(|found| found.is_symlink());
            way.links += usize::from(is_link);
        }
        if self.roots.contains(start) {
            found.mounts.insert(start.to_path_buf(), resolve(start));
        }
        self.walk(start, &mut way, found);
    }

    fn walk(&self, path: &Path, way: &mut Way, found: &mut Found) {
        let is_link = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.is_symlink(),
            Err(error) => return found.refused(path, &error),
        };
        if is_link {
            found.mounts.insert(path.to_path_buf(), resolve(path));
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return found.refused(path, &error),
        };
        if metadata.is_file() {
            match hash_file(path) {
                Ok(Some(hash)) => {
                    found.files.insert(path.to_path_buf(), Ok(hash));
                }
                Ok(None) => {}
                Err(error) => {
                    found
                        .files
                        .insert(path.to_path_buf(), Err(error.to_string()));
                }
            }
        } else if metadata.is_dir() {
            let links = way.links + usize::from(is_link);
            let identity = identity(&metadata);
            if links > MOST_LINKS_ON_A_PATH || way.directories.contains(&identity) {
                return;
            }
            let outer_links = std::mem::replace(&mut way.links, links);
            way.directories.push(identity);
            self.walk_directory(path, way, found);
            way.directories.pop();
            way.links = outer_links;
        }
    }

    fn walk_directory(&self, directory: &Path, way: &mut Way, found: &mut Found) {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return found.refused(directory, &error),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return found.refused(directory, &error),
            };
            let path = entry.path();
            if !is_ignored_name(&entry.file_name()) && !(self.leave_out)(&path) {
                self.walk(&path, way, found);
            }
        }
    }
}

/// The directories from a root down to where a walk stands.
#[derive(Default)]
struct Way {
    /// Their device and inode numbers: meeting one again means a ring of links.
    directories: Vec<(u64, u64)>,
    links: usize,
}

/// What a walk met.
#[derive(Default)]
struct Found {
    files: BTreeMap<PathBuf, Result<blake3::Hash, String>>,
    mounts: BTreeMap<PathBuf, Resolved>,
    closed: BTreeMap<PathBuf, String>,
}

impl Found {
    /// Notes a path that could not be looked at. What is gone is simply not found.
    fn refused(&mut self, path: &Path, error: &io::Error) {
        let gone = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        let ring = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
        if !gone.contains(&error.kind()) && !ring {
            self.closed.insert(path.to_path_buf(), error.to_string());
        }
    }

    /// Whether `path` may still exist behind something that could not be read.
    fn is_hidden(&self, path: &Path) -> bool {
        path.ancestors()
            .any(|ancestor| self.closed.contains_key(ancestor))
    }
}

/// Hashes a regular file. `None`: it is gone by now, or became something else.
fn hash_file(path: &Path) -> io::Result<Option<blake3::Hash>> {
    // Not to hang on a FIFO that took the file's place since it was looked at.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    hash_contents(&file).map(Some)
}

fn hash_contents(file: &File) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize())
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The entries at and beneath a path; paths are ordered by component, so they are neighbours.
fn beneath<'a, T>(
    map: &'a BTreeMap<PathBuf, T>,
    path: &'a Path,
) -> impl Iterator<Item = (&'a PathBuf, &'a T)> {
    map.range(path.to_path_buf()..)
        .take_while(move |(key, _)| key.starts_with(path))
}

fn keys_beneath<T>(map: &BTreeMap<PathBuf, T>, path: &Path) -> Vec<PathBuf> {
    beneath(map, path).map(|(key, _)| key.clone()).collect()
}

#[cfg(test)]
mod tests;

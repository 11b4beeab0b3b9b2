//! Built libraries, kept from one run to the next.
//!
//! A file is found by a [`CacheKey`], the hash of everything it was made from, so an edit
//! that is undone finds what was built before it. Several hosts may use one directory:
//! every library is written under another name and renamed when it is whole, and its name
//! carries the hash of its contents. What does not match that hash is removed, and was
//! never there.
//!
//! ```text
//! DIRECTORY/7/7c…e0-41…9b.so     a library: its key, and the hash of its contents
//! DIRECTORY/new-…                being written, and locked by who writes it
//! DIRECTORY/lock                 held by the host that looks for what has to go
//! ```

mod key;
mod writer;

use std::error::Error;
use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::artifact::ArtifactHash;

pub(crate) use key::CacheKey;
pub(crate) use writer::{CacheQueue, CacheWriter, NewLibrary};

const TEMPORARY: &str = "new-";
const LOCK: &str = "lock";

/// How old a file that was never finished must be to be removed, on top of its writer
/// having let go of it: not every file system has locks.
const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);

const CHUNK: usize = 256 << 10;

/// Why a cache refuses a directory or a file; found within an [`io::Error`].
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum CacheError {
    /// Others may put files where they would be taken for the cache's own.
    Untrusted { path: PathBuf, why: &'static str },
    /// It would take more room than there is.
    TooLarge { size: u64, limit: u64 },
    /// What should be a library is not a file.
    NotAFile { path: PathBuf },
    /// The library was written to while it was copied.
    Changing { path: PathBuf },
}

impl fmt::Display for CacheError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheError::Untrusted { path, why } => {
                write!(
                    formatter,
                    "the cache {} is not trusted: {why}",
                    path.display()
                )
            }
            CacheError::TooLarge { size, limit } => {
                write!(formatter, "{size} bytes do not fit into a cache of {limit}")
            }
            CacheError::NotAFile { path } => {
                write!(formatter, "{} is not a file", path.display())
            }
            CacheError::Changing { path } => {
                write!(formatter, "{} changed while it was copied", path.display())
            }
        }
    }
}

impl Error for CacheError {}

impl From<CacheError> for io::Error {
    fn from(error: CacheError) -> io::Error {
        let kind = match error {
            CacheError::Untrusted { .. } => io::ErrorKind::PermissionDenied,
            CacheError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            CacheError::NotAFile { .. } => io::ErrorKind::InvalidInput,
            CacheError::Changing { .. } => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// A bounded directory of files that can be made again.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Without links, so that nobody can lead it elsewhere later.
    directory: PathBuf,
    limit: u64,
}

/// A library that was found. Its contents are not checked yet: copy it, and
/// [`confirm`](Self::confirm) the hash of the copy.
#[derive(Debug)]
#[must_use = "its contents are to be confirmed"]
pub(crate) struct CachedLibrary {
    path: PathBuf,
    hash: ArtifactHash,
}

impl CachedLibrary {
    /// Where it is. Another host may remove it at any time.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a copy with this hash is what was put there. If it is not, the library
    /// leaves the cache.
    pub(crate) fn confirm(self, copy: ArtifactHash) -> bool {
        let equal = self.hash == copy;
        if !equal {
            self.discard();
        }
        equal
    }

    /// Takes the library out of the cache.
    pub(crate) fn discard(self) {
        // If it stays, it is found and refused again.
        let _ = fs::remove_file(&self.path);
    }
}

impl Cache {
    /// Opens a cache of at most `limit` bytes, making its directory if there is none, and
    /// clears what writers that were killed have left.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made, or is one that others can write to: then the error
    /// holds a [`CacheError::Untrusted`].
    pub(crate) fn open(directory: &Path, limit: u64) -> io::Result<Cache> {
        let named = |error: io::Error| {
            let message = format!("cannot use {} as a cache: {error}", directory.display());
            io::Error::new(error.kind(), message)
        };
        make_directory(directory).map_err(named)?;
        let directory = fs::canonicalize(directory).map_err(named)?;
        check_trusted(&directory)?;
        clear_leftovers(&directory);
        Ok(Cache {
            shared: Arc::new(Shared { directory, limit }),
        })
    }

    /// The library that was put under this key, which now is the one used last.
    pub(crate) fn get(&self, key: &CacheKey) -> Option<CachedLibrary> {
        check_trusted(&self.shared.directory).ok()?;
        let mut latest: Option<(SystemTime, CachedLibrary)> = None;
        for entry in fs::read_dir(self.shelf(key)).ok()?.flatten() {
            let name = entry.file_name();
            let Some(hash) = name.to_str().and_then(|name| hash_in_name(name, key)) else {
                continue;
            };
            let path = entry.path();
            let library = CachedLibrary { path, hash };
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if !is_own_file(&metadata) {
                library.discard();
                continue;
            }
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if latest.as_ref().is_none_or(|(other, _)| *other < used) {
                latest = Some((used, library));
            }
        }
        let (_, library) = latest?;
        let file = open_file(&library.path).ok()?;
        mark_used(&file);
        Some(library)
    }

    /// Keeps a copy of a library, and removes those used least recently until all fit.
    ///
    /// The library must not be written to meanwhile: give the artifact, not the file that
    /// cargo may replace. There is nothing to undo after an error.
    ///
    /// # Errors
    ///
    /// If the library is larger than the whole cache, is written to, or cannot be copied.
    pub(crate) fn put(&self, key: &CacheKey, library: &Path) -> io::Result<()> {
        let mut source = open_file(library)?;
        let before = source.metadata()?;
        if !before.is_file() {
            let path = library.to_path_buf();
            return Err(CacheError::NotAFile { path }.into());
        }
        let (size, limit) = (before.len(), self.shared.limit);
        if size > limit {
            return Err(CacheError::TooLarge { size, limit }.into());
        }
        let mut temporary = self.temporary()?;
        let (hash, size) = copy(&mut source, temporary.as_file_mut(), before.len())?;
        let after = source.metadata()?;
        let modified = |found: &Metadata| (found.len(), found.mtime(), found.mtime_nsec());
        if size != before.len() || modified(&before) != modified(&after) {
            let path = library.to_path_buf();
            return Err(CacheError::Changing { path }.into());
        }
        self.finish(key, temporary, &format!("{key}-{}.so", hash.to_hex()))
    }

    /// The directory of a key's files: one of sixteen, so that a search reads few names.
    fn shelf(&self, key: &CacheKey) -> PathBuf {
        self.shared.directory.join(&key.to_string()[..1])
    }

    /// A file to write to, removed on drop.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let directory = &self.shared.directory;
        // Somebody may have cleared the cache by removing its directory.
        make_directory(directory)?;
        check_trusted(directory)?;
        let temporary = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(directory)?;
        // Without locks, as on some network file systems, age alone protects the file.
        let _ = temporary.as_file().try_lock();
        Ok(temporary)
    }

    /// Gives a written file its name. It is not synced: should the machine lose power, a
    /// file with a hole does not match its hash.
    fn finish(&self, key: &CacheKey, temporary: NamedTempFile, name: &str) -> io::Result<()> {
        let shelf = self.shelf(key);
        make_directory(&shelf)?;
        let path = shelf.join(name);
        temporary.persist(&path)?;
        self.shrink(&path);
        Ok(())
    }

    /// Removes the files used least recently until the others fit, but never `newest`. If
    /// another host, or thread, is at it, that is left to it, or else to the next put.
    fn shrink(&self, newest: &Path) {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.shared.directory.join(LOCK));
        match lock.as_ref().map(File::try_lock) {
            Ok(Err(fs::TryLockError::WouldBlock)) => return,
            // Without locks two hosts may scan at once, and then remove more than needed.
            Ok(Ok(()) | Err(fs::TryLockError::Error(_))) | Err(_) => {}
        }
        let mut files = self.files();
        let mut total: u64 = files.iter().map(|file| file.size).sum();
        files.sort_unstable_by(|one, two| (one.used, &one.path).cmp(&(two.used, &two.path)));
        for file in files.iter().filter(|file| file.path != newest) {
            if total <= self.shared.limit {
                break;
            }
            match fs::remove_file(&file.path) {
                Ok(()) => total -= file.size,
                Err(error) if error.kind() == io::ErrorKind::NotFound => total -= file.size,
                Err(_) => {}
            }
        }
    }

    /// All finished files, without what is not the cache's own.
    fn files(&self) -> Vec<StoredFile> {
        let shelves = (0..16).map(|digit| self.shared.directory.join(format!("{digit:x}")));
        let entries = shelves
            .filter_map(|shelf| fs::read_dir(shelf).ok())
            .flatten();
        let files = entries.flatten().filter_map(|entry| {
            split_library_name(entry.file_name().to_str()?)?;
            // A file that is gone meanwhile takes no room.
            let metadata = entry.metadata().ok()?;
            Some(StoredFile {
                used: metadata.modified().ok()?,
                path: entry.path(),
                size: metadata.len(),
            })
        });
        files.collect()
    }
}

/// A finished file, as far as it matters for which one has to go.
struct StoredFile {
    used: SystemTime,
    path: PathBuf,
    size: u64,
}

/// The hash of contents in the name of a library with this key.
fn hash_in_name(name: &str, key: &CacheKey) -> Option<ArtifactHash> {
    let (found, hash) = split_library_name(name)?;
    (found == *key).then_some(hash)
}

fn split_library_name(name: &str) -> Option<(CacheKey, ArtifactHash)> {
    let (key, hash) = name.strip_suffix(".so")?.split_once('-')?;
    let hash = blake3::Hash::from_hex(hash).ok()?;
    Some((CacheKey::parse(key)?, hash.into()))
}

/// Makes a directory that only this user may enter, unless there is one already.
fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

fn check_trusted(directory: &Path) -> io::Result<()> {
    let metadata = fs::metadata(directory)?;
    let why = if metadata.uid() != rustix::process::geteuid().as_raw() {
        "it belongs to another user"
    } else if metadata.mode() & 0o022 != 0 {
        "other users may write to it"
    } else {
        return Ok(());
    };
    let path = directory.to_path_buf();
    Err(CacheError::Untrusted { path, why }.into())
}

fn is_own_file(metadata: &Metadata) -> bool {
    metadata.is_file()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o022 == 0
}

/// Opens a file without following a link or waiting for the other end of a FIFO.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Refreshes a file's age. In a cache that cannot be written to, ages do not matter.
fn mark_used(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

/// Copies to the end, but not much more than `most` bytes, hashing what is written.
fn copy(
    source: &mut impl Read,
    target: &mut impl Write,
    most: u64,
) -> io::Result<(blake3::Hash, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    while size <= most {
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&chunk[..count]);
        target.write_all(&chunk[..count])?;
        size += count as u64;
    }
    Ok((hasher.finalize(), size))
}

/// Removes files that were being written when their writer was killed.
fn clear_leftovers(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_temporary = name
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY));
        if is_temporary && is_abandoned(&entry.path()) {
            // What cannot be removed is tried again by the next host.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file is old and nobody holds its lock.
fn is_abandoned(path: &Path) -> bool {
    let Ok(file) = open_file(path) else {
        return false;
    };
    let is_old = |metadata: Metadata| {
        let age = metadata
            .modified()
            .ok()
            .and_then(|time| time.elapsed().ok());
        is_own_file(&metadata) && age.is_some_and(|age| age > LEFTOVER_AGE)
    };
    file.metadata().is_ok_and(is_old) && file.try_lock().is_ok()
}

#[cfg(test)]
mod tests;

//! Artifacts on disk: private, immutable copies of built libraries.
//!
//! A library is never loaded from where cargo or anyone else put it: that file
//! may be overwritten while it is mapped, and loading the same inode again gives
//! the old image. Every candidate is copied to a fresh inode under a name that
//! was never used before, in a directory that only this user can enter, and the
//! hash is that of the bytes that were copied.

mod leftovers;

use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, StatVfsMountFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use leftovers::{clear_leftovers, is_private, start_time};

/// How the directories of all hosts start; process number and start time follow.
const PREFIX: &str = "hotplate-artifacts-";

/// Larger files are not plugins.
const LARGEST: u64 = 1 << 30;

const CHUNK: usize = 256 << 10;

/// Another cargo that links at this moment makes the file vanish for some
/// milliseconds, and one that copies it there makes it change.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The BLAKE3 hash of an artifact's bytes.
///
/// Displays as twelve hexadecimal digits, enough to tell artifacts apart; with
/// `{:#}`, and in debug output, as all 64. [`LINKED`](Self::LINKED) displays as `linked`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactHash([u8; 32]);

impl ArtifactHash {
    /// Stands in place of a hash where code was not loaded, but is part of the program:
    /// that of plugins given to [`Builder::linked`](crate::Builder::linked).
    pub const LINKED: Self = Self([0; 32]);

    /// Whether this is [`LINKED`](Self::LINKED).
    pub fn is_linked(&self) -> bool {
        *self == Self::LINKED
    }

    /// The whole hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<blake3::Hash> for ArtifactHash {
    fn from(hash: blake3::Hash) -> ArtifactHash {
        ArtifactHash(*hash.as_bytes())
    }
}

impl fmt::Display for ArtifactHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_linked() {
            return formatter.write_str("linked");
        }
        let shown = if formatter.alternate() { 32 } else { 6 };
        self.0
            .iter()
            .take(shown)
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ArtifactHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:#}")
    }
}

/// Why a library was not taken in.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum ArtifactError {
    /// A step on a file or directory failed.
    Io {
        /// What was to be done, such as "copy".
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The path leads to something other than a file.
    NotAFile { path: PathBuf, what: &'static str },
    /// Anyone may have put the file, or a link to it, there.
    Untrusted { path: PathBuf, why: &'static str },
    /// The file is too large for a plugin.
    TooLarge { path: PathBuf, size: u64 },
    /// The file was written to while it was copied.
    Changing { path: PathBuf },
    /// Libraries cannot be loaded from the directory for artifacts.
    NoExecution { path: PathBuf },
}

impl ArtifactError {
    fn may_pass(&self) -> bool {
        match self {
            ArtifactError::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
            ArtifactError::Changing { .. } => true,
            _ => false,
        }
    }
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArtifactError::Io { doing, path, .. } => {
                write!(formatter, "cannot {doing} {}", path.display())
            }
            ArtifactError::NotAFile { path, what } => {
                write!(formatter, "{} is {what}, not a library", path.display())
            }
            ArtifactError::Untrusted { path, why } => {
                write!(formatter, "{} is not trusted: {why}", path.display())
            }
            ArtifactError::TooLarge { path, size } => write!(
                formatter,
                "{} has {size} bytes, more than a plugin may have ({LARGEST})",
                path.display()
            ),
            ArtifactError::Changing { path } => {
                write!(formatter, "{} changed while it was copied", path.display())
            }
            ArtifactError::NoExecution { path } => write!(
                formatter,
                "{} is on a file system mounted noexec; set TMPDIR to a directory from which \
                 libraries can be loaded",
                path.display()
            ),
        }
    }
}

impl Error for ArtifactError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ArtifactError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArtifactError {
    let path = path.to_path_buf();
    move |source| ArtifactError::Io {
        doing,
        path,
        source,
    }
}

/// A private directory of artifacts, removed when the store and every artifact are gone.
#[derive(Debug)]
pub(crate) struct ArtifactStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    counter: AtomicU64,
    directory: TempDir,
    /// Locked as long as the process lives, which tells the directory from a leftover.
    _lock: File,
}

/// A copied library. Its file is removed on drop; what is mapped of it stays.
#[derive(Debug)]
pub(crate) struct Artifact {
    path: PathBuf,
    hash: ArtifactHash,
    _store: Arc<Shared>,
}

impl Artifact {
    /// The copy.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The hash of the copy's bytes.
    pub(crate) fn hash(&self) -> ArtifactHash {
        self.hash
    }
}

impl Drop for Artifact {
    fn drop(&mut self) {
        // What cannot be removed now goes with the directory.
        let _ = fs::remove_file(&self.path);
    }
}

impl ArtifactStore {
    /// Makes a directory among the system's temporary files, after clearing those
    /// there whose process is gone.
    pub(crate) fn new() -> Result<ArtifactStore, ArtifactError> {
        ArtifactStore::new_in(&std::env::temp_dir())
    }

    fn new_in(base: &Path) -> Result<ArtifactStore, ArtifactError> {
        clear_leftovers(base);
        let own = std::process::id();
        let started = start_time(own).unwrap_or(0);
        let directory = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{own}-{started}-"))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)
            .map_err(failed("make a directory in", base))?;
        let path = directory.path();
        let lock = File::open(path).map_err(failed("open", path))?;
        let metadata = lock.metadata().map_err(failed("look at", path))?;
        if !is_private(&metadata) {
            return Err(ArtifactError::Untrusted {
                path: path.to_path_buf(),
                why: "other users may enter it",
            });
        }
        // Without locks, as on some network file systems, leftovers stay.
        let _ = lock.try_lock();
        if rustix::fs::statvfs(path)
            .is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
        {
            return Err(ArtifactError::NoExecution {
                path: path.to_path_buf(),
            });
        }
        Ok(ArtifactStore {
            shared: Arc::new(Shared {
                counter: AtomicU64::new(0),
                directory,
                _lock: lock,
            }),
        })
    }

    /// Where the artifacts are.
    pub(crate) fn directory(&self) -> &Path {
        self.shared.directory.path()
    }

    /// Copies the library at `source`. On failure nothing is left of the copy. One
    /// that is missing or being written to is looked at again for a moment.
    pub(crate) fn admit(&self, plugin: &str, source: &Path) -> Result<Artifact, ArtifactError> {
        let mut attempt = 1;
        loop {
            match self.admit_now(plugin, source) {
                Err(error) if error.may_pass() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
            thread::park_timeout(PAUSE);
        }
    }

    fn admit_now(&self, plugin: &str, source: &Path) -> Result<Artifact, ArtifactError> {
        let mut file = open_source(source)?;
        let before = file.metadata().map_err(failed("look at", source))?;
        if before.len() > LARGEST {
            return Err(ArtifactError::TooLarge {
                path: source.to_path_buf(),
                size: before.len(),
            });
        }
        let path = self.next_path(plugin);
        let target = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed("create", &path))?;
        // From here on, dropping the artifact removes the file.
        let mut artifact = Artifact {
            path,
            hash: ArtifactHash([0; 32]),
            _store: Arc::clone(&self.shared),
        };
        let (hash, size) = copy(&mut file, source, &target, &artifact.path)?;
        let after = file.metadata().map_err(failed("look at", source))?;
        let same = |one: &fs::Metadata, two: &fs::Metadata| {
            (one.len(), one.mtime(), one.mtime_nsec()) == (two.len(), two.mtime(), two.mtime_nsec())
        };
        if size != before.len() || !same(&before, &after) {
            return Err(ArtifactError::Changing {
                path: source.to_path_buf(),
            });
        }
        target
            .set_permissions(Permissions::from_mode(0o500))
            .map_err(failed("protect", &artifact.path))?;
        artifact.hash = hash;
        Ok(artifact)
    }

    /// A name that no artifact of this store had before.
    fn next_path(&self, plugin: &str) -> PathBuf {
        // Relaxed: the number only has to be another one for each call.
        let number = self.shared.counter.fetch_add(1, Ordering::Relaxed);
        let plugin: String = plugin
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '_'
                }
            })
            .take(64)
            .collect();
        self.directory().join(format!("{plugin}-{number:08}.so"))
    }
}

/// Opens a regular file, without waiting for the other end of a FIFO and without
/// following a link that anyone may have put there.
fn open_source(source: &Path) -> Result<File, ArtifactError> {
    let untrusted = |why| ArtifactError::Untrusted {
        path: source.to_path_buf(),
        why,
    };
    let mut path = source.to_path_buf();
    let mut links = 0;
    let file = loop {
        if is_world_writable(&path) {
            return Err(untrusted(match links {
                0 => "every user may write to its directory",
                _ => "it is a link into a directory that every user may write to",
            }));
        }
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        match OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(&path)
        {
            Ok(file) => break file,
            Err(error)
                if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) && links < 40 =>
            {
                let target = fs::read_link(&path).map_err(failed("follow", &path))?;
                path = path.parent().unwrap_or(Path::new("")).join(target);
                links += 1;
            }
            // Opening a socket, or a device without a driver.
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                return Err(ArtifactError::NotAFile {
                    path: source.to_path_buf(),
                    what: "a socket or a device",
                });
            }
            Err(error) => return Err(failed("open", source)(error)),
        }
    };
    let kind = file
        .metadata()
        .map_err(failed("look at", source))?
        .file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(ArtifactError::NotAFile {
        path: source.to_path_buf(),
        what: if kind.is_dir() {
            "a directory"
        } else if kind.is_fifo() {
            "a FIFO"
        } else {
            "a device"
        },
    })
}

fn is_world_writable(path: &Path) -> bool {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return false,
    };
    fs::metadata(parent).is_ok_and(|found| found.mode() & 0o002 != 0)
}

/// Copies to the end, hashing what is written. An empty tail of the source that
/// appears meanwhile counts as a change.
fn copy(
    source: &mut File,
    source_path: &Path,
    mut target: &File,
    target_path: &Path,
) -> Result<(ArtifactHash, u64), ArtifactError> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed("read", source_path)(error)),
        };
        hasher.update(&chunk[..count]);
        target
            .write_all(&chunk[..count])
            .map_err(failed("write", target_path))?;
        size += count as u64;
        if size > LARGEST {
            return Err(ArtifactError::TooLarge {
                path: source_path.to_path_buf(),
                size,
            });
        }
    }
    Ok((hasher.finalize().into(), size))
}

#[cfg(test)]
mod tests;

//! Writing a file so that a crash at any point leaves the old or the new content.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

/// Why a file was not written. What it had it still has.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Its content is not the expected one.
    Changed,
    /// Nobody may write to it.
    ReadOnly(PathBuf),
    /// Another process is committing to it.
    Busy,
    /// The system refused.
    System(PathBuf, io::Error),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("the file was changed since the patch was made"),
            Self::ReadOnly(path) => write!(f, "{} is read-only", path.display()),
            Self::Busy => f.write_str("another process is writing the file"),
            Self::System(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

/// Replaces a file's content, or removes the file if there is no text, provided that it has
/// the `expected` content now; none means that there is no file.
///
/// The text goes to a file beside it first, which then takes its name: in one step, with
/// the same mode, and reaching the disk before this returns. Through links, the file that
/// they lead to is replaced.
pub(crate) fn commit(
    path: &Path,
    expected: Option<&str>,
    text: Option<&str>,
) -> Result<(), CommitError> {
    let refused = |error| CommitError::System(path.to_owned(), error);
    let Some(text) = text else {
        check(path, expected)?;
        let folder = writable_folder(path)?;
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(error)),
            _ => sync(&folder),
        };
    };
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(refused(error)),
    };
    check(&path, expected)?;
    let folder = writable_folder(&path)?;
    let mode = match fs::metadata(&path) {
        Ok(metadata) if metadata.mode() & WRITABLE == 0 => return Err(CommitError::ReadOnly(path)),
        Ok(metadata) => Some(metadata),
        Err(_) => None,
    };
    let temporary = Temporary::beside(&path, &folder)?;
    let written = temporary.fill(text, mode.as_ref());
    // The shorter the time between this look and the renaming, the better.
    let ready = written.and_then(|()| check(&path, expected));
    if let Err(error) = ready.and_then(|()| temporary.rename(&path)) {
        // What cannot be removed is used again by the next commit.
        let _ = fs::remove_file(&temporary.path);
        return Err(error);
    }
    sync(&folder)
}

/// The bits of a mode that let anybody write.
const WRITABLE: u32 = 0o222;

fn check(path: &Path, expected: Option<&str>) -> Result<(), CommitError> {
    let found = match fs::read(path) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(CommitError::System(path.to_owned(), error)),
    };
    if found.as_deref() == expected.map(str::as_bytes) {
        Ok(())
    } else {
        Err(CommitError::Changed)
    }
}

fn writable_folder(path: &Path) -> Result<PathBuf, CommitError> {
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    match fs::metadata(&folder) {
        Ok(metadata) if metadata.mode() & WRITABLE == 0 => Err(CommitError::ReadOnly(folder)),
        Ok(_) => Ok(folder),
        Err(error) => Err(CommitError::System(folder, error)),
    }
}

/// Makes a renaming last.
fn sync(folder: &Path) -> Result<(), CommitError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| CommitError::System(folder.to_owned(), error))
}

/// The file beside the one that is replaced. One that a crash has left is used again.
struct Temporary {
    path: PathBuf,
    /// Locked, so that two processes do not write to it together.
    file: File,
}

impl Temporary {
    fn beside(path: &Path, folder: &Path) -> Result<Self, CommitError> {
        // No longer than any name may be, and of a kind that watchers pass over.
        let name = path.file_name().unwrap_or_default();
        let hash = blake3::hash(name.as_bytes()).to_hex();
        let temporary = folder.join(OsString::from(format!(".hotplate-{}~", &hash[..16])));
        let refused = |error| CommitError::System(temporary.clone(), error);
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(flags)
            .open(&temporary)
            .map_err(refused)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(CommitError::Busy),
            Err(error) => return Err(refused(error.into())),
        }
        // Whoever held the lock before may have renamed or removed what was opened.
        let opened = file.metadata().map_err(refused)?;
        let found = fs::symlink_metadata(&temporary).map_err(|_| CommitError::Busy)?;
        if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
            return Err(CommitError::Busy);
        }
        Ok(Self {
            path: temporary,
            file,
        })
    }

    fn fill(&self, text: &str, like: Option<&fs::Metadata>) -> Result<(), CommitError> {
        let write = || {
            self.file.set_len(0)?;
            (&self.file).write_all(text.as_bytes())?;
            if let Some(like) = like {
                // Not everybody may give files away; the mode counts more.
                let _ = fchown(&self.file, Some(like.uid()), Some(like.gid()));
                self.file.set_permissions(like.permissions())?;
            } else {
                self.file.set_permissions(Permissions::from_mode(0o644))?;
            }
            self.file.sync_all()
        };
        write().map_err(|error| CommitError::System(self.path.clone(), error))
    }

    fn rename(&self, to: &Path) -> Result<(), CommitError> {
        fs::rename(&self.path, to).map_err(|error| CommitError::System(to.to_owned(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_commit_keeps_mode_and_link_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        commit(&link, Some("old"), Some("new")).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["link", "real"]);

        commit(&real, Some("new"), None).unwrap();
        assert_eq!(names(folder.path()), ["link"]);
        commit(&real, None, Some("again")).unwrap();
        assert_eq!(fs::read_to_string(&link).unwrap(), "again");
    }

    #[test]
    fn a_commit_that_is_refused_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "theirs").unwrap();
        let check = |expected: Option<&str>, message: &str| {
            let error = commit(&file, expected, Some("ours")).unwrap_err();
            assert!(error.to_string().ends_with(message), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
            assert_eq!(names(folder.path()), ["file"]);
        };
        check(Some("old"), "changed since the patch was made");
        check(None, "changed since the patch was made");
        fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
        check(Some("theirs"), "file is read-only");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
        check(Some("theirs"), "is read-only");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn two_processes_do_not_write_together() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        let held = Temporary::beside(&file, folder.path()).unwrap();
        let error = commit(&file, Some("old"), Some("new")).unwrap_err();
        assert!(matches!(error, CommitError::Busy), "{error}");
        drop(held);
        commit(&file, Some("old"), Some("new")).unwrap();
    }

    /// Names the file to a child process that commits to it until it is killed.
    const VICTIM: &str = "HOTPLATE_TEST_COMMITS_TO";
    const ROUNDS: u32 = 200;

    /// Long enough to be written in several steps.
    fn version(number: u64) -> String {
        format!("{number}\n").repeat(20_000)
    }

    #[expect(clippy::print_stdout, reason = "the parent waits for it")]
    fn commit_until_killed(file: &Path) {
        let mut number = 0;
        loop {
            let old = fs::read_to_string(file).unwrap();
            number += 1;
            commit(file, Some(&old), Some(&version(number))).unwrap();
            if number == 1 {
                println!("\ncommitting");
            }
        }
    }

    #[test]
    fn a_kill_at_any_point_leaves_the_old_or_the_new_file() {
        if let Some(file) = std::env::var_os(VICTIM) {
            return commit_until_killed(Path::new(&file));
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, version(0)).unwrap();
        let test = "recoder::commit::tests::a_kill_at_any_point_leaves_the_old_or_the_new_file";
        let mut seed = 0x9e37_79b9_u32;
        let mut interrupted = 0;
        for round in 0..ROUNDS {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test, "--nocapture"])
                .env(VICTIM, &file)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut lines = lines.map_while(Result::ok);
            assert!(lines.any(|line| line == "committing"), "round {round}");
            // Some other moment of a commit each time, and no clock to wait for.
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            for _ in 0..seed >> 14 {
                std::hint::spin_loop();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let found = fs::read_to_string(&file).unwrap();
            let number = found.lines().next().unwrap().parse().unwrap();
            assert!(found == version(number), "a mixture in round {round}");
            let left = names(folder.path());
            interrupted += u32::from(left.len() > 1);
            assert!(left.len() <= 2, "{left:?}");
        }
        assert!(interrupted > 0, "no kill came within a commit");
        // What the last kill may have left does not stand in the way.
        let old = fs::read_to_string(&file).unwrap();
        commit(&file, Some(&old), Some("after")).unwrap();
        assert_eq!(names(folder.path()), ["file"]);
    }
}

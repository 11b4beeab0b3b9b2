//! Directories of hosts that ended without clearing up, killed perhaps.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::PREFIX;

/// Removes directories of stores whose process ended without doing so. Anything
/// that is not certainly such a directory stays.
pub(super) fn clear_leftovers(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if owner.is_some_and(is_gone) && is_abandoned(&entry.path()) {
            // Whatever cannot be removed is tried again by the next host.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the process that a directory's name tells of has ended. One with the
/// same number but another start time is another process.
fn is_gone(owner: &str) -> bool {
    let mut parts = owner.split('-');
    let number = parts.next().and_then(|part| part.parse::<u32>().ok());
    let started = parts.next().and_then(|part| part.parse::<u64>().ok());
    let (Some(number), Some(started)) = (number, started) else {
        return false;
    };
    match start_time(number) {
        Some(time) => time != started,
        None => {
            Path::new("/proc/self/stat").exists() && !Path::new(&format!("/proc/{number}")).exists()
        }
    }
}

/// Whether a directory is this user's own and nobody holds its lock: a process in
/// another container is not seen in `/proc`, but its lock is.
fn is_abandoned(directory: &Path) -> bool {
    let is_private_directory =
        fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir() && is_private(&found));
    let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY).bits().cast_signed();
    is_private_directory
        && OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(directory)
            .is_ok_and(|opened| opened.try_lock().is_ok())
}

pub(super) fn is_private(metadata: &fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
}

/// When a process started, in the kernel's ticks since it booted.
pub(super) fn start_time(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets, which may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

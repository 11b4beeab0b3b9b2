//! The ways in which editors save.

use std::fs::{self, File};
use std::path::Path;

/// A way to replace a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// Truncate, then write.
    Truncate,
    /// Write another file, rename it over this one.
    Rename,
    /// Write another file, point the symbolic link that stands here at it.
    Symlink,
    /// Truncate and write, and put the old modification time back.
    SameTime,
}

impl Save {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Truncate, Self::Rename, Self::Symlink, Self::SameTime];

    /// Saves `text` at `path`.
    ///
    /// # Panics
    ///
    /// If the file system does not let it.
    pub fn write(self, path: &Path, text: &str) {
        self.try_write(path, text).expect("a file can be saved");
    }

    fn try_write(self, path: &Path, text: &str) -> std::io::Result<()> {
        match self {
            Self::Truncate => fs::write(path, text),
            Self::Rename => {
                let other = path.with_extension("saving~");
                fs::write(&other, text)?;
                fs::rename(other, path)
            }
            Self::Symlink => {
                // Outside the plugin, so that only the link tells of the change.
                let folder = tempfile::tempdir()?.keep();
                let target = folder.join("target");
                fs::write(&target, text)?;
                let link = path.with_extension("link~");
                std::os::unix::fs::symlink(&target, &link)?;
                fs::rename(link, path)
            }
            Self::SameTime => {
                let before = fs::metadata(path)?.modified()?;
                fs::write(path, text)?;
                File::options().write(true).open(path)?.set_modified(before)
            }
        }
    }
}

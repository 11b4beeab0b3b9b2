//! Which names beneath a watched directory never count as its contents.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// Answers whether a path is to be left out, in addition to [`is_ignored_name`].
pub(crate) type PathFilter = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// A filter that leaves nothing out.
pub(crate) fn leave_out_nothing() -> PathFilter {
    Arc::new(|_| false)
}

/// Whether a file or directory of this name is skipped: build output, hidden
/// files, and what editors write beside the file they save.
pub(crate) fn is_ignored_name(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let between_hashes = name.len() > 1 && name.starts_with(b"#") && name.ends_with(b"#");
    // Vim creates `4913` to find out whether it may write to the directory.
    let exact: [&[u8]; 2] = [b"target", b"4913"];
    let endings: [&[u8]; 7] = [
        b"~",
        b".swp",
        b".swx",
        b".swo",
        b".tmp",
        b"___jb_tmp___",
        b"___jb_old___",
    ];
    name.starts_with(b".")
        || between_hashes
        || exact.contains(&name)
        || endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let check = |name: &str, ignored: bool| {
            assert_eq!(is_ignored_name(OsStr::new(name)), ignored, "{name}");
        };
        for name in [
            "target",
            ".git",
            ".hidden",
            "a.html~",
            ".#a.html",
            "#a.html#",
            "a.swp",
            ".a.html.swx",
            "4913",
            "a.tmp",
        ] {
            check(name, true);
        }
        for name in ["index.html", "targets", "4914", "#", "a.tmpl", "swp", "a~b"] {
            check(name, false);
        }
    }
}

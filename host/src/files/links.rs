//! Follows symbolic links by hand, so that every link on the way is known.
//!
//! [`std::fs::canonicalize`] neither works for a path that does not exist yet
//! nor says which links it followed; a watcher needs both.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many as Linux follows before it gives up with `ELOOP`.
const MOST_LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The path without links. Where the path does not exist, its existing part
    /// without links and the rest as it was written.
    pub(crate) real: PathBuf,
    /// Every link that was followed, each as its real directory and its name.
    pub(crate) links: Vec<PathBuf>,
}

/// Follows every link of `path`.
pub(crate) fn resolve(path: &Path) -> Resolved {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut pending = Vec::new();
    push_reversed(&mut pending, &absolute);
    let mut real = PathBuf::from("/");
    let mut links = Vec::new();
    let mut exists = true;
    while let Some(name) = pending.pop() {
        if name == ".." {
            real.pop();
            continue;
        }
        real.push(name);
        if !exists {
            continue;
        }
        match fs::symlink_metadata(&real) {
            Ok(metadata) if metadata.is_symlink() && links.len() < MOST_LINKS => {
                match fs::read_link(&real) {
                    Ok(target) => {
                        links.push(real.clone());
                        real.pop();
                        if target.is_absolute() {
                            real = PathBuf::from("/");
                        }
                        push_reversed(&mut pending, &target);
                    }
                    Err(_) => exists = false,
                }
            }
            Ok(metadata) => exists = !metadata.is_symlink(),
            Err(_) => exists = false,
        }
    }
    Resolved { real, links }
}

fn push_reversed(pending: &mut Vec<OsString>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => pending.push(name.to_owned()),
            Component::ParentDir => pending.push(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_and_listed() {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().canonicalize().unwrap();
        fs::create_dir_all(base.join("real/deep")).unwrap();
        fs::write(base.join("real/deep/file"), "x").unwrap();
        symlink("real", base.join("relative")).unwrap();
        symlink(base.join("relative/deep"), base.join("chained")).unwrap();
        symlink("gone/away", base.join("broken")).unwrap();
        symlink("ring-b", base.join("ring-a")).unwrap();
        symlink("ring-a", base.join("ring-b")).unwrap();

        let check = |path: &str, real: &str, links: &[&str]| {
            let resolved = resolve(&base.join(path));
            assert_eq!(resolved.real, base.join(real), "{path}");
            let links: Vec<PathBuf> = links.iter().map(|link| base.join(link)).collect();
            assert_eq!(resolved.links, links, "{path}");
        };
        check("real/deep/file", "real/deep/file", &[]);
        check("relative/deep/../deep", "real/deep", &["relative"]);
        check("chained/file", "real/deep/file", &["chained", "relative"]);
        check("real/missing/x", "real/missing/x", &[]);
        check("broken/more", "gone/away/more", &["broken"]);
        assert_eq!(resolve(&base.join("ring-a")).links.len(), MOST_LINKS);
    }
}

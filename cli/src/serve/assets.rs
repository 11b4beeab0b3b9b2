//! Static files.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::serve::pages::with_charset;

/// The path that static files are served under.
pub(crate) const PREFIX: &str = "/static/";

/// A file to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: String,
}

/// Finds the file that a decoded path below [`PREFIX`] names, in the first directory
/// that has it.
///
/// Nothing outside the directories is ever read, whether the path has dots in it or a
/// link leads out, and no hidden file.
pub(crate) fn find(directories: &[PathBuf], path: &str) -> Option<Asset> {
    let relative = safe_relative(path)?;
    let file = directories
        .iter()
        .find_map(|directory| inside(directory, &relative))?;
    let mut bytes = Vec::new();
    File::open(&file).ok()?.read_to_end(&mut bytes).ok()?;
    let kind = mime_guess::from_path(&relative).first_or_octet_stream();
    Some(Asset {
        bytes,
        content_type: with_charset(&kind),
    })
}

/// The path, if all its parts are plain names.
fn safe_relative(path: &str) -> Option<PathBuf> {
    let rest = path.strip_prefix(PREFIX)?;
    if rest.is_empty() || rest.contains(['\\', '\0']) {
        return None;
    }
    let hidden = rest
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'));
    let relative = Path::new(rest);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (plain && !hidden).then(|| relative.to_owned())
}

/// The regular file at `relative`, if it really lies in `directory`.
fn inside(directory: &Path, relative: &Path) -> Option<PathBuf> {
    let root = fs::canonicalize(directory).ok()?;
    let file = fs::canonicalize(root.join(relative)).ok()?;
    (file.starts_with(&root) && fs::metadata(&file).ok()?.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_names_only() {
        let cases = [
            ("/static/site.css", Some("site.css")),
            ("/static/a/b.css", Some("a/b.css")),
            ("/static/", None),
            ("/static/a//b", None),
            ("/static/../x", None),
            ("/static/a/../../x", None),
            ("/static/.git/config", None),
            ("/static/a\\b", None),
            ("/static//etc/passwd", None),
            ("/site.css", None),
        ];
        for (path, expected) in cases {
            assert_eq!(
                safe_relative(path).as_deref(),
                expected.map(Path::new),
                "{path}"
            );
        }
    }

    #[test]
    fn serves_files_and_never_leaves_the_directory() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let root = place.path().join("static");
        fs::create_dir_all(root.join("sub")).expect("a directory");
        fs::write(root.join("a.css"), "a").expect("a file");
        fs::write(place.path().join("secret.css"), "s").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(place.path().join("secret.css"), root.join("link.css"))
            .expect("a link");
        let directories = [place.path().join("absent"), root];
        let found = find(&directories, "/static/a.css").expect("the file");
        assert_eq!(found.bytes, b"a");
        assert_eq!(found.content_type, "text/css; charset=utf-8");
        for path in ["/static/link.css", "/static/sub", "/static/b.css"] {
            assert_eq!(find(&directories, path), None, "{path}");
        }
    }
}

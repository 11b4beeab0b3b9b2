//! Tests of which files count and when they changed.

use std::fs::{self, FileTimes};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use std::sync::Arc;

use super::*;

/// A table over a fresh directory `root`, beside which a test may put more.
struct Scene {
    directory: tempfile::TempDir,
    table: FileTable,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let mut scene = Scene {
            directory,
            table: FileTable::new(leave_out_nothing()),
        };
        fs::create_dir(scene.path("root")).unwrap();
        for (path, content) in files {
            scene.write(path, content);
        }
        let root = scene.path("root");
        scene.table.scan(&[root]);
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn describe(&self, changes: &[FileChange]) -> Vec<String> {
        let mut lines: Vec<String> = changes
            .iter()
            .map(|change| {
                let path = change.path.strip_prefix(self.directory.path()).unwrap();
                format!("{:?} {}", change.kind, path.display())
            })
            .collect();
        lines.sort();
        lines
    }

    #[track_caller]
    fn check(&mut self, hints: &[&str], expected: &[&str]) {
        let hints = hints.iter().map(|hint| self.path(hint)).collect();
        let changes = self.table.check(&hints);
        assert_eq!(self.describe(&changes), expected);
        let rest = self.table.rescan();
        assert_eq!(
            self.describe(&rest),
            Vec::<String>::new(),
            "left for a rescan"
        );
    }
}

#[test]
fn a_first_scan_adds_everything_but_what_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join(".hidden-parent/target/root");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir_all(root.join("target")).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    for name in [
        "a.html",
        "sub/b.html",
        "c.html~",
        "target/d",
        ".git/HEAD",
        "sub/skip.txt",
    ] {
        fs::write(root.join(name), name).unwrap();
    }
    let filter: PathFilter = Arc::new(|path| path.extension().is_some_and(|end| end == "txt"));
    let mut table = FileTable::new(filter);
    let changes = table.scan(std::slice::from_ref(&root));
    let paths: Vec<PathBuf> = changes.iter().map(|change| change.path.clone()).collect();
    assert_eq!(paths, [root.join("a.html"), root.join("sub/b.html")]);
    assert!(
        changes
            .iter()
            .all(|change| change.kind == FileChangeKind::Added)
    );
    assert_eq!(table.files_under(&root), 2);
    assert_eq!(table.files_under(&root.join("sub")), 1);

    let changes = table.check(&BTreeSet::from([
        root.join("sub/skip.txt"),
        root.join(".git/HEAD"),
    ]));
    assert_eq!(changes, []);
}

#[test]
fn saves_of_all_kinds_are_seen() {
    let mut scene = Scene::new(&[("root/a", "1"), ("root/sub/b", "1")]);
    scene.check(&["root/a"], &[]);

    scene.write("root/a", "2");
    scene.check(&["root/a"], &["Modified root/a"]);

    scene.write("root/.a.new", "3");
    fs::rename(scene.path("root/.a.new"), scene.path("root/a")).unwrap();
    scene.check(&["root/.a.new", "root/a"], &["Modified root/a"]);

    scene.write("root/a", "3");
    scene.check(&["root/a"], &[]);

    scene.write("root/new/deep/c", "1");
    scene.check(&["root/new"], &["Added root/new/deep/c"]);

    fs::remove_file(scene.path("root/a")).unwrap();
    scene.check(&["root/a", "root/never"], &["Removed root/a"]);

    fs::rename(scene.path("root/new"), scene.path("root/newer")).unwrap();
    scene.check(
        &["root/new", "root/newer"],
        &["Added root/newer/deep/c", "Removed root/new/deep/c"],
    );
}

#[test]
fn the_modification_time_never_decides() {
    let mut scene = Scene::new(&[("root/a", "one")]);
    let path = scene.path("root/a");
    let before = fs::metadata(&path).unwrap().modified().unwrap();

    fs::write(&path, "two").unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(before).unwrap();
    scene.check(&["root/a"], &["Modified root/a"]);

    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    file.set_times(FileTimes::new().set_modified(past)).unwrap();
    scene.check(&["root/a"], &[]);
}

#[test]
fn links_are_followed_wherever_they_change() {
    let mut scene = Scene::new(&[
        ("outside/one/page", "1"),
        ("outside/two/page", "2"),
        ("outside/single", "s"),
    ]);
    symlink(scene.path("outside/one"), scene.path("outside/middle")).unwrap();
    symlink("../outside/middle", scene.path("root/linked")).unwrap();
    symlink("../outside/single", scene.path("root/file")).unwrap();
    scene.check(
        &["root/linked", "root/file"],
        &["Added root/file", "Added root/linked/page"],
    );

    // Hints name the real files.
    scene.write("outside/one/page", "1b");
    scene.write("outside/single", "s2");
    scene.check(
        &["outside/one/page", "outside/single"],
        &["Modified root/file", "Modified root/linked/page"],
    );
    scene.write("outside/one/more", "m");
    scene.check(&["outside/one/more"], &["Added root/linked/more"]);

    // The link in the middle changes, which lies outside the root.
    fs::remove_file(scene.path("outside/middle")).unwrap();
    symlink("two", scene.path("outside/middle")).unwrap();
    scene.check(
        &["outside/middle"],
        &["Modified root/linked/page", "Removed root/linked/more"],
    );

    fs::remove_file(scene.path("outside/middle")).unwrap();
    scene.check(&["outside/middle"], &["Removed root/linked/page"]);
    symlink("one", scene.path("outside/middle")).unwrap();
    scene.check(
        &["outside/middle"],
        &["Added root/linked/more", "Added root/linked/page"],
    );
    fs::remove_dir_all(scene.path("outside")).unwrap();
    scene.check(
        &["outside"],
        &[
            "Removed root/file",
            "Removed root/linked/more",
            "Removed root/linked/page",
        ],
    );
}

#[test]
fn rings_of_links_come_to_an_end() {
    let mut scene = Scene::new(&[("root/a/file", "1"), ("root/b/file", "1")]);
    symlink("..", scene.path("root/a/up")).unwrap();
    symlink("../b", scene.path("root/a/b")).unwrap();
    symlink("../a", scene.path("root/b/a")).unwrap();
    symlink("self", scene.path("root/self")).unwrap();
    scene.check(
        &["root/a", "root/b", "root/self"],
        &["Added root/a/b/file", "Added root/b/a/file"],
    );
}

#[test]
fn a_root_may_vanish_and_come_back() {
    let mut scene = Scene::new(&[("root/a", "1"), ("root/sub/b", "1")]);
    fs::rename(scene.path("root"), scene.path("away")).unwrap();
    scene.check(&["root"], &["Removed root/a", "Removed root/sub/b"]);
    fs::rename(scene.path("away"), scene.path("root")).unwrap();
    scene.check(&["."], &["Added root/a", "Added root/sub/b"]);
}

#[test]
fn an_unreadable_file_is_kept_until_it_can_be_read() {
    let mut scene = Scene::new(&[("outside", "1")]);
    symlink("../outside", scene.path("root/file")).unwrap();
    scene.check(&["root/file"], &["Added root/file"]);

    // A file that exists, is regular, and fails to be read whoever asks.
    fs::remove_file(scene.path("root/file")).unwrap();
    symlink("/proc/self/mem", scene.path("root/file")).unwrap();
    symlink("/proc/self/mem", scene.path("root/never")).unwrap();
    scene.check(&["root/file", "root/never"], &[]);
    let unreadable = scene.table.unreadable();
    let paths: Vec<&Path> = unreadable.iter().map(|(path, _)| path.as_path()).collect();
    assert_eq!(paths, [scene.path("root/file"), scene.path("root/never")]);

    fs::remove_file(scene.path("root/file")).unwrap();
    scene.write("root/file", "2");
    fs::remove_file(scene.path("root/never")).unwrap();
    scene.write("root/never", "n");
    scene.check(
        &["root/file", "root/never"],
        &["Added root/never", "Modified root/file"],
    );
    assert_eq!(scene.table.unreadable(), []);
}

#[test]
fn only_regular_files_count() {
    let mut scene = Scene::new(&[]);
    let fifo = scene.path("root/fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    symlink("/dev/zero", scene.path("root/device")).unwrap();
    scene.check(&["root/fifo", "root/device"], &[]);
}

#[test]
fn roots_may_overlap_or_be_files() {
    let mut scene = Scene::new(&[("root/a", "1"), ("root/.inner/data", "1"), ("single", "1")]);
    let roots = ["root", "root/.inner", "single"].map(|path| scene.path(path));
    let changes = scene.table.scan(&roots);
    assert_eq!(
        scene.describe(&changes),
        ["Added root/.inner/data", "Added single"]
    );
    scene.write("single", "2");
    scene.write("root/.inner/data", "2");
    scene.check(
        &["single", "root/.inner/data"],
        &["Modified root/.inner/data", "Modified single"],
    );

    let only = scene.path("root");
    assert_eq!(scene.table.scan(&[only]), [], "forgotten, not removed");
    assert_eq!(scene.table.files_under(&scene.path("single")), 0);
}

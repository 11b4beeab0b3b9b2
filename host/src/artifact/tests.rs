//! Tests of the artifact store.

use super::*;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::process::Command;

struct Scene {
    directory: TempDir,
    store: ArtifactStore,
}

fn scene() -> Scene {
    let directory = tempfile::tempdir().unwrap();
    let store = ArtifactStore::new_in(directory.path()).unwrap();
    Scene { directory, store }
}

impl Scene {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn left(&self) -> usize {
        fs::read_dir(self.store.directory()).unwrap().count()
    }
}

#[test]
fn a_copy_is_private_versioned_and_hashed() {
    let scene = scene();
    let content = vec![7; CHUNK + 1];
    let source = scene.file("lib.so", &content);
    let first = scene.store.admit("my/plugin", &source).unwrap();
    let second = scene.store.admit("my/plugin", &source).unwrap();
    let name = |artifact: &Artifact| artifact.path().file_name().unwrap().to_owned();
    assert_eq!(name(&first), "my_plugin-00000000.so");
    assert_eq!(name(&second), "my_plugin-00000001.so");
    assert_eq!(first.hash(), blake3::hash(&content).into());

    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_ne!(inode(first.path()), inode(&source));
    assert_ne!(inode(first.path()), inode(second.path()));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(first.path()), 0o500);
    assert_eq!(mode(scene.store.directory()), 0o700);

    drop(first);
    assert_eq!(scene.left(), 1);
    drop(second);
    let third = scene.store.admit("my/plugin", &source).unwrap();
    assert_eq!(name(&third), "my_plugin-00000002.so");

    let Scene {
        directory: _directory,
        store,
    } = scene;
    let private = store.directory().to_path_buf();
    drop(store);
    assert!(third.path().exists());
    drop(third);
    assert!(!private.exists());
}

#[test]
fn a_hash_is_shown_short_and_long() {
    let hash = ArtifactHash::from(blake3::hash(b""));
    assert_eq!(hash.to_string(), "af1349b9f5f9");
    assert!(format!("{hash:?}").starts_with("af1349b9f5f9a1a6a0404dea36dcc949"));
    assert_eq!(format!("{hash:#}").len(), 64);
}

#[test]
fn only_files_in_trusted_places_are_taken() {
    let scene = scene();
    let base = scene.directory.path();
    let open = base.join("open");
    fs::create_dir(&open).unwrap();
    let trusted = scene.file("lib.so", b"x");
    scene.file("open/lib.so", b"x");
    symlink(&trusted, open.join("planted.so")).unwrap();
    symlink("lib.so", base.join("fine.so")).unwrap();
    symlink("open/lib.so", base.join("into-open.so")).unwrap();
    symlink("ring.so", base.join("ring.so")).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, base.join("fifo"), fifo, mode, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(base.join("socket")).unwrap();
    let huge = File::create(base.join("huge")).unwrap();
    huge.set_len(LARGEST + 1).unwrap();

    let check = |path: &Path, expected: Option<&str>| {
        let admitted = scene.store.admit("p", path);
        let told = admitted.as_ref().err().map(ToString::to_string);
        match expected {
            None => assert!(told.is_none(), "{told:?}"),
            Some(expected) => {
                let told = told.unwrap_or_default();
                assert!(told.contains(expected), "{told}");
                assert!(told.contains(&path.display().to_string()), "{told}");
            }
        }
        drop(admitted);
        assert_eq!(scene.left(), 0, "{}", path.display());
    };
    check(&trusted, None);
    check(&base.join("fine.so"), None);
    check(
        &base.join("open/lib.so"),
        Some("every user may write to its directory"),
    );
    check(&base.join("open/planted.so"), Some("every user may write"));
    check(
        &base.join("into-open.so"),
        Some("it is a link into a directory"),
    );
    check(&base.join("ring.so"), Some("cannot open"));
    check(&base.join("fifo"), Some("is a FIFO"));
    check(&base.join("socket"), Some("is a socket or a device"));
    check(&open, Some("is a directory"));
    check(Path::new("/dev/zero"), Some("is a device"));
    check(&base.join("missing"), Some("cannot open"));
    check(&base.join("huge"), Some("more than a plugin may have"));
    // A regular file whose size says nothing about what can be read.
    check(
        Path::new("/proc/self/maps"),
        Some("changed while it was copied"),
    );
}

#[test]
fn leftovers_of_ended_processes_are_cleared() {
    let base = tempfile::tempdir().unwrap();
    let mut ended = Command::new("true").spawn().unwrap();
    let number = ended.id();
    ended.wait().unwrap();
    let own = std::process::id();
    let started = start_time(own).unwrap();
    let make = |name: String, mode: u32| {
        let path = base.path().join(name);
        DirBuilder::new().mode(mode).create(&path).unwrap();
        fs::write(path.join("p-00000000.so"), "x").unwrap();
        path
    };
    let gone = make(format!("{PREFIX}{number}-1-a"), 0o700);
    let reused = make(format!("{PREFIX}{own}-{}-b", started - 1), 0o700);
    let kept = [
        make(format!("{PREFIX}{own}-{started}-c"), 0o700),
        make(format!("{PREFIX}{number}-1-open"), 0o755),
        make(format!("{PREFIX}nonsense"), 0o700),
        make(format!("other-{number}-1-d"), 0o700),
    ];
    let locked = make(format!("{PREFIX}{number}-1-locked"), 0o700);
    let lock = File::open(&locked).unwrap();
    lock.lock().unwrap();
    let elsewhere = make("elsewhere".to_owned(), 0o700);
    let link = base.path().join(format!("{PREFIX}{number}-1-link"));
    symlink(&elsewhere, &link).unwrap();

    let first = ArtifactStore::new_in(base.path()).unwrap();
    let second = ArtifactStore::new_in(base.path()).unwrap();
    assert!(!gone.exists() && !reused.exists());
    for path in kept.iter().chain([&locked, &elsewhere, &link]) {
        assert!(path.exists(), "{}", path.display());
    }
    assert!(first.directory().exists() && second.directory().exists());
}

#[test]
fn a_base_that_cannot_be_used_is_named() {
    let error = ArtifactStore::new_in(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    assert!(error.source().is_some());
    // A file system that runs no code.
    let shared = Path::new("/proc");
    assert!(ArtifactStore::new_in(shared).is_err());
}

#[test]
fn a_full_disk_leaves_no_partial_file() {
    let scene = scene();
    let source = scene.file("lib.so", &[1; 1000]);
    let target_path = Path::new("/dev/full");
    let target = OpenOptions::new().write(true).open(target_path).unwrap();
    let mut file = File::open(&source).unwrap();
    let error = copy(&mut file, &source, &target, target_path).unwrap_err();
    assert!(
        error.to_string().contains("cannot write /dev/full"),
        "{error}"
    );
    assert_eq!(scene.left(), 0);
}

#[test]
fn a_library_that_vanishes_for_a_moment_is_awaited() {
    let scene = scene();
    let source = scene.file("lib.so", b"x");
    let away = scene.directory.path().join("away.so");
    fs::rename(&source, &away).unwrap();
    let admitted = thread::scope(|scope| {
        let admitting = scope.spawn(|| scene.store.admit("p", &source));
        fs::rename(&away, &source).unwrap();
        admitting.join().unwrap()
    });
    assert_eq!(admitted.unwrap().hash(), blake3::hash(b"x").into());
}

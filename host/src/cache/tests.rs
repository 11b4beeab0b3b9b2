//! Tests of the cache.

use super::*;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::thread;

use tempfile::TempDir;

use crate::artifact::ArtifactStore;

const ROOMY: u64 = 1 << 20;

struct Scene {
    base: TempDir,
    cache: Cache,
}

fn scene(limit: u64) -> Scene {
    let base = tempfile::tempdir().unwrap();
    let cache = Cache::open(&base.path().join("cache"), limit).unwrap();
    Scene { base, cache }
}

impl Scene {
    fn library(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.base.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn put(&self, key: &str, content: &[u8]) -> io::Result<()> {
        self.cache
            .put(&named(key), &self.library("lib.so", content))
    }

    /// What is found under a key, copied and confirmed as a host does.
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        read(&self.cache, &named(key))
    }

    fn temporaries(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.cache.shared.directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(TEMPORARY)).collect()
    }

    fn size(&self) -> u64 {
        self.cache.files().iter().map(|file| file.size).sum()
    }
}

fn named(key: &str) -> CacheKey {
    CacheKey::new("test").part("name", key).finish()
}

fn read(cache: &Cache, key: &CacheKey) -> Option<Vec<u8>> {
    let found = cache.get(key)?;
    let content = fs::read(found.path()).ok()?;
    found
        .confirm(blake3::hash(&content).into())
        .then_some(content)
}

/// Makes it so that a file was used this long ago.
fn age(path: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::open(path).unwrap().set_modified(time).unwrap();
}

fn cause(error: &io::Error) -> Option<&CacheError> {
    error.get_ref().and_then(|cause| cause.downcast_ref())
}

#[test]
fn keys_differ_with_every_part() {
    let keys = [
        CacheKey::new("patch").finish(),
        CacheKey::new("library").finish(),
        CacheKey::new("patch").part("a", "").finish(),
        CacheKey::new("patch").part("", "a").finish(),
        CacheKey::new("patch").part("a", "b").finish(),
        CacheKey::new("patch").part("ab", "").finish(),
        CacheKey::new("patch")
            .part("a", "bc")
            .part("d", "")
            .finish(),
        CacheKey::new("patch")
            .part("a", "b")
            .part("c", "d")
            .finish(),
        CacheKey::new("patch")
            .part("c", "d")
            .part("a", "b")
            .finish(),
    ];
    let texts: BTreeSet<String> = keys.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), keys.len());
    for key in keys {
        assert_eq!(key.to_string().len(), 64);
        assert_eq!(CacheKey::parse(&key.to_string()), Some(key));
    }
    let again = CacheKey::new("patch").part("a", b"b").finish();
    assert_eq!(again, keys[4]);
}

#[test]
fn what_was_put_is_found_also_by_the_next_host() {
    let scene = scene(ROOMY);
    let large = vec![7; CHUNK + 1];
    assert_eq!(scene.get("a"), None);
    scene.put("a", &large).unwrap();
    scene.put("b", b"").unwrap();
    scene.put("a", &large).unwrap();
    assert_eq!(scene.cache.files().len(), 2);

    let Scene { base, cache } = scene;
    let directory = cache.shared.directory.clone();
    drop(cache);
    let cache = Cache::open(&directory, ROOMY).unwrap();
    let scene = Scene { base, cache };
    assert_eq!(scene.get("a"), Some(large.clone()));
    assert_eq!(scene.get("b"), Some(Vec::new()));
    assert_eq!(scene.get("c"), None);
    assert_eq!(scene.temporaries(), Vec::<String>::new());

    let store = ArtifactStore::new().unwrap();
    let found = scene.cache.get(&named("a")).unwrap();
    assert_eq!(found.hash, blake3::hash(&large).into());
    let artifact = store.admit("plugin", found.path()).unwrap();
    assert!(found.confirm(artifact.hash()));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in scene.cache.files() {
        assert_eq!(mode(&file.path), 0o600);
        assert_eq!(mode(file.path.parent().unwrap()), 0o700);
    }
}

#[test]
fn keys_that_share_a_shelf_are_kept_apart() {
    let scene = scene(ROOMY);
    let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    for name in &names {
        scene.put(name, name.as_bytes()).unwrap();
    }
    for name in &names {
        assert_eq!(scene.get(name).unwrap(), name.as_bytes());
    }
}

#[test]
fn what_was_used_least_recently_goes_first() {
    // Each entry takes 100 bytes, and each list says how long ago they were used.
    let check = |limit: u64, used: &[(&str, u64)], touch: &[&str], expected: &[&str]| {
        let scene = scene(limit);
        for (name, seconds) in used {
            scene.put(name, &[1; 100]).unwrap();
            for file in scene.cache.files() {
                if file
                    .path
                    .to_str()
                    .unwrap()
                    .contains(&named(name).to_string())
                {
                    age(&file.path, *seconds);
                }
            }
        }
        for name in touch {
            assert!(scene.get(name).is_some(), "{name}");
        }
        scene.put("new", &[1; 100]).unwrap();
        let left: Vec<&str> = used
            .iter()
            .map(|(name, _)| *name)
            .chain(["new"])
            .filter(|name| scene.get(name).is_some())
            .collect();
        assert_eq!(left, expected, "{limit} {used:?} {touch:?}");
        assert!(scene.size() <= limit);
    };
    let used = [("a", 20), ("b", 40), ("c", 30)];
    check(400, &used, &[], &["a", "b", "c", "new"]);
    check(399, &used, &[], &["a", "c", "new"]);
    check(399, &used, &["b"], &["a", "b", "new"]);
    check(300, &used, &["c"], &["a", "c", "new"]);
    check(300, &[("a", 20), ("b", 40)], &[], &["a", "b", "new"]);
    check(100, &[("a", 0)], &[], &["new"]);
}

#[test]
fn what_was_just_put_stays_though_its_clock_is_behind() {
    let scene = scene(250);
    let ahead = SystemTime::now() + Duration::from_secs(3600);
    for name in ["a", "b"] {
        scene.put(name, &[1; 100]).unwrap();
        let found = scene.cache.get(&named(name)).unwrap();
        File::open(found.path())
            .unwrap()
            .set_modified(ahead)
            .unwrap();
    }
    scene.put("new", &[1; 100]).unwrap();
    assert!(scene.get("new").is_some());
    assert_eq!(scene.cache.files().len(), 2);
    // One that needs the room of both.
    scene.put("large", &[1; 200]).unwrap();
    assert_eq!(scene.get("large").unwrap().len(), 200);
    assert_eq!(scene.cache.files().len(), 1);
}

#[test]
fn a_damaged_library_is_removed_and_missed() {
    let check = |damage: &dyn Fn(&Path)| {
        let scene = scene(ROOMY);
        scene.put("a", &[5; 1000]).unwrap();
        let path = scene.cache.get(&named("a")).unwrap().path;
        damage(&path);
        assert_eq!(scene.get("a"), None);
        assert!(fs::symlink_metadata(&path).is_err());
        scene.put("a", &[5; 1000]).unwrap();
        assert_eq!(scene.get("a"), Some(vec![5; 1000]));
    };
    check(&|path| fs::write(path, [5; 999]).unwrap());
    check(&|path| fs::write(path, []).unwrap());
    check(&|path| fs::write(path, [6; 1000]).unwrap());
    check(&|path| fs::remove_file(path).unwrap());
    check(&|path| fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap());
    check(&|path| {
        fs::rename(path, path.with_extension("elsewhere")).unwrap();
        symlink(path.with_extension("elsewhere"), path).unwrap();
    });
}

#[test]
fn two_libraries_under_one_key_are_both_right() {
    let scene = scene(ROOMY);
    scene.put("a", b"one").unwrap();
    scene.put("a", b"two").unwrap();
    let path = |content: &[u8]| {
        let end = format!("-{}.so", blake3::hash(content).to_hex());
        let mut files = scene.cache.files().into_iter().map(|file| file.path);
        files
            .find(|path| path.to_str().unwrap().ends_with(&end))
            .unwrap()
    };
    age(&path(b"one"), 10);
    age(&path(b"two"), 20);
    assert_eq!(scene.get("a").unwrap(), b"one");
    age(&path(b"one"), 30);
    assert_eq!(scene.get("a").unwrap(), b"two");
    fs::write(path(b"two"), b"tw").unwrap();
    assert_eq!(scene.get("a"), None);
    assert_eq!(scene.get("a").unwrap(), b"one");
}

#[test]
fn hosts_may_put_and_get_at_once() {
    const LIMIT: u64 = 20_000;
    let scene = scene(LIMIT);
    let other = Cache::open(&scene.cache.shared.directory, LIMIT).unwrap();
    let sources: Vec<PathBuf> = (0..8)
        .map(|number| scene.library(&format!("{number}.so"), &vec![number; 1000]))
        .collect();
    let small_source = &scene.library("small.so", &[7; 100]);
    thread::scope(|scope| {
        for (thread, source) in sources.iter().enumerate() {
            let cache = [&scene.cache, &other][thread % 2].clone();
            scope.spawn(move || {
                for round in 0..40 {
                    let own = named(&format!("{thread} {round}"));
                    let shared = named(&format!("shared {}", round % 4));
                    cache.put(&own, source).unwrap();
                    cache.put(&shared, source).unwrap();
                    // All threads give this file the same name.
                    let small = named(&format!("small {}", round % 4));
                    cache.put(&small, small_source).unwrap();
                    for (key, size) in [(&own, 1000), (&shared, 1000), (&small, 100)] {
                        let found = cache.get(key);
                        // It may have made room for others meanwhile; a half one is a fault.
                        let content = found.and_then(|found| {
                            let content = fs::read(found.path()).ok()?;
                            assert!(found.confirm(blake3::hash(&content).into()));
                            Some(content)
                        });
                        assert!(content.is_none_or(|content| content.len() == size));
                    }
                }
            });
        }
    });
    scene.put("last", b"x").unwrap();
    assert_eq!(scene.get("last").unwrap(), b"x");
    assert!(scene.size() <= LIMIT, "{}", scene.size());
    assert!(scene.size() > LIMIT - 1200, "{}", scene.size());
    assert_eq!(scene.temporaries(), Vec::<String>::new());
}

#[test]
fn one_host_at_a_time_makes_room() {
    let scene = scene(150);
    scene.put("a", &[1; 100]).unwrap();
    let lock = File::open(scene.cache.shared.directory.join(LOCK)).unwrap();
    lock.lock().unwrap();
    scene.put("b", &[1; 100]).unwrap();
    assert_eq!(scene.cache.files().len(), 2);
    drop(lock);
    scene.put("c", &[1; 100]).unwrap();
    assert_eq!(scene.cache.files().len(), 1);
    assert!(scene.get("c").is_some());
}

#[test]
fn leftovers_of_killed_writers_are_cleared() {
    let scene = scene(ROOMY);
    scene.put("a", b"whole").unwrap();
    let directory = &scene.cache.shared.directory;
    let make = |name: &str, seconds: u64| {
        let path = directory.join(name);
        fs::write(&path, "half").unwrap();
        age(&path, seconds);
        path
    };
    let gone = make("new-gone", 3700);
    let locked = make("new-locked", 3700);
    let writer = File::open(&locked).unwrap();
    writer.lock().unwrap();
    let recent = make("new-recent", 3500);
    let strange = make("notes.txt", 9000);
    let link = directory.join("new-link");
    symlink(&strange, &link).unwrap();
    let library = scene.cache.files().remove(0).path;
    age(&library, 9000);

    Cache::open(directory, ROOMY).unwrap();
    assert!(!gone.exists());
    for path in [&locked, &recent, &strange, &link, &library] {
        assert!(path.exists(), "{}", path.display());
    }
    drop(writer);
    Cache::open(directory, ROOMY).unwrap();
    assert!(!locked.exists());
}

#[test]
fn only_files_of_the_cache_are_counted_and_removed() {
    let scene = scene(150);
    scene.put("a", &[1; 100]).unwrap();
    let shelf = scene.cache.shelf(&named("a"));
    let strange =
        ["x.so", "x-y.so", "notes", &format!("{}.so", named("a"))].map(|name| shelf.join(name));
    for path in &strange {
        fs::write(path, [1; 500]).unwrap();
        age(path, 100);
    }
    scene.put("b", &[1; 100]).unwrap();
    assert!(strange.iter().all(|path| path.exists()));
    assert_eq!(scene.cache.files().len(), 1);
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let check = |mode: u32, trusted: bool| {
        let scene = scene(ROOMY);
        scene.put("a", b"x").unwrap();
        let directory = &scene.cache.shared.directory;
        fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
        let opened = Cache::open(directory, ROOMY);
        assert_eq!(opened.is_ok(), trusted, "{mode:o}");
        if let Err(error) = opened {
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            assert!(matches!(cause(&error), Some(CacheError::Untrusted { .. })));
            let told = error.to_string();
            assert!(told.contains(&directory.display().to_string()), "{told}");
            assert!(told.contains("other users may write to it"), "{told}");
        }
        // A cache that was opened before notices it too.
        assert_eq!(scene.get("a").is_some(), trusted, "{mode:o}");
        assert_eq!(scene.put("b", b"x").is_ok(), trusted, "{mode:o}");
    };
    check(0o700, true);
    check(0o755, true);
    check(0o770, false);
    check(0o777, false);
    check(0o1777, false);
}

#[test]
fn a_link_to_the_directory_is_followed_once() {
    let scene = scene(ROOMY);
    let base = scene.base.path();
    let open = base.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let link = base.join("link");
    symlink(&scene.cache.shared.directory, &link).unwrap();
    let cache = Cache::open(&link, ROOMY).unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&open, &link).unwrap();
    let library = scene.library("lib.so", b"x");
    cache.put(&named("a"), &library).unwrap();
    assert_eq!(scene.get("a").unwrap(), b"x");
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    assert!(Cache::open(&link, ROOMY).is_err());
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let scene = scene(ROOMY);
    let file = scene.library("file", b"x");
    for path in [&file, &file.join("cache"), Path::new("/proc/none")] {
        let error = Cache::open(path, ROOMY).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(&path.display().to_string()), "{told}");
    }
    // A directory of this user's own in which nobody can make a file.
    let cache = Cache::open(Path::new("/proc/self/task"), ROOMY).unwrap();
    assert!(cache.put(&named("a"), &file).is_err());
    assert!(cache.get(&named("a")).is_none());
}

#[test]
fn a_cache_that_was_removed_is_made_again() {
    let scene = scene(ROOMY);
    scene.put("a", b"x").unwrap();
    fs::remove_dir_all(&scene.cache.shared.directory).unwrap();
    assert_eq!(scene.get("a"), None);
    scene.put("a", b"y").unwrap();
    assert_eq!(scene.get("a").unwrap(), b"y");
}

#[test]
fn a_put_that_fails_leaves_nothing() {
    let scene = scene(1000);
    scene.put("kept", &[1; 900]).unwrap();
    let key = named("a");
    let check = |result: io::Result<()>, expected: &str| {
        let told = result.unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
        assert_eq!(scene.temporaries(), Vec::<String>::new());
        assert!(scene.get("kept").is_some());
        assert!(scene.cache.get(&key).is_none());
    };
    let base = scene.base.path();
    let fifo = base.join("fifo");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, rustix::fs::Mode::RWXU, 0).unwrap();
    check(
        scene.put("a", &[1; 1001]),
        "1001 bytes do not fit into a cache of 1000",
    );
    check(scene.cache.put(&key, &base.join("missing")), "No such file");
    check(scene.cache.put(&key, base), "is not a file");
    check(scene.cache.put(&key, &fifo), "is not a file");
    // Files whose size says nothing about what can be read.
    check(
        scene.cache.put(&key, Path::new("/proc/self/maps")),
        "changed while it was copied",
    );
    let shelf = scene.cache.shelf(&key);
    assert_ne!(shelf, scene.cache.shelf(&named("kept")));
    let taken = shelf.join(format!("{key}-{}.so", blake3::hash(b"x").to_hex()));
    fs::create_dir_all(&taken).unwrap();
    check(scene.put("a", b"x"), "Is a directory");
    fs::remove_dir(&taken).unwrap();
    fs::remove_dir(&shelf).unwrap();
    fs::write(&shelf, "in the way").unwrap();
    check(scene.put("a", b"x"), "File exists");
    assert_eq!(scene.size(), 900);
}

#[test]
fn a_full_disk_and_a_library_that_grows_end_a_copy() {
    let content = vec![3; 3 * CHUNK];
    let mut full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = copy(&mut &content[..], &mut full, content.len() as u64).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);

    let mut copied = Vec::new();
    let (hash, size) = copy(&mut &content[..], &mut copied, content.len() as u64).unwrap();
    assert_eq!((hash, size), (blake3::hash(&content), content.len() as u64));
    assert_eq!(copied, content);
    let (_, size) = copy(&mut &content[..], &mut io::sink(), 10).unwrap();
    assert_eq!(size, CHUNK as u64);
}

//! Tests of the watcher, on real files.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use notify::event::Flag;
use notify::{Event, EventKind, RecursiveMode, WatcherKind};

use super::*;
use crate::files::{FileTable, leave_out_nothing};

const PATIENCE: Duration = Duration::from_secs(20);

/// A watched directory `root`, a table of its files, and the events so far.
struct Scene {
    directory: tempfile::TempDir,
    table: FileTable,
    events: Receiver<WatchEvent>,
    watcher: Option<Watcher>,
}

impl Scene {
    fn new(files: &[&str]) -> Scene {
        let scene = Scene::unwatched(WatchOptions::default(), files);
        scene.watched(&["root"])
    }

    fn unwatched(options: WatchOptions, files: &[&str]) -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let (sender, events) = mpsc::channel();
        // Nobody listens any more when a test is over.
        let watcher = Watcher::start(options, move |event| drop(sender.send(event))).unwrap();
        let scene = Scene {
            directory,
            table: FileTable::new(leave_out_nothing()),
            events,
            watcher: Some(watcher),
        };
        fs::create_dir(scene.path("root")).unwrap();
        files.iter().for_each(|path| scene.write(path, "first"));
        scene
    }

    fn watched(mut self, roots: &[&str]) -> Scene {
        let roots: Vec<PathBuf> = roots.iter().map(|root| self.path(root)).collect();
        for root in &roots {
            self.watcher().watch(root);
        }
        self.table.scan(&roots);
        self
    }

    fn watcher(&self) -> &Watcher {
        self.watcher.as_ref().unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn next_hint(&self) -> Hint {
        match self.events.recv_timeout(PATIENCE) {
            Ok(WatchEvent::Hint(hint)) => hint,
            other => panic!("instead of a hint: {other:?}"),
        }
    }

    /// Follows hints until a file is seen to have changed, and says which ones did.
    #[track_caller]
    fn changes_until(&mut self, awaited: &str) -> Vec<String> {
        let mut changed = Vec::new();
        loop {
            let found = match self.next_hint() {
                Hint::Paths(paths) => self.table.check(&paths),
                Hint::Rescan => self.table.rescan(),
            };
            for change in found {
                let path = change.path.strip_prefix(self.path("")).unwrap();
                changed.push(format!("{:?} {}", change.kind, path.display()));
            }
            if changed.iter().any(|change| change == awaited) {
                return changed;
            }
        }
    }

    #[track_caller]
    fn expect(&mut self, awaited: &[&str]) {
        let mut left: Vec<&str> = awaited.to_vec();
        while let Some(next) = left.first() {
            let next = *next;
            let changed = self.changes_until(next);
            left.retain(|awaited| !changed.iter().any(|change| change == awaited));
        }
    }
}

#[test]
fn saves_as_editors_do_them_are_noticed() {
    let mut scene = Scene::new(&["root/page", "root/sub/deep/page"]);
    scene.write("root/page", "truncate and write");
    scene.expect(&["Modified root/page"]);

    scene.write("root/.page.new", "rename over");
    fs::rename(scene.path("root/.page.new"), scene.path("root/page")).unwrap();
    scene.expect(&["Modified root/page"]);

    // Vim: move away, write anew, remove the backup.
    fs::rename(scene.path("root/page"), scene.path("root/page~")).unwrap();
    scene.write("root/page", "backup and write");
    fs::remove_file(scene.path("root/page~")).unwrap();
    scene.expect(&["Modified root/page"]);

    let path = scene.path("root/sub/deep/page");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(b" and more").unwrap();
    file.set_modified(before).unwrap();
    scene.expect(&["Modified root/sub/deep/page"]);

    fs::remove_file(path).unwrap();
    scene.expect(&["Removed root/sub/deep/page"]);
}

#[test]
fn new_directories_are_watched_with_what_they_hold() {
    let mut scene = Scene::new(&[]);
    scene.write("root/a/b/c/page", "1");
    scene.expect(&["Added root/a/b/c/page"]);
    scene.write("root/a/b/c/page", "2");
    scene.expect(&["Modified root/a/b/c/page"]);

    fs::rename(scene.path("root/a/b"), scene.path("root/moved")).unwrap();
    scene.expect(&["Added root/moved/c/page"]);
    scene.write("root/moved/c/page", "3");
    scene.expect(&["Modified root/moved/c/page"]);

    // Another directory of the same name.
    fs::remove_dir_all(scene.path("root/moved")).unwrap();
    scene.write("root/moved/c/page", "4");
    scene.expect(&["Modified root/moved/c/page"]);
    scene.write("root/moved/c/page", "5");
    scene.expect(&["Modified root/moved/c/page"]);
}

#[test]
fn a_root_is_watched_again_wherever_it_went() {
    let mut scene = Scene::new(&["root/page"]);
    fs::remove_dir_all(scene.path("root")).unwrap();
    scene.expect(&["Removed root/page"]);
    scene.write("root/page", "back");
    scene.expect(&["Added root/page"]);
    scene.write("root/page", "edited");
    scene.expect(&["Modified root/page"]);

    fs::rename(scene.path("root"), scene.path("away")).unwrap();
    scene.expect(&["Removed root/page"]);
    scene.write("away/page", "edited elsewhere");
    fs::rename(scene.path("away"), scene.path("root")).unwrap();
    scene.expect(&["Added root/page"]);
    scene.write("root/page", "edited again");
    scene.expect(&["Modified root/page"]);
}

#[test]
fn what_lies_above_a_root_may_be_replaced() {
    let options = WatchOptions::default();
    let scene = Scene::unwatched(options, &["outer/middle/inner/page"]);
    let mut scene = scene.watched(&["outer/middle/inner", "not/yet/there"]);
    fs::rename(scene.path("outer"), scene.path("other")).unwrap();
    scene.expect(&["Removed outer/middle/inner/page"]);
    fs::rename(scene.path("other"), scene.path("outer")).unwrap();
    scene.expect(&["Added outer/middle/inner/page"]);
    scene.write("outer/middle/inner/page", "edited");
    scene.expect(&["Modified outer/middle/inner/page"]);

    scene.write("not/yet/there/page", "1");
    scene.expect(&["Added not/yet/there/page"]);
    scene.write("not/yet/there/page", "2");
    scene.expect(&["Modified not/yet/there/page"]);
}

#[test]
fn links_are_followed_to_where_the_files_are() {
    let options = WatchOptions::default();
    let scene = Scene::unwatched(options, &["one/page", "two/page", "single"]);
    symlink("../one", scene.path("root/linked")).unwrap();
    symlink("../single", scene.path("root/file")).unwrap();
    symlink("../later", scene.path("root/later")).unwrap();
    let mut scene = scene.watched(&["root"]);

    scene.write("one/page", "edited");
    scene.expect(&["Modified root/linked/page"]);
    scene.write("single", "edited");
    scene.expect(&["Modified root/file"]);
    scene.write("later/page", "made");
    scene.expect(&["Added root/later/page"]);
    scene.write("later/page", "edited");
    scene.expect(&["Modified root/later/page"]);

    // As `ln -sfn` does it: a new link is renamed over the old one.
    symlink("../two", scene.path("root/.linked.new")).unwrap();
    fs::rename(scene.path("root/.linked.new"), scene.path("root/linked")).unwrap();
    scene.expect(&["Modified root/linked/page"]);
    scene.write("two/page", "edited as well");
    scene.expect(&["Modified root/linked/page"]);

    symlink("../one", scene.path("root/new-link")).unwrap();
    scene.expect(&["Added root/new-link/page"]);
    scene.write("one/page", "edited again");
    scene.expect(&["Modified root/new-link/page"]);
}

#[test]
fn a_root_may_be_one_file() {
    let scene = Scene::unwatched(WatchOptions::default(), &["notes/single", "notes/other"]);
    let mut scene = scene.watched(&["notes/single"]);
    scene.write("notes/other", "not watched");
    scene.write("notes/.single.new", "2");
    fs::rename(scene.path("notes/.single.new"), scene.path("notes/single")).unwrap();
    scene.expect(&["Modified notes/single"]);
    scene.write("notes/single", "3");
    scene.expect(&["Modified notes/single"]);
}

#[test]
fn reading_and_temporary_files_give_no_hint() {
    let filter: PathFilter = Arc::new(|path| path.ends_with("left-out"));
    let options = WatchOptions {
        leave_out: filter,
        ..WatchOptions::default()
    };
    let scene = Scene::unwatched(options, &["root/page", "root/target/x", "beside"]);
    let mut scene = scene.watched(&["root"]);
    let quiet = [
        "root/page~",
        "root/.page.swp",
        "root/4913",
        "root/target/x",
        "root/left-out",
        "beside",
    ];
    for path in quiet {
        scene.write(path, "nobody looks");
    }
    assert_eq!(fs::read(scene.path("root/page")).unwrap(), b"first");
    scene.table.rescan();
    scene.write("root/last", "1");
    let last = BTreeSet::from([scene.path("root/last")]);
    assert_eq!(scene.next_hint(), Hint::Paths(last));
}

#[test]
fn a_burst_of_saves_is_one_hint() {
    let options = WatchOptions {
        quiet_period: Duration::from_millis(300),
        ..WatchOptions::default()
    };
    let scene = Scene::unwatched(options, &[]).watched(&["root"]);
    let paths: BTreeSet<PathBuf> = (0..100)
        .map(|name| scene.path(&format!("root/{name}")))
        .collect();
    for path in &paths {
        fs::write(path, "1").unwrap();
    }
    assert_eq!(scene.next_hint(), Hint::Paths(paths));
    assert!(scene.events.try_recv().is_err());
}

#[test]
fn polling_can_be_asked_for() {
    let options = WatchOptions {
        poll: Some(Duration::from_millis(10)),
        ..WatchOptions::default()
    };
    let mut scene = Scene::unwatched(options, &["root/page"]).watched(&["root"]);
    let told = scene.events.recv_timeout(PATIENCE).unwrap();
    assert_eq!(
        told,
        WatchEvent::Polling {
            path: scene.path("root"),
            reason: "polling was asked for".to_owned(),
        }
    );
    scene.write("root/page", "edited");
    scene.expect(&["Modified root/page"]);
    assert_eq!(scene.next_hint(), Hint::Rescan);
}

/// A source of events that refuses to watch directories of some name.
#[derive(Debug)]
struct Limited(&'static str);

impl notify::Watcher for Limited {
    fn new<F: EventHandler>(_: F, _: notify::Config) -> notify::Result<Self> {
        Ok(Limited(""))
    }

    fn watch(&mut self, path: &Path, _: RecursiveMode) -> notify::Result<()> {
        if path.ends_with(self.0) {
            return Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
        }
        Ok(())
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

#[test]
fn where_watches_run_out_the_root_is_polled() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().canonicalize().unwrap();
    for made in ["large/sub", "small"] {
        fs::create_dir_all(base.join(made)).unwrap();
    }
    let options = WatchOptions {
        fallback_poll: Duration::from_millis(10),
        ..WatchOptions::default()
    };
    let (sender, events) = mpsc::channel();
    let sink = move |event| drop(sender.send(event));
    let backend = |_: ForwardEvents| Ok(Box::new(Limited("sub")) as Backend);
    let watcher = Watcher::start_with(options, sink, backend).unwrap();
    watcher.watch(&base.join("small"));
    watcher.watch(&base.join("large"));
    assert_eq!(
        events.recv_timeout(PATIENCE).unwrap(),
        WatchEvent::Polling {
            path: base.join("large"),
            reason: "the limit of watches is reached".to_owned(),
        }
    );
    let next = events.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next, WatchEvent::Hint(Hint::Rescan));
}

#[test]
fn without_a_source_of_events_everything_is_polled() {
    let options = WatchOptions {
        fallback_poll: Duration::from_millis(10),
        ..WatchOptions::default()
    };
    let (sender, events) = mpsc::channel();
    let sink = move |event| drop(sender.send(event));
    let backend = |_: ForwardEvents| Err(notify::Error::generic("too many of them"));
    let watcher = Watcher::start_with(options, sink, backend).unwrap();
    watcher.watch(Path::new("/somewhere"));
    let told = events.recv_timeout(PATIENCE).unwrap();
    let WatchEvent::Polling { reason, .. } = told else {
        panic!("{told:?}");
    };
    assert_eq!(reason, "too many of them");
    let next = events.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next, WatchEvent::Hint(Hint::Rescan));
}

#[test]
fn lost_events_and_faults_lead_to_a_rescan() {
    let (handlers, handler) = mpsc::channel();
    let (sender, events) = mpsc::channel();
    let sink = move |event| drop(sender.send(event));
    let backend = move |handler: ForwardEvents| {
        handlers.send(handler).unwrap();
        Ok(Box::new(Limited("no directory has this name")) as Backend)
    };
    let watcher = Watcher::start_with(WatchOptions::default(), sink, backend).unwrap();
    let mut handler = handler.recv().unwrap();
    let directory = tempfile::tempdir().unwrap();
    watcher.watch(directory.path());

    handler.handle_event(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    let next = events.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next, WatchEvent::Hint(Hint::Rescan));

    handler.handle_event(Err(notify::Error::generic("broken")));
    let next = events.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(next, WatchEvent::Failed { ref message, .. } if message == "broken"));
    let next = events.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next, WatchEvent::Hint(Hint::Rescan));
}

#[test]
fn dropping_ends_the_thread_at_once() {
    let options = WatchOptions {
        quiet_period: Duration::from_secs(600),
        poll: Some(Duration::from_secs(600)),
        ..WatchOptions::default()
    };
    for poll in [None, options.poll] {
        let options = WatchOptions {
            poll,
            quiet_period: options.quiet_period,
            ..WatchOptions::default()
        };
        let mut scene = Scene::unwatched(options, &["root/page"]).watched(&["root"]);
        scene.write("root/page", "a hint is due in ten minutes");
        let began = Instant::now();
        drop(scene.watcher.take());
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
        // The sink, and with it the sender, is gone.
        while scene.events.try_recv().is_ok() {}
        assert_eq!(
            scene.events.try_recv(),
            Err(mpsc::TryRecvError::Disconnected)
        );
    }
}

#[test]
fn a_sink_may_call_back_and_drop_the_watcher() {
    type Shared = Arc<std::sync::Mutex<Option<Watcher>>>;
    let shared: Shared = Arc::default();
    let (sender, done) = mpsc::channel();
    let sink = {
        let shared = shared.clone();
        move |_| {
            let watcher = shared.lock().unwrap().take();
            if let Some(watcher) = &watcher {
                watcher.watch(Path::new("/nowhere"));
            }
            drop(watcher);
            let _ = sender.send(());
        }
    };
    let directory = tempfile::tempdir().unwrap();
    let watcher = Watcher::start(WatchOptions::default(), sink).unwrap();
    watcher.watch(directory.path());
    *shared.lock().unwrap() = Some(watcher);
    fs::write(directory.path().join("page"), "1").unwrap();
    done.recv_timeout(PATIENCE).unwrap();
}

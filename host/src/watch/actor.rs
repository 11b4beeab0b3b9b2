//! The watcher's thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{ErrorKind, RecursiveMode};

use super::survey::{Survey, silent_file_system};
use super::{Backend, Hint, Sink, WatchEvent, WatchOptions};

/// Constant writing delays a hint by at most this many quiet periods.
const MOST_QUIET_PERIODS: u32 = 40;

/// More paths than this are no single save but a checkout, say, whose writer may pause:
/// then each quiet period is this many times as long.
const BURST_PATHS: usize = 8;
const BURST_FACTOR: u32 = 20;

/// With more paths than this, looking everywhere costs less.
const MOST_PATHS: usize = 4096;

/// How often the directories are surveyed again while new ones keep appearing.
const MOST_SURVEYS: usize = 8;

/// How long the end waits for the backend to let go of its channel.
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);

/// What the thread is told. The sender is dropped when the path is watched.
pub(super) enum Message {
    Event(notify::Result<notify::Event>),
    Watch(PathBuf, Sender<()>),
    Stop,
}

pub(super) struct Actor {
    options: WatchOptions,
    sink: Sink,
    /// The source of events, or why there is none.
    backend: Result<Backend, String>,
    inbox: Receiver<Message>,
    roots: BTreeMap<PathBuf, Root>,
    /// What all roots need together.
    needed: Survey,
    /// The directories that the backend watches.
    watched: BTreeSet<PathBuf>,
    gathered: Gathered,
    next_poll: Option<Instant>,
}

/// When a hint is due about events at so many paths, of which the first and the last came
/// then.
fn due_after(first: Instant, last: Instant, paths: usize, quiet: Duration) -> Instant {
    let quiet = if paths > BURST_PATHS {
        quiet * BURST_FACTOR
    } else {
        quiet
    };
    (last + quiet).min(first + quiet * MOST_QUIET_PERIODS)
}

#[derive(Default)]
struct Root {
    survey: Survey,
    polled: bool,
}

/// What happened since the last hint.
#[derive(Default)]
struct Gathered {
    paths: BTreeSet<PathBuf>,
    /// Too many paths to list.
    rescan: bool,
    /// Events were lost, so anything may have happened.
    lost: bool,
    /// Paths that came, went or were replaced.
    replaced: BTreeSet<PathBuf>,
    resurvey: bool,
    /// When the first and the last event arrived.
    span: Option<(Instant, Instant)>,
}

impl Actor {
    pub(super) fn new(
        options: WatchOptions,
        sink: Sink,
        backend: Result<Backend, String>,
        inbox: Receiver<Message>,
    ) -> Actor {
        Actor {
            options,
            sink,
            backend,
            inbox,
            roots: BTreeMap::new(),
            needed: Survey::default(),
            watched: BTreeSet::new(),
            gathered: Gathered::default(),
            next_poll: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            match self.next_message() {
                Ok(Message::Event(event)) => self.gather(event),
                Ok(Message::Watch(path, done)) => {
                    self.add_root(path);
                    drop(done);
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if self.hint_due().is_some_and(|due| due <= now) {
                self.give_hint();
            }
            if self.next_poll.is_some_and(|due| due <= now) {
                self.next_poll = Some(now + self.poll_interval());
                (self.sink)(WatchEvent::Hint(Hint::Rescan));
            }
        }
        self.farewell();
    }

    fn next_message(&self) -> Result<Message, RecvTimeoutError> {
        let due = [self.hint_due(), self.next_poll]
            .into_iter()
            .flatten()
            .min();
        match due {
            Some(due) => {
                let left = due.saturating_duration_since(Instant::now());
                self.inbox.recv_timeout(left)
            }
            None => self
                .inbox
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn hint_due(&self) -> Option<Instant> {
        let (first, last) = self.gathered.span?;
        let paths = if self.gathered.rescan {
            MOST_PATHS
        } else {
            self.gathered.paths.len()
        };
        Some(due_after(first, last, paths, self.options.quiet_period))
    }

    fn poll_interval(&self) -> Duration {
        self.options.poll.unwrap_or(self.options.fallback_poll)
    }

    /// The backend's thread holds a sender; when the channel is closed, it has ended.
    fn farewell(self) {
        drop(self.backend);
        let end = Instant::now() + LONGEST_FAREWELL;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.inbox.recv_timeout(left).is_err() {
                return;
            }
        }
    }

    fn gather(&mut self, event: notify::Result<notify::Event>) {
        match event {
            Ok(event) if event.need_rescan() => {
                self.gathered.lost = true;
                self.note_time();
            }
            Ok(event) => {
                for path in event.paths {
                    self.gather_path(path, event.kind);
                }
            }
            Err(error) => {
                self.gathered.lost = true;
                self.note_time();
                (self.sink)(WatchEvent::Failed {
                    path: error.paths.first().cloned().unwrap_or_default(),
                    message: error.to_string(),
                });
            }
        }
    }

    fn gather_path(&mut self, path: PathBuf, kind: EventKind) {
        if !self.needed.concerns(&path, &self.options.leave_out) {
            return;
        }
        self.note_time();
        let replaced = matches!(
            kind,
            EventKind::Create(_)
                | EventKind::Remove(_)
                | EventKind::Modify(ModifyKind::Name(_) | ModifyKind::Any)
                | EventKind::Any
                | EventKind::Other
        );
        let may_open = matches!(kind, EventKind::Modify(ModifyKind::Metadata(_)));
        if replaced {
            self.gathered.replaced.insert(path.clone());
        } else if may_open && !self.watched.contains(&path) {
            // A directory that can be listed from now on is watched from now on.
            self.gathered.resurvey |= self.needed.contents.contains(&path);
        }
        if !self.gathered.rescan {
            self.gathered.paths.insert(path);
            self.gathered.rescan = self.gathered.paths.len() > MOST_PATHS;
        }
    }

    fn note_time(&mut self) {
        let now = Instant::now();
        let first = self.gathered.span.map_or(now, |(first, _)| first);
        self.gathered.span = Some((first, now));
    }

    fn give_hint(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        let mut resurvey = gathered.resurvey;
        for path in &gathered.replaced {
            resurvey |= self.forget_watches(path)
                || self.needed.landmarks.contains(path)
                || fs::symlink_metadata(path)
                    .is_ok_and(|found| found.is_dir() || found.is_symlink());
        }
        if gathered.lost {
            // Which directories were replaced is among what was lost.
            self.forget_watches(Path::new("/"));
            resurvey = true;
        }
        // Before the hint: what is scanned afterwards must be watched by then.
        if resurvey {
            self.survey_all();
        }
        let hint = if gathered.rescan || gathered.lost {
            Hint::Rescan
        } else {
            Hint::Paths(gathered.paths)
        };
        (self.sink)(WatchEvent::Hint(hint));
    }

    /// Drops the watches at and beneath a path, whose directories may be others by
    /// now even where the names are the same.
    fn forget_watches(&mut self, path: &Path) -> bool {
        let beneath = self.watched.range(path.to_path_buf()..);
        let beneath = beneath.take_while(|watched| watched.starts_with(path));
        let stale: Vec<PathBuf> = beneath.cloned().collect();
        for directory in &stale {
            self.stop_watching(directory);
        }
        !stale.is_empty()
    }

    fn stop_watching(&mut self, directory: &Path) {
        self.watched.remove(directory);
        if let Ok(backend) = &mut self.backend {
            // The backend may have dropped the watch itself when the directory went.
            let _ = backend.unwatch(directory);
        }
    }

    fn add_root(&mut self, path: PathBuf) {
        self.roots.entry(path.clone()).or_default();
        if let Err(reason) = &self.backend {
            let reason = reason.clone();
            self.poll_root(&path, &reason);
        } else if let Some(name) = silent_file_system(&path) {
            self.poll_root(
                &path,
                &format!("{name} does not report what other machines change"),
            );
        }
        self.survey_all();
    }

    fn poll_root(&mut self, path: &Path, reason: &str) {
        let Some(root) = self.roots.get_mut(path) else {
            return;
        };
        if !std::mem::replace(&mut root.polled, true) {
            (self.sink)(WatchEvent::Polling {
                path: path.to_path_buf(),
                reason: reason.to_owned(),
            });
        }
        if self.next_poll.is_none() {
            self.next_poll = Some(Instant::now() + self.poll_interval());
        }
    }

    /// Looks at all roots again and watches what they need now.
    fn survey_all(&mut self) {
        for _ in 0..MOST_SURVEYS {
            let mut needed = Survey::default();
            for (path, root) in &mut self.roots {
                root.survey = Survey::of(path, &self.options.leave_out);
                needed.include(&root.survey);
            }
            self.needed = needed;
            if !self.watch_needed() {
                break;
            }
        }
    }

    /// Brings the backend's watches in line. True if any was added: something may
    /// have appeared in that directory between the survey and now.
    fn watch_needed(&mut self) -> bool {
        if self.backend.is_err() {
            return false;
        }
        let needed: BTreeSet<PathBuf> = self
            .needed
            .contents
            .union(&self.needed.approaches)
            .cloned()
            .collect();
        let stale: Vec<PathBuf> = self.watched.difference(&needed).cloned().collect();
        for directory in stale {
            self.stop_watching(&directory);
        }
        let mut added = false;
        for directory in needed {
            if !self.watched.contains(&directory) {
                added |= self.start_watching(&directory);
            }
        }
        added
    }

    fn start_watching(&mut self, directory: &Path) -> bool {
        let Ok(backend) = &mut self.backend else {
            return false;
        };
        let Err(error) = backend.watch(directory, RecursiveMode::NonRecursive) else {
            self.watched.insert(directory.to_path_buf());
            return true;
        };
        let io_kind = match &error.kind {
            ErrorKind::PathNotFound => Some(std::io::ErrorKind::NotFound),
            ErrorKind::Io(error) => Some(error.kind()),
            _ => None,
        };
        match io_kind {
            // Its coming, or a change of its permissions, is seen from above.
            Some(
                std::io::ErrorKind::NotFound
                | std::io::ErrorKind::NotADirectory
                | std::io::ErrorKind::PermissionDenied,
            ) => {}
            _ => self.poll_roots_of(directory, &error),
        }
        false
    }

    fn poll_roots_of(&mut self, directory: &Path, error: &notify::Error) {
        let reason = match error.kind {
            ErrorKind::MaxFilesWatch => "the limit of watches is reached".to_owned(),
            _ => error.to_string(),
        };
        let affected: Vec<PathBuf> = self
            .roots
            .iter()
            .filter(|(_, root)| {
                root.survey.contents.contains(directory)
                    || root.survey.approaches.contains(directory)
            })
            .map(|(path, _)| path.clone())
            .collect();
        for path in affected {
            self.poll_root(&path, &reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_waits_for_quiet_but_not_for_ever() {
        let first = Instant::now();
        let quiet = Duration::from_millis(5);
        let check = |last: u64, paths: usize, due: u64| {
            let last = first + Duration::from_millis(last);
            let due = first + Duration::from_millis(due);
            assert_eq!(due_after(first, last, paths, quiet), due);
        };
        check(0, 1, 5);
        check(100, 8, 105);
        check(195, 1, 200);
        check(199, 1, 200);
        check(5000, 1, 200);
        check(100, 9, 200);
        check(3950, 1000, 4000);
    }
}

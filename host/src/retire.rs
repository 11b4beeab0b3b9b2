//! Retirement: a thread that unloads libraries once nothing refers to them.
//!
//! The last reference to a library may go in the middle of somebody's request, so the
//! unloading itself happens here.

use std::sync::mpsc;
use std::thread::JoinHandle;

use crate::artifact::{Artifact, ArtifactHash};
use crate::load::OpenHandle;
use crate::sync::{Arc, AtomicUsize, Ordering};

/// A library on its way out.
#[derive(Debug)]
pub(crate) struct Retired {
    pub(crate) plugins: Vec<String>,
    pub(crate) hash: ArtifactHash,
    pub(crate) artifact: Artifact,
    pub(crate) raw: OpenHandle,
}

/// What became of a retired library.
#[derive(Debug)]
pub(crate) struct Reclamation {
    pub(crate) plugins: Vec<String>,
    pub(crate) hash: ArtifactHash,
    pub(crate) unmapped: bool,
}

/// Takes retired libraries; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Reclaimer {
    queue: mpsc::Sender<Message>,
    reclaimed: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Message {
    Retire(Retired),
    Stop,
}

/// The thread; stopped and joined on drop.
#[derive(Debug)]
pub(crate) struct ReclaimerThread {
    reclaimer: Reclaimer,
    thread: Option<JoinHandle<()>>,
}

impl ReclaimerThread {
    /// Starts the thread; `report` is told of each library that went.
    ///
    /// # Errors
    ///
    /// If the system cannot start a thread.
    pub(crate) fn start(report: impl Fn(Reclamation) + Send + 'static) -> std::io::Result<Self> {
        let (queue, messages) = mpsc::channel();
        let reclaimer = Reclaimer {
            queue,
            reclaimed: Arc::default(),
        };
        let counter = reclaimer.reclaimed.clone();
        let thread = std::thread::Builder::new()
            .name("hotplate-reclaim".to_owned())
            .spawn(move || {
                while let Ok(Message::Retire(retired)) = messages.recv() {
                    report(reclaim(retired, &counter));
                }
                // What came after the stop signal still has to go.
                for message in messages.try_iter() {
                    if let Message::Retire(retired) = message {
                        reclaim(retired, &counter);
                    }
                }
            })?;
        Ok(Self {
            reclaimer,
            thread: Some(thread),
        })
    }

    pub(crate) fn reclaimer(&self) -> &Reclaimer {
        &self.reclaimer
    }
}

impl Drop for ReclaimerThread {
    fn drop(&mut self) {
        // A closed channel means that the thread has ended by itself.
        let _ = self.reclaimer.queue.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Reclaimer {
    /// Unloads a library soon; at once if the thread has ended with its host.
    pub(crate) fn retire(&self, retired: Retired) {
        if let Err(mpsc::SendError(Message::Retire(retired))) =
            self.queue.send(Message::Retire(retired))
        {
            reclaim(retired, &self.reclaimed);
        }
    }

    /// How many libraries were unmapped so far.
    pub(crate) fn reclaimed(&self) -> usize {
        self.reclaimed.load(Ordering::Relaxed)
    }
}

fn reclaim(retired: Retired, counter: &AtomicUsize) -> Reclamation {
    let unmapped = retired.raw.close(&retired.artifact);
    if unmapped {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    tracing::debug!(plugins = ?retired.plugins, artifact = %retired.hash, unmapped, "reclaimed");
    Reclamation {
        plugins: retired.plugins,
        hash: retired.hash,
        unmapped,
    }
}

//! Putting libraries into the cache after they serve: nobody waits for it.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::{Cache, CacheKey};
use crate::error::with_causes;

/// A library that is to be kept, with the directory that it lies in.
#[derive(Debug)]
pub(crate) struct NewLibrary {
    pub(crate) key: CacheKey,
    pub(crate) library: PathBuf,
    /// Removed with its content once the library is in the cache.
    pub(crate) directory: TempDir,
}

/// Takes libraries for the cache; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct CacheQueue(mpsc::Sender<NewLibrary>);

impl CacheQueue {
    /// Has the library kept soon.
    pub(crate) fn keep(&self, library: NewLibrary) {
        // The thread outlives every build; if it does not, the library is made again.
        let _ = self.0.send(library);
    }
}

/// The thread that writes. Dropping it waits until everything is written, once all queues
/// are gone.
#[derive(Debug)]
pub(crate) struct CacheWriter {
    queue: Option<CacheQueue>,
    thread: Option<JoinHandle<()>>,
}

impl CacheWriter {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the system cannot start a thread.
    pub(crate) fn start(cache: Cache) -> std::io::Result<Self> {
        let (queue, libraries) = mpsc::channel::<NewLibrary>();
        let thread = std::thread::Builder::new()
            .name("hotplate-cache".to_owned())
            .spawn(move || {
                for new in libraries {
                    if let Err(error) = cache.put(&new.key, &new.library) {
                        let causes = with_causes(&error);
                        tracing::debug!("a library was not put into the cache: {causes}");
                    }
                    drop(new.directory);
                }
            })?;
        Ok(Self {
            queue: Some(CacheQueue(queue)),
            thread: Some(thread),
        })
    }

    pub(crate) fn queue(&self) -> Option<CacheQueue> {
        self.queue.clone()
    }
}

impl Drop for CacheWriter {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

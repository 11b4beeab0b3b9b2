//! Where a streaming output hands its text.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};

/// Takes the text of a streaming [`Output`](super::Output), and keeps what went wrong.
///
/// A writer may fail or panic while templates are running, whose code must not be unwound
/// through; so the sink catches both, takes nothing more, and [`finish`](Sink::finish) tells.
pub struct Sink<'w> {
    writer: &'w mut dyn io::Write,
    fault: Option<Fault>,
}

enum Fault {
    Error(io::Error),
    Panic(Box<dyn Any + Send>),
}

impl std::fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink")
            .field("has_failed", &self.has_failed())
            .finish_non_exhaustive()
    }
}

impl<'w> Sink<'w> {
    /// A sink that writes to `writer`.
    pub fn new(writer: &'w mut dyn io::Write) -> Self {
        Self {
            writer,
            fault: None,
        }
    }

    /// Whether the writer has failed, which ends the rendering.
    pub fn has_failed(&self) -> bool {
        self.fault.is_some()
    }

    /// How the writing went.
    ///
    /// # Errors
    ///
    /// The first error of the writer.
    ///
    /// # Panics
    ///
    /// If the writer has panicked: with what it panicked with.
    pub fn finish(self) -> io::Result<()> {
        match self.fault {
            None => Ok(()),
            Some(Fault::Error(error)) => Err(error),
            Some(Fault::Panic(payload)) => panic::resume_unwind(payload),
        }
    }

    /// Hands bytes to the writer; false if it has failed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        if self.has_failed() {
            return false;
        }
        // Nothing of the writer is used again after a panic.
        match panic::catch_unwind(AssertUnwindSafe(|| self.writer.write_all(bytes))) {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                self.fault = Some(Fault::Error(error));
                false
            }
            Err(payload) => {
                self.fault = Some(Fault::Panic(payload));
                false
            }
        }
    }
}

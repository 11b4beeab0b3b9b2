//! Ctrl-C ends what a command does, not the console; in a script it ends all.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

/// The status of a process that a signal ended, as shells have it.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// What a signal does at the moment.
#[derive(Default)]
pub(super) struct State {
    /// The session that a command waits for.
    pub(super) waiting: Option<UnixStream>,
    /// Whether that command follows events.
    pub(super) is_following: bool,
    /// Whether somebody types commands, so that Ctrl-C ends only one.
    pub(super) is_interactive: bool,
    /// The host in this process, whose sockets go with it.
    pub(super) host: Weak<hotplate::Host>,
}

/// The thread that waits for signals shares this with the console.
#[derive(Clone, Default)]
pub(super) struct Signals(Arc<Mutex<State>>);

impl Signals {
    /// Begins to wait for signals.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(super) fn start() -> io::Result<Self> {
        let signals = Self::default();
        let shared = signals.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // The signals are taken over here, so that none is missed until the thread runs.
        let (mut interrupts, mut terminations) = {
            let _entered = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        thread::Builder::new()
            .name("hotplate-signals".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    loop {
                        tokio::select! {
                            _ = interrupts.recv() => shared.interrupt(),
                            _ = terminations.recv() => shared.end(TERMINATED),
                        }
                    }
                });
            })?;
        Ok(signals)
    }

    /// To change what a signal does.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interrupt(&self) {
        let state = self.state();
        if !state.is_interactive {
            drop(state);
            self.end(INTERRUPTED);
        }
        let Some(mut stream) = state.waiting.as_ref() else {
            return;
        };
        // If the host has gone, the console is about to notice.
        let _ = if state.is_following {
            stream.write_all(b"{\"stop\":true}\n")
        } else {
            stream.shutdown(Shutdown::Both)
        };
    }

    /// Ends the process.
    fn end(&self, status: i32) -> ! {
        if let Some(host) = self.state().host.upgrade() {
            host.close_control();
        }
        std::process::exit(status);
    }
}

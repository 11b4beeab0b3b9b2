//! The sessions of a host, and the threads that accept them.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use super::answer::Refusal;
use super::protocol;
use super::session::Session;
use super::socket::{Listening, is_same_user};
use crate::error::Error;
use crate::host::Host;
use crate::sync::{Arc, Mutex, lock};

/// The most sessions at a time.
const MOST_SESSIONS: usize = 16;

/// How long a host that ends waits for sessions that run a plugin's code.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a host has of control sockets; empty for most.
#[derive(Default)]
pub(crate) struct Control {
    sessions: Arc<Sessions>,
    acceptors: Mutex<Vec<Acceptor>>,
}

/// A thread that accepts connections; it ends when the other end of its stream is dropped.
struct Acceptor {
    stop: UnixStream,
    thread: JoinHandle<()>,
}

/// The sessions that run.
#[derive(Default)]
struct Sessions {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    last: u64,
    is_closed: bool,
    running: HashMap<u64, Running>,
}

struct Running {
    /// To cut it off.
    stream: UnixStream,
    thread: JoinHandle<()>,
    /// Disconnected when the thread is about to end.
    ended: mpsc::Receiver<()>,
}

impl Control {
    /// Listens at `path`, for sessions of `host`.
    pub(super) fn listen(&self, host: &Host, path: &Path) -> Result<(), Error> {
        let listening = Listening::at(path)?;
        let started = UnixStream::pair().and_then(|(stop, stopped)| {
            let (sessions, host) = (self.sessions.clone(), Arc::new(host.observer()));
            let thread = std::thread::Builder::new()
                .name("hotplate-control".to_owned())
                .spawn(move || accept(&listening, &stopped, &sessions, &host))?;
            Ok(Acceptor { stop, thread })
        });
        let acceptor =
            started.map_err(|error| Error::setup_from("cannot start the control thread", error))?;
        lock(&self.acceptors).push(acceptor);
        Ok(())
    }

    /// A connection to a new session of `host`.
    pub(super) fn connection(&self, host: &Host) -> Result<UnixStream, Error> {
        let (ours, theirs) = UnixStream::pair()
            .map_err(|error| Error::setup_from("cannot make a connection", error))?;
        let host = Arc::new(host.observer());
        match self.sessions.start(theirs, &host) {
            Ok(()) => Ok(ours),
            Err(refusal) => Err(Error::setup(refusal.message)),
        }
    }

    /// Removes the sockets, cuts all sessions off and waits for their threads, though not
    /// forever for those that run a plugin's code.
    pub(crate) fn close(&self) {
        for acceptor in std::mem::take(&mut *lock(&self.acceptors)) {
            drop(acceptor.stop);
            let _ = acceptor.thread.join();
        }
        self.sessions.close();
    }
}

impl Sessions {
    /// Starts a session on a stream, or says why not.
    fn start(self: &Arc<Self>, stream: UnixStream, host: &Arc<Host>) -> Result<(), Refusal> {
        let refuse = |error: io::Error| Refusal::new("refused", format!("no session: {error}"));
        let mut table = lock(&self.table);
        if table.is_closed {
            return Err(Refusal::new("closed", "the host has been dropped"));
        }
        if table.running.len() >= MOST_SESSIONS {
            let message = format!("there are {MOST_SESSIONS} sessions already");
            return Err(Refusal::new("busy", message));
        }
        table.last += 1;
        let number = table.last;
        let cut = stream.try_clone().map_err(refuse)?;
        let (running, ended) = mpsc::channel();
        let (sessions, host) = (self.clone(), host.clone());
        // The table is locked until the session is in it, so that it cannot leave before.
        let thread = std::thread::Builder::new()
            .name("hotplate-session".to_owned())
            .spawn(move || {
                let _running: mpsc::Sender<()> = running;
                Session::new(stream, host).run();
                sessions.leave(number);
            })
            .map_err(refuse)?;
        let entry = Running {
            stream: cut,
            thread,
            ended,
        };
        table.running.insert(number, entry);
        Ok(())
    }

    /// Forgets a session that ends, unless somebody waits for it.
    fn leave(&self, number: u64) {
        let mut table = lock(&self.table);
        if !table.is_closed {
            table.running.remove(&number);
        }
    }

    fn close(&self) {
        let running = {
            let mut table = lock(&self.table);
            table.is_closed = true;
            std::mem::take(&mut table.running)
        };
        for session in running.values() {
            // An error means that the client has gone.
            let _ = session.stream.shutdown(Shutdown::Both);
        }
        let deadline = Instant::now() + PATIENCE;
        for session in running.into_values() {
            let left = deadline.saturating_duration_since(Instant::now());
            let waited = session.ended.recv_timeout(left);
            if waited == Err(mpsc::RecvTimeoutError::Disconnected) {
                let _ = session.thread.join();
            }
        }
    }
}

/// Accepts connections until the other end of `stopped` is dropped.
fn accept(listening: &Listening, stopped: &UnixStream, sessions: &Arc<Sessions>, host: &Arc<Host>) {
    loop {
        let mut sources = [
            PollFd::new(&listening.listener, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        match poll(&mut sources, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => {
                tracing::warn!("the control socket is no longer served: {error}");
                return;
            }
        }
        if !sources[1].revents().is_empty() {
            return;
        }
        let Ok((stream, _)) = listening.listener.accept() else {
            // The client has gone again.
            continue;
        };
        if let Err(refusal) = admit(&stream).and_then(|()| {
            let stream = stream.try_clone();
            let stream = stream.map_err(|error| Refusal::new("refused", error.to_string()))?;
            sessions.start(stream, host)
        }) {
            tell(stream, &refusal);
        }
    }
}

/// Lets nobody in but the host's own user.
fn admit(stream: &UnixStream) -> Result<(), Refusal> {
    match is_same_user(stream) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::new(
            "forbidden",
            "the host belongs to another user",
        )),
        Err(error) => Err(Refusal::new(
            "forbidden",
            format!("the system does not tell who you are: {error}"),
        )),
    }
}

/// Says why there is no session; a client that does not listen misses it.
fn tell(mut stream: UnixStream, refusal: &Refusal) {
    let line = protocol::refused(0, "", refusal, false);
    if stream.set_nonblocking(true).is_ok() {
        let _ = writeln!(stream, "{line}");
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Control({} sockets)", lock(&self.acceptors).len())
    }
}

//! Commands to a running host: from a console, a script, or another process through a local
//! socket.
//!
//! A *session* reads requests from a stream, one JSON object a line, and answers each with one
//! line (`protocol`). Streams come from a socket file that the host listens at
//! ([`Host::serve_control`]), or from [`Host::control_connection`], for a console in the same
//! process; both speak the same. A request holds a command as a person types it, so that the
//! words are the same everywhere, and a client need not know the commands: it asks for
//! completions, and is told help. The commands stand in one table (`commands`); each is a
//! function of a [`Host`] and the words after its name, and gives its result twice, as JSON and
//! as text.
//!
//! A session has a thread of its own and borrows nothing from others, so that one which hangs
//! hurts nobody: lines are bounded, writing to a client that does not read ends its session,
//! and there are at most 16 sessions. They work on an *observer*, a [`Host`] that shares the
//! real one's snapshot and driver and ends nothing when it is dropped. When the real host is
//! dropped, the sockets' files are removed, all sessions are cut off, and their threads joined,
//! except those in the middle of a plugin's code that does not return.
//!
//! Whoever can write to the socket can run the plugins' code and replace it. So there is none
//! unless the application asks for it; its file has mode 0600 in a directory with mode 0700, and
//! the peer's user, as the system tells it, must be the host's own.

mod answer;
mod commands;
mod complete;
mod protocol;
mod server;
mod session;
mod socket;
mod words;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

pub(crate) use server::Control;

use crate::builder::Builder;
use crate::error::Error;
use crate::host::Host;

/// The version of the protocol that this host speaks; a client says in its first line which
/// one it speaks, and is refused if it is another.
pub const PROTOCOL: u32 = 1;

/// Where hosts put their control sockets if they are given no path: `hotplate` in the user's
/// runtime directory (`XDG_RUNTIME_DIR`), else a directory for the user in that of temporary
/// files. Each host has a file there that is named for its process.
pub fn default_directory() -> PathBuf {
    socket::default_directory()
}

/// The path of this process's control socket in the [default
/// directory](default_directory).
pub fn default_path() -> PathBuf {
    default_directory().join(format!("{}.sock", std::process::id()))
}

/// The sockets in the [default directory](default_directory) that a host answers at, in order
/// of their names.
pub fn running() -> Vec<PathBuf> {
    socket::running(&default_directory())
}

/// Connects to the control socket of a running host.
///
/// # Errors
///
/// If no host answers there, or it belongs to another user.
pub fn connect(path: impl AsRef<Path>) -> Result<UnixStream, Error> {
    socket::connect(path.as_ref())
}

impl Builder {
    /// Lets other processes of the same user control the host through a local socket at
    /// `path`, as [`Host::serve_control`] does, from before the first build on. Without it
    /// there is no socket.
    ///
    /// ```no_run
    /// # use hotplate::{Host, control};
    /// let host = Host::builder()
    ///     .plugin("plugins/site")
    ///     .control_socket(control::default_path())
    ///     .start()?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn control_socket(mut self, path: impl AsRef<Path>) -> Self {
        self.control_sockets.push(path.as_ref().to_owned());
        self
    }
}

impl Host {
    /// Lets other processes of the same user control this host through a local socket at
    /// `path`: `hotplate attach PATH` opens a console there.
    ///
    /// The file has mode 0600. Its directory is made with mode 0700 if it is not there; one
    /// that others may enter is refused. What a dead host left there is replaced. The file is
    /// removed when the host is dropped.
    ///
    /// Whoever can open the socket can run and replace the plugins' code.
    ///
    /// # Errors
    ///
    /// If another host listens there, something else is in the way, or others may enter the
    /// directory.
    pub fn serve_control(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.control().listen(self, path.as_ref())
    }

    /// Removes the control sockets and cuts all sessions off, as dropping the host does, for a
    /// program that is about to end without dropping it. No session begins after that.
    pub fn close_control(&self) {
        self.control().close();
    }

    /// A connection to a session of this host, for a console in the same process. It speaks
    /// what clients of [`serve_control`](Self::serve_control) speak.
    ///
    /// # Errors
    ///
    /// If there are too many sessions, or the system refuses a socket or a thread.
    pub fn control_connection(&self) -> Result<UnixStream, Error> {
        self.control().connection(self)
    }
}

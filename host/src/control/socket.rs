//! The socket's file: who may open it, what may be replaced, and when it goes.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;

use crate::error::Error;

/// The most bytes that the system takes for the path of a socket.
const LONGEST_PATH: usize = 107;

/// A socket that is listened at. Its file is removed on drop.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the file, so that nobody else's is removed.
    identity: (u64, u64),
}

impl Listening {
    /// Listens at `path`.
    ///
    /// # Errors
    ///
    /// If a host listens there, something else is in the way, others may enter the directory,
    /// or the system refuses.
    pub(super) fn at(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let length = path.as_os_str().len();
        if length > LONGEST_PATH {
            return Err(Error::setup(format!(
                "the path of a control socket may have {LONGEST_PATH} bytes, and {shown} has \
                 {length}"
            )));
        }
        let refused = |error| Error::setup_from(format!("cannot listen at {shown}"), error);
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        prepare(directory)?;
        // Two hosts that start at once take turns, so that neither removes what the other
        // has just made.
        let turn = fs::File::open(directory).map_err(refused)?;
        flock(&turn, FlockOperation::LockExclusive).map_err(|error| refused(error.into()))?;
        make_room(path)?;
        let listener = UnixListener::bind(path).map_err(refused)?;
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let metadata = fs::symlink_metadata(path).map_err(refused)?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            identity: identity(&metadata),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let is_own = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| identity(&metadata) == self.identity);
        if is_own {
            // If it cannot be removed, the next host replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Makes sure that nobody else may enter the socket's directory.
fn prepare(directory: &Path) -> Result<(), Error> {
    let shown = directory.display();
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    made.map_err(|error| Error::setup_from(format!("cannot make the directory {shown}"), error))?;
    let metadata = fs::metadata(directory)
        .map_err(|error| Error::setup_from(format!("cannot read {shown}"), error))?;
    if metadata.uid() != geteuid().as_raw() {
        return Err(Error::setup(format!(
            "the directory {shown} belongs to another user, so no control socket is made there"
        )));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(Error::setup(format!(
            "others may enter the directory {shown}, so no control socket is made there; choose \
             another, or `chmod 700` this one"
        )));
    }
    Ok(())
}

/// Removes the socket of a host that is dead.
fn make_room(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let refused = |error| Error::setup_from(format!("cannot look at {shown}"), error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(Error::setup(format!(
                "{shown} is in the way: it is no socket"
            )));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Error::setup(format!(
            "a host listens at {shown} already; choose another path, or attach to it"
        ))),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(refused)
        }
        Err(error) => Err(refused(error)),
    }
}

/// Whether whoever is at the other end runs as the same user.
pub(super) fn is_same_user(stream: &UnixStream) -> io::Result<bool> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    Ok(peer.uid == geteuid())
}

/// See [`connect`](super::connect).
pub(super) fn connect(path: &Path) -> Result<UnixStream, Error> {
    let shown = path.display();
    let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::setup(format!("there is no socket {shown}")),
        ErrorKind::ConnectionRefused => Error::setup(format!(
            "nobody listens at {shown} any more; its host has ended"
        )),
        _ => Error::setup_from(format!("cannot connect to {shown}"), error),
    })?;
    match is_same_user(&stream) {
        Ok(true) => Ok(stream),
        Ok(false) => Err(Error::setup(format!("{shown} belongs to another user"))),
        Err(error) => Err(Error::setup_from(
            format!("cannot tell whose {shown} is"),
            error,
        )),
    }
}

/// See [`default_directory`](super::default_directory).
pub(super) fn default_directory() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|value| !value.is_empty());
    match runtime {
        Some(directory) => PathBuf::from(directory).join("hotplate"),
        None => std::env::temp_dir().join(format!("hotplate-{}", geteuid().as_raw())),
    }
}

/// The sockets in a directory that somebody of the same user answers at.
pub(super) fn running(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut live: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "sock")
        })
        .filter(|path| connect(path).is_ok())
        .collect();
    live.sort_unstable();
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        let error = Listening::at(path).expect_err("it is refused");
        error.to_string()
    }

    #[test]
    fn the_file_is_private_and_goes() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("new/host.sock");
        let listening = Listening::at(&path).expect("it listens");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&place.path().join("new")), 0o700);
        assert!(is_same_user(&connect(&path).expect("it connects")).expect("it says"));
        assert_eq!(
            running(&place.path().join("new")).as_slice(),
            std::slice::from_ref(&path)
        );
        assert!(refusal(&path).contains("listens at"), "{}", refusal(&path));
        drop(listening);
        assert!(!path.exists());
        assert!(running(&place.path().join("new")).is_empty());
    }

    #[test]
    fn only_dead_sockets_are_replaced() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("private");
        prepare(&directory).expect("a directory");
        let path = directory.join("a.sock");
        drop(UnixListener::bind(&path).expect("it binds"));
        let first = Listening::at(&path).expect("the dead socket is replaced");
        // Somebody else took the path: their file stays.
        fs::remove_file(&path).expect("it is there");
        fs::write(&path, "mine").expect("it can be written");
        drop(first);
        assert!(refusal(&path).ends_with("is in the way: it is no socket"));
        assert!(path.exists());
    }

    #[test]
    fn others_may_not_enter_the_directory() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("open");
        fs::create_dir(&directory).expect("a directory");
        fs::set_permissions(&directory, Permissions::from_mode(0o750)).expect("a mode");
        assert!(refusal(&directory.join("a.sock")).starts_with("others may enter"));
        let long = place.path().join("x".repeat(120));
        assert!(refusal(&long).contains("may have 107 bytes"));
    }
}

//! `hotplate serve` on a folder of templates.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{self, Answer, Request};

/// The longest that a test waits for one event: the first build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running server. It ends with this.
pub(crate) struct Server {
    process: Child,
    events: Receiver<Value>,
    address: SocketAddr,
    place: TempDir,
}

impl Server {
    /// Serves a folder `templates` with these files, with more arguments.
    pub(crate) fn start(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let folder = place.path().join("templates");
        fs::create_dir(&folder).expect("a directory");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("a file");
        }
        // What folders need is built once for all tests, and kept from run to run.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        fs::create_dir_all(&cache).expect("a directory");
        let mut process = Command::new(env!("CARGO_BIN_EXE_hotplate"))
            .args(["serve", "--port", "0", "--events", "json"])
            .args(arguments)
            .arg(&folder)
            .env("XDG_CACHE_HOME", &cache)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let output = process.stdout.take().expect("the output is read here");
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("each line is JSON");
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            process,
            events,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            place,
        };
        let ready = server.wait_for("ready");
        let url = ready["url"].as_str().expect("it says where it is");
        let port = url.trim_end_matches('/').rsplit(':').next();
        let port = port.and_then(|port| port.parse().ok());
        server.address.set_port(port.expect("it has a port"));
        server
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Saves a template.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.place.path().join("templates").join(name);
        fs::write(path, text).expect("a file can be written");
    }

    /// Waits for the next event of this name. A rejection that is not waited for fails the
    /// test.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left);
            let event = event.unwrap_or_else(|_| panic!("there was no {name}"));
            if event["event"] == name {
                return event;
            }
            assert_ne!(event["event"], "rejected", "{event}");
        }
    }

    /// Sends a request.
    pub(crate) fn send(&self, request: &Request<'_>) -> Answer {
        http::send(self.address, request)
    }

    /// Asks for a page at another address of this machine.
    pub(crate) fn get_at(&self, address: IpAddr, path: &str) -> Answer {
        let request = Request {
            method: "GET",
            path,
            headers: &[],
            body: "",
        };
        http::send(SocketAddr::new(address, self.address.port()), &request)
    }

    /// Asks for a page.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&Request {
            method: "GET",
            path,
            headers: &[],
            body: "",
        })
    }
}

/// An address of this machine that is no loopback address, if there is a network.
pub(crate) fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing. The address is one of those that are for documentation.
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! What clients may do to a socket without hurting anybody.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::{fs, thread};

use hotplate::Host;
use serde_json::{Value as Json, json};

use crate::hotplate;

/// A client that speaks the protocol by hand.
struct Client {
    reader: BufReader<UnixStream>,
}

impl Client {
    /// Connects, and gives the host's first line.
    fn connect(path: &Path) -> (Self, Json) {
        let stream = UnixStream::connect(path).expect("somebody listens");
        let mut client = Self {
            reader: BufReader::new(stream),
        };
        let first = client.receive().expect("the host says something");
        (client, first)
    }

    /// Connects, and says which protocol it speaks.
    fn ready(path: &Path) -> Self {
        let (mut client, greeting) = Self::connect(path);
        assert_eq!(greeting["protocol"], 1, "{greeting}");
        client.send(&json!({"protocol": 1}));
        client
    }

    fn send(&mut self, line: &Json) {
        self.write(format!("{line}\n").as_bytes());
    }

    fn write(&mut self, bytes: &[u8]) {
        // A host that has ended the session is noticed by who reads.
        let _ = self.reader.get_mut().write_all(bytes);
    }

    /// The next line; nothing if the session has ended.
    fn receive(&mut self) -> Option<Json> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("a line is JSON")),
        }
    }

    fn ask(&mut self, line: &str) -> Json {
        self.send(&json!({"id": 7, "line": line}));
        self.receive().expect("the host answers")
    }
}

fn host() -> (Host, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let host = Host::builder()
        .linked(text::PLUGIN)
        .control_socket(directory.path().join("private/a.sock"))
        .start()
        .expect("it starts");
    (host, directory)
}

#[test]
fn the_socket_is_for_this_user_alone() {
    let (host, directory) = host();
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    host.serve_control(directory.path().join("new/b.sock"))
        .expect("a host may have several sockets");
    assert_eq!(mode(&directory.path().join("private/a.sock")), 0o600);
    assert_eq!(mode(&directory.path().join("new/b.sock")), 0o600);
    assert_eq!(mode(&directory.path().join("new")), 0o700);
    let error = host.serve_control(directory.path().join("private/a.sock"));
    let error = error.expect_err("it is taken").to_string();
    assert!(error.contains("a host listens at"), "{error}");
    let open = directory.path().join("open");
    fs::create_dir(&open).expect("a directory");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("a mode");
    let error = host.serve_control(open.join("c.sock"));
    let error = error.expect_err("others may enter").to_string();
    assert!(error.contains("chmod 700"), "{error}");
}

#[test]
fn two_clients_follow_the_same_host() {
    let (_host, directory) = host();
    let socket = directory.path().join("private/a.sock");
    let mut first = Client::ready(&socket);
    let mut second = Client::ready(&socket);
    first.send(&json!({"id": 1, "line": "events"}));
    let following = first.receive().expect("it follows");
    assert_eq!(
        following,
        json!({"id": 1, "following": true, "generation": 1})
    );
    // The other one is answered meanwhile.
    assert_eq!(
        second.ask("call text slugify \"A\"")["result"]["value"],
        "a"
    );
    first.send(&json!({"stop": true}));
    let ended = first.receive().expect("it ends");
    assert_eq!(ended["result"], json!({"events": 0}));
    assert_eq!(first.ask("call text slugify \"B\"")["result"]["value"], "b");
    // A command ends what is followed, too, and is carried out.
    first.send(&json!({"id": 2, "line": "events"}));
    assert_eq!(first.receive().expect("it follows")["following"], true);
    let ended = first.ask("call text slugify \"C\"");
    assert_eq!(ended["command"], "events");
    assert_eq!(first.receive().expect("an answer")["result"]["value"], "c");
}

#[test]
fn completions_are_the_hosts() {
    let (_host, directory) = host();
    let mut client = Client::ready(&directory.path().join("private/a.sock"));
    let mut check = |begun: &str, start: usize, expected: &[&str]| {
        client.send(&json!({"id": 1, "complete": begun}));
        let found = client.receive().expect("an answer");
        let expected = json!({"id": 1, "ok": true, "start": start, "candidates": expected});
        assert_eq!(found, expected, "{begun}");
    };
    check("re", 0, &["refresh", "render", "revert"]);
    check("call t", 5, &["text"]);
    check("call text sl", 10, &["slugify"]);
    check("call text slugify x", 18, &[]);
    check("list text fun", 10, &["function"]);
    check("help sta", 5, &["state", "status"]);
    check("nothing x", 8, &[]);
}

#[test]
fn a_client_that_says_nonsense_is_told_and_left() {
    let (_host, directory) = host();
    let socket = directory.path().join("private/a.sock");
    let refusal = |first: &[u8]| {
        let (mut client, _) = Client::connect(&socket);
        client.write(first);
        let refusal = client.receive().expect("a refusal");
        assert_eq!(client.receive(), None, "the session has ended");
        (refusal["code"].clone(), refusal["message"].clone())
    };
    let (code, message) = refusal(b"{\"protocol\":99}\n");
    assert_eq!(code, "version");
    assert!(
        message.to_string().contains("the client version 99"),
        "{message}"
    );
    assert_eq!(refusal(b"GET / HTTP/1.1\r\n\r\n").0, "protocol");
    assert_eq!(refusal(b"{\"protocol\":1}\n[]\n").0, "protocol");
    // More than the host takes in one line; what is too much is thrown away with the session.
    let (mut client, _) = Client::connect(&socket);
    let mut writer = client.reader.get_ref().try_clone().expect("a stream");
    let writing = thread::spawn(move || {
        let part = vec![b'x'; 1 << 20];
        (0..6).all(|_| writer.write_all(&part).is_ok())
    });
    // The answer may be lost with what was not read; the session ends in any case.
    if let Some(refusal) = client.receive() {
        assert_eq!(refusal["code"], "too_long");
    }
    let _ = writing.join().expect("the writer does not panic");
    // Nobody else is hurt.
    let mut other = Client::ready(&socket);
    assert_eq!(other.ask("call text slugify \"A\"")["ok"], true);
}

#[test]
fn clients_that_do_nothing_take_no_more_than_their_places() {
    let (host, directory) = host();
    let socket = directory.path().join("private/a.sock");
    let silent: Vec<Client> = (0..16).map(|_| Client::ready(&socket)).collect();
    let (_, refusal) = Client::connect(&socket);
    assert_eq!(refusal["code"], "busy", "{refusal}");
    let slug = host.function::<(&str,), String>("text", "slugify");
    let slug = slug.expect("the host goes on");
    assert_eq!(slug.call(("A",)).expect("it is called"), "a");
    // The host ends with silent clients as without.
    drop(host);
    for mut client in silent {
        assert_eq!(client.receive(), None);
    }
    assert!(!socket.exists());
}

#[test]
fn a_client_killed_in_the_middle_hurts_nobody() {
    let (_host, directory) = host();
    let socket = directory.path().join("private/a.sock");
    let mut child = hotplate(&["attach"])
        .arg(&socket)
        .arg("--json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"events\n").expect("it reads");
    let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    answers.read_line(&mut line).expect("it follows events");
    assert!(line.contains("following"), "{line}");
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    // Its place is free again, and so are all others.
    let clients: Vec<Client> = (0..8).map(|_| Client::ready(&socket)).collect();
    for mut client in clients {
        assert_eq!(client.ask("status")["ok"], true);
    }
    // A line that never ends is no harm either.
    let mut half = Client::ready(&socket);
    half.write(b"{\"id\":1,\"line\":\"sta");
    drop(half);
    assert_eq!(Client::ready(&socket).ask("status")["ok"], true);
}

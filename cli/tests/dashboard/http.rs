//! The little of HTTP that tests need.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// A `Host` among them replaces the right one.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a str,
}

/// What comes back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// Sends a request on a connection of its own.
pub(crate) fn send(address: SocketAddr, request: &Request<'_>) -> Answer {
    let mut connection = TcpStream::connect(address).expect("the server listens");
    let timeout = connection.set_read_timeout(Some(PATIENCE));
    timeout.expect("a connection can have a limit");
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    let names_host = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case("host");
    if !request.headers.iter().any(|header| names_host(&header)) {
        head.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = request.body.len();
    let kind = "application/x-www-form-urlencoded";
    head.push_str(&format!(
        "Content-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    ));
    let sent = connection.write_all(format!("{head}{}", request.body).as_bytes());
    sent.expect("the server reads");
    let mut answer = Vec::new();
    let read = connection.read_to_end(&mut answer);
    read.expect("the server answers");
    let answer = String::from_utf8(answer).expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head has an end");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.expect("the answer has a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

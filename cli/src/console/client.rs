//! The client's side of a session with a host.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use hotplate::control::PROTOCOL;
use serde::Deserialize;
use serde_json::json;

use crate::failure::Failure;

/// A session.
#[derive(Debug)]
pub(super) struct Client {
    reader: BufReader<UnixStream>,
    pub(super) greeting: Greeting,
    last: u64,
}

/// What a host says first.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Greeting {
    /// The host's version.
    pub(super) hotplate: String,
    pub(super) protocol: u32,
    pub(super) pid: u32,
    pub(super) generation: u64,
}

/// A line from the host, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    /// There is one in the line that ends a command.
    pub(super) ok: Option<bool>,
    pub(super) code: String,
    pub(super) message: String,
    /// For people.
    pub(super) text: String,
    pub(super) following: bool,
    pub(super) generation: u64,
    pub(super) start: usize,
    pub(super) candidates: Vec<String>,
    /// What a command gave.
    pub(super) result: serde_json::Value,
}

impl Line {
    /// Whether an event says all that this answer says: that something was published.
    pub(super) fn is_told_by_events(&self) -> bool {
        self.result["published"].is_object()
    }
}

impl Client {
    /// Begins a session, with answers for people or without.
    ///
    /// # Errors
    ///
    /// If the host refuses it, or speaks another version.
    pub(super) fn new(stream: UnixStream, with_text: bool) -> Result<Self, Failure> {
        let mut reader = BufReader::new(stream);
        let lost = |error: io::Error| Failure::line(format_args!("the host has gone: {error}"));
        let mut first = String::new();
        reader.read_line(&mut first).map_err(lost)?;
        let greeting: Greeting = match serde_json::from_str(&first) {
            Ok(greeting) => greeting,
            Err(_) => {
                let refusal: Line = serde_json::from_str(&first).unwrap_or_default();
                return Err(Failure::Line(match refusal.message.as_str() {
                    "" => "this is no control socket of a hotplate host".to_owned(),
                    message => format!("the host refuses: {message}"),
                }));
            }
        };
        if greeting.protocol != PROTOCOL {
            return Err(Failure::line(format_args!(
                "the host is hotplate {} with version {} of the protocol, and this is hotplate {} \
                 with version {PROTOCOL}",
                greeting.hotplate,
                greeting.protocol,
                env!("CARGO_PKG_VERSION"),
            )));
        }
        let client = Self {
            reader,
            greeting,
            last: 0,
        };
        let hello = json!({"protocol": PROTOCOL, "text": with_text});
        client.write(&hello.to_string()).map_err(lost)?;
        Ok(client)
    }

    /// The stream, for somebody who interrupts.
    pub(super) fn stream(&self) -> io::Result<UnixStream> {
        self.reader.get_ref().try_clone()
    }

    /// Sends a command.
    pub(super) fn send(&mut self, line: &str) -> io::Result<()> {
        self.last += 1;
        self.write(&json!({"id": self.last, "line": line}).to_string())
    }

    /// Waits for a line: as it came, and what it says.
    ///
    /// # Errors
    ///
    /// If the host has gone, or says something that is no JSON.
    pub(super) fn receive(&mut self) -> io::Result<(String, Line)> {
        let mut text = String::new();
        if self.reader.read_line(&mut text)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = serde_json::from_str(&text)?;
        Ok((text, line))
    }

    /// What the last word of a command's beginning may become, and where that word begins.
    pub(super) fn complete(&mut self, begun: &str) -> io::Result<(usize, Vec<String>)> {
        self.last += 1;
        self.write(&json!({"id": self.last, "complete": begun}).to_string())?;
        let (_, line) = self.receive()?;
        Ok((line.start, line.candidates))
    }

    fn write(&self, line: &str) -> io::Result<()> {
        let mut stream = self.reader.get_ref();
        stream.write_all(format!("{line}\n").as_bytes())
    }
}

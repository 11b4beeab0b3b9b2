//! One client: its lines in, answers out.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::PROTOCOL;
use super::answer::{Answer, Refusal};
use super::commands::{self, Action};
use super::complete::complete;
use super::protocol::{self, Hello, LONGEST_LINE, Request};
use super::words::Words;
use crate::event::Events;
use crate::host::Host;
use crate::sync::Arc;

/// How long a client may take for its first line, and to take in what is written to it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a look for input and events takes while events are followed.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// Why a session ends.
enum End {
    /// The client asked for it, or has gone.
    Quit,
    /// The client said something that it may not.
    Refused(Refusal),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Quit
    }
}

/// A client and the host that it works on.
pub(super) struct Session {
    stream: UnixStream,
    host: Arc<Host>,
    /// What was read and is not used yet.
    input: Vec<u8>,
    with_text: bool,
}

impl Session {
    pub(super) fn new(stream: UnixStream, host: Arc<Host>) -> Self {
        Self {
            stream,
            host,
            input: Vec::new(),
            with_text: false,
        }
    }

    /// Runs until the client has gone, quits, or is cut off.
    pub(super) fn run(mut self) {
        if let Err(End::Refused(refusal)) = self.talk() {
            // A client that has gone misses it.
            let _ = self.write(&protocol::refused(0, "", &refusal, false));
        }
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    fn talk(&mut self) -> Result<(), End> {
        self.stream.set_write_timeout(Some(PATIENCE))?;
        self.stream.set_read_timeout(Some(PATIENCE))?;
        self.write(&protocol::greeting(self.host.generation()))?;
        let hello: Hello = self.read()?;
        if hello.protocol != PROTOCOL {
            let message = format!(
                "this host speaks version {PROTOCOL} of the protocol, and the client version {}; \
                 use the hotplate that the host was built with, {}",
                hello.protocol,
                env!("CARGO_PKG_VERSION"),
            );
            return Err(End::Refused(Refusal::new("version", message)));
        }
        self.with_text = hello.text;
        self.stream.set_read_timeout(None)?;
        loop {
            let request: Request = self.read()?;
            let id = request.id;
            if let Some(begun) = &request.complete {
                let (start, candidates) = complete(&self.host, begun);
                self.write(&protocol::completions(id, start, &candidates))?;
            }
            if let Some(line) = &request.line {
                self.execute(id, line)?;
            }
        }
    }

    /// Carries a command out.
    fn execute(&mut self, id: u64, line: &str) -> Result<(), End> {
        let mut words = Words::new(line);
        let name = words.next().ok().flatten().unwrap_or_default();
        let command = match commands::require(&name) {
            Ok(command) => command,
            Err(refusal) => return self.refuse(id, &name, &refusal),
        };
        let result = match command.action {
            Action::Answer(run) => run(&self.host, words),
            Action::Follow => match words.number("COUNT").and_then(|count| {
                words.end()?;
                Ok(count)
            }) {
                Ok(count) => Ok(self.follow(id, count)?),
                Err(refusal) => Err(refusal),
            },
            Action::Quit => {
                let answer = Answer::new(json!(null), "");
                self.write(&protocol::answered(id, &name, &answer, self.with_text))?;
                return Err(End::Quit);
            }
        };
        match result {
            Ok(answer) => {
                Ok(self.write(&protocol::answered(id, &name, &answer, self.with_text))?)
            }
            Err(mut refusal) => {
                if refusal.code == "usage" {
                    refusal.message =
                        format!("{}; usage: {}", refusal.message, commands::usage(command));
                }
                self.refuse(id, &name, &refusal)
            }
        }
    }

    fn refuse(&mut self, id: u64, command: &str, refusal: &Refusal) -> Result<(), End> {
        Ok(self.write(&protocol::refused(id, command, refusal, self.with_text))?)
    }

    /// Sends events until there were enough, or the client sends a line.
    fn follow(&mut self, id: u64, count: Option<u64>) -> Result<Answer, End> {
        let events = self.host.events();
        self.write(&protocol::following(id, self.host.generation()))?;
        let mut sent = 0;
        while count.is_none_or(|count| sent < count) {
            if self.has_input()? {
                let is_stop = self.peek_stop()?;
                if is_stop {
                    // What is not an end of this is a command that waits its turn.
                    let _: Request = self.read()?;
                }
                break;
            }
            sent += self.pass_on(id, &events, count.map(|count| count - sent))?;
        }
        let text = match sent {
            1 => "1 event".to_owned(),
            sent => format!("{sent} events"),
        };
        Ok(Answer::new(json!({"events": sent}), text))
    }

    /// Sends the events that there are, at most as many as `most`.
    fn pass_on(&mut self, id: u64, events: &Events, most: Option<u64>) -> Result<u64, End> {
        let mut sent = 0;
        while most.is_none_or(|most| sent < most)
            && let Some(event) = events.try_recv()
        {
            self.write(&protocol::event(id, &event, self.with_text))?;
            sent += 1;
        }
        Ok(sent)
    }

    /// Whether the client has sent something, or has gone; waits for it a moment.
    fn has_input(&self) -> Result<bool, End> {
        if !self.input.is_empty() {
            return Ok(true);
        }
        let mut sources = [PollFd::new(&self.stream, PollFlags::IN)];
        match poll(&mut sources, Some(&LOOK)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(End::from(io::Error::from(error))),
        }
    }

    /// Whether the next line only ends what is followed. It stays unread.
    fn peek_stop(&mut self) -> Result<bool, End> {
        let end = self.fill_line()?;
        let request: Option<Request> = serde_json::from_slice(&self.input[..end]).ok();
        Ok(request.is_some_and(|request| request.stop))
    }

    /// Reads the next line, which must be one of `T`.
    fn read<T: DeserializeOwned>(&mut self) -> Result<T, End> {
        let end = self.fill_line()?;
        let parsed = serde_json::from_slice(&self.input[..end]);
        self.input.drain(..=end);
        parsed.map_err(|error| {
            let message = format!("a line is no request: {error}");
            End::Refused(Refusal::new("protocol", message))
        })
    }

    /// Reads until there is a whole line, and gives the place of its end.
    fn fill_line(&mut self) -> Result<usize, End> {
        let mut searched = 0;
        loop {
            let found = self.input[searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(place) = found {
                return Ok(searched + place);
            }
            searched = self.input.len();
            if searched > LONGEST_LINE {
                let message = format!("a line has more than {LONGEST_LINE} bytes");
                return Err(End::Refused(Refusal::new("too_long", message)));
            }
            let mut part = [0; 16 << 10];
            match self.stream.read(&mut part) {
                Ok(0) => return Err(End::Quit),
                Ok(count) => self.input.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let message = "the client did not say which version it speaks";
                    return Err(End::Refused(Refusal::new("protocol", message)));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.stream.write_all(&bytes)
    }
}

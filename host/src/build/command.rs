//! Runs a program and everything it starts, and ends them together.
//!
//! The program leads a process group of its own. It is killed with its whole
//! group and waited for when its [`CancelToken`] is used, when its time is up,
//! and when the call that runs it unwinds. Output is handed over line by line
//! and never gathered, so a program may print without end.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// How long output is still read after the program ended: something it started
/// may hold the other end of a pipe for ever.
const LONGEST_FAREWELL: Duration = Duration::from_millis(500);

/// How often to look whether the program ended, where the kernel cannot tell.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Longer lines of output are cut: cargo prints one JSON message a line.
const LONGEST_OUTPUT_LINE: usize = 16 << 20;
const LONGEST_ERROR_LINE: usize = 16 << 10;

/// Ends what is being run with it, now or later. Clones are the same token.
#[derive(Debug, Clone, Default)]
pub(crate) struct CancelToken(Arc<Mutex<CancelState>>);

#[derive(Debug, Default)]
struct CancelState {
    cancelled: bool,
    /// Groups whose leader was not waited for yet, so that their numbers are theirs.
    groups: Vec<Pid>,
}

impl CancelToken {
    /// A token that was not used yet.
    pub(crate) fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Kills what runs with this token, and lets nothing be started with it.
    pub(crate) fn cancel(&self) {
        let mut state = self.state();
        state.cancelled = true;
        for group in &state.groups {
            kill(*group);
        }
    }

    /// Whether [`cancel`](CancelToken::cancel) was called.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    fn state(&self) -> MutexGuard<'_, CancelState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of the two outputs a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// Why a program did not come to its own end.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// There is no such program.
    Missing(io::Error),
    /// It could not be started, or its output not be read.
    Failed(io::Error),
    Cancelled,
    TimedOut(Duration),
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        CommandError::Failed(error)
    }
}

/// Runs a program to its end and hands over each line that it prints.
pub(crate) fn run(
    command: &mut Command,
    timeout: Option<Duration>,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(Stream, &[u8]),
) -> Result<ExitStatus, CommandError> {
    if cancel.is_cancelled() {
        return Err(CommandError::Cancelled);
    }
    let deadline = timeout.map(|timeout| (Instant::now() + timeout, timeout));
    let mut group = Group::spawn(command, cancel)?;
    let mut output = group.child.stdout.take().map(Reader::<ChildStdout>::new);
    let mut errors = group.child.stderr.take().map(Reader::<ChildStderr>::new);
    let mut end: Option<(ExitStatus, Instant)> = None;
    loop {
        // First, for a program that was killed has ended as well.
        if cancel.is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        if let Some((status, farewell)) = end {
            let silent = output.is_none() && errors.is_none();
            if silent || Instant::now() >= farewell {
                finish(output.as_mut(), Stream::Output, on_line);
                finish(errors.as_mut(), Stream::Error, on_line);
                return Ok(status);
            }
        }
        if let Some((deadline, timeout)) = deadline
            && end.is_none()
            && Instant::now() >= deadline
        {
            return Err(CommandError::TimedOut(timeout));
        }

        let until = match (end, deadline) {
            (Some((_, farewell)), _) => Some(farewell),
            (None, Some((deadline, _))) => Some(deadline),
            (None, None) => None,
        };
        let look_again = (end.is_none() && group.exit.is_none()).then_some(LOOK_AGAIN);
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let wait = [left, look_again].into_iter().flatten().min();
        let ready = wait_for(
            output.as_ref().map(|reader| &reader.pipe),
            errors.as_ref().map(|reader| &reader.pipe),
            group.exit.as_ref().filter(|_| end.is_none()),
            wait,
        )?;

        if ready.output {
            read_some(&mut output, Stream::Output, on_line)?;
        }
        if ready.errors {
            read_some(&mut errors, Stream::Error, on_line)?;
        }
        if end.is_none() && (ready.exit || group.exit.is_none()) {
            let status = group.try_wait()?;
            end = status.map(|status| (status, Instant::now() + LONGEST_FAREWELL));
        }
    }
}

/// A running program and the token that can kill it.
struct Group {
    child: Child,
    pid: Pid,
    cancel: CancelToken,
    /// Becomes readable when the program ends.
    exit: Option<OwnedFd>,
}

impl Group {
    fn spawn(command: &mut Command, cancel: &CancelToken) -> Result<Group, CommandError> {
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => CommandError::Missing(error),
                _ => CommandError::Failed(error),
            })?;
        let pid = Pid::from_child(&child);
        let mut state = cancel.state();
        state.groups.push(pid);
        if state.cancelled {
            kill(pid);
        }
        drop(state);
        Ok(Group {
            child,
            pid,
            cancel: cancel.clone(),
            exit: pidfd_open(pid, PidfdFlags::empty()).ok(),
        })
    }

    /// Asks whether the program ended. From then on its number may be given to
    /// another process, so it is struck off in the same breath.
    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut state = self.cancel.state();
        let status = self.child.try_wait()?;
        if status.is_some() {
            state.groups.retain(|pid| *pid != self.pid);
        }
        Ok(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut state = self.cancel.state();
        let running = state.groups.contains(&self.pid);
        if running {
            kill(self.pid);
            state.groups.retain(|pid| *pid != self.pid);
        }
        drop(state);
        if running {
            // It was sent a signal that cannot be caught, so this ends.
            let _ = self.child.wait();
        }
    }
}

fn kill(group: Pid) {
    // The only failure is that nothing is left of the group.
    let _ = kill_process_group(group, Signal::KILL);
}

#[derive(Default)]
struct Ready {
    output: bool,
    errors: bool,
    exit: bool,
}

fn wait_for(
    output: Option<&ChildStdout>,
    errors: Option<&ChildStderr>,
    exit: Option<&OwnedFd>,
    wait: Option<Duration>,
) -> io::Result<Ready> {
    let sources = [
        output.map(AsFd::as_fd),
        errors.map(AsFd::as_fd),
        exit.map(AsFd::as_fd),
    ];
    let mut polled: Vec<PollFd<'_>> = sources
        .iter()
        .flatten()
        .map(|source| PollFd::from_borrowed_fd(*source, PollFlags::IN))
        .collect();
    let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
    match poll(&mut polled, wait.as_ref()) {
        Ok(_) => {}
        Err(error) if error == rustix::io::Errno::INTR => return Ok(Ready::default()),
        Err(error) => return Err(error.into()),
    }
    let mut answers = polled.iter().map(|polled| !polled.revents().is_empty());
    let mut answer = |source: usize| sources[source].is_some() && answers.next() == Some(true);
    Ok(Ready {
        output: answer(0),
        errors: answer(1),
        exit: answer(2),
    })
}

/// One pipe and the line that is not complete yet.
struct Reader<Pipe> {
    pipe: Pipe,
    chunk: Vec<u8>,
    line: Vec<u8>,
    longest: usize,
}

impl Reader<ChildStdout> {
    fn new(pipe: ChildStdout) -> Self {
        Reader::with_longest(pipe, LONGEST_OUTPUT_LINE)
    }
}

impl Reader<ChildStderr> {
    fn new(pipe: ChildStderr) -> Self {
        Reader::with_longest(pipe, LONGEST_ERROR_LINE)
    }
}

impl<Pipe: Read> Reader<Pipe> {
    fn with_longest(pipe: Pipe, longest: usize) -> Self {
        Reader {
            pipe,
            chunk: vec![0; 64 << 10],
            line: Vec::new(),
            longest,
        }
    }

    /// Reads what is there. False at the end.
    fn read(&mut self, stream: Stream, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<bool> {
        let count = match self.pipe.read(&mut self.chunk) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(error),
        };
        let mut rest = &self.chunk[..count];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            append(&mut self.line, &rest[..end], self.longest);
            on_line(stream, &self.line);
            self.line.clear();
            rest = &rest[end + 1..];
        }
        append(&mut self.line, rest, self.longest);
        Ok(true)
    }
}

fn append(line: &mut Vec<u8>, more: &[u8], longest: usize) {
    let room = longest - line.len();
    line.extend_from_slice(&more[..more.len().min(room)]);
}

fn read_some<Pipe: Read>(
    reader: &mut Option<Reader<Pipe>>,
    stream: Stream,
    on_line: &mut dyn FnMut(Stream, &[u8]),
) -> io::Result<()> {
    if let Some(open) = reader
        && !open.read(stream, on_line)?
    {
        finish(reader.as_mut(), stream, on_line);
        *reader = None;
    }
    Ok(())
}

/// Hands over a last line that has no end.
fn finish<Pipe>(
    reader: Option<&mut Reader<Pipe>>,
    stream: Stream,
    on_line: &mut dyn FnMut(Stream, &[u8]),
) {
    if let Some(reader) = reader
        && !reader.line.is_empty()
    {
        on_line(stream, &reader.line);
        reader.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    /// Whether a process still runs; one that was killed and is not waited for does not.
    fn is_running(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next());
        !matches!(state, None | Some('Z' | 'X'))
    }

    /// Waits for the end of a process that is not a child of this one.
    fn wait_for_end(pid: &str) {
        let end = Instant::now() + Duration::from_secs(10);
        while is_running(pid) {
            assert!(Instant::now() < end, "process {pid} still runs");
            thread::yield_now();
        }
    }

    #[test]
    fn lines_of_both_streams_arrive() {
        let mut lines = Vec::new();
        let status = run(
            &mut shell("echo one; echo two >&2; printf 'three\\nfour'; exit 3"),
            None,
            &CancelToken::new(),
            &mut |stream, line| lines.push((stream, String::from_utf8_lossy(line).into_owned())),
        )
        .unwrap();
        assert_eq!(status.code(), Some(3));
        let of = |wanted: Stream| -> Vec<&str> {
            let lines = lines.iter().filter(|(stream, _)| *stream == wanted);
            lines.map(|(_, line)| line.as_str()).collect()
        };
        assert_eq!(of(Stream::Output), ["one", "three", "four"]);
        assert_eq!(of(Stream::Error), ["two"]);
    }

    #[test]
    fn a_missing_program_is_told_from_other_failures() {
        let mut ignore = |_: Stream, _: &[u8]| {};
        let missing = run(
            &mut Command::new("/nowhere/cargo"),
            None,
            &CancelToken::new(),
            &mut ignore,
        );
        assert!(
            matches!(missing, Err(CommandError::Missing(_))),
            "{missing:?}"
        );
        let directory = run(
            &mut Command::new("/"),
            None,
            &CancelToken::new(),
            &mut ignore,
        );
        assert!(
            matches!(directory, Err(CommandError::Failed(_))),
            "{directory:?}"
        );
    }

    #[test]
    fn cancelling_ends_the_whole_group() {
        let cancel = CancelToken::new();
        let (lines, printed) = mpsc::channel();
        let runner = thread::spawn({
            let cancel = cancel.clone();
            move || {
                run(
                    &mut shell("sleep 600 & echo $!; echo $$; wait"),
                    None,
                    &cancel,
                    &mut |_, line| {
                        lines
                            .send(String::from_utf8_lossy(line).into_owned())
                            .unwrap()
                    },
                )
            }
        });
        let wait = Duration::from_secs(10);
        let background = printed.recv_timeout(wait).unwrap();
        let leader = printed.recv_timeout(wait).unwrap();
        assert!(is_running(&background) && is_running(&leader));

        cancel.cancel();
        let result = runner.join().unwrap();
        assert!(matches!(result, Err(CommandError::Cancelled)), "{result:?}");
        assert!(!is_running(&leader));
        wait_for_end(&background);

        let again = run(&mut shell("echo"), None, &cancel, &mut |_, _| {});
        assert!(matches!(again, Err(CommandError::Cancelled)), "{again:?}");
        assert!(cancel.state().groups.is_empty());
    }

    #[test]
    fn time_runs_out_for_the_whole_group() {
        let mut pids = Vec::new();
        let limit = Duration::from_millis(300);
        let result = run(
            &mut shell("sleep 600 & echo $!; echo $$; wait"),
            Some(limit),
            &CancelToken::new(),
            &mut |_, line| pids.push(String::from_utf8_lossy(line).into_owned()),
        );
        assert!(matches!(result, Err(CommandError::TimedOut(time)) if time == limit));
        assert_eq!(pids.len(), 2);
        pids.iter().for_each(|pid| wait_for_end(pid));
    }

    #[test]
    fn a_pipe_that_stays_open_does_not_hold_up_the_end() {
        let mut pid = String::new();
        let status = run(
            &mut shell("sleep 600 & echo $!"),
            None,
            &CancelToken::new(),
            &mut |_, line| pid = String::from_utf8_lossy(line).into_owned(),
        )
        .unwrap();
        assert!(status.success());
        let left = Pid::from_raw(pid.parse().unwrap()).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
    }

    #[test]
    fn endless_output_stays_bounded() {
        let mut longest = [0, 0];
        let mut total = 0_usize;
        let status = run(
            &mut shell("head -c 50000000 /dev/zero; yes | head -c 10000000; head -c 30000000 /dev/zero >&2"),
            None,
            &CancelToken::new(),
            &mut |stream, line| {
                let longest = &mut longest[usize::from(stream == Stream::Error)];
                *longest = line.len().max(*longest);
                total += line.len();
            },
        )
        .unwrap();
        assert!(status.success());
        assert_eq!(longest, [LONGEST_OUTPUT_LINE, LONGEST_ERROR_LINE]);
        assert!(total < 30_000_000, "{total}");
    }
}
